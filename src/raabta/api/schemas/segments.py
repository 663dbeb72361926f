"""Segments: definition in readable words, live count, trend, overlap."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from raabta.api.schemas.definitions import ProblemOut


class TrendPoint(BaseModel):
    date: str
    people: int = Field(description="members at the end of the day, or now")


class SegmentItem(BaseModel):
    name: str
    description: str
    in_words: str = Field(description="empty where the definition cannot be read")
    people: int
    entered_7d: int = Field(description="in the last 7 x 24 hours")
    left_7d: int
    trend: list[TrendPoint] = Field(description="at most 30 days; only since the segment is known")
    version: int
    file: str
    used_by: list[str] = Field(description="journeys that ask for it")
    error: ProblemOut | None = Field(description="why nobody is in it now; the others are unharmed")


class SegmentList(BaseModel):
    items: list[SegmentItem]


class ConditionNode(BaseModel):
    """`all`, `any` and `not` have `parts`; a `leaf` has words."""

    op: str = Field(description="all, any, not or leaf")
    words: str = Field("", description="of a leaf")
    segment: str | None = Field(None, description="of a leaf that refers to another segment")
    parts: list[ConditionNode] = Field(default_factory=list)


class SegmentDetail(SegmentItem):
    body: dict[str, Any]
    yaml: str
    condition_tree: ConditionNode | None


class SegmentOverlap(BaseModel):
    """`pairs[i][j]` is how many people are in both `names[i]` and `names[j]`."""

    names: list[str]
    people: list[int] = Field(description="members of each, among those looked at")
    pairs: list[list[int]]
    of: int = Field(description="people looked at")
    sampled: bool
    margin: float = Field(description="largest 95% half-width, as a share of `of`; 0 if exact")
    as_of: str | None


class SegmentPreviewIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    yaml: Annotated[str, Field(max_length=2_000_000)]


class SegmentPreview(BaseModel):
    """What a segment would be; nothing is written."""

    name: str | None
    in_words: str
    people: int | None = Field(description="null where there are problems")
    of: int = Field(description="all people")
    sampled: bool
    margin: float = Field(description="95% half-width of `people`, as a share of `of`; 0 if exact")
    condition_tree: ConditionNode | None
    problems: list[ProblemOut]
