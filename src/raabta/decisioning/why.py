"""Telling a decision in sentences, from the ledger's own words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from raabta.core.clock import Instant, spell_duration, to_datetime
from raabta.decisioning.model import RULE_WORDS, Policy


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
    delivery: str | None = None  # what the channel made of it
    delivery_at: Instant | None = None


def tell(row: Told, policy: Policy, zone: tzinfo) -> str:
    """One or two sentences: what happened, by which rule, and when it can be next.

    `policy` is the one in force at the time; times are told in `zone`.
    """
    what = f"'{row.template}' of journey {row.journey}"
    when = _when(row.at, zone)
    if row.outcome == "sent":
        return f"{when}: {row.person} was sent {what}. {_delivery(row, zone)}".strip()
    verb = "waits with" if row.outcome == "deferred" else "did not get"
    reason = _reason(row, policy, zone)
    tail = ""
    if row.outcome == "deferred" and row.until is not None:
        tail = f" It is looked at again on {_when(row.until, zone)}."
    elif row.rule in ("cap", "quiet_hours"):
        tail = " There was no possible time before the message would have lost its point."
    return f"{when}: {row.person} {verb} {what}, because {row.person} {reason}.{tail}"


def _reason(row: Told, policy: Policy, zone: tzinfo) -> str:
    words = RULE_WORDS.get(row.rule or "", row.rule or "")
    if row.rule == "cap":
        cap = policy.caps.get(row.cls)  # type: ignore[call-overload]
        if cap is not None:
            words = (
                f"may get at most {cap.max} {row.cls} messages in "
                f"{spell_duration(cap.window)}, and the place is taken"
            )
        if row.rival and row.rival_at is not None:
            words += f" by '{row.rival}' of {_when(row.rival_at, zone)}"
        return words
    if row.rule == "no_consent":
        return f"has not agreed to {row.channel} messages about '{row.topic}'"
    if row.rule == "quiet_hours" and policy.quiet_hours:
        hours = policy.quiet_hours
        return (
            f"must not be disturbed between {hours.start:%H:%M} and {hours.end:%H:%M} "
            "in their time zone"
        )
    return words


def _delivery(row: Told, zone: tzinfo) -> str:
    if row.delivery == "sent" and row.delivery_at is not None:
        return f"The {row.channel} server took it on {_when(row.delivery_at, zone)}."
    if row.delivery == "failed":
        return "The provider refused it for good."
    if row.delivery:
        return "It is on its way."
    return ""


def _when(at: Instant, zone: tzinfo) -> str:
    return f"{to_datetime(at).astimezone(zone):%Y-%m-%d %H:%M}"
