"""The overview's figures, and what the live stream tells: all from tallies and kept figures."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl

from raabta.core.clock import DAY, Instant, iso
from raabta.runtime.days import Days
from raabta.runtime.figures import OUTLOOK, pressure_window
from raabta.storage.state.tallies import TallyReader

if TYPE_CHECKING:
    from raabta.runtime.engine import Engine

_OUTCOMES = ("sent", "deferred", "withheld")


def overview(engine: Engine, days: int) -> dict[str, Any]:
    """Today, the days before it (`days` with today) and the week to come."""
    now = engine.clock.now()
    policy = engine.world.rules.policy
    zone = ZoneInfo(policy.timezone)
    span = Days.around(now, zone, before=days - 1, after=0)
    read = engine.tallies
    decisions = read.decisions(span.slots)
    moves = read.journeys(span.slots)
    reached = engine.figures.get("reached")
    by_day = _days(span, decisions, moves, read.created(span.slots), reached)
    people = read.people()
    pressure = engine.figures.get("pressure")
    kept = [f["as_of"] for f in (reached, pressure, engine.figures.get("upcoming")) if f]
    return {
        "now": iso(now),
        "as_of": iso(min(kept)) if kept else None,
        "timezone": policy.timezone,
        "locale": policy.locale,
        "totals": {"people": people, "inside": sum(read.inside().values())},
        "today": by_day[-1] | {"rules": _rules(decisions.filter(pl.col("day") == days - 1))},
        "days": by_day,
        "rules": _rules(decisions),
        "pressure": _pressure(engine, pressure, people),
        "segments_moved": _moved(engine, read, span),
        "goals": _goals(engine, decisions, moves),
        "upcoming": _upcoming(engine, now, zone),
    }


def _days(
    span: Days,
    decisions: pl.DataFrame,
    moves: pl.DataFrame,
    created: pl.DataFrame,
    reached: dict[str, Any] | None,
) -> list[dict[str, Any]]:
    found = [
        {
            "date": day.isoformat(),
            "reached": (reached or {"days": {}})["days"].get(day.isoformat()),
            **dict.fromkeys((*_OUTCOMES, "new_people", "entered", "goals"), 0),
            "sent_by_channel": {},
        }
        for day in span.dates
    ]
    outcomes = decisions.group_by("day", "outcome").agg(pl.col("n").sum())
    for day, outcome, n in outcomes.rows():
        found[day][outcome] = n
    sent = decisions.filter(pl.col("outcome") == "sent").group_by("day", "channel")
    for day, channel, n in sent.agg(pl.col("n").sum()).sort("channel").rows():
        found[day]["sent_by_channel"][channel] = n
    for day, n in created.select("day", "created").rows():
        found[day]["new_people"] = n
    for day, entered, goals in moves.group_by("day").agg(pl.col("entered", "goals").sum()).rows():
        found[day] |= {"entered": entered, "goals": goals}
    return found


def _rules(decisions: pl.DataFrame) -> list[dict[str, Any]]:
    outcome, n = pl.col("outcome"), pl.col("n")
    return (
        decisions.filter(outcome != "sent")
        .group_by("rule")
        .agg(
            withheld=n.filter(outcome == "withheld").sum(),
            deferred=n.filter(outcome == "deferred").sum(),
        )
        .sort("withheld", "deferred", "rule", descending=[True, True, False])
        .to_dicts()
    )


def _pressure(engine: Engine, figure: dict[str, Any] | None, people: int) -> dict[str, Any]:
    cap = engine.world.rules.policy.caps.get("promotional")
    touched: dict[int, int] = dict(figure["contacts"]) if figure else {}
    most = max(touched, default=0)
    return {
        "as_of": iso(figure["as_of"]) if figure else None,
        "window_days": pressure_window(engine.world.rules.policy) / DAY,
        "cap": cap.max if cap else None,
        "untouched": max(people - sum(touched.values()), 0) if figure else None,
        "at_cap": figure["at_cap"] if figure else None,
        "histogram": [{"contacts": n, "people": touched.get(n, 0)} for n in range(1, most + 1)],
    }


def _moved(engine: Engine, read: TallyReader, span: Days) -> list[dict[str, Any]]:
    segments = {s.name: s.description for s in engine.world.rules.segments}
    members = read.members()
    moved = read.moved(list(segments), span.slots)
    rows = moved.group_by("segment").agg(pl.col("entered", "left").sum())
    found = [
        {
            "segment": name,
            "description": segments[name],
            "people": members.get(name, 0),
            "entered": entered,
            "left": left,
        }
        for name, entered, left in rows.rows()
    ]
    return sorted(found, key=lambda s: (-s["entered"] - s["left"], s["segment"]))


def _goals(engine: Engine, decisions: pl.DataFrame, moves: pl.DataFrame) -> list[dict[str, Any]]:
    plan = engine.world.rules.plan
    wanted = [j.name for j, new in zip(plan.journeys, plan.entering, strict=True) if j.goal and new]
    sent = decisions.filter(pl.col("outcome") == "sent").group_by("journey")
    messages = dict(sent.agg(pl.col("n").sum()).rows())
    moved = moves.group_by("journey").agg(pl.col("entered", "goals").sum())
    counts = {name: (entered, goals) for name, entered, goals in moved.rows()}
    return [
        {"journey": name, "entered": entered, "goals": goals, "sent": messages.get(name, 0)}
        for name in sorted(wanted)
        for entered, goals in [counts.get(name, (0, 0))]
    ]


def _upcoming(engine: Engine, now: Instant, zone: ZoneInfo) -> list[dict[str, Any]]:
    figure = engine.figures.get("upcoming")
    known = figure["days"] if figure else {}
    return [
        {"date": day.isoformat(), "due": 0, "may_send": 0, "deferred": 0, "by_journey": {}}
        | known.get(day.isoformat(), {})
        for day in Days.around(now, zone, before=0, after=OUTLOOK - 1).dates
    ]


class Live:
    """What the live stream tells; however many ask, the stores are looked at once a moment."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._read = engine.tallies
        self._lock = threading.Lock()
        self._at = 0.0
        self._seen: tuple[object, ...] = ()
        self._counts: dict[str, int] = {}

    def now(self, moment: float) -> dict[str, Any]:
        """The figures, at most `moment` seconds old."""
        engine = self._engine
        with self._lock:
            if time.monotonic() - self._at >= moment / 2:
                self._refresh()
                self._at = time.monotonic()
            reached = engine.health.reached
            return {
                "reached": iso(reached) if reached else None,
                "position": engine.world.position,
                "tail": self._tail,
                "error": engine.health.error,
                "revision": engine.world.rules.revision,
                **self._counts,
            }

    _tail = 0

    def _refresh(self) -> None:
        engine = self._engine
        now = engine.clock.now()
        self._tail = engine.tail()
        span = Days.around(now, ZoneInfo(engine.world.rules.policy.timezone), before=0, after=0)
        # ticks count up with every commit, and what they count lies in a day
        seen = (engine.health.ticks, span.slots[0])
        if seen == self._seen:
            return
        decided = self._read.decisions(span.slots).group_by("outcome")
        outcomes = dict(decided.agg(pl.col("n").sum()).rows())
        self._counts = {
            "people": self._read.people(),
            "inside": sum(self._read.inside().values()),
            **{f"{outcome}_today": outcomes.get(outcome, 0) for outcome in _OUTCOMES},
        }
        self._seen = seen
