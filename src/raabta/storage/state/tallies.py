"""Counters kept in the tick's one commit, so that screens read figures without scanning.

Each equals a recount of the table it counts, whatever ticks the log was cut into.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, func, select

from raabta.core.clock import DAY, Instant
from raabta.core.frames import CHANGES, SLOT
from raabta.journeys.model import GOAL_MET
from raabta.storage.state import tables as t
from raabta.storage.state.database import Database

SLOTS_A_DAY = DAY // SLOT

#: The reason of enrollments that end because two people are one.
MERGED = "merged"

_LEDGER = ["journey", "slot", "version", "step", "channel", "class", "outcome", "rule"]
#: Columns of what the reader sums.
_SUMMED = ("n", "entered", "left", "goals")
_STEPS = ["journey", "version", "day", "origin", "target", "exit"]


#: A slot after all others.
EVER = 2**60
#: The slot of a sum over all of time: there are as many tallies of the ledger as quarters of an hour
#: since the beginning, so their sum is kept as well.
ALL_TIME = -1
#: What is summed over a day is kept for so many days, of all questions together.
PIECES = 2_000


def _sum(column: ColumnElement[int]) -> ColumnElement[int]:
    return func.sum(column, type_=column.type).label(str(column.key))


class Tallies:
    """Writes within the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def decided(self, connection: Connection, decisions: pl.DataFrame) -> None:
        """Ledger rows as they are written: columns of the table."""
        counted = (
            decisions.with_columns(slot=pl.col("at") // SLOT, rule=pl.col("rule").fill_null(""))
            .group_by(_LEDGER)
            .agg(n=pl.len().cast(pl.Int64))
        )
        key = [name for name in _LEDGER if name != "slot"]
        ever = counted.group_by(key).agg(pl.col("n").sum(), slot=pl.lit(ALL_TIME, pl.Int64()))
        both = pl.concat([counted, ever.select(counted.columns)])
        self._db.add(connection, t.ledger_tallies, both)

    def flowed(self, connection: Connection, flows: pl.DataFrame, names: pl.DataFrame) -> None:
        """FLOWS; `names` has journey, name, version."""
        if flows.is_empty():
            return
        named = flows.join(names, on="journey").drop("journey").rename({"name": "journey"})
        steps = named.with_columns(day=pl.col("slot") // SLOTS_A_DAY)
        steps = steps.group_by(_STEPS).agg(pl.col("n").sum())
        self._db.add(connection, t.step_tallies, steps)
        comes, goes = pl.col("origin") == -1, pl.col("target") == -1
        of = pl.col("n")
        whole = (
            named.filter(comes | goes)
            .group_by("journey", "slot")
            .agg(
                entered=of.filter(comes).sum(),
                left=of.filter(goes).sum(),
                goals=of.filter(goes & (pl.col("exit") == GOAL_MET)).sum(),
            )
        )
        self._db.add(connection, t.journey_tallies, whole)

    def changed(self, connection: Connection, changes: pl.DataFrame) -> None:
        """Membership changes (CHANGES)."""
        entered = pl.col("entered")
        counted = changes.group_by("segment", slot=pl.col("at") // SLOT).agg(
            entered=entered.sum().cast(pl.Int64), left=(~entered).sum().cast(pl.Int64)
        )
        self._db.add(connection, t.member_tallies, counted)

    def baseline(self, connection: Connection, members: pl.DataFrame) -> None:
        """Memberships (MEMBERS) that are about to be replaced without a stimulus: those of a new
        definition, those of people whose history was imported. Call before they are saved."""
        m = t.memberships.c
        query = select(m.segment, m.profile).where(
            m.member, m.segment.in_(members["segment"].unique().to_list())
        )
        # a definition anew concerns everybody: then their names would be longer than the answer
        people = members["profile"].unique()
        if people.len() < 50_000:
            query = query.where(self._db.among(m.profile, people))
        before = self._db.frame(connection, query).with_columns(was=pl.lit(value=True))
        moved = members.join(before, on=["segment", "profile"], how="left").filter(
            pl.col("member") != pl.col("was").fill_null(value=False)
        )
        changes = moved.select("segment", subject="profile", at="since", entered="member")
        self.changed(connection, changes.select(CHANGES.keys()))

    def created(self, connection: Connection, profiles: pl.DataFrame) -> None:
        """New profiles, by their `created_at`."""
        counted = profiles.group_by(slot=pl.col("created_at") // SLOT).agg(
            created=pl.len().cast(pl.Int64), merged=pl.lit(0, pl.Int64())
        )
        self._db.add(connection, t.profile_tallies, counted)

    def merging(self, connection: Connection, loser: int, winner: int, now: Instant) -> None:
        """What is about to end because `loser` and `winner` are one. Call before it does."""
        slot = now // SLOT
        e, m, theirs = t.enrollments.c, t.memberships.c, t.memberships.alias()
        inside = select(e.journey).where(e.profile == winner, e.ended_at.is_(None))
        ended = self._db.frame(
            connection,
            select(e.journey, e.version, e.step).where(
                e.profile == loser, e.ended_at.is_(None), e.journey.in_(inside)
            ),
        )
        steps = ended.group_by("journey", "version", origin="step").agg(
            day=pl.lit(slot // SLOTS_A_DAY, pl.Int64()),
            target=pl.lit(-1, pl.Int64()),
            exit=pl.lit(MERGED),
            n=pl.len().cast(pl.Int64),
        )
        self._db.add(connection, t.step_tallies, steps)
        zero = pl.lit(0, pl.Int64())
        whole = ended.group_by("journey", slot=pl.lit(slot, pl.Int64())).agg(
            entered=zero, left=pl.len().cast(pl.Int64), goals=zero
        )
        self._db.add(connection, t.journey_tallies, whole)
        has = select(theirs.c.segment).where(theirs.c.profile == winner)
        lost = self._db.frame(
            connection,
            select(m.segment).where(m.profile == loser, m.member, m.segment.in_(has)),
        )
        left = lost.with_columns(
            slot=pl.lit(slot, pl.Int64()), entered=zero, left=pl.lit(1, pl.Int64())
        )
        self._db.add(connection, t.member_tallies, left)
        one = pl.DataFrame({"slot": [slot], "created": [0], "merged": [1]})
        self._db.add(connection, t.profile_tallies, one)


class TallyReader:
    """The counters as screens ask for them.

    `bounds` are slots in rising order: what lies between two of them is one sum, told by its
    number as `day`. So a year of slots never leaves the store. Sums over whole days that the
    engine has left behind do not change any more: a reader remembers them, so keep one.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._pieces: dict[tuple[Any, ...], pl.DataFrame] = {}
        self._lock = threading.Lock()

    def names(self, kind: str) -> list[str]:
        """Every name of a kind there ever was: tallies are read along their first key."""
        d = t.definitions.c
        with self._db.read() as connection:
            return list(connection.scalars(select(d.name).where(d.kind == kind).distinct()))

    def people(self) -> int:
        p = t.profile_tallies.c
        with self._db.read() as connection:
            return int(connection.scalar(select(func.sum(p.created - p.merged))) or 0)

    def created(self, bounds: Sequence[int]) -> pl.DataFrame:
        """day, created."""
        p = t.profile_tallies.c
        query = select(_sum(p.created)).having(func.count() > 0)
        with self._db.read() as connection:
            parts = [
                self._db.frame(connection, query.where(p.slot >= start, p.slot < end)).with_columns(
                    day=pl.lit(day, pl.Int64())
                )
                for day, (start, end) in enumerate(pairwise(bounds))
            ]
        return pl.concat(parts)

    def members(self) -> dict[str, int]:
        """Members now of every segment there ever was."""
        m = t.member_tallies.c
        query = select(m.segment, func.sum(m.entered - m.left)).group_by(m.segment)
        with self._db.read() as connection:
            return {str(name): int(n) for name, n in connection.execute(query)}

    def moved(self, segments: list[str], bounds: Sequence[int]) -> pl.DataFrame:
        """day, segment, entered, left."""
        m = t.member_tallies.c
        query = select(m.segment, _sum(m.entered), _sum(m.left)).where(m.segment.in_(segments))
        return self._days(("moved", *segments), query.group_by(m.segment), m.slot, bounds)

    def first_known(self, segments: list[str]) -> dict[str, int]:
        """The slot since which each segment's members are known."""
        m = t.member_tallies.c
        query = (
            select(m.segment, func.min(m.slot)).where(m.segment.in_(segments)).group_by(m.segment)
        )
        with self._db.read() as connection:
            return {str(name): int(slot) for name, slot in connection.execute(query)}

    def inside(self) -> dict[str, int]:
        """Live enrollments of every journey that has any."""
        j = t.journey_tallies.c
        query = select(j.journey, func.sum(j.entered - j.left)).group_by(j.journey)
        with self._db.read() as connection:
            return {str(name): int(n) for name, n in connection.execute(query) if n}

    def versions_inside(self, journey: str) -> dict[int, int]:
        """Live enrollments by version, versions without any left out."""
        s = t.step_tallies.c
        comes = select(s.version, func.sum(s.n)).where(s.journey == journey, s.origin == -1)
        goes = select(s.version, func.sum(s.n)).where(s.journey == journey, s.target == -1)
        with self._db.read() as connection:
            came = connection.execute(comes.group_by(s.version)).all()
            gone = {int(v): int(n) for v, n in connection.execute(goes.group_by(s.version))}
        found = {int(v): int(n) - gone.get(int(v), 0) for v, n in came}
        return {v: n for v, n in found.items() if n}

    def journeys(self, bounds: Sequence[int]) -> pl.DataFrame:
        """day, journey, entered, left, goals."""
        j = t.journey_tallies.c
        query = select(j.journey, _sum(j.entered), _sum(j.left), _sum(j.goals))
        names = self.names("journey")
        query = query.where(j.journey.in_(names)).group_by(j.journey)
        return self._days(("journeys", *names), query, j.slot, bounds)

    def decisions(self, bounds: Sequence[int]) -> pl.DataFrame:
        """day, journey, channel, outcome, rule, n."""
        c = t.ledger_tallies.c
        key = (c.journey, c.channel, c.outcome, c.rule)
        names = self.names("journey")
        query = select(*key, _sum(c.n)).where(c.journey.in_(names)).group_by(*key)
        return self._days(("decisions", *names), query, c.slot, bounds)

    def _days(
        self,
        what: tuple[Any, ...],
        query: Select[Any],
        slot: ColumnElement[int],
        bounds: Sequence[int],
    ) -> pl.DataFrame:
        """The query's sums between each two bounds. `what` tells it from all other queries."""
        parts = [
            self._sums(what, query, slot, start, end).with_columns(day=pl.lit(day, pl.Int64()))
            for day, (start, end) in enumerate(pairwise(bounds))
        ]
        return pl.concat(parts)

    def _sums(
        self,
        what: tuple[Any, ...],
        query: Select[Any],
        slot: ColumnElement[int],
        start: int,
        end: int,
    ) -> pl.DataFrame:
        """The query's sums in [start, end), from those of the days (UTC) in between where it is
        longer than a day."""
        with self._db.read() as connection:
            value = connection.scalar(select(t.meta.c.value).where(t.meta.c.key == "tick"))
            settled = int(json.loads(value)["at"]) // SLOT if value else 0
            first = -(-start // SLOTS_A_DAY) * SLOTS_A_DAY
            inner = range(first, min(end, settled + SLOTS_A_DAY), SLOTS_A_DAY)
            edges = [start, *(at for at in inner if at > start), end]
            if end - start <= SLOTS_A_DAY + 4:  # a day of any zone, in spring and in autumn
                edges = [start, end]
            parts = []
            for a, b in pairwise(edges):
                key = (*what, a, b)
                part = self._pieces.get(key)
                if part is None:
                    part = self._db.frame(connection, query.where(slot >= a, slot < b))
                    if b <= settled and b - a >= SLOTS_A_DAY - 4:
                        self._remember(key, part)
                parts.append(part)
        if len(parts) == 1:
            return parts[0]
        numbers = [name for name in parts[0].columns if name in _SUMMED]
        names = [name for name in parts[0].columns if name not in _SUMMED]
        return pl.concat(parts).group_by(names).agg(pl.col(numbers).sum())

    def _remember(self, key: tuple[Any, ...], part: pl.DataFrame) -> None:
        with self._lock:
            while len(self._pieces) >= PIECES:
                del self._pieces[next(iter(self._pieces))]
            self._pieces[key] = part

    def decisions_by_step(self, journey: str, version: int, since: int) -> pl.DataFrame:
        """step, outcome, rule, n of one version."""
        c = t.ledger_tallies.c
        key = (c.step, c.outcome, c.rule)
        query = (
            select(*key, _sum(c.n)).where(c.journey == journey, c.version == version).group_by(*key)
        )
        if since > 0:
            return self._sums(("steps", journey, version), query, c.slot, since, EVER)
        with self._db.read() as connection:
            return self._db.frame(connection, query.where(c.slot == ALL_TIME))

    def outcomes(self) -> pl.DataFrame:
        """All decisions so far: journey, outcome, rule, n."""
        c = t.ledger_tallies.c
        key = (c.journey, c.outcome, c.rule)
        query = select(*key, _sum(c.n)).where(
            c.journey.in_(self.names("journey")), c.slot == ALL_TIME
        )
        with self._db.read() as connection:
            return self._db.frame(connection, query.group_by(*key))

    def steps(self, journey: str, version: int, since: int) -> pl.DataFrame:
        """origin, target, exit, n (from the UTC day `since` on) and ever (of all days)."""
        s = t.step_tallies.c
        key = (s.origin, s.target, s.exit)
        ever = func.sum(s.n, type_=s.n.type).label("ever")
        n = func.sum(s.n, type_=s.n.type).filter(s.day >= since).label("n")
        query = select(*key, n, ever).where(s.journey == journey, s.version == version)
        with self._db.read() as connection:
            frame = self._db.frame(connection, query.group_by(*key))
        return frame.with_columns(pl.col("n").fill_null(0))
