"""The engine's life in a test: events, hours, ticks, and mails sent by hand."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from raabta.collect.model import Delivery
from raabta.collect.segment import Moment, parse
from raabta.core.clock import HOUR, FixedClock
from raabta.runtime.engine import Engine
from smallshop import settings


class Life:
    """An engine on a fixed clock, stepped by hand. `values` are settings, as smtp_url."""

    def __init__(self, home: Path, clock: FixedClock, **values: object) -> None:
        self.clock = clock
        self.engine = Engine(settings(home, **values), clock=clock, wall=clock)
        self.engine.intake.start()
        self.taken = 0

    def happens(self, *events: dict[str, Any]) -> None:
        def name() -> str:
            self.taken += 1
            return f"{self.clock.now()}-{self.taken}"

        body = json.dumps({"batch": events}).encode()
        moment = Moment(self.clock.now(), self.clock.now())
        parsed = parse(body, "batch", source="test", moment=moment, new_id=name)
        assert not parsed.rejected
        self.engine.intake.submit(Delivery(source="test", rows=parsed.rows)).result(10)

    def hour(self, hours: int = 1) -> None:
        for _ in range(hours):
            self.clock.at += HOUR
            self.engine.step()

    def send(self) -> int:
        """Let a sender work off one batch; returns how many messages it claimed."""

        async def once() -> int:
            sender = self.engine.sender()
            claimed = await sender.drain_once()
            await sender._connector.rest()
            return claimed

        return asyncio.run(once())

    def count(self, table: Any) -> int:
        with self.engine.database.read() as connection:
            return int(connection.scalar(select(func.count()).select_from(table)) or 0)

    def close(self) -> None:
        self.engine.intake.close()
        self.engine.close()
