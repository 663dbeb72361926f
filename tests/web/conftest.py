"""A real browser at a real server: each page's console and requests are watched."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
import webshop
from playwright.sync_api import Browser

from raabta.access.model import Client
from raabta.api.app import create_app
from raabta.api.live import Server
from raabta.channels.catcher.store import MailStore
from raabta.runtime.engine import Engine
from raabta.web.pages import STATIC, add_web
from smallshop import eventually, settings
from smallshop.browser import OWNER, VIEWER, Site, Watched, chromium, signed_in


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    """Ends with its module, and begins after the site: its event loop takes the thread for itself."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("web")
    webshop.live(folder / "home", folder / "definitions")
    with _serving(folder / "home") as found:
        yield found


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[Site]:
    """A workspace on its first day: no definitions, no people."""
    with _serving(tmp_path / "empty") as found:
        yield found


@contextmanager
def _serving(home: Path) -> Iterator[Site]:
    assert (STATIC / "index.html").exists(), "the web application is not built: make install"
    home.mkdir(parents=True, exist_ok=True)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    mails = MailStore(home / "mails.db")
    engine = Engine(settings(home, port=port))
    _accounts(engine)
    engine.keys.create("write", "the shop's own", engine.wall.now())
    app = add_web(create_app(engine, local_token="only this machine", mails=mails))
    server = Server(uvicorn.Config(app, log_level="warning"))
    engine.start()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    eventually(lambda: server.started)
    try:
        yield Site(f"http://127.0.0.1:{port}", engine, "only this machine")
    finally:
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


@pytest.fixture(params=["en", "ur"])
def locale(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def watched(browser: Browser, site: Site, locale: str) -> Iterator[Watched]:
    """A page of the owner's, in each language; at the end its console must be empty."""
    context = signed_in(browser, site, OWNER, locale)
    found = Watched(context.new_page(), site.url)
    yield found
    context.close()
    found.check()


@pytest.fixture
def english(browser: Browser, site: Site) -> Iterator[Watched]:
    context = signed_in(browser, site, OWNER, "en")
    found = Watched(context.new_page(), site.url)
    yield found
    context.close()
    found.check()


@pytest.fixture
def viewer(browser: Browser, site: Site) -> Iterator[Watched]:
    context = signed_in(browser, site, VIEWER, "en")
    found = Watched(context.new_page(), site.url)
    yield found
    context.close()
    found.check()


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker's source, from the web application's own development packages."""
    root = Path(__file__).resolve().parents[2]
    return (root / "ui/node_modules/axe-core/axe.min.js").read_text("utf-8")
