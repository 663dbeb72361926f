"""One person whole: where each fact came from, and how they have been spoken to."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select

from raabta.core.clock import DAY, Instant, instant, iso
from raabta.core.text import Lang
from raabta.decisioning.model import Policy
from raabta.decisioning.why import tell_nothing, tell_place, tell_source
from raabta.runtime.asking.groups import group_ids
from raabta.runtime.asking.stores import Person, Stores, find, known
from raabta.runtime.asking.telling import Teller, policies, shop_zone
from raabta.storage.state import tables as t

#: Events that our own sending caused, and what is said about consent: nobody's own doing.
OUR_EVENTS = (
    "Message Sent",
    "Message Delivered",
    "Message Bounced",
    "Message Failed",
    "Message Opened",
    "Message Clicked",
    "Consent Updated",
)
#: How many groups of a person are shown.
GROUPS = 20

_L = t.ledger.c


def why(
    stores: Stores, who: str, at: Instant | None, limit: int, lang: Lang = "en"
) -> dict[str, Any]:
    """The last decisions about a person up to `at`, each in a sentence, newest first."""
    person = find(stores, who)
    query = select(t.ledger).where(_L.profile == person.id)
    if at is not None:
        query = query.where(_L.at <= at)
    with stores.db.read() as connection:
        rows = connection.execute(query.order_by(_L.at.desc(), _L.id).limit(limit)).all()
    teller = Teller(stores, lang)
    told = teller.rows(rows, names={person.id: person.name}, as_of=at)
    teller.with_answers(told, [person.id])
    if at is not None:
        _forget(told, at)
    return {
        "person": person.name,
        "profile": str(person.id),
        "asked_at": iso(at) if at is not None else None,
        "timezone": str(teller.zone),
        "decisions": told,
        "inside": inside(stores, person.id, at, lang=lang, zone=teller.zone),
        "sentence": None
        if told
        else tell_nothing(person.name, iso(at) if at is not None else None, lang),
    }


def _forget(told: list[dict[str, Any]], at: Instant) -> None:
    """Answers that came later were not known then."""
    for row in told:
        for name in ("opened_at", "clicked_at"):
            if row[name] is not None and instant(row[name]) > at:
                row[name] = None


def inside(
    stores: Stores,
    profile: int,
    at: Instant | None = None,
    *,
    lang: Lang = "en",
    zone: ZoneInfo | None = None,
) -> list[dict[str, Any]]:
    """Journeys the person is in now, or was in `at` some time (then without what came next)."""
    e = t.enrollments.c
    query = select(e.journey, e.entered_at, e.state, e.due_at, e.holdout).where(
        e.profile == profile
    )
    if at is None:
        query = query.where(e.ended_at.is_(None))
    else:
        query = query.where(e.entered_at <= at, or_(e.ended_at.is_(None), e.ended_at > at))
    with stores.db.read() as connection:
        rows = connection.execute(query.order_by(e.entered_at)).all()
    zone = zone or shop_zone(policies(stores))
    return [
        {
            "journey": r.journey,
            "entered_at": iso(r.entered_at),
            "state": r.state if at is None else "inside",
            "next_at": iso(r.due_at) if r.due_at is not None and at is None else None,
            "holdout": bool(r.holdout),
            "sentence": tell_place(
                r.journey,
                holdout=r.holdout,
                due=r.due_at,
                is_past=at is not None,
                zone=zone,
                lang=lang,
            ),
        }
        for r in rows
    ]


def profile(stores: Stores, who: str, now: Instant, lang: Lang = "en") -> dict[str, Any]:
    """One person whole: identities, traits with where each came from, consents, memberships,
    and figures of their contacts, answers and conversions."""
    person = find(stores, who)
    shown = known(stores, [person.id])[person.id]
    held = policies(stores)
    return {
        "id": str(person.id),
        "name": person.name,
        "title": shown.name,
        "email": shown.email,
        "timezone": shown.text("timezone"),
        "locale": shown.text("locale"),
        **_kept(stores, person, lang),
        "journeys": inside(stores, person.id, lang=lang, zone=shop_zone(held)),
        **_figures(stores, person.id, held[0].policy if held else Policy(), now),
    }


def _kept(stores: Stores, person: Person, lang: Lang) -> dict[str, Any]:
    """What the state store keeps of a person, as it stands."""
    i, tr, c, m = t.identifiers.c, t.traits.c, t.consents.c, t.memberships.c
    with stores.db.read() as connection:
        identities = connection.execute(
            select(i.kind, i.value).where(i.profile == person.id).order_by(i.kind, i.value)
        ).all()
        traits = connection.execute(
            select(tr.key, tr.value, tr.at, tr.source)
            .where(tr.profile == person.id)
            .order_by(tr.key)
        ).all()
        consents = connection.execute(
            select(c.channel, c.topic, c.granted, c.at, c.source).where(c.profile == person.id)
        ).all()
        segments = connection.execute(
            select(m.segment, m.since)
            .where(m.profile == person.id, m.member)
            .order_by(m.since.desc(), m.segment)
        ).all()
    words = source_words(stores, {r.source for r in traits}, lang)
    return {
        "identifiers": [{"kind": k, "value": v} for k, v in identities],
        "traits": {
            r.key: {
                "value": json.loads(r.value),
                "at": iso(r.at),
                "source": r.source,
                "source_words": words[r.source],
            }
            for r in traits
        },
        "consents": [
            {
                "channel": r.channel,
                "topic": r.topic,
                "granted": bool(r.granted),
                "at": iso(r.at),
                "source": r.source,
            }
            for r in consents
        ],
        "segments": [{"segment": r.segment, "since": iso(r.since)} for r in segments],
    }


def source_words(stores: Stores, sources: Iterable[str], lang: Lang) -> dict[str, str]:
    """What each source is, as a person would say it: a write key by its name, a file by its own."""
    k = t.keys.c
    wanted = set(sources)
    keys = [source.removeprefix("key:") for source in wanted]
    with stores.db.read() as connection:
        rows = connection.execute(select(k.id, k.name).where(k.id.in_(keys)))
        named: dict[str, str] = {row.id: row.name for row in rows}
    return {
        source: tell_source(source, named.get(source.removeprefix("key:")), lang=lang)
        for source in wanted
    }


def _figures(stores: Stores, person: int, policy: Policy, now: Instant) -> dict[str, Any]:
    with stores.db.read() as connection:
        sent = [_L.profile == person, _L.outcome == "sent"]
        total, d30, d7 = (
            int(
                connection.scalar(
                    select(func.count()).select_from(t.ledger).where(*sent, _L.at > now - span)
                )
                or 0
            )
            for span in (2**62, 30 * DAY, 7 * DAY)
        )
    past = stores.past()
    not_theirs = (*OUR_EVENTS[:4], *(touch.event for touch in policy.touches))
    first, last = past.span(person, not_theirs)
    answers = past.answers([person])
    conversion = policy.conversion
    count, revenue = past.conversions(person, conversion.event, conversion.revenue)
    recent = [
        pair
        for pair in answers.values()
        if max(at for at in pair if at is not None) > now - 30 * DAY
    ]
    return {
        "contacts": {"d7": d7, "d30": d30, "total": total},
        "answered": {
            "opened": sum(opened is not None for opened, _ in answers.values()),
            "clicked": sum(clicked is not None for _, clicked in answers.values()),
            "d30": len(recent),
        },
        "first_seen": iso(first) if first is not None else None,
        "last_seen": iso(last) if last is not None else None,
        "conversions": {"event": conversion.event, "count": count, "revenue": revenue},
        "groups": group_ids(stores, past.groups_of(person, GROUPS)),
    }
