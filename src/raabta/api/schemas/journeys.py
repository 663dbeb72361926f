"""Journeys: the drawn graph, with people at each step and flow on each edge."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from raabta.api.schemas.definitions import ProblemOut


class Draining(BaseModel):
    version: int
    inside: int


class JourneyItem(BaseModel):
    """`_7d` is the last 7 x 24 hours, all versions together."""

    name: str
    description: str
    version: int
    inside: int = Field(description="of all versions")
    entered_7d: int
    goals_7d: int
    exits_7d: int = Field(description="enrollments ended, goals included")
    sent_7d: int
    withheld_7d: int
    deferred_7d: int
    entry_words: str
    draining: list[Draining] = Field(description="older versions that still hold people")
    error: ProblemOut | None = Field(description="why it takes nobody in now")


class JourneyList(BaseModel):
    items: list[JourneyItem]


class JourneyEntry(BaseModel):
    event: str | None
    segment: str | None
    words: str
    again: str = Field(description="never, 'after exit', or a duration as 30d")
    again_words: str


class JourneyGoal(BaseModel):
    words: str
    within: float | None = Field(description="seconds after entry")


class JourneyExitOn(BaseModel):
    reason: str
    words: str


class JourneyArm(BaseModel):
    label: str
    words: str | None = Field(None, description="a branch's condition")
    share: float | None = Field(None, description="a split's share, 0 to 1")
    target: int


class JourneyNode(BaseModel):
    """A step. Fields that its kind does not have are null."""

    model_config = ConfigDict(populate_by_name=True)

    index: int
    id: str
    kind: Literal["send", "wait_for", "wait_until", "branch", "split", "set", "exit"]
    template: str | None = None
    channel: str | None = None
    cls: str | None = Field(None, alias="class", description="of a message")
    topic: str | None = None
    priority: int | None = None
    patience: float | None = Field(None, description="seconds a message may be put off")
    lasting: float | None = Field(None, description="seconds of a wait")
    event: str | None = Field(None, description="what a wait is until, in words")
    within: float | None = Field(None, description="seconds until a wait gives up")
    arms: list[JourneyArm] | None = None
    values: dict[str, Any] | None = Field(None, description="traits set")
    reason: str | None = Field(None, description="of an exit")
    inside: int = Field(description="people at this step now")
    sent: int
    deferred: int
    withheld: int
    withheld_by_rule: dict[str, int]


class JourneyEdge(BaseModel):
    """`source` -1 is the entry; `target` -1 is out of the journey (kind exit, label the reason)."""

    source: int
    target: int
    kind: Literal["next", "met", "timeout", "arm", "otherwise", "entry", "exit"]
    label: str | None = None
    words: str | None = None
    share: float | None = None
    flow: int = Field(description="enrollments that went along it in the period")


class JourneyExit(BaseModel):
    reason: str
    people: int


class VersionInside(BaseModel):
    version: int
    active: bool
    inside: int


class JourneyGraph(BaseModel):
    """Counts and flows are of the period and of this version; `inside` is now."""

    name: str
    description: str
    version: int
    versions: list[VersionInside] = Field(description="newest first")
    days: int = Field(description="UTC days in the period, today included; 0: since ever")
    entry: JourneyEntry
    goal: JourneyGoal | None
    exits_on: list[JourneyExitOn]
    holdout: float
    nodes: list[JourneyNode]
    edges: list[JourneyEdge]
    entered: int
    exits: list[JourneyExit] = Field(description="most frequent first")
    inside: int
