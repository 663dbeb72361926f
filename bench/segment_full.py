"""Segments rebuilt for everybody by the compiled conditions, against the same written by hand."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import duckdb

from bench.grocer import imported
from bench.measure import line
from raabta.audiences import timeline as audiences
from raabta.core.clock import to_datetime

#: The same questions as a careful analyst would write them, about the instant $at.
BY_HAND = {
    "lapsed-60-days": "SELECT profile FROM order_completed GROUP BY 1 "
    "HAVING max(timestamp) <= $at - INTERVAL 60 DAY",
    "high-value": "SELECT profile FROM order_completed WHERE timestamp > $at - INTERVAL 90 DAY "
    "GROUP BY 1 HAVING sum(total) >= 1200",
    "coupon-lovers": "SELECT profile FROM coupon_redeemed "
    "WHERE timestamp > $at - INTERVAL 180 DAY GROUP BY 1 HAVING count(*) >= 3",
    "milk-regulars": "SELECT profile FROM (SELECT DISTINCT seq, profile "
    "FROM order_completed__products WHERE category = 'FLUID MILK PRODUCTS' "
    "AND timestamp > $at - INTERVAL 60 DAY) GROUP BY 1 HAVING count(*) >= 8",
    "private-label-buyers": "SELECT profile FROM order_completed__products "
    "WHERE brand = 'Private' AND timestamp > $at - INTERVAL 60 DAY "
    "GROUP BY 1 HAVING sum(price) >= 75",
    "one-and-done": "SELECT profile FROM order_completed GROUP BY 1 "
    "HAVING count(*) = 1 AND max(timestamp) <= $at - INTERVAL 30 DAY",
}
ROUNDS = 10


def run() -> dict[str, Any]:
    with imported() as (engine, prepared):
        segments = [s for s in engine.world.rules.segments if s.name in BY_HAND]
        everybody = engine.state.everybody()
        history = engine.history.cursor()
        at = prepared.cut
        ours, seconds = {}, 0.0
        for _ in range(ROUNDS):
            started = time.perf_counter()
            members = audiences.as_of(segments, history, everybody, at)
            seconds += time.perf_counter() - started
        for name in BY_HAND:
            found = members.filter((members["segment"] == name) & members["member"])
            ours[name] = set(found["profile"].to_list())
        file = Path(engine.settings.history_url.removeprefix("duckdb:///"))
        history.close()
        engine.close()
        hand, theirs = _by_hand(file, at)
    assert theirs == ours, "the hand-written queries find other people"
    return line(
        "segment_full",
        everybody.len() * len(BY_HAND) * ROUNDS,
        seconds,
        "the same segments as hand-written DuckDB queries, which find the same people",
        hand,
        f"{len(BY_HAND)} segments, {everybody.len():,} people, 153,302 orders, {ROUNDS} rounds; "
        "ours also finds the instant at which each answer can change by itself",
    )


def _by_hand(file: Path, at: int) -> tuple[float, dict[str, set[int]]]:
    connection = duckdb.connect(str(file), read_only=True)
    connection.execute("SET TimeZone = 'UTC'")
    moment = to_datetime(at).replace(tzinfo=None)
    found: dict[str, set[int]] = {}
    seconds = 0.0
    for _ in range(ROUNDS):
        for name, query in BY_HAND.items():
            started = time.perf_counter()
            rows = connection.sql(query, params={"at": moment}).to_arrow_table()
            seconds += time.perf_counter() - started
            found[name] = set(rows["profile"].to_pylist())
    connection.close()
    return seconds, found
