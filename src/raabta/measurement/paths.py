"""Which touches came before which conversion.

Everything is two sorts and running counts over whole columns: a person's touches lie side by side,
so each conversion's path is one range of them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from raabta.core.clock import DAY, Instant
from raabta.core.errors import InvalidInput
from raabta.measurement.model import CONVERSIONS, TOUCHES, Paths, checked

LOOKBACK = 30 * DAY

_Ints = NDArray[np.int64]


def build_paths(
    touches: pl.DataFrame,
    conversions: pl.DataFrame,
    *,
    lookback: int = LOOKBACK,
    shared: bool = True,
    since: Instant | None = None,
    by: Literal["touch", "channel"] = "touch",
) -> Paths:
    """The paths of all conversions, and the null paths.

    A conversion's path is that person's touches in (at - lookback, at], ordered by (at, seq); at
    the same instant only what has a smaller or equal `seq` came before. With `shared` a touch
    serves every conversion within its look-back, without it only the first.
    A touch that no conversion followed within the look-back belongs to a null path: one for each
    run of such touches of a person, cut where two lie a whole look-back or more apart.
    `since` leaves out conversions and null touches before that instant; give touches and
    conversions from `since - lookback` on, and the paths are those of the whole history.

    Frames as `TOUCHES` and `CONVERSIONS`; an empty revenue counts as 0. Raises InvalidInput.
    """
    if lookback <= 0:
        raise InvalidInput(
            "the look-back must be longer than nothing",
            field="lookback",
            remedy="give a duration such as 30d",
        )
    steps = checked(touches, TOUCHES, "touches").sort("profile", "at", "seq")
    goals = checked(conversions, CONVERSIONS, "conversions").sort("profile", "at", "seq")
    low, high = _ranges(steps, goals, lookback)
    if not shared and len(high):
        # People lie one after the other, so the previous conversion's end never reaches the next.
        low[1:] = np.maximum(low[1:], high[:-1])
    low = np.minimum(low, high)
    nulls, null_starts = _null_touches(steps, low, high, lookback, since)

    goal_at = goals["at"].to_numpy()
    revenue = goals["revenue"].fill_null(0.0).fill_nan(0.0).to_numpy()
    counted = np.ones(len(goals), np.bool_) if since is None else goal_at >= since
    touched = counted & (high > low)
    alone = counted & (high <= low)
    low, high = low[touched], high[touched]
    lengths = high - low
    rows = _expand(low, lengths)

    names, codes = _codes(steps[by])
    ages = np.repeat(goal_at[touched], lengths) - steps["at"].to_numpy()[rows]
    ends = np.cumsum(lengths)
    null_ends = np.append(null_starts[1:], len(nulls)) if len(nulls) else null_starts
    return Paths(
        names=names,
        codes=np.concatenate([codes[rows], codes[nulls]]),
        ages=np.concatenate([ages, np.zeros(len(nulls), np.int64)]),
        offsets=np.concatenate([[0], ends, len(rows) + null_ends]).astype(np.int64),
        converting=int(touched.sum()),
        revenue=revenue[touched],
        unattributed=int(alone.sum()),
        unattributed_revenue=float(revenue[alone].sum()),
    )


def _ranges(steps: pl.DataFrame, goals: pl.DataFrame, lookback: int) -> tuple[_Ints, _Ints]:
    """For each conversion the range [low, high) of rows of `steps`, by counting touches before."""
    touch = steps.select("profile", "at", "seq", goal=pl.lit(False))
    upper = goals.select("profile", "at", "seq", goal=pl.lit(True))
    # A touch exactly one look-back old is out, whatever its seq: bounds sort after all touches.
    lower = goals.select(
        "profile", pl.col("at") - lookback, seq=pl.lit(np.iinfo(np.int64).max), goal=pl.lit(True)
    )
    return _touches_before(touch, lower), _touches_before(touch, upper)


def _touches_before(touch: pl.DataFrame, bounds: pl.DataFrame) -> _Ints:
    both = pl.concat([touch, bounds]).sort("profile", "at", "seq", "goal")
    goal: NDArray[np.bool_] = both["goal"].to_numpy()
    return np.cumsum(~goal, dtype=np.int64)[goal]


def _null_touches(
    steps: pl.DataFrame, low: _Ints, high: _Ints, lookback: int, since: Instant | None
) -> tuple[_Ints, _Ints]:
    """Rows of touches that served no conversion, and where among them each null path starts."""
    change = np.zeros(len(steps) + 1, np.int64)
    np.add.at(change, low, 1)
    np.add.at(change, high, -1)
    unserved = np.cumsum(change)[:-1] == 0
    at = steps["at"].to_numpy()
    if since is not None:
        unserved &= at >= since
    rows = np.flatnonzero(unserved)
    profile = steps["profile"].to_numpy()[rows]
    first = np.ones(len(rows), np.bool_)
    first[1:] = (profile[1:] != profile[:-1]) | (np.diff(at[rows]) >= lookback)
    return rows, np.flatnonzero(first)


def _expand(starts: _Ints, lengths: _Ints) -> _Ints:
    """All rows of the ranges one after the other."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    rows: _Ints = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
    return rows


def _codes(names: pl.Series) -> tuple[tuple[str, ...], _Ints]:
    known = names.unique().sort()
    index = pl.DataFrame({"name": known, "code": np.arange(len(known))})
    codes = names.to_frame("name").join(index, on="name", how="left", maintain_order="left")
    column: _Ints = codes["code"].to_numpy()
    return tuple(known), column
