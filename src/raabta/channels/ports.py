"""What channels need from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from raabta.channels.model import Delivery, OutboxMessage
from raabta.content.model import Brand, Template
from raabta.core.clock import Instant


@dataclass(frozen=True)
class NewEvent:
    """A track event to be appended to the log. `message_id` is the same whenever it is retold."""

    message_id: str
    name: str
    user_id: str | None
    anonymous_id: str | None
    properties: Mapping[str, Any]
    timestamp: Instant


class AppendEvents(Protocol):
    """Append to the log inside a transaction that somebody else commits.

    Rows whose `message_id` the log already holds are left out.
    """

    def __call__(self, connection: Any, rows: list[NewEvent], now: Instant, /) -> None: ...


@dataclass(frozen=True)
class Material:
    """Everything besides the message itself that its rendering needs.

    `refusal`: why this person must no longer be written to (a consent withdrawn since the
    decision); such a message is not sent.
    """

    template: Template
    brand: Brand
    profile: Mapping[str, Any] = field(default_factory=dict)
    event: Mapping[str, Any] = field(default_factory=dict)
    user_id: str | None = None
    anonymous_id: str | None = None
    default_locale: str = "en"
    timezone: str = "UTC"
    refusal: str | None = None


class MaterialPort(Protocol):
    def materials(self, messages: Sequence[OutboxMessage]) -> Mapping[int, Material]:
        """By message id; a message whose template or brand does not exist is left out."""
        ...


class Connector(Protocol):
    """One way to reach people: renders, sends, and says what became of it."""

    channel: str

    async def deliver(self, message: OutboxMessage, material: Material, at: Instant) -> Delivery:
        """Raises nothing for what a provider may answer; `at` dates the message."""
        ...

    async def rest(self) -> None:
        """Nothing more to send for now: give back connections."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What is to be written about one leased message.

    `state`: sent, failed, or queued (again from `next_at`). `suppress`: why its address must not
    be written to any more. `counted`: whether this lease was an attempt.
    """

    message: OutboxMessage
    state: str
    next_at: Instant
    sent_at: Instant | None = None
    provider_id: str | None = None
    error: str | None = None
    suppress: str | None = None
    counted: bool = True
    events: tuple[NewEvent, ...] = ()


class OutboxPort(Protocol):
    def claim(
        self, channel: str, now: Instant, owner: str, limit: int, lease_for: int
    ) -> list[OutboxMessage]:
        """Lease up to `limit` due messages, oldest first, until `now + lease_for`.

        No message is leased to two owners at once; one whose lease ran out is due again.
        """
        ...

    def finish(self, outcomes: Sequence[Outcome], now: Instant) -> int:
        """Write outcomes, suppressions and events in one transaction; returns how many counted.

        An outcome whose lease was lost meanwhile changes nothing.
        """
        ...

    def suppressed(self, channel: str, addresses: Sequence[str]) -> Mapping[str, str]:
        """The reason for each of the addresses that must not be written to."""
        ...

    def counts(self) -> Mapping[str, int]:
        """How many messages are in each state."""
        ...


@dataclass(frozen=True)
class Hit:
    """Somebody opened, clicked or unsubscribed, as a signed link says.

    `kind`: open, click or unsubscribe. `topic` is '*' for the whole channel.
    """

    kind: str
    message_id: int
    profile: int
    at: Instant
    channel: str = "email"
    url: str | None = None
    topic: str | None = None
    source: str = "link"


class HitPort(Protocol):
    def record(self, hit: Hit) -> None:
        """Append the hit's event; an unsubscription also withdraws the consent, at once."""
        ...
