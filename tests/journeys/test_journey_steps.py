"""What each step does, as tables: at this hour this happens, at that hour this is the outcome.

Hours count from midnight of day 0; the person can be reached by mail from hour 0 on.
"""

from __future__ import annotations

from typing import Any

import pytest

from oracle.worlds import Definitions, Said, engine, oracle
from raabta.audiences.model import Segment
from raabta.core.clock import DAY, HOUR
from raabta.decisioning.model import Policy
from raabta.journeys.parse import parse_journey
from raabta.query.parse import parse

T0 = 1000 * DAY


def send(template: str, **rest: Any) -> dict[str, Any]:
    return {"send": {"template": template, "topic": "news", **rest}}


def live(
    journeys: list[dict[str, Any]],
    happened: list[tuple[Any, ...]],
    segments: dict[str, Any] | None = None,
    policy: dict[str, Any] | None = None,
) -> tuple[list[tuple[int, str, str]], list[tuple[str, int, str | None, int | None]]]:
    """(hour, template, outcome) of the ledger and (journey, hour in, exit, hour out) of the
    enrollments. The oracle is asked too and must say the same."""
    defined = Definitions(
        tuple(Segment(n, 1, "", parse(s)) for n, s in (segments or {}).items()),
        tuple(parse_journey(j) for j in journeys),
        Policy.model_validate(policy or {}),
    )
    said = [
        Said(T0, "ann", "identify", "identify", {"email": "ann@x.test"}),
        Said(T0 + 1, "ann", "track", "Consent Updated", {"granted": True}),
    ]
    for hour, name, *properties in happened:
        kind = "identify" if name == "identify" else "track"
        said.append(Said(T0 + hour * HOUR, "ann", kind, name, *properties))
    end = T0 + 60 * DAY
    result, plain = engine(defined, said, [end]), oracle(defined, said, end)
    assert result.ledger == plain.ledger
    assert result.enrollments == plain.enrollments

    def hour(at: Any) -> int | None:
        return None if at is None else (at - T0) // HOUR

    ledger = [(hour(r[1]), str(r[11]), str(r[14])) for r in result.ledger]
    inside = [(str(r[1]), hour(r[4]), r[12], hour(r[11])) for r in result.enrollments]
    return sorted(ledger), sorted(inside, key=lambda r: (r[1], r[0]))  # type: ignore[return-value]


def on_order(*steps: Any, **rest: Any) -> dict[str, Any]:
    return {"journey": "j", "entry": {"event": "Order"}, "steps": list(steps), **rest}


UNTIL = {"wait": {"until": {"event": "View"}, "within": "1d"}, "met": {"exit": "came"}}
VIP = {"trait": "vip", "is": True}

