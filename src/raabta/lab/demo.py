"""The demo: a year of real households imported, its last week lived through.

The week is sent by the official Segment SDK over HTTP to the engine, on a scaled clock: seven days
pass in about a minute, then the clock goes on in real time. Orders are real and were made in a
world without these messages, so the true effect of every journey is zero by construction; opens and
clicks are made up and say so in every event.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from sqlalchemy import select

from raabta.collect.importer import run_import
from raabta.collect.mapping import read_mapping
from raabta.core.clock import (
    DAY,
    WEEK,
    Clock,
    FixedClock,
    Instant,
    ScaledClock,
    SystemClock,
    instant,
    to_datetime,
)
from raabta.core.errors import Conflict, NotFound, Unavailable
from raabta.lab.answers import Rates, simulate_answers
from raabta.lab.grocer import KINDS, Prepared, prepare
from raabta.lab.simulations import Order, run
from raabta.runtime import workspace
from raabta.runtime.definitions import load
from raabta.runtime.engine import Engine
from raabta.runtime.settings import Settings
from raabta.storage.state import tables as t

if TYPE_CHECKING:
    from raabta.measurement.service import Report

#: A week of the shop passes in so many seconds.
WEEK_SECONDS = 60.0
BACKTEST_DAYS = 90
MARKER = "demo"
_RATES = {"*": Rates(opened=0.35, clicked=0.15)}
_ATTEMPTS = 600

Say = Callable[[str], None]
Bar = Callable[[str, float, float], None]


class DemoClock:
    """Stands still at the end of history until `go`, then runs as a ScaledClock."""

    def __init__(self, at: Instant) -> None:
        self._inner: Clock = FixedClock(at)
        self._start = at

    def now(self) -> Instant:
        return self._inner.now()

    def go(self) -> None:
        speed = WEEK / (WEEK_SECONDS * 1_000_000)
        self._inner = ScaledClock(self._start, speed, SystemClock().now)

    def is_real(self) -> bool:
        return SystemClock().now() - self.now() < DAY // 1440


@dataclass
class Shown:
    """What the demo did, for people and for JSON."""

    weeks: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    backtest: dict[str, Any] = field(default_factory=dict)
    answers: int = 0
    write_key: str = ""
    api_key: str = ""


def examples() -> Path:
    """The grocer's definitions: beside the source, or in the installed package."""
    here = Path(__file__).resolve()
    for folder in (
        here.parents[3] / "examples" / "grocer",
        here.parents[1] / "examples" / "grocer",
    ):
        if (folder / "policy.yaml").exists():
            return folder
    raise NotFound("the grocer's definitions are not here", remedy="reinstall raabta")


def fresh_home(home: Path) -> None:
    """An empty folder for the demo; only one that a demo made is cleared.

    Raises Conflict for any other folder with something in it.
    """
    if home.exists() and any(home.iterdir()):
        if not (home / MARKER).exists():
            raise Conflict(
                f"{home} holds something that is no demo",
                field="home",
                remedy="choose another folder with --home",
            )
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / MARKER).touch()


