"""Each candidate gets one decision, by the first rule that has something against it."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from raabta.core.clock import DAY, HOUR, instant
from raabta.core.frames import CANDIDATES, FACTS, SENDS
from raabta.decisioning.decide import counted, decide
from raabta.decisioning.model import Policy

NOON = instant("2026-03-10T12:00Z")
NIGHT = instant("2026-03-10T23:00Z")
REACHABLE = [(1, "trait:email", 0, "a@x.test"), (1, "consent:email:*", 0, "true")]


def candidate(id_: int = 1, **given: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "subject": 1,
        "at": NOON,
        "enrollment": id_,
        "journey": 0,
        "pc": 0,
        "attempt": 0,
        "holdout": False,
        "since": given.get("at", NOON),
        "entry_seq": None,
        "channel": "email",
        "class": "promotional",
        "topic": "news",
        "template": "t",
        "priority": 50,
        "value": 0.0,
        "patience": 3 * DAY,
        **given,
    }


def decided(
    candidates: list[dict[str, Any]],
    facts: list[tuple[Any, ...]] | None = None,
    *,
    sent: list[tuple[int, int]] | None = None,
    suppressed: list[str] | None = None,
    **policy: Any,
) -> list[tuple[Any, ...]]:
    """(outcome, rule, until, rival) of each candidate; `sent` are (id, at) of promotional sends."""
    timeline = pl.DataFrame(REACHABLE if facts is None else facts, schema=FACTS, orient="row").sort(
        "at", maintain_order=True
    )
    bad = pl.DataFrame(
        {"channel": ["email"] * len(suppressed or []), "address": suppressed or []},
        schema={"channel": pl.String, "address": pl.String},
    )
    sends = pl.DataFrame(
        [(id_, 1, "promotional", at) for id_, at in sent or []], schema=SENDS, orient="row"
    )
    frame = pl.DataFrame(candidates, schema=CANDIDATES)
    found = decide(frame, timeline, bad, sends, Policy.model_validate(policy))
    assert found["id"].to_list() == frame["id"].to_list()
    return found.select("outcome", "rule", "until", "rival").rows()


CAP = {"promotional": {"max": 2, "window": "7d"}}
QUIET = {"start": "21:00", "end": "08:00"}
MORNING = instant("2026-03-11T08:00Z")

TABLE: list[tuple[str, dict[str, Any], Any, dict[str, Any], tuple[Any, ...]]] = [
    ("nothing against it", {}, None, {}, ("sent", None, None)),
    ("held out", {"holdout": True}, None, {}, ("withheld", "holdout", None)),
    ("held out comes before all", {"holdout": True}, [], {}, ("withheld", "holdout", None)),
    ("no address", {}, REACHABLE[1:], {}, ("withheld", "no_address", None)),
    (
        "an address taken back",
        {},
        [*REACHABLE, (1, "trait:email", 5, None)],
        {},
        ("withheld", "no_address", None),
    ),
    (
        "an address to come",
        {},
        [(1, "trait:email", NOON + 1, "a@x.test"), REACHABLE[1]],
        {},
        ("withheld", "no_address", None),
    ),
    ("another channel's address", {"channel": "sms"}, None, {}, ("withheld", "no_address", None)),
    ("bounced", {}, None, {"suppressed": ["a@x.test"]}, ("withheld", "suppressed", None)),
    (
        "bounced, in other letters",
        {},
        [(1, "trait:email", 0, " A@X.test"), REACHABLE[1]],
        {"suppressed": ["a@x.test"]},
        ("withheld", "suppressed", None),
    ),
    ("never asked", {}, REACHABLE[:1], {}, ("withheld", "no_consent", None)),
    (
        "left the channel",
        {},
        [*REACHABLE, (1, "consent:email:*", 5, "false")],
        {},
        ("withheld", "no_consent", None),
    ),
    (
        "left the topic",
        {},
        [*REACHABLE, (1, "consent:email:news", 5, "false")],
        {},
        ("withheld", "no_consent", None),
    ),
    (
        "left another topic",
        {},
        [*REACHABLE, (1, "consent:email:offers", 5, "false")],
        {},
        ("sent", None, None),
    ),
    (
        "agreed to the topic alone",
        {},
        [REACHABLE[0], (1, "consent:email:news", 5, "true")],
        {},
        ("sent", None, None),
    ),
    (
        "left the channel, topic agreed",
        {},
        [REACHABLE[0], (1, "consent:email:*", 5, "false"), (1, "consent:email:news", 3, "true")],
        {},
        ("withheld", "no_consent", None),
    ),
    (
        "came back to the channel",
        {},
        [REACHABLE[0], (1, "consent:email:*", 5, "false"), (1, "consent:email:*", 6, "true")],
        {},
        ("sent", None, None),
    ),
    ("at night", {"at": NIGHT}, None, {"quiet_hours": QUIET}, ("deferred", "quiet_hours", MORNING)),
    (
        "at night without patience",
        {"at": NIGHT, "patience": HOUR},
        None,
        {"quiet_hours": QUIET},
        ("withheld", "quiet_hours", None),
    ),
    (
        "just patient enough",
        {"at": NIGHT, "patience": 9 * HOUR},
        None,
        {"quiet_hours": QUIET},
        ("deferred", "quiet_hours", MORNING),
    ),
    (
        "morning where they live",
        {"at": NIGHT},
        [*REACHABLE, (1, "trait:timezone", 0, "Asia/Tokyo")],
        {"quiet_hours": QUIET, "timezone": "Europe/Berlin"},
        ("sent", None, None),
    ),
    (
        "over the cap",
        {},
        None,
        {"caps": CAP, "sent": [(7, NOON - 6 * DAY), (8, NOON - DAY)]},
        ("deferred", "cap", NOON + DAY),
    ),
    (
        "a place is vacated at this instant",
        {},
        None,
        {"caps": CAP, "sent": [(7, NOON - 7 * DAY), (8, NOON - DAY)]},
        ("sent", None, None),
    ),
    (
        "over the cap for long",
        {},
        None,
        {"caps": CAP, "sent": [(7, NOON - 2 * DAY), (8, NOON - DAY)]},
        ("withheld", "cap", None),
    ),
    (
        "a cap of nothing",
        {},
        None,
        {"caps": {"promotional": {"max": 0, "window": "1d"}}},
        ("withheld", "cap", None),
    ),
    (
        "another class's cap",
        {"class": "triggered"},
        None,
        {"caps": CAP, "sent": [(7, NOON - DAY), (8, NOON - DAY)]},
        ("sent", None, None),
    ),
    (
        "transactional passes pressure",
        {"class": "transactional", "at": NIGHT, "holdout": True},
        REACHABLE[:1],
        {"quiet_hours": QUIET, "caps": CAP},
        ("sent", None, None),
    ),
    (
        "transactional never to a bounced address",
        {"class": "transactional"},
        None,
        {"suppressed": ["a@x.test"]},
        ("withheld", "suppressed", None),
    ),
]


@pytest.mark.parametrize(
    ("given", "facts", "rest", "outcome"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_the_first_rule_that_objects_decides(
    given: dict[str, Any], facts: Any, rest: dict[str, Any], outcome: tuple[Any, ...]
) -> None:
    assert [row[:3] for row in decided([candidate(**given)], facts, **rest)] == [outcome]


def test_a_capped_person_is_deferred_not_dropped_and_told_by_whom() -> None:
    found = decided([candidate()], sent=[(7, NOON - 6 * DAY), (8, NOON - DAY)], caps=CAP)
    assert found == [("deferred", "cap", NOON + DAY, 7)]


def test_of_rivals_the_higher_priority_is_sent_and_the_others_queue_up_behind_it() -> None:
    rivals = [
        candidate(1, priority=10, patience=90 * DAY),
        candidate(2, priority=90, patience=90 * DAY),
        candidate(3, priority=50, patience=90 * DAY),
        candidate(4, priority=20, patience=90 * DAY),
    ]
    found = decided(rivals, sent=[(7, NOON - 3 * DAY)], caps=CAP)
    assert found == [
        ("deferred", "cap", NOON + 11 * DAY, 7),  # third in the queue: the place comes round again
        ("sent", None, None, None),
        ("deferred", "cap", NOON + 4 * DAY, 7),
        ("deferred", "cap", NOON + 7 * DAY, 2),
    ]


def test_of_equals_the_smaller_id_is_first_whatever_the_order_they_come_in() -> None:
    one = {"promotional": {"max": 1, "window": "1d"}}
    for order in ([1, 2, 3], [3, 2, 1], [2, 3, 1]):
        found = decided([candidate(n) for n in order], caps=one)
        assert dict(zip(order, (row[0] for row in found), strict=True)) == {
            1: "sent",
            2: "deferred",
            3: "deferred",
        }


def test_a_withheld_rival_takes_no_place() -> None:
    one = {"promotional": {"max": 1, "window": "1d"}}
    found = decided([candidate(1, priority=90, holdout=True), candidate(2)], caps=one)
    assert [row[0] for row in found] == ["withheld", "sent"]


def test_people_do_not_take_each_others_places() -> None:
    one = {"promotional": {"max": 1, "window": "1d"}}
    facts = [(who, key, at, value) for who in (1, 2) for _, key, at, value in REACHABLE]
    found = decided([candidate(1), candidate(2, subject=2)], facts, caps=one)
    assert [row[0] for row in found] == ["sent", "sent"]


def test_only_what_is_sent_counts_towards_the_caps() -> None:
    frame = pl.DataFrame([candidate(1), candidate(2, holdout=True)], schema=CANDIDATES)
    facts = pl.DataFrame(REACHABLE, schema=FACTS, orient="row")
    none = pl.DataFrame(schema={"channel": pl.String, "address": pl.String})
    decisions = decide(frame, facts, none, pl.DataFrame(schema=SENDS), Policy())
    assert counted(decisions)["id"].to_list() == [1]
