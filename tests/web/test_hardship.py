"""What people meet on a bad day is shown as they would want it."""

from __future__ import annotations

import re

import webshop
from playwright.sync_api import Browser, Route, expect

from raabta.core.documents import Document
from smallshop.browser import Site, Watched, signed_in


def test_a_server_that_is_gone_leaves_what_is_shown_and_comes_back_by_itself(
    english: Watched,
) -> None:
    english.trouble = True
    page = english.open("/ledger")
    expect(page.locator("[data-index]").first).to_be_visible()
    page.route("**/api/v1/**", lambda route: route.abort())
    page.get_by_role("link", name="Segments").click()
    expect(page.get_by_role("alert").get_by_text("does not answer")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="Ledger").click()
    expect(page.locator("[data-index]").first).to_be_visible()
    page.unroute("**/api/v1/**")
    page.get_by_role("link", name="Segments").click()
    expect(page.get_by_role("row").filter(has_text="buyers")).to_be_visible(timeout=30_000)


def test_a_slow_server_shows_the_shape_of_what_comes_and_then_says_so(english: Watched) -> None:
    page = english.open("/")
    expect(page.locator("main h1")).to_be_visible()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/segments*", hold)
    page.get_by_role("link", name="Segments").click()
    expect(page.get_by_role("status", name="Loading").first).to_be_visible()
    expect(page.get_by_text("longer than usual").first).to_be_visible(timeout=10_000)
    for route in held:
        route.continue_()
    page.unroute("**/api/v1/segments*")
    expect(page.get_by_role("row").filter(has_text="buyers")).to_be_visible()


def test_a_session_that_ends_mid_edit_loses_nothing_typed(english: Watched, site: Site) -> None:
    english.trouble = True
    page = english.open("/segments")
    page.get_by_role("button", name="New segment").click()
    field = page.get_by_label("Definition in YAML")
    field.fill("segment: fresh\nwhere: {did: Signed Up, within: 3d}\n")
    expect(page.get_by_role("button", name="Apply")).to_be_enabled()
    accounts = site.engine.accounts
    accounts.end_sessions(accounts.find("owner@shop.example.test").id)
    field.press("End")
    field.press_sequentially("# and more")
    dialog = page.get_by_role("dialog", name="Your session has ended")
    expect(dialog).to_be_visible()
    dialog.get_by_label("E-mail").fill("owner@shop.example.test")
    dialog.get_by_label("Password", exact=True).fill("correct horse battery")
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_have_count(0)
    assert "within: 3d" in field.input_value()
    assert "# and more" in field.input_value()
    expect(page.get_by_role("button", name="Apply")).to_be_enabled()


def test_an_unfinished_text_is_there_after_a_reload(english: Watched) -> None:
    page = english.open("/segments")
    page.get_by_role("button", name="New segment").click()
    field = page.get_by_label("Definition in YAML")
    field.fill("segment: half\nwhere: {did: ")
    expect(page.get_by_role("button", name="Apply")).to_be_disabled()
    page.reload()
    # the address says that the editor is open, so it opens by itself
    expect(field).to_have_value(re.compile("^segment: half"))


def test_markup_in_a_name_is_text_and_an_override_turns_nothing_around(english: Watched) -> None:
    page = english.open("/people/person-3")
    expect(page.locator("main h1")).to_have_text(webshop.MARKUP)
    assert page.locator("main img").count() == 0
    page.goto(f"{english.url}/people/person-4")
    expect(page.locator("main h1")).to_have_text(
        webshop.OVERRIDE.replace("\u202e", "").replace("\u202c", "")
    )
    page.goto(f"{english.url}/ledger?person=person-3")
    expect(page.locator("[data-index]").first).to_be_visible()
    assert page.locator("main img").count() == 0


def test_a_very_long_name_wraps_at_360_pixels(english: Watched) -> None:
    english.page.set_viewport_size({"width": 360, "height": 740})
    page = english.open("/people/person-5")
    expect(page.locator("main h1")).to_contain_text("Nebuchadnezzar")
    expect(page.locator("svg").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_person_with_fifty_thousand_events_is_read_page_by_page(english: Watched) -> None:
    page = english.open(f"/people/{webshop.BUSIEST}")
    expect(page.locator("svg [data-note]").first).to_be_visible()
    timeline = page.locator("section[aria-labelledby=timeline-title]")
    expect(timeline.get_by_text("Page Viewed").first).to_be_visible()
    # whatever is loaded, the page holds only what can be seen
    for _ in range(6):
        page.mouse.wheel(0, 4_000)
        page.wait_for_timeout(100)
    assert page.evaluate("document.querySelectorAll('*').length") < 6_000


def test_a_segment_that_fails_to_compile_says_so_and_the_others_stand(
    english: Watched, site: Site
) -> None:
    store, now = site.engine.definitions, site.engine.clock.now()
    before = [stored.document for stored in store.active()]
    broken = Document(
        "segments/odd.yaml", "segment", "odd", {"segment": "odd", "where": {"segment": "gone"}}, {}
    )
    store.apply([*before, broken], now)
    try:
        page = english.open("/segments")
        row = page.get_by_role("row").filter(has_text="odd")
        expect(row).to_contain_text("cannot be read")
        expect(page.get_by_role("row").filter(has_text="buyers")).to_be_visible()
        row.click()
        expect(page.get_by_text("so nobody is in it")).to_be_visible()
    finally:
        store.apply(before, now)


def test_a_person_who_is_not_there_is_said_to_be_unknown(english: Watched) -> None:
    english.trouble = True
    page = english.open("/people/nobody-at-all")
    expect(page.locator("main").get_by_text("nobody-at-all").first).to_be_visible()


def test_an_empty_workspace_says_on_each_screen_what_to_do(
    browser: Browser, empty_site: Site
) -> None:
    context = signed_in(browser, empty_site)
    watched = Watched(context.new_page(), empty_site.url)
    for path in ("/", "/people", "/segments", "/journeys", "/ledger", "/measurement", "/mails"):
        page = watched.open(path)
        expect(page.locator("main h1")).to_be_visible()
        waiting = page.locator("main").get_by_role("status", name="Loading")
        expect(waiting, path).to_have_count(0)
        assert page.locator("[data-index]").count() == 0
        assert len(page.locator("main").inner_text()) > 120, path
    context.close()
    watched.check()
