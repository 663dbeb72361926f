"""What a journey really added: people in it against people held out.

Intervals are anytime-valid: they may be looked at every day, and a decision taken on the first
day that they exclude zero is wrong at most `alpha` of the time.
Source: Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, 'Time-uniform central limit theory and
asymptotic confidence sequences', arXiv 2103.06476, theorem 2.2 and section 2.3 (choice of rho),
applied to the difference of two means with s^2 = n (var_1 / n_1 + var_0 / n_0).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from raabta.core.clock import DAY, Instant
from raabta.core.errors import InvalidInput
from raabta.measurement.model import ASSIGNMENTS, CONVERSIONS, Lift, Outcome, checked
from raabta.measurement.words import reason

#: A split this unlikely is a broken experiment, not chance.
SAMPLE_RATIO_ALPHA = 0.0005

#: Each arm needs this many times the squared skewness of people before its mean is near normal.
#: The form is Cochran's (Sampling Techniques, 1977, 2.15, factor 25 for a fixed sample); 10 is the
#: smallest factor that held in simulated null experiments with 100 looks and a 10 % holdout.
SKEW_FACTOR = 10

#: People each arm must expect before the chi-square approximation holds.
SAMPLE_RATIO_FLOOR = 5

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LiftRules:
    """How a lift is read; fixed before the first look.

    `window`: how long after entering outcomes count, microseconds. `pre_period`: how long before
    entering the same outcome is used to reduce noise (CUPED); 0 switches it off. `tightest_at`:
    the number of people at which the interval is tightest for its level. No figure is given while
    either arm has fewer than `min_per_arm` people (more when outcomes are skewed).
    """

    outcome: Outcome = "conversions"
    window: int = 14 * DAY
    pre_period: int = 28 * DAY
    alpha: float = 0.05
    tightest_at: int = 2_000
    min_per_arm: int = 50

    def __post_init__(self) -> None:
        for field, right, remedy in (
            ("outcome", self.outcome in ("conversions", "revenue"), "conversions or revenue"),
            ("window", self.window > 0, "give a duration such as 14d"),
            ("pre_period", self.pre_period >= 0, "give a duration such as 28d, or 0 for none"),
            ("alpha", 0 < self.alpha < 1, "give a number between 0 and 1, such as 0.05"),
            ("tightest_at", self.tightest_at >= 1, "give a number of people, such as 2000"),
            ("min_per_arm", self.min_per_arm >= 2, "give at least 2 people"),
        ):
            if not right:
                raise InvalidInput(
                    f"{getattr(self, field)!r} cannot be used", field=field, remedy=remedy
                )


def multiplier(n: ArrayLike, alpha: float, tightest_at: int) -> _Floats:
    """Half-width of the confidence sequence after `n` people, in standard errors s / sqrt(n).

    sqrt(2 (n rho^2 + 1) / (n rho^2) * ln(sqrt(n rho^2 + 1) / alpha)), with rho such that it is
    tightest about n = `tightest_at`. A fixed-horizon interval has 1.96 here.
    """
    log_alpha = -2.0 * math.log(alpha)
    rho2 = (log_alpha + math.log(log_alpha + 1.0)) / tightest_at
    grown = np.asarray(n, np.float64) * rho2
    return np.asarray(np.sqrt(2.0 * (grown + 1.0) / grown * np.log(np.sqrt(grown + 1.0) / alpha)))


def people_needed(skew_treated: ArrayLike, skew_holdout: ArrayLike, least: int) -> _Floats:
    """How many people each arm needs before an interval can be believed, at least `least`."""
    worst = np.maximum(np.abs(skew_treated), np.abs(skew_holdout))
    return np.asarray(np.maximum(least, np.ceil(SKEW_FACTOR * worst**2)))


def sample_ratio(n_treated: int, n_holdout: int, holdout_share: float) -> float | None:
    """Chi-square probability of so uneven a split; None while either arm expects fewer than 5."""
    total = n_treated + n_holdout
    expected = [total * (1.0 - holdout_share), total * holdout_share]
    if min(expected) < SAMPLE_RATIO_FLOOR:
        return None
    return float(stats.chisquare([n_treated, n_holdout], expected).pvalue)


def person_outcomes(
    assignments: pl.DataFrame,
    conversions: pl.DataFrame,
    *,
    rules: LiftRules,
    until: Instant,
    since: Instant | None = None,
) -> pl.DataFrame:
    """One row a person: profile, holdout, ended, outcome, before.

    A person counts from their first entry, in the arm they had then, whatever they were sent.
    `outcome` is what they did in (entry, entry + window], `before` in [entry - pre_period, entry),
    `ended` whether the window was over at `until`. People whose first entry lies before `since`
    or after `until` are left out.
    """
    people = (
        checked(assignments, ASSIGNMENTS, "assignments")
        .sort("entered_at", "holdout")
        .unique("profile", keep="first", maintain_order=True)
        .filter(pl.col("entered_at") <= until)
        .filter(True if since is None else pl.col("entered_at") >= since)
        .with_columns(ended=pl.col("entered_at") + rules.window <= until)
    )
    counted = (
        pl.lit(1.0)
        if rules.outcome == "conversions"
        else (pl.col("revenue").fill_null(0.0).fill_nan(0.0))
    )
    goals = checked(conversions, CONVERSIONS, "conversions").select("profile", "at", amount=counted)
    entered, at = pl.col("entered_at"), pl.col("at")
    after = (at > entered) & (at <= entered + rules.window)
    earlier = (at < entered) & (at >= entered - rules.pre_period)
    sums = (
        people.lazy()
        .join(goals.lazy(), on="profile")
        .group_by("profile")
        .agg(
            outcome=pl.col("amount").filter(after).sum(),
            before=pl.col("amount").filter(earlier).sum(),
        )
        .collect()
    )
    return (
        people.join(sums, on="profile", how="left", maintain_order="left")
        .with_columns(pl.col("outcome", "before").fill_null(0.0))
        .select("profile", "holdout", "ended", "outcome", "before")
    )


def measure_lift(
    journey: str, people: pl.DataFrame, holdout_share: float, rules: LiftRules
) -> Lift:
    """The lift of one journey from `person_outcomes`; `holdout_share` is the intended one.

    A split that chance does not explain (p < 0.0005) blocks the read-out; too few people give no
    figure at all.
    """
    ended = people.filter("ended")
    treated, held = (ended.filter(pl.col("holdout") == arm) for arm in (False, True))
    held_out = int(people["holdout"].sum())
    lift = Lift(
        journey=journey,
        outcome=rules.outcome,
        verdict="not enough yet",
        reason="",
        n_treated=len(treated),
        n_holdout=len(held),
        waiting=len(people) - len(ended),
        confidence=1.0 - rules.alpha,
        sample_ratio_p=sample_ratio(len(people) - held_out, held_out, holdout_share),
    )
    if lift.sample_ratio_p is not None and lift.sample_ratio_p < SAMPLE_RATIO_ALPHA:
        return replace(
            lift,
            verdict="blocked",
            **_because(
                "uneven",
                held=held_out,
                people=len(people),
                share=holdout_share,
                p=lift.sample_ratio_p,
            ),
        )
    for arm, name in ((held, "held-out"), (treated, "treated")):
        if len(arm) < rules.min_per_arm:
            few = _because("few", arm=name, people=len(arm), needed=rules.min_per_arm)
            return replace(lift, **few)
    theta = cuped_theta(treated, held) if rules.pre_period else None
    arms = _adjusted(treated, held, theta)
    missing = _missing(arms[0], arms[1], rules)
    if missing:
        return replace(lift, **missing)
    return _compared(replace(lift, cuped_theta=theta), arms, rules)


def _adjusted(treated: pl.DataFrame, held: pl.DataFrame, theta: float | None) -> list[_Floats]:
    """Each arm's outcomes, freed of what the past explains."""
    arms = [arm["outcome"].to_numpy() for arm in (treated, held)]
    if theta is None:
        return arms
    before = [arm["before"].to_numpy() for arm in (treated, held)]
    centre = np.concatenate(before).mean()
    return [arm - theta * (past - centre) for arm, past in zip(arms, before, strict=True)]


