"""Every screen, in both languages: it shows what the API says, and everybody can use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import webshop
from playwright.sync_api import Page, expect

from smallshop.browser import Site, Watched

Asserted = Callable[[Page, Site, str], None]


def said(number: float) -> str:
    """A whole number as both languages write it."""
    return f"{number:,.0f}"


def shows(page: Page, *texts: str) -> None:
    for text in texts:
        found = page.locator("main").get_by_text(text, exact=False).locator("visible=true")
        expect(found.first).to_be_visible()


def overview(page: Page, site: Site, locale: str) -> None:
    found = site.get("/overview")
    shows(page, *{said(found["today"]["sent"]), said(found["today"]["withheld"])})
    for rule in found["rules"][:2]:
        shows(page, said(rule["withheld"]))
    for goal in found["goals"]:
        shows(page, goal["journey"])


def people(page: Page, site: Site, locale: str) -> None:
    rows = site.get("/profiles", limit=5)["profiles"]
    for row in rows:
        shows(page, row["email"])


def person(page: Page, site: Site, locale: str) -> None:
    found = site.get("/profiles/person-1")
    shows(page, found["title"], found["email"])
    for place in found["segments"]:
        shows(page, place["segment"])
    expect(page.locator("main svg [data-note]").first).to_be_visible()
    rows = site.get("/profiles/person-1/timeline", show="decisions", lang=locale)["items"]
    shows(page, rows[0]["sentence"])


def account(page: Page, site: Site, locale: str) -> None:
    found = site.get("/score/account", group=webshop.ACCOUNT)
    assert len(found["people"]) == webshop.GROUPED
    names = [person["name"] for person in found["people"]]
    shows(page, *[name for name in names if name.startswith("Person ")])
    expect(page.locator("main svg [data-note]").first).to_be_visible()


def segments(page: Page, site: Site, locale: str) -> None:
    for item in site.get("/segments")["items"]:
        row = page.get_by_role("row").filter(has_text=item["name"]).first
        expect(row).to_contain_text(said(item["people"]))


def segment(page: Page, site: Site, locale: str) -> None:
    found = site.get("/segments/buyers", lang=locale)
    shows(page, found["description"], said(found["people"]))
    for journey in found["used_by"]:
        shows(page, journey)


def journeys(page: Page, site: Site, locale: str) -> None:
    for item in site.get("/journeys")["items"]:
        row = page.get_by_role("row").filter(has_text=item["name"]).first
        expect(row).to_contain_text(said(item["inside"]))


def journey(page: Page, site: Site, locale: str) -> None:
    found = site.get("/journeys/welcome", lang=locale)
    expect(page.locator(".react-flow__node").first).to_be_visible()
    shows(page, said(found["inside"]), said(found["entered"]))
    for node in found["nodes"]:
        if node["template"]:
            shows(page, node["template"])


def backtest(page: Page, site: Site, locale: str) -> None:
    assert site.get("/simulations/settings")["settings"]
    values = page.locator("main input").evaluate_all("all => all.map(one => one.value)")
    assert values


def ledger(page: Page, site: Site, locale: str) -> None:
    for row in site.get("/ledger", limit=3)["ledger"]:
        shows(page, row["journey"], row["template"])


def measurement(page: Page, site: Site, locale: str) -> None:
    found = site.measured()
    shows(page, said(found["report"]["conversions"]))
    for touch in list(found["report"]["attribution"]["linear"])[:3]:
        shows(page, touch)


def mails(page: Page, site: Site, locale: str) -> None:
    newest = site.get("/mails")["items"][0]
    shows(page, newest["recipient"], newest["subject"])


def settings(page: Page, site: Site, locale: str) -> None:
    expect(page.locator("main input").first).to_be_visible()


def users(page: Page, site: Site, locale: str) -> None:
    for user in site.get("/users"):
        shows(page, user["email"])


def keys(page: Page, site: Site, locale: str) -> None:
    for key in site.get("/keys")["keys"]:
        shows(page, key["name"])


def brand(page: Page, site: Site, locale: str) -> None:
    body = site.get("/definitions/brand/corner-shop")["body"]
    values = page.locator("main input, main textarea")
    expect(values.first).to_be_visible()
    assert body["title"] in values.evaluate_all("all => all.map(one => one.value)")


SCREENS: dict[str, tuple[str, Asserted]] = {
    "overview": ("/", overview),
    "people": ("/people", people),
    "person": ("/people/person-1", person),
    "account": (f"/accounts/{webshop.ACCOUNT}", account),
    "segments": ("/segments", segments),
    "segment": ("/segments?name=buyers", segment),
    "journeys": ("/journeys", journeys),
    "journey": ("/journeys/welcome", journey),
    "backtest": ("/backtest", backtest),
    "ledger": ("/ledger", ledger),
    "measurement": ("/measurement", measurement),
    "mails": ("/mails", mails),
    "settings": ("/settings", settings),
    "users": ("/settings?tab=users", users),
    "keys": ("/settings?tab=keys", keys),
    "brand": ("/settings?tab=brand", brand),
}


#: Which elements stand out of a narrow page.
TOO_WIDE = """[...document.querySelectorAll('main *')]
  .filter(e => e.getBoundingClientRect().right > 360 && !e.closest('[data-tracks]'))
  .slice(-4).map(e => e.outerHTML.slice(0, 200))"""


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_shows_what_the_api_says_and_everybody_can_use_it(
    watched: Watched, site: Site, locale: str, axe: str, name: str
) -> None:
    path, asserted = SCREENS[name]
    page = watched.open(path)
    expect(page.locator("main h1")).to_be_visible()
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == (
        ["ur", "rtl"] if locale == "ur" else ["en", "ltr"]
    )
    asserted(page, site, locale)
    _is_accessible(page, axe)
    page.set_viewport_size({"width": 360, "height": 740})
    # the layout settles in its own time, and says nothing when it has
    for _ in range(40):
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide <= 360:
            break
        page.wait_for_timeout(50)
    assert wide <= 360, f"{name} scrolls sideways at 360 px: {wide}, {page.evaluate(TOO_WIDE)}"


@pytest.mark.parametrize("name", ["overview", "person", "journey", "ledger", "measurement"])
def test_a_screen_can_be_read_in_the_dark(
    watched: Watched, site: Site, locale: str, axe: str, name: str
) -> None:
    path, asserted = SCREENS[name]
    watched.page.emulate_media(color_scheme="dark")
    page = watched.open(path)
    asserted(page, site, locale)
    assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == "dark"
    _is_accessible(page, axe)


def _is_accessible(page: Page, axe: str) -> None:
    page.evaluate(axe)
    found: list[dict[str, Any]] = page.evaluate(
        "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => "
        "({id: v.id, impact: v.impact, nodes: v.nodes.map(n => n.html.slice(0, 160) + ' :: ' + "
        "(n.any[0]?.message ?? ''))})))"
    )
    serious = [v for v in found if v["impact"] in ("serious", "critical")]
    assert not serious, serious
