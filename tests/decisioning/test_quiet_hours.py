"""Quiet hours are those of the person's own clock, also when the clocks change."""

from __future__ import annotations

from datetime import time

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from oracle.decisions import quiet_end
from raabta.core.clock import MINUTE, instant, iso
from raabta.decisioning.model import Policy, QuietHours
from raabta.decisioning.quiet import quiet_until

NIGHT = QuietHours(start=time(21), end=time(8))

#: when, zone, quiet hours, until
TABLE = [
    ("2026-03-10T12:00Z", "UTC", NIGHT, None),
    ("2026-03-10T21:00Z", "UTC", NIGHT, "2026-03-11T08:00Z"),  # the first quiet minute
    ("2026-03-10T23:59Z", "UTC", NIGHT, "2026-03-11T08:00Z"),
    ("2026-03-11T07:59Z", "UTC", NIGHT, "2026-03-11T08:00Z"),
    ("2026-03-11T08:00Z", "UTC", NIGHT, None),  # the end is not quiet any more
    ("2026-03-10T16:30Z", "Asia/Karachi", NIGHT, "2026-03-11T03:00Z"),
    ("2026-03-10T16:30Z", "Mars/Olympus", NIGHT, None),  # unknown: the workspace's UTC
    ("2026-03-10T22:30Z", None, NIGHT, "2026-03-11T08:00Z"),
    # the night in which Berlin loses an hour, and the one in which it gains one
    ("2026-03-28T21:00Z", "Europe/Berlin", NIGHT, "2026-03-29T06:00Z"),
    ("2026-10-24T21:00Z", "Europe/Berlin", NIGHT, "2026-10-25T07:00Z"),
    # an end that the clocks leap over is an hour later
    (
        "2026-03-29T00:30Z",
        "Europe/Berlin",
        QuietHours(start=time(1), end=time(2, 30)),
        "2026-03-29T01:30Z",
    ),
    # an end that comes twice is the next one
    (
        "2026-10-25T00:15Z",
        "Europe/Berlin",
        QuietHours(start=time(1), end=time(2, 30)),
        "2026-10-25T00:30Z",
    ),
    ("2026-10-25T00:45Z", "Europe/Berlin", QuietHours(start=time(1), end=time(2, 30)), None),
    (
        "2026-10-25T01:15Z",
        "Europe/Berlin",
        QuietHours(start=time(1), end=time(2, 30)),
        "2026-10-25T01:30Z",
    ),
    # by day
    ("2026-03-10T12:30Z", "UTC", QuietHours(start=time(12), end=time(14)), "2026-03-10T14:00Z"),
]


@pytest.mark.parametrize(("at", "zone", "hours", "until"), TABLE)
def test_quiet_hours_end_at_the_persons_own_wall_clock(
    at: str, zone: str | None, hours: QuietHours, until: str | None
) -> None:
    zones = pl.Series([zone], dtype=pl.String)
    found = quiet_until(pl.Series([instant(at)]), zones, hours, "UTC").to_list()
    assert [iso(f) if f else None for f in found] == [iso(instant(until)) if until else None]


_ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Karachi",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Africa/Casablanca",
]
_clock = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30, 45]))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.integers(instant("2026-01-01") // MINUTE, instant("2027-01-01") // MINUTE), min_size=1
    ),
    st.sampled_from(_ZONES),
    _clock,
    _clock,
)
def test_the_column_agrees_with_a_walk_along_the_local_clock(
    minutes: list[int], zone: str, start: time, end: time
) -> None:
    if start == end:
        return
    hours = QuietHours(start=start, end=end)
    at = pl.Series([m * MINUTE for m in minutes])
    found = quiet_until(at, pl.Series([zone] * len(minutes)), hours, "UTC").to_list()
    assert found == [quiet_end(a, zone, hours) for a in at.to_list()]
    assert all(f > a for f, a in zip(found, at.to_list(), strict=True) if f is not None)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(_ZONES), _clock, _clock)
def test_no_change_of_the_clocks_puts_an_end_into_the_past(
    zone: str, start: time, end: time
) -> None:
    """Every quarter of an hour of the nights around all changes of the year."""
    if start == end:
        return
    nights = [
        "2026-02-15",
        "2026-03-08",
        "2026-03-22",
        "2026-03-29",
        "2026-04-05",
        "2026-10-04",
        "2026-10-25",
        "2026-11-01",
    ]
    quarter = 15 * MINUTE
    at = [instant(n) - 24 * 4 * quarter + k * quarter for n in nights for k in range(72 * 4)]
    hours = QuietHours(start=start, end=end)
    found = quiet_until(pl.Series(at), pl.Series([zone] * len(at)), hours, "UTC").to_list()
    assert found == [quiet_end(a, zone, hours) for a in at]


def test_a_policy_that_cannot_hold_is_refused() -> None:
    for source in (
        {"timezone": "Mars/Olympus"},
        {"quiet_hours": {"start": "08:00", "end": "08:00"}},
        {"caps": {"promotional": {"max": 1, "window": "soon"}}},
        {"caps": {"promotional": {"max": -1, "window": "1d"}}},
        {"caps": {"transactional": {"max": 1, "window": "1d"}}},
        {"holdout": "110%"},
        {"capz": {}},
    ):
        with pytest.raises(ValidationError):
            Policy.model_validate(source)
    assert Policy.model_validate({"holdout": "10%"}).holdout == 0.1
