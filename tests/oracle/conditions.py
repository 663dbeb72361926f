"""What a condition answers, from lists of events and traits, by the words of its documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any as Anything

from raabta.core.clock import to_datetime, to_instant
from raabta.query.model import (
    All,
    Anniversary,
    Any,
    Condition,
    Did,
    Filter,
    InSegment,
    Matcher,
    Not,
    Test,
    Trait,
    leaves,
)


@dataclass(frozen=True)
class Event:
    seq: int
    received_at: int
    timestamp: int
    kind: str
    name: str
    properties: Mapping[str, Anything]


@dataclass
class Facts:
    """All that is known about one person, to be looked at as of an instant."""

    events: list[Event]
    #: (at, order in which it was said, key, value); steps append to it
    traits: list[tuple[int, int, str, Anything]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for event in self.events:
            if event.kind == "identify":
                for key, value in event.properties.items():
                    self.traits.append((event.received_at, event.seq, key, value))

    def trait(self, key: str, at: int) -> Anything:
        known = [t for t in self.traits if t[2] == key and t[0] <= at]
        return max(known, key=lambda t: (t[0], t[1]))[3] if known else None


def holds(condition: Condition, facts: Facts, at: int) -> bool:
    match condition:
        case All(of=parts):
            return all(holds(part, facts, at) for part in parts)
        case Any(of=parts):
            return any(holds(part, facts, at) for part in parts)
        case Not(of=part):
            return not holds(part, facts, at)
        case Did():
            return _did(condition, facts, at)
        case Trait(key=key, test=test):
            return _passes(test, facts.trait(key, at))
        case Anniversary(event=name, lasting=lasting):
            said = [e.timestamp for e in facts.events if e.name == name and e.received_at <= at]
            return bool(said) and any(
                start <= at < start + lasting for start in anniversaries(min(said))
            )
        case InSegment():
            raise AssertionError("segments are inlined before they are asked")


def matches(matcher: Matcher, event: Event) -> bool:
    return event.name == matcher.event and _where(matcher.where, event)


def anniversaries(first: int) -> list[int]:
    """The instants a whole number of calendar years after `first`, for a few years."""
    start = to_datetime(first)
    return [to_instant(_years_later(start, n)) for n in range(1, 5)]


def instants_of_change(condition: Condition, facts: Facts) -> set[int]:
    """Every instant at which time alone could change the answer: more than enough of them."""
    found: set[int] = set()
    for leaf in leaves(condition):
        for event in facts.events:
            if isinstance(leaf, Did) and leaf.within is not None and event.name == leaf.event:
                found.add(event.timestamp + leaf.within)
            if isinstance(leaf, Anniversary) and event.name == leaf.event:
                for start in anniversaries(event.timestamp):
                    found |= {start, start + leaf.lasting}
    return found


def _years_later(start: datetime, years: int) -> datetime:
    try:
        return start.replace(year=start.year + years)
    except ValueError:  # 29 February
        return start.replace(year=start.year + years, day=28).astimezone(UTC)


def _did(did: Did, facts: Facts, at: int) -> bool:
    counted = [
        e
        for e in facts.events
        if e.name == did.event
        and e.received_at <= at
        and (did.within is None or e.timestamp > at - did.within)
        and _where(did.where, e)
    ]
    if not all(_compare(test, float(len(counted))) for test in did.count):
        return False
    if did.measure is None:
        return True
    amounts = [v for e in counted if (v := e.properties.get(did.measure.of)) is not None]
    amount: float = 0.0
    if amounts:
        match did.measure.aggregate:
            case "sum":
                amount = sum(amounts)
            case "average":
                amount = sum(amounts) / len(amounts)
            case "highest":
                amount = max(amounts)
            case "lowest":
                amount = min(amounts)
            case "distinct":
                amount = len(set(amounts))
    return all(_compare(test, amount) for test in did.measure.tests)


def _where(filters: tuple[Filter, ...], event: Event) -> bool:
    return all(_passes(f.test, event.properties.get(f.path)) for f in filters)


def _passes(test: Test, value: Anything) -> bool:
    if test.op == "is_set":
        return (value is not None) == test.value
    if value is None:
        return test.op in ("is_not", "not_in")
    return _compare(test, value)


def _compare(test: Test, value: Anything) -> bool:
    wanted: Anything = test.value
    match test.op:
        case "is":
            return bool(_same(value, wanted))
        case "is_not":
            return not _same(value, wanted)
        case "in":
            return any(_same(value, w) for w in wanted)
        case "not_in":
            return not any(_same(value, w) for w in wanted)
        case "contains":
            return isinstance(value, str) and wanted.lower() in value.lower()
        case "at_least":
            return bool(value >= wanted)
        case "at_most":
            return bool(value <= wanted)
        case "more_than":
            return bool(value > wanted)
        case "less_than":
            return bool(value < wanted)
        case _:
            raise AssertionError(test.op)


def _same(value: Anything, wanted: Anything) -> bool:
    if isinstance(value, bool) != isinstance(wanted, bool):
        return False
    return bool(value == wanted)
