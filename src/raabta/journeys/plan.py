"""All journeys in force as columns: a step's number (`pc`) indexes every array below.

The plan is built once per set of definitions; the kernel gathers from it, so a move costs the same
however many journeys there are.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from raabta.core.ids import name_key
from raabta.journeys.model import (
    KIND,
    Branch,
    Exit,
    Journey,
    Send,
    SetTraits,
    Split,
    WaitUntil,
)
from raabta.query.model import Matcher

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """`entering[j]` tells whether journey number j still takes people in."""

    journeys: tuple[Journey, ...]
    entering: tuple[bool, ...]

    @cached_property
    def offset(self) -> Ints:
        sizes = [len(j.steps) for j in self.journeys]
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    @cached_property
    def matchers(self) -> list[Matcher]:
        return list(dict.fromkeys(m for j in self.journeys for m in j.matchers()))

    @cached_property
    def matcher_number(self) -> dict[Matcher, int]:
        return {m: n for n, m in enumerate(self.matchers)}

    def number(self, name: str, version: int) -> int:
        """The plan's number of a journey's version. Raises KeyError when it is not in the plan."""
        return self._numbers[(name, version)]

    @property
    def versions(self) -> Set[tuple[str, int]]:
        """Every journey's name with its version."""
        return self._numbers.keys()

    @cached_property
    def _numbers(self) -> dict[tuple[str, int], int]:
        return {(j.name, j.version): n for n, j in enumerate(self.journeys)}

    @cached_property
    def names(self) -> pl.DataFrame:
        """journey (number), name, version."""
        return pl.DataFrame(
            {
                "journey": range(len(self.journeys)),
                "name": [j.name for j in self.journeys],
                "version": [j.version for j in self.journeys],
            },
            schema={"journey": pl.Int64, "name": pl.String, "version": pl.Int64},
        )

    # --- by step ----------------------------------------------------------------------------

    @cached_property
    def kind(self) -> NDArray[np.str_]:
        return np.array([KIND[type(s)] for j in self.journeys for s in j.steps], dtype="U12")

    @cached_property
    def step_ids(self) -> list[str]:
        return [s.id for j in self.journeys for s in j.steps]

    @cached_property
    def next(self) -> Ints:
        """Where a step goes on: after a send or a set, when a wait is over, when it timed out."""
        return self._gather("next", "timeout")

    @cached_property
    def lasting(self) -> Ints:
        """Microseconds of a wait."""
        found = [
            getattr(s, "lasting", getattr(s, "within", 0)) for j in self.journeys for s in j.steps
        ]
        return np.array(found, dtype=np.int64)

    def _gather(self, *fields: str) -> Ints:
        found = []
        for number, journey in enumerate(self.journeys):
            base = int(self.offset[number])
            for index, step in enumerate(journey.steps):
                target = next((getattr(step, f) for f in fields if hasattr(step, f)), index)
                found.append(base + target)
        return np.array(found, dtype=np.int64)

    def _steps(self, kind: type) -> list[tuple[int, int, object]]:
        return [
            (number, int(self.offset[number]) + index, step)
            for number, journey in enumerate(self.journeys)
            for index, step in enumerate(journey.steps)
            if isinstance(step, kind)
        ]

    @cached_property
    def waits(self) -> pl.DataFrame:
        """pc, matcher, met: which event ends which wait, and where it goes on."""
        rows = [
            (pc, self.matcher_number[step.event], int(self.offset[number]) + step.met)
            for number, pc, step in self._steps(WaitUntil)
            if isinstance(step, WaitUntil)
        ]
        return _ints(rows, ("pc", "matcher", "met"))

    @cached_property
    def sends(self) -> pl.DataFrame:
        rows = [
            (pc, s.channel, s.cls, s.topic, s.template, s.priority, s.value, s.patience)
            for _, pc, s in self._steps(Send)
            if isinstance(s, Send)
        ]
        schema = {
            "pc": pl.Int64,
            "channel": pl.String,
            "class": pl.String,
            "topic": pl.String,
            "template": pl.String,
            "priority": pl.Int64,
            "value": pl.Float64,
            "patience": pl.Int64,
        }
        return pl.DataFrame(rows, schema=schema, orient="row")

    @cached_property
    def branches(self) -> dict[int, tuple[int, Branch]]:
        """pc -> (the journey's offset, the branch)."""
        found = self._steps(Branch)
        return {pc: (int(self.offset[n]), s) for n, pc, s in found if isinstance(s, Branch)}

    @cached_property
    def splits(self) -> dict[int, tuple[int, int, Split]]:
        """pc -> (the journey's offset, the chance's key, the split)."""
        return {
            pc: (int(self.offset[n]), name_key("split", self.journeys[n].name, s.id), s)
            for n, pc, s in self._steps(Split)
            if isinstance(s, Split)
        }

    @cached_property
    def sets(self) -> dict[int, SetTraits]:
        return {pc: s for _, pc, s in self._steps(SetTraits) if isinstance(s, SetTraits)}

    @cached_property
    def exits(self) -> dict[int, str]:
        return {pc: s.reason for _, pc, s in self._steps(Exit) if isinstance(s, Exit)}

    # --- by journey -------------------------------------------------------------------------

    @cached_property
    def goals(self) -> pl.DataFrame:
        rows = [
            (n, self.matcher_number[j.goal.event]) for n, j in enumerate(self.journeys) if j.goal
        ]
        return _ints(rows, ("journey", "matcher"))

    @cached_property
    def exit_events(self) -> pl.DataFrame:
        """journey, matcher, order: the journey's exit events in the order they are declared."""
        rows = [
            (n, self.matcher_number[e.event], k)
            for n, j in enumerate(self.journeys)
            for k, e in enumerate(j.exits)
        ]
        return _ints(rows, ("journey", "matcher", "order"))

    @cached_property
    def event_entries(self) -> pl.DataFrame:
        rows = [
            (n, self.matcher_number[j.entry.event])
            for n, j in enumerate(self.journeys)
            if j.entry.event and self.entering[n]
        ]
        return _ints(rows, ("journey", "matcher"))

    @cached_property
    def segment_entries(self) -> pl.DataFrame:
        rows = [
            (n, j.entry.segment)
            for n, j in enumerate(self.journeys)
            if j.entry.segment and self.entering[n]
        ]
        return pl.DataFrame(rows, schema={"journey": pl.Int64, "segment": pl.String}, orient="row")

    @cached_property
    def set_keys(self) -> frozenset[str]:
        """Traits that journeys write: what depends on them is asked as they are written."""
        return frozenset(k for j in self.journeys for k in j.set_keys())


def _ints(rows: Sequence[tuple[int, ...]], names: tuple[str, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Int64), orient="row")
