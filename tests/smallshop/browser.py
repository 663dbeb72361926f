"""A real browser: how it is started, and a page whose console and requests are watched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from raabta.runtime.engine import Engine
from smallshop import eventually

#: What keeps Chromium from asking anybody but the page's own server.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

OWNER = {"email": "owner@shop.example.test", "password": "correct horse battery"}
VIEWER = {"email": "viewer@shop.example.test", "password": "only looking at it"}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless; the test is skipped where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no chromium here: install Debian's package `chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Site:
    """The served application, and what the API says to an owner."""

    url: str
    engine: Engine
    token: str

    def get(self, path: str, **params: Any) -> Any:
        answer = httpx.get(
            f"{self.url}/api/v1{path}",
            params=params,
            headers={"authorization": f"Bearer {self.token}"},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def measured(self) -> Any:
        """The measurement, once it is computed."""
        eventually(lambda: self.get("/measurement")["state"] == "ready")
        return self.get("/measurement")


@dataclass
class Watched:
    """A page with everything that it said and asked for."""

    page: Page
    url: str
    said: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    #: Whether refused or failing requests are part of the test.
    trouble: bool = False

    def __post_init__(self) -> None:
        host = urlsplit(self.url).netloc
        self.page.on("console", lambda m: self.said.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda e: self.said.append(f"error: {e}"))
        self.page.on(
            "request",
            lambda r: urlsplit(r.url).netloc in (host, "") or self.foreign.append(r.url),
        )

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.url}{path}")
        return self.page

    def check(self) -> None:
        assert not self.foreign, self.foreign
        if not self.trouble:
            assert not self.said, self.said


def signed_in(
    browser: Browser, site: Site, who: dict[str, str] = OWNER, locale: str = "en"
) -> BrowserContext:
    """A browser of its own with a session in it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    context.set_default_timeout(15_000)
    answer = context.request.post(f"{site.url}/api/v1/session", data=who)
    assert answer.ok, answer.text()
    me = answer.json()
    context.request.patch(
        f"{site.url}/api/v1/me", data={"locale": locale}, headers={"x-csrf-token": me["csrf"]}
    )
    context.add_init_script(f"localStorage.setItem('raabta.locale', '{locale}')")
    return context
