"""Every leaf of the language, asked of a real history and of the plain evaluator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings

from oracle.conditions import Event, Facts, holds, instants_of_change
from oracle.strategies import END, START, conditions, logs
from oracle.worlds import Said
from raabta.core.clock import DAY, instant
from raabta.query.parse import parse
from raabta.storage.history.duck import DuckHistory

AT = instant("2026-03-10T12:00:00Z")


def feed(history: DuckHistory, events: list[Event], profile: int = 1) -> None:
    frame = pl.DataFrame(
        [
            {
                "seq": e.seq,
                "profile": profile,
                "received_at": e.received_at,
                "timestamp": e.timestamp,
                "kind": e.kind,
                "name": e.name,
                "properties": json.dumps(e.properties),
                "source": "test",
                "origin": 0,
            }
            for e in events
        ]
    )
    with history.transaction():
        history.append(frame, max(e.seq for e in events))


@pytest.fixture(scope="module")
def history() -> Iterator[DuckHistory]:
    store = DuckHistory.open("duckdb://")
    tea = {"total": 10, "category": "Green Tea", "gift": True, "items": [{"kind": "tea", "n": 2}]}
    coffee = {"total": 30.5, "category": "coffee", "items": [{"kind": "cup", "n": 1}]}
    feed(
        store,
        [
            Event(1, AT - 20 * DAY, AT - 20 * DAY, "track", "Order", tea),
            Event(2, AT - 5 * DAY, AT - 5 * DAY, "track", "Order", coffee),
            Event(3, AT - 4 * DAY, AT - 370 * DAY, "track", "Joined", {}),
            Event(4, AT - 3 * DAY, AT - 3 * DAY, "identify", "identify", {"vip": True, "n": 3}),
            Event(5, AT - 2 * DAY, AT - 2 * DAY, "identify", "identify", {"tier": "gold"}),
            Event(6, AT - DAY, AT - DAY, "identify", "identify", {"n": None}),
            Event(7, AT + DAY, AT - 2 * DAY, "track", "Order", {"total": 500}),
        ],
    )
    yield store
    store.close()


ASKED: list[tuple[Any, bool]] = [
    ({"did": "Order"}, True),
    ({"did": "Order", "within": "5d"}, False),  # a window does not hold its own beginning
    ({"did": "Order", "within": "6d"}, True),
    ({"did": "Order", "exactly": 2}, True),  # what is not received yet does not count
    ({"did": "Order", "more_than": 2}, False),
    ({"did": "Never Seen"}, False),
    ({"did_not": "Never Seen"}, True),
    ({"did": "Never Seen", "at_most": 0, "sum": {"of": "x", "at_most": 0}}, True),
    ({"did": "Order", "where": {"category": {"contains": "tea"}}}, True),
    ({"did": "Order", "where": {"gift": True}, "within": "6d"}, False),
    ({"did": "Order", "where": {"gift": {"is_not": True}}, "within": "6d"}, True),
    ({"did": "Order", "where": {"gift": {"is_set": False}}}, True),
    ({"did": "Order", "where": {"colour": "red"}}, False),
    ({"did": "Order", "where": {"colour": {"is_not": "red"}}}, True),
    ({"did": "Order", "where": {"items.kind": "tea"}}, True),
    ({"did": "Order", "where": {"items.kind": "tea", "items.n": 1}}, False),  # one and the same
    ({"did": "Order", "where": {"items.kind": "tea"}, "within": "6d"}, False),
    ({"did": "Order", "sum": {"of": "total", "at_least": 40.5}}, True),
    ({"did": "Order", "sum": {"of": "items.n", "at_least": 3}}, True),
    ({"did": "Order", "average": {"of": "total", "less_than": 20}}, False),
    ({"did": "Order", "highest": {"of": "total", "at_most": 30.5}}, True),
    ({"did": "Order", "lowest": {"of": "total", "at_most": 9}}, False),
    ({"did": "Order", "distinct": {"of": "category", "at_least": 2}}, True),
    ({"trait": "vip", "is": True}, True),
    ({"trait": "vip", "is": "true"}, True),  # text is compared with what it reads as
    ({"trait": "tier", "in": ["gold", "silver"]}, True),
    ({"trait": "tier", "not_in": ["gold"]}, False),
    ({"trait": "n", "is_set": True}, False),  # taken back
    ({"trait": "unknown", "is_not": 3}, True),
    ({"trait": "unknown", "at_least": 0}, False),
    ({"anniversary": "Joined", "for": "4d"}, False),
    ({"anniversary": "Joined", "for": "6d"}, True),
    ({"not": {"any": [{"did": "Never Seen"}, {"trait": "vip", "is": False}]}}, True),
]


@pytest.mark.parametrize(("source", "answer"), ASKED, ids=[json.dumps(s) for s, _ in ASKED])
def test_each_leaf_answers_as_of_the_instant(
    history: DuckHistory, source: Any, answer: bool
) -> None:
    asked = pl.DataFrame({"subject": [1], "at": [AT]})
    assert history.ask(parse(source), asked)["answer"].to_list() == [answer]


def test_the_same_question_has_an_answer_for_each_instant_and_for_strangers(
    history: DuckHistory,
) -> None:
    instants = [AT - 30 * DAY, AT - 20 * DAY, AT, AT + DAY]
    asked = pl.DataFrame({"subject": [1, 1, 1, 1, 99], "at": [*instants, AT]})
    found = history.ask(parse({"did": "Order", "at_least": 3}), asked).sort("subject", "at")
    assert found["answer"].to_list() == [False, False, False, True, False]


def _facts(said: list[Said]) -> Facts:
    """Everything the log says, as if one person had done it."""
    return Facts(
        [
            Event(n, s.at, s.at - s.late, s.kind, s.name, s.properties)
            for n, s in enumerate(said, start=1)
        ]
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(conditions(), logs())
def test_answers_are_right_and_next_at_is_never_late(source: Any, said: list[Said]) -> None:
    """Whenever the answer changes by time alone, the answer before has foretold it."""
    facts, condition = _facts(said), parse(source)
    last = max(e.received_at for e in facts.events)
    instants = {START - DAY, END, *(e.received_at for e in facts.events)}
    instants |= {i for i in instants_of_change(condition, facts) if i >= START - DAY}
    instants |= {i - 1 for i in instants}
    store = DuckHistory.open("duckdb://")
    try:
        feed(store, facts.events)
        asked = pl.DataFrame({"subject": 1, "at": sorted(instants)})
        found = store.ask(condition, asked).sort("at").rows()
    finally:
        store.close()
    for _, at, answer, _ in found:
        assert answer == holds(condition, facts, at)
    later = [row for row in found if row[1] >= last]
    for n, (_, _, answer, next_at) in enumerate(later):
        changed = next((at for _, at, other, _ in later[n:] if other != answer), None)
        if changed is not None:
            assert next_at is not None and next_at <= changed
