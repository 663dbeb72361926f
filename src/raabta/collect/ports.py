"""What collection needs from outside: transactions and a durable, ordered log."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

import polars as pl
from sqlalchemy import Connection

from raabta.collect.model import Appended, Progress
from raabta.core.clock import Instant


class Transactions(Protocol):
    """Opens write transactions: committed on leaving, rolled back on any error."""

    def begin(self) -> AbstractContextManager[Connection]: ...


class EventLog(Protocol):
    """The one append-only log. Every method works inside the caller's transaction."""

    def append(
        self, connection: Connection, frame: pl.DataFrame, now: Instant, origin: int
    ) -> Appended: ...

    def quarantine(self, connection: Connection, frame: pl.DataFrame) -> None: ...

    def written_by(
        self, connection: Connection, message_ids: pl.Series, source: str
    ) -> pl.Series: ...

    def progress(self, connection: Connection, job: str) -> Progress | None: ...

    def save_progress(self, connection: Connection, progress: Progress, now: Instant) -> None: ...
