"""Which of the definitions in force can be run: a broken one must not stop the others.

What is in force was valid when it was applied; a newer version of Raabta may be stricter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb
import polars as pl

from raabta.core.documents import Document
from raabta.core.errors import InvalidInput, Problem
from raabta.journeys.model import Journey
from raabta.query.compile import inline
from raabta.query.model import Condition
from raabta.runtime.definitions import Declared, declare
from raabta.storage.history.duck import DuckHistory

#: (kind, name) -> what is wrong with it.
Broken = dict[tuple[str, str], Problem]


def sound(documents: Iterable[Document], history: DuckHistory) -> tuple[Declared, Broken]:
    """Segments, journeys and policy that can be run, and what is wrong with the rest.

    Who refers to a broken segment is broken too. Templates are not looked at: a message that
    cannot be rendered concerns its sender alone.
    """
    good, broken = Declared(), Broken()
    for document in documents:
        key = (document.kind, document.name)
        if document.kind not in ("segment", "journey", "policy"):
            continue
        one, problems = declare([document])
        good.documents[key] = document
        if document.name in one.segments:
            good.segments |= one.segments
        elif document.name in one.journeys:
            good.journeys |= one.journeys
        elif document.kind == "policy" and not problems:
            good.policy = one.policy
        else:
            broken[key] = problems[0]
    _drop_segments(good, broken, history)
    conditions = {name: condition for name, (_, condition) in good.segments.items()}
    for name, journey in list(good.journeys.items()):
        error = unasked(journey, conditions)
        if error:
            document = good.documents[("journey", name)]
            broken[("journey", name)] = document.problem(
                error.field or "steps", error.message, error.remedy
            )
            del good.journeys[name]
    return good, broken


def _drop_segments(good: Declared, broken: Broken, history: DuckHistory) -> None:
    """Until nothing that is left refers to what is not."""
    nobody = pl.DataFrame(schema={"subject": pl.Int64, "at": pl.Int64})
    known = len(good.segments) + 1
    while len(good.segments) < known:
        known = len(good.segments)
        conditions = {name: condition for name, (_, condition) in good.segments.items()}
        for name, condition in conditions.items():
            try:
                history.ask(inline(condition, conditions), nobody)
            except (InvalidInput, duckdb.Error) as error:
                document = good.documents[("segment", name)]
                said = error.message if isinstance(error, InvalidInput) else "cannot be asked"
                remedy = error.remedy if isinstance(error, InvalidInput) else "simplify it"
                broken[("segment", name)] = document.problem("where", said, remedy)
                del good.segments[name]


def unasked(
    journey: Journey, conditions: Mapping[str, Condition], *, entering: bool = True
) -> InvalidInput | None:
    """What keeps a journey's conditions from being asked; `entering`: it takes people in."""
    segment = journey.entry.segment
    if entering and segment is not None and segment not in conditions:
        return InvalidInput(f"there is no segment {segment!r} to ask", field="entry.segment")
    for condition in journey.conditions():
        try:
            inline(condition, conditions)
        except InvalidInput as error:
            return error
    return None
