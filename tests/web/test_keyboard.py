"""Everything is reached and worked without a mouse."""

from __future__ import annotations

from playwright.sync_api import expect

from smallshop.browser import Watched


def test_the_first_tab_leads_past_the_menu_to_the_content(watched: Watched) -> None:
    page = watched.open("/ledger")
    expect(page.locator("[data-index]").first).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_letter_after_g_goes_to_each_screen(english: Watched) -> None:
    page = english.open("/")
    for key, path in {
        "p": "/people",
        "s": "/segments",
        "j": "/journeys",
        "b": "/backtest",
        "l": "/ledger",
        "m": "/measurement",
        "e": "/mails",
        "o": "/",
    }.items():
        expect(page.locator("main h1")).to_be_visible()
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(lambda url, path=path: url.split("?")[0].endswith(path))


def test_a_slash_goes_to_the_search_and_typing_finds_somebody(watched: Watched) -> None:
    page = watched.open("/people")
    expect(page.locator("[data-index]").first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("person-77@")
    expect(page.locator("[data-index]")).to_have_count(1)
    page.keyboard.press("Tab")
    page.locator("[data-index]").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_have_text("Person 77")


def test_a_decision_opens_with_enter_and_closes_with_escape(watched: Watched) -> None:
    page = watched.open("/ledger")
    rows = page.locator("[data-index]")
    expect(rows.first).to_be_visible()
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator('[data-index="1"]')).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator('[data-index="1"]')).to_be_focused()


def test_the_score_is_walked_note_by_note_in_the_direction_it_is_read(
    watched: Watched, locale: str
) -> None:
    page = watched.open("/people/person-1")
    notes = page.locator("svg [data-note]")
    expect(notes.first).to_be_visible()
    notes.first.focus()
    first = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert first
    page.keyboard.press("ArrowLeft" if locale == "ur" else "ArrowRight")
    second = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert second != first
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_step_of_a_drawn_journey_opens_with_enter(watched: Watched) -> None:
    page = watched.open("/journeys/welcome")
    step = page.locator("[data-step]").first
    expect(step).to_be_visible()
    step.focus()
    page.keyboard.press("ArrowDown")
    expect(step).not_to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/journeys/welcome?*step=*")
