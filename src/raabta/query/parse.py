"""Reading conditions from YAML or JSON. Every error names the field and the nearest valid word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any as Untyped
from typing import cast, get_args

from rapidfuzz import process

from raabta.core.clock import DAY, duration
from raabta.core.errors import InvalidInput
from raabta.query.model import (
    Aggregate,
    All,
    Anniversary,
    Any,
    Condition,
    Did,
    Filter,
    InSegment,
    Matcher,
    Measure,
    Not,
    Operator,
    Scalar,
    Test,
    Trait,
)

OPERATORS: tuple[str, ...] = get_args(Operator)
AGGREGATES: tuple[str, ...] = get_args(Aggregate)
HEADS = ("all", "any", "not", "did", "did_not", "trait", "segment", "anniversary")
_COUNTS = ("at_least", "at_most", "more_than", "less_than", "exactly")
_NUMERIC = ("at_least", "at_most", "more_than", "less_than")
MAX_DEPTH = 40


def nearest(word: str, known: Sequence[str]) -> str:
    """'did you mean ...?' for a misspelt word, or the list of what is allowed."""
    found = process.extractOne(word, known, score_cutoff=60)
    return f"did you mean {found[0]!r}?" if found else f"use one of: {', '.join(known)}"


def parse(source: Untyped, at: str = "where", depth: int = 0) -> Condition:
    """A condition from its YAML form; `at` is the path named in errors.

    Raises InvalidInput.
    """
    if depth > MAX_DEPTH:
        raise InvalidInput("is nested too deeply", field=at, remedy=f"at most {MAX_DEPTH} levels")
    if isinstance(source, list):
        source = {"all": source}
    if not isinstance(source, Mapping) or not source:
        raise InvalidInput(
            "is not a condition", field=at, remedy="write a mapping that starts with " + _heads()
        )
    head = next((k for k in source if k in HEADS), None)
    if head is None:
        word = str(next(iter(source)))
        raise InvalidInput("unknown condition", field=f"{at}.{word}", remedy=nearest(word, HEADS))
    value = source[head]
    match head:
        case "all" | "any":
            _only(source, (head,), at)
            if not isinstance(value, list) or not value:
                raise InvalidInput("must be a list of conditions", field=f"{at}.{head}")
            parts = tuple(
                parse(part, f"{at}.{head}[{n}]", depth + 1) for n, part in enumerate(value)
            )
            return All(parts) if head == "all" else Any(parts)
        case "not":
            _only(source, ("not",), at)
            return Not(parse(value, f"{at}.not", depth + 1))
        case "did" | "did_not":
            return _did(source, head, at)
        case "trait":
            return Trait(_name(value, f"{at}.trait"), _one_test(_without(source, "trait"), at))
        case "segment":
            _only(source, ("segment",), at)
            return InSegment(_name(value, f"{at}.segment"))
        case _:
            _only(source, ("anniversary", "for"), at)
            lasting = duration(source["for"], f"{at}.for") if "for" in source else DAY
            return Anniversary(_name(value, f"{at}.anniversary"), lasting)


def parse_matcher(source: Untyped, at: str) -> Matcher:
    """`{event: NAME, where: {...}}`, or the bare name."""
    if isinstance(source, str):
        return Matcher(source)
    if not isinstance(source, Mapping) or "event" not in source:
        raise InvalidInput("must name an event", field=at, remedy="write {event: Order Completed}")
    _only(source, ("event", "where"), at)
    return Matcher(_name(source["event"], f"{at}.event"), _filters(source.get("where"), at))


def _did(source: Mapping[str, Untyped], head: str, at: str) -> Condition:
    allowed = (head, "where", "within", *(() if head == "did_not" else (*_COUNTS, *AGGREGATES)))
    _only(source, allowed, at)
    event = _name(source[head], f"{at}.{head}")
    within = duration(source["within"], f"{at}.within") if "within" in source else None
    filters = _filters(source.get("where"), at)
    if head == "did_not":
        return Did(event, filters, within, (Test("at_most", 0.0),))
    counts: list[Test] = []
    for word in _COUNTS:
        if word in source:
            op: Operator = "is" if word == "exactly" else cast(Operator, word)
            counts.append(Test(op, _number(source[word], f"{at}.{word}")))
    measures = [name for name in AGGREGATES if name in source]
    if len(measures) > 1:
        raise InvalidInput(
            "one condition measures one thing",
            field=f"{at}.{measures[1]}",
            remedy="write two conditions under `all`",
        )
    measure = _measure(measures[0], source[measures[0]], at) if measures else None
    return Did(event, filters, within, tuple(counts) or (Test("at_least", 1.0),), measure)


def _measure(aggregate: str, source: Untyped, at: str) -> Measure:
    where = f"{at}.{aggregate}"
    if not isinstance(source, Mapping) or "of" not in source:
        raise InvalidInput("needs `of`", field=where, remedy="{of: total, at_least: 100}")
    _only(source, ("of", *_NUMERIC), where)
    tests = tuple(
        Test(cast(Operator, op), _number(source[op], f"{where}.{op}"))
        for op in _NUMERIC
        if op in source
    )
    if not tests:
        raise InvalidInput(
            "says nothing about its amount", field=where, remedy="add at_least or at_most"
        )
    return Measure(cast(Aggregate, aggregate), _name(source["of"], f"{where}.of"), tests)


def _filters(source: Untyped, at: str) -> tuple[Filter, ...]:
    if source is None:
        return ()
    if not isinstance(source, Mapping):
        raise InvalidInput(
            "must map properties to values", field=f"{at}.where", remedy="{category: coffee}"
        )
    found: list[Filter] = []
    for path, value in source.items():
        here = f"{at}.where.{path}"
        if isinstance(value, Mapping):
            found.extend(Filter(str(path), test) for test in _tests(value, here))
        else:
            found.append(Filter(str(path), _plain(value, here)))
    return tuple(found)


def _plain(value: Untyped, at: str) -> Test:
    if isinstance(value, list):
        return Test("in", tuple(_scalar(v, at) for v in value))
    return Test("is", _scalar(value, at))


def _tests(source: Mapping[str, Untyped], at: str) -> list[Test]:
    if not source:
        raise InvalidInput("has no comparison", field=at, remedy=f"use one of: {_ops()}")
    return [_test(str(op), value, at) for op, value in source.items()]


def _one_test(source: Mapping[str, Untyped], at: str) -> Test:
    tests = _tests(source, at)
    if len(tests) != 1:
        raise InvalidInput(
            "one comparison a condition", field=at, remedy="write two conditions under `all`"
        )
    return tests[0]


def _test(op: str, value: Untyped, at: str) -> Test:
    if op not in OPERATORS:
        raise InvalidInput("unknown comparison", field=f"{at}.{op}", remedy=nearest(op, OPERATORS))
    here = f"{at}.{op}"
    if op in ("in", "not_in"):
        if not isinstance(value, list) or not value:
            raise InvalidInput("must be a list of values", field=here)
        return Test(cast(Operator, op), tuple(_scalar(v, here) for v in value))
    if op in _NUMERIC:
        return Test(cast(Operator, op), _number(value, here))
    if op == "is_set":
        if not isinstance(value, bool):
            raise InvalidInput("must be true or false", field=here)
        return Test("is_set", value)
    return Test(cast(Operator, op), _scalar(value, here))


def _scalar(value: Untyped, at: str) -> Scalar:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return float(value)
    raise InvalidInput("must be text, a number, true or false", field=at)


def _number(value: Untyped, at: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput(f"{value!r} is not a number", field=at)
    return float(value)


def _name(value: Untyped, at: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput("must be a name", field=at)
    return value


def _without(source: Mapping[str, Untyped], key: str) -> dict[str, Untyped]:
    return {k: v for k, v in source.items() if k != key}


def _only(source: Mapping[str, Untyped], allowed: Sequence[str], at: str) -> None:
    for key in source:
        if key not in allowed:
            raise InvalidInput(
                "unknown field", field=f"{at}.{key}", remedy=nearest(str(key), allowed)
            )


def _heads() -> str:
    return ", ".join(HEADS)


def _ops() -> str:
    return ", ".join(OPERATORS)
