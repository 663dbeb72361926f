"""The same figures told in every language."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from raabta.measurement.lift import LiftRules, measure_lift
from raabta.measurement.words import _REASONS, NO_NULL_PATHS, reason, retold

PLAIN = LiftRules(pre_period=0)


def people(treated: list[float], held: list[float]) -> pl.DataFrame:
    both = np.array([*treated, *held])
    return pl.DataFrame(
        {
            "profile": range(len(both)),
            "holdout": [False] * len(treated) + [True] * len(held),
            "ended": True,
            "outcome": both,
            "before": 0.0,
        }
    )


CASES = {
    "uneven": people([1.0] * 1_000, [1.0] * 400),
    "few": people([0.0, 1.0] * 30, [1.0] * 7),
    "same": people([0.0, 1.0] * 300, [1.0] * 60),
    "skewed": people([0.0, 1.0] * 300, [0.0] * 59 + [1.0]),
    "zero": people([0.0, 1.0] * 300, [0.0, 1.0] * 30),
    "above": people([9.0, 10.0] * 300, [0.0, 1.0] * 30),
    "below": people([0.0, 1.0] * 300, [9.0, 10.0] * 30),
}


@pytest.mark.parametrize("code", CASES)
def test_a_lift_keeps_its_reason_with_the_numbers_it_takes(code: str) -> None:
    share = 0.1 if code == "uneven" else CASES[code]["holdout"].mean()
    assert isinstance(share, float)
    lift = measure_lift("j", CASES[code], share, PLAIN)
    assert lift.because["code"] == code
    assert lift.reason == reason(lift.because, "en")
    urdu = reason(lift.because, "ur")
    assert urdu != lift.reason
    assert not {"held-out", "treated", "conversions"} & set(urdu.split())


def test_every_reason_is_known_in_every_language() -> None:
    assert set(_REASONS["en"]) == set(_REASONS["ur"]) == set(CASES)


def test_a_report_kept_before_reasons_had_numbers_is_shown_as_it_is() -> None:
    old = {"lift": [{"journey": "j", "reason": "Not enough yet."}], "notes": {}}
    assert retold(old, "ur") == old
    told = retold({"lift": [], "notes": {"markov": [NO_NULL_PATHS, "?"]}}, "ur")
    assert told["notes"]["markov"][0] != NO_NULL_PATHS
    assert told["notes"]["markov"][1] == "?"
