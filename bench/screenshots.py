"""`make screenshots`: every screen of the demo's workspace, both languages, light and dark.

Runs the demo first where it has not been run. Images go to `docs/images/` as
`<screen>-<language>-<scheme>.png`, and a phone's width of some as `<screen>-<language>-phone.png`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, sync_playwright

RAABTA = Path(sys.executable).with_name("raabta")
HOME = Path("raabta-data/demo")
IMAGES = Path("docs/images")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OWNER = {"name": "Ayesha", "email": "ayesha@shop.example.test", "password": "kept for the pictures"}


@dataclass(frozen=True)
class Shot:
    """One screen: its address and what to wait for before the picture."""

    name: str
    path: str
    ready: str = "main h1"
    phone: bool = False


def shots(api: httpx.Client) -> list[Shot]:
    """The screens, with a person worth looking at and a finished backtest among them."""
    person = _busiest(api)
    run = _backtest(api)
    mails = api.get("/mails").json()["items"]
    return [
        Shot("overview", "/", "main figure svg", phone=True),
        Shot("people", "/people", "[data-index]"),
        Shot("person", f"/people/{person}", "main svg [data-note]", phone=True),
        Shot("segments", "/segments", "[data-index]"),
        Shot("segment", "/segments?name=coffee-drinkers", "main h1"),
        Shot("journeys", "/journeys", "[data-index]"),
        Shot(
            "journey", "/journeys/coupon-about-to-expire", "[data-step], [data-index]", phone=True
        ),
        Shot("backtest", f"/backtest?run={run}", "main h2"),
        Shot("ledger", "/ledger", "[data-index]", phone=True),
        Shot("decision", f"/ledger?open={_withheld(api)}", "[role=dialog]"),
        Shot("measurement", "/measurement", "main h2"),
        Shot("mails", f"/mails?open={mails[0]['id']}" if mails else "/mails", "main h1"),
        Shot("settings", "/settings", "main h1"),
        Shot("brand", "/settings?tab=brand", "main h1"),
    ]


def _busiest(api: httpx.Client) -> str:
    """Somebody with many decisions of every kind."""
    rows = api.get("/ledger", params={"outcome": "deferred", "limit": 500}).json()["ledger"]
    seen: dict[str, int] = {}
    for row in rows:
        seen[row["profile"]] = seen.get(row["profile"], 0) + 1
    return max(seen, key=lambda who: seen[who])


def _withheld(api: httpx.Client) -> str:
    rows = api.get("/ledger", params={"outcome": "deferred", "rule": "cap", "limit": 1}).json()
    return str(rows["ledger"][0]["id"])


def _backtest(api: httpx.Client) -> str:
    """The first finished run with two sides; one is run where there is none."""
    for head in api.get("/simulations").json()["simulations"]:
        if head["state"] == "done" and head["order"]["set"]:
            return str(head["id"])
    last = api.get("/summary").json()["last_event"]
    end = time.strftime("%Y-%m-%d", time.gmtime(time.time()))
    start = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 60 * 86_400))
    order = {"from": start, "to": min(end, last[:10]), "set": {"caps.promotional.max": "1"}}
    job = api.post("/simulations", json=order).raise_for_status().json()["id"]
    while api.get(f"/simulations/{job}").json()["state"] in ("waiting", "running"):
        time.sleep(0.5)
    return str(job)


def take(
    browser: Browser, url: str, session: list[Any], wanted: list[Shot], only: set[str]
) -> None:
    for locale in ("en", "ur"):
        for scheme in ("light", "dark"):
            for width, height in ((1280, 860), (360, 740)):
                chosen = [
                    s
                    for s in wanted
                    if (width == 1280 or (s.phone and scheme == "light"))
                    and (not only or s.name in only)
                ]
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme="dark" if scheme == "dark" else "light",
                    reduced_motion="reduce",
                )
                context.add_cookies(session)
                _speak(context, url, locale)
                for shot in chosen:
                    kind = scheme if width == 1280 else "phone"
                    _picture(context, url, shot, IMAGES / f"{shot.name}-{locale}-{kind}.png")
                context.close()


def _speak(context: BrowserContext, url: str, locale: str) -> None:
    me = context.request.get(f"{url}/api/v1/session").json()
    headers = {"x-csrf-token": me["csrf"]}
    context.request.patch(f"{url}/api/v1/me", data={"locale": locale}, headers=headers)
    context.add_init_script(f"localStorage.setItem('raabta.locale', '{locale}')")


def _picture(context: BrowserContext, url: str, shot: Shot, to: Path) -> None:
    page = context.new_page()
    page.goto(f"{url}{shot.path}")
    page.wait_for_selector(shot.ready, timeout=20_000)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(900)
    page.screenshot(path=to)
    page.close()
    print(to)


def main(only: set[str]) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("screenshots need Chromium: install Debian's package `chromium`")
    if not (HOME / "state.db").exists():
        subprocess.run([RAABTA, "demo", "--no-serve", "--home", str(HOME)], check=True)
    IMAGES.mkdir(parents=True, exist_ok=True)
    # a copy: the pictures' account and backtest leave the demo as it was
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        shutil.copytree(HOME, home)
        process = subprocess.Popen(
            [RAABTA, "serve", "--port", "0", "--catch-mails", "--json"],
            env={**os.environ, "RAABTA_HOME": str(home)},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            _shoot(process, chromium, only)
        finally:
            process.terminate()
            process.wait(30)


def _shoot(process: subprocess.Popen[str], chromium: str, only: set[str]) -> None:
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or lines[-1].rstrip() != "}":
        lines.append(process.stdout.readline())
    said = json.loads("".join(lines))
    url, link = said["url"], said["owner_link"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        first = browser.new_context()
        token = link.partition("#")[2]
        answer = first.request.post(
            f"{url}/api/v1/invitation/accept", data={"token": token, "locale": "en", **OWNER}
        )
        assert answer.ok, answer.text()
        session = first.cookies()
        cookies = {c["name"]: c["value"] for c in session if "name" in c and "value" in c}
        me = answer.json()
        headers = {"x-csrf-token": me["csrf"]}
        with httpx.Client(
            base_url=f"{url}/api/v1", cookies=cookies, headers=headers, timeout=120
        ) as api:
            wanted = shots(api)
        take(browser, url, session, wanted, only)
        browser.close()


if __name__ == "__main__":
    main(set(sys.argv[1:]))
