"""Conditions and single events in the words of a language, as screens show them."""

from __future__ import annotations

from typing import Any

from raabta.core.text import Lang
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
