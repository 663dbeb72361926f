"""Ninety days of the real households replayed, against polling their segments once a day."""

from __future__ import annotations

import time
from typing import Any

from bench.grocer import imported
from bench.measure import line
from raabta.audiences import timeline as audiences
from raabta.core.clock import DAY
from raabta.lab.backtest import simulate
from raabta.lab.settings import only
from raabta.runtime import workspace

DAYS = 90


def run() -> dict[str, Any]:
    with imported() as (engine, prepared):
        start, end = prepared.cut - DAYS * DAY, prepared.cut
        seeds = workspace.seeds(engine)
        rules = only(engine.rules(), None)
        history = engine.history.cursor()
        started = time.perf_counter()
        found = simulate(history, rules, seeds, start, end)
        seconds = time.perf_counter() - started
        started = time.perf_counter()
        for day in range(DAYS):
            audiences.as_of(rules.segments, history, seeds["subject"], start + (day + 1) * DAY)
        polled = time.perf_counter() - started
        summary = found.summary()
        people = seeds.height
    return line(
        "backtest",
        people * DAYS,
        seconds,
        "all segments asked for everybody once a day, without journeys or decisions",
        polled,
        f"person-days; {len(rules.plan.journeys)} journeys, {summary['events']:,} events, "
        f"{summary['candidates']:,} candidates, {summary['messages']:,} messages, full ledger; "
        "memberships change at their very instant",
    )
