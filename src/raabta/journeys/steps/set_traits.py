"""Set traits: seen by every condition asked from this instant on."""

from __future__ import annotations

import json

import polars as pl

from raabta.journeys.steps.context import Context


def run(rows: pl.DataFrame, context: Context) -> pl.DataFrame:
    """All that a turn sets is written at once; of one trait, the step later in the plan wins."""
    written = [
        rows.filter(pl.col("pc") == pc).select(
            "subject", key=pl.lit(key), value=pl.lit(json.dumps(value)), at="now"
        )
        for pc in sorted(rows["pc"].unique().to_list())
        for key, value in context.plan.sets[pc].values
    ]
    context.write(pl.concat(written).unique(["subject", "key"], keep="last", maintain_order=True))
    return rows.with_columns(pc=pl.Series(context.plan.next[rows["pc"].to_numpy()]))
