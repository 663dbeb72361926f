"""The workspace in numbers, from the counters that the tick keeps."""

from __future__ import annotations

import threading
from typing import Any

import polars as pl
from sqlalchemy import func, select

from raabta.core.clock import Instant
from raabta.runtime.asking.stores import Stores
from raabta.storage.state import tables as t
from raabta.storage.state.database import Database
from raabta.storage.state.tallies import TallyReader


def counts(db: Database) -> dict[str, Any]:
    """What a summary shows: people, members by segment, candidates by outcome and rule."""
    read = TallyReader(db)
    d, o = t.definitions.c, t.outbox.c
    with db.read() as connection:
        active = select(d.name).where(d.kind == "segment", d.active).order_by(d.name)
        segments = list(connection.scalars(active))
        outbox = connection.execute(select(o.state, func.count()).group_by(o.state)).all()
    members = read.members()
    decided = read.outcomes()

    def by(column: str, outcome: str | None = None) -> dict[str, int]:
        rows = decided if outcome is None else decided.filter(pl.col("outcome") == outcome)
        return dict(rows.group_by(column).agg(pl.col("n").sum()).sort(column).rows())

    return {
        "profiles": read.people(),
        "segments": {name: members.get(name, 0) for name in segments},
        "candidates": int(decided["n"].sum()),
        "outcomes": by("outcome"),
        "withheld": by("rule", "withheld"),
        "deferred_by": by("rule", "deferred"),
        "sent_by_journey": by("journey", "sent"),
        "inside": read.inside(),
        "outbox": {str(state): int(n) for state, n in outbox},
    }


class Happened:
    """How many events of each name there are. Only those that came since the last question are
    read: the history is fed in the order of the log."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._lock = threading.Lock()
        self._through = 0
        self._counts: dict[str, int] = {}
        self._span: tuple[Instant, Instant] | None = None

    def now(self) -> tuple[dict[str, int], tuple[Instant, Instant] | None]:
        """Events by name, and the first and the last event time."""
        with self._lock:
            fresh = self._stores.history.cursor().counts_since(self._through)
            for name, n, first, last, seq in fresh.iter_rows():
                self._counts[name] = self._counts.get(name, 0) + n
                start, end = self._span or (first, last)
                self._span = (min(start, first), max(end, last))
                self._through = max(self._through, seq)
            return dict(self._counts), self._span
