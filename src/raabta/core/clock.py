"""Time as an argument.

Every instant inside Raabta is an ``int``: microseconds since 1970-01-01 UTC. Only the shell
(`runtime`, `api`, `cli`, `lab`) owns a `Clock`; everything below takes instants as arguments.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from raabta.core.errors import InvalidInput

Instant = int

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhdw]\s*)+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """The engine's only source of the present."""

    def now(self) -> Instant: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> Instant:
        return time.time_ns() // 1_000


class FixedClock:
    """A clock that moves only when told to: for tests and for backtests."""

    def __init__(self, at: Instant) -> None:
        self.at = at

    def now(self) -> Instant:
        return self.at


class ScaledClock:
    """Starts at `start`, runs `speed` times faster than `real`, and is real time once it caught up.

    The demo uses it: a week of a shop's life passes in a minute, and then the clock is the wall's.
    """

    def __init__(self, start: Instant, speed: float, real: Callable[[], Instant]) -> None:
        self._start = start
        self._speed = speed
        self._real = real
        self._origin = real()

    def now(self) -> Instant:
        real = self._real()
        return min(real, self._start + int((real - self._origin) * self._speed))


def duration(text: str, field: str = "duration") -> int:
    """Microseconds of '30d', '2h', '90m', '1d 12h'.

    Raises InvalidInput when the text is not a duration; `field` is named in the error.
    """
    if not isinstance(text, str) or not _DURATION.fullmatch(text.strip()):
        raise InvalidInput(
            f"{text!r} is not a duration",
            field=field,
            remedy="write a number and a unit: 30s, 15m, 12h, 7d or 2w (or several: '1d 12h')",
        )
    total = 0.0
    for number, unit in re.findall(r"(\d+(?:\.\d+)?)([smhdw])", text):
        total += float(number) * _UNITS[unit]
    return int(total)


def spell_duration(micros: int) -> str:
    """'7d', '36h', '90s': the shortest exact spelling that `duration` reads back."""
    for unit in ("w", "d", "h", "m"):
        if unit != "w" and micros and micros % _UNITS[unit] == 0:
            return f"{micros // _UNITS[unit]}{unit}"
    return f"{micros / SECOND:g}s"


def instant(text: str, field: str = "time") -> Instant:
    """Instant of an ISO 8601 date or time; without an offset it is UTC."""
    try:
        parsed = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except (ValueError, AttributeError):
        raise InvalidInput(
            f"{text!r} is not a date or time",
            field=field,
            remedy="write ISO 8601, as 2026-03-01 or 2026-03-01T09:30:00+05:00",
        ) from None
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    return to_instant(parsed)


def to_instant(moment: datetime) -> Instant:
    """Exact microseconds of an aware datetime."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def to_datetime(at: Instant) -> datetime:
    return _EPOCH + timedelta(microseconds=at)


def iso(at: Instant) -> str:
    """2026-03-01T09:30:00Z; a fraction of a second only where there is one."""
    return to_datetime(at).isoformat().replace("+00:00", "Z")
