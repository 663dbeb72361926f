"""A mail server that is down: messages wait with growing pauses, and none is lost or doubled."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from raabta.channels.catcher.server import Catcher
from raabta.channels.catcher.store import MailStore
from raabta.core.clock import DAY, HOUR, MINUTE, FixedClock, SystemClock
from raabta.runtime import workspace
from raabta.storage.state import tables as t
from smallshop import definitions, documents, person, track
from smallshop.life import Life

PEOPLE = 10


@pytest.fixture
def port() -> int:
    """One on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@pytest.fixture
def life(tmp_path: Path, port: int) -> Iterator[Life]:
    url = f"smtp://127.0.0.1:{port}?starttls=never"
    life = Life(tmp_path, FixedClock(20_500 * DAY + 12 * HOUR), smtp_url=url)
    workspace.apply(life.engine, documents(definitions(tmp_path / "definitions")))
    for number in range(PEOPLE):
        life.happens(*person(f"person-{number}"), track(f"person-{number}", "Signed Up"))
    life.hour()
    yield life
    life.close()


def outbox(life: Life) -> list[Any]:
    with life.engine.database.read() as connection:
        return list(connection.execute(select(t.outbox).order_by(t.outbox.c.id)))


def test_messages_stay_queued_with_growing_pauses(life: Life) -> None:
    pauses = []
    for _ in range(8):
        assert life.send() > 0
        assert life.engine.outbox.counts()["queued"] == len(outbox(life))
        tried = [row for row in outbox(life) if row.error]
        assert tried and all("no connection" in row.error for row in tried)
        pauses.append(max(row.next_at for row in tried) - life.clock.at)
        life.clock.at = max(row.next_at for row in outbox(life))
    assert pauses[0] >= MINUTE / 4
    assert pauses[-1] > 2 * pauses[0]
    assert life.engine.asking.why("person-0")["decisions"][-1]["outcome"] == "sent"


def test_why_says_that_the_mail_is_still_to_be_delivered(life: Life) -> None:
    life.send()
    said = [
        d["sentence"]
        for n in range(PEOPLE)
        for d in life.engine.asking.why(f"person-{n}")["decisions"]
    ]
    assert any("It is not delivered yet and will be tried again (no connection" in s for s in said)
    assert not any("server took it" in s for s in said)


def test_nothing_is_lost_and_nothing_doubled_when_it_is_back(
    life: Life, port: int, tmp_path: Path
) -> None:
    for _ in range(3):
        life.send()
        life.hour()
    mails = MailStore(tmp_path / "mails.db")
    with Catcher(mails, SystemClock(), port=port):
        life.clock.at += HOUR
        while life.send():
            pass
    life.engine.step()
    decided = len(outbox(life))
    assert life.engine.outbox.counts()["sent"] == decided == 2 * PEOPLE
    caught = Counter(mail.message_id for mail in mails.page(limit=500))
    assert len(caught) == decided
    assert set(caught.values()) == {1}
    assert life.engine.history.cursor().counts()["Message Sent"] == decided
    mails.close()
