"""Conditions and single events in the words of a language, as screens show them."""

from __future__ import annotations

from typing import Any

from raabta.core.text import Lang, isolated, plain
from raabta.decisioning.why import lasting
from raabta.journeys.model import Again, Entry
from raabta.query.model import All, Condition, Did, InSegment, Matcher, Not
from raabta.query.model import Any as AnyOf
from raabta.query.spell import spell


def in_words(condition: Condition, lang: Lang) -> str:
    return spell(condition, lang)


def event_words(matcher: Matcher, lang: Lang) -> str:
    """'did Order Completed with total is at least 100'."""
    return in_words(Did(matcher.event, matcher.where), lang)


def condition_tree(condition: Condition, lang: Lang) -> dict[str, Any]:
    """Nested {op, parts}, with a `leaf`'s words, for drawing."""
    match condition:
        case All(of=parts):
            return {"op": "all", "parts": [condition_tree(p, lang) for p in parts]}
        case AnyOf(of=parts):
            return {"op": "any", "parts": [condition_tree(p, lang) for p in parts]}
        case Not(of=part):
            return {"op": "not", "parts": [condition_tree(part, lang)]}
        case _:
            segment = condition.name if isinstance(condition, InSegment) else None
            return {"op": "leaf", "words": in_words(condition, lang), "segment": segment}


def entry_words(entry: Entry, lang: Lang) -> str:
    """Who comes in: 'did Order Completed, has tier is gold', or 'comes into segment lapsed'."""
    words = _WORDS[lang]
    who = (
        event_words(entry.event, lang)
        if entry.event
        else words["comes_into"].format(segment=_name(entry.segment or "", lang))
    )
    if entry.condition is None:
        return who
    return f"{who}{words['comma']}{in_words(entry.condition, lang)}"


def again_words(again: Again | int, lang: Lang) -> str:
    """Whether and when people may come in again."""
    words = _WORDS[lang]
    return (
        words["after"].format(span=lasting(again, lang)) if isinstance(again, int) else words[again]
    )


def step_words(number: int, template: str, lang: Lang) -> str:
    """'2nd message: offer'"""
    return f"{_ordinal(number, lang)}: {_name(template, lang)}"


def _ordinal(number: int, lang: Lang) -> str:
    if lang == "ur":
        named = _ORDINALS_UR.get(number)
        return f"{named} پیغام" if named else f"پیغام نمبر {number}"
    teens = 10 <= number % 100 <= 20
    ending = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending} message"


def _name(text: str, lang: Lang) -> str:
    return isolated(text) if lang == "ur" else plain(text)


_WORDS: dict[Lang, dict[str, str]] = {
    "en": {
        "comes_into": "comes into segment {segment}",
        "comma": ", ",
        "never": "only once",
        "after exit": "again once they have left",
        "after": "again, not before {span} after the last time",
    },
    "ur": {
        "comes_into": "گروہ {segment} میں آئے",
        "comma": "، ",
        "never": "صرف ایک بار",
        "after exit": "نکلنے کے بعد دوبارہ",
        "after": "دوبارہ، مگر پچھلی بار سے {span} کے بعد ہی",
    },
}
_ORDINALS_UR = dict(
    enumerate(
        ["پہلا", "دوسرا", "تیسرا", "چوتھا", "پانچواں", "چھٹا", "ساتواں", "آٹھواں", "نواں", "دسواں"],
        start=1,
    )
)
