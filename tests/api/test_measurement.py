"""Measurement is answered at once, computed beside, and kept over a restart."""

from __future__ import annotations

from pathlib import Path

from raabta.core.clock import DAY, FixedClock, instant
from raabta.runtime import workspace
from smallshop import definitions, documents, eventually, person, track
from smallshop.life import Life
from smallshop.served import Served


def test_nothing_is_measured_where_there_is_nothing(served: Served) -> None:
    found = served.get("/measurement")
    assert (found["report"], found["as_of"]) == (None, None)
    for _ in range(2):  # however often it is asked, and even to be computed anew
        assert served.get("/measurement")["state"] == "none"
        assert served.ask("POST", "/measurement/refresh").json()["state"] == "none"
    assert found["reason"] == "No events have come in yet, so there is nothing to measure."
    assert "واقعہ" in served.get("/measurement?lang=ur")["reason"]
    assert served.ask("GET", "/measurement?lift_window=soon").json()["field"] == "lift_window"


def test_a_question_never_waits_and_the_figures_come(served: Served) -> None:
    served.send(*person("amina"), track("amina", "Order Completed", total=5))
    eventually(lambda: served.get("/measurement")["state"] == "ready")
    found = served.get("/measurement")
    assert found["report"]["conversions"] == 1
    assert found["report"]["lift"][0]["reason"].startswith("Not enough yet")
    urdu = served.get("/measurement?lang=ur")["report"]
    assert urdu["lift"][0]["reason"].startswith("ابھی لوگ کافی نہیں")
    assert urdu["notes"] == served.get("/report?lang=ur")["notes"]
    checks = found["report"]["check"]
    assert all(each["revenue"]["adds_up"] for each in checks.values())
    assert {each["journey"] for each in found["lift_over_time"]} == {"thanks", "welcome"}
    served.send(track("amina", "Order Completed", total=5))
    assert served.get("/measurement")["is_stale"]
    assert served.ask("POST", "/measurement/refresh").status_code == 202
    eventually(lambda: served.get("/measurement")["report"]["conversions"] == 2)


def test_figures_outlive_the_process(tmp_path: Path) -> None:
    clock = FixedClock(instant("2026-03-02T09:00:00"))
    life = Life(tmp_path, clock)
    workspace.apply(life.engine, documents(definitions(tmp_path / "definitions")))
    for n in range(4):
        life.happens(*person(f"u{n}"), track(f"u{n}", "Order Completed", total=5))
    life.hour()
    life.hour(24)
    life.engine.measuring.latest(DAY)
    eventually(lambda: life.engine.measuring.latest(DAY)["state"] == "ready")
    before = life.engine.measuring.latest(DAY)
    points = {each["journey"]: each["points"] for each in before["lift_over_time"]}
    assert points["thanks"][-1]["treated"] == 4
    assert not points["thanks"][-1]["ready"]
    life.close()
    again = Life(tmp_path, clock)
    after = again.engine.measuring.latest(DAY)
    assert after["report"] == before["report"]
    assert after["as_of"] == before["as_of"]
    again.close()
