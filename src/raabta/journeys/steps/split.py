"""Split: keyed chance. A person's arm depends on the journey, the step and the person alone."""

from __future__ import annotations

import numpy as np
import polars as pl

from raabta.core.ids import uniform
from raabta.journeys.steps.context import Context


def run(rows: pl.DataFrame, context: Context) -> pl.DataFrame:
    moved = []
    for (pc,), part in rows.group_by("pc", maintain_order=True):
        offset, key, split = context.plan.splits[int(str(pc))]
        chance = uniform(part["seed"].to_numpy(), key)
        edges = np.array([share for _, share, _ in split.arms])
        arm = np.minimum(np.searchsorted(edges, chance, side="right"), len(edges) - 1)
        targets = np.array([offset + target for _, _, target in split.arms], dtype=np.int64)
        moved.append(part.with_columns(pc=pl.Series(targets[arm])))
    return pl.concat(moved)