STEPS: list[tuple[str, dict[str, Any], list[tuple[Any, ...]], list[Any], list[Any]]] = [
    (
        "a send goes out at once",
        on_order(send("a")),
        [(5, "Order")],
        [(5, "a", "sent")],
        [("j", 5, "completed", 5)],
    ),
    (
        "a wait lasts as long as it says",
        on_order({"wait": "2d"}, send("a")),
        [(5, "Order")],
        [(53, "a", "sent")],
        [("j", 5, "completed", 53)],
    ),
    (
        "an event ends a wait for it",
        on_order(UNTIL, send("a")),
        [(5, "Order"), (9, "View")],
        [],
        [("j", 5, "came", 9)],
    ),
    (
        "silence runs into the time-out",
        on_order(UNTIL, send("a")),
        [(5, "Order"), (40, "View")],
        [(29, "a", "sent")],
        [("j", 5, "completed", 29)],
    ),
    (
        "an event at the instant of the time-out wins",
        on_order(UNTIL, send("a")),
        [(5, "Order"), (29, "View")],
        [],
        [("j", 5, "came", 29)],
    ),
    (
        "a branch takes the first arm that holds",
        on_order(
            {
                "branch": [
                    {"if": VIP, "then": [send("vip")]},
                    {"if": {"did": "Order"}, "then": [send("buyer")]},
                    {"otherwise": [send("other")]},
                ]
            },
            send("z"),
        ),
        [(5, "Order")],
        [(5, "buyer", "sent"), (5, "z", "sent")],
        [("j", 5, "completed", 5)],
    ),
    (
        "a branch with no arm that holds goes on",
        on_order({"branch": [{"if": VIP, "then": [send("vip")]}]}, send("z")),
        [(5, "Order")],
        [(5, "z", "sent")],
        [("j", 5, "completed", 5)],
    ),
    (
        "a branch sees what was set right before it",
        on_order({"set": {"vip": True}}, {"branch": [{"if": VIP, "then": [send("vip")]}]}),
        [(5, "Order")],
        [(5, "vip", "sent")],
        [("j", 5, "completed", 5)],
    ),
    (
        "of two settings at one instant the later counts",
        on_order(
            {"set": {"vip": True}},
            {"set": {"vip": False}},
            {"set": {"x": 1}},
            {"branch": [{"if": VIP, "then": [send("vip")]}]},
        ),
        [(5, "Order")],
        [],
        [("j", 5, "completed", 5)],
    ),
    (
        "an exit gives its reason",
        on_order({"exit": "enough"}, send("a")),
        [(5, "Order")],
        [],
        [("j", 5, "enough", 5)],
    ),
    (
        "a split sends everybody somewhere",
        on_order({"split": [{"share": "100%", "then": [send("a")]}, {"share": "0%"}]}),
        [(5, "Order")],
        [(5, "a", "sent")],
        [("j", 5, "completed", 5)],
    ),
    (
        "a goto goes round and the goal ends it",
        on_order(
            {**send("a"), "id": "top"}, {"wait": "1d"}, {"goto": "top"}, goal={"event": "View"}
        ),
        [(5, "Order"), (60, "View")],
        [(5, "a", "sent"), (29, "a", "sent"), (53, "a", "sent")],
        [("j", 5, "goal", 60)],
    ),
    (
        "the goal's time ends the journey",
        on_order({"wait": "9d"}, goal={"event": "View", "within": "1d"}),
        [(5, "Order")],
        [],
        [("j", 5, "timed out", 29)],
    ),
    (
        "the goal at its last instant is met",
        on_order({"wait": "9d"}, goal={"event": "View", "within": "1d"}),
        [(5, "Order"), (29, "View")],
        [],
        [("j", 5, "goal", 29)],
    ),
    (
        "the goal comes before an exit and an exit before a wait",
        on_order(
            UNTIL,
            goal={"event": "View", "where": {"x": 1}},
            exit_on=[{"event": "View", "reason": "first"}, {"event": "View", "reason": "two"}],
        ),
        [(5, "Order"), (6, "View"), (7, "Order"), (8, "View", {"x": 1})],
        [],
        [("j", 5, "first", 6), ("j", 7, "goal", 8)],
    ),
]


@pytest.mark.parametrize(
    ("journey", "happened", "ledger", "inside"), [r[1:] for r in STEPS], ids=[r[0] for r in STEPS]
)
def test_each_step_does_what_it_says(
    journey: dict[str, Any], happened: Any, ledger: Any, inside: Any
) -> None:
    assert live([journey], happened) == (ledger, inside)


AGAIN: list[tuple[Any, list[int]]] = [
    ("after exit", [1, 25, 49, 97]),
    ("never", [1]),
    ({"after": "2d"}, [1, 49, 97]),
    ({"after": "49h"}, [1, 97]),
]


@pytest.mark.parametrize(("again", "entered"), AGAIN)
def test_people_come_in_again_by_the_rule(again: Any, entered: list[int]) -> None:
    journey = on_order({"wait": "20h"}, entry={"event": "Order", "again": again})
    _, inside = live([journey], [(h, "Order") for h in (1, 25, 30, 49, 97)])
    assert [row[1] for row in inside] == entered


def test_nobody_is_twice_inside_one_journey() -> None:
    _, inside = live([on_order({"wait": "5d"})], [(1, "Order"), (2, "Order")])
    assert [row[1] for row in inside] == [1]


def test_an_entry_asks_its_condition_at_that_instant() -> None:
    journey = on_order({"wait": "1h"}, entry={"event": "Order", "if": VIP})
    happened = [(1, "Order"), (2, "identify", {"vip": True}), (3, "Order")]
    assert [row[1] for row in live([journey], happened)[1]] == [3]


def test_coming_into_a_segment_by_time_alone_brings_people_in() -> None:
    journey = {"journey": "back", "entry": {"segment": "lapsed"}, "steps": [send("miss-you")]}
    lapsed = {"all": [{"did": "Order"}, {"did_not": "Order", "within": "10d"}]}
    happened = [(1, "Order"), (100, "Order"), (500, "Order")]
    ledger, _ = live([journey], happened, {"lapsed": lapsed})
    assert [row[0] for row in ledger] == [340, 740]


