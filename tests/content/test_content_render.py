"""What a person reads: their language, their direction, and never a gap."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from raabta.content.liquid import filters
from raabta.content.model import Brand, Template
from raabta.content.render import Rendered, RenderFailed, render

BRAND = Brand.model_validate(
    {
        "brand": "grocer",
        "sender": {"name": "Grocer", "email": "hello@grocer.example.test"},
        "address": "1 Mall Road, Lahore",
        "fonts": {"ur": "Noto Nastaliq Urdu, serif"},
        "links": {"shop": "https://shop.example.test/?a=1&b=2"},
    }
)


def template(body: str, subject: str = "Hello", **more: Any) -> Template:
    section = f"<mj-section><mj-column><mj-text>{body}</mj-text></mj-column></mj-section>"
    mail = {"subject": subject, "body": section, **more}
    return Template.model_validate({"template": "t", "locales": {"en": mail, "ur": mail}})


def fill(body: str, subject: str = "Hello", locale: str | None = "en", **values: Any) -> Rendered:
    return render(template(body, subject), BRAND, locale, values)


@pytest.mark.parametrize(
    ("asked", "given_"),
    [("ur-PK", "ur"), ("ur_PK", "ur"), ("en-GB", "en"), ("de", "en"), (None, "en"), ("??", "en")],
)
def test_a_person_gets_the_nearest_language(asked: str | None, given_: str) -> None:
    assert fill("x", locale=asked).locale == given_


def test_the_workspace_default_comes_before_the_first_language() -> None:
    assert render(template("x"), BRAND, "fr", {}, default_locale="ur-PK").locale == "ur"


def test_an_urdu_mail_runs_from_right_to_left() -> None:
    mail = fill("سلام", locale="ur-PK")
    assert mail.direction == "rtl"
    assert '<html lang="ur" dir="rtl"' in mail.html
    assert '<body dir="rtl"' in mail.html
    assert "direction:ltr" not in mail.html
    assert "text-align:right" in mail.html
    assert "Noto Nastaliq Urdu" in mail.html
    assert '<body dir="ltr"' in fill("x").html


def test_urdu_in_attributes_survives() -> None:
    body = '<img src="https://x.example.test/a.png" alt="رابطہ\u200cکی {{ profile.x }}" />'
    assert 'alt="رابطہ\u200cکی دُکان"' in fill(body, locale="ur", profile={"x": "دُکان"}).html


def test_a_missing_value_fails_with_an_explanation() -> None:
    with pytest.raises(RenderFailed, match=r"profile\.first_name.*no value") as error:
        fill("{{ profile.first_name }}")
    assert error.value.field == "template t, locales.en.body"
    assert "default" in error.value.remedy


@pytest.mark.parametrize("gap", [None, "", "  ", "\u202e"])
def test_null_and_blank_count_as_missing(gap: str | None) -> None:
    with pytest.raises(RenderFailed):
        fill("{{ profile.x }}", profile={"x": gap})
    assert "friend" in fill("{{ profile.x | default: 'friend' }}", profile={"x": gap}).text


@pytest.mark.parametrize("name", sorted(set(filters()) - {"default"}))
def test_no_filter_turns_a_missing_value_into_words(name: str) -> None:
    with pytest.raises(RenderFailed):
        fill(f"{{{{ profile.x | {name}: 1 }}}}")


def test_a_condition_may_ask_before_writing() -> None:
    body = "{% if profile.x %}{{ profile.x }}{% else %}nobody{% endif %}"
    assert fill(body).text.strip() == "nobody"


def test_comparisons_and_quotes_in_liquid_do_not_break_mjml() -> None:
    body = '{% if event.n < 3 and event.n > 1 %}<a href="{{ links["shop"] }}">few</a>{% endif %}'
    mail = fill(body, event={"n": 2})
    assert 'href="https://shop.example.test/?a=1&amp;b=2"' in mail.html
    assert "few ( https://shop.example.test/?a=1&b=2 )" in mail.text


def test_sections_can_be_repeated() -> None:
    body = (
        "<mj-section><mj-column>{% for p in event.products %}"
        "<mj-text>{{ p.name }}</mj-text>{% endfor %}</mj-column></mj-section>"
    )
    made = Template.model_validate(
        {"template": "t", "locales": {"en": {"subject": "s", "body": body}}}
    )
    mail = render(made, BRAND, "en", {"event": {"products": [{"name": "Tea"}, {"name": "Jam"}]}})
    assert mail.html.count("<tr><td align=") == 2
    assert mail.text.split() == ["Tea", "Jam"]


def test_money_and_dates_are_written_as_the_reader_writes_them() -> None:
    body = "{{ event.total | money }} {{ event.at | date: '%Y' }}"
    mail = fill(body, event={"total": 1234.5, "at": "2026-03-01"})
    assert "$1,234.50 2026" in mail.text


@pytest.mark.parametrize("filter_", ["date: '%Y'", "datetime"])
@pytest.mark.parametrize("word", ["now", "today"])
def test_a_template_cannot_read_the_clock(filter_: str, word: str) -> None:
    with pytest.raises(RenderFailed, match="present"):
        fill(f"{{{{ '{word}' | {filter_} }}}}")


def test_endless_loops_and_huge_mails_are_stopped() -> None:
    with pytest.raises(RenderFailed, match="loop"):
        fill("{% for i in (1..100000000) %}x{% endfor %}")
    with pytest.raises(RenderFailed, match="limit"):
        fill("{% for i in (1..9000) %}{{ profile.x }}{% endfor %}", profile={"x": "y" * 1000})


def test_a_value_cannot_become_a_script_link() -> None:
    with pytest.raises(RenderFailed, match="script"):
        fill('<a href="{{ event.url }}">x</a>', event={"url": "JavaScript:alert(1)"})


def test_an_empty_subject_fails() -> None:
    with pytest.raises(RenderFailed, match="subject is empty"):
        fill("x", subject="{% if profile.x %}hi{% endif %}")


def test_a_latin_name_in_an_urdu_subject_is_isolated_and_in_an_english_one_left_alone() -> None:
    values = {"profile": {"name": "Sam (VIP)"}}
    assert fill("x", "سلام {{ profile.name }}!", "ur", **values).subject == (
        "سلام \u2068Sam (VIP)\u2069!"
    )
    assert fill("x", "Hi {{ profile.name }}!", "en", **values).subject == "Hi Sam (VIP)!"


@given(value=st.text(min_size=1))
@example(value="<script>alert(1)</script>")
@example(value="\u202egnp.exe")
@example(value="x\r\nBcc: everyone@example.test")
@example(value="{{ brand.name }}{% if %}")
def test_no_value_can_break_out_of_its_place(value: str) -> None:
    mail = fill(
        '<a title="{{ profile.x | default: "none" }}">[{{ profile.x | default: "none" }}]</a>',
        "About {{ profile.x | default: 'nothing' }}",
        profile={"x": value},
    )
    marked = re.search(r'<a title="([^"]*)">\[([^<]*)\]</a>', mail.html)
    assert marked, mail.html
    assert not any(c in mail.subject for c in "\r\n\x00\u2028\u202e")
    assert mail.subject.startswith("About")


def test_hand_written_plain_text_is_used_as_it_is() -> None:
    mail = render(
        template("x", text="Dear {{ profile.x }} & co"), BRAND, "en", {"profile": {"x": "<Sam>"}}
    )
    assert mail.text == "Dear <Sam> & co\n"


def test_the_preheader_is_seen_by_the_inbox_and_not_by_the_reader() -> None:
    mail = render(template("Body", preheader="Inside: tea"), BRAND, "en", {})
    assert re.search(r"display:none[^>]*>Inside: tea<", mail.html)
    assert mail.text == "Body\n"
