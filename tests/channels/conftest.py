from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from channels_shop import KEY, NOW, Shop

from raabta.channels.catcher.server import Answer, Catcher
from raabta.channels.catcher.store import MailStore
from raabta.channels.tracking import Links
from raabta.core.clock import FixedClock
from raabta.storage.state.database import Database
from raabta.storage.state.log import Log
from raabta.storage.state.outbox import Outbox, append_to


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Iterator[Shop]:
    answers: dict[str, Answer] = {}
    store = MailStore(tmp_path / "mails.db")
    with Catcher(store, FixedClock(NOW), answers=answers.get) as catcher:
        yield Shop(
            database,
            Outbox(database, append_to(Log(database))),
            store,
            catcher,
            answers,
            Links("https://engage.example.test", [KEY]),
        )
    store.close()
