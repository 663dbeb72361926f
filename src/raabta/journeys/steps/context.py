"""What a step may ask of its surroundings, and where it leaves what it did beside moving people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from raabta.journeys.flow import Flows
from raabta.journeys.plan import Plan
from raabta.query.model import Condition

#: asked(subject, at) -> the subset of rows for which the condition holds, with the same columns.
Ask = Callable[[Condition, pl.DataFrame], pl.DataFrame]


#: (journey's number, calls with subject and now) -> those whose entry condition holds then.
MayEnter = Callable[[int, pl.DataFrame], pl.DataFrame]

#: Takes in traits that a step sets: subject, key, value (JSON), at. Later asks see them.
Write = Callable[[pl.DataFrame], None]


@dataclass(frozen=True)
class Context:
    plan: Plan
    ask: Ask
    may_enter: MayEnter
    write: Write
    flows: Flows


#: rows (ENROLLMENTS plus `now`) that stand at one kind of step -> the same rows, moved.
Run = Callable[[pl.DataFrame, Context], pl.DataFrame]