def test_a_journey_that_sets_a_trait_starts_one_that_waits_for_it_at_the_same_instant() -> None:
    setting = on_order({"set": {"tried": True}}, {"wait": "1d"})
    told = {"journey": "told", "entry": {"segment": "tried"}, "steps": [send("x")]}
    ledger, inside = live(
        [setting, told], [(5, "Order")], {"tried": {"trait": "tried", "is": True}}
    )
    assert ledger == [(5, "x", "sent")]
    assert inside == [("j", 5, "completed", 29), ("told", 5, "completed", 5)]


def test_a_trait_set_and_set_back_at_one_instant_is_no_change() -> None:
    told = {"journey": "told", "entry": {"segment": "tried"}, "steps": [send("x")]}
    segments = {"tried": {"trait": "tried", "is": True}}
    forth = on_order({"set": {"tried": True}}, {"set": {"tried": False}})
    assert [row[0] for row in live([forth, told], [(5, "Order")], segments)[1]] == ["j"]
    back = on_order({"set": {"tried": False}}, {"set": {"tried": True}})
    happened = [(1, "identify", {"tried": True}), (5, "Order")]
    _, inside = live([back, told], happened, segments)
    assert [(row[0], row[1]) for row in inside] == [("told", 1), ("j", 5)]


def test_a_setting_comes_before_another_journeys_branch_in_the_same_turn() -> None:
    asking = on_order({"branch": [{"if": VIP, "then": [send("vip")]}]}, journey="asking")
    setting = on_order({"set": {"vip": True}}, journey="setting")
    for journeys in ([asking, setting], [setting, asking]):
        assert live(journeys, [(5, "Order")])[0] == [(5, "vip", "sent")]


def test_of_two_journeys_that_set_one_trait_in_one_turn_the_later_declared_wins() -> None:
    yes = on_order({"set": {"vip": True}}, {"branch": [{"if": VIP, "then": [send("vip")]}]})
    no = on_order({"set": {"vip": False}}, journey="no")
    assert live([yes, no], [(5, "Order")])[0] == []
    assert live([no, yes], [(5, "Order")])[0] == [(5, "vip", "sent")]


def test_two_journeys_that_call_each_other_in_come_to_rest() -> None:
    on = {"journey": "on", "entry": {"segment": "off"}, "steps": [{"set": {"lit": True}}]}
    off = {"journey": "off", "entry": {"segment": "on"}, "steps": [{"set": {"lit": False}}]}
    segments = {"on": {"trait": "lit", "is": True}, "off": {"trait": "lit", "is": False}}
    _, inside = live([on, off], [(5, "identify", {"lit": True})], segments)
    assert [(row[0], row[1]) for row in inside] == [("off", 5), ("on", 5)]


def test_a_deferred_send_waits_for_its_place_and_is_tried_again() -> None:
    cap = {"caps": {"promotional": {"max": 1, "window": "1d"}}}
    ledger, inside = live([on_order(send("a"), send("b"))], [(5, "Order")], policy=cap)
    assert ledger == [(5, "a", "sent"), (5, "b", "deferred"), (29, "b", "sent")]
    assert inside == [("j", 5, "completed", 29)]


def test_a_deferred_send_is_overtaken_by_the_goal() -> None:
    cap = {"caps": {"promotional": {"max": 1, "window": "1d"}}}
    journey = on_order(send("a"), send("b"), goal={"event": "View"})
    ledger, inside = live([journey], [(5, "Order"), (9, "View")], policy=cap)
    assert ledger == [(5, "a", "sent"), (5, "b", "deferred")]
    assert inside == [("j", 5, "goal", 9)]


def test_the_held_out_walk_the_same_way_and_get_nothing() -> None:
    ledger, inside = live([on_order(send("a"), holdout="100%")], [(5, "Order")])
    assert ledger == [(5, "a", "withheld")]
    assert inside == [("j", 5, "completed", 5)]


def test_a_late_event_changes_what_is_known_from_now_on() -> None:
    """An order of ten days ago heard of today does not undo what was decided in between."""
    journey = {"journey": "back", "entry": {"segment": "lapsed"}, "steps": [send("miss-you")]}
    lapsed = {"all": [{"did": "Order"}, {"did_not": "Order", "within": "10d"}]}
    happened = [(1, "Order"), (300, "Order", {}, 10 * 24 * HOUR)]
    ledger, _ = live([journey], happened, {"lapsed": lapsed})
    # in at 241; the late order (of hour 60) had left the window at hour 300: nothing changes
    assert [row[0] for row in ledger] == [241]
