"""Who is in a segment, from when, and what the engine is told of it."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from oracle.worlds import Definitions, Said, stores
from raabta.audiences import timeline as audiences
from raabta.audiences.model import Segment
from raabta.core.clock import DAY, HOUR
from raabta.core.frames import EVENTS, MEMBERS, empty
from raabta.decisioning.model import Policy
from raabta.query.parse import parse


class Told:
    """Answers by a table: subject -> the instants at which the answer turns, first to yes."""

    def __init__(self, turns: dict[int, list[int]], *, foretells: bool = True) -> None:
        self.turns, self.foretells, self.asked = turns, foretells, 0

    def ask(self, _condition: object, asked: pl.DataFrame) -> pl.DataFrame:
        self.asked += asked.height
        rows = []
        for subject, at in asked.select("subject", "at").rows():
            turns = self.turns[subject]
            ahead = min((t for t in turns if t > at), default=None)
            yes = sum(t <= at for t in turns) % 2 == 1
            rows.append((subject, at, yes, ahead if self.foretells else None))
        schema = {"subject": pl.Int64, "at": pl.Int64, "answer": pl.Boolean, "next_at": pl.Int64}
        return pl.DataFrame(rows, schema=schema, orient="row")


SEGMENT = Segment("s", 1, "", parse({"did": "Order", "within": "1d"}))
NOBODY = pl.DataFrame(schema={"subject": pl.Int64, "at": pl.Int64})
TIMERS = pl.DataFrame(schema={"segment": pl.String, "profile": pl.Int64, "next_at": pl.Int64})


def ask(history: Told, newcomers: dict[int, int], until: int, members: Any = None) -> Any:
    new = pl.DataFrame(list(newcomers.items()), schema=NOBODY.schema, orient="row")
    known = pl.DataFrame(members or [], schema=MEMBERS, orient="row")
    changes, state = audiences.ask([SEGMENT], history, empty(EVENTS), new, TIMERS, known, until)
    return (
        changes.select("subject", "at", "entered").sort("subject", "at").rows(),
        state.select("profile", "member", "since", "next_at").sort("profile").rows(),
    )


def test_every_turn_by_time_alone_within_the_window_is_found() -> None:
    changes, state = ask(Told({1: [10, 20, 30, 40]}), {1: 5}, until=35)
    assert changes == [(1, 10, True), (1, 20, False), (1, 30, True)]
    assert state == [(1, True, 30, 40)]


def test_a_turn_at_the_end_of_the_window_belongs_to_it_and_a_later_one_does_not() -> None:
    assert ask(Told({1: [10]}), {1: 5}, until=10)[0] == [(1, 10, True)]
    assert ask(Told({1: [10]}), {1: 5}, until=9) == ([], [(1, False, 5, 10)])


def test_who_was_in_and_still_is_does_not_enter_again() -> None:
    was = [("s", 1, True, 2, None)]
    assert ask(Told({1: [2]}), {1: 5}, until=9, members=was) == ([], [(1, True, 2, None)])


def test_people_are_not_asked_more_often_than_their_answers_can_change() -> None:
    history = Told({n: [10 * n] for n in range(1, 100)})
    ask(history, dict.fromkeys(range(1, 100), 5), until=10_000)
    assert history.asked == 2 * 99


def test_only_what_can_change_a_segment_is_relevant_to_it() -> None:
    events = pl.DataFrame(
        [
            (1, 1, 10, 10, "track", "Order", 0),
            (2, 1, 20, 20, "track", "View", 0),
            (3, 1, 30, 30, "identify", "identify", 0),
        ],
        schema=EVENTS,
        orient="row",
    )
    by_trait = Segment("t", 1, "", parse({"trait": "vip", "is": True}))
    assert audiences.relevant(SEGMENT, events, NOBODY)["at"].to_list() == [10]
    assert audiences.relevant(by_trait, events, NOBODY)["at"].to_list() == [30]


#: hour of what happens -> members of 'lapsed' as (hour asked, member)
LAPSED = {"all": [{"did": "Order"}, {"did_not": "Order", "within": "2d"}]}
SCENARIOS: list[tuple[str, Any, list[tuple[Any, ...]], list[tuple[int, bool]]]] = [
    (
        "time alone makes a member, an order ends it",
        LAPSED,
        [(1, "Order"), (60, "Order")],
        [(2, False), (48, False), (49, True), (59, True), (60, False), (108, True)],
    ),
    ("someone who never ordered has not lapsed", LAPSED, [(1, "View")], [(2, False), (90, False)]),
    (
        "who has only looked has not ordered",
        {"did_not": "Order"},
        [(1, "View"), (9, "Order")],
        [(1, True), (8, True), (9, False)],
    ),
    (
        "a trait can be taken back",
        {"trait": "vip", "is": True},
        [(1, "identify", {"vip": True}), (9, "identify", {"vip": None})],
        [(1, True), (8, True), (9, False)],
    ),
    (
        "an anniversary is a day long",
        {"anniversary": "Joined"},
        [(1, "Joined", {}, 364 * DAY)],
        [(2, False), (24, False), (25, True), (48, True), (49, False)],
    ),
]


@pytest.mark.parametrize(
    ("condition", "happened", "expected"), [s[1:] for s in SCENARIOS], ids=[s[0] for s in SCENARIOS]
)
def test_members_come_and_go_at_their_instants(
    condition: Any, happened: list[tuple[Any, ...]], expected: list[tuple[int, bool]]
) -> None:
    start = 1_200 * DAY
    segment = Segment("s", 1, "", parse(condition))
    with stores(Definitions((segment,), (), Policy())) as world:
        world.append(
            [
                Said(
                    start + hour * HOUR,
                    "ann",
                    "identify" if name == "identify" else "track",
                    name,
                    *rest,
                )
                for hour, name, *rest in happened
            ]
        )
        for hour, member in expected:
            world.tick(start + hour * HOUR)
            found = world.frame("SELECT member FROM memberships")
            assert [bool(row[0]) for row in found] == [member], hour
