"""Send: the person becomes a candidate; what is decided about it comes back through `settle`."""

from __future__ import annotations

import numpy as np
import polars as pl

from raabta.core.frames import CANDIDATES, Schema
from raabta.core.ids import mixed_id
from raabta.journeys.steps.context import Context

_CANDIDATES: Schema = CANDIDATES


def run(rows: pl.DataFrame, _context: Context) -> pl.DataFrame:
    first = pl.col("attempt") == 0
    return rows.with_columns(
        state=pl.lit("candidate"),
        since=pl.when(first).then("now").otherwise("since"),
        due_at=pl.lit(None, pl.Int64()),
    )


def candidates(rows: pl.DataFrame, context: Context) -> pl.DataFrame:
    """The candidates (CANDIDATES) of rows that stand at a send.

    The id is a hash of enrollment, step and attempt, so the same candidate has the same id in every
    run: it is the idempotency key all the way to the provider.
    """
    local = rows["pc"].to_numpy() - context.plan.offset[rows["journey"].to_numpy()]
    arrived = rows["since"].to_numpy()
    key = local * np.int64(1_000_003) + rows["attempt"].to_numpy()
    ids = mixed_id(rows["id"].to_numpy(), arrived, key)
    return (
        rows.with_columns(candidate=pl.Series(ids))
        .join(context.plan.sends, on="pc", how="left", maintain_order="left")
        .with_columns(at="now", enrollment="id", id="candidate")
        .select(_CANDIDATES.keys())
    )


def settle(rows: pl.DataFrame, decisions: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Move each candidate row by its decision: on after sent and withheld, waiting if deferred."""
    outcome = decisions.select(id="enrollment", outcome="outcome", until="until")
    rows = rows.join(outcome, on="id", how="left", maintain_order="left")
    after = pl.Series(context.plan.next[rows["pc"].to_numpy()])
    deferred = pl.col("outcome") == "deferred"
    return rows.with_columns(
        state=pl.when(deferred).then(pl.lit("deferred")).otherwise(pl.lit("running")),
        due_at=pl.when(deferred).then(pl.min_horizontal("until", "deadline")),
        attempt=pl.when(deferred).then(pl.col("attempt") + 1).otherwise(0),
        pc=pl.when(deferred).then("pc").otherwise(after),
    ).drop("outcome", "until")
