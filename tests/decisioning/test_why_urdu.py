"""Decisions told in Urdu: every rule, names that cannot turn the text, western digits."""

from __future__ import annotations

import string
from zoneinfo import ZoneInfo

import pytest

from raabta.core.clock import DAY, HOUR, instant
from raabta.core.text import Lang, isolated, plain
from raabta.decisioning import why_words_en, why_words_ur
from raabta.decisioning.model import RULE_WORDS, Policy
from raabta.decisioning.why import Told, rule_words, tell, tell_balance, tell_place, tell_source

ZONE = ZoneInfo("Asia/Karachi")
AT = instant("2026-03-02T09:30:00")
POLICY = Policy.model_validate(
    {
        "caps": {"promotional": {"max": 2, "window": "7d"}},
        "quiet_hours": {"start": "21:00", "end": "08:00"},
    }
)


def told(outcome: str, rule: str | None = None, person: str = "Amina", **more: object) -> Told:
    return Told(
        AT, person, "welcome", "send", "offer", "promotional", "offers", "email", outcome, rule,
        AT + HOUR if outcome == "deferred" else None, 1, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def say(row: Told, lang: Lang = "ur") -> str:
    return tell(row, POLICY, ZONE, ZONE, lang)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_things() -> None:
    assert set(why_words_en.TEXTS) == set(why_words_ur.TEXTS)
    for name, text in why_words_en.TEXTS.items():
        assert fields(why_words_ur.TEXTS[name]) == fields(text), name
    assert list(rule_words("ur")) == list(RULE_WORDS)


@pytest.mark.parametrize("rule", [*RULE_WORDS, "a_later_rule"])
@pytest.mark.parametrize("outcome", ["deferred", "withheld"])
def test_every_rule_is_told_without_english_of_ours(outcome: str, rule: str) -> None:
    sentence = say(told(outcome, rule))
    assert sentence.startswith("پیر 2 مارچ 2026، 14:30:")
    ours = sentence
    for theirs in ("Amina", "offers", "offer", "welcome", "Asia/Karachi", "a_later_rule"):
        ours = ours.replace(theirs, "")
    assert not set(ours) & set(string.ascii_letters), sentence
    assert sentence.count("\u2068") == sentence.count("\u2069") >= 3


def test_a_cap_names_its_holder() -> None:
    sentence = say(told("withheld", "cap", rival="thanks", rival_at=AT - DAY))
    assert "کسی کو 7 دنوں میں 2 سے زیادہ تشہیری پیغامات نہیں بھیجے جاتے" in sentence
    assert "\u2068thanks\u2069" in sentence


def test_what_was_sent_tells_its_delivery() -> None:
    assert "ای میل سرور نے اسے" in say(told("sent", delivery="sent", delivery_at=AT + HOUR))
    assert "راستے میں" in say(told("sent", delivery="leased"))
    assert "پہنچایا نہ جا سکا: \u2068550 no\u2069۔" in say(
        told("sent", delivery="failed", delivery_error="550 no")
    )


@pytest.mark.parametrize("lang", ["en", "ur"])
def test_a_name_can_neither_turn_nor_break_a_sentence(lang: Lang) -> None:
    sentence = say(told("sent", person="evil\u202e\u2066{who}\u0000name\nX"), lang)
    assert "evil{who}name X" in sentence
    assert not set(sentence) & set("\u202e\u2066\u0000\n")


def test_text_is_cleaned_but_not_changed() -> None:
    assert plain("رابطہ\u200c O'Neil 👩\u200d👧") == "رابطہ\u200c O'Neil 👩\u200d👧"
    assert isolated("a\u2069b") == "\u2068ab\u2069"


def test_places_sources_and_balances_have_their_urdu() -> None:
    inside = tell_place("welcome", holdout=True, due=AT, is_past=False, zone=ZONE, lang="ur")
    assert inside.startswith("اب سفر \u2068welcome\u2069 کے موازنے کے گروہ میں ہیں")
    for source in ("key:1", "import:orders:1", "journey", "channels", "else"):
        assert tell_source(source, None, "ur") != tell_source(source, None, "en")
    assert "دو طرفہ" in tell_balance("Amina", 5, 0, 1, "ur")
    assert "یک طرفہ" in tell_balance("Amina", 6, 0, 1, "ur")
    assert tell_balance(None, 0, 0, 0, "en") == "Nothing was said and nothing was done."
