"""Lift is read at any time without fooling oneself, or not read at all."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from raabta.core.clock import DAY
from raabta.core.errors import InvalidInput
from raabta.measurement.lift import (
    LiftRules,
    cuped_theta,
    measure_lift,
    multiplier,
    people_needed,
    person_outcomes,
    sample_ratio,
)
from raabta.measurement.model import ASSIGNMENTS, CONVERSIONS

PLAIN = LiftRules(pre_period=0)


def people_of(
    treated: NDArray[np.float64],
    held: NDArray[np.float64],
    before: NDArray[np.float64] | None = None,
) -> pl.DataFrame:
    outcome = np.concatenate([treated, held])
    return pl.DataFrame(
        {
            "profile": np.arange(len(outcome)),
            "holdout": np.arange(len(outcome)) >= len(treated),
            "ended": np.ones(len(outcome), np.bool_),
            "outcome": outcome,
            "before": np.zeros(len(outcome)) if before is None else before,
        }
    )


def test_the_interval_is_the_papers_formula() -> None:
    # Theorem 2.2 and the rule for rho, each written out as printed in arXiv 2103.06476.
    n, alpha, star, s = 700, 0.05, 2_000, 3.0
    rho = math.sqrt((-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / star)
    printed = s * math.sqrt(
        2 * (n * rho**2 + 1) / (n * rho) ** 2 * math.log(math.sqrt(n * rho**2 + 1) / alpha)
    )
    assert float(multiplier(n, alpha, star)) * s / math.sqrt(n) == pytest.approx(printed, rel=1e-12)
    # The square is the bound of the normal-mixture likelihood ratio: its threshold is 1 / alpha.
    z = float(multiplier(n, alpha, star))
    mixture = math.exp(z**2 * n * rho**2 / (2 * (n * rho**2 + 1))) / math.sqrt(n * rho**2 + 1)
    assert mixture == pytest.approx(1 / alpha, rel=1e-9)


def test_the_interval_is_tightest_about_where_it_was_told_to_be_and_wider_than_one_look() -> None:
    counts = np.arange(50, 50_000)
    factors = multiplier(counts, 0.05, 2_000)
    assert counts[factors.argmin()] == pytest.approx(2_000, rel=0.05)
    assert factors.min() > stats.norm.ppf(0.975)


Moments = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def _running(values: NDArray[np.float64]) -> Moments:
    """Count, mean, variance and skewness after each look; values (experiments, looks, people)."""
    count = values.shape[2] * np.arange(1, values.shape[1] + 1)
    mean, square, cube = ((values**k).sum(2).cumsum(1) / count for k in (1, 2, 3))
    spread = np.maximum(square - mean**2, 1e-12)
    skew = (cube - 3 * mean * square + 2 * mean**3) / spread**1.5
    return count, mean, spread * count / (count - 1), skew


def _false_positives(
    treated: NDArray[np.float64], held: NDArray[np.float64]
) -> tuple[float, float]:
    """Share of null experiments that ever excluded zero: by our interval, by the naive z-test."""
    n1, m1, v1, skew1 = _running(treated)
    n0, m0, v0, skew0 = _running(held)
    z = np.abs(m1 - m0) / np.sqrt(v1 / n1 + v0 / n0)
    read = np.minimum(n1, n0) >= people_needed(skew1, skew0, PLAIN.min_per_arm)
    read &= (v1 > 1e-9) & (v0 > 1e-9)
    assert read.any(1).mean() > 0.5  # most of them were read at all
    bound = multiplier(n1 + n0, PLAIN.alpha, PLAIN.tightest_at)
    return float((read & (z > bound)).any(1).mean()), float((read & (z > 1.96)).any(1).mean())


def test_a_hundred_looks_at_nothing_cry_wolf_at_most_one_time_in_twenty() -> None:
    random = np.random.default_rng(20_260)
    ours, naive = _false_positives(
        random.normal(3, 2, (4_000, 100, 20)), random.normal(3, 2, (4_000, 100, 20))
    )
    assert ours <= 0.05
    assert naive > 0.25


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.95])
def test_a_small_holdout_with_rare_orders_does_not_cry_wolf_either(rate: float) -> None:
    random = np.random.default_rng(7)
    ours, naive = _false_positives(
        (random.random((1_000, 100, 90)) < rate).astype(float),
        (random.random((1_000, 100, 10)) < rate).astype(float),
    )
    assert ours <= 0.05
    assert naive > 0.15


@pytest.mark.parametrize(("treated", "held"), [(40, 40), (54, 6)])
def test_skewed_revenue_does_not_cry_wolf_either(treated: int, held: int) -> None:
    random = np.random.default_rng(11)
    spend = [
        random.lognormal(3, 0.9, (1_000, 100, size)) * (random.random((1_000, 100, size)) < 0.5)
        for size in (treated, held)
    ]
    assert _false_positives(*spend)[0] <= 0.05


def test_a_real_effect_is_found_with_its_size() -> None:
    random = np.random.default_rng(3)
    people = people_of(
        random.poisson(1.5, 4_000).astype(np.float64), random.poisson(1.0, 4_000).astype(np.float64)
    )
    lift = measure_lift("win-back", people, 0.5, PLAIN)
    assert lift.verdict == "higher" and lift.decided
    assert lift.low is not None and lift.high is not None
    assert lift.relative_low is not None and lift.relative_high is not None
    assert lift.low < 0.5 < lift.high
    assert lift.relative_low < 0.5 < lift.relative_high
    assert lift.to_json()["decided"] is True


def test_means_and_standard_error_agree_with_welch() -> None:
    random = np.random.default_rng(5)
    treated, held = random.normal(4, 1, 900), random.normal(4, 3, 100)
    lift = measure_lift("j", people_of(treated, held), 0.1, PLAIN)
    welch = stats.ttest_ind(treated, held, equal_var=False)
    assert lift.absolute == pytest.approx(treated.mean() - held.mean())
    assert lift.absolute is not None and lift.high is not None and lift.low is not None
    error = (lift.high - lift.low) / 2 / float(multiplier(1_000, 0.05, 2_000))
    assert lift.absolute / error == pytest.approx(float(welch.statistic), rel=1e-9)


def test_cuped_equals_the_regression_on_arm_and_past_and_narrows_the_interval() -> None:
    random = np.random.default_rng(9)
    before = random.gamma(2, 2, 2_000)
    after = before + random.normal(0, 1, 2_000)
    after[:1_000] += 0.4
    people = people_of(after[:1_000], after[1_000:], before)
    design = np.column_stack([np.ones(2_000), np.arange(2_000) < 1_000, before])
    slopes = np.linalg.lstsq(design, after, rcond=None)[0]
    lift = measure_lift("j", people, 0.5, LiftRules())
    assert lift.absolute == pytest.approx(slopes[1], rel=1e-9)
    assert lift.cuped_theta == pytest.approx(slopes[2], rel=1e-9)
    plain = measure_lift("j", people, 0.5, PLAIN)
    assert plain.cuped_theta is None
    assert None not in (lift.low, lift.high, plain.low, plain.high)
    assert lift.high - lift.low < 0.5 * (plain.high - plain.low)  # type: ignore[operator]


def test_a_past_in_which_nobody_did_anything_changes_nothing() -> None:
    arm = people_of(np.arange(60.0), np.arange(60.0))
    assert cuped_theta(arm.filter(~pl.col("holdout")), arm.filter("holdout")) is None


def test_the_sample_ratio_is_pearsons_chi_square() -> None:
    # (520 - 500)^2 / 500 twice is 1.6; erfc(sqrt(1.6 / 2)) is its tail with one degree of freedom.
    assert sample_ratio(520, 480, 0.5) == pytest.approx(math.erfc(math.sqrt(0.8)), rel=1e-9)
    assert sample_ratio(20, 3, 0.1) is None


def test_a_broken_split_blocks_the_read_out_and_says_so() -> None:
    people = people_of(np.arange(1_000.0), np.arange(200.0))
    lift = measure_lift("j", people, 0.1, PLAIN)
    assert lift.verdict == "blocked" and not lift.decided
    assert (lift.absolute, lift.low, lift.relative) == (None, None, None)
    assert "200 of 1,200" in lift.reason and "10%" in lift.reason


@pytest.mark.parametrize(
    ("treated", "held", "words"),
    [
        (np.ones(500), np.ones(30), "30 held-out people"),
        (np.ones(30), np.ones(30), "30 held-out people"),
        (np.arange(500.0), np.eye(60)[0] * 1.0, "few people account for most of the conversions"),
        (np.arange(500.0), np.ones(60), "all held-out people did the same"),
    ],
)
def test_too_few_people_get_no_number_to_believe(
    treated: NDArray[np.float64], held: NDArray[np.float64], words: str
) -> None:
    share = len(held) / (len(held) + len(treated))
    lift = measure_lift("j", people_of(treated, held), share, PLAIN)
    assert lift.verdict == "not enough yet"
    assert words in lift.reason
    assert (lift.absolute, lift.low, lift.high, lift.relative) == (None, None, None, None)


def test_no_difference_is_called_undecided() -> None:
    arm = np.arange(100.0)
    lift = measure_lift("j", people_of(arm, arm), 0.5, PLAIN)
    assert lift.verdict == "undecided" and lift.absolute == 0.0


@given(st.floats(0.1, 5), st.floats(-0.5, 1.0), st.integers(60, 400), st.integers(0, 10_000))
def test_absolute_and_relative_interval_always_agree_about_zero(
    mean: float, effect: float, size: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    held = random.normal(mean, 1, size)
    lift = measure_lift("j", people_of(random.normal(mean + effect, 1, size), held), 0.5, PLAIN)
    assert lift.low is not None and lift.high is not None
    if lift.relative_low is not None and lift.relative_high is not None:
        assert (lift.low > 0) == (lift.relative_low > 0)
        assert (lift.high < 0) == (lift.relative_high < 0)


def test_a_person_counts_once_from_their_first_entry_and_by_intention_to_treat() -> None:
    entries = pl.DataFrame(
        [
            (1, 100 * DAY, False),
            (1, 120 * DAY, False),
            (2, 100 * DAY, True),
            (3, 195 * DAY, False),
            (4, 50 * DAY, False),
            (5, 300 * DAY, True),
        ],
        ASSIGNMENTS,
        orient="row",
    )
    orders = [
        (1, 71 * DAY),
        (1, 72 * DAY),
        (1, 99 * DAY),
        (1, 100 * DAY),
        (1, 101 * DAY),
        (1, 114 * DAY),
        (1, 115 * DAY),
        (2, 110 * DAY),
    ]
    goals = pl.DataFrame(
        [(p, at, i, 2.5) for i, (p, at) in enumerate(orders)], CONVERSIONS, orient="row"
    )
    rules = LiftRules(outcome="revenue")
    people = person_outcomes(entries, goals, rules=rules, since=90 * DAY, until=200 * DAY)
    assert people.sort("profile").rows() == [
        (1, False, True, 5.0, 5.0),  # the order that brought them in is neither before nor after
        (2, True, True, 2.5, 0.0),
        (3, False, False, 0.0, 0.0),  # their window is still open
    ]
    assert measure_lift("j", people, 0.5, rules).waiting == 1


def test_rules_that_cannot_work_are_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        LiftRules(alpha=1.5)
    assert refused.value.field == "alpha"
