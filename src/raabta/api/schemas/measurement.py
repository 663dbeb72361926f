"""Measurement: attribution, lift, and lift over time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Period(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    start: Annotated[str, Field(alias="from")]
    end: Annotated[str, Field(alias="to")]


class LiftSettings(BaseModel):
    outcome: str
    window: str
    pre_period: str
    alpha: float
    tightest_at: int


class MeasurementSettings(BaseModel):
    event: str
    revenue_property: str
    lookback: str
    half_life: str
    by: str
    shared: bool
    collapse_repeats: bool
    lift: LiftSettings


class Unattributed(BaseModel):
    conversions: float
    revenue: float


class Markov(BaseModel):
    probability: float | None
    removal: dict[str, float]


class AddsUp(BaseModel):
    """Credit and unattributed together against the real total."""

    credited: float
    unattributed: float
    total: float
    adds_up: bool


class ModelCheck(BaseModel):
    conversions: AddsUp
    revenue: AddsUp


class LiftResult(BaseModel):
    """A journey against its holdout. Figures are null while there is no verdict."""

    journey: str
    outcome: str
    verdict: Literal["higher", "lower", "undecided", "not enough yet", "blocked"]
    reason: str
    n_treated: int
    n_holdout: int
    waiting: Annotated[int, Field(description="people whose window has not ended")]
    confidence: float
    mean_treated: float | None
    mean_holdout: float | None
    absolute: float | None
    low: float | None
    high: float | None
    relative: float | None
    relative_low: float | None
    relative_high: float | None
    sample_ratio_p: float | None
    cuped_theta: float | None
    decided: bool


class MeasurementReport(BaseModel):
    """Attribution by model, {model: {touch: credit}}, and lift by journey."""

    period: Period
    settings: MeasurementSettings
    conversions: int
    revenue: float
    conversions_without_revenue: int
    touches: int
    null_paths: int
    unattributed: Unattributed
    attribution: dict[str, dict[str, float]]
    revenue_attribution: dict[str, dict[str, float]]
    markov: Markov
    check: dict[str, ModelCheck]
    notes: dict[str, list[str]]
    lift: list[LiftResult]


class LiftPoint(BaseModel):
    """The lift as it would have been read at `until`; figures are null while not `ready`."""

    until: str
    estimate: float | None
    low: float | None
    high: float | None
    treated: int
    held: int
    ready: bool


class JourneyLift(BaseModel):
    journey: str
    points: list[LiftPoint]


class Measurement(BaseModel):
    """The latest computed figures. `is_stale`: something changed since, or other settings hold."""

    state: Literal["none", "computing", "ready"]
    reason: Annotated[str | None, Field(description="why there are no figures: state 'none'")]
    as_of: str | None
    period: Period | None
    report: MeasurementReport | None
    lift_over_time: list[JourneyLift]
    simulated_answers: Annotated[
        int, Field(description="opens and clicks of the demo's people, which nobody real gave")
    ]
    is_stale: bool
    error: Annotated[str | None, Field(description="why the last computation failed")]
