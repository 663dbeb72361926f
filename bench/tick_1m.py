"""One step of a journey for a million enrolled people, persisted, against bare upserts."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl

from bench.measure import line
from raabta.core.clock import DAY, HOUR
from raabta.core.ids import mixed_id
from raabta.decisioning.model import Policy
from raabta.journeys.parse import parse_journey
from raabta.journeys.plan import Plan
from raabta.runtime.live import LiveWorld
from raabta.runtime.ports import Rules
from raabta.runtime.tick import tick
from raabta.storage.history.duck import DuckHistory
from raabta.storage.state import tables as t
from raabta.storage.state.database import Database
from raabta.storage.state.migrations import migrate

PEOPLE = 1_000_000

_JOURNEY = {
    "journey": "bench",
    "entry": {"event": "Signed Up"},
    "steps": [{"wait": "1d"}, {"wait": "3d"}, {"exit": "done"}],
}


def run() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="raabta-bench-") as folder:
        home = Path(folder)
        moved, seconds = _ticked(home)
        baseline = _bare(home / "bare.db", moved)
    return line(
        "tick_1m",
        PEOPLE,
        seconds,
        "executemany upserts of the same rows by key into bare SQLite",
        baseline,
        "load, wait over, next wait begun, merge, commit; state on SQLite, history on DuckDB",
    )


def _ticked(home: Path) -> tuple[pl.DataFrame, float]:
    database = Database.open(f"sqlite:///{home / 'state.db'}")
    migrate(database)
    history = DuckHistory.open(f"duckdb:///{home / 'history.duckdb'}")
    rules = Rules(1, (), Plan((parse_journey(_JOURNEY),), (True,)), Policy())
    ids = pl.Series("id", range(1, PEOPLE + 1), dtype=pl.Int64)
    with database.begin() as connection:
        database.insert(
            connection,
            t.profiles,
            pl.DataFrame(ids).with_columns(seed=pl.col("id"), created_at=pl.lit(0)),
        )
        database.insert(
            connection,
            t.enrollments,
            pl.DataFrame(
                {"id": pl.Series(mixed_id(ids.to_numpy(), 7)), "profile": ids}
            ).with_columns(
                journey=pl.lit("bench"),
                version=pl.lit(1),
                entered_at=pl.lit(0),
                holdout=pl.lit(value=False),
                step=pl.lit(2),
                state=pl.lit("waiting"),
                since=pl.lit(0),
                due_at=pl.lit(DAY),
                attempt=pl.lit(0),
            ),
        )
    world = LiveWorld(database, history, rules)
    until = world.seal(DAY + HOUR)
    started = time.perf_counter()
    outcome = tick(world, until)
    seconds = time.perf_counter() - started
    assert outcome.enrollments.height == PEOPLE
    assert (outcome.enrollments["due_at"] == 4 * DAY).all()
    moved = outcome.enrollments.select("id", "subject", "pc", "state", "since", "due_at")
    history.close()
    database.close()
    return moved, seconds


def _bare(path: Path, moved: pl.DataFrame) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(
        "CREATE TABLE moves (id BIGINT PRIMARY KEY, subject BIGINT, pc BIGINT, state TEXT, "
        "since BIGINT, due_at BIGINT)"
    )
    upsert = (
        "INSERT INTO moves VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "pc = excluded.pc, state = excluded.state, since = excluded.since, "
        "due_at = excluded.due_at"
    )
    rows = moved.rows()
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(upsert, rows)
    connection.execute("COMMIT")
    started = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(upsert, rows)
    connection.execute("COMMIT")
    seconds = time.perf_counter() - started
    connection.close()
    return seconds
