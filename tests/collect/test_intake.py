"""Group commit: acknowledged means durable, refused means nothing was kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from raabta.collect.intake import Intake, Overloaded
from raabta.collect.model import Delivery, Rejected, Row
from raabta.core.clock import FixedClock
from raabta.core.errors import Unavailable
from raabta.storage.state import tables
from raabta.storage.state.database import Database
from raabta.storage.state.log import Log
from raabta.storage.state.tables import metadata


def delivery(*ids: str, padding: int = 0) -> Delivery:
    body = '{"a":"' + "x" * padding + '"}'
    rows = [Row(i, "track", "E", "u", None, 1, body, None, "s") for i in ids]
    return Delivery("s", rows, size=len(body))


def kept(database: Database) -> list[str]:
    with database.read() as connection:
        query = select(tables.log.c.message_id).order_by(tables.log.c.seq)
        return database.frame(connection, query)["message_id"].to_list()


@pytest.fixture
def intake(database: Database) -> Iterator[Intake]:
    door = Intake(database, Log(database), FixedClock(100))
    door.start()
    yield door
    door.close()


def test_whatever_is_acknowledged_is_there(database: Database, intake: Intake) -> None:
    futures: list[Future[None]] = []

    def send(name: str) -> None:
        futures.extend(intake.submit(delivery(f"{name}{i}")) for i in range(50))

    senders = [threading.Thread(target=send, args=(n,)) for n in "abcd"]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    for future in futures:
        future.result(timeout=20)
    assert sorted(kept(database)) == sorted(f"{n}{i}" for n in "abcd" for i in range(50))
    intake.close()
    assert intake.waiting == 0


def test_refused_events_are_as_durable_as_taken_ones(database: Database, intake: Intake) -> None:
    bad = Rejected(1, "event", "too long", "shorten", "{...}")
    intake.submit(Delivery("s", delivery("a").rows, [bad])).result(timeout=20)
    assert kept(database) == ["a"]
    with database.read() as connection:
        assert connection.execute(select(tables.quarantine.c.body)).scalar() == "{...}"


def test_more_than_memory_should_hold_is_refused_before_it_is_queued(database: Database) -> None:
    """Without its writer the queue only fills."""
    door = Intake(database, Log(database), FixedClock(1), max_rows=3, max_bytes=1_000)
    door.submit(delivery("a", "b"))
    with pytest.raises(Overloaded) as caught:
        door.submit(delivery("c", "d"))
    assert (caught.value.status, caught.value.retry, caught.value.retry_after) == (429, True, 2)
    with pytest.raises(Overloaded):
        door.submit(delivery("e", padding=2_000))
    first = door.submit(delivery("f"))
    door.start()
    first.result(timeout=20)
    door.close()
    assert kept(database) == ["a", "b", "f"]


def test_stopping_writes_what_was_queued_and_takes_no_more(database: Database) -> None:
    door = Intake(database, Log(database), FixedClock(1))
    queued = [door.submit(delivery(str(i))) for i in range(20)]
    door.start()
    door.close()
    assert all(f.done() and f.exception() is None for f in queued)
    assert len(kept(database)) == 20
    with pytest.raises(Unavailable, match="stopping"):
        door.submit(delivery("late"))


def test_one_delivery_the_store_cannot_take_does_not_fail_the_others(database: Database) -> None:
    door = Intake(database, Log(database), FixedClock(1))
    unfit: Any = None  # `name` must not be null
    bad = Delivery("s", [Row("bad", "track", unfit, "u", None, 1, "{}", None, "s")])
    futures = [door.submit(d) for d in (delivery("a"), bad, delivery("b"))]
    door.start()
    door.close()
    assert kept(database) == ["a", "b"]
    assert isinstance(futures[1].exception(), Unavailable)
    assert futures[0].exception() is None and futures[2].exception() is None


class Disk:
    """Lets a SQLite file grow to so many pages and no further: a real SQLITE_FULL."""

    def __init__(self, file: Path) -> None:
        self.pages = 1_000_000
        self.database = Database.open(f"sqlite:///{file}")
        metadata.create_all(self.database.engine)
        event.listen(self.database.engine, "checkout", self._limit)

    def _limit(self, connection: Any, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {self.pages}")

    def fill(self) -> None:
        with self.database.read() as connection:
            self.pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + 2


def test_a_full_disk_acknowledges_nothing_and_loses_nothing(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "state.db")
    door = Intake(disk.database, Log(disk.database), FixedClock(1))
    door.start()
    door.submit(delivery("before")).result(timeout=20)
    disk.fill()
    refused = door.submit(delivery(*(f"big{i}" for i in range(20)), padding=4_000))
    with pytest.raises(Unavailable, match="disk is full") as caught:
        refused.result(timeout=20)
    assert caught.value.status == 503 and caught.value.retry_after > 0
    assert kept(disk.database) == ["before"]
    disk.pages = 1_000_000
    door.submit(delivery(*(f"big{i}" for i in range(20)), padding=4_000)).result(timeout=20)
    door.close()
    with disk.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(tables.log)).scalar() == 21
        log = disk.database.frame(connection, select(tables.log.c.seq, tables.log.c.received_at))
    assert log["received_at"].diff().drop_nulls().gt(0).all()
    disk.database.close()
