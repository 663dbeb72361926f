"""Segments: words, members, trend, overlap, previews, and one broken beside the sound."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from raabta.core.clock import DAY, FixedClock, instant
from raabta.core.errors import NotFound
from raabta.runtime import figures, segment_figures, workspace
from raabta.runtime.segment_figures import SegmentFigures
from smallshop import definitions, documents, eventually, person, track
from smallshop.life import Life
from smallshop.served import Served

RECENT = "segment: recent\nwhere: {did: Order Completed, within: 3d}\n"
LOYAL = """segment: loyal
where:
  all:
    - {segment: buyers}
    - not: {did: Returned}
"""
WINBACK = "journey: winback\nentry: {segment: loyal}\nsteps:\n  - wait: 1d\n"


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    life = Life(tmp_path / "home", FixedClock(instant("2026-03-02T10:00:00Z")))
    changed = {
        "segments/recent.yaml": RECENT,
        "segments/loyal.yaml": LOYAL,
        "journeys/winback.yaml": WINBACK,
    }
    workspace.apply(life.engine, documents(definitions(tmp_path / "definitions", changed)))
    life.hour()
    yield life
    life.close()


def test_segments_are_listed_read_and_compared(served: Served) -> None:
    served.send(*person("amina"), track("amina", "Order Completed"))
    (item,) = served.get("/segments")["items"]
    assert item["in_words"] == "did Order Completed"
    assert (item["people"], item["entered_7d"], item["left_7d"]) == (1, 1, 0)
    assert item["trend"][-1]["people"] == 1
    assert item["error"] is None
    one = served.get("/segments/buyers")
    assert one["body"]["where"] == {"did": "Order Completed"}
    assert one["condition_tree"]["op"] == "leaf"
    eventually(lambda: served.get("/segments/overlap")["pairs"] == [[1]])
    for path in ("/segments/nobody", "/segments/overlap?names=nobody"):
        assert served.ask("GET", path).status_code == 404
    yaml = "segment: visitors\nwhere: {did_not: Order Completed}\n"
    seen = served.ask("POST", "/segments/preview", json={"yaml": yaml}).json()
    assert (seen["name"], seen["people"], seen["of"], seen["sampled"]) == ("visitors", 0, 1, False)
    wrong = yaml.replace("did_not", "did_nt")
    seen = served.ask("POST", "/segments/preview", json={"yaml": wrong}).json()
    assert seen["people"] is None
    assert [(p["line"], p["field"]) for p in seen["problems"]] == [(2, "where.did_nt")]
    assert len(served.get("/segments")["items"]) == 1


def test_one_definition_is_edited_and_nobodys_edit_is_overwritten(served: Served) -> None:
    path = "/definitions/segment/buyers"
    one = served.get(path)
    assert one["yaml"].startswith("segment: buyers\n")
    yaml = one["yaml"].replace("Order Completed", "Order Paid")
    edit = {"yaml": yaml, "base_version": 1}
    seen = served.ask("PUT", path, json=edit | {"dry_run": True}).json()
    assert [(c["action"], c["version"]) for c in seen["changes"]] == [("update", 2)]
    assert served.get(path)["version"] == 1
    assert served.ask("PUT", path, json=edit).status_code == 200
    assert [v["version"] for v in served.get(path)["versions"]] == [2, 1]
    assert served.ask("PUT", path, json=edit).status_code == 409
    eventually(lambda: served.get("/segments")["items"][0]["in_words"] == "did Order Paid")
    assert served.ask("GET", "/definitions/segment/nobody").status_code == 404


def test_an_edit_with_problems_is_refused_with_each_at_its_line(served: Served) -> None:
    path = "/definitions/journey/welcome"
    yaml = served.get(path)["yaml"].replace("template: offer", "template: ofer")
    refused = served.ask("PUT", path, json={"yaml": yaml})
    assert refused.status_code == 422
    (problem,) = refused.json()["problems"]
    assert problem["message"] == "there is no template 'ofer'"
    assert problem["remedy"] == "did you mean 'offer'?"
    assert "ofer" in yaml.splitlines()[problem["line"] - 1]
    dry = served.ask("PUT", path, json={"yaml": yaml, "dry_run": True})
    assert dry.status_code == 200
    assert dry.json()["problems"] == [problem]
    other = served.ask("PUT", path, json={"yaml": "segment: welcome\nwhere: {did: X}\n"})
    assert other.status_code == 422
    new = {"yaml": "segment: shy\nwhere: {did_not: Signed Up}\n", "base_version": 0}
    assert served.ask("PUT", "/definitions/segment/shy", json=new).status_code == 200
    assert {s["name"] for s in served.get("/segments")["items"]} == {"buyers", "shy"}


def test_a_trend_runs_from_the_day_the_segment_is_known(life: Life) -> None:
    for user in ("amina", "bilal"):
        life.happens(*person(user), track(user, "Order Completed"))
    life.hour()
    life.clock.at += DAY
    life.happens(*person("cyd"), track("cyd", "Order Completed"))
    life.hour()
    life.clock.at += 4 * DAY
    life.hour()
    seen = {s["name"]: s for s in SegmentFigures(life.engine).all("en")}
    assert [point["people"] for point in seen["buyers"]["trend"]] == [2, 3, 3, 3, 3, 3]
    assert [point["people"] for point in seen["recent"]["trend"]] == [2, 3, 3, 1, 0, 0]
    assert (seen["recent"]["people"], seen["recent"]["left_7d"]) == (0, 3)
    assert seen["loyal"]["used_by"] == ["winback"]


def test_a_broken_segment_is_shown_and_harms_no_other(life: Life) -> None:
    """What is in force may be too old for a newer version of the engine."""
    body = json.dumps({"segment": "recent", "where": {"did": "Order Completed", "wthin": "3d"}})
    with life.engine.database.begin() as connection:
        connection.execute(
            text("UPDATE definitions SET body = :body WHERE name = 'recent'"), {"body": body}
        )
        loyal = json.dumps({"segment": "loyal", "where": {"segment": "gone"}})
        connection.execute(
            text("UPDATE definitions SET body = :body WHERE name = 'loyal'"), {"body": loyal}
        )
        connection.execute(text("UPDATE meta SET value = '2' WHERE key = 'revision'"))
    life.happens(*person("amina"), track("amina", "Order Completed"), track("amina", "Signed Up"))
    life.hour()
    seen = {s["name"]: s for s in SegmentFigures(life.engine).all("en")}
    assert seen["recent"]["error"]["message"] == "unknown field"
    assert seen["recent"]["error"]["remedy"] == "did you mean 'within'?"
    assert "gone" in seen["loyal"]["error"]["message"]
    assert seen["buyers"]["error"] is None
    assert seen["buyers"]["people"] == 1
    assert set(life.engine.broken) == {
        ("segment", "recent"),
        ("segment", "loyal"),
        ("journey", "winback"),
    }
    assert life.engine.state.versions_inside()  # the other journeys go on
    with pytest.raises(NotFound):
        SegmentFigures(life.engine).one("gone", "en")


def test_overlap_counts_people_in_both(life: Life) -> None:
    for n in range(6):
        life.happens(*person(f"user{n}"), track(f"user{n}", "Order Completed"))
    life.happens(track("user1", "Returned"), track("user2", "Returned"))
    life.hour()
    found = SegmentFigures(life.engine).overlap(["buyers", "loyal"])
    assert found["people"] == [6, 4]
    assert found["pairs"] == [[6, 4], [4, 4]]
    assert (found["of"], found["sampled"], found["margin"]) == (6, False, 0.0)


def test_a_large_store_is_sampled_with_its_margin(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(60):
        life.happens(track(f"user{n}", "Order Completed" if n % 2 else "Looked"))
    life.hour()
    monkeypatch.setattr(figures, "EXACT", 10)
    monkeypatch.setattr(figures, "SAMPLE", 30)
    found = SegmentFigures(life.engine).overlap(None)
    assert found["sampled"]
    assert 10 < found["of"] < 50
    column = found["names"].index("buyers")
    estimate = found["people"][column] / found["of"]
    assert 0 < found["margin"] < 0.3
    assert abs(estimate - 0.5) <= found["margin"]


def test_half_widths_are_those_of_wilsons_interval() -> None:
    """Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662."""
    width = segment_figures.half_width(81, 263, 10**9)
    assert width == pytest.approx((0.3662 - 0.2553) / 2, abs=5e-5)
    assert segment_figures.half_width(5, 10, 10) == 0.0
