"""Who earned the conversions: five heuristics and the exact Markov removal effect.

All models work on whole columns of `Paths`, and each one's credit adds up to the attributed
conversions and, separately, to their revenue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from raabta.core.clock import DAY
from raabta.core.errors import InvalidInput
from raabta.measurement.model import MODELS, Attribution, Model, Paths
from raabta.measurement.words import NEGATIVE_REVENUE, NO_NULL_PATHS

HALF_LIFE = 7 * DAY

#: Position-based: what the first and the last touch get when there are three or more.
POSITION_ENDS = 0.4

_Floats = NDArray[np.float64]


def attribute(
    paths: Paths,
    models: Sequence[Model] = MODELS,
    *,
    half_life: int = HALF_LIFE,
    collapse_repeats: bool = False,
) -> dict[Model, Attribution]:
    """Credit for each touch under each model.

    `half_life`: microseconds in which a touch's weight halves, counted back from the conversion.
    `collapse_repeats`: heuristics see a run of the same touch as one (its latest); the order-1
    Markov model does not depend on it. Raises InvalidInput for an unknown model.
    """
    unknown = [model for model in models if model not in MODELS]
    if unknown:
        raise InvalidInput(
            f"{unknown[0]!r} is not an attribution model",
            field="models",
            remedy=f"use {', '.join(MODELS)}",
        )
    if half_life <= 0:
        raise InvalidInput(
            "the half-life must be longer than nothing",
            field="half_life",
            remedy="give a duration such as 7d",
        )
    seen = collapsed(paths) if collapse_repeats else paths
    return {
        model: markov(paths) if model == "markov" else _heuristic(seen, model, half_life)
        for model in models
    }


def collapsed(paths: Paths) -> Paths:
    """The same paths with every run of one touch reduced to its latest."""
    if not len(paths.codes):
        return paths
    keep = np.ones(len(paths.codes), np.bool_)
    keep[:-1] = paths.codes[1:] != paths.codes[:-1]
    keep[paths.offsets[1:] - 1] = True
    kept = np.concatenate([[0], np.cumsum(keep)])
    return replace(
        paths, codes=paths.codes[keep], ages=paths.ages[keep], offsets=kept[paths.offsets]
    )


def _heuristic(paths: Paths, model: Model, half_life: int) -> Attribution:
    offsets = paths.offsets[: paths.converting + 1]
    starts, lasts = offsets[:-1], offsets[1:] - 1
    if model in ("first", "last"):
        codes = paths.codes[starts if model == "first" else lasts]
        return _answer(paths, model, _sums(paths, codes), _sums(paths, codes, paths.revenue))
    lengths = np.diff(offsets)
    codes = paths.codes[: offsets[-1]]
    if model == "linear":
        weights = np.repeat(1.0 / lengths, lengths)
    elif model == "position":
        weights = _position(starts, lasts, lengths)
    else:
        ages = paths.ages[: offsets[-1]]
        # Counted from the newest touch: the same shares, and no weight can vanish to zero.
        older = ages - np.repeat(ages[lasts], lengths)
        weights = np.exp2(older * (-1.0 / half_life))
        weights /= np.repeat(np.add.reduceat(weights, starts), lengths) if len(starts) else 1.0
    revenue = weights * np.repeat(paths.revenue, lengths)
    return _answer(paths, model, _sums(paths, codes, weights), _sums(paths, codes, revenue))


def _position(
    starts: NDArray[np.int64], lasts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> _Floats:
    """40 / 20 / 40, the middle shared equally; 50 / 50 for two touches, all for a single one."""
    middle = (1.0 - 2 * POSITION_ENDS) / np.maximum(lengths - 2, 1)
    weights = np.repeat(middle, lengths)
    ends = np.where(lengths > 2, POSITION_ENDS, 1.0 / lengths)
    weights[starts] = ends
    weights[lasts] = ends
    return weights


def markov(paths: Paths) -> Attribution:
    """Order-1 Markov removal effects, exactly, in one inverse.

    With N = (I - Q)^-1, p = N r and P = s p, sending every entry into touch i to null loses the
    part RE_i = (s N)_i / N_ii * p_i / P of all conversions; credit is RE_i / sum(RE) of them. For
    revenue, r is the mean revenue that a visit of the state earns at once by converting.
    """
    size = len(paths.names)
    if not paths.converting:
        zero = np.zeros(size)
        return _answer(paths, "markov", zero, zero)
    starts, lasts = paths.offsets[:-1], paths.offsets[1:] - 1
    visits = np.bincount(paths.codes, minlength=size)
    pairs = np.bincount(paths.codes[:-1] * size + paths.codes[1:], minlength=size * size)
    between = paths.codes[lasts[:-1]] * size + paths.codes[starts[1:]]
    pairs -= np.bincount(between, minlength=size * size)

    per_visit = 1.0 / np.maximum(visits, 1)
    moves = pairs.reshape(size, size) * per_visit[:, None]
    fundamental = np.linalg.inv(np.eye(size) - moves)
    start = np.bincount(paths.codes[starts], minlength=size) / len(starts)
    reached = start @ fundamental / np.diag(fundamental)

    converted = paths.codes[lasts[: paths.converting]]
    chance = fundamental @ (_sums(paths, converted) * per_visit)
    probability = float(start @ chance)
    removal = reached * chance / probability
    shares = removal / removal.sum()

    notes = []
    if not paths.nulls:
        notes.append(NO_NULL_PATHS)
    worth = reached * (fundamental @ (_sums(paths, converted, paths.revenue) * per_visit))
    if (paths.revenue < 0).any() or not worth.sum() > 0:
        worth = shares
        if paths.attributed_revenue:
            notes.append(NEGATIVE_REVENUE)
    answer = _answer(
        paths,
        "markov",
        shares * paths.converting,
        worth / worth.sum() * paths.attributed_revenue,
    )
    effects = dict(zip(paths.names, removal.tolist(), strict=True))
    return replace(answer, probability=probability, removal=effects, notes=tuple(notes))


def _sums(paths: Paths, codes: NDArray[np.int64], weights: _Floats | None = None) -> _Floats:
    return np.bincount(codes, weights, minlength=len(paths.names)).astype(np.float64)


def _answer(paths: Paths, model: Model, credit: _Floats, revenue: _Floats) -> Attribution:
    return Attribution(
        model=model,
        credit=dict(zip(paths.names, credit.tolist(), strict=True)),
        revenue=dict(zip(paths.names, revenue.tolist(), strict=True)),
    )
