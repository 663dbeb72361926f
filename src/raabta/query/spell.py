"""Reading a condition aloud, for screens, `plan` and `why`."""

from __future__ import annotations

from raabta.core.clock import spell_duration
from raabta.query.model import All, Anniversary, Any, Condition, Did, Filter, InSegment, Not, Test

_WORDS = {
    "is": "is",
    "is_not": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "at_least": "is at least",
    "at_most": "is at most",
    "more_than": "is more than",
    "less_than": "is less than",
    "contains": "contains",
}
_COUNT_WORDS = {
    "at_least": "at least",
    "at_most": "at most",
    "more_than": "more than",
    "less_than": "fewer than",
    "is": "exactly",
}


def spell(condition: Condition) -> str:
    """One English sentence part: 'did Order Completed at least 2 times in the last 30d and ...'."""
    match condition:
        case All(of=parts):
            return " and ".join(_grouped(p) for p in parts)
        case Any(of=parts):
            return " or ".join(_grouped(p) for p in parts)
        case Not(of=part):
            return f"not ({spell(part)})"
        case InSegment(name=name):
            return f"is in segment {name}"
        case Anniversary(event=event):
            return f"has the anniversary of the first {event}"
        case Did():
            return _did(condition)
        case _:
            return f"{condition.key} {_test(condition.test)}"


def _grouped(condition: Condition) -> str:
    text = spell(condition)
    return f"({text})" if isinstance(condition, All | Any) and len(condition.of) > 1 else text


def _did(did: Did) -> str:
    text = did.event
    if did.where:
        text += " with " + " and ".join(_filter(f) for f in did.where)
    span = f" in the last {spell_duration(did.within)}" if did.within is not None else ""
    if did.count == (Test("at_most", 0.0),):
        return f"did not do {text}{span}"
    times = ""
    if did.count != (Test("at_least", 1.0),):
        times = " " + " and ".join(f"{_COUNT_WORDS[t.op]} {t.value:g} times" for t in did.count)
    if did.measure:
        amount = " and ".join(f"{_COUNT_WORDS[t.op]} {t.value:g}" for t in did.measure.tests)
        times += f" ({did.measure.aggregate} of {did.measure.of} {amount})"
    return f"did {text}{times}{span}"


def _filter(item: Filter) -> str:
    return f"{item.path} {_test(item.test)}"


def _test(test: Test) -> str:
    if test.op == "is_set":
        return "is known" if test.value else "is not known"
    if isinstance(test.value, tuple):
        return f"{_WORDS[test.op]} {', '.join(_value(v) for v in test.value)}"
    return f"{_WORDS[test.op]} {_value(test.value)}"


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) and not isinstance(value, bool) else str(value)
