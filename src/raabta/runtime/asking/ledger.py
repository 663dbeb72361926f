"""The ledger's rows: paged, counted, and written out as CSV."""

from __future__ import annotations

import csv
import io
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from raabta.core.clock import Instant
from raabta.core.text import Lang
from raabta.runtime.asking.filters import (
    LedgerFilters,
    conditions,
    located,
    spans,
    start_of,
    tallied,
)
from raabta.runtime.asking.stores import Stores, from_cursor, to_cursor
from raabta.runtime.asking.telling import Teller, listed
from raabta.storage.state import tables as t

#: A page stops looking after this many seconds, and says where to go on.
PATIENCE = 0.15
#: How many of one person's rows are counted for facets.
COUNTED = 10_000
#: An export's most rows, and how many are read at once.
EXPORTED = 1_000_000
CHUNK = 2_000

_L, _T = t.ledger.c, t.ledger_tallies.c
Place = tuple[Instant, int]

#: The values of all facets, and how many rows have them.
Combination = tuple[tuple[str, ...], int]

_FACETS = ("outcome", "rule", "journey", "channel", "class")
_COLUMNS = (
    "at", "id", "person", "profile", "journey", "version", "step", "attempt", "channel", "class",
    "topic", "template", "priority", "value", "outcome", "rule", "until", "delivery", "sentence",
)  # fmt: skip


def page(
    stores: Stores,
    asked: LedgerFilters,
    *,
    cursor: str | None,
    before: Instant | None,
    limit: int,
    oldest_first: bool,
    lang: Lang,
) -> dict[str, Any]:
    """One page of rows with their sentences."""
    place = from_cursor(cursor, int, int)
    if before is not None:
        asked = replace(asked, end=before if asked.end is None else min(before, asked.end))
    rows, next_place = read(stores, asked, place, limit, oldest_first=oldest_first)
    told = Teller(stores, lang).rows(rows)
    return {
        "ledger": [listed(row) for row in told],
        "next": None if next_place is None else to_cursor(*next_place),
    }


def read(
    stores: Stores,
    asked: LedgerFilters,
    place: Place | None,
    limit: int,
    *,
    oldest_first: bool = False,
    patience: float = PATIENCE,
) -> tuple[list[Row[Any]], Place | None]:
    """Up to `limit` rows after `place` (at, id), and where to go on; None: that was all.

    Order is by (at, id), so rows of one instant are neither skipped nor repeated. Where rows are
    rare fewer may come, but always a place from which the next page makes progress.
    """
    asked = located(stores, asked)
    wanted = conditions(asked)
    with stores.db.read() as connection:
        if not asked.is_rare or asked.profile is not None:
            rows = _take(connection, wanted, place, limit + 1, oldest_first=oldest_first)
            return _cut(rows, limit)
        found: list[Row[Any]] = []
        started = time.monotonic()
        edge = start_of(place[0] if place else None, asked, oldest_first=oldest_first)
        for start, end, _ in spans(connection, asked, edge, oldest_first=oldest_first):
            within = [*wanted, _L.at >= start, _L.at < end]
            found += _take(
                connection, within, place, limit + 1 - len(found), oldest_first=oldest_first
            )
            if len(found) > limit:
                return _cut(found, limit)
            if time.monotonic() - started > patience:
                # all of this slot was seen: the next page begins with its neighbour
                return found, (end, -1) if oldest_first else (start - 1, 2**63 - 1)
        return found, None


def _cut(rows: list[Row[Any]], limit: int) -> tuple[list[Row[Any]], Place | None]:
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], (last.at, last.id)


def _take(
    connection: Connection,
    wanted: Sequence[ColumnElement[bool]],
    place: Place | None,
    limit: int,
    *,
    oldest_first: bool,
) -> list[Row[Any]]:
    query = select(t.ledger).where(*wanted)
    if place is not None:
        at, last = place
        if oldest_first:
            query = query.where(_L.at >= at, or_(_L.at > at, and_(_L.at == at, _L.id > last)))
        else:
            query = query.where(_L.at <= at, or_(_L.at < at, and_(_L.at == at, _L.id < last)))
    order = (_L.at, _L.id) if oldest_first else (_L.at.desc(), _L.id.desc())
    return list(connection.execute(query.order_by(*order).limit(limit)).all())


# --- counts -----------------------------------------------------------------------------------


def facets(stores: Stores, asked: LedgerFilters) -> dict[str, Any]:
    """Counts by value; each facet leaves its own filter out.

    From the tallies, in whole slots. Where a person, a rival or a template is asked for, of at
    most `COUNTED` of the newest rows.
    """
    combinations, is_partial = (
        (_tallied(stores, asked), False) if asked.is_tallied else _counted(stores, asked)
    )
    return _by_facet(asked, combinations, is_partial=is_partial)


def _by_facet(
    asked: LedgerFilters, combinations: list[Combination], *, is_partial: bool
) -> dict[str, Any]:
    chosen = {
        "outcome": asked.outcome,
        "rule": asked.rule,
        "journey": asked.journey,
        "channel": asked.channel,
        "class": asked.cls,
    }
    found: dict[str, Any] = {"total": 0, "is_partial": is_partial}
    counts: dict[str, Counter[str]] = {name: Counter() for name in _FACETS}
    for values, n in combinations:
        misses = [
            name
            for name, value in zip(_FACETS, values, strict=True)
            if chosen[name] and value not in chosen[name]
        ]
        if not misses:
            found["total"] += n
        for name, value in zip(_FACETS, values, strict=True):
            if value and set(misses) <= {name}:
                counts[name][value] += n
    for name in _FACETS:
        ranked = sorted(counts[name].items(), key=lambda item: (-item[1], item[0]))
        found[name] = [{"value": value, "n": n} for value, n in ranked]
    return found


def _tallied(stores: Stores, asked: LedgerFilters) -> list[Combination]:
    columns = [_T[name] for name in _FACETS]
    with stores.db.read() as connection:
        rows = connection.execute(
            select(*columns, func.sum(_T.n))
            .where(
                *tallied(connection, asked.opened, whole=asked.start is None and asked.end is None)
            )
            .group_by(*columns)
        ).all()
    return [(tuple(row[:-1]), int(row[-1])) for row in rows]


def _counted(stores: Stores, asked: LedgerFilters) -> tuple[list[Combination], bool]:
    rows, more = read(stores, asked.opened, None, COUNTED)
    counts = Counter(tuple(row._mapping[name] or "" for name in _FACETS) for row in rows)
    return list(counts.items()), more is not None


# --- everything -------------------------------------------------------------------------------


def export(
    stores: Stores, asked: LedgerFilters, *, oldest_first: bool, lang: Lang
) -> Iterator[str]:
    """The rows as lines of CSV with a heading, at most a million of them."""
    yield _line(_COLUMNS)
    place: Place | None = None
    written = 0
    teller = Teller(stores, lang)
    while written < EXPORTED:
        limit = min(CHUNK, EXPORTED - written)
        rows, place = read(stores, asked, place, limit, oldest_first=oldest_first, patience=5)
        written += len(rows)
        if rows:
            yield "".join(_line(_cells(row)) for row in teller.rows(rows))
        if place is None:
            return


def _cells(row: dict[str, Any]) -> list[Any]:
    delivery = row["delivery"]
    flat = {
        **row,
        "person": row["person"]["name"],
        "delivery": delivery["state"] if delivery else None,
    }
    return [flat[name] for name in _COLUMNS]


def _line(cells: Sequence[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([_plain(cell) for cell in cells])
    return out.getvalue()


def _plain(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
        return "'" + cell
    return cell
