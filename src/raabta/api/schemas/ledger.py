"""The ledger: rows, facets, and one decision whole."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Outcome = Literal["sent", "deferred", "withheld"]


class PersonRef(BaseModel):
    id: str
    name: str


class Rival(BaseModel):
    """The message that took the place."""

    id: str
    journey: str
    template: str


class Delivery(BaseModel):
    """What became of a sent message."""

    state: Annotated[str, Field(description="queued, leased (being sent), sent or failed")]
    attempts: int
    sent_at: str | None
    error: str | None
    address: str | None = None
    provider_id: str | None = None


class LedgerFields(BaseModel):
    """The row as it is kept."""

    model_config = ConfigDict(populate_by_name=True)

    id: str
    at: str
    profile: str
    journey: str
    version: int
    step: str
    step_label: Annotated[str, Field(description="the step in words: '2nd message: offer'")]
    enrollment: str
    attempt: int
    channel: str
    message_class: Annotated[str, Field(alias="class")]
    topic: str
    template: str
    priority: int
    value: float
    outcome: Outcome
    rule: str | None
    until: Annotated[str | None, Field(description="a deferred candidate's next possible time")]


class DecisionRow(LedgerFields):
    """A decision with its sentence; `rival` is the ledger row that took the place."""

    rival: str | None
    sentence: str
    delivery: Delivery | None
    opened_at: str | None
    clicked_at: str | None


class LedgerRow(LedgerFields):
    person: PersonRef
    rival: Rival | None
    sentence: str
    delivery: Delivery | None


class LedgerPage(BaseModel):
    """`next` is the `cursor` of the following page; null on the last one."""

    ledger: list[LedgerRow]
    next: str | None


class Count(BaseModel):
    value: str
    n: int


class LedgerFacets(BaseModel):
    """How many rows the filters leave, by value. `is_partial`: only the newest rows were counted.

    Where no person or rival is asked for, the counts are of whole quarters of an hour around
    `from` and `to`.
    """

    total: int
    outcome: list[Count]
    rule: list[Count]
    journey: list[Count]
    channel: list[Count]
    message_class: Annotated[list[Count], Field(alias="class")]
    is_partial: bool

    model_config = ConfigDict(populate_by_name=True)


class CapInForce(BaseModel):
    max: int
    window: Annotated[str, Field(description="a duration, as '7d'")]


class QuietHoursInForce(BaseModel):
    start: str
    end: str


class PolicyInForce(BaseModel):
    """The policy at the time of the decision."""

    version: int | None
    since: str | None
    timezone: str
    caps: dict[str, CapInForce]
    quiet_hours: QuietHoursInForce | None
    holdout: float


class Check(BaseModel):
    """One rule, in the order in which they are asked."""

    rule: str
    words: str
    outcome: Literal["passed", "stopped", "not_asked", "not_applicable"]


class Decision(BaseModel):
    """Everything that is known about one decision."""

    row: LedgerFields
    sentence: str
    person: PersonRef
    policy: PolicyInForce
    checks: list[Check]
    rival: LedgerRow | None
    others: Annotated[
        list[LedgerRow],
        Field(description="the same person's other candidates of the same instant"),
    ]
    delivery: Delivery | None
    opened_at: str | None
    clicked_at: str | None
    next_attempt: LedgerRow | None
