"""The nouns of measurement: the frames it reads, paths, credits and lift."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from raabta.core.errors import InvalidInput

Model = Literal["first", "last", "linear", "position", "time_decay", "markov"]
MODELS: tuple[Model, ...] = ("first", "last", "linear", "position", "time_decay", "markov")

Outcome = Literal["conversions", "revenue"]
Verdict = Literal["higher", "lower", "undecided", "not enough yet", "blocked"]

#: A contact that may have helped. `touch` is the campaign or journey; `at` microseconds UTC;
#: `seq` the log row, which orders what happened at the same instant.
TOUCHES = pl.Schema(
    {"profile": pl.Int64, "at": pl.Int64, "channel": pl.String, "touch": pl.String, "seq": pl.Int64}
)

#: An order (or whatever is counted as success); each is a conversion of its own.
CONVERSIONS = pl.Schema(
    {"profile": pl.Int64, "at": pl.Int64, "seq": pl.Int64, "revenue": pl.Float64}
)

#: One row for every time a person entered a journey, held out or not.
ASSIGNMENTS = pl.Schema({"profile": pl.Int64, "entered_at": pl.Int64, "holdout": pl.Boolean})


def checked(frame: pl.DataFrame, schema: pl.Schema, name: str) -> pl.DataFrame:
    """`frame` with exactly the columns and types of `schema`; only `revenue` may be empty.

    Raises InvalidInput that names the column.
    """
    missing = [column for column in schema if column not in frame.columns]
    if missing:
        raise InvalidInput(
            f"the column {missing[0]!r} is missing",
            field=f"{name}.{missing[0]}",
            remedy=f"give the columns {', '.join(schema)}",
        )
    try:
        typed = frame.select(pl.col(column).cast(kind) for column, kind in schema.items())
    except pl.exceptions.PolarsError as error:
        raise InvalidInput(
            f"a column has the wrong type: {error}",
            field=name,
            remedy=", ".join(f"{column} {kind}" for column, kind in schema.items()),
        ) from error
    for column in schema:
        if column != "revenue" and typed[column].null_count():
            raise InvalidInput(
                f"{typed[column].null_count()} rows have no {column}",
                field=f"{name}.{column}",
                remedy="leave these rows out or fill the column",
            )
    return typed


@dataclass(frozen=True)
class Paths:
    """Conversion paths in compressed rows: path *i* is `codes[offsets[i]:offsets[i + 1]]`.

    The first `converting` paths ended in a conversion, in the order of (profile, at, seq); the
    rest are null paths. `codes` index `names`. `ages` are microseconds from touch to conversion
    (0 in null paths). `revenue` has one value for each converting path. No path is empty:
    conversions that no touch preceded are counted in `unattributed`.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int64]
    ages: NDArray[np.int64]
    offsets: NDArray[np.int64]
    converting: int
    revenue: NDArray[np.float64]
    unattributed: int = 0
    unattributed_revenue: float = 0.0

    @property
    def nulls(self) -> int:
        """How many paths led to no conversion."""
        return len(self.offsets) - 1 - self.converting

    @property
    def attributed_revenue(self) -> float:
        return float(self.revenue.sum())


@dataclass(frozen=True)
class Attribution:
    """One model's answer: for each touch its share of the conversions and of the revenue.

    `credit` sums to the attributed conversions and `revenue` to their revenue. For the Markov
    model `probability` is the chain's chance to convert and `removal` what part of it is lost
    without the touch.
    """

    model: Model
    credit: dict[str, float]
    revenue: dict[str, float]
    probability: float | None = None
    removal: dict[str, float] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lift:
    """A journey against its holdout, a person counted once, by intent to treat.

    `absolute` is the difference of the two means a person, `low` and `high` its anytime-valid
    interval; `relative` the same as a part of the holdout's mean. These are None while the
    verdict is 'not enough yet' or 'blocked'; `relative_low` and `relative_high` are also None
    when the holdout's mean is too close to zero to divide by. `waiting` people entered, but their
    window has not ended.
    """

    journey: str
    outcome: Outcome
    verdict: Verdict
    reason: str
    n_treated: int
    n_holdout: int
    waiting: int
    confidence: float
    mean_treated: float | None = None
    mean_holdout: float | None = None
    absolute: float | None = None
    low: float | None = None
    high: float | None = None
    relative: float | None = None
    relative_low: float | None = None
    relative_high: float | None = None
    sample_ratio_p: float | None = None
    cuped_theta: float | None = None
    because: dict[str, Any] = field(default_factory=dict)  # the reason's code and numbers

    @property
    def decided(self) -> bool:
        """Whether the interval leaves no room for 'no effect'."""
        return self.verdict in ("higher", "lower")

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "decided": self.decided}
