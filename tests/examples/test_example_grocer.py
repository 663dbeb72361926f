"""The example shop: its definitions load, both languages render, and a typo is named exactly."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from raabta.content.render import RenderFailed, render
from raabta.core.errors import InvalidDefinitions, Problem
from raabta.journeys.model import KIND, Send
from raabta.query.model import Catalog, ColumnInfo, TableInfo
from raabta.runtime.definitions import Declared, load, rules

GROCER = Path(__file__).parents[2] / "examples" / "grocer"

ORDER = {
    "order_id": "31198",
    "store": "330",
    "currency": "USD",
    "total": 43.2,
    "quantity": 5,
    "products": [
        {"category": "COFFEE", "type": "GROUND COFFEE", "price": 7.99, "retail_disc": 1.5},
        {"category": "FLUID MILK PRODUCTS", "type": "FLUID MILK WHITE ONLY", "price": 2.5},
        {"category": "EGGS", "type": "EGGS - LARGE", "price": 1.99, "retail_disc": 0.4},
        {"price": 0.5},
    ],
}
MAILING = {
    "channel": "direct_mail",
    "campaign": "18",
    "campaign_type": "Type A",
    "ends_at": "2026-03-22T00:00:00Z",
}
TRAITS = {
    "household_id": "1029",
    "email": "household-1029@example.test",
    "locale": "en",
    "timezone": "America/New_York",
    "kids_count": "2",
    "household_size": "4",
}


def catalog() -> Catalog:
    """What the history of the grocer's data can be asked about, as far as mails use it."""

    def table(name: str, sample: Mapping[str, object]) -> TableInfo:
        columns = {
            key: ColumnInfo(key, "DOUBLE" if isinstance(value, int | float) else "VARCHAR")
            for key, value in sample.items()
            if not isinstance(value, list)
        }
        arrays = {"products": TableInfo(f"{name}__products", {})} if "products" in sample else {}
        return TableInfo(name, columns, arrays)

    events = {
        "Order Completed": table("order_completed", ORDER),
        "Direct Mail Sent": table("direct_mail_sent", MAILING),
    }
    return Catalog(1, events, frozenset(TRAITS))


@pytest.fixture(scope="module")
def shop() -> Declared:
    return load(GROCER, catalog())


def test_the_definitions_are_sound_and_become_the_engines_rules(shop: Declared) -> None:
    made = rules(shop, {})
    assert len(made.segments) >= 8
    assert len(made.plan.journeys) >= 5
    assert shop.policy.caps["promotional"].max == 2
    assert shop.policy.holdout == 0.1
    assert shop.policy.quiet_hours is not None


def test_every_kind_of_step_is_used(shop: Declared) -> None:
    used = {KIND[type(step)] for journey in shop.journeys.values() for step in journey.steps}
    assert used >= {"wait_for", "wait_until", "branch", "split", "send", "set", "exit"}
    assert any(journey.goal for journey in shop.journeys.values())
    again = [journey.entry.again for journey in shop.journeys.values()]
    assert {"never", "after exit"} <= set(again) and any(isinstance(rule, int) for rule in again)


def test_every_template_is_sent_by_a_journey(shop: Declared) -> None:
    sent = {s.template for j in shop.journeys.values() for s in j.steps if isinstance(s, Send)}
    assert sent == set(shop.templates)


@pytest.mark.parametrize("traits", [TRAITS, {}], ids=["known household", "nothing known"])
def test_every_template_speaks_english_and_urdu(shop: Declared, traits: dict[str, str]) -> None:
    assert shop.brand is not None
    leave = "https://shop.example.test/leave/1"
    for name, template in shop.templates.items():
        assert set(template.locales) == {"en", "ur"}
        for locale, way in (("en", "ltr"), ("ur", "rtl")):
            variables = {
                "profile": traits,
                "event": _event_of(shop, name),
                "links": {"unsubscribe": leave},
            }
            mail = render(template, shop.brand, locale, variables, timezone="America/Los_Angeles")
            assert mail.direction == way
            assert f'dir="{way}"' in mail.html and f'lang="{locale}"' in mail.html
            assert leave in mail.html and leave in mail.text
            assert shop.brand.address in mail.text


