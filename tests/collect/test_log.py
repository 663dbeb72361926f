"""The log's laws, on each engine: order, once each, nothing missed."""

from __future__ import annotations

import threading
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from raabta.collect.model import (
    ENGINE,
    IMPORTED,
    LIVE,
    Progress,
    Rejected,
    Row,
    quarantine_frame,
    rows_frame,
)
from raabta.storage.state import tables
from raabta.storage.state.database import Database
from raabta.storage.state.log import Log


def rows(*ids: str, at: int = 5) -> pl.DataFrame:
    return rows_frame([Row(i, "track", "E", "u", None, at, "{}", None, "s") for i in ids])


def append(database: Database, ids: list[str], now: int, origin: int = LIVE, at: int = 5) -> Any:
    with database.begin() as connection:
        return Log(database).append(connection, rows(*ids, at=at), now, origin)


def everything(database: Database) -> pl.DataFrame:
    with database.read() as connection:
        return database.frame(connection, select(tables.log).order_by(tables.log.c.seq))


def test_a_message_is_kept_once_however_often_it_comes(database: Database) -> None:
    first = append(database, ["a", "b", "a"], now=100)
    again = append(database, ["b", "c"], now=100)
    assert (first.accepted, first.duplicates) == (2, 1)
    assert (again.accepted, again.duplicates) == (1, 1)
    assert everything(database)["message_id"].to_list() == ["a", "b", "c"]


def test_engine_time_never_stands_still_nor_goes_back(database: Database) -> None:
    append(database, ["a", "b"], now=100)
    append(database, ["c"], now=50)
    append(database, ["d"], now=1_000)
    assert everything(database)["received_at"].to_list() == [100, 101, 102, 1_000]


@pytest.mark.parametrize("origin", [IMPORTED, ENGINE])
def test_what_was_not_sent_live_was_received_when_it_happened(
    database: Database, origin: int
) -> None:
    append(database, ["a"], now=100)
    append(database, ["old"], now=200, origin=origin, at=7)
    append(database, ["b"], now=100)
    assert everything(database)["received_at"].to_list() == [100, 7, 101]


def test_nothing_enters_a_time_that_was_sealed(database: Database) -> None:
    log = Log(database)
    append(database, ["a"], now=500)
    with database.begin() as connection:
        assert log.seal(connection, 400) == 500
        assert log.seal(connection, 600) == 600
    append(database, ["b"], now=10)
    assert everything(database)["received_at"].to_list() == [500, 601]


def test_a_take_stops_before_what_came_after_the_seal(database: Database) -> None:
    """An import behind a late live row must wait for it, or the cursor would skip that row."""
    log = Log(database)
    append(database, ["a"], now=100)
    with database.begin() as connection:
        until = log.seal(connection, 100)
    append(database, ["late"], now=100)
    append(database, ["old"], now=100, origin=IMPORTED, at=1)
    with database.read() as connection:
        taken = log.take(connection, 0, until, limit=10)
        assert taken["message_id"].to_list() == ["a"]
        rest = log.take(connection, taken["seq"][-1], until + 50, limit=10)
        assert rest["message_id"].to_list() == ["late", "old"]


OPERATION = st.one_of(
    st.tuples(
        st.just("append"),
        st.lists(st.integers(0, 30).map(str), max_size=5),
        st.integers(0, 100),
        st.sampled_from([LIVE, IMPORTED, ENGINE]),
    ),
    st.tuples(st.just("tick"), st.integers(0, 100), st.integers(1, 4)),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(OPERATION, max_size=15))
def test_however_appends_and_takes_interleave_each_row_is_taken_once_in_order(
    database: Database, operations: list[tuple[Any, ...]]
) -> None:
    log = Log(database)
    with database.begin() as connection:
        connection.execute(delete(tables.log))
        connection.execute(delete(tables.meta))
    cursor, sealed, taken = 0, -1, []
    for operation in [*operations, ("tick", 0, 1_000)]:
        if operation[0] == "append":
            append(database, operation[1], operation[2], operation[3], at=operation[2])
            continue
        _, now, limit = operation
        with database.begin() as connection:
            until = log.seal(connection, now)
            frame = log.take(connection, cursor, until, limit)
        assert until >= sealed
        live = frame.filter(pl.col("origin") == LIVE)
        assert live.filter(pl.col("received_at") > until).is_empty()
        sealed = until
        if frame.height:
            cursor = frame["seq"][-1]
        taken += frame["message_id"].to_list()
    whole = everything(database)
    assert taken == whole["message_id"].to_list()
    assert len(set(taken)) == len(taken)
    received = whole.filter(pl.col("origin") == LIVE)["received_at"]
    assert received.diff().drop_nulls().gt(0).all()


def test_writers_at_the_same_time_leave_one_order(database: Database) -> None:
    def write(name: str) -> None:
        for i in range(10):
            append(database, [f"{name}{i}", f"{name}{i}x"], now=i)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = everything(database)
    assert whole["seq"].to_list() == list(range(1, 81))
    assert whole["received_at"].diff().drop_nulls().gt(0).all()


def test_a_transaction_that_fails_leaves_no_trace_in_the_log(database: Database) -> None:
    log = Log(database)
    with pytest.raises(RuntimeError), database.begin() as connection:
        log.append(connection, rows("a"), 100, LIVE)
        raise RuntimeError
    append(database, ["b"], now=1)
    assert everything(database).select("seq", "received_at").rows() == [(1, 1)]


def test_awkward_text_comes_back_as_it_went_in(database: Database) -> None:
    text = '{"a": "quote \\" comma , line\\n back\\\\slash نام 🙂 \\\\N"}'
    row = Row("m", "track", 'E, "x"\nسب', "", None, -5, text, None, "\\N")
    with database.begin() as connection:
        Log(database).append(connection, rows_frame([row]), 1, LIVE)
    (back,) = everything(database).rows(named=True)
    assert {k: back[k] for k in Row._fields} == row._asdict()


def test_the_same_refused_body_is_quarantined_once(database: Database) -> None:
    log = Log(database)
    bad = [Rejected(0, "event", "too long", "shorten", '{"x": 1}')]
    for now in (1, 2):
        with database.begin() as connection:
            log.quarantine(connection, quarantine_frame(bad, "key:k", now))
    with database.read() as connection:
        kept = database.frame(connection, select(tables.quarantine))
        assert connection.execute(select(func.count()).select_from(tables.quarantine)).scalar() == 1
    assert kept.row(0, named=True) | {"id": ""} == {
        "id": "",
        "received_at": 1,
        "source": "key:k",
        "field": "event",
        "reason": "too long",
        "body": '{"x": 1}',
    }


def test_a_jobs_progress_is_remembered(database: Database) -> None:
    log = Log(database)
    for progress in (
        Progress("j", "running", 5, None, {"rejected": 1}),
        Progress("j", "done", 9, 9, {"rejected": 2}),
    ):
        with database.begin() as connection:
            log.save_progress(connection, progress, 1)
            assert log.progress(connection, "j") == progress
            assert log.progress(connection, "other") is None
