"""A full disk while the engine ticks: a clear error, nothing half-written, and on it goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import event, func, select

from raabta.storage.state import tables as t
from smallshop import eventually, person, track
from smallshop.served import Served, served

PEOPLE = 60


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as found:
        yield found


class Disk:
    """Bounds the state store's file: SQLite then answers as a full disk makes it answer."""

    def __init__(self, shop: Served) -> None:
        self.pages = 1_000_000
        self.database = shop.engine.database
        event.listen(
            self.database.engine,
            "checkout",
            lambda c, _r, _p: c.execute(f"PRAGMA max_page_count = {self.pages}"),
        )

    def fills_up(self) -> None:
        with self.database.read() as connection:
            self.pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())

    def has_room_again(self) -> None:
        self.pages = 1_000_000


def rows(shop: Served) -> dict[str, int]:
    tables = (t.profiles, t.traits, t.consents, t.enrollments, t.ledger, t.outbox, t.memberships)
    with shop.engine.database.read() as connection:
        return {
            table.name: int(connection.scalar(select(func.count()).select_from(table)) or 0)
            for table in tables
        }


def test_a_tick_on_a_full_disk_fails_whole_and_goes_on_when_there_is_room(shop: Served) -> None:
    disk = Disk(shop)
    people = [f"person-{n}" for n in range(PEOPLE)]
    batch = [e for user in people for e in (*person(user), track(user, "Signed Up", note="x" * 99))]
    with shop.engine._stepping:  # between two ticks: the events are durable, and not yet taken in
        answer = httpx.post(
            f"{shop.url}/v1/batch", json={"batch": batch}, auth=(shop.write_key, ""), timeout=30
        )
        assert answer.status_code == 200
        before, position = rows(shop), shop.engine.world.position
        disk.fills_up()

    def health() -> dict[str, object]:
        found: dict[str, object] = shop.get("/health")
        return found

    eventually(lambda: health()["status"] == "failing")
    assert "the state store's disk is full: nothing was written" in str(health()["error"])
    assert "free some space" in str(health()["error"])
    assert rows(shop) == before
    assert shop.engine.state.position()[0] == position
    assert shop.engine.history.cursor().high_water() == position

    disk.has_room_again()
    eventually(lambda: health()["status"] == "ok" and health()["position"] == health()["tail"])
    eventually(lambda: shop.mails.count() == 2 * PEOPLE)
    assert rows(shop)["profiles"] == PEOPLE
    assert rows(shop)["ledger"] == 2 * PEOPLE
    assert shop.engine.history.cursor().counts()["Signed Up"] == PEOPLE
