"""Who belongs to which group, by the latest `group` call of each person.

A call's group id is kept in the log row's context, so it is read from there: once for each call,
and remembered.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence

import polars as pl
from sqlalchemy import func, select

from raabta.runtime.asking.stores import Stores
from raabta.storage.state import tables as t

#: How many log rows are read at once.
_CHUNK = 20_000


def group_ids(stores: Stores, calls: Sequence[int]) -> list[str]:
    """The groups that these log rows name, in their order, each once."""
    named = _named(stores, calls)
    return list(dict.fromkeys(named[seq] for seq in calls if seq in named))


def _named(stores: Stores, calls: Sequence[int]) -> dict[int, str]:
    log = t.log.c
    found: dict[int, str] = {}
    for at in range(0, len(calls), _CHUNK):
        seqs = pl.Series(list(calls[at : at + _CHUNK]), dtype=pl.Int64)
        query = select(log.seq, log.context).where(stores.db.among(log.seq, seqs))
        with stores.db.read() as connection:
            for seq, context in connection.execute(query):
                group = json.loads(context).get("groupId") if context else None
                if group is not None:
                    found[seq] = str(group)
    return found


class Groups:
    """Everybody's latest group. Only calls that came since the last question are read."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._lock = threading.Lock()
        self._latest: dict[int, tuple[int, str]] = {}
        self._through = 0

    def members(self, group: str, limit: int) -> tuple[list[int], bool]:
        """At most `limit` people of a group, and whether there are more."""
        with self._lock:
            self._read()
            found = [person for person, (_, name) in self._latest.items() if name == group]
        alive = self._alive(sorted(found))
        return alive[:limit], len(alive) > limit

    def _read(self) -> None:
        calls = self._stores.past().group_calls(self._through)
        named = _named(self._stores, [seq for _, seq in calls])
        for person, seq in calls:
            if seq in named and seq > self._latest.get(person, (0, ""))[0]:
                self._latest[person] = (seq, named[seq])
        self._through = max([self._through, *(seq for _, seq in calls)])

    def _alive(self, people: list[int]) -> list[int]:
        """The people as they are now: whoever was merged into another is that other."""
        p = t.profiles.c
        among = self._stores.db.among(p.id, pl.Series(people, dtype=pl.Int64))
        with self._stores.db.read() as connection:
            query = select(func.coalesce(p.merged_into, p.id)).where(among)
            return sorted(set(connection.scalars(query)))
