"""A shop that sends: a store with messages to send, and a mail server that catches them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from sqlalchemy import select

from raabta.channels.catcher.server import Answer, Catcher
from raabta.channels.catcher.store import MailStore
from raabta.channels.email.connector import EmailConnector
from raabta.channels.email.smtp import SmtpPool, SmtpServer
from raabta.channels.model import OutboxMessage
from raabta.channels.ports import Material
from raabta.channels.service import Sender, SenderSettings
from raabta.channels.tracking import Links
from raabta.content.model import Brand, Template
from raabta.core.clock import MINUTE, FixedClock
from raabta.storage.state.database import Database
from raabta.storage.state.outbox import Outbox
from raabta.storage.state.tables import log, outbox, profiles

NOW = 1_772_000_000_000_000
KEY = b"a secret that only this test uses"

BRAND = Brand.model_validate(
    {
        "brand": "grocer",
        "sender": {"name": "رابطہ Grocer", "email": "hello@grocer.example.test"},
        "reply_to": "care@grocer.example.test",
        "unsubscribe_email": "leave@grocer.example.test",
        "address": "1 Mall Road, Lahore",
        "links": {"shop": "https://shop.example.test/?a=1&b=2"},
    }
)
BODY = (
    "<mj-section><mj-column><mj-text>{greeting} {{{{ profile.first_name }}}}</mj-text>"
    '<mj-button href="{{{{ links.shop }}}}">Shop</mj-button>'
    '<mj-text><a href="mailto:care@grocer.example.test">?</a> '
    '<a href="{{{{ links.unsubscribe }}}}">x</a></mj-text></mj-column></mj-section>'
)
TEMPLATE = Template.model_validate(
    {
        "template": "welcome",
        "locales": {
            "en": {
                "subject": "Welcome, {{ profile.first_name }}",
                "body": BODY.format(greeting="Hello"),
            },
            "ur": {
                "subject": "خوش آمدید، {{ profile.first_name }}",
                "body": BODY.format(greeting="سلام"),
            },
        },
    }
)


class Materials:
    """The same template for everybody; people named in `without` have no first name."""

    def __init__(self) -> None:
        self.without: set[int] = set()
        self.refused: dict[int, str] = {}

    def materials(self, messages: Sequence[OutboxMessage]) -> Mapping[int, Material]:
        return {
            m.id: Material(
                TEMPLATE,
                BRAND,
                profile={} if m.profile in self.without else {"first_name": f"Person {m.profile}"},
                user_id=f"user-{m.profile}",
                refusal=self.refused.get(m.profile),
            )
            for m in messages
            if m.template == "welcome"
        }


@dataclass
class Shop:
    database: Database
    outbox: Outbox
    mails: MailStore
    catcher: Catcher
    answers: dict[str, Answer]
    links: Links
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    wall: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    materials: Materials = field(default_factory=Materials)

    def queue(self, *ids: int, **fields: Any) -> None:
        row = {
            "channel": "email",
            "locale": "en",
            "template": "welcome",
            "journey": "first-basket",
            "topic": "news",
            "class": "promotional",
            "decided_at": NOW,
            "state": "queued",
            "next_at": NOW,
            "attempts": 0,
            **fields,
        }
        address = {"address": "person{}@example.test"} | fields
        rows = [
            {**row, "id": i, "profile": i, "address": str(address["address"]).format(i)}
            for i in ids
        ]
        people = [{"id": i, "seed": i, "user_id": f"user-{i}", "created_at": NOW} for i in ids]
        with self.database.begin() as connection:
            self.database.insert(connection, outbox, pl.DataFrame(rows))
            self.database.insert(connection, profiles, pl.DataFrame(people), ignore=True)

    def sender(
        self,
        *,
        owner: str = "one",
        url: str | None = None,
        timeout: float = 5.0,
        settings: SenderSettings | None = None,
    ) -> Sender:
        pool = SmtpPool(SmtpServer.parse(url or self.catcher.url), timeout=timeout)
        connector = EmailConnector(pool, self.links)
        return Sender(
            self.outbox,
            self.materials,
            connector,
            owner=owner,
            clock=self.clock,
            wall=self.wall,
            settings=settings,
        )

    def send(self, **how: Any) -> int:
        """One batch by a sender of its own; returns how many messages it claimed."""

        async def once() -> int:
            sender = self.sender(**how)
            claimed = await sender.drain_once()
            await sender._connector.rest()
            return claimed

        return asyncio.run(once())

    def row(self, id_: int) -> Mapping[str, Any]:
        with self.database.read() as connection:
            return dict(connection.execute(select(outbox).where(outbox.c.id == id_)).one()._mapping)

    def events(self) -> list[tuple[str, str, dict[str, Any]]]:
        with self.database.read() as connection:
            rows = connection.execute(select(log).order_by(log.c.seq)).all()
        return [(row.name, row.user_id, json.loads(row.properties)) for row in rows]

    def later(self, micros: int = MINUTE) -> None:
        self.wall.at += micros
        self.clock.at += micros
