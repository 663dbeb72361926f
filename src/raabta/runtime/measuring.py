"""Measurement's ports over the history and the state: touches, conversions, assignments."""

from __future__ import annotations

import polars as pl
from sqlalchemy import select

from raabta.core.clock import Instant
from raabta.decisioning.model import Policy
from raabta.measurement.model import TOUCHES
from raabta.storage.history.duck import DuckHistory
from raabta.storage.state import tables as t
from raabta.storage.state.database import Database

#: Our own messages are touches of the journey that sent them.
OWN_TOUCH = ("Message Sent", "journey")


class Measured:
    """Implements `MeasurementHistory` and `Assignments` for one workspace."""

    def __init__(self, history: DuckHistory, database: Database, policy: Policy) -> None:
        self._history = history
        self._db = database
        self._policy = policy

    def touches(self, start: Instant, end: Instant) -> pl.DataFrame:
        parts = [
            self._touch_rows(
                touch.event, touch.name, pl.lit(touch.channel), start, end
            ).with_columns(touch=pl.concat_str(pl.lit(f"{touch.channel} "), "touch"))
            for touch in self._policy.touches
        ]
        own = self._touch_rows(*OWN_TOUCH, pl.col("channel"), start, end)
        return pl.concat([*parts, own])

    def _touch_rows(
        self, event: str, name: str, channel: pl.Expr, start: Instant, end: Instant
    ) -> pl.DataFrame:
        rows = self._history.rows(event, start - 1, end - 1)
        if name not in rows.columns or rows.is_empty():
            return pl.DataFrame(schema=TOUCHES)
        if "channel" not in rows.columns:
            rows = rows.with_columns(channel=pl.lit(event))
        return rows.filter(pl.col(name).is_not_null()).select(
            profile="profile",
            at="received_at",
            channel=channel.cast(pl.String).fill_null("unknown"),
            touch=pl.col(name).cast(pl.String),
            seq="seq",
        )

    def conversions(
        self, event: str, revenue_property: str, start: Instant, end: Instant
    ) -> pl.DataFrame:
        rows = self._history.rows(event, start - 1, end - 1)
        if revenue_property not in rows.columns:
            rows = rows.with_columns(pl.lit(None, pl.Float64()).alias(revenue_property))
        return rows.select(
            "profile",
            "seq",
            at="received_at",
            revenue=pl.col(revenue_property).cast(pl.Float64, strict=False),
        )

    def assignments(self, journey: str) -> pl.DataFrame:
        e = t.enrollments.c
        with self._db.read() as connection:
            return self._db.frame(
                connection,
                select(e.profile, e.entered_at, e.holdout).where(e.journey == journey),
            )
