"""The state store commits first: a history that stayed behind catches up from the log, exactly."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import select

from raabta.core.clock import FixedClock, SystemClock
from raabta.runtime import workspace
from raabta.storage.state import tables as t
from smallshop import definitions, documents, person, track
from smallshop.life import Life

SET = """journey: regulars
entry: {event: Order Completed, again: after exit}
steps:
  - set: {tier: regular}
  - wait: 1h
"""


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(SystemClock().now())


def contents(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every table of a history, its rows sorted."""
    connection = duckdb.connect(str(file), read_only=True)
    names = [row[0] for row in connection.execute("SHOW TABLES").fetchall()]
    found = {
        name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
        for name in names
    }
    connection.close()
    return found


def begin(home: Path, clock: FixedClock) -> Life:
    folder = definitions(home / "definitions", {"journeys/regulars.yaml": SET})
    life = Life(home, clock)
    workspace.apply(life.engine, documents(folder))
    life.happens(*person("amina"), track("amina", "Signed Up"))
    life.hour()
    return life


def a_busy_tick(life: Life) -> None:
    """New people, a new event with new columns, a merge, a trait set by a journey."""
    life.happens(
        *person("bilal"),
        {"type": "track", "anonymousId": "phone", "event": "Viewed", "properties": {"page": 1}},
        {"type": "alias", "userId": "bilal", "previousId": "phone"},
        track("amina", "Order Completed", total=5, products=[{"sku": "a"}, {"sku": "b"}]),
        track("bilal", "Asked", about={"what": "prices"}, urgent=True),
    )
    life.hour()


def test_a_history_one_tick_behind_catches_up_exactly(tmp_path: Path, clock: FixedClock) -> None:
    life = begin(tmp_path, clock)
    life.close()
    file, older = tmp_path / "history.duckdb", tmp_path / "older.duckdb"
    shutil.copy(file, older)
    life = Life(tmp_path, clock)
    a_busy_tick(life)
    life.close()
    whole = contents(file)

    file.with_suffix(".duckdb.wal").unlink(missing_ok=True)
    shutil.copy(older, file)
    assert contents(file)["mark"] < whole["mark"]
    Life(tmp_path, clock).close()
    assert contents(file) == whole


def test_a_history_that_was_lost_is_told_again_by_the_log(
    tmp_path: Path, clock: FixedClock
) -> None:
    life = begin(tmp_path, clock)
    a_busy_tick(life)
    life.hour()
    a_busy_tick(life)
    life.close()
    file = tmp_path / "history.duckdb"
    whole = contents(file)
    file.unlink()
    Life(tmp_path, clock).close()
    again = contents(file)
    # one pass learns all columns at once, so their order may differ; what they hold does not
    assert again["tracks"] == whole["tracks"]
    assert again["traits"] == whole["traits"]
    assert again["mark"] == whole["mark"]
    assert {name: len(rows) for name, rows in again.items()} == {
        name: len(rows) for name, rows in whole.items()
    }


def test_a_history_that_fails_to_commit_is_caught_up_before_the_next_tick(
    tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = begin(tmp_path, clock)

    def fails() -> None:
        raise duckdb.IOException("No space left on device")

    monkeypatch.setattr(life.engine.world._history, "commit", fails)
    with pytest.raises(duckdb.IOException):
        a_busy_tick(life)
    decided = life.count(t.ledger)
    life.hour()
    life.happens(track("bilal", "Order Completed", total=1))
    life.hour()
    assert life.count(t.ledger) > decided
    with life.engine.database.read() as connection:
        logged = list(connection.scalars(select(t.log.c.seq).order_by(t.log.c.seq)))
    life.engine.step()
    history = life.engine.history.cursor()
    placed = history._con.execute("SELECT seq FROM tracks ORDER BY seq").fetchall()
    assert [seq for (seq,) in placed] == logged
    life.close()
