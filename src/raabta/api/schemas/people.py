"""People: the list, one person, their timeline, and the score."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from raabta.api.schemas.ledger import DecisionRow, PersonRef


class PersonRow(BaseModel):
    """One line of the list. `since` and `due_at` belong to the segment or step that was asked."""

    id: str
    name: Annotated[str, Field(description="the best that is known to call this person by")]
    email: str | None
    user_id: str | None
    anonymous_id: str | None
    created_at: str
    contacts_30d: Annotated[int, Field(description="messages sent in the last 30 days")]
    last_contact_at: str | None
    contacts: Annotated[
        int | None,
        Field(description="messages as `days`, `pressure` and `at_cap` count them, where asked"),
    ] = None
    since: str | None = None
    due_at: str | None = None


class PeoplePage(BaseModel):
    """`next` is the `cursor` of the following page; null on the last one."""

    profiles: list[PersonRow]
    next: str | None


class Identifier(BaseModel):
    kind: Annotated[str, Field(description="user_id, anonymous_id or email")]
    value: str


class TraitValue(BaseModel):
    value: Any
    at: str
    source: Annotated[str, Field(description="a write key's id, a file or 'journey'")]
    source_words: Annotated[str, Field(description="the source as a person would say it")]


class Consent(BaseModel):
    channel: str
    topic: Annotated[str, Field(description="'*' is the channel as a whole")]
    granted: bool
    at: str
    source: str


class SegmentPlace(BaseModel):
    segment: str
    since: str


class JourneyPlace(BaseModel):
    journey: str
    entered_at: str
    state: str
    next_at: str | None
    holdout: bool
    sentence: str


class ContactCounts(BaseModel):
    """Messages sent to this person, in the last 7 and 30 days and ever."""

    d7: int
    d30: int
    total: int


class AnswerCounts(BaseModel):
    """Messages opened and clicked, ever; `d30`: messages answered either way in 30 days."""

    opened: int
    clicked: int
    d30: int


class ConversionCounts(BaseModel):
    """What counts as success in this workspace, and how often this person did it."""

    event: str
    count: int
    revenue: float


class PersonDetail(BaseModel):
    """One person whole."""

    id: str
    name: Annotated[str, Field(description="user id, anonymous id or profile id")]
    title: Annotated[str, Field(description="the best that is known to call this person by")]
    email: str | None
    timezone: str | None
    locale: str | None
    identifiers: list[Identifier]
    traits: dict[str, TraitValue]
    consents: list[Consent]
    segments: list[SegmentPlace]
    journeys: list[JourneyPlace]
    contacts: ContactCounts
    answered: AnswerCounts
    first_seen: str | None
    last_seen: str | None
    conversions: ConversionCounts
    groups: Annotated[list[str], Field(description="ids that `group` calls named, latest first")]


class WhyAnswer(BaseModel):
    """The last decisions about a person, each in a sentence, newest first."""

    person: str
    profile: str
    asked_at: str | None
    timezone: str
    decisions: list[DecisionRow]
    inside: list[JourneyPlace]
    sentence: Annotated[str | None, Field(description="said only when there are no decisions")]


# --- the timeline -----------------------------------------------------------------------------


class TimelineEvent(BaseModel):
    type: Literal["event"]
    id: str
    seq: str
    at: Annotated[str, Field(description="when it happened")]
    received_at: str
    name: str
    kind: Annotated[str, Field(description="track, identify, page, screen, group or alias")]
    source: str
    imported: bool
    properties: Annotated[
        dict[str, Any], Field(description="at most 40 of them and 4 KB in all: see `truncated`")
    ]
    truncated: bool


class TimelineDecision(DecisionRow):
    type: Literal["decision"]


class TimelineSegment(BaseModel):
    """The latest move into or out of each segment; earlier ones are not kept."""

    type: Literal["segment"]
    id: str
    at: str
    segment: str
    entered: bool
    sentence: str


TimelineItem = Annotated[
    TimelineEvent | TimelineDecision | TimelineSegment, Field(discriminator="type")
]


class Timeline(BaseModel):
    """Newest first; `next` is the `cursor` of what came before, null at the beginning of time."""

    items: list[TimelineItem]
    next: str | None


# --- the score --------------------------------------------------------------------------------


class Note(BaseModel):
    """One decision about a message: filled when sent, hollow when deferred or withheld."""

    id: str
    at: str
    person: Annotated[PersonRef | None, Field(description="only where several people play")] = None
    channel: str
    outcome: Literal["sent", "deferred", "withheld"]
    rule: str | None
    journey: str
    template: str
    message_class: Annotated[str, Field(alias="class")]
    until: str | None
    delivery: str | None
    opened_at: str | None
    clicked_at: str | None
    sentence: str

    model_config = ConfigDict(populate_by_name=True)


class Act(BaseModel):
    """Something the person did; `n` of them from `at` on when they were binned (`act_bin_seconds`)."""

    at: str
    name: str
    n: int


class Rest(BaseModel):
    """A silence that was decided: candidates were there, and none was sent."""

    model_config = ConfigDict(populate_by_name=True)

    start: Annotated[str, Field(alias="from")]
    end: Annotated[str, Field(alias="to")]


class Balance(BaseModel):
    """Whether somebody is talked with or talked at."""

    said: Annotated[int, Field(description="messages sent in the window")]
    acts: Annotated[int, Field(description="what the person did in the window")]
    answered: Annotated[int, Field(description="messages of the window opened or clicked")]
    words: str


class Score(BaseModel):
    """A person's (or an account's) contacts, to be drawn like sheet music."""

    model_config = ConfigDict(populate_by_name=True)

    start: Annotated[str, Field(alias="from")]
    end: Annotated[str, Field(alias="to")]
    staves: Annotated[list[str], Field(description="channels, one line each")]
    notes: Annotated[list[Note], Field(description="oldest first, at most the newest 1,000")]
    acts: list[Act]
    act_bin_seconds: Annotated[int | None, Field(description="null: each act is one act")]
    rests: list[Rest]
    balance: Balance
    people: Annotated[list[PersonRef], Field(description="whose score this is")]
    truncated: Annotated[bool, Field(description="whether older notes or people were left out")]


class DayNote(BaseModel):
    """All decisions of ten minutes with one channel and outcome."""

    at: str
    channel: str
    outcome: Literal["sent", "deferred", "withheld"]
    n: int


class DayJourney(BaseModel):
    journey: str
    sent: int
    deferred: int
    withheld: int


class DayScore(BaseModel):
    """The whole workspace's day in its own time zone."""

    model_config = ConfigDict(populate_by_name=True)

    date: str
    timezone: str
    start: Annotated[str, Field(alias="from")]
    end: Annotated[str, Field(alias="to")]
    staves: list[str]
    notes: list[DayNote]
    bin_seconds: int
    journeys: list[DayJourney]