def _event_of(shop: Declared, template: str) -> Mapping[str, object]:
    """The event that a journey's mails can speak of: the one that brought the person in."""
    for journey in shop.journeys.values():
        if any(isinstance(s, Send) and s.template == template for s in journey.steps):
            entry = journey.entry.event
            samples: dict[str, Mapping[str, object]] = {
                "Order Completed": ORDER,
                "Direct Mail Sent": MAILING,
            }
            return samples[entry.event] if entry else {}
    raise AssertionError(f"nobody sends {template}")


def test_mails_speak_of_what_this_person_did(shop: Declared) -> None:
    assert shop.brand is not None

    def text(name: str, locale: str) -> str:
        assert shop.brand is not None
        variables = {"event": _event_of(shop, name), "links": {"unsubscribe": "https://x.test"}}
        return render(shop.templates[name], shop.brand, locale, variables).text

    assert "ground coffee" in text("coffee-reminder", "en")
    assert "پسی ہوئی کافی" in text("coffee-reminder", "ur")
    listed = text("usual-list", "en")
    assert "$43.20" in listed and "you saved $1.90" in listed
    assert listed.index("Coffee") < listed.index("Milk") < listed.index("Eggs")
    assert "Sunday, March 22" in text("coupons-expiring", "en")  # in every time zone of the shop
    assert "اتوار، 22 مارچ" in text("coupons-expiring", "ur")


def test_a_basket_without_its_total_is_refused_not_sent_with_a_gap(shop: Declared) -> None:
    assert shop.brand is not None
    event = {key: value for key, value in ORDER.items() if key != "total"}
    links = {"unsubscribe": "https://x.test"}
    with pytest.raises(RenderFailed, match="no value"):
        render(shop.templates["usual-list"], shop.brand, "en", {"event": event, "links": links})


TYPOS = [
    ("segments/lapsed-60-days.yaml", "did_not:", "did_nt:", "did_not"),
    ("segments/valued-and-lapsed.yaml", "lapsed-60-days", "lapsed-60-day", "lapsed-60-days"),
    ("journeys/win-back.yaml", "  - split:", "  - splitt:", "split"),
    (
        "journeys/win-back.yaml",
        "template: win-back-basics",
        "template: win-back-basic",
        "win-back-basics",
    ),
    (
        "journeys/replenish-coffee.yaml",
        "{segment: coffee-drinkers}",
        "{segment: coffee-drinker}",
        "coffee-drinkers",
    ),
    ("templates/thank-you.yaml", "profile.tier |", "profile.teir |", "profile.tier"),
    (
        "templates/usual-list.yaml",
        "{{ event.total | money }}",
        "{{ event.totl | money }}",
        "event.total",
    ),
    ("templates/welcome.yaml", "links.shop", "links.shopp", "links.shop"),
    ("brand.yaml", "currency:", "curency:", "currency"),
    ("policy.yaml", "quiet_hours:", "quiet_hour:", "quiet_hours"),
]


@pytest.mark.parametrize(("file", "good", "bad", "meant"), TYPOS, ids=[t[2] for t in TYPOS])
def test_a_typo_is_named_with_file_line_field_and_what_was_meant(
    tmp_path: Path, file: str, good: str, bad: str, meant: str
) -> None:
    folder = tmp_path / "grocer"
    shutil.copytree(GROCER, folder)
    path = folder / file
    text = path.read_text("utf-8")
    assert good in text
    path.write_text(text.replace(good, bad, 1), "utf-8")
    with pytest.raises(InvalidDefinitions) as raised:
        load(folder, catalog())
    problem = _in(raised.value.problems, file)
    assert "did you mean" in problem.remedy and meant in problem.remedy
    line = text[: text.index(good)].count("\n") + 1
    if problem.field == "where":  # a segment's reference to another: the condition's first line
        assert problem.line <= line
    else:
        inside = re.search(r"\(line (\d+)\)", problem.message)  # a line of the mail's own text
        assert problem.line + (int(inside[1]) if inside else 0) == line


def _in(problems: list[Problem], file: str) -> Problem:
    assert {p.file for p in problems} == {file}, problems
    return problems[0]
