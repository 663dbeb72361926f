"""Backtests over REST: a job with progress, a result, and an end on request."""

from __future__ import annotations

from typing import Any

import httpx

from raabta.lab.simulations import Simulations
from smallshop import definitions, documents, eventually, person, track
from smallshop.served import Served

#: A history of its own for the shop: two people, an order a week each.
MARCH = {"from": "2026-03-01", "to": "2026-03-29"}


def tell_history(served: Served) -> None:
    """Import it over HTTP: origin history, so nobody enters a journey by it."""
    batch: list[dict[str, Any]] = []
    for user in ("amina", "bilal"):
        for event in person(user):
            batch.append(event | {"timestamp": "2026-02-20T10:00:00Z"})
        for day in ("01", "08", "15", "22"):
            order = track(user, "Order Completed", total=5)
            batch.append(order | {"timestamp": f"2026-03-{day}T10:00:00Z"})
    answer = httpx.post(
        f"{served.url}/v1/import", json={"batch": batch}, auth=(served.write_key, "")
    )
    assert answer.json() == {"success": True}
    goal = served.engine.tail()
    eventually(lambda: served.engine.world.position >= goal)


def finished(served: Served, body: dict[str, Any]) -> dict[str, Any]:
    started = served.ask("POST", "/simulations", json=body)
    assert started.status_code == 202, started.text
    path = f"/simulations/{started.json()['id']}"
    eventually(lambda: served.get(path)["state"] not in ("waiting", "running"))
    job: dict[str, Any] = served.get(path)
    return job


def test_a_simulation_ends_with_its_result(served: Served) -> None:
    tell_history(served)
    job = finished(served, MARCH)
    assert (job["state"], job["progress"]) == ("done", 1.0), job["error"]
    result = job["result"]["as_declared"]
    assert result["by_journey"] == {"thanks": 8}
    assert result["people_reached"] == 2
    assert served.get("/ledger")["ledger"] == []  # nothing of it is real


def test_settings_are_compared_side_by_side(served: Served) -> None:
    tell_history(served)
    job = finished(served, MARCH | {"set": {"caps.promotional.window": "14d"}})
    assert job["state"] == "done", job["error"]
    assert job["result"]["changed"]["messages"] < job["result"]["as_declared"]["messages"]
    assert job["result"]["difference"]["messages"] == (
        job["result"]["changed"]["messages"] - job["result"]["as_declared"]["messages"]
    )


def test_definitions_that_are_not_in_force_can_be_tried(served: Served) -> None:
    tell_history(served)
    folder = definitions(served.folder.parent / "other", {"journeys/thanks.yaml": None})
    items = [
        {"file": d.file, "kind": d.kind, "name": d.name, "body": d.body} for d in documents(folder)
    ]
    job = finished(served, MARCH | {"definitions": items})
    assert job["result"]["as_declared"]["messages"] == 0


def test_a_simulation_is_cancelled(served: Served) -> None:
    tell_history(served)
    started = served.ask("POST", "/simulations", json={"from": "1950-01-01", "to": "2026-11-01"})
    path = f"/simulations/{started.json()['id']}"
    eventually(lambda: served.get(path)["progress"] > 0)
    assert served.ask("DELETE", path).status_code == 200
    eventually(lambda: served.get(path)["state"] == "cancelled")
    assert served.get(path)["progress"] < 1


def test_a_simulation_that_cannot_be_run_says_why(served: Served) -> None:
    tell_history(served)
    for change, field in (
        ({"from": "someday"}, "from"),
        ({"from": "2026-05-01"}, "to"),
        ({"journey": "welcom"}, "journey"),
        ({"set": {"caps.promotional.maxx": "1"}}, "set caps.promotional.maxx"),
    ):
        answer = served.ask("POST", "/simulations", json=MARCH | change)
        assert answer.status_code == 422, answer.text
        assert answer.json()["field"] == field
        assert answer.json()["remedy"]
    assert served.ask("GET", "/simulations/nothing").status_code == 404


def test_settings_that_can_be_changed_are_told_with_their_values(served: Served) -> None:
    found = {s["path"]: s for s in served.get("/simulations/settings")["settings"]}
    assert found["caps.promotional.max"]["value"] == "1"
    assert found["caps.promotional.window"]["kind"] == "duration"
    assert found["quiet_hours.start"]["value"] is None
    urdu = served.get("/simulations/settings", params={"lang": "ur"})["settings"]
    assert [s["path"] for s in urdu] == list(found)
    assert all("ں" in s["words"] or "ی" in s["words"] or "و" in s["words"] for s in urdu)


def test_a_compared_run_names_who_gains_and_loses(served: Served) -> None:
    tell_history(served)
    job = finished(served, MARCH | {"set": {"caps.promotional.window": "14d"}})
    result = job["result"]
    people = result["difference"]["people"]
    assert {p["name"] for p in people} == {"Amina", "Bilal"}
    assert sum(p["after"] - p["before"] for p in people) == result["difference"]["messages"]
    declared = result["as_declared"]
    for by in ("outcomes_by_day", "outcomes_by_journey", "outcomes_by_class"):
        assert sum(sum(each.values()) for each in declared[by].values()) == declared["candidates"]


def test_finished_simulations_are_listed_and_outlive_the_process(served: Served) -> None:
    tell_history(served)
    job = finished(served, MARCH)
    (head,) = served.get("/simulations")["simulations"]
    assert head == {k: v for k, v in job.items() if k != "result"}
    assert head["order"]["from"] == "2026-03-01T00:00:00Z"
    kept = Simulations(served.engine)  # as a new process would
    assert kept.state(job["id"])["result"]["as_declared"]["messages"] == 8
    assert [each["id"] for each in kept.list()] == [job["id"]]
    assert kept.cancel(job["id"])["state"] == "done"
