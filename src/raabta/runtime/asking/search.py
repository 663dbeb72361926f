"""Finding people by anything that is known of them.

First those of whom an identifier begins with the text, then those whose profile id does, then those
of whom a trait contains it. Everybody comes once, at the first of these places.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, func, or_, select

from raabta.runtime.asking.stores import Stores
from raabta.storage.state import tables as t

#: How many candidates are taken at once.
CHUNK = 500
#: Identifiers in the order in which they are looked at.
_KINDS = ("user_id", "anonymous_id")
_BY_ID, _BY_TRAIT = 2, 3

_I, _P = t.identifiers.c, t.profiles.c


@dataclass(frozen=True)
class Found:
    """A candidate with its place in its source: the phase, what orders it there, the profile."""

    phase: int
    order: str
    id: int


Source = Iterator[list[Found]]
Place = tuple[int, str, int] | None


def search(stores: Stores, text: str, place: Place) -> Source:
    """Chunks of matches that come after `place`."""
    phase = place[0] if place else 0
    for number in range(max(phase, 0), len(_KINDS)):
        yield from _by_identifier(stores, text, number, place if number == phase else None)
    if phase <= _BY_ID:
        after = place[2] if place and phase == _BY_ID else -1
        yield from _by_profile_id(stores, text, after)
    after = place[2] if place and phase == _BY_TRAIT else -1
    yield from _by_trait(stores, text, after)


def _begins(stores: Stores, column: Any, text: str, after: str = "") -> list[ColumnElement[bool]]:
    """That a column begins with a text, as it is written or in small letters, and comes after a
    value; in the order of the column. Each is one range of an index: both at once would be none."""
    spellings = sorted({text, text.lower()})
    if stores.db.is_sqlite:  # its LIKE uses no index; its texts are ordered by code point
        return [
            (column > after if after >= s else column >= s) & (column < s + "\U0010ffff")
            for s in spellings
        ]
    begins = or_(*(column.startswith(s, autoescape=True) for s in spellings))
    return [begins & (column > after) if after else begins]


def _by_identifier(stores: Stores, text: str, number: int, place: Place) -> Source:
    after = place[1] if place else ""
    while True:
        rows: list[Any] = []
        with stores.db.read() as connection:
            for begins in _begins(stores, _I.value, text, after):
                query = (
                    select(_I.value, _I.profile)
                    .where(_I.kind == _KINDS[number], begins)
                    .order_by(_I.value)
                    .limit(CHUNK - len(rows))
                )
                rows += connection.execute(query).all()
        if not rows:
            return
        first = _first_identifiers(stores, text, [row.profile for row in rows])
        yield [
            Found(number, row.value, row.profile)
            for row in rows
            if first.get(row.profile) == (number, row.value)
        ]
        after = rows[-1].value


def _first_identifiers(
    stores: Stores, text: str, profiles: list[int]
) -> dict[int, tuple[int, str]]:
    """Where each profile comes among the matches of identifiers, if it does."""
    among = stores.db.among(_I.profile, pl.Series(profiles, dtype=pl.Int64))
    query = select(_I.profile, _I.kind, _I.value).where(
        among, _I.kind.in_(_KINDS), or_(*_begins(stores, _I.value, text))
    )
    found: dict[int, tuple[int, str]] = {}
    with stores.db.read() as connection:
        by_kind = [
            (profile, _KINDS.index(kind), value)
            for profile, kind, value in connection.execute(query.order_by(_I.value))
        ]
    for profile, number, value in by_kind:
        if profile not in found or number < found[profile][0]:
            found[profile] = (number, value)
    return found


def _by_profile_id(stores: Stores, text: str, after: int) -> Source:
    for low, high in _spans(text):
        start = max(low, after + 1)
        while start <= high:
            query = select(_P.id).where(_P.id >= start, _P.id <= high, _P.merged_into.is_(None))
            with stores.db.read() as connection:
                ids = list(connection.scalars(query.order_by(_P.id).limit(CHUNK)))
            if not ids:
                break
            known = _first_identifiers(stores, text, ids)
            yield [Found(_BY_ID, "", one) for one in ids if one not in known]
            start = ids[-1] + 1


def _spans(text: str) -> list[tuple[int, int]]:
    """The profile ids (up to 63 bits) that begin with these digits, ascending."""
    if not (text.isascii() and text.isdigit() and not text.startswith("0") and len(text) <= 19):
        return []
    spans = []
    for width in range(19 - len(text) + 1):
        low = int(text) * 10**width
        if low < 2**63:
            spans.append((low, min(low + 10**width - 1, 2**63 - 1)))
    return spans


def _by_trait(stores: Stores, text: str, after: int) -> Source:
    key, value = _keyed(text)
    while ids := stores.past().search(value, key, after, CHUNK):
        found = _saying(stores, ids, key, value)
        known = _first_identifiers(stores, text, sorted(found)) if found else {}
        named = tuple(_spans(text))
        yield [
            Found(_BY_TRAIT, "", one)
            for one in ids
            if one in found
            and one not in known
            and not any(low <= one <= high for low, high in named)
        ]
        after = ids[-1]


def _saying(stores: Stores, ids: list[int], key: str | None, text: str) -> set[int]:
    """Those of whom a trait says so now: the history knows what each trait ever said."""
    tr = t.traits.c
    among = stores.db.among(tr.profile, pl.Series(ids, dtype=pl.Int64))
    query = select(tr.profile, tr.key, tr.value).where(among)
    if key is not None:
        query = query.where(func.lower(tr.key) == key.lower())
    wanted = (text.casefold(), text.lower())
    found = set()
    with stores.db.read() as connection:
        for profile, _, value in connection.execute(query):
            said = json.loads(value)
            plain = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
            if wanted[0] in plain.casefold() or wanted[1] in plain.lower():
                found.add(profile)
    return found


def _keyed(text: str) -> tuple[str | None, str]:
    """'city:Lahore' -> ('city', 'Lahore'); anything else is looked for everywhere."""
    key, colon, value = text.partition(":")
    key, value = key.strip(), value.strip()
    if colon and key and value and " " not in key:
        return key, value
    return None, text
