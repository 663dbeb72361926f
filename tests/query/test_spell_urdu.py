"""Conditions read aloud in Urdu: every test, count and aggregate has its words."""

from __future__ import annotations

import string
from typing import get_args

from raabta.core.clock import DAY
from raabta.query import spell_words_en, spell_words_ur
from raabta.query.model import (
    Aggregate,
    All,
    Did,
    Filter,
    InSegment,
    Measure,
    Not,
    Operator,
    Test,
    Trait,
)
from raabta.query.spell import spell

BOUGHT = Did(
    "Order Completed",
    (Filter("products.category", Test("is", "coffee")),),
    30 * DAY,
    (Test("at_least", 2.0),),
    Measure("sum", "total", (Test("more_than", 100.0),)),
)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_things() -> None:
    for name in ("TEXTS", "TESTS", "COUNTS", "AGGREGATES"):
        one, other = getattr(spell_words_en, name), getattr(spell_words_ur, name)
        assert set(one) == set(other), name
        assert all(fields(one[key]) == fields(other[key]) for key in one), name
    assert set(spell_words_en.TESTS) == set(get_args(Operator)) - {"is_set"}
    assert set(spell_words_en.AGGREGATES) == set(get_args(Aggregate))


def test_a_condition_is_told_in_both_languages() -> None:
    condition = All((BOUGHT, Not(InSegment("lapsed")), Trait("vip", Test("is", True))))
    assert spell(condition) == (
        "did Order Completed with products.category is coffee at least 2 times "
        "(sum of total more than 100) in the last 30d and not (is in segment lapsed) "
        "and vip is True"
    )
    urdu = spell(condition, "ur").replace("\u2068", "").replace("\u2069", "")
    assert urdu == (
        "پچھلے 30 دنوں میں Order Completed (products.category coffee ہے) کم از کم 2 بار "
        "(total کا مجموعہ 100 سے زیادہ) کیا اور ایسا نہ ہو کہ (گروہ lapsed میں ہے) اور vip ہاں ہے"
    )


def test_never_is_told_as_never() -> None:
    never = Did("Order Completed", count=(Test("at_most", 0.0),))
    assert spell(never) == "did not do Order Completed"
    assert spell(never, "ur") == "\u2068Order Completed\u2069 نہیں کیا"
