"""The list of people: searched, and narrowed to a segment, a step, a number of contacts, or when
they became known.

Each question has one source that yields profiles in an order of its own, as (place, id); whatever
else is asked is then looked up for those alone. A page that finds few looks no longer than
`PATIENCE` and says where to go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl
from sqlalchemy import ColumnElement, or_, select, tuple_

from raabta.core.clock import Instant, iso
from raabta.core.errors import InvalidInput
from raabta.runtime.asking.contacts import Contacts, Counting, in_range
from raabta.runtime.asking.search import Found, Place, Source, search
from raabta.runtime.asking.steps import step_places
from raabta.runtime.asking.stores import Known, Stores, from_cursor, known, to_cursor
from raabta.storage.state import tables as t

#: A page that finds few people stops looking after this many seconds.
PATIENCE = 0.15
#: How many candidates are taken at once.
CHUNK = 500

_P, _M, _E = t.profiles.c, t.memberships.c, t.enrollments.c


@dataclass(frozen=True)
class PeopleQuery:
    """What is asked for; see the API's description of each."""

    q: str = ""
    segment: str | None = None
    journey: str | None = None
    step: str | None = None
    contacts: str | None = None
    counting: Counting = field(default_factory=Counting)
    created_from: Instant | None = None
    created_to: Instant | None = None
    sort: Literal["newest", "oldest"] = "newest"
    cursor: str | None = None
    limit: int = 50


