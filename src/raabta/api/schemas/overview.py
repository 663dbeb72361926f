"""The overview: what happened, what will happen, who is over- or under-contacted."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Totals(BaseModel):
    people: int = Field(description="profiles, without those merged into another")
    inside: int = Field(description="enrollments that have not ended")


class DayFigures(BaseModel):
    date: str = Field(description="in the workspace's time zone")
    reached: int | None = Field(description="people sent at least one message; null: not known yet")
    sent: int
    deferred: int
    withheld: int
    new_people: int
    entered: int = Field(description="enrollments begun")
    goals: int


class Day(DayFigures):
    sent_by_channel: dict[str, int]


class RuleCount(BaseModel):
    rule: str
    withheld: int
    deferred: int


class Today(DayFigures):
    rules: list[RuleCount] = Field(description="most withheld first")


class PressureBar(BaseModel):
    contacts: int = Field(description="messages sent to one person within the window")
    people: int


class Pressure(BaseModel):
    """Messages a person, transactional ones left out, over a rolling window."""

    as_of: str | None
    window_days: float
    cap: int | None = Field(description="most promotional messages in the window; null: no cap")
    untouched: int | None = Field(description="people sent nothing in the window")
    at_cap: int | None = Field(description="people sent as many promotional messages as allowed")
    histogram: list[PressureBar] = Field(description="from one contact up, without gaps")


class SegmentMove(BaseModel):
    segment: str
    description: str
    people: int
    entered: int
    left: int


class GoalCount(BaseModel):
    journey: str
    entered: int
    goals: int
    sent: int


class UpcomingDay(BaseModel):
    date: str
    due: int = Field(description="people whose wait ends that day")
    may_send: int = Field(
        description="of those, whose steps up to the next wait include a message on some path"
    )
    deferred: int = Field(description="messages put off until that day")
    by_journey: dict[str, int] = Field(description="due and deferred together")


class Overview(BaseModel):
    now: str
    as_of: str | None = Field(
        description="when the figures that are not counters (reached, pressure, upcoming) were "
        "computed; null: not yet"
    )
    timezone: str
    locale: str
    totals: Totals
    today: Today
    days: list[Day] = Field(description="oldest first, today last")
    rules: list[RuleCount] = Field(description="over these days, most withheld first")
    pressure: Pressure
    segments_moved: list[SegmentMove] = Field(description="over these days, biggest movers first")
    goals: list[GoalCount] = Field(description="over these days")
    upcoming: list[UpcomingDay] = Field(description="seven days, today first")
