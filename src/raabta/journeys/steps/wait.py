"""Waiting: for a duration, or until an event with a time-out. Both leave by the timer at `due_at`;
an event that ends a wait is the kernel's `react`."""

from __future__ import annotations

import polars as pl

from raabta.journeys.steps.context import Context


def run(rows: pl.DataFrame, context: Context) -> pl.DataFrame:
    lasting = pl.Series(context.plan.lasting[rows["pc"].to_numpy()])
    return rows.with_columns(
        state=pl.lit("waiting"),
        since="now",
        # min_horizontal passes over a missing deadline
        due_at=pl.min_horizontal(pl.col("now") + lasting, "deadline"),
    )
