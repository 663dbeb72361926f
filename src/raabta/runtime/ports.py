"""What the tick needs of the world it runs in: the live engine's, or a backtest's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from raabta.audiences.model import Segment
from raabta.core.clock import Instant
from raabta.decisioning.model import Policy
from raabta.journeys.plan import Plan
from raabta.query.model import Condition, Matcher


@dataclass(frozen=True)
class Rules:
    """Everything declared that is in force: built once for each set of definitions."""

    revision: int
    segments: tuple[Segment, ...]
    plan: Plan
    policy: Policy


@dataclass(frozen=True)
class Taken:
    """A slice of the log, resolved. `events` are EVENTS in log order; those of imported history
    have origin 1 and move nobody. `until` may be earlier than asked for: what lies after it waits
    for the next tick."""

    events: pl.DataFrame
    newcomers: pl.DataFrame  # subject, at: profiles first seen in this slice
    until: Instant


@dataclass(frozen=True)
class Loaded:
    """The state of those who may move in a tick."""

    enrollments: pl.DataFrame  # ENROLLMENTS of those inside
    entries: pl.DataFrame  # ENTRIES
    seeds: pl.DataFrame  # subject, seed
    facts: pl.DataFrame  # FACTS up to and within the tick
    suppressed: pl.DataFrame  # channel, address
    sends: pl.DataFrame  # SENDS within the longest cap window


@dataclass(frozen=True)
class Outcome:
    """What a tick did; committed together or not at all."""

    until: Instant
    changes: pl.DataFrame  # CHANGES
    members: pl.DataFrame  # MEMBERS: new state of those asked
    enrollments: pl.DataFrame  # ENROLLMENTS: new state of those who moved
    decisions: pl.DataFrame  # DECISIONS
    traits: pl.DataFrame  # subject, key, value, at: set by steps
    flows: pl.DataFrame  # FLOWS


class World(Protocol):
    """Time enters only as an argument: nothing behind this port reads a clock within a tick."""

    rules: Rules

    def take(self, until: Instant) -> Taken: ...

    def due_members(self, until: Instant) -> pl.DataFrame:
        """segment, profile, next_at of memberships whose answer can change by `until`."""
        ...

    def members(self, segments: Sequence[str], subjects: pl.Series) -> pl.DataFrame:
        """MEMBERS of the given subjects."""
        ...

    def due_subjects(self, until: Instant) -> pl.Series:
        """Subjects with an enrollment's timer due by `until`."""
        ...

    def load(self, subjects: pl.Series, callers: pl.Series, until: Instant) -> Loaded:
        """State of the subjects who may move; `callers` are those who may enter something."""
        ...

    def ask(self, condition: Condition, asked: pl.DataFrame) -> pl.DataFrame: ...

    def dropouts(self, segment: Segment, until: Instant) -> pl.DataFrame:
        """Instants (subject, at) of this tick at which events leave the segment's windows, where
        that is cheaply known; the timeline finds the others by itself."""
        ...

    def matching(self, matcher: Matcher, taken: Taken) -> pl.Series:
        """`seq` of the slice's events that match."""
        ...

    def write_traits(self, traits: pl.DataFrame) -> None:
        """Let later asks of this tick see what a step set."""
        ...

    def commit(self, outcome: Outcome) -> None: ...
