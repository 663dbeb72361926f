"""What the browser is given: little, kept for ever, and from nowhere else."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, expect

from raabta.web.pages import STATIC
from smallshop.browser import Site, Watched, signed_in

#: Most bytes of the first screen, gzipped; fonts apart.
MOST = 500_000


def test_the_first_screen_weighs_at_most_500_kb(browser: Browser, site: Site) -> None:
    context = signed_in(browser, site)
    watched = Watched(context.new_page(), site.url)
    asked: set[str] = set()
    watched.page.on("request", lambda request: asked.add(urlsplit(request.url).path))
    page = watched.open("/")
    expect(page.locator("main h2").first).to_be_visible()
    page.wait_for_timeout(500)  # what is loaded lazily counts too
    files = [STATIC / path.lstrip("/") for path in asked if path.startswith("/assets/")]
    weight = sum(
        file.with_name(f"{file.name}.gz").stat().st_size
        for file in files
        if file.suffix in (".js", ".css")
    )
    context.close()
    assert 50_000 < weight <= MOST
    watched.check()


def test_pages_are_served_with_the_strictest_policy_that_works(site: Site) -> None:
    page = httpx.get(f"{site.url}/journeys/welcome")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["cache-control"] == "no-store"
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert nonce and nonce in page.text
    again = httpx.get(f"{site.url}/journeys/welcome")
    assert nonce not in again.text


def test_files_are_kept_for_ever_and_only_the_builds_own_are_served(site: Site) -> None:
    script = next(path for path in (STATIC / "assets").glob("index-*.js"))
    found = httpx.get(f"{site.url}/assets/{script.name}")
    assert found.headers["content-encoding"] == "gzip"
    assert "immutable" in found.headers["cache-control"]
    assert found.content == script.read_bytes()
    plain = httpx.get(f"{site.url}/assets/{script.name}", headers={"accept-encoding": "identity"})
    assert plain.content == script.read_bytes()
    for path in (
        "/assets/../pages.py",
        "/assets/%2e%2e/pages.py",
        "/assets/gone.js",
        "/pages.py",
        "/.sources",
        "/api/v1/nothing-here",
        "/v1/nothing-here",
    ):
        assert httpx.get(f"{site.url}{path}").status_code in (401, 404, 405), path
