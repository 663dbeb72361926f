"""All six attribution models over a million paths, against the same rules path by path."""

from __future__ import annotations

import resource
import time
from collections import defaultdict
from typing import Any

import numpy as np

from raabta.core.clock import DAY
from raabta.measurement.attribution import HALF_LIFE, attribute, markov
from raabta.measurement.model import Paths

PATHS = 1_000_000
CHANNELS = 20
SAMPLE = 20_000


def market(paths: int, seed: int = 1) -> Paths:
    """Paths of four touches on average over 20 channels; three in ten convert."""
    random = np.random.default_rng(seed)
    offsets = np.concatenate([[0], np.cumsum(random.geometric(0.25, paths))])
    touches = int(offsets[-1])
    converting = paths * 3 // 10
    return Paths(
        names=tuple(f"channel {i:02}" for i in range(CHANNELS)),
        codes=random.integers(0, CHANNELS, touches),
        ages=random.integers(0, 30 * DAY, touches),
        offsets=offsets.astype(np.int64),
        converting=converting,
        revenue=random.lognormal(3, 1, converting),
    )


def path_by_path(paths: Paths) -> dict[str, dict[str, float]]:
    """Counts and revenue of the same six models in plain Python, as one would first write it."""
    credit: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    moves: dict[tuple[int, int], int] = defaultdict(int)
    for i, (low, high) in enumerate(zip(paths.offsets[:-1], paths.offsets[1:], strict=True)):
        walk, ages = paths.codes[low:high].tolist(), paths.ages[low:high].tolist()
        for here, there in zip([-1, *walk], walk, strict=False):
            moves[here, there] += 1
        moves[walk[-1], -2 if i < paths.converting else -3] += 1
        if i >= paths.converting:
            continue
        size, revenue = len(walk), float(paths.revenue[i])
        middle = [0.4, *[0.2 / max(size - 2, 1)] * (size - 2), 0.4]
        weights = {
            "first": [1.0] + [0.0] * (size - 1),
            "last": [0.0] * (size - 1) + [1.0],
            "linear": [1.0] * size,
            "position": {1: [1.0], 2: [0.5, 0.5]}.get(size, middle),
            "time_decay": [2 ** (-age / HALF_LIFE) for age in ages],
        }
        for model, parts in weights.items():
            whole = sum(parts)
            for code, part in zip(walk, parts, strict=True):
                credit[model][paths.names[code]] += part / whole
                credit[f"{model} revenue"][paths.names[code]] += part / whole * revenue
    credit["markov"] = _by_removal(moves, paths)
    return credit


def _by_removal(moves: dict[tuple[int, int], int], paths: Paths) -> dict[str, float]:
    """One linear system for each removed touch, instead of one inverse for all."""
    size = len(paths.names)
    counts, start, reward = np.zeros((size, size)), np.zeros(size), np.zeros(size)
    visits = np.zeros(size)
    for (here, there), times in moves.items():
        if here == -1:
            start[there] = times
            continue
        visits[here] += times
        if there >= 0:
            counts[here, there] = times
        elif there == -2:
            reward[here] = times
    chain, gain = counts / visits[:, None], reward / visits

    def converted(without: int | None) -> float:
        q, s = chain.copy(), start.copy()
        if without is not None:
            q[:, without] = 0.0
            s[without] = 0.0
        return float(s @ np.linalg.solve(np.eye(size) - q, gain))

    whole = converted(None)
    lost = np.array([whole - converted(i) for i in range(size)])
    return dict(zip(paths.names, (lost / lost.sum() * paths.converting).tolist(), strict=True))


def run() -> dict[str, Any]:
    """Measure both, check that they agree on the sample, and return one row of figures."""
    sample = market(SAMPLE, seed=2)
    began = time.perf_counter()
    plain = path_by_path(sample)
    baseline = (time.perf_counter() - began) * PATHS / SAMPLE
    for model, answer in attribute(sample).items():
        for name, credit in answer.credit.items():
            if abs(credit - plain[model][name]) > 1e-6:
                raise AssertionError(f"{model} disagrees with the plain rules about {name}")

    paths = market(PATHS)
    began = time.perf_counter()
    attribute(paths)
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    markov(paths)
    chain = time.perf_counter() - began
    return {
        "bench": "attribution",
        "n": PATHS,
        "seconds": round(seconds, 4),
        "rate": round(PATHS / seconds),
        "baseline": "the same six models path by path in plain Python",
        "baseline_seconds": round(baseline, 2),
        "ratio": round(baseline / seconds, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "note": f"{len(paths.codes):,} touches, {CHANNELS} channels, 30 % converting, counts and "
        f"revenue; exact Markov alone {chain:.3f} s; the baseline ran on {SAMPLE:,} paths of the "
        f"same kind (its Markov without revenue) and is extrapolated; peak_mb is the process's",
    }


if __name__ == "__main__":
    print(run())
