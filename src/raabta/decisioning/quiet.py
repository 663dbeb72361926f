"""Quiet hours in each person's own time zone, for a whole column at once."""

from __future__ import annotations

from typing import Literal
from zoneinfo import available_timezones

import polars as pl

from raabta.core.clock import DAY, HOUR
from raabta.decisioning.model import QuietHours

_ZONES = available_timezones()


def quiet_until(at: pl.Series, zones: pl.Series, hours: QuietHours, default_zone: str) -> pl.Series:
    """For each instant the end of the quiet hours it falls into, or null when it is not quiet.

    `at` is Int64 microseconds, `zones` time zone names; an unknown or missing zone is the
    workspace's. The end is a local wall-clock time, so it is right across changes of the clocks: a
    local time that the clocks leap over is taken an hour later, one that comes twice is the first
    that is still ahead.
    """
    frame = pl.DataFrame({"at": at, "zone": zones}).with_row_index("row")
    frame = frame.with_columns(
        zone=pl.when(pl.col("zone").is_in(list(_ZONES)))
        .then(pl.col("zone"))
        .otherwise(pl.lit(default_zone))
    )
    parts = [
        _in_zone(part, str(zone), hours)
        for (zone,), part in frame.group_by("zone", maintain_order=True)
    ]
    if not parts:
        return pl.Series("until", [], dtype=pl.Int64)
    return pl.concat(parts).sort("row")["until"]


def _in_zone(part: pl.DataFrame, zone: str, hours: QuietHours) -> pl.DataFrame:
    start = _of_day(hours.start)
    end = _of_day(hours.end)
    utc = pl.col("at").cast(pl.Datetime("us", "UTC"))
    local = utc.dt.convert_time_zone(zone).dt.replace_time_zone(None).cast(pl.Int64)
    part = part.with_columns(local=local)
    clock = pl.col("local") % DAY
    midnight = pl.col("local") - clock
    if start > end:  # spans midnight
        is_quiet = (clock >= start) | (clock < end)
        wall = pl.when(clock >= start).then(midnight + DAY + end).otherwise(midnight + end)
    else:
        is_quiet = (clock >= start) & (clock < end)
        wall = midnight + end
    part = part.with_columns(wall=pl.when(is_quiet).then(wall))
    first = _to_utc(pl.col("wall"), zone)
    # in the hour that comes twice, the first end may already lie behind
    again = _to_utc(pl.col("wall"), zone, "latest")
    until = pl.when(first > pl.col("at")).then(first).otherwise(again)
    skipped = _to_utc(pl.col("wall") + HOUR, zone)
    return part.select("row", until=pl.coalesce(until, skipped))


def _to_utc(
    wall: pl.Expr, zone: str, ambiguous: Literal["earliest", "latest"] = "earliest"
) -> pl.Expr:
    return (
        wall.cast(pl.Datetime("us"))
        .dt.replace_time_zone(zone, ambiguous=ambiguous, non_existent="null")
        .dt.convert_time_zone("UTC")
        .cast(pl.Int64)
    )


def _of_day(moment: object) -> int:
    hour, minute = getattr(moment, "hour", 0), getattr(moment, "minute", 0)
    return int(hour) * HOUR + int(minute) * (HOUR // 60)
