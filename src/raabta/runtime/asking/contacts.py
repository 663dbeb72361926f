"""How often people were written to in the last 30 days."""

from __future__ import annotations

import re
import threading

import polars as pl
from sqlalchemy import func, select

from raabta.core.clock import DAY, MINUTE, Instant
from raabta.core.errors import InvalidInput
from raabta.runtime.asking.stores import Stores
from raabta.storage.state import tables as t

WINDOW = 30 * DAY
#: How long a count of everybody is good for.
KEPT = 5 * MINUTE

_L = t.ledger.c
_SPAN = re.compile(r"(\d{1,6})(?:(\+)|-(\d{1,6}))?")


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


class Contacts:
    """Exact for a page of people; for everybody as of at most five minutes ago."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._lock = threading.Lock()
        self._counts: pl.DataFrame | None = None
        self._as_of = 0

    def of(self, people: pl.Series, now: Instant) -> dict[int, tuple[int, Instant | None]]:
        """Messages of the last 30 days, and the instant of the last message ever."""
        mine = (self._stores.db.among(_L.profile, people), _L.outcome == "sent")
        recent = func.count().filter(_L.at > now - WINDOW)
        with self._stores.db.read() as connection:
            rows = connection.execute(
                select(_L.profile, recent, func.max(_L.at)).where(*mine).group_by(_L.profile)
            ).all()
        return {int(profile): (int(n), last) for profile, n, last in rows}

    def people(self, contacts: str, now: Instant) -> pl.Series:
        """Profiles with so many contacts, ascending; for spans that leave out zero."""
        low, high = span(contacts)
        counts = self._everybody(now)
        return counts.filter(pl.col("n").is_between(low, high))["profile"]

    def _everybody(self, now: Instant) -> pl.DataFrame:
        with self._lock:
            if self._counts is None or not 0 <= now - self._as_of < KEPT:
                self._counts, self._as_of = self._count(now), now
            return self._counts

    def _count(self, now: Instant) -> pl.DataFrame:
        query = select(_L.profile).where(_L.at > now - WINDOW, _L.outcome == "sent")
        with self._stores.db.read() as connection:
            sent = self._stores.db.frame(connection, query)
        return sent.group_by("profile").agg(n=pl.len().cast(pl.Int64)).sort("profile")
