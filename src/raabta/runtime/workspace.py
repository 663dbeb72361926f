"""What a person does with a workspace, whichever face they use: plan, apply, report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from raabta.audiences import timeline as audiences
from raabta.audiences.model import Segment
from raabta.core.clock import DAY, Instant, to_datetime
from raabta.core.documents import Document
from raabta.core.errors import InvalidDefinitions, InvalidInput
from raabta.query.compile import inline
from raabta.query.spell import spell
from raabta.runtime.definitions import Declared, declare
from raabta.runtime.engine import Engine
from raabta.storage.state.definitions import Change
from raabta.storage.state.tallies import TallyReader

if TYPE_CHECKING:
    from raabta.measurement.service import Report


@dataclass(frozen=True)
class PlannedChange:
    """One definition that would change, and whom it concerns, in words."""

    kind: str
    name: str
    action: str
    version: int
    file: str
    effect: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def check(engine: Engine, documents: Iterable[Document]) -> Declared:
    """Validate documents as a whole, against what the history knows.

    Raises InvalidDefinitions with every problem.
    """
    catalog = engine.catalog()
    declared, problems = declare(documents, catalog if catalog.events else None)
    if problems:
        raise InvalidDefinitions(sorted(problems, key=lambda p: (p.file, p.line)))
    return declared


def plan(engine: Engine, documents: list[Document]) -> list[PlannedChange]:
    """What applying would change, and for whom, as of now. Writes nothing."""
    declared = check(engine, documents)
    return effects(engine, declared, engine.definitions.changes(documents))


def effects(engine: Engine, declared: Declared, changes: list[Change]) -> list[PlannedChange]:
    """Changes with whom they concern; `declared` has been checked."""
    now = engine.clock.now()
    counts = _counts(engine, declared, changes, now)
    inside = TallyReader(engine.database).inside()
    return [
        PlannedChange(
            c.kind, c.name, c.action, c.version, c.file, _effect(c, declared, counts, inside)
        )
        for c in changes
    ]


def apply(engine: Engine, documents: list[Document]) -> list[PlannedChange]:
    """Put documents in force; the running engine takes them up at its next tick."""
    planned = plan(engine, documents)
    engine.definitions.apply(documents, engine.clock.now())
    return planned


def _counts(
    engine: Engine, declared: Declared, changes: list[Change], now: Instant
) -> dict[str, int]:
    """How many people a new or changed segment would have."""
    wanted = {c.name for c in changes if c.kind == "segment" and c.action != "remove"}
    if not wanted:
        return {}
    history = engine.history.cursor()
    everybody = engine.state.everybody()
    conditions = {name: condition for name, (_, condition) in declared.segments.items()}
    segments = [
        Segment(name, 1, "", inline(conditions[name], conditions)) for name in sorted(wanted)
    ]
    members = audiences.as_of(segments, history, everybody, now)
    counted = members.filter("member").group_by("segment").len()
    return dict.fromkeys(wanted, 0) | {str(k): int(n) for k, n in counted.rows()}


def _effect(
    change: Change, declared: Declared, counts: dict[str, int], inside: dict[str, int]
) -> str:
    match change.kind, change.action:
        case "segment", "remove":
            return "nobody is in it any more"
        case "segment", _:
            said = spell(declared.segments[change.name][1])
            return f"{counts.get(change.name, 0):,} people: {said}"
        case "journey", "create":
            return "takes people in from now on; nobody is inside"
        case "journey", _:
            held = inside.get(change.name, 0)
            verb = "no new people; " if change.action == "remove" else "new people only; "
            return f"{verb}{held:,} inside finish on version {_before(change)}"
        case "policy", _:
            return "holds for every decision from the next one on"
        case _:
            return "used by the next message rendered"


def _before(change: Change) -> int:
    return change.version if change.action == "remove" else change.version - 1


def measure(
    engine: Engine,
    start: Instant | None = None,
    end: Instant | None = None,
    *,
    lift_window: int = 14 * DAY,
) -> Report:
    """Attribution and lift of the workspace between two instants (default: all of history)."""
    # SciPy's statistics take a second to load: no other command waits for them
    from raabta.measurement.lift import LiftRules
    from raabta.measurement.service import ReportSettings, report
    from raabta.runtime.measuring import Measured

    history = engine.history.cursor()
    span = history.span()
    if span is None:
        raise InvalidInput(
            "there is nothing to measure yet",
            field="history",
            remedy="import history or send events first",
        )
    declared = engine.declared()
    policy = declared.policy
    settings = ReportSettings(
        event=policy.conversion.event,
        revenue_property=policy.conversion.revenue,
        lift=LiftRules(window=lift_window),
    )
    shares = {
        name: 1 - (1 - policy.holdout) * (1 - journey.holdout)
        for name, journey in declared.journeys.items()
    }
    measured = Measured(history, engine.database, policy)
    return report(
        measured,
        measured,
        start=span[0] if start is None else start,
        end=max(span[1], engine.health.reached) + 1 if end is None else end,
        journeys=shares,
        settings=settings,
    )


def summary(engine: Engine) -> dict[str, Any]:
    """The workspace in numbers."""
    events, span = engine.asking.events()
    return {
        **engine.asking.counts(),
        "events": events,
        "first_event": to_datetime(span[0]).isoformat() if span else None,
        "last_event": to_datetime(span[1]).isoformat() if span else None,
    }


def seeds(engine: Engine) -> pl.DataFrame:
    """Every profile's key for splits and holdouts: what a backtest needs of the state."""
    return engine.state.seeds(engine.state.everybody())
