"""What is decided about one person's candidates of one instant, rule by rule."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from oracle.conditions import Facts
from raabta.core.clock import DAY, to_datetime, to_instant
from raabta.decisioning.model import Policy, QuietHours
from raabta.journeys.model import Send

_ADDRESS = {"email": "email", "sms": "phone"}
_NEVER = 2**62


@dataclass(frozen=True)
class Candidate:
    id: int
    at: int
    since: int
    holdout: bool
    send: Send
    outcome: str = "sent"
    rule: str | None = None
    rival: int | None = None
    until: int | None = None


@dataclass
class Sent:
    """What has gone out to this person: (id, class, at)."""

    messages: list[tuple[int, str, int]] = field(default_factory=list)


def decide(
    candidates: list[Candidate],
    facts: Facts,
    sent: Sent,
    suppressed: set[tuple[str, str]],
    policy: Policy,
) -> list[Candidate]:
    single = [_alone(c, facts, suppressed, policy) for c in candidates]
    decided = {c.id: c for c in single}
    for cls, cap in policy.caps.items():
        mine = [c for c in single if c.outcome == "sent" and c.send.cls == cls]
        mine.sort(key=lambda c: (-c.send.priority, c.id))
        held = [
            (at, id_)
            for id_, sent_cls, at in sent.messages
            if sent_cls == cls and mine and mine[0].at - cap.window < at <= mine[0].at
        ]
        room = max(0, cap.max - len(held))
        for c in mine[:room]:
            held.append((c.at, c.id))
        held.sort()
        for n, c in enumerate(mine[room:]):
            if cap.max == 0:
                decided[c.id] = _wait(c, "cap", _NEVER, None)
                continue
            rounds, place = divmod(n, cap.max)
            at, holder = held[len(held) - cap.max + place]
            decided[c.id] = _wait(c, "cap", at + cap.window * (1 + rounds), holder)
    for c in decided.values():
        if c.outcome == "sent":
            sent.messages.append((c.id, c.send.cls, c.at))
    return list(decided.values())


def _alone(
    c: Candidate, facts: Facts, suppressed: set[tuple[str, str]], policy: Policy
) -> Candidate:
    marketing = c.send.cls != "transactional"
    channel = c.send.channel
    address = facts.trait(_ADDRESS.get(channel, channel), c.at)
    if marketing and c.holdout:
        return replace(c, outcome="withheld", rule="holdout")
    if not isinstance(address, str) or not address:
        return replace(c, outcome="withheld", rule="no_address")
    if (channel, address.strip().lower()) in suppressed:
        return replace(c, outcome="withheld", rule="suppressed")
    if marketing and not _agreed(facts, channel, c.send.topic, c.at):
        return replace(c, outcome="withheld", rule="no_consent")
    if marketing and policy.quiet_hours is not None:
        zone = facts.trait("timezone", c.at)
        if not isinstance(zone, str) or zone not in available_timezones():
            zone = policy.timezone
        end = quiet_end(c.at, zone, policy.quiet_hours)
        if end is not None:
            return _wait(c, "quiet_hours", end, None)
    return c


def _wait(c: Candidate, rule: str, until: int, rival: int | None) -> Candidate:
    if until <= c.since + c.send.patience:
        return replace(c, outcome="deferred", rule=rule, until=until, rival=rival)
    return replace(c, outcome="withheld", rule=rule, rival=rival)


def _agreed(facts: Facts, channel: str, topic: str, at: int) -> bool:
    def latest(wanted: str) -> tuple[int, bool] | None:
        said = [
            (e.received_at, e.properties["granted"])
            for e in facts.events
            if e.name == "Consent Updated"
            and e.received_at <= at
            and e.properties.get("channel", "email") == channel
            and e.properties.get("topic", "*") == wanted
            and isinstance(e.properties.get("granted"), bool)
        ]
        return max(said) if said else None

    whole, one = latest("*"), latest(topic)
    if one is not None and not one[1]:
        return False
    if whole is not None and whole[1]:
        return True
    return one is not None and whole is None


def quiet_end(at: int, zone: str, hours: QuietHours) -> int | None:
    """The end of the quiet hours that `at` falls into, by walking the local clock."""
    local = to_datetime(at).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    clock, start, end = local.time(), hours.start, hours.end
    overnight = start > end
    quiet = (clock >= start or clock < end) if overnight else start <= clock < end
    if not quiet:
        return None
    day = local.date() + timedelta(days=1 if overnight and clock >= start else 0)
    return _first_after(at, datetime.combine(day, end), zone)


def _first_after(at: int, wall: datetime, zone: str) -> int:
    """The first instant after `at` whose local clock shows `wall`, or an hour more if none does."""
    for shown in (wall, wall + timedelta(hours=1)):
        for fold in (0, 1):
            moment = shown.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)
            back = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            if back == shown and to_instant(moment) > at:
                return to_instant(moment)
    raise AssertionError((at, wall, zone, DAY))
