"""A real browser at a real server: each page's console and requests are watched."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

import webshop
from raabta.access.model import Client
from raabta.api.app import create_app
from raabta.api.live import Server
from raabta.channels.catcher.store import MailStore
from raabta.runtime.engine import Engine
from raabta.web.pages import STATIC, add_web
from smallshop import eventually, settings

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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
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
        import httpx

        answer = httpx.get(
            f"{self.url}/api/v1{path}",
            params=params,
            headers={"authorization": f"Bearer {self.token}"},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    assert (STATIC / "index.html").exists(), "the web application is not built: make install"
    folder = tmp_path_factory.mktemp("web")
    webshop.live(folder / "home", folder / "definitions")
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    mails = MailStore(folder / "home" / "mails.db")
    engine = Engine(settings(folder / "home", port=listener.getsockname()[1]))
    _accounts(engine)
    app = add_web(create_app(engine, local_token="only this machine", mails=mails))
    server = Server(uvicorn.Config(app, log_level="warning"))
    engine.start()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    eventually(lambda: server.started)
    yield Site(url, engine, "only this machine")
    server.should_exit = True
    thread.join(60)
    mails.close()


def _accounts(engine: Engine) -> None:
    """An owner by the one-time link, and a viewer by the owner's invitation."""
    accounts, now = engine.accounts, engine.wall.now()
    client = Client("127.0.0.1", "tests")
    link = accounts.first_link(now)
    assert link is not None
    owner = accounts.accept(
        link.partition("#")[2], "Olivia", OWNER["password"], client, now, email=OWNER["email"]
    ).user
    _, link, _ = accounts.invite(VIEWER["email"], "Vera", "viewer", owner.id, now)
    accounts.accept(link.partition("#")[2], "Vera", VIEWER["password"], client, now)


@dataclass
class Watched:
    """A page with everything that it said and asked for."""

    page: Page
    site: Site
    said: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    #: Whether refused or failing requests are part of the test.
    trouble: bool = False

    def __post_init__(self) -> None:
        host = urlsplit(self.site.url).netloc
        self.page.on("console", lambda m: self.said.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda e: self.said.append(f"error: {e}"))
        self.page.on(
            "request",
            lambda r: urlsplit(r.url).netloc in (host, "") or self.foreign.append(r.url),
        )

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.site.url}{path}")
        return self.page

    def check(self) -> None:
        assert not self.foreign, self.foreign
        if not self.trouble:
            assert not self.said, self.said


def _context(browser: Browser, site: Site, who: dict[str, str], locale: str) -> BrowserContext:
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


@pytest.fixture(params=["en", "ur"])
def locale(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def watched(browser: Browser, site: Site, locale: str) -> Iterator[Watched]:
    """A page of the owner's, in each language; at the end its console must be empty."""
    context = _context(browser, site, OWNER, locale)
    found = Watched(context.new_page(), site)
    yield found
    context.close()
    found.check()


@pytest.fixture
def english(browser: Browser, site: Site) -> Iterator[Watched]:
    context = _context(browser, site, OWNER, "en")
    found = Watched(context.new_page(), site)
    yield found
    context.close()
    found.check()


@pytest.fixture
def viewer(browser: Browser, site: Site) -> Iterator[Watched]:
    context = _context(browser, site, VIEWER, "en")
    found = Watched(context.new_page(), site)
    yield found
    context.close()
    found.check()


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker's source, from the web application's own development packages."""
    root = Path(__file__).resolve().parents[2]
    return (root / "ui/node_modules/axe-core/axe.min.js").read_text("utf-8")
