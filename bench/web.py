"""Every screen over a million people and twenty million events, in a real browser.

A server in a process of its own holds `bench.big_store`'s workspace, whose engine is at rest. Each
screen is opened in a fresh page of a browser that has the application's files in its cache; what
counts is the time from the start of the navigation to the first frame that shows something the API
said.

    python -m bench.web [--scale 0.02] [--loads 50] [screen ...]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Request,
    TimeoutError,
    ViewportSize,
    sync_playwright,
)

from bench.big_people import NOW, Size
from bench.big_store import ready, settings
from bench.measure import line
from bench.screenshots import FLAGS

LOADS = 50
#: Loads of a screen before those that count: its files come into the browser's cache, compiled.
WARMING = 3
VIEWPORT: ViewportSize = {"width": 1280, "height": 900}
#: Milliseconds after which a load has failed.
GIVE_UP = 20_000
#: Seconds that the background figures may take.
FIGURES = 900
OWNER = {"email": "owner@shop.example.test", "password": "only for the measuring"}
RARE = "suppressed"

#: The browser's day is the store's: screens ask for the last so many days.
_CLOCK = """
(now => {
  const shift = now - Date.now(), Real = Date;
  window.Date = class extends Real {
    constructor(...parts) { parts.length ? super(...parts) : super(Real.now() + shift); }
    static now() { return Real.now() + shift; }
  };
})(%d);
"""
#: Notes when the selector first finds something that is laid out, at the end of that frame.
_WATCH = """
(selector => {
  const look = () => {
    const found = document.querySelector(selector);
    if (found && found.getClientRects().length) {
      requestAnimationFrame(() => { window.__shown = performance.now(); });
      return;
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})(%s);
"""
_REQUESTS = """
() => performance.getEntriesByType('resource')
  .filter(e => e.name.includes('/api/v1/') && !e.name.endsWith('/live') && e.responseEnd)
  .map(e => [new URL(e.name).pathname.slice(7), e.responseEnd - e.startTime])
"""


@dataclass(frozen=True)
class Screen:
    """`shows` selects what only an answer of the API brings."""

    name: str
    path: str
    shows: str


@dataclass
class Times:
    """Milliseconds: of the loads, and of each request by its path."""

    loads: list[float] = field(default_factory=list)
    requests: dict[str, list[float]] = field(default_factory=dict)

    @property
    def p50(self) -> float:
        return statistics.median(self.loads)

    @property
    def p95(self) -> float:
        ranked = sorted(self.loads)
        return ranked[max(-(-len(ranked) * 95 // 100) - 1, 0)]

    def slowest(self) -> tuple[str, float]:
        """The request with the longest median."""
        found = [(statistics.median(each), path) for path, each in self.requests.items()]
        ms, path = max(found, default=(0.0, ""))
        return path, ms


def screens(api: httpx.Client, size: Size) -> list[Screen]:
    family = "Malanri"  # in the middle of the alphabet
    person = api.get("/ledger", params={"outcome": "sent", "limit": 1}).json()["ledger"][0]
    row = "[data-index]"
    return [
        Screen("overview", "/", "main p.prose"),
        Screen("people", "/people", row),
        Screen("people search", f"/people?q={family}", row),
        Screen("person", f"/people/{person['profile']}", "main svg [data-note]"),
        Screen("busy person", f"/people/{size.heavy}", f"main {row}"),
        Screen("segments", "/segments", row),
        Screen("journeys", "/journeys", row),
        Screen("journey", "/journeys/coupon-about-to-expire", ".react-flow__node"),
        Screen("backtest", "/backtest", "main form"),
        Screen("ledger", "/ledger", row),
        Screen("ledger, rare rule", f"/ledger?rule={RARE}", row),
        Screen("measurement", "/measurement", "main h2"),
        Screen("mails", "/mails", row),
        Screen("settings", "/settings", "main input"),
    ]


def run(
    scale: float = 1.0, loads: int = LOADS, only: tuple[str, ...] = (), *, rest: bool = False
) -> dict[str, Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("the benchmark needs Chromium: install Debian's package `chromium`")
    folder = ready(scale)
    size = Size(scale)
    with served(folder) as (url, link, pid), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        session = _signed_in(browser, url, link)
        cookies = {c["name"]: c["value"] for c in session if "name" in c and "value" in c}
        with httpx.Client(base_url=f"{url}/api/v1", cookies=cookies, timeout=120) as api:
            computed = _await_figures(api)
            _say(f"figures after {computed:.0f} s; server at {_memory(pid)} MB")
            if rest:
                _say(f"at rest: {_at_rest(pid):.1%} of a core over 30 s")
            wanted = [s for s in screens(api, size) if not only or s.name in only]
        bundle = _bundle(browser, url, session)
        browser.close()
        with tempfile.TemporaryDirectory(prefix="raabta-bench-") as profile:
            # a profile on disk, as people have: it keeps compiled scripts too
            context = playwright.chromium.launch_persistent_context(
                profile, executable_path=chromium, args=FLAGS, viewport=VIEWPORT, locale="en-GB"
            )
            _prepare(context, session)
            times = _measure(context, url, wanted, loads)
            memory = _memory(pid)
            context.close()
    worst = max(times, key=lambda name: times[name].p95)
    slowest = {name: each.slowest() for name, each in times.items()}
    note = "; ".join(
        f"{name} {each.p50:.0f}/{each.p95:.0f} ms ({slowest[name][0]} {slowest[name][1]:.0f})"
        for name, each in times.items()
    )
    found = line(
        "web",
        sum(len(each.loads) for each in times.values()),
        times[worst].p95 / 1_000,
        "the overview's counts alone by GROUP BY over the state store, without tallies",
        _scanned(folder),
        f"seconds: p95 of {worst}, the slowest screen; p50/p95 until first content and the median "
        f"of the slowest request: {note}; first screen {bundle / 1_000:.0f} kB packed; "
        f"server {memory} MB; {size.people:,} people, {size.events:,} events, engine at rest",
    )
    found["rate"] = round(1 / found["seconds"], 2)  # loads a second, of the slowest screen
    return found


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


# --- the server -------------------------------------------------------------------------------


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, str | None, int]]:
    """The workspace on a real server: its address, the owner's link where nobody can sign in yet,
    and its process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.web", "--serve", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline() or "{}")
        if not said:
            raise SystemExit("the server did not start: see above")
        yield said["url"], said["link"], process.pid
    finally:
        process.terminate()
        process.wait(60)


def serve(folder: Path) -> None:
    """`raabta serve` under a clock that stands where the store does."""
    from raabta.api.app import create_app
    from raabta.channels.catcher.server import Catcher
    from raabta.channels.catcher.store import MailStore
    from raabta.cli.serve import Server, address, listening, owner_link, uvicorn_config
    from raabta.cli.serve import _with as changed
    from raabta.core.clock import FixedClock, SystemClock
    from raabta.runtime.engine import Engine
    from raabta.web.pages import add_web

    mails = MailStore(folder / "mails.db")
    with (
        listening(changed(settings(folder), port=0)) as (listener, bound),
        Catcher(mails, SystemClock()) as catcher,
    ):
        engine = Engine(changed(bound, smtp_url=catcher.url), clock=FixedClock(NOW))
        app = add_web(create_app(engine, local_token=None, mails=mails))
        engine.start()
        link = owner_link(engine, bound)
        print(json.dumps({"url": address(bound), "link": link}), flush=True)
        Server(uvicorn_config(app)).run(sockets=[listener])
    mails.close()


def _signed_in(browser: Browser, url: str, link: str | None) -> list[Any]:
    context = browser.new_context()
    if link:
        token = link.partition("#")[2]
        body = {"token": token, "name": "Owner", "locale": "en", **OWNER}
        answer = context.request.post(f"{url}/api/v1/invitation/accept", data=body)
    else:
        answer = context.request.post(f"{url}/api/v1/session", data=OWNER)
    assert answer.ok, answer.text()
    session = context.cookies()
    context.close()
    return list(session)


def _await_figures(api: httpx.Client) -> float:
    """Until the kept figures are there: overview, overlap, measurement."""
    started = time.monotonic()
    while time.monotonic() - started < FIGURES:
        overview = api.get("/overview").json()
        overlap = api.get("/segments/overlap").status_code == 200
        measured = api.get("/measurement").json()
        if overview["as_of"] and overlap and measured["state"] == "ready":
            return time.monotonic() - started
        time.sleep(1)
    raise SystemExit(f"no figures after {FIGURES} s: {measured['error'] or measured['state']}")


def _memory(pid: int) -> int:
    """Resident megabytes of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def _at_rest(pid: int, seconds: float = 30) -> float:
    """Share of a core that a process uses when nobody asks it."""

    def used() -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    time.sleep(3)
    before = used()
    time.sleep(seconds)
    return (used() - before) / seconds


# --- the browser ------------------------------------------------------------------------------


def _prepare(context: BrowserContext, session: list[Any]) -> None:
    context.add_cookies(session)
    context.set_default_timeout(GIVE_UP)
    context.add_init_script(_CLOCK % (NOW // 1_000))


def _bundle(browser: Browser, url: str, session: list[Any]) -> int:
    """Bytes that the first screen fetches on a first visit: page, scripts and styles."""
    context = browser.new_context(viewport=VIEWPORT)
    _prepare(context, session)
    page = context.new_page()
    files: list[Request] = []

    def finished(request: Request) -> None:
        if request.resource_type in ("document", "script", "stylesheet"):
            files.append(request)

    page.on("requestfinished", finished)
    page.goto(url)
    page.wait_for_selector("main p.prose")
    page.wait_for_timeout(1_500)
    total = sum(request.sizes()["responseBodySize"] for request in files)
    context.close()
    return total


def _measure(
    context: BrowserContext, url: str, wanted: list[Screen], loads: int
) -> dict[str, Times]:
    found = {}
    for screen in wanted:
        for _ in range(WARMING):
            _load(context, url, screen, Times())
        times = found[screen.name] = Times()
        for _ in range(loads):
            _load(context, url, screen, times)
        path, ms = times.slowest()
        _say(f"{screen.name:20} p50 {times.p50:5.0f}  p95 {times.p95:5.0f} ms   {path} {ms:.0f}")
    return found


def _load(context: BrowserContext, url: str, screen: Screen, times: Times) -> None:
    page = context.new_page()
    page.add_init_script(_WATCH % json.dumps(screen.shows))
    try:
        page.goto(f"{url}{screen.path}", wait_until="commit")
        try:
            page.wait_for_function("() => window.__shown")
        except TimeoutError:
            raise SystemExit(f"{screen.name} shows no {screen.shows!r}") from None
        times.loads.append(page.evaluate("() => window.__shown"))
        for path, ms in page.evaluate(_REQUESTS):
            times.requests.setdefault(path, []).append(ms)
    finally:
        page.close()


# --- the baseline -----------------------------------------------------------------------------


def _scanned(folder: Path) -> float:
    """Seconds for three counts without tallies."""
    connection = sqlite3.connect(f"file:{folder / 'state.db'}?mode=ro", uri=True)
    started = time.perf_counter()
    for query in (
        "SELECT segment, count(*) FROM memberships WHERE member GROUP BY 1",
        "SELECT outcome, rule, count(*) FROM ledger GROUP BY 1, 2",
        "SELECT journey, count(*) FROM enrollments WHERE ended_at IS NULL GROUP BY 1",
    ):
        connection.execute(query).fetchall()
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--loads", type=int, default=LOADS)
    parser.add_argument("--rest", action="store_true", help="also measure the idle server")
    parser.add_argument("screens", nargs="*")
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.serve)
        return
    found = run(asked.scale, asked.loads, tuple(asked.screens), rest=asked.rest)
    print(json.dumps(found, ensure_ascii=False))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    _say(f"server's peak: {peak} MB")


if __name__ == "__main__":
    main()
