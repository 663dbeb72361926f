"""Journeys as drawn graphs: people at each step, flow on each edge."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from raabta.core.clock import DAY, FixedClock, instant
from raabta.core.errors import NotFound
from raabta.journeys.ahead import reached
from raabta.journeys.model import Entry
from raabta.journeys.parse import parse_journey
from raabta.query.parse import parse
from raabta.runtime import workspace
from raabta.runtime.editing import Editing
from raabta.runtime.journey_graph import JourneyFigures
from raabta.runtime.words import again_words, entry_words, step_words
from smallshop import definitions, documents, person, track
from smallshop.life import Life
from smallshop.served import Served

CLUB = """journey: club
description: New members.
entry: {event: Signed Up, again: {after: 30d}}
goal: {event: Order Completed, within: 20d}
exit_on: [{event: Complained, reason: complained}]
steps:
  - split:
      - {name: a, share: 50%, then: [{goto: look}]}
      - {name: b, share: 50%, then: [{goto: look}]}
  - id: look
    wait: {until: {event: Looked}, within: 2d}
    met: [{send: {template: offer, topic: offers}}]
    timeout: [{exit: cold}]
  - branch:
      - {if: {did: Returned}, then: {exit: returned}}
      - otherwise: [{wait: 3d}]
"""


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    life = Life(tmp_path / "home", FixedClock(instant("2026-03-02T10:00:00Z")))
    changed = {"journeys/club.yaml": CLUB}
    workspace.apply(life.engine, documents(definitions(tmp_path / "definitions", changed)))
    life.hour()
    yield life
    life.close()


def _balanced(graph: dict[str, Any]) -> None:
    """Who came to a step and did not leave it is inside."""
    for node in graph["nodes"]:
        came = sum(e["flow"] for e in graph["edges"] if e["target"] == node["index"])
        went = sum(e["flow"] for e in graph["edges"] if e["source"] == node["index"])
        assert came - went == node["inside"], node["id"]
    assert sum(node["inside"] for node in graph["nodes"]) == graph["inside"]


def test_every_person_is_drawn_at_their_step_and_along_their_edges(life: Life) -> None:
    people = [f"user{n}" for n in range(8)]
    for user in people:
        life.happens(*person(user), track(user, "Signed Up"))
    life.hour()
    for user in people[:4]:
        life.happens(track(user, "Looked"))
    life.happens(track("user4", "Complained"), track("user0", "Order Completed"))
    life.hour()
    life.clock.at += 2 * DAY
    life.hour()
    graph = JourneyFigures(life.engine).graph("club", None, 30, "en")
    _balanced(graph)
    assert graph["entered"] == 8
    assert {e["reason"]: e["people"] for e in graph["exits"]} == {
        "cold": 3,
        "complained": 1,
        "goal": 1,
    }
    assert graph["inside"] == 3
    kinds = {node["kind"]: node for node in graph["nodes"]}
    assert "jump" not in kinds
    assert kinds["wait_for"]["inside"] == 3
    assert kinds["wait_for"]["lasting"] == 3 * 86_400
    assert kinds["wait_until"]["event"] == "did Looked"
    send = kinds["send"]
    assert (send["template"], send["sent"] + send["withheld"]) == ("offer", 4)
    assert send["sent"] == 0
    assert send["withheld_by_rule"] == {"cap": 4}
    wait = kinds["wait_until"]["index"]
    ways = {e["kind"]: e["flow"] for e in graph["edges"] if e["source"] == wait}
    assert (ways["met"], ways["timeout"]) == (4, 3)
    arms = [e for e in graph["edges"] if e["source"] == kinds["split"]["index"]]
    assert sum(e["flow"] for e in arms) == 8
    assert [e["share"] for e in arms] == [0.5, 0.5]
    assert graph["entry"]["again"] == "30d"
    assert graph["entry"]["again_words"] == "again, not before 30 days after the last time"
    assert graph["goal"]["within"] == 20 * 86_400
    assert graph["exits_on"] == [{"reason": "complained", "words": "did Complained"}]


def test_an_older_version_drains_and_can_still_be_drawn(life: Life) -> None:
    life.happens(*person("amina"), track("amina", "Signed Up"))
    life.hour()
    editing = Editing(life.engine)
    yaml = editing.read("journey", "club")["yaml"].replace("3d", "5d")
    editing.put("journey", "club", yaml, dry_run=False, base=1)
    life.hour()
    life.happens(*person("bilal"), track("bilal", "Signed Up"))
    life.hour()
    figures = JourneyFigures(life.engine)
    club = next(j for j in figures.all("en") if j["name"] == "club")
    assert (club["version"], club["inside"]) == (2, 2)
    assert club["draining"] == [{"version": 1, "inside": 1}]
    assert club["entered_7d"] == 2
    for version in (1, 2):
        graph = figures.graph("club", version, 0, "en")
        _balanced(graph)
        assert graph["inside"] == 1
    assert [v["version"] for v in graph["versions"]] == [2, 1]
    with pytest.raises(NotFound):
        figures.graph("club", 3, 0, "en")


def test_who_comes_in_and_when_again_is_said_in_both_languages() -> None:
    entry = Entry(None, "lapsed", parse({"trait": "city", "is": "Lahore"}, "if"), "after exit")
    assert entry_words(entry, "en") == "comes into segment lapsed, city is Lahore"
    assert entry_words(entry, "ur").startswith("گروہ \u2068lapsed\u2069 میں آئے، ")
    assert again_words(entry.again, "en") == "again once they have left"
    assert "120 دنوں" in again_words(120 * DAY, "ur")
    assert again_words(DAY, "en") == "again, not before 1 day after the last time"


def test_a_message_is_called_by_its_place_in_the_journey() -> None:
    assert [step_words(n, "offer", "en") for n in (1, 2, 3, 4, 11, 12, 21, 112)] == [
        "1st message: offer",
        "2nd message: offer",
        "3rd message: offer",
        "4th message: offer",
        "11th message: offer",
        "12th message: offer",
        "21st message: offer",
        "112th message: offer",
    ]
    assert step_words(2, "offer", "ur") == "دوسرا پیغام: \u2068offer\u2069"
    assert step_words(40, "offer", "ur") == "پیغام نمبر 40: \u2068offer\u2069"


def test_a_journey_of_thousands_of_steps_is_read_in_no_time() -> None:
    arms = [{"share": "50%", "then": [{"wait": "1d"}]}, {"share": "50%"}]
    steps = [{"split": arms} for _ in range(3_000)]
    journey = parse_journey({"journey": "long", "entry": {"event": "X"}, "steps": steps})
    started = time.process_time()
    assert len(reached(journey)) == 2 * 3_000 + 1
    assert time.process_time() - started < 0.5


def test_journeys_are_listed_and_drawn_over_rest(served: Served) -> None:
    served.send(*person("amina"), track("amina", "Order Completed"))
    items = {j["name"]: j for j in served.get("/journeys")["items"]}
    assert items["thanks"]["entry_words"] == "did Order Completed"
    assert (items["thanks"]["inside"], items["thanks"]["sent_7d"]) == (1, 1)
    graph = served.get("/journeys/thanks")
    _balanced(graph)
    send = next(node for node in graph["nodes"] if node["kind"] == "send")
    assert (send["class"], send["sent"]) == ("promotional", 1)
    assert served.ask("GET", "/journeys/nobody").status_code == 404
    assert served.ask("GET", "/journeys/thanks?version=7").status_code == 404
