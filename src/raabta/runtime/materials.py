"""What a sender needs to render a message: the template, the brand, the person, the event."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from sqlalchemy import select

from raabta.channels.model import OutboxMessage
from raabta.channels.ports import Material
from raabta.content.model import Brand, Template
from raabta.decisioning.facts import TIMEZONE_TRAIT
from raabta.decisioning.model import Policy
from raabta.storage.state import tables as t
from raabta.storage.state.database import Database
from raabta.storage.state.definitions import Definitions


class Materials:
    """`channels`' MaterialPort over the state store. Definitions are read again when they change."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._definitions = Definitions(database)
        self._revision = -1
        self._templates: dict[str, Template] = {}
        self._brand: Brand | None = None
        self._policy = Policy()

    def materials(self, messages: Sequence[OutboxMessage]) -> Mapping[int, Material]:
        self._refresh()
        if self._brand is None:
            return {}
        profiles = pl.Series([m.profile for m in messages], dtype=pl.Int64).unique()
        traits, users = self._people(profiles)
        events = self._events([m.entry_seq for m in messages if m.entry_seq is not None])
        refusals = self._refusals(messages, profiles)
        found = {}
        for message in messages:
            template = self._templates.get(message.template)
            if template is None:
                continue
            own = traits.get(message.profile, {})
            user, anonymous = users.get(message.profile, (None, None))
            zone = own.get(TIMEZONE_TRAIT)
            found[message.id] = Material(
                template=template,
                brand=self._brand,
                profile=own,
                event=events.get(message.entry_seq or 0, {}),
                user_id=user,
                anonymous_id=anonymous,
                default_locale=self._policy.locale,
                timezone=zone if isinstance(zone, str) else self._policy.timezone,
                refusal=refusals.get(message.id),
            )
        return found

    def _refresh(self) -> None:
        revision = self._definitions.revision()
        if revision == self._revision:
            return
        self._templates, self._brand, self._policy = {}, None, Policy()
        for stored in self._definitions.active():
            document = stored.document
            if document.kind == "template":
                self._templates[document.name] = Template.model_validate(document.body)
            elif document.kind == "brand":
                self._brand = Brand.model_validate(document.body)
            elif document.kind == "policy":
                self._policy = Policy.model_validate(document.body)
        self._revision = revision

    def _people(
        self, profiles: pl.Series
    ) -> tuple[dict[int, dict[str, Any]], dict[int, tuple[str | None, str | None]]]:
        c, p = t.traits.c, t.profiles.c
        with self._db.read() as connection:
            rows = connection.execute(
                select(c.profile, c.key, c.value).where(self._db.among(c.profile, profiles))
            ).all()
            people = connection.execute(
                select(p.id, p.user_id, p.anonymous_id).where(self._db.among(p.id, profiles))
            ).all()
        traits: dict[int, dict[str, Any]] = {}
        for profile, key, value in rows:
            traits.setdefault(profile, {})[key] = json.loads(value)
        return traits, {row.id: (row.user_id, row.anonymous_id) for row in people}

    def _events(self, seqs: list[int]) -> dict[int, dict[str, Any]]:
        c = t.log.c
        with self._db.read() as connection:
            rows = connection.execute(
                select(c.seq, c.properties).where(
                    self._db.among(c.seq, pl.Series(seqs, dtype=pl.Int64).unique())
                )
            ).all()
        return {seq: json.loads(properties) for seq, properties in rows}

    def _refusals(self, messages: Sequence[OutboxMessage], profiles: pl.Series) -> dict[int, str]:
        """Messages whose person took back their consent after the decision."""
        c = t.consents.c
        with self._db.read() as connection:
            rows = connection.execute(
                select(c.profile, c.channel, c.topic).where(
                    self._db.among(c.profile, profiles), c.granted.is_(False)
                )
            ).all()
        refused = {tuple(row) for row in rows}
        return {
            m.id: "consent was withdrawn after the decision"
            for m in messages
            if m.message_class != "transactional"
            and ({(m.profile, m.channel, "*"), (m.profile, m.channel, m.topic)} & refused)
        }
