"""Who gets in, and what each of them may do there."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from smallshop.browser import Site, Watched


def test_a_stranger_sees_the_door_and_after_it_the_page_they_wanted(
    browser: Browser, site: Site
) -> None:
    context = browser.new_context(locale="en-GB")
    watched = Watched(context.new_page(), site.url)
    page = watched.open("/ledger?outcome=withheld")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.locator("[data-index]").count() == 0
    watched.check()
    page.get_by_label("E-mail").fill("owner@shop.example.test")
    page.get_by_label("Password", exact=True).fill("not that one at all")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("do not go together")
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.keyboard.press("Enter")
    expect(page.locator("[data-index]").first).to_be_visible()
    assert "outcome=" in page.url
    context.close()


def test_an_invitation_lets_in_once(browser: Browser, site: Site) -> None:
    accounts, now = site.engine.accounts, site.engine.wall.now()
    owner = accounts.find("owner@shop.example.test")
    _, link, _ = accounts.invite("edna@shop.example.test", "Edna", "editor", owner.id, now)
    context = browser.new_context(locale="en-GB")
    watched = Watched(context.new_page(), site.url)
    page = watched.open(link)
    expect(page.get_by_label("Your name")).to_have_value("Edna")
    page.get_by_label("A password of your own").fill("short")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("At least 10 characters, please.")).to_be_visible()
    page.get_by_label("A password of your own").fill("long enough to hold")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    watched.check()
    context.clear_cookies()
    page.goto(f"{site.url}/mails")  # away, so that the link is opened anew
    page.goto(f"{site.url}{link}")
    expect(page.get_by_text("does not work any more")).to_be_visible()
    context.close()


def test_a_viewer_looks_at_everything_and_is_offered_no_change(viewer: Watched) -> None:
    page = viewer.open("/segments")
    expect(page.get_by_role("row").filter(has_text="buyers")).to_be_visible()
    _is_kept_from(page, "New segment")
    page.goto(f"{viewer.url}/journeys/welcome")
    expect(page.locator(".react-flow__node").first).to_be_visible()
    _is_kept_from(page, "Edit")
    page.goto(f"{viewer.url}/backtest")
    expect(page.locator("main h1")).to_be_visible()
    _is_kept_from(page, "Run")
    page.goto(f"{viewer.url}/settings?tab=users")
    expect(page.locator("main h1")).to_be_visible()
    assert page.get_by_text("owner@shop.example.test").count() == 0
    _is_kept_from(page, "Invite")


def _is_kept_from(page: Page, button: str) -> None:
    """The button is not there, or cannot be pressed."""
    found = page.get_by_role("button", name=button)
    for n in range(found.count()):
        assert found.nth(n).is_disabled() or found.nth(n).get_attribute("aria-disabled") == "true"


def test_a_viewer_who_asks_the_api_anyway_is_refused(viewer: Watched) -> None:
    viewer.trouble = True  # a refused request stands in the console
    page = viewer.open("/")
    status = page.evaluate(
        """async () => {
          const me = await (await fetch('/api/v1/session')).json();
          const answer = await fetch('/api/v1/definitions/segment/buyers', {
            method: 'PUT',
            headers: {'content-type': 'application/json', 'x-csrf-token': me.csrf},
            body: JSON.stringify({yaml: 'segment: buyers\\nwhere: {did: Nothing}\\n'}),
          });
          return answer.status;
        }"""
    )
    assert status == 403
