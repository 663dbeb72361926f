"""A log and definitions put through the real engine, or through the oracle, to be compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from sqlalchemy import text

from oracle.conditions import Event
from oracle.interpreter import Person
from raabta.audiences.model import Segment
from raabta.core.ids import name_key
from raabta.decisioning.model import Policy
from raabta.journeys.model import Journey
from raabta.journeys.plan import Plan
from raabta.runtime.live import LiveWorld
from raabta.runtime.ports import Rules
from raabta.runtime.tick import tick
from raabta.storage.history.duck import DuckHistory
from raabta.storage.state.database import Database
from raabta.storage.state.log import Log
from raabta.storage.state.tables import metadata


@dataclass(frozen=True)
class Said:
    """One call of a sender: `at` is when it is received, `late` how much earlier it happened."""

    at: int
    user_id: str | None
    kind: str
    name: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    late: int = 0
    anonymous_id: str | None = None
    origin: int = 0


@dataclass(frozen=True)
class Definitions:
    segments: tuple[Segment, ...]
    journeys: tuple[Journey, ...]
    policy: Policy
    suppressed: tuple[tuple[str, str], ...] = ()

    def rules(self) -> Rules:
        plan = Plan(self.journeys, (True,) * len(self.journeys))
        return Rules(1, self.segments, plan, self.policy)


@dataclass(frozen=True)
class Result:
    """What came of it, in an order of its own: rows of the ledger, of enrollments, members."""

    ledger: list[tuple[object, ...]]
    enrollments: list[tuple[object, ...]]
    members: set[tuple[str, int, int]]
    traits: list[tuple[object, ...]] = field(default_factory=list)


@dataclass
class Stores:
    """A state store and a history in memory, with a log written in."""

    database: Database
    history: DuckHistory
    definitions: Definitions
    world: LiveWorld

    def append(self, said: Sequence[Said]) -> None:
        log = Log(self.database)
        with self.database.begin() as connection:
            for one in said:
                log.append(connection, _row(one), one.at, one.origin)

    def restart(self) -> None:
        """The process dies between two ticks and another takes over."""
        self.world = LiveWorld(self.database, self.history, self.definitions.rules())

    def tick(self, until: int) -> list[pl.DataFrame]:
        """Tick up to `until`, however many ticks that takes; returns the decisions of each."""
        found = []
        for _ in range(10_000):
            outcome = tick(self.world, until)
            found.append(outcome.decisions)
            if outcome.until >= until:
                return found
        raise AssertionError("the tick does not come forward")

    def frame(self, query: str) -> list[tuple[Any, ...]]:
        with self.database.read() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def result(self) -> Result:
        members = self.frame("SELECT segment, profile, since FROM memberships WHERE member")
        return Result(
            sorted(self.frame(f"SELECT {_LEDGER} FROM ledger"), key=_order),
            sorted(self.frame(f"SELECT {_ENROLLMENTS} FROM enrollments"), key=_order),
            set(members),
            sorted(self.frame("SELECT profile, key, value, at FROM traits"), key=_order),
        )


_LEDGER = (
    "id, at, profile, journey, version, step, enrollment, attempt, channel, class, topic, "
    "template, priority, value, outcome, rule, rival, until"
)
_ENROLLMENTS = (
    "id, journey, version, profile, entered_at, entry_seq, holdout, "
    "CASE WHEN ended_at IS NULL THEN step END, state, due_at, attempt, ended_at, exit"
)


@contextmanager
def stores(definitions: Definitions, database: Database | None = None) -> Iterator[Stores]:
    db = database or Database.open("sqlite://")
    metadata.create_all(db.engine)
    with db.begin() as connection:
        for channel, address in definitions.suppressed:
            connection.execute(
                text(
                    "INSERT INTO suppressions (channel, address, reason, at, source) "
                    "VALUES (:c, :a, 'bounced', 0, 'test')"
                ),
                {"c": channel, "a": address},
            )
    history = DuckHistory.open("duckdb://")
    try:
        yield Stores(db, history, definitions, LiveWorld(db, history, definitions.rules()))
    finally:
        history.close()
        if database is None:
            db.close()


def engine(
    definitions: Definitions,
    said: Sequence[Said],
    cuts: Sequence[int],
    *,
    restarting: bool = False,
) -> Result:
    """The log put through the engine in ticks that end at `cuts`."""
    with stores(definitions) as world:
        world.append(said)
        for cut in cuts:
            if restarting:
                world.restart()
            world.tick(cut)
        return world.result()


def oracle(definitions: Definitions, said: Sequence[Said], until: int) -> Result:
    """The same, one person at a time. People have user ids and live events only."""
    people: dict[str, list[Event]] = {}
    for seq, one in enumerate(said, start=1):
        event = Event(seq, one.at, one.at - one.late, one.kind, one.name, one.properties)
        assert one.user_id is not None
        people.setdefault(one.user_id, []).append(event)
    ledger: list[tuple[object, ...]] = []
    enrollments: list[tuple[object, ...]] = []
    members = set()
    for user, events in people.items():
        person = Person(
            subject=events[0].seq,
            seed=name_key("user_id", user),
            events=events,
            segments=definitions.segments,
            journeys=definitions.journeys,
            policy=definitions.policy,
            suppressed=set(definitions.suppressed),
        )
        person.live(until)
        ledger += [
            (
                c.id,
                c.at,
                person.subject,
                e.journey.name,
                e.journey.version,
                c.send.id,
                e.id,
                attempt,
                c.send.channel,
                c.send.cls,
                c.send.topic,
                c.send.template,
                c.send.priority,
                c.send.value,
                c.outcome,
                c.rule,
                c.rival,
                c.until,
            )
            for e, c, attempt in person.ledger
        ]
        enrollments += [
            (
                e.id,
                e.journey.name,
                e.journey.version,
                person.subject,
                e.entered_at,
                e.entry_seq,
                int(e.holdout),
                e.step if e.is_live else None,
                e.state,
                e.due_at,
                e.attempt,
                e.ended_at,
                e.exit,
            )
            for e in person.enrollments
        ]
        members |= {
            (name, person.subject, person.since[name]) for name, yes in person.member.items() if yes
        }
    return Result(sorted(ledger, key=_order), sorted(enrollments, key=_order), members)


def _row(one: Said) -> pl.DataFrame:
    row = {
        "timestamp": one.at - one.late,
        "message_id": f"{one.at}-{one.user_id}-{one.anonymous_id}-{one.name}-{one.late}",
        "kind": one.kind,
        "name": one.name,
        "user_id": one.user_id,
        "anonymous_id": one.anonymous_id,
        "properties": json.dumps(dict(one.properties)),
        "context": None,
        "source": "test",
    }
    texts = dict.fromkeys(("user_id", "anonymous_id", "context"), pl.String)
    return pl.DataFrame([row], schema_overrides=texts)


def _order(row: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(str(value) for value in row)
