"""One shape for every benchmark's line."""

from __future__ import annotations

import resource
from typing import Any


def line(
    bench: str,
    n: int,
    seconds: float,
    baseline: str,
    baseline_seconds: float,
    note: str,
    *,
    baseline_n: int | None = None,
) -> dict[str, Any]:
    """`ratio` is our rate over the baseline's, so above 1 we are faster.

    `peak_mb` is the highest resident memory of this process so far and of its children.
    """
    peak = max(
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
    )
    rate = n / seconds
    baseline_rate = (n if baseline_n is None else baseline_n) / baseline_seconds
    return {
        "bench": bench,
        "n": n,
        "seconds": round(seconds, 3),
        "rate": round(rate),
        "baseline": baseline,
        "baseline_seconds": round(baseline_seconds, 3),
        "ratio": round(rate / baseline_rate, 3),
        "peak_mb": round(peak / 1024),
        "note": note,
    }
