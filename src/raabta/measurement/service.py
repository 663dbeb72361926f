"""The report: what earned the orders of a period, and what each journey added."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from raabta.core.clock import Instant, iso, spell_duration
from raabta.core.errors import InvalidInput
from raabta.measurement.attribution import HALF_LIFE, attribute
from raabta.measurement.lift import LiftRules, measure_lift, person_outcomes
from raabta.measurement.model import MODELS, Attribution, Lift, Model
from raabta.measurement.paths import LOOKBACK, build_paths
from raabta.measurement.ports import Assignments, MeasurementHistory


@dataclass(frozen=True)
class ReportSettings:
    """What counts as success and how it is credited; durations in microseconds.

    `shared`: whether a touch may serve every order within its look-back, or only the first.
    """

    event: str = "Order Completed"
    revenue_property: str = "revenue"
    lookback: int = LOOKBACK
    half_life: int = HALF_LIFE
    models: Sequence[Model] = MODELS
    by: Literal["touch", "channel"] = "touch"
    shared: bool = True
    collapse_repeats: bool = False
    lift: LiftRules = field(default_factory=LiftRules)

    def to_json(self) -> dict[str, Any]:
        return {
            "event": self.event,
            "revenue_property": self.revenue_property,
            "lookback": spell_duration(self.lookback),
            "half_life": spell_duration(self.half_life),
            "by": self.by,
            "shared": self.shared,
            "collapse_repeats": self.collapse_repeats,
            "lift": {
                "outcome": self.lift.outcome,
                "window": spell_duration(self.lift.window),
                "pre_period": spell_duration(self.lift.pre_period),
                "alpha": self.lift.alpha,
                "tightest_at": self.lift.tightest_at,
            },
        }


@dataclass(frozen=True)
class Check:
    """Whether credit and unattributed together are the real total, to a part in 10^9."""

    credited: float
    unattributed: float
    total: float

    @property
    def adds_up(self) -> bool:
        return math.isclose(
            self.credited + self.unattributed, self.total, rel_tol=1e-9, abs_tol=1e-9
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "credited": self.credited,
            "unattributed": self.unattributed,
            "total": self.total,
            "adds_up": self.adds_up,
        }


@dataclass(frozen=True)
class Report:
    """Attribution and lift over [start, end)."""

    start: Instant
    end: Instant
    settings: ReportSettings
    conversions: int
    revenue: float
    without_revenue: int
    touches: int
    null_paths: int
    unattributed: int
    unattributed_revenue: float
    models: Mapping[Model, Attribution]
    lift: Sequence[Lift]

    @property
    def checks(self) -> dict[Model, tuple[Check, Check]]:
        """For each model the check of its counts and of its revenue against the real orders."""
        return {
            model: (
                Check(sum(answer.credit.values()), self.unattributed, self.conversions),
                Check(sum(answer.revenue.values()), self.unattributed_revenue, self.revenue),
            )
            for model, answer in self.models.items()
        }

    @property
    def attribution(self) -> dict[str, dict[str, float]]:
        """{model: {touch: conversions credited}}, the largest first."""
        return {model: _ranked(answer.credit) for model, answer in self.models.items()}

    @property
    def revenue_attribution(self) -> dict[str, dict[str, float]]:
        """{model: {touch: revenue credited}}, the largest first."""
        return {model: _ranked(answer.revenue) for model, answer in self.models.items()}

    def to_json(self) -> dict[str, Any]:
        markov = self.models.get("markov")
        return {
            "period": {"from": iso(self.start), "to": iso(self.end)},
            "settings": self.settings.to_json(),
            "conversions": self.conversions,
            "revenue": self.revenue,
            "conversions_without_revenue": self.without_revenue,
            "touches": self.touches,
            "null_paths": self.null_paths,
            "unattributed": {
                "conversions": self.unattributed,
                "revenue": self.unattributed_revenue,
            },
            "attribution": self.attribution,
            "revenue_attribution": self.revenue_attribution,
            "markov": {
                "probability": markov.probability if markov else None,
                "removal": _ranked(markov.removal or {}) if markov else {},
            },
            "check": {
                model: {"conversions": counts.to_json(), "revenue": revenue.to_json()}
                for model, (counts, revenue) in self.checks.items()
            },
            "notes": {
                model: list(answer.notes) for model, answer in self.models.items() if answer.notes
            },
            "lift": [lift.to_json() for lift in self.lift],
        }


def report(
    history: MeasurementHistory,
    state: Assignments,
    *,
    start: Instant,
    end: Instant,
    journeys: Mapping[str, float],
    settings: ReportSettings | None = None,
) -> Report:
    """Measure the conversions of [start, end) and the journeys that people entered in it.

    `journeys`: each journey's name with the share of people it means to hold out (0 to below 1).
    Raises InvalidInput when the period or a share is impossible.
    """
    settings = settings or ReportSettings()
    _check(start, end, journeys)
    # One look-back earlier: so much of the past can still serve a conversion of this period.
    early = start - settings.lookback
    events = history.conversions(
        settings.event, settings.revenue_property, min(early, start - settings.lift.pre_period), end
    )
    touches = history.touches(early, end)
    paths = build_paths(
        touches,
        events.filter(pl.col("at") >= early),
        lookback=settings.lookback,
        shared=settings.shared,
        since=start,
        by=settings.by,
    )
    lifts = []
    for name, share in journeys.items():
        entries = state.assignments(name)
        people = person_outcomes(entries, events, rules=settings.lift, since=start, until=end)
        lifts.append(measure_lift(name, people, share, settings.lift))
    # Counted from the events themselves, not from the paths: the checks compare the two.
    counted = events.filter(pl.col("at") >= start)["revenue"].cast(pl.Float64).fill_nan(None)
    return Report(
        start=start,
        end=end,
        settings=settings,
        conversions=len(counted),
        revenue=float(counted.sum()),
        without_revenue=counted.null_count(),
        touches=len(touches.filter(pl.col("at") >= start)),
        null_paths=paths.nulls,
        unattributed=paths.unattributed,
        unattributed_revenue=paths.unattributed_revenue,
        models=attribute(
            paths,
            settings.models,
            half_life=settings.half_life,
            collapse_repeats=settings.collapse_repeats,
        ),
        lift=lifts,
    )


def lift_over_time(
    history: MeasurementHistory,
    state: Assignments,
    *,
    end: Instant,
    every: int,
    most: int,
    journeys: Mapping[str, float],
    settings: ReportSettings,
) -> dict[str, list[tuple[Instant, Lift]]]:
    """Each journey's lift as it would have been read every `every` microseconds since its first
    entry, the last time at `end`; at most the newest `most` read-outs, in order of time.

    The intervals are anytime-valid, so looking at all of them costs no certainty.
    """
    entries = {name: state.assignments(name) for name in journeys}
    starts = [int(e["entered_at"].min()) for e in entries.values() if e.height]  # type: ignore[arg-type]
    if not starts:
        return {name: [] for name in journeys}
    events = history.conversions(
        settings.event,
        settings.revenue_property,
        min(starts) - settings.lift.pre_period,
        end,
    )
    found: dict[str, list[tuple[Instant, Lift]]] = {}
    for name, share in journeys.items():
        mine = entries[name]
        first = int(mine["entered_at"].min()) if mine.height else end  # type: ignore[arg-type]
        people = events.join(mine.select("profile").unique(), on="profile", how="semi")
        found[name] = [
            (until, measure_lift(name, outcomes, share, settings.lift))
            for until in _read_outs(first, end, every, most)
            if (outcomes := person_outcomes(mine, people, rules=settings.lift, until=until)).height
        ]
    return found


def _read_outs(first: Instant, end: Instant, every: int, most: int) -> list[Instant]:
    """Instants `every` apart, counted back from `end`, after `first`."""
    count = min(most, -(-(end - first) // every))
    return [end - every * back for back in reversed(range(max(count, 0)))]


def _check(start: Instant, end: Instant, journeys: Mapping[str, float]) -> None:
    if end <= start:
        raise InvalidInput(
            "the period ends before it begins", field="end", remedy="give a later end"
        )
    for name, share in journeys.items():
        if not 0 <= share < 1:
            raise InvalidInput(
                f"{share!r} is not a share of people to hold out",
                field=f"journeys.{name}",
                remedy="give a number from 0 to below 1, such as 0.1",
            )


def _ranked(credit: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(credit.items(), key=lambda item: (-item[1], item[0])))
