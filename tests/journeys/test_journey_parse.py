"""A journey that cannot be read, or would never end, is refused by name of its field."""

from __future__ import annotations

from typing import Any

import pytest

from raabta.core.clock import DAY
from raabta.core.errors import InvalidInput
from raabta.journeys.model import Exit, Jump, Send, SetTraits, WaitFor
from raabta.journeys.parse import parse_journey

SEND = {"send": {"template": "t", "topic": "news"}}


def journey(*steps: Any, **rest: Any) -> dict[str, Any]:
    return {"journey": "j", "entry": {"event": "Order"}, "steps": list(steps), **rest}


def test_steps_are_a_flat_program_that_starts_at_its_beginning() -> None:
    program = parse_journey(
        journey({"wait": "1d", "id": "pause"}, SEND, {"set": {"vip": True}})
    ).steps
    assert program[0] == Jump("start", 2)
    assert program[1] == Exit("end", "completed")
    assert program[2] == WaitFor("pause", DAY, 3)
    assert isinstance(program[3], Send) and program[3].next == 4
    assert program[4] == SetTraits("steps[2]", (("vip", True),), 1)


def test_a_send_is_patient_by_its_class_and_as_urgent_as_its_journey() -> None:
    found = parse_journey(journey(SEND, priority=70)).steps[2]
    assert isinstance(found, Send)
    assert (found.cls, found.patience, found.priority) == ("promotional", 3 * DAY, 70)


UNTIL = {"until": {"event": "View"}, "within": "2d"}

BROKEN = [
    (journey(entri={}), "entri", "'entry'"),
    ({"journey": "j", "entry": {"event": "Order"}}, "steps", ""),
    ({"journey": "j", "steps": []}, "entry", ""),
    ({"entry": {"event": "Order"}, "steps": []}, "journey", ""),
    (journey(subject="account"), "subject", "profile"),
    (journey(entry={}), "entry", "segment"),
    (journey(entry={"event": "Order", "segment": "s"}), "entry", "segment"),
    (journey(entry={"event": "Order", "wher": {}}), "entry.wher", "'where'"),
    (journey(entry={"event": "Order", "again": "always"}), "entry.again", "after exit"),
    (journey(entry={"event": "Order", "again": {"after": "x"}}), "entry.again.after", "7d"),
    (journey(entry={"event": "Order", "if": {"tait": 1}}), "entry.if.tait", "'trait'"),
    (journey(goal={"event": "Order", "within": "0d"}), "goal.within", "1s"),
    (journey(goal={"event": "Order", "witin": "3d"}), "goal.witin", "'within'"),
    (journey(exit_on={"event": "Order"}), "exit_on", ""),
    (journey(exit_on=[{"event": "Order"}]), "exit_on[0].reason", ""),
    (journey(holdout="150%"), "holdout", "10%"),
    (journey(holdout="many%"), "holdout", "10%"),
    (journey("wait"), "steps[0]", "branch"),
    (journey({"wiat": "1d"}), "steps[0].wiat", "'wait'"),
    (journey({"wait": 3}), "steps[0].wait", "wait: 3d"),
    (journey({"wait": "0s"}), "steps[0].wait", "1s"),
    (journey({"wait": "1d", "then": []}), "steps[0].then", "wait"),
    (journey({"wait": {"until": "View"}}), "steps[0].wait.within", "10d"),
    (journey({"wait": UNTIL, "timout": []}), "steps[0].timout", "'timeout'"),
    (journey({"wait": UNTIL, "met": [{"waits": "1d"}]}), "steps[0].met[0].waits", "'wait'"),
    (journey({"branch": []}), "steps[0].branch", ""),
    (journey({"branch": [{"if": {"did": "A"}}]}), "steps[0].branch[0]", ""),
    (journey({"split": [{"share": "40%"}, {"share": 0.4}]}), "steps[0].split", "100%"),
    (journey({"split": [{"name": "a"}]}), "steps[0].split[0]", "50%"),
    (journey({"send": "t"}), "steps[0].send", "template"),
    (journey({"send": {"topic": "news"}}), "steps[0].send.template", ""),
    (journey({"send": {"template": "t"}}), "steps[0].send.topic", "topics"),
    (journey({"send": {"template": "t", "class": "promo"}}), "steps[0].send.class", "promotional"),
    (
        journey({"send": {"template": "t", "topic": "n", "priority": 1.5}}),
        "steps[0].send.priority",
        "",
    ),
    (journey({"set": {}}), "steps[0].set", "vip"),
    (journey({"set": {"a": [1]}}), "steps[0].set.a", ""),
    (journey({"goto": "nowhere"}, {"wait": "1d", "id": "now"}), "steps[0].goto", "'now'"),
    (journey({"wait": "1d", "id": "a"}, {"wait": "1d", "id": "a"}), "steps[1].id", "unique"),
]


@pytest.mark.parametrize(("source", "field", "remedy"), BROKEN, ids=[b[1] for b in BROKEN])
def test_an_error_names_the_field_and_what_to_write(
    source: dict[str, Any], field: str, remedy: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_journey(source)
    assert caught.value.field == field
    assert remedy in caught.value.remedy


RINGS = [
    journey({"set": {"a": 1}, "id": "top"}, {"goto": "top"}),
    journey({**SEND, "id": "top"}, {"goto": "top"}),
    journey({"goto": "self", "id": "self"}),
    journey({"split": [{"share": 0.5, "then": {"goto": "top"}}, {"share": 0.5}], "id": "top"}),
    journey(
        {"branch": [{"if": {"did": "A"}, "then": [SEND, {"goto": "top"}]}], "id": "top"},
        {"wait": "1d"},
    ),
]


@pytest.mark.parametrize("source", RINGS)
def test_a_ring_without_a_wait_is_refused(source: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="comes back to itself"):
        parse_journey(source)


def test_a_ring_with_a_wait_is_fine() -> None:
    parse_journey(journey({**SEND, "id": "top"}, {"wait": "1d"}, {"goto": "top"}))
    parse_journey(journey({**SEND, "id": "top"}, {"wait": UNTIL, "met": {"goto": "top"}}))
