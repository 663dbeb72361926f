"""Frames go into SQLite and PostgreSQL and come back as they were."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text

from raabta.core.errors import Unavailable
from raabta.storage.state import tables as t
from raabta.storage.state.database import Database, last_by_key
from raabta.storage.state.migrations import migrate

_text = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
_rows = st.dictionaries(
    st.tuples(st.integers(0, 5), _text),
    st.tuples(_text, st.integers(-(2**62), 2**62), _text),
    max_size=8,
)
_SCHEMA = {c.name: pl.Int64 if c.name in ("profile", "at") else pl.String for c in t.traits.columns}


@given(_rows)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_and_number_comes_back(
    database: Database, rows: dict[tuple[int, str], tuple[str, int, str]]
) -> None:
    frame = pl.DataFrame(
        [(profile, key, *rest) for (profile, key), rest in rows.items()],
        schema=_SCHEMA,
        orient="row",
    )
    with database.begin() as connection:
        connection.execute(delete(t.traits))
        assert database.insert(connection, t.traits, frame) == frame.height
    with database.read() as connection:
        found = database.frame(connection, select(t.traits))
    assert sorted(found.rows()) == sorted(frame.rows())


def _trait(value: str, at: int) -> pl.DataFrame:
    return pl.DataFrame([(1, "k", value, at, "test")], schema=_SCHEMA, orient="row")


def test_a_merge_keeps_the_newer_value(database: Database) -> None:
    for value, at in (("new", 5), ("old", 3), ("same time", 5)):
        with database.begin() as connection:
            database.merge(connection, t.traits, _trait(value, at), newest_by="at")
    with database.read() as connection:
        assert database.frame(connection, select(t.traits))["value"].to_list() == ["same time"]


def test_a_transaction_that_fails_writes_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError), database.begin() as connection:
        database.insert(connection, t.traits, _trait("x", 1))
        raise RuntimeError("the process dies")
    with database.read() as connection:
        assert database.frame(connection, select(t.traits)).is_empty()


def test_rows_that_are_there_already_can_be_left_out(database: Database) -> None:
    with database.begin() as connection:
        assert database.insert(connection, t.traits, _trait("x", 1), ignore=True) == 1
        assert database.insert(connection, t.traits, _trait("y", 2), ignore=True) == 0


def test_thousands_of_ids_are_one_bound_value(database: Database) -> None:
    ids = pl.Series(range(50_000), dtype=pl.Int64)
    with database.begin() as connection:
        database.insert(connection, t.traits, _trait("x", 1))
    with database.read() as connection:
        query = select(t.traits).where(database.among(t.traits.c.profile, ids))
        assert database.frame(connection, query).height == 1


def test_the_last_row_of_a_key_is_kept() -> None:
    both = pl.concat([_trait("first", 1), _trait("second", 1)])
    assert last_by_key(both, ["profile", "key"])["value"].to_list() == ["second"]


def test_a_server_that_went_away_is_told_plainly_and_taken_up_again(empty_postgres: str) -> None:
    store = Database.open(empty_postgres)
    migrate(store)
    with store.begin() as connection:
        store.insert(connection, t.traits, _trait("before", 1))
    with pytest.raises(Unavailable, match="does not answer"), store.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        store.insert(connection, t.traits, _trait("lost", 1))
    with store.read() as connection:
        assert store.frame(connection, select(t.traits))["value"].to_list() == ["before"]
    store.close()
