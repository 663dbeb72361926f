"""The log in the state store: the order of everything that happened.

Appends are serialised by the row `log_tail` of `meta`, so `seq` rises in the order of commit: who
has read up to a `seq` has missed nothing below it.
"""

from __future__ import annotations

import json

import polars as pl
from sqlalchemy import Connection, select, text, update

from raabta.collect.model import LIVE, Appended, Progress
from raabta.core.clock import Instant
from raabta.storage.state import tables
from raabta.storage.state.database import Database

_TAIL = "log_tail"


class Log:
    """The append-only log. Every method works inside the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(
        self, connection: Connection, frame: pl.DataFrame, now: Instant, origin: int
    ) -> Appended:
        """Add rows in their order, leaving out those whose `message_id` the log already has.

        `frame` has the columns of `log` but `seq`, `received_at` and `origin`. LIVE rows get a
        `received_at` of at least `now` that rises strictly with `seq`; imported rows were received
        when they happened, and ENGINE rows tell of an instant the tick has already handled.
        Left-out rows leave gaps in `seq`.
        """
        fresh = frame.unique("message_id", keep="first", maintain_order=True)
        count = fresh.height
        if count == 0:
            return Appended()
        seq, at = self._lock_tail(connection)
        place = pl.int_range(count, dtype=pl.Int64)
        if origin != LIVE:
            received, end = pl.col("timestamp"), at
        else:
            start = max(now, at + 1)
            received, end = start + place, start + count - 1
        rows = fresh.with_columns(
            seq=seq + 1 + place, received_at=received, origin=pl.lit(origin, pl.Int64)
        )
        written = self._database.insert(connection, tables.log, rows, ignore=True)
        self._move_tail(connection, seq + count, end)
        return Appended(accepted=written, duplicates=frame.height - written)

    def seal(self, connection: Connection, now: Instant) -> Instant:
        """Close the time up to now: whatever is appended later is received after the result."""
        seq, at = self._lock_tail(connection)
        until = max(now, at)
        self._move_tail(connection, seq, until)
        return until

    def take(
        self, connection: Connection, after_seq: int, until: Instant, limit: int
    ) -> pl.DataFrame:
        """The next rows after `after_seq`, at most `limit`, with all columns of `log`.

        Always an unbroken run of the log: it ends before the first live row received after
        `until`, so the last `seq` of the result is a safe place to go on from.
        """
        log = tables.log
        query = select(log).where(log.c.seq > after_seq).order_by(log.c.seq).limit(limit)
        frame = self._database.frame(connection, query)
        late = (frame["received_at"] > until) & (frame["origin"] == LIVE)
        return frame.head(late.arg_max() or 0) if late.any() else frame

    def quarantine(self, connection: Connection, frame: pl.DataFrame) -> None:
        """Keep what could not be taken; the same body from the same source is kept once."""
        self._database.insert(connection, tables.quarantine, frame, ignore=True)

    def written_by(self, connection: Connection, message_ids: pl.Series, source: str) -> pl.Series:
        """Those of `message_ids` that `source` has already put into the log."""
        log = tables.log
        query = (
            select(log.c.message_id)
            .where(self._database.among(log.c.message_id, message_ids))
            .where(log.c.source == source)
        )
        return self._database.frame(connection, query)["message_id"]

    def progress(self, connection: Connection, job: str) -> Progress | None:
        row = connection.execute(select(tables.jobs).where(tables.jobs.c.id == job)).first()
        if row is None:
            return None
        return Progress(row.id, row.state, row.position, row.total, json.loads(row.detail))

    def save_progress(self, connection: Connection, progress: Progress, now: Instant) -> None:
        """Remember how far an import got, in the transaction that wrote its rows."""
        row = {
            "id": progress.job,
            "kind": "import",
            "state": progress.state,
            "position": progress.position,
            "total": progress.total,
            "detail": json.dumps(progress.detail),
            "updated_at": now,
        }
        schema = {"total": pl.Int64}
        self._database.merge(connection, tables.jobs, pl.DataFrame([row], schema_overrides=schema))

    def _lock_tail(self, connection: Connection) -> tuple[int, Instant]:
        """The last `seq` given and the last engine time, held until the transaction ends."""
        meta = tables.meta
        query = select(meta.c.value).where(meta.c.key == _TAIL).with_for_update()
        value = connection.execute(query).scalar()
        if value is None:
            start = {"key": _TAIL, "value": json.dumps({"seq": 0, "at": 0})}
            connection.execute(
                text("INSERT INTO meta (key, value) VALUES (:key, :value) ON CONFLICT DO NOTHING"),
                start,
            )
            value = connection.execute(query).scalar_one()
        tail = json.loads(value)
        return int(tail["seq"]), int(tail["at"])

    def _move_tail(self, connection: Connection, seq: int, at: Instant) -> None:
        meta = tables.meta
        value = json.dumps({"seq": seq, "at": at})
        connection.execute(update(meta).where(meta.c.key == _TAIL).values(value=value))