class People:
    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._contacts = Contacts(stores)

    def page(self, asked: PeopleQuery, now: Instant) -> dict[str, Any]:
        """Raises InvalidInput for a step without its journey, or contacts that are no span."""
        if asked.step is not None and asked.journey is None:
            raise InvalidInput("needs its journey", field="step", remedy="add journey=...")
        place = from_cursor(asked.cursor, int, str, int)
        start = (place[0], place[1], place[2]) if place else None
        found: list[Found] = []
        more: Found | None = None
        started = time.monotonic()
        for chunk in self._source(asked, start, now):
            kept = self._kept(asked, chunk, now)
            found += [one for one in chunk if one.id in kept]
            if len(found) > asked.limit:
                found, more = found[: asked.limit], found[asked.limit - 1]
                break
            if chunk and time.monotonic() - started > PATIENCE:
                more = chunk[-1]
                break
        return {
            "profiles": self._shown(asked, [one.id for one in found], now),
            "next": to_cursor(more.phase, more.order, more.id) if more else None,
        }

    # --- sources ----------------------------------------------------------------------------

    def _source(self, asked: PeopleQuery, place: Place, now: Instant) -> Source:
        if asked.q.strip():
            return search(self._stores, asked.q.strip(), place)
        if asked.journey is not None:
            return self._by_id(self._in_journey(asked), place)
        if asked.segment is not None:
            return self._by_id(self._in_segment(asked.segment), place)
        if asked.counting.cap is not None or (
            asked.contacts is not None and not in_range(0, asked.contacts)
        ):
            return self._by_id(self._contacted(asked, now), place)
        if asked.created_from is not None or asked.created_to is not None:
            return self._created(asked, place)
        return self._everybody(place, newest_first=asked.sort == "newest")

    def _by_id(self, take: Callable[[int], list[int]], place: Place) -> Source:
        """Chunks of profiles above an id, ascending."""
        after = place[2] if place else -1
        while ids := take(after):
            yield [Found(0, "", one) for one in ids]
            after = ids[-1]

    def _in_segment(self, segment: str) -> Callable[[int], list[int]]:
        def take(after: int) -> list[int]:
            query = select(_M.profile).where(_M.segment == segment, _M.profile > after, _M.member)
            with self._stores.db.read() as connection:
                return list(connection.scalars(query.order_by(_M.profile).limit(CHUNK)))

        return take

    def _in_journey(self, asked: PeopleQuery) -> Callable[[int], list[int]]:
        where = self._inside(asked)

        def take(after: int) -> list[int]:
            query = select(_E.profile).where(where, _E.profile > after).distinct()
            with self._stores.db.read() as connection:
                return list(connection.scalars(query.order_by(_E.profile).limit(CHUNK)))

        return take

    def _inside(self, asked: PeopleQuery) -> Any:
        """Live enrollments in the journey, at the step where one is asked for."""
        where = (_E.journey == asked.journey) & _E.ended_at.is_(None)
        if asked.step is None:
            return where
        places = step_places(self._stores, asked.journey or "", asked.step)
        return where & or_(
            *((_E.version == version) & (_E.step == index) for version, index in places)
        )

    def _contacted(self, asked: PeopleQuery, now: Instant) -> Callable[[int], list[int]]:
        ids = self._contacts.people(asked.contacts, asked.counting, now)

        def take(after: int) -> list[int]:
            return ids.filter(ids > after).head(CHUNK).to_list()

        return take

    def _created(self, asked: PeopleQuery, place: Place) -> Source:
        """Those who became known in a span of time, by when they did."""
        newest_first = asked.sort == "newest"
        last = (place[0], place[2]) if place else None
        key = tuple_(_P.created_at, _P.id)
        order = (_P.created_at.desc(), _P.id.desc()) if newest_first else (_P.created_at, _P.id)
        while True:
            query = select(_P.created_at, _P.id).where(_P.merged_into.is_(None), *_between(asked))
            if last is not None:
                query = query.where(key < last if newest_first else key > last)
            with self._stores.db.read() as connection:
                rows = connection.execute(query.order_by(*order).limit(CHUNK)).all()
            if not rows:
                return
            yield [Found(row.created_at, "", row.id) for row in rows]
            last = (rows[-1].created_at, rows[-1].id)

    def _everybody(self, place: Place, *, newest_first: bool) -> Source:
        """In the order in which they became known: a profile's id is the place in the log of the
        first event about it."""
        last = place[2] if place else None
        while True:
            query = select(_P.id).where(_P.merged_into.is_(None))
            if last is not None:
                query = query.where(_P.id < last if newest_first else _P.id > last)
            order = _P.id.desc() if newest_first else _P.id.asc()
            with self._stores.db.read() as connection:
                ids = list(connection.scalars(query.order_by(order).limit(CHUNK)))
            if not ids:
                return
            yield [Found(0, "", one) for one in ids]
            last = ids[-1]

    # --- whatever else is asked -------------------------------------------------------------

    def _kept(self, asked: PeopleQuery, chunk: list[Found], now: Instant) -> set[int]:
        ids = pl.Series([one.id for one in chunk], dtype=pl.Int64)
        kept = set(ids.to_list())
        among = self._stores.db.among
        with self._stores.db.read() as connection:
            if asked.segment is not None:
                query = select(_M.profile).where(
                    _M.segment == asked.segment, among(_M.profile, ids), _M.member
                )
                kept &= set(connection.scalars(query))
            if asked.journey is not None:
                query = select(_E.profile).where(among(_E.profile, ids), self._inside(asked))
                kept &= set(connection.scalars(query))
            if asked.created_from is not None or asked.created_to is not None:
                query = select(_P.id).where(among(_P.id, ids), *_between(asked))
                kept &= set(connection.scalars(query))
        if asked.contacts is not None or asked.counting.cap is not None:
            counts = self._contacts.numbers(ids, asked.counting, now)
            if asked.counting.cap is not None:
                kept &= set(counts)
            if asked.contacts is not None:
                kept = {one for one in kept if in_range(counts.get(one, 0), asked.contacts)}
        return kept

    def _shown(self, asked: PeopleQuery, ids: list[int], now: Instant) -> list[dict[str, Any]]:
        column = pl.Series(ids, dtype=pl.Int64)
        people = known(self._stores, ids)
        contacts = self._contacts.of(column, now)
        since, due = self._places(asked, column)
        rows = [
            _row(people[one], contacts.get(one, (0, None)), since.get(one), due.get(one))
            for one in ids
            if one in people
        ]
        if asked.counting != Counting():
            numbers = self._contacts.numbers(column, asked.counting.messages, now)
            for row in rows:
                row["contacts"] = numbers.get(int(row["id"]), 0)
        return rows

    def _places(
        self, asked: PeopleQuery, ids: pl.Series
    ) -> tuple[dict[int, Instant], dict[int, Instant | None]]:
        """Since when each is at the step or in the segment, and when the step goes on."""
        among = self._stores.db.among
        with self._stores.db.read() as connection:
            if asked.journey is not None:
                rows = connection.execute(
                    select(_E.profile, _E.since, _E.due_at).where(
                        among(_E.profile, ids), self._inside(asked)
                    )
                ).all()
                return {r.profile: r.since for r in rows}, {r.profile: r.due_at for r in rows}
            if asked.segment is not None:
                query = select(_M.profile, _M.since).where(
                    _M.segment == asked.segment, among(_M.profile, ids), _M.member
                )
                return {row.profile: row.since for row in connection.execute(query)}, {}
        return {}, {}


def _between(asked: PeopleQuery) -> list[ColumnElement[bool]]:
    """Who became known in the span that is asked for."""
    found = []
    if asked.created_from is not None:
        found.append(_P.created_at >= asked.created_from)
    if asked.created_to is not None:
        found.append(_P.created_at < asked.created_to)
    return found


def _row(
    person: Known, contacts: tuple[int, Instant | None], since: Instant | None, due: Instant | None
) -> dict[str, Any]:
    def spelled(at: Instant | None) -> str | None:
        return iso(at) if at is not None else None

    return {
        "id": str(person.id),
        "name": person.name,
        "email": person.email,
        "user_id": person.user_id,
        "anonymous_id": person.anonymous_id,
        "created_at": iso(person.created_at),
        "contacts_30d": contacts[0],
        "last_contact_at": spelled(contacts[1]),
        "since": spelled(since),
        "due_at": spelled(due),
    }
