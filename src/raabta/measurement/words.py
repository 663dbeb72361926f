"""Why a journey's lift is or is not a figure, and what a model's answer rests on, in words.

The reasons are kept with their numbers, so that the same figures can be told in any language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from raabta.core.text import Lang

NO_NULL_PATHS = (
    "No null paths: every path converted, so the chance to convert is 1 and the model "
    "knows only the order of touches, not whether they help."
)
NEGATIVE_REVENUE = "Some revenue is negative: revenue follows the shares of the counts."

_NOTES: dict[Lang, dict[str, str]] = {
    "en": {},
    "ur": {
        NO_NULL_PATHS: "ہر سلسلے کا انجام آرڈر ہے، اس لیے آرڈر کا امکان 1 ہے اور یہ طریقہ صرف رابطوں کی "
        "ترتیب جانتا ہے، یہ نہیں کہ ان سے فائدہ ہوا یا نہیں۔",
        NEGATIVE_REVENUE: "کچھ آمدنی منفی ہے: آمدنی آرڈروں کے حصوں کے مطابق بانٹی گئی ہے۔",
    },
}

_REASONS: dict[Lang, dict[str, str]] = {
    "en": {
        "uneven": "{held:,} of {people:,} people are held out where {share:.0%} should be: chance "
        "does not explain that (p = {p:.1g}), so the two groups cannot be compared.",
        "few": "Not enough yet: {people:,} {arm} people have completed their window, {needed:,} "
        "are needed.",
        "same": "Not enough yet: all {arm} people did the same, so chance cannot be judged.",
        "skewed": "Not enough yet: few people account for most of the {outcome}, so each group "
        "needs {needed:,} people; the smaller one has {people:,}.",
        "zero": "The {level:.0%} interval still contains zero: no effect is possible.",
        "above": "The whole {level:.0%} interval lies above zero.",
        "below": "The whole {level:.0%} interval lies below zero.",
    },
    "ur": {
        "uneven": "{people:,} میں سے {held:,} لوگ باہر رکھے گئے ہیں جبکہ {share:.0%} ہونے چاہییں تھے: "
        "یہ محض اتفاق نہیں ہو سکتا (p = {p:.1g})، اس لیے دونوں گروہوں کا موازنہ نہیں ہو سکتا۔",
        "few": "ابھی لوگ کافی نہیں: {arm} لوگوں میں سے {people:,} کی مدت پوری ہوئی ہے، {needed:,} درکار "
        "ہیں۔",
        "same": "ابھی فیصلہ ممکن نہیں: {arm} سب لوگوں نے ایک جیسا کیا، اس لیے اتفاق کو پرکھا نہیں جا "
        "سکتا۔",
        "skewed": "ابھی لوگ کافی نہیں: زیادہ تر {outcome} چند لوگوں سے ہے، اس لیے ہر گروہ میں "
        "{needed:,} لوگ درکار ہیں؛ چھوٹے گروہ میں {people:,} ہیں۔",
        "zero": "{level:.0%} اعتماد کے وقفے میں صفر ابھی شامل ہے: ممکن ہے کوئی اثر نہ ہو۔",
        "above": "{level:.0%} اعتماد کا پورا وقفہ صفر سے اوپر ہے۔",
        "below": "{level:.0%} اعتماد کا پورا وقفہ صفر سے نیچے ہے۔",
    },
}
_NAMES: dict[Lang, dict[str, str]] = {
    "en": {},
    "ur": {
        "held-out": "باہر رکھے گئے",
        "treated": "سفر کے",
        "conversions": "آرڈروں کی تعداد",
        "revenue": "آمدنی",
    },
}


def reason(because: Mapping[str, Any], lang: Lang = "en") -> str:
    """`because` is a `code` with the numbers and names that its sentence has."""
    names = _NAMES[lang]
    parts = {k: names.get(v, v) if isinstance(v, str) else v for k, v in because.items()}
    return _REASONS[lang][because["code"]].format(**parts)


def retold(report: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    """A report's JSON with its sentences in another language."""
    lifts = [
        {**lift, "reason": reason(lift["because"], lang)} if lift.get("because") else lift
        for lift in report["lift"]
    ]
    notes = {
        model: [_NOTES[lang].get(note, note) for note in said]
        for model, said in report["notes"].items()
    }
    return {**report, "lift": lifts, "notes": notes}
