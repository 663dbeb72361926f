"""A template that could embarrass its sender is refused when it is applied."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from raabta.content.check import Finding, check_template
from raabta.content.model import Brand, Template

BRAND = Brand.model_validate(
    {
        "brand": "grocer",
        "sender": {"name": "Grocer", "email": "hello@grocer.example.test"},
        "address": "1 Mall Road, Lahore",
        "links": {"shop": "https://shop.example.test/"},
    }
)
LEAVE = '<mj-section><mj-column><mj-text><a href="{{ links.unsubscribe }}">x</a>'
END = "</mj-text></mj-column></mj-section>"


def check(body: str = "", *, subject: str = "Hello", promotional: bool = True) -> list[Finding]:
    template = Template.model_validate(
        {"template": "t", "locales": {"en": {"subject": subject, "body": LEAVE + body + END}}}
    )
    traits, properties = {"first_name", "city"}, {"products", "total"}
    return check_template(template, BRAND, traits, properties, promotional=promotional)


def test_a_sound_template_has_no_findings() -> None:
    body = (
        "{{ profile.first_name | default: 'you' }} {% for p in event.products %}{{ p.name }}"
        "{{ forloop.index }}{% endfor %} {{ brand.sender.name }} {{ links.shop }}"
        "{% assign x = event.total %}{{ x | money }}{{ brand.colours.primary }} {{ locale }}"
    )
    assert check(body) == []


@pytest.mark.parametrize(
    ("body", "message", "remedy"),
    [
        ("{{ profile.frist_name }}", "no such trait (line 1)", "profile.first_name"),
        ("\n\n{{ event.prodcuts[0].name }}", "(line 3)", "event.products"),
        ("{{ porfile.city }}", "no such variable", "did you mean profile"),
        ("{{ links.shpo }}", "no such link", "links.shop"),
        ("{{ brand.adress }}", "no such field", "brand.address"),
        ("{{ brand.colours.primry }}", "no such field", "brand.colours.primary"),
        ("{{ brand.logo_url }}", "gives no value", "set logo_url"),
        ("{{ now }}", "no such variable", ""),
        ("{{ profile.city | upcsae }}", "no filter 'upcsae' (line 1", "upcase"),
        ("{{ profile.city | safe }}", "no filter 'safe'", ""),
        ("{% include 'secrets' %}", "unexpected tag 'include'", ""),
        ("{% if profile.city %}", "expected tag endif", ""),
        ("{% if %}", "(line 1", ""),
        ("<mj-foo>x</mj-foo>", "", ""),
        ("<b>never closed", "MJML cannot be read", "close every element"),
        ("<mj-include path='/etc/passwd'/>", "", ""),
    ],
)
def test_a_mistake_is_named_with_what_was_meant(body: str, message: str, remedy: str) -> None:
    findings = check(body)
    assert findings, "accepted"
    assert any(message in f.message and remedy in f.remedy for f in findings), findings
    assert all(f.field == "locales.en.body" for f in findings)


def test_an_empty_brand_field_may_be_asked_for_before_it_is_written() -> None:
    assert check("{% if brand.logo_url %}<img src='{{ brand.logo_url }}' />{% endif %}") == []


def test_a_missing_subject_is_an_error() -> None:
    assert [f.field for f in check(subject="  ")] == ["locales.en.subject"]


def test_each_language_of_a_promotional_mail_must_let_people_leave() -> None:
    body = "<mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>"
    template = Template.model_validate(
        {
            "name": "t",
            "locales": {
                "en": {"subject": "a", "body": LEAVE + END},
                "ur": {"subject": "b", "body": body},
            },
        }
    )
    assert [f.field for f in check_template(template, BRAND)] == ["locales.ur.body"]
    assert check_template(template, BRAND, promotional=False) == []


def test_liquid_that_mjml_would_drop_is_an_error_and_not_a_surprise() -> None:
    body = (
        LEAVE + END + "<mj-section><mj-column>"
        '<mj-image src="https://x.example.test/a.png" width="{{ brand.font }}" />'
        "</mj-column></mj-section>"
    )
    template = Template.model_validate(
        {"name": "t", "locales": {"en": {"subject": "a", "body": body}}}
    )
    assert "MJML drops {{ brand.font }}" in check_template(template, BRAND)[0].message


@pytest.mark.parametrize(
    "change",
    [
        {"sender": {"name": "Grocer\nBcc: a@b.example.test", "email": "a@b.example.test"}},
        {"sender": {"name": "Grocer", "email": "nobody"}},
        {"colours": {"primary": "red;}"}},
        {"links": {"shop": "javascript:alert(1)"}},
        {"logo": "https://x.example.test"},
        {"fonts": {"klingonish": "x"}},
    ],
)
def test_a_brand_kit_with_a_wrong_value_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Brand.model_validate({**BRAND.model_dump(), **change})
