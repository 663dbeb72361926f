"""Days of the workspace's own time zone, as instants and as slots of the tallies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from raabta.core.clock import Instant, to_datetime, to_instant
from raabta.core.frames import SLOT
from raabta.storage.state.tallies import EVER


def day_of(at: Instant, zone: ZoneInfo) -> date:
    return to_datetime(at).astimezone(zone).date()


def start_of(day: date, zone: ZoneInfo) -> Instant:
    return to_instant(datetime.combine(day, time(), tzinfo=zone))


@dataclass(frozen=True)
class Days:
    """Days in a row. `bounds` are their starts and the end of the last one."""

    dates: tuple[date, ...]
    bounds: tuple[Instant, ...]

    @classmethod
    def around(cls, now: Instant, zone: ZoneInfo, *, before: int, after: int) -> Days:
        """Today with so many days before and after it."""
        today = day_of(now, zone)
        dates = [today + timedelta(days=n) for n in range(-before, after + 1)]
        ends = [*dates, dates[-1] + timedelta(days=1)]
        return cls(tuple(dates), tuple(start_of(day, zone) for day in ends))

    @property
    def slots(self) -> list[int]:
        """The bounds as slots; what lies after the days counts as the last of them."""
        return [*(at // SLOT for at in self.bounds[:-1]), EVER]
