"""The Urdu of conditions. The verb comes last, so each pattern is a clause of its own."""

from __future__ import annotations

from raabta.query.model import Aggregate, Operator

TEXTS: dict[str, str] = {
    "and": " اور ",
    "or": " یا ",
    "not": "ایسا نہ ہو کہ ({part})",
    "comma": "، ",
    "true": "ہاں",
    "false": "نہیں",
    "in_segment": "گروہ {segment} میں ہے",
    "anniversary": "پہلے {event} کی سالگرہ ہے",
    "with": "{event} ({where})",
    "within": "پچھلے {span} میں ",
    "did": "{span}{event}{times} کیا",
    "did_not": "{span}{event} نہیں کیا",
    "times": "{n} بار",
    "counted": " {times}",
    "measured": " ({of} {amount})",
    "known": "{what} معلوم ہے",
    "unknown": "{what} معلوم نہیں",
}

TESTS: dict[Operator, str] = {
    "is": "{value} ہے",
    "is_not": "{value} نہیں ہے",
    "in": "ان میں سے ایک ہے: {value}",
    "not_in": "ان میں سے کوئی نہیں: {value}",
    "at_least": "کم از کم {value} ہے",
    "at_most": "زیادہ سے زیادہ {value} ہے",
    "more_than": "{value} سے زیادہ ہے",
    "less_than": "{value} سے کم ہے",
    "contains": "میں {value} شامل ہے",
}

COUNTS: dict[Operator, str] = {
    "at_least": "کم از کم {n}",
    "at_most": "زیادہ سے زیادہ {n}",
    "more_than": "{n} سے زیادہ",
    "less_than": "{n} سے کم",
    "is": "ٹھیک {n}",
}

AGGREGATES: dict[Aggregate, str] = {
    "sum": "{path} کا مجموعہ",
    "average": "{path} کی اوسط",
    "highest": "{path} کی سب سے بڑی قدر",
    "lowest": "{path} کی سب سے چھوٹی قدر",
    "distinct": "مختلف {path} کی تعداد",
}

UNITS: dict[str, str] | None = {"s": "سیکنڈ", "m": "منٹ", "h": "گھنٹوں", "d": "دنوں"}
