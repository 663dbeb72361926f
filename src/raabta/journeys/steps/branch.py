"""Branch: the first arm whose condition holds at this instant."""

from __future__ import annotations

import polars as pl

from raabta.journeys.steps.context import Context


def run(rows: pl.DataFrame, context: Context) -> pl.DataFrame:
    moved = []
    for (pc,), part in rows.group_by("pc", maintain_order=True):
        offset, branch = context.plan.branches[int(str(pc))]
        left = part
        for condition, target in branch.arms:
            if left.is_empty():
                break
            asked = left.select("subject", at="now").unique(maintain_order=True)
            yes = context.ask(condition, asked)["subject"].implode()
            takes = left["subject"].is_in(yes)
            moved.append(left.filter(takes).with_columns(pc=pl.lit(offset + target, pl.Int64())))
            left = left.filter(~takes)
        moved.append(left.with_columns(pc=pl.lit(offset + branch.otherwise, pl.Int64())))
    return pl.concat(moved)
