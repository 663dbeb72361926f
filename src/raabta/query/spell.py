"""Reading a condition aloud, for screens, `plan` and `why`.

The words of each language stand in a module of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from raabta.core.clock import spell_duration
from raabta.core.text import Lang, isolated
from raabta.query import spell_words_en, spell_words_ur
from raabta.query.model import (
    Aggregate,
    All,
    Anniversary,
    Any,
    Condition,
    Did,
    Filter,
    InSegment,
    Not,
    Operator,
    Test,
)


@dataclass(frozen=True)
class _Words:
    """A language: its patterns, tests and numbers, and how names stand in its sentences."""

    texts: dict[str, str]
    tests: dict[Operator, str]  # of {value}
    counts: dict[Operator, str]  # of {n}
    aggregates: dict[Aggregate, str]  # of {path}
    units: dict[str, str] | None  # None: a duration is written '30d'
    name: Callable[[str], str]

    def say(self, text: str, **parts: object) -> str:
        return self.texts[text].format(**parts)

    def lasting(self, micros: int) -> str:
        short = spell_duration(micros)
        return short if self.units is None else f"{short[:-1]} {self.units[short[-1]]}"


_EN, _UR = spell_words_en, spell_words_ur
_LANGUAGES: dict[Lang, _Words] = {
    "en": _Words(_EN.TEXTS, _EN.TESTS, _EN.COUNTS, _EN.AGGREGATES, _EN.UNITS, str),
    "ur": _Words(_UR.TEXTS, _UR.TESTS, _UR.COUNTS, _UR.AGGREGATES, _UR.UNITS, isolated),
}


def spell(condition: Condition, lang: Lang = "en") -> str:
    """One sentence part: 'did Order Completed at least 2 times in the last 30d and ...'."""
    return _spell(condition, _LANGUAGES[lang])


def _spell(condition: Condition, w: _Words) -> str:
    match condition:
        case All(of=parts):
            return w.say("and").join(_grouped(p, w) for p in parts)
        case Any(of=parts):
            return w.say("or").join(_grouped(p, w) for p in parts)
        case Not(of=part):
            return w.say("not", part=_spell(part, w))
        case InSegment(name=name):
            return w.say("in_segment", segment=w.name(name))
        case Anniversary(event=event):
            return w.say("anniversary", event=w.name(event))
        case Did():
            return _did(condition, w)
        case _:
            return _test(w.name(condition.key), condition.test, w)


def _grouped(condition: Condition, w: _Words) -> str:
    text = _spell(condition, w)
    return f"({text})" if isinstance(condition, All | Any) and len(condition.of) > 1 else text


def _did(did: Did, w: _Words) -> str:
    event = w.name(did.event)
    if did.where:
        where = w.say("and").join(_filter(f, w) for f in did.where)
        event = w.say("with", event=event, where=where)
    span = w.say("within", span=w.lasting(did.within)) if did.within is not None else ""
    if did.count == (Test("at_most", 0.0),):
        return w.say("did_not", event=event, span=span)
    times = ""
    if did.count != (Test("at_least", 1.0),):
        times = w.say("and").join(w.say("times", n=_count(t, w)) for t in did.count)
        times = w.say("counted", times=times)
    if did.measure:
        amount = w.say("and").join(_count(t, w) for t in did.measure.tests)
        of = w.aggregates[did.measure.aggregate].format(path=w.name(did.measure.of))
        times += w.say("measured", of=of, amount=amount)
    return w.say("did", event=event, times=times, span=span)


def _count(test: Test, w: _Words) -> str:
    return w.counts[test.op].format(n=f"{test.value:g}")


def _filter(item: Filter, w: _Words) -> str:
    return _test(w.name(item.path), item.test, w)


def _test(what: str, test: Test, w: _Words) -> str:
    if test.op == "is_set":
        return w.say("known" if test.value else "unknown", what=what)
    many = test.value if isinstance(test.value, tuple) else (test.value,)
    value = w.say("comma").join(_value(v, w) for v in many)
    return f"{what} {w.tests[test.op].format(value=value)}"


def _value(value: object, w: _Words) -> str:
    if isinstance(value, bool):
        return w.say("true" if value else "false")
    if isinstance(value, float):
        return f"{value:g}"
    return w.name(str(value))
