"""Questions about people and decisions, answered from the state store."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import Select, func, or_, select

from raabta.core.clock import Instant, iso
from raabta.core.errors import NotFound
from raabta.decisioning.facts import TIMEZONE_TRAIT
from raabta.decisioning.model import Policy
from raabta.decisioning.why import Told, tell, tell_place
from raabta.storage.state import tables as t
from raabta.storage.state.database import Database

_L, _P, _O = t.ledger.c, t.profiles.c, t.outbox.c


@dataclass(frozen=True)
class Person:
    id: int
    name: str


class Asking:
    """Read-only, safe from any thread and beside a running engine."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find(self, who: str) -> Person:
        """A person by user id, anonymous id, e-mail address or profile id. Raises NotFound."""
        i, tr = t.identifiers.c, t.traits.c
        email = json.dumps(who)
        with self._db.read() as connection:
            profile = connection.scalar(
                select(i.profile)
                .where(i.value == who, i.kind.in_(("user_id", "anonymous_id")))
                .order_by(i.kind.desc())  # a user's name goes before a device's
                .limit(1)
            )
            if profile is None:
                profile = connection.scalar(
                    select(tr.profile)
                    .where(tr.key == "email", tr.value == email)
                    .order_by(tr.at.desc(), tr.profile)
                    .limit(1)
                )
            if profile is None and who.isdigit() and len(who) < 19:
                profile = connection.scalar(select(_P.id).where(_P.id == int(who)))
            if profile is None:
                raise NotFound(
                    f"nobody is known as {who!r}",
                    field="person",
                    remedy="name a user id, an anonymous id, an e-mail address or a profile id",
                )
            row = connection.execute(select(t.profiles).where(_P.id == profile)).one()
            while row.merged_into is not None:
                row = connection.execute(select(t.profiles).where(_P.id == row.merged_into)).one()
        return Person(row.id, row.user_id or row.anonymous_id or str(row.id))

    def why(self, who: str, at: Instant | None = None, limit: int = 10) -> dict[str, Any]:
        """The last decisions about a person up to `at`, each in a sentence, newest first."""
        person = self.find(who)
        query = select(t.ledger).where(_L.profile == person.id)
        if at is not None:
            query = query.where(_L.at <= at)
        rows = self._told(query.order_by(_L.at.desc(), _L.id).limit(limit), person, at)
        policies = self._policies()
        zone = self._shop_zone(policies)
        local = self._zone(person.id) or zone
        told = []
        for row, fields in rows:
            policy = next((p for since, p in policies if since <= row.at), Policy())
            told.append({**fields, "sentence": tell(row, policy, zone, local)})
        return {
            "person": person.name,
            "profile": str(person.id),
            "asked_at": iso(at) if at is not None else None,
            "timezone": str(zone),
            "decisions": told,
            "inside": self._inside(person.id, at),
            "sentence": None
            if told
            else f"No message for {person.name} has been considered"
            + (f" up to {iso(at)}." if at is not None else "."),
        }

    @staticmethod
    def _shop_zone(policies: list[tuple[Instant, Policy]]) -> ZoneInfo:
        return ZoneInfo(policies[0][1].timezone if policies else Policy().timezone)

    def _zone(self, profile: int) -> ZoneInfo | None:
        """The person's own time zone, where one is known."""
        tr = t.traits.c
        with self._db.read() as connection:
            value = connection.scalar(
                select(tr.value).where(tr.profile == profile, tr.key == TIMEZONE_TRAIT)
            )
        name = json.loads(value) if value else None
        if not isinstance(name, str) or name not in available_timezones():
            return None
        return ZoneInfo(name)

    def _told(
        self, query: Select[Any], person: Person, at: Instant | None
    ) -> list[tuple[Told, dict[str, Any]]]:
        """Rows as they can be told and as JSON; what was delivered after `at` is not known yet."""
        with self._db.read() as connection:
            rows = connection.execute(query).all()
            rivals = [r.rival for r in rows if r.rival is not None]
            held = {
                r.id: r
                for r in connection.execute(
                    select(_L.id, _L.template, _L.at).where(_L.id.in_(rivals))
                )
            }
            mails = {
                r.id: r
                for r in connection.execute(
                    select(_O.id, _O.state, _O.sent_at, _O.error).where(
                        _O.id.in_([r.id for r in rows])
                    )
                )
            }
        found = []
        for row in rows:
            rival, mail = held.get(row.rival), mails.get(row.id)
            is_later = mail and at is not None and (mail.sent_at is None or mail.sent_at > at)
            told = Told(
                row.at,
                person.name,
                row.journey,
                row.step,
                row.template,
                getattr(row, "class"),
                row.topic,
                row.channel,
                row.outcome,
                row.rule,
                row.until,
                row.attempt,
                rival.template if rival else None,
                rival.at if rival else None,
                "leased" if is_later else mail.state if mail else None,
                mail.sent_at if mail else None,
                mail.error if mail else None,
            )
            found.append((told, self.row(row)))
        return found

    @staticmethod
    def row(row: Any) -> dict[str, Any]:
        """A ledger row for JSON: instants as ISO 8601, identifiers as text."""
        fields = dict(row._mapping)
        for name in ("id", "profile", "enrollment", "rival"):
            fields[name] = str(fields[name]) if fields[name] is not None else None
        for name in ("at", "until"):
            fields[name] = iso(fields[name]) if fields[name] is not None else None
        return fields

    def _policies(self) -> list[tuple[Instant, Policy]]:
        """Policies with the instant from which each held, newest first."""
        d = t.definitions.c
        with self._db.read() as connection:
            rows = connection.execute(
                select(d.applied_at, d.body).where(d.kind == "policy").order_by(d.applied_at.desc())
            ).all()
        return [(at, Policy.model_validate(json.loads(body))) for at, body in rows]

    def _inside(self, profile: int, at: Instant | None = None) -> list[dict[str, Any]]:
        """Journeys the person is in now, or was in `at` some time (then without what came next)."""
        e = t.enrollments.c
        query = select(e.journey, e.entered_at, e.state, e.due_at, e.holdout).where(
            e.profile == profile
        )
        if at is None:
            query = query.where(e.ended_at.is_(None))
        else:
            query = query.where(e.entered_at <= at, or_(e.ended_at.is_(None), e.ended_at > at))
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(e.entered_at)).all()
        zone = self._shop_zone(self._policies())
        return [
            {
                "journey": r.journey,
                "entered_at": iso(r.entered_at),
                "state": r.state if at is None else "inside",
                "next_at": iso(r.due_at) if r.due_at is not None and at is None else None,
                "holdout": bool(r.holdout),
                "sentence": tell_place(
                    r.journey, holdout=r.holdout, due=r.due_at, is_past=at is not None, zone=zone
                ),
            }
            for r in rows
        ]

    def ledger(
        self,
        *,
        outcome: str | None = None,
        rule: str | None = None,
        journey: str | None = None,
        profile: int | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[dict[str, Any]]:
        """Ledger rows, newest first."""
        query = select(t.ledger)
        for column, value in (
            (_L.outcome, outcome),
            (_L.rule, rule),
            (_L.journey, journey),
            (_L.profile, profile),
        ):
            if value is not None:
                query = query.where(column == value)
        if before is not None:
            query = query.where(_L.at < before)
        with self._db.read() as connection:
            rows = connection.execute(
                query.order_by(_L.at.desc(), _L.id).limit(min(limit, 500))
            ).all()
        return [self.row(r) for r in rows]

    def counts(self) -> dict[str, Any]:
        """What a summary shows: people, members by segment, candidates by outcome and rule."""
        m, e = t.memberships.c, t.enrollments.c
        with self._db.read() as connection:

            def pairs(query: Select[Any]) -> dict[str, int]:
                return {str(k): int(n) for k, n in connection.execute(query)}

            names = select(t.definitions.c.name).where(
                t.definitions.c.kind == "segment", t.definitions.c.active
            )
            segments = dict.fromkeys(sorted(connection.scalars(names)), 0)
            segments |= pairs(
                select(m.segment, func.count())
                .where(m.member, m.segment.in_(segments))
                .group_by(m.segment)
            )
            outcomes = pairs(select(_L.outcome, func.count()).group_by(_L.outcome))
            withheld = pairs(
                select(_L.rule, func.count()).where(_L.outcome == "withheld").group_by(_L.rule)
            )
            deferred = pairs(
                select(_L.rule, func.count()).where(_L.outcome == "deferred").group_by(_L.rule)
            )
            return {
                "profiles": int(
                    connection.scalar(
                        select(func.count()).select_from(t.profiles).where(_P.merged_into.is_(None))
                    )
                    or 0
                ),
                "segments": segments,
                "candidates": sum(outcomes.values()),
                "outcomes": outcomes,
                "withheld": withheld,
                "deferred_by": deferred,
                "sent_by_journey": pairs(
                    select(_L.journey, func.count())
                    .where(_L.outcome == "sent")
                    .group_by(_L.journey)
                ),
                "inside": pairs(
                    select(e.journey, func.count()).where(e.ended_at.is_(None)).group_by(e.journey)
                ),
                "outbox": pairs(select(_O.state, func.count()).group_by(_O.state)),
            }

    def people(self, text: str = "", limit: int = 50) -> list[dict[str, Any]]:
        """People whose user id, anonymous id or e-mail address begins with `text`."""
        tr = t.traits.c
        email = select(tr.profile).where(
            tr.key == "email", tr.value.startswith('"' + text, autoescape=True)
        )
        query = (
            select(t.profiles)
            .where(
                _P.merged_into.is_(None),
                or_(
                    _P.user_id.startswith(text, autoescape=True),
                    _P.anonymous_id.startswith(text, autoescape=True),
                    _P.id.in_(email),
                ),
            )
            .order_by(_P.created_at, _P.id)
            .limit(min(limit, 500))
        )
        with self._db.read() as connection:
            rows = connection.execute(query).all()
        return [
            {
                "id": str(r.id),
                "user_id": r.user_id,
                "anonymous_id": r.anonymous_id,
                "created_at": iso(r.created_at),
            }
            for r in rows
        ]

    def profile(self, who: str) -> dict[str, Any]:
        """One person whole: identities, traits with where each came from, consents, memberships."""
        person = self.find(who)
        i, tr, c, m = t.identifiers.c, t.traits.c, t.consents.c, t.memberships.c
        with self._db.read() as connection:
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
                select(m.segment, m.since).where(m.profile == person.id, m.member)
            ).all()
        return {
            "id": str(person.id),
            "name": person.name,
            "identifiers": [{"kind": k, "value": v} for k, v in identities],
            "traits": {
                r.key: {"value": json.loads(r.value), "at": iso(r.at), "source": r.source}
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
            "journeys": self._inside(person.id),
        }
