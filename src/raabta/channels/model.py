"""The nouns of channels: a message to be sent, and what can become of it."""

from __future__ import annotations

from dataclasses import dataclass

from raabta.core.clock import Instant


@dataclass(frozen=True)
class OutboxMessage:
    """A decided message that a sender holds a lease on.

    `id` is the ledger row's id and the idempotency key. `attempts` counts this lease too, and
    tells one lease from the next.
    """

    id: int
    profile: int
    channel: str
    address: str
    locale: str | None
    template: str
    journey: str
    topic: str
    message_class: str  # transactional | triggered | promotional
    entry_seq: int | None
    decided_at: Instant
    attempts: int
    lease_owner: str
    lease_until: Instant


@dataclass(frozen=True)
class Sent:
    """The provider took it; `provider_id` is what it said."""

    provider_id: str


@dataclass(frozen=True)
class Retry:
    """Not now. `provider_down`: nothing is wrong with this message, no other would get through."""

    reason: str
    code: str
    provider_down: bool = False


@dataclass(frozen=True)
class Failed:
    """Never. `hard_bounce`: the address does not exist and must not be written to again."""

    reason: str
    code: str
    hard_bounce: bool = False


Delivery = Sent | Retry | Failed
