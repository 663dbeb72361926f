"""The workspace in numbers, from the counters that the tick keeps."""

from __future__ import annotations

from typing import Any

import polars as pl
from sqlalchemy import func, select

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
