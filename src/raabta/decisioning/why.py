"""Telling a decision in sentences, from the ledger's own words.

The words of each language stand in a module of their own; what is told does not depend on them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from raabta.core.clock import Instant, spell_duration, to_datetime
from raabta.core.text import Lang, isolated, plain
from raabta.decisioning import why_words_en, why_words_ur
from raabta.decisioning.model import Policy


@dataclass(frozen=True)
class _Words:
    """A language: its texts, how it writes a time, and how names stand in its sentences."""

    texts: dict[str, str]
    rules: dict[str, str]
    units: dict[str, tuple[str, str]]
    classes: dict[str, str]
    channels: dict[str, str]
    moment: Callable[[datetime], str]
    name: Callable[[str], str]

    def say(self, text: str, **parts: object) -> str:
        return self.texts[text].format(**parts)

    def channel(self, name: str) -> str:
        return self.channels.get(name) or self.name(name)

    def cls(self, name: str) -> str:
        return self.classes.get(name) or self.name(name)

    def when(self, at: Instant, zone: tzinfo) -> str:
        return self.moment(to_datetime(at).astimezone(zone))

    def lasting(self, micros: int) -> str:
        """'7 days'"""
        short = spell_duration(micros)
        number, unit = short[:-1], short[-1]
        one, many = self.units[unit]
        return f"{number} {one if number == '1' else many}"


def lasting(micros: int, lang: Lang = "en") -> str:
    """'7 days'; in Urdu the form that stands before a postposition."""
    return _LANGUAGES[lang].lasting(micros)


_EN, _UR = why_words_en, why_words_ur
_LANGUAGES: dict[Lang, _Words] = {
    "en": _Words(_EN.TEXTS, _EN.RULES, _EN.UNITS, _EN.CLASSES, _EN.CHANNELS, _EN.when, plain),
    "ur": _Words(_UR.TEXTS, _UR.RULES, _UR.UNITS, _UR.CLASSES, _UR.CHANNELS, _UR.when, isolated),
}


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


def tell(row: Told, policy: Policy, zone: tzinfo, local: tzinfo, lang: Lang = "en") -> str:
    """What happened, by which rule, and when it can be next, for somebody who runs a shop.

    `policy` is the one in force at the time. Times are told in `zone`, the workspace's, but a quiet
    hour is one of `local`, the person's own.
    """
    w = _LANGUAGES[lang]
    who, at = w.name(row.person), w.when(row.at, zone)
    what = w.say("what", template=w.name(row.template), journey=w.name(row.journey))
    if row.outcome == "sent":
        delivery = _delivery(row, w, zone)
        return w.say("sent", when=at, who=who, what=what, delivery=delivery).strip()
    reason = _reason(row, policy, w, zone, local)
    if row.outcome == "deferred":
        later = w.say("until", when=w.when(row.until, zone)) if row.until is not None else ""
        return w.say("deferred", when=at, who=who, what=what, later=later, reason=reason)
    late = w.say("late") if row.rule in ("cap", "quiet_hours") else ""
    return w.say("withheld", when=at, who=who, what=what, reason=reason, late=late)


def _reason(row: Told, policy: Policy, w: _Words, zone: tzinfo, local: tzinfo) -> str:
    """The rule as one sentence or two."""
    who = w.name(row.person)
    match row.rule:
        case "quiet_hours":
            return _quiet(row, policy, w, local)
        case "cap":
            return _cap(row, policy, w, zone)
        case "holdout" | "no_address" | "suppressed" | "no_consent":
            channel, topic = w.channel(row.channel), w.name(row.topic)
            return w.say(row.rule, who=who, channel=channel, topic=topic)
        case _:
            words = w.rules.get(row.rule or "", row.rule or "")
            return w.say("other_rule", who=who, words=words)


def _quiet(row: Told, policy: Policy, w: _Words, local: tzinfo) -> str:
    there = to_datetime(row.at).astimezone(local)
    hours = policy.quiet_hours
    between = (
        w.say("between", start=f"{hours.start:%H:%M}", end=f"{hours.end:%H:%M}")
        if hours
        else w.say("at_that_hour")
    )
    return w.say(
        "quiet_hours",
        time=f"{there:%H:%M}",
        who=w.name(row.person),
        zone=w.name(str(local)),
        between=between,
    )


def _cap(row: Told, policy: Policy, w: _Words, zone: tzinfo) -> str:
    cap = policy.caps.get(row.cls)  # type: ignore[call-overload]
    who = w.name(row.person)
    if cap is None:
        return w.say("other_rule", who=who, words=w.rules["cap"])
    if cap.max == 0:
        return w.say("cap_zero", cls=w.cls(row.cls))
    messages = w.say("message" if cap.max == 1 else "messages")
    text = w.say(
        "cap", max=cap.max, cls=w.cls(row.cls), messages=messages, span=w.lasting(cap.window)
    )
    if row.rival is None or row.rival_at is None:
        return w.say("had", cap=text, who=who)
    return w.say("held", cap=text, rival=w.name(row.rival), when=w.when(row.rival_at, zone))


def _delivery(row: Told, w: _Words, zone: tzinfo) -> str:
    error = w.name(row.delivery_error) if row.delivery_error else ""
    match row.delivery:
        case "sent" if row.delivery_at is not None:
            at = w.when(row.delivery_at, zone)
            return w.say("delivered", channel=w.channel(row.channel), when=at)
        case "failed":
            return w.say("failed", why=w.say("failed_why", error=error) if error else "")
        case "queued" if error:
            return w.say("again", error=error)
        case None:
            return ""
        case _:
            return w.say("under_way")


def tell_place(
    journey: str,
    *,
    holdout: bool,
    due: Instant | None,
    is_past: bool,
    zone: tzinfo,
    lang: Lang = "en",
) -> str:
    """Where somebody is in a journey, in one sentence."""
    w = _LANGUAGES[lang]
    name = w.name(journey)
    if is_past:
        return w.say("was_inside", journey=name)
    group = w.say("in_holdout") if holdout else ""
    then = w.say("then", when=w.when(due, zone)) if due is not None else ""
    return w.say("inside", journey=name, group=group, then=then)


def tell_nothing(person: str, until: str | None, lang: Lang = "en") -> str:
    """That no message was ever considered for somebody; `until` is an instant as text."""
    w = _LANGUAGES[lang]
    who = w.name(person)
    return w.say("nothing_until", who=who, when=until) if until else w.say("nothing", who=who)


def tell_move(segment: str, *, entered: bool, lang: Lang = "en") -> str:
    """That somebody came into a segment or left it."""
    w = _LANGUAGES[lang]
    return w.say("entered" if entered else "left", segment=w.name(segment))


def tell_source(source: str, key: str | None, lang: Lang = "en") -> str:
    """Where a fact came from; `key` is the name of the write key that `source` names."""
    w = _LANGUAGES[lang]
    if source in ("journey", "channels"):
        return w.say(f"by_{source}")
    kind, _, name = source.partition(":")
    if kind == "key" and name:
        return w.say("by_key", name=w.name(key or name))
    if kind == "import" and name:
        return w.say("by_import", name=w.name(name.partition(":")[0]))
    return w.say("by_other", name=w.name(source))


def tell_balance(person: str | None, said: int, acts: int, answered: int, lang: Lang = "en") -> str:
    """Whether somebody (None: several people) is talked with or talked at, in one sentence.

    With: one message in five was answered, or they act at least as often as they are written to.
    """
    w = _LANGUAGES[lang]
    whose = w.name(person) if person else w.say("they")
    messages = w.say("one_message" if said == 1 else "n_messages", n=f"{said:,}")
    deeds = w.say("one_act" if acts == 1 else "n_acts", n=f"{acts:,}")
    if said == 0:
        return w.say("unspoken", who=whose, deeds=deeds) if acts else w.say("silent")
    is_with = answered * 5 >= said or acts >= said
    words = "with" if is_with else "at"
    return w.say(words, messages=messages, answered=f"{answered:,}", deeds=deeds, whose=whose)


def rule_words(lang: Lang = "en") -> dict[str, str]:
    """The rules in the order in which they are asked, each in plain words about a person."""
    return dict(_LANGUAGES[lang].rules)
