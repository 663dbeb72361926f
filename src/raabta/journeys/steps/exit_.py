"""Exit: the journey ends for this person, for a reason."""

from __future__ import annotations

import polars as pl

from raabta.journeys.steps.context import Context


def run(rows: pl.DataFrame, context: Context) -> pl.DataFrame:
    reasons = context.plan.exits
    return rows.with_columns(
        state=pl.lit("ended"),
        ended_at="now",
        due_at=pl.lit(None, pl.Int64()),
        exit=pl.col("pc").replace_strict(list(reasons), list(reasons.values())),
    )
