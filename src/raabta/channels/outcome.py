"""From a delivery's result to what is written: state, events, suppression. Pure."""

from __future__ import annotations

from typing import Any

from raabta.channels.model import Delivery, Failed, OutboxMessage, Sent
from raabta.channels.ports import Material, NewEvent, Outcome
from raabta.channels.retry import RetryPolicy
from raabta.core.clock import Instant


def conclude(
    message: OutboxMessage,
    material: Material | None,
    delivery: Delivery,
    *,
    at: Instant,
    wall: Instant,
    policy: RetryPolicy,
) -> Outcome:
    """What to write about one attempt.

    `at` is engine time, for events and the message's age; `wall` is real time, for the next try.
    """
    if isinstance(delivery, Sent):
        events = _event(("Message Sent", "sent"), message, material, at, {})
        return Outcome(
            message, "sent", wall, sent_at=at, provider_id=delivery.provider_id, events=events
        )
    if isinstance(delivery, Failed):
        return _failed(message, material, delivery, at, wall)
    given_up = policy.exhausted(message.attempts, message.decided_at, at)
    if given_up:
        last = Failed(f"{given_up}; the last answer: {delivery.reason}", delivery.code)
        return _failed(message, material, last, at, wall)
    again = wall + policy.delay(message.id, message.attempts)
    return Outcome(message, "queued", again, error=delivery.reason)


def released(message: OutboxMessage, wall: Instant) -> Outcome:
    """Given back untried."""
    return Outcome(message, "queued", wall, counted=False)


def _failed(
    message: OutboxMessage, material: Material | None, why: Failed, at: Instant, wall: Instant
) -> Outcome:
    facts = {"reason": why.reason, "code": why.code, "hard": why.hard_bounce}
    names = ("Message Bounced", "bounced") if why.hard_bounce else ("Message Failed", "failed")
    return Outcome(
        message,
        "failed",
        wall,
        error=why.reason,
        suppress=f"hard bounce: {why.reason}" if why.hard_bounce else None,
        events=_event(names, message, material, at, facts),
    )


def _event(
    names: tuple[str, str],
    message: OutboxMessage,
    material: Material | None,
    at: Instant,
    facts: dict[str, Any],
) -> tuple[NewEvent, ...]:
    properties = {
        # A string, since JavaScript's numbers end at 2^53.
        "message_id": str(message.id),
        "journey": message.journey,
        "template": message.template,
        "topic": message.topic,
        "class": message.message_class,
        "channel": message.channel,
        "attempts": message.attempts,
        **facts,
    }
    name, kind = names
    user = material.user_id if material else None
    anonymous = material.anonymous_id if material else None
    return (NewEvent(f"{kind}:{message.id}", name, user, anonymous, properties, at),)
