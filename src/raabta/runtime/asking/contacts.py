"""How often people were written to, over a span of time up to now."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass

import polars as pl
from sqlalchemy import ColumnElement, case, func, select

from raabta.core.clock import DAY, MINUTE, SECOND, Instant
from raabta.core.errors import InvalidInput
from raabta.runtime.asking.stores import Stores
from raabta.storage.state import tables as t

WINDOW = 30 * DAY
#: How long a count of everybody is good for: so many times what it took, and no longer than this.
REST, KEPT = 100, 5 * MINUTE
#: So many different counts of everybody are kept.
COUNTS = 4

_L = t.ledger.c
_SPAN = re.compile(r"(\d{1,6})(?:(\+)|-(\d{1,6}))?")


@dataclass(frozen=True)
class Counting:
    """Which messages count: those of the last `window` microseconds, with `is_pressure` without
    transactional ones. With `cap`, only people with so many promotional ones are meant."""

    window: int = WINDOW
    is_pressure: bool = False
    cap: int | None = None

    @property
    def messages(self) -> Counting:
        """What is counted, whoever is meant."""
        return Counting(self.window, self.is_pressure)

    def where(self, now: Instant) -> list[ColumnElement[bool]]:
        found = [_L.at > now - self.window, _L.outcome == "sent"]
        return [*found, _L["class"] != "transactional"] if self.is_pressure else found


def span(contacts: str) -> tuple[int, int]:
    """'0', '1-3' or '4+' as the least and the most. Raises InvalidInput."""
    found = _SPAN.fullmatch(contacts.strip())
    if found is None:
        raise InvalidInput(
            f"{contacts!r} is not a number of contacts", field="contacts", remedy="0, 1-3 or 4+"
        )
    low = int(found.group(1))
    most = 2**31 if found.group(2) else int(found.group(3) or low)
    return low, most


def in_range(number: int, contacts: str) -> bool:
    low, high = span(contacts)
    return low <= number <= high


_promotional = func.sum(case((_L["class"] == "promotional", 1), else_=0))


class Contacts:
    """Exact for a page of people; for everybody as of at most five minutes ago."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._lock = threading.Lock()
        self._counts: dict[Counting, tuple[Instant, int, pl.DataFrame]] = {}

    def of(self, people: pl.Series, now: Instant) -> dict[int, tuple[int, Instant | None]]:
        """Messages of the last 30 days, and the instant of the last message ever."""
        mine = (self._stores.db.among(_L.profile, people), _L.outcome == "sent")
        recent = func.count().filter(_L.at > now - WINDOW)
        with self._stores.db.read() as connection:
            rows = connection.execute(
                select(_L.profile, recent, func.max(_L.at)).where(*mine).group_by(_L.profile)
            ).all()
        return {int(profile): (int(n), last) for profile, n, last in rows}

    def numbers(self, people: pl.Series, counting: Counting, now: Instant) -> dict[int, int]:
        """Messages that count, for those of `people` who are meant; nobody without any is."""
        query = (
            select(_L.profile, func.count(), _promotional)
            .where(self._stores.db.among(_L.profile, people), *counting.where(now))
            .group_by(_L.profile)
        )
        with self._stores.db.read() as connection:
            rows = connection.execute(query).all()
        least = counting.cap or 0
        return {int(profile): int(n) for profile, n, promotional in rows if promotional >= least}

    def people(self, contacts: str | None, counting: Counting, now: Instant) -> pl.Series:
        """Profiles with so many contacts, ascending; never those without any."""
        low, high = span(contacts) if contacts is not None else (1, 2**31)
        counts = self._everybody(counting.messages, now)
        wanted = pl.col("n").is_between(low, high)
        if counting.cap is not None:
            wanted &= pl.col("promotional") >= counting.cap
        return counts.filter(wanted)["profile"]

    def _everybody(self, counting: Counting, now: Instant) -> pl.DataFrame:
        with self._lock:  # who asks the same meanwhile waits for the one answer
            as_of, good_for, counts = self._counts.get(counting, (0, 0, None))
            if counts is None or not 0 <= now - as_of < good_for:
                started = time.monotonic()
                counts = self._count(counting, now)
                took = int((time.monotonic() - started) * SECOND)
                self._counts.pop(counting, None)
                self._counts[counting] = (now, min(REST * took, KEPT), counts)
                for oldest in list(self._counts)[:-COUNTS]:
                    del self._counts[oldest]
            return counts

    def _count(self, counting: Counting, now: Instant) -> pl.DataFrame:
        query = select(_L.profile, _L["class"]).where(*counting.where(now))
        with self._stores.db.read() as connection:
            sent = self._stores.db.frame(connection, query)
        promotional = (pl.col("class") == "promotional").sum().cast(pl.Int64)
        counted = sent.group_by("profile").agg(n=pl.len().cast(pl.Int64), promotional=promotional)
        return counted.sort("profile")