class Demo:
    """Steps of the demo in their order; `say` and `bar` tell how far it is."""

    def __init__(self, settings: Settings, say: Say, bar: Bar) -> None:
        self.settings = settings
        self.say = say
        self.bar = bar
        self.shown = Shown()
        self.prepared: Prepared | None = None
        self._begun = time.perf_counter()

    def prepare(self) -> DemoClock:
        self.say("Reading the households' year")
        self.prepared = prepare(
            self.settings.home / "data", SystemClock().now(), examples() / "import"
        )
        self.shown.weeks = self.prepared.weeks
        return DemoClock(self.prepared.cut)

    def load_history(self, engine: Engine) -> None:
        """Import everything before the last week, as a user would."""
        assert self.prepared is not None
        started = time.perf_counter()
        for kind in KINDS:
            file = self.prepared.files[kind]
            run_import(
                engine.database,
                engine.log,
                read_mapping(self.prepared.mappings[kind]),
                file,
                engine.clock,
                partial(self.bar, f"importing {kind}"),
            )
        engine.catch_up(lambda done, total: self.bar("taking it in", done, total))
        self.shown.seconds["import"] = time.perf_counter() - started

    def declare(self, engine: Engine) -> list[workspace.PlannedChange]:
        self.say("Applying segments, journeys and templates")
        documents = list(load(examples(), engine.catalog()).documents.values())
        planned = workspace.apply(engine, documents)
        engine.step()
        return planned

    def backtest(self, engine: Engine) -> None:
        """The last 90 days before the live week, under these definitions and with one more mail."""
        assert self.prepared is not None
        started = time.perf_counter()
        order = Order(self.prepared.cut - BACKTEST_DAYS * DAY, self.prepared.cut)

        def watch(share: float, _messages: int) -> bool:
            self.bar("replaying 90 days", share * 100, 100)
            return True

        self.shown.backtest = run(engine, order, watch)
        self.shown.seconds["backtest"] = time.perf_counter() - started

    def live(self, engine: Engine, clock: DemoClock, url: str) -> None:
        """Send the last week through the SDK, and answer mails, until the clock is real."""
        assert self.prepared is not None
        started = time.perf_counter()
        calls = [json.loads(line) for line in self.prepared.live.read_text("utf-8").splitlines()]
        clock.go()
        sdk = _Sdk(url, self.shown.write_key)
        answers = _Answers(engine, sdk)
        for number, call in enumerate(calls):
            at = call["timestamp"]
            while not _is_due(at, clock):
                sdk.flush()
                answers.give(clock.now())
                self.bar("living the last week", number, len(calls))
                time.sleep(0.05)
            sdk.send(call)
        while not clock.is_real():
            sdk.flush()
            answers.give(clock.now())
            self.bar("catching up with the present", number, len(calls))
            time.sleep(0.1)
        answers.give(clock.now())
        sdk.close()
        self._settle(engine)
        self.shown.answers = answers.given
        self.shown.seconds["live"] = time.perf_counter() - started

    def _settle(self, engine: Engine) -> None:
        """Wait until the engine has taken in everything and the outbox is empty."""
        goal = engine.tail()
        for _ in range(_ATTEMPTS):
            counts = engine.outbox.counts()
            if engine.world.position >= goal and not counts["queued"] and not counts["leased"]:
                return
            time.sleep(0.1)
        raise Unavailable(
            "the engine did not come to rest",
            remedy=f"see what it says: {engine.health.error or 'no error'}",
        )

    def finish(self, engine: Engine) -> tuple[dict[str, Any], Report]:
        """The summary (the JSON of `raabta demo --json`) and the report it rests on."""
        report = workspace.measure(engine, lift_window=3 * DAY)
        counts = workspace.summary(engine)
        events = counts["events"]
        self.shown.seconds["total"] = time.perf_counter() - self._begun
        found = {
            "profiles": counts["profiles"],
            "events": sum(events.values()),
            "orders": events.get("Order Completed", 0),
            "touches": events.get("Direct Mail Sent", 0),
            "redemptions": events.get("Coupon Redeemed", 0),
            "segments": counts["segments"],
            "candidates": counts["candidates"],
            "messages_sent": counts["outcomes"].get("sent", 0),
            "withheld": counts["withheld"],
            "deferred": counts["outcomes"].get("deferred", 0),
            "deferred_by": counts["deferred_by"],
            "sent_by_journey": counts["sent_by_journey"],
            "outbox": counts["outbox"],
            "attribution": report.attribution,
            "unattributed": report.unattributed,
            "lift": [lift.to_json() for lift in report.lift],
            "backtest": self.shown.backtest,
            "simulated_answers": self.shown.answers,
            "made_up": "addresses, consents, languages, time zones; opens, clicks (simulated)",
            "dates_shifted_weeks": self.shown.weeks,
            "seconds": {k: round(v, 2) for k, v in self.shown.seconds.items()},
        }
        return found, report


def _is_due(timestamp: str, clock: Clock) -> bool:
    return to_datetime(clock.now()).isoformat() >= timestamp.replace("Z", "+00:00")


class _Sdk:
    """The official Segment library, unmodified, with our address as its host."""

    def __init__(self, url: str, write_key: str) -> None:
        from segment.analytics.client import Client

        self.errors: list[str] = []
        self._client = Client(
            write_key,
            host=url,
            gzip=True,
            max_queue_size=100_000,
            upload_interval=0.2,
            on_error=lambda error, _items: self.errors.append(str(error)),
        )

    def send(self, call: dict[str, Any]) -> None:
        user = call["userId"]
        when = to_datetime(instant(call["timestamp"]))
        if call["type"] == "identify":
            self._client.identify(
                user, call["traits"], timestamp=when, message_id=call["messageId"]
            )
        else:
            self._client.track(
                user,
                call["event"],
                call["properties"],
                timestamp=when,
                message_id=call["messageId"],
            )

    def flush(self) -> None:
        if self.errors:
            raise Unavailable(f"the SDK could not deliver: {self.errors[0]}")

    def close(self) -> None:
        self._client.flush()
        self._client.join()
        self.flush()


class _Answers:
    """Made-up opens and clicks of the mails that were delivered, sent like any other event."""

    def __init__(self, engine: Engine, sdk: _Sdk) -> None:
        self._engine = engine
        self._sdk = sdk
        self._since: Instant | None = None
        self._again = 0.0
        self.given = 0

    def give(self, now: Instant) -> None:
        if time.monotonic() < self._again:
            return
        self._again = time.monotonic() + 0.5
        messages = self._delivered()
        found = simulate_answers(
            messages.rename({"seed": "profile", "profile": "subject"}),
            _RATES,
            now,
            since=self._since,
        )
        self._since = now
        users = dict(messages.select("message_id", "user_id").rows())
        for row in found.to_dicts():
            self._sdk.send(
                {
                    "type": "track",
                    "userId": users[row["message_id"]],
                    "event": row["name"],
                    "properties": json.loads(row["properties"]),
                    "timestamp": to_datetime(row["timestamp"]).isoformat(),
                    "messageId": row["event_id"],
                }
            )
            self.given += 1

    def _delivered(self) -> pl.DataFrame:
        o, p = t.outbox.c, t.profiles.c
        query = (
            select(
                o.id.label("message_id"),
                o.profile,
                p.seed,
                p.user_id,
                o.sent_at,
                o.template,
                o.journey,
            )
            .join(t.profiles, p.id == o.profile)
            .where(o.state == "sent", p.user_id.is_not(None))
        )
        with self._engine.database.read() as connection:
            return self._engine.database.frame(connection, query)