def _because(code: str, **parts: float | str) -> dict[str, Any]:
    """A lift's reason in words, and with what it takes to tell it in others."""
    because = {"code": code, **parts}
    return {"reason": reason(because), "because": because}


def _missing(treated: _Floats, held: _Floats, rules: LiftRules) -> dict[str, Any]:
    """Why these outcomes cannot be judged yet; empty when they can."""
    for arm, name in ((held, "held-out"), (treated, "treated")):
        if np.ptp(arm) <= 1e-12 * np.abs(arm).max():
            return _because("same", arm=name)
    needed = int(people_needed(stats.skew(treated), stats.skew(held), rules.min_per_arm))
    smaller = min(len(treated), len(held))
    if smaller < needed:
        return _because("skewed", outcome=rules.outcome, needed=needed, people=smaller)
    return {}


def _compared(lift: Lift, arms: list[_Floats], rules: LiftRules) -> Lift:
    means = [float(arm.mean()) for arm in arms]
    errors = [float(arm.var(ddof=1)) / len(arm) for arm in arms]
    factor = float(multiplier(len(arms[0]) + len(arms[1]), rules.alpha, rules.tightest_at))
    absolute = means[0] - means[1]
    half = factor * math.sqrt(sum(errors))
    low, high = absolute - half, absolute + half
    relative = absolute / means[1] if means[1] > 0 else None
    relative_low, relative_high = _relative(means, errors, factor)
    lift = replace(
        lift,
        mean_treated=means[0],
        mean_holdout=means[1],
        absolute=absolute,
        low=low,
        high=high,
        relative=relative,
        relative_low=relative_low,
        relative_high=relative_high,
    )
    level = lift.confidence
    if low <= 0.0 <= high:
        return replace(lift, verdict="undecided", **_because("zero", level=level))
    side = _because("above" if low > 0.0 else "below", level=level)
    return replace(lift, verdict="higher" if low > 0.0 else "lower", **side)


def cuped_theta(treated: pl.DataFrame, held: pl.DataFrame) -> float | None:
    """cov(before, outcome) / var(before), pooled within the arms; None if `before` never varies.

    Deng, Xu, Kohavi & Walker, WSDM 2013. Pooled within arms it is the slope of the regression of
    the outcome on arm and covariate.
    """
    shared = spread = 0.0
    for arm in (treated, held):
        before = arm["before"].to_numpy() - float(arm["before"].to_numpy().mean())
        shared += float(before @ arm["outcome"].to_numpy())
        spread += float(before @ before)
    return shared / spread if spread > 0.0 else None


def _relative(
    means: list[float], errors: list[float], factor: float
) -> tuple[float | None, float | None]:
    """Fieller's interval for treated / holdout - 1: all g for which m1 - g m0 may be zero."""
    (m1, m0), (v1, v0) = means, errors
    a = m0 * m0 - factor**2 * v0
    if a <= 0.0 or m0 <= 0.0:
        return None, None  # the holdout's mean may be zero: a ratio to it has no bounds
    c = m1 * m1 - factor**2 * v1
    root = math.sqrt(max((m1 * m0) ** 2 - a * c, 0.0))
    return (m1 * m0 - root) / a - 1.0, (m1 * m0 + root) / a - 1.0
