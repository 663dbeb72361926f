"""Which ledger rows are asked for, and where in time they can be.

Rare rows are found by the tallies: they say in which quarter of an hour there is anything, so only
those are read, however long the ledger is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from raabta.core.clock import MINUTE, Instant
from raabta.runtime.asking.stores import Stores
from raabta.storage.state import tables as t
from raabta.storage.state.tallies import ALL_TIME

#: Width of a slot of the tallies.
SLOT = 15 * MINUTE
#: How many slots are asked for at once.
_SLOTS = 500
#: Further than any instant.
_NEVER = 2**62

_L, _T = t.ledger.c, t.ledger_tallies.c


@dataclass(frozen=True)
class LedgerFilters:
    """Any of a filter's values counts; an empty one asks nothing. [start, end)."""

    outcome: tuple[str, ...] = ()
    rule: tuple[str, ...] = ()
    rival: tuple[str, ...] = ()
    journey: tuple[str, ...] = ()
    step: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    template: tuple[str, ...] = ()
    cls: tuple[str, ...] = ()
    profile: int | None = None
    start: Instant | None = None
    end: Instant | None = None

    @property
    def is_rare(self) -> bool:
        """Whether the tallies can tell where the rows are."""
        return bool(
            self.outcome
            or self.rule
            or self.rival
            or self.journey
            or self.step
            or self.channel
            or self.template
            or self.cls
        )

    @property
    def is_tallied(self) -> bool:
        """Whether the tallies hold all that these filters ask."""
        return not (self.rival or self.template) and self.profile is None

    @property
    def opened(self) -> LedgerFilters:
        """The filters without those that have a facet of their own."""
        return replace(self, outcome=(), rule=(), journey=(), channel=(), cls=())


def conditions(asked: LedgerFilters) -> list[ColumnElement[bool]]:
    """The filters over the ledger."""
    found = [column.in_(values) for column, values in _values(asked, _L) if values]
    if asked.template:
        found.append(_L.template.in_(asked.template))
    if asked.profile is not None:
        found.append(_L.profile == asked.profile)
    if asked.start is not None:
        found.append(_L.at >= asked.start)
    if asked.end is not None:
        found.append(_L.at < asked.end)
    if asked.rival:
        found.append(_by_rival(asked.rival))
    return found


def _values(asked: LedgerFilters, columns: Any) -> list[tuple[Any, tuple[str, ...]]]:
    """What ledger and tallies both have."""
    return [
        (columns.outcome, asked.outcome),
        (columns.rule, asked.rule),
        (columns.journey, asked.journey),
        (columns.step, asked.step),
        (columns.channel, asked.channel),
        (columns["class"], asked.cls),
    ]


def located(stores: Stores, asked: LedgerFilters) -> LedgerFilters:
    """The same filters for the person they are about, where one decision is the rival: a rival is
    always a decision about the same person."""
    if asked.profile is not None or len(asked.rival) != 1:
        return asked
    ids = _ids(asked.rival)
    with stores.db.read() as connection:
        owner = connection.scalar(select(_L.profile).where(_L.id.in_(ids))) if ids else None
    return replace(asked, profile=owner) if owner is not None else asked


def _ids(texts: tuple[str, ...]) -> list[int]:
    return [int(r) for r in texts if r.isascii() and r.isdigit() and int(r) < 2**63]


def _by_rival(rivals: tuple[str, ...]) -> ColumnElement[bool]:
    """Rows whose place was taken by one of these decisions, or by a message of these journeys."""
    held = t.ledger.alias("held")
    by_journey = select(held.c.id).where(held.c.id == _L.rival, held.c.journey.in_(rivals)).exists()
    return _L.rival.is_not(None) & (_L.rival.in_(_ids(rivals)) | by_journey)


def tallied(
    connection: Connection, asked: LedgerFilters, *, whole: bool = False
) -> list[ColumnElement[bool]]:
    """The filters over the tallies, as far as those know them. Their key begins with the journey,
    so all journeys are named where none is asked for. `whole`: the sums over all of time."""
    journeys = asked.journey or _journeys(connection)
    if asked.template:
        sending = set(_sending(connection, asked.template))
        journeys = tuple(j for j in journeys if j in sending)
    rules = asked.rule or (("cap",) if asked.rival else ())
    found = [
        column.in_(values)
        for column, values in _values(replace(asked, journey=journeys, rule=rules), _T)
        if values
    ]
    if not journeys:
        found.append(_T.journey.in_(()))
    if whole:
        return [*found, _T.slot == ALL_TIME]
    found.append(_T.slot >= (asked.start or 0) // SLOT)
    if asked.end is not None:
        found.append(_T.slot <= (asked.end - 1) // SLOT)
    return found


def _journeys(connection: Connection) -> tuple[str, ...]:
    """Every journey there ever was."""
    d = t.definitions.c
    return tuple(connection.scalars(select(d.name).where(d.kind == "journey").distinct()))


def _sending(connection: Connection, templates: tuple[str, ...]) -> list[str]:
    """Journeys of which some version sends one of these templates."""
    d = t.definitions.c
    rows = connection.execute(select(d.name, d.body).where(d.kind == "journey"))
    return [name for name, body in rows if _names(json.loads(body)) & set(templates)]


def _names(body: Any) -> set[str]:
    """All templates that a journey's steps name, however deep."""
    if isinstance(body, list):
        return {name for part in body for name in _names(part)}
    if not isinstance(body, dict):
        return set()
    own = {body["template"]} if isinstance(body.get("template"), str) else set()
    return own | {name for part in body.values() for name in _names(part)}


def spans(
    connection: Connection, asked: LedgerFilters, place: Instant, *, oldest_first: bool
) -> Iterator[tuple[Instant, Instant, int]]:
    """Where from `place` on there can be rows: [start, end) and at most how many, in order.

    Neighbouring slots are taken together while they hold few.
    """
    wanted = tallied(connection, asked)
    slot = place // SLOT
    while True:
        ahead = _T.slot >= slot if oldest_first else _T.slot <= slot
        order = _T.slot.asc() if oldest_first else _T.slot.desc()
        rows = connection.execute(
            select(_T.slot, func.sum(_T.n))
            .where(*wanted, ahead)
            .group_by(_T.slot)
            .order_by(order)
            .limit(_SLOTS)
        ).all()
        for found, n in rows:
            yield found * SLOT, (found + 1) * SLOT, int(n)
        if len(rows) < _SLOTS:
            return
        slot = rows[-1][0] + (1 if oldest_first else -1)


def start_of(place: Instant | None, asked: LedgerFilters, *, oldest_first: bool) -> Instant:
    """Where reading begins: at the page's place, or at the edge of what is asked for."""
    if place is not None:
        return place
    if oldest_first:
        return asked.start if asked.start is not None else 0
    return asked.end - 1 if asked.end is not None else _NEVER
