"""One stream of all that happened with a person: events, decisions, moves between segments.

A place in it is (instant, rank of the kind, id), newest first. At equal instants what was decided
comes after what happened, so a decision stands above the event that led to it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, and_, or_, select

from raabta.collect.model import IMPORTED
from raabta.core.clock import iso
from raabta.core.errors import InvalidInput
from raabta.core.text import Lang
from raabta.decisioning.why import tell_move
from raabta.query.parse import nearest
from raabta.runtime.asking.stores import Stores, find, from_cursor, to_cursor
from raabta.runtime.asking.telling import Teller
from raabta.storage.state import tables as t

#: An event's properties are cut to these.
KEYS = 40
BYTES = 4_096

#: Kinds in their order at equal instants.
RANKS = {"events": 0, "segments": 1, "decisions": 2}

_L = t.ledger.c

#: at, rank, id; an item with it is sorted by it.
Place = tuple[int, int, int | str]
Item = tuple[Place, dict[str, Any]]


def timeline(
    stores: Stores, who: str, *, cursor: str | None, limit: int, show: str, lang: Lang
) -> dict[str, Any]:
    """One page. Raises InvalidInput for a kind that is not there, NotFound for nobody."""
    kinds = _kinds(show)
    person = find(stores, who)
    found = from_cursor(cursor, int, int, str)
    place = (found[0], found[1], found[2]) if found else None
    items: list[Item] = []
    if "events" in kinds:
        items += _events(stores, person.id, place, limit + 1)
    if "decisions" in kinds:
        items += _decisions(stores, person.id, place, limit + 1, lang)
    if "segments" in kinds:
        items += _segments(stores, person.id, place, lang)
    items.sort(key=lambda item: item[0], reverse=True)
    shown, more = items[:limit], len(items) > limit
    _fill(stores, [item for _, item in shown if item["type"] == "event"])
    decided = [item for _, item in shown if item["type"] == "decision"]
    Teller(stores, lang).with_answers(decided, [person.id]) if decided else None
    last = shown[-1][0] if shown else None
    return {
        "items": [item for _, item in shown],
        "next": to_cursor(last[0], last[1], str(last[2])) if more and last else None,
    }


def _kinds(show: str) -> set[str]:
    wanted = {part.strip() for part in show.split(",") if part.strip()}
    for name in wanted - set(RANKS):
        raise InvalidInput(
            f"{name!r} is not a kind of the timeline",
            field="show",
            remedy=nearest(name, list(RANKS)),
        )
    return wanted


def _bound(place: Place | None, rank: int) -> tuple[int, int] | None:
    """Where numbered rows of this rank go on: all before (at, id). Ids are below 2^63."""
    if place is None:
        return None
    at, last, name = place
    if rank != last:
        return (at, 2**63 - 1) if rank < last else (at, -1)
    return at, int(name) if str(name).isdigit() else 0


def _events(stores: Stores, person: int, place: Place | None, limit: int) -> list[Item]:
    rows = stores.past().events(person, _bound(place, RANKS["events"]), limit)
    return [
        (
            (row["at"], RANKS["events"], row["seq"]),
            {
                "type": "event",
                "id": str(row["seq"]),
                "seq": str(row["seq"]),
                "at": iso(row["at"]),
                "received_at": iso(row["received_at"]),
                "name": row["name"],
                "kind": row["kind"],
                "source": row["source"],
                "imported": row["origin"] == IMPORTED,
                "properties": {},
                "truncated": False,
            },
        )
        for row in rows
    ]


def _fill(stores: Stores, events: Sequence[dict[str, Any]]) -> None:
    """The properties of the events of one page, from the log."""
    log = t.log.c
    seqs = pl.Series([int(event["seq"]) for event in events], dtype=pl.Int64)
    with stores.db.read() as connection:
        query = select(log.seq, log.properties).where(stores.db.among(log.seq, seqs))
        bodies: dict[int, str] = {row.seq: row.properties for row in connection.execute(query)}
    for event in events:
        body = bodies.get(int(event["seq"]))
        if body is not None:
            event["properties"], event["truncated"] = pruned(body)


def pruned(body: str) -> tuple[dict[str, Any], bool]:
    """The first properties of a JSON object, at most KEYS of them and BYTES in all, and whether
    any were left out. One that alone is too long is cut, where it is text, or left out."""
    properties = json.loads(body)
    if not isinstance(properties, dict):
        return {}, True
    kept: dict[str, Any] = {}
    room = BYTES
    for key, value in list(properties.items())[:KEYS]:
        size = len(key) + len(value if isinstance(value, str) else json.dumps(value))
        if size > room and isinstance(value, str) and room - len(key) > 1:
            kept[key] = value[: room - len(key) - 1] + "…"
            room = 0
        elif size <= room:
            kept[key] = value
            room -= size
    return kept, kept != properties


def _decisions(
    stores: Stores, person: int, place: Place | None, limit: int, lang: Lang
) -> list[Item]:
    query = select(t.ledger).where(_L.profile == person)
    if (bound := _bound(place, RANKS["decisions"])) is not None:
        query = query.where(*_before(*bound))
    with stores.db.read() as connection:
        rows = connection.execute(query.order_by(_L.at.desc(), _L.id.desc()).limit(limit)).all()
    told = Teller(stores, lang).rows(rows)
    rank = RANKS["decisions"]
    return [
        ((row.at, rank, row.id), {"type": "decision", **shown})
        for row, shown in zip(rows, told, strict=True)
    ]


def _before(at: int, last: int) -> list[ColumnElement[bool]]:
    return [_L.at <= at, or_(_L.at < at, and_(_L.at == at, _L.id < last))]


def _segments(stores: Stores, person: int, place: Place | None, lang: Lang) -> list[Item]:
    """The latest move of each segment: there are never more of them than segments."""
    m = t.memberships.c
    with stores.db.read() as connection:
        rows = connection.execute(
            select(m.segment, m.member, m.since).where(m.profile == person)
        ).all()
    rank = RANKS["segments"]
    items: list[Item] = [
        (
            (row.since, rank, row.segment),
            {
                "type": "segment",
                "id": f"{row.segment}@{row.since}",
                "at": iso(row.since),
                "segment": row.segment,
                "entered": bool(row.member),
                "sentence": tell_move(row.segment, entered=bool(row.member), lang=lang),
            },
        )
        for row in rows
    ]
    return [item for item in items if place is None or _is_older(item[0], place)]


def _is_older(item: Place, place: Place) -> bool:
    """Whether an item comes after the end of a page."""
    if item[:2] != place[:2]:
        return item[:2] < place[:2]
    return str(item[2]) < str(place[2])
