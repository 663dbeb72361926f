"""Telling a decision in sentences, from the ledger's own words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from raabta.core.clock import Instant, spell_duration, to_datetime
from raabta.decisioning.model import RULE_WORDS, Policy

_UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day"}


@dataclass(frozen=True)
class Told:
    """One ledger row with what is needed to tell it."""

    at: Instant
    person: str
    journey: str
    step: str
    template: str
    cls: str
    topic: str
    channel: str
    outcome: str
    rule: str | None
    until: Instant | None
    attempt: int
    rival: str | None = None  # the rival's template
    rival_at: Instant | None = None
    delivery: str | None = None  # the outbox's state of it
    delivery_at: Instant | None = None
    delivery_error: str | None = None


def tell(row: Told, policy: Policy, zone: tzinfo, local: tzinfo) -> str:
    """What happened, by which rule, and when it can be next, for somebody who runs a shop.

    `policy` is the one in force at the time. Times are told in `zone`, the workspace's, but a quiet
    hour is one of `local`, the person's own.
    """
    what = f"'{row.template}' (journey {row.journey})"
    when = _when(row.at, zone)
    if row.outcome == "sent":
        return f"{when}: {row.person} was sent {what}. {_delivery(row, zone)}".strip()
    reason = _reason(row, policy, zone, local)
    if row.outcome == "deferred":
        later = f" until {_when(row.until, zone)}" if row.until is not None else ""
        return f"{when}: {what} for {row.person} was put off{later}. {reason}"
    late = row.rule in ("cap", "quiet_hours")
    tail = " Waiting any longer would have made the message pointless." if late else ""
    return f"{when}: {row.person} did not get {what}. {reason}{tail}"


def _reason(row: Told, policy: Policy, zone: tzinfo, local: tzinfo) -> str:
    """The rule as one sentence or two."""
    who = row.person
    match row.rule:
        case "holdout":
            return (
                f"{who} was drawn by lot into the holdout group, who get no such messages so that "
                "their effect can be measured."
            )
        case "no_address":
            return f"No address for {row.channel} is known."
        case "suppressed":
            return (
                "The address must not be written to: a message to it bounced, or somebody "
                "complained."
            )
        case "no_consent":
            return (
                f"{who} has not agreed to {row.channel} about '{row.topic}', or has taken the "
                "consent back."
            )
        case "quiet_hours":
            return _quiet(row, policy, local)
        case "cap":
            return _cap(row, policy, zone)
        case _:
            return f"{who} {RULE_WORDS.get(row.rule or '', row.rule or '')}."


def _quiet(row: Told, policy: Policy, local: tzinfo) -> str:
    there = to_datetime(row.at).astimezone(local)
    hours = policy.quiet_hours
    between = f" between {hours.start:%H:%M} and {hours.end:%H:%M}" if hours else " at that hour"
    return (
        f"It was {there:%H:%M} where {row.person} is ({local}), and nobody is disturbed{between}."
    )


def _cap(row: Told, policy: Policy, zone: tzinfo) -> str:
    cap = policy.caps.get(row.cls)  # type: ignore[call-overload]
    if cap is None:
        return f"{row.person} {RULE_WORDS['cap']}."
    if cap.max == 0:
        return f"Nobody gets {row.cls} messages at present: the cap is 0."
    messages = "message" if cap.max == 1 else "messages"
    text = f"Nobody gets more than {cap.max} {row.cls} {messages} in {_lasting(cap.window)}"
    if row.rival is None or row.rival_at is None:
        return f"{text}, and that is what {row.person} had."
    return f"{text}, and the place is held by '{row.rival}' of {_when(row.rival_at, zone)}."


def _delivery(row: Told, zone: tzinfo) -> str:
    match row.delivery:
        case "sent" if row.delivery_at is not None:
            return f"The {row.channel} server took it on {_when(row.delivery_at, zone)}."
        case "failed":
            why = f": {row.delivery_error}" if row.delivery_error else ""
            return f"It could not be delivered{why}."
        case "queued" if row.delivery_error:
            return f"It is not delivered yet and will be tried again ({row.delivery_error})."
        case None:
            return ""
        case _:
            return "It is on its way."


def _when(at: Instant, zone: tzinfo) -> str:
    """'Mon 2 Mar 2026, 09:30'"""
    moment = to_datetime(at).astimezone(zone)
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M}"


def _lasting(micros: int) -> str:
    """'7 days'"""
    short = spell_duration(micros)
    number, unit = short[:-1], _UNITS[short[-1]]
    return f"{number} {unit}" + ("" if number == "1" else "s")


def tell_place(
    journey: str, *, holdout: bool, due: Instant | None, is_past: bool, zone: tzinfo
) -> str:
    """Where somebody is in a journey, in one sentence."""
    if is_past:
        return f"At that time inside journey {journey}."
    group = " in its holdout group" if holdout else ""
    then = f"; the next step is due on {_when(due, zone)}" if due is not None else ""
    return f"Now inside journey {journey}{group}{then}."
