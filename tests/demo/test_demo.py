"""`raabta demo --json`: the whole job, on all of the real data, and the screens at its address."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pytest
from playwright.sync_api import expect

from smallshop.browser import Watched, chromium

RAABTA = str(Path(sys.executable).parent / "raabta")


@dataclass(frozen=True)
class Seen:
    """What the browser saw at the printed address."""

    said: list[str]
    foreign: list[str]
    overview: str
    figures: dict[str, Any]
    status: int


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path, Seen]:
    """The demo as a newcomer runs it: it works, serves, is looked at, and ends by Ctrl-C."""
    folder = tmp_path_factory.mktemp("demo")
    process = subprocess.Popen(
        [RAABTA, "demo", "--json", "--home", "home", "--port", "0"],
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=(folder / "errors").open("w"),
        text=True,
    )
    watchdog = threading.Timer(1200, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if line == "}\n":
                break
        assert lines and lines[-1] == "}\n", (folder / "errors").read_text()[-4000:]
        found = json.loads("".join(lines))
        seen = _look(found["owner_link"], process)
    finally:
        watchdog.cancel()
        process.kill()
    return found, folder / "home", seen


def _look(link: str, process: subprocess.Popen[str]) -> Seen:
    """Follow the printed one-time link, set a password, and read the first screen."""
    url = f"{urlsplit(link).scheme}://{urlsplit(link).netloc}"
    with chromium() as browser:
        watched = Watched(browser.new_page(), url)
        page = watched.page
        page.goto(link)
        page.get_by_label("Your name").fill("Ayesha")
        page.get_by_label("E-mail").fill("ayesha@shop.example.test")
        page.get_by_label("A password of your own").fill("three words together")
        page.get_by_role("button", name="Begin").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
        page.wait_for_url(f"{url}/")
        expect(page.locator("main h2").first).to_be_visible()
        figures = page.evaluate("fetch('/api/v1/overview').then(answer => answer.json())")
        overview = page.locator("main").inner_text()
        said = list(watched.said)  # once the server is gone, the page may say so
        process.send_signal(signal.SIGINT)
        status = process.wait(60)
    return Seen(said, watched.foreign, overview, figures, status)


@pytest.fixture(scope="module")
def demo(run: tuple[dict[str, Any], Path, Seen]) -> tuple[dict[str, Any], Path]:
    return run[0], run[1]


class TestScreens:
    def test_the_printed_link_opens_the_application_and_it_shows_the_week(
        self, run: tuple[dict[str, Any], Path, Seen]
    ) -> None:
        _, _, seen = run
        assert f"{seen.figures['today']['sent']:,}" in seen.overview
        assert seen.figures["totals"]["people"] == 2_469

    def test_nothing_is_in_the_console_and_no_other_host_is_asked(
        self, run: tuple[dict[str, Any], Path, Seen]
    ) -> None:
        _, _, seen = run
        assert seen.said == []
        assert seen.foreign == []

    def test_ctrl_c_ends_it_in_order_while_a_page_is_open(
        self, run: tuple[dict[str, Any], Path, Seen]
    ) -> None:
        assert run[2].status == 0


class TestDemo:
    def test_every_household_basket_letter_and_coupon_is_there(
        self, demo: tuple[dict[str, Any], Path]
    ) -> None:
        found, home = demo
        assert found["profiles"] == 2_469
        assert found["orders"] == 155_848
        assert found["touches"] == 6_589
        assert found["redemptions"] == 2_102
        history = duckdb.connect(str(home / "history.duckdb"), read_only=True)
        lines = history.sql("SELECT count(*) FROM order_completed__products").fetchall()
        people = history.sql(
            "SELECT count(DISTINCT profile) FROM traits WHERE key = 'age'"
        ).fetchall()
        history.close()
        assert lines == [(1_469_307,)]
        assert people == [(801,)]

    def test_every_candidate_has_one_row(self, demo: tuple[dict[str, Any], Path]) -> None:
        found, _ = demo
        rows = found["messages_sent"] + found["deferred"] + sum(found["withheld"].values())
        assert rows == found["candidates"] > 0

    def test_messages_were_sent_and_each_rule_held_some_back(
        self, demo: tuple[dict[str, Any], Path]
    ) -> None:
        found, _ = demo
        assert found["outbox"] == {"sent": found["messages_sent"]}
        assert {"holdout", "no_address", "no_consent"} <= set(found["withheld"])
        assert "quiet_hours" in found["deferred_by"]
        assert "cap" in {*found["withheld"], *found["deferred_by"]}
        assert len(found["segments"]) >= 8
        assert found["simulated_answers"] > 0

    def test_credits_add_up_to_real_orders_in_every_model(
        self, demo: tuple[dict[str, Any], Path]
    ) -> None:
        found, _ = demo
        assert {"first", "last", "linear", "time_decay", "markov"} <= set(found["attribution"])
        for model, credit in found["attribution"].items():
            total = sum(credit.values()) + found["unattributed"]
            assert total == pytest.approx(found["orders"]), model
            letters = [touch for touch in credit if touch.startswith("direct mail ")]
            assert len(letters) > 20, f"{model} does not credit the real campaigns"

    def test_the_replay_of_ninety_days_reached_people(
        self, demo: tuple[dict[str, Any], Path]
    ) -> None:
        found, _ = demo
        replay = found["backtest"]["as_declared"]
        assert replay["messages"] > 500
        assert replay["candidates"] == (
            replay["messages"] + replay["deferred"] + sum(replay["withheld"].values())
        )
        assert set(found["seconds"]) == {"import", "backtest", "live", "total"}
