"""Backtests: orders, progress, results."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SimulationState = Literal["waiting", "running", "done", "cancelled", "failed", "interrupted"]


class SimulationOrder(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    journey: str | None
    start: Annotated[str, Field(alias="from")]
    end: Annotated[str, Field(alias="to")]
    settings: Annotated[dict[str, str], Field(alias="set")]
    has_definitions: Annotated[
        bool, Field(description="whether definitions that are not in force were tried")
    ]


class OutcomeCounts(BaseModel):
    sent: int = 0
    deferred: int = 0
    withheld: int = 0


class SimulationSummary(BaseModel):
    """One run in numbers. Days are UTC dates."""

    model_config = ConfigDict(populate_by_name=True)

    start: Annotated[str, Field(alias="from")]
    end: Annotated[str, Field(alias="to")]
    settings: dict[str, str]
    events: int
    entered: int
    ended: dict[str, int]
    still_inside: int
    candidates: int
    messages: int
    people_reached: int
    deferred: int
    withheld: dict[str, int]
    by_journey: dict[str, int]
    by_channel: dict[str, int]
    by_day: dict[str, int]
    outcomes_by_day: dict[str, OutcomeCounts] = {}
    outcomes_by_journey: dict[str, OutcomeCounts] = {}
    outcomes_by_class: dict[str, OutcomeCounts] = {}
    cancelled: bool


class ChangedPerson(BaseModel):
    """Messages to one person, as declared and as changed."""

    id: str
    name: str
    before: int
    after: int


class SimulationDifference(BaseModel):
    """What the changed run does differently: its figures less those as declared."""

    messages: int
    people_reached: int
    people_gained: int
    people_lost: int
    by_journey: dict[str, int]
    withheld: dict[str, int]
    people: Annotated[
        list[ChangedPerson], Field(description="the biggest 200 changes, biggest first")
    ] = []


class SimulationResult(BaseModel):
    as_declared: SimulationSummary
    changed: SimulationSummary | None = None
    difference: SimulationDifference | None = None


class SimulationHead(BaseModel):
    id: str
    state: SimulationState
    order: SimulationOrder
    ordered_at: str
    finished_at: str | None
    progress: Annotated[float, Field(description="0 to 1")]
    messages: int
    seconds_left: Annotated[float | None, Field(description="estimated, while it runs")]
    error: str | None


class Simulation(SimulationHead):
    result: SimulationResult | None


class SimulationList(BaseModel):
    simulations: list[SimulationHead]


class Setting(BaseModel):
    """One value of the policy that a backtest can change."""

    path: str
    kind: Literal["number", "duration", "share", "time", "timezone"]
    value: Annotated[str | None, Field(description="as `set` takes it; null: not set")]
    words: str


class SettingList(BaseModel):
    settings: list[Setting]


class DefinitionIn(BaseModel):
    """One definition, as it stands in a file."""

    model_config = ConfigDict(extra="forbid")

    file: str = "api"
    kind: str
    name: Annotated[str, Field(min_length=1)]
    body: dict[str, Any]
    lines: dict[str, int] = Field(default_factory=dict)


class SimulationIn(BaseModel):
    """A backtest to run: with `set`, once more under those settings, side by side."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    journey: str | None = None
    start: str = Field(alias="from")
    end: str = Field(alias="to")
    settings: dict[str, str] = Field(default_factory=dict, alias="set")
    definitions: list[DefinitionIn] | None = None
