"""One door to SQLite and PostgreSQL: transactions, small statements, and frames in bulk.

Small reads and writes are SQLAlchemy Core. Bulk goes by the engine's fastest honest path:
`executemany` of the standard `sqlite3` module, `COPY` into a staging table for PostgreSQL, each
followed by one `INSERT ... ON CONFLICT`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Engine,
    Float,
    Integer,
    Select,
    Table,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import StaticPool

from raabta.core.errors import InvalidInput, Unavailable

#: How long a writer waits for another before it gives up, milliseconds.
BUSY_MS = 60_000


class Database:
    """A state store. Thread-safe: each `begin` and `read` takes a connection of its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"

    @classmethod
    def open(cls, url: str) -> Database:
        """Open `sqlite:///file`, `sqlite://` (memory) or `postgresql://user:pass@host/db`.

        Raises InvalidInput when the address is not one of these.
        """
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise InvalidInput(
                "the state store's address cannot be read",
                field="RAABTA_STATE_URL",
                remedy="write sqlite:///path/to/state.db or postgresql://user:password@host/db",
            ) from None
        if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
            engine = create_engine(
                parsed.set(drivername="postgresql+psycopg"),
                pool_pre_ping=True,
                hide_parameters=True,
            )
            return cls(engine)
        if parsed.drivername != "sqlite":
            raise InvalidInput(
                f"{parsed.drivername!r} is not a state store",
                field="RAABTA_STATE_URL",
                remedy="use sqlite:///... or postgresql://...",
            )
        if parsed.database in (None, "", ":memory:"):
            engine = create_engine(
                "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
            )
        else:
            Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
            engine = create_engine(
                parsed, connect_args={"check_same_thread": False}, hide_parameters=True
            )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return cls(engine)

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A write transaction: committed on leaving, rolled back on any error.

        On SQLite it holds the write lock from the start, so it never fails half-way for another.
        """
        with _plain_errors(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent snapshot to read from."""
        with _plain_errors():
            options = {"raabta_read": True} if self.is_sqlite else {}
            connecting = self.engine.connect().execution_options(**options)
            with connecting as connection, connection.begin():
                yield connection

    # --- frames -----------------------------------------------------------------------------

    def frame(self, connection: Connection, query: Select[Any]) -> pl.DataFrame:
        """The rows of a query as a frame whose types are those of its columns."""
        schema = {c.key or "": _polars_type(c) for c in query.selected_columns}
        # The driver's own tuples: SQLAlchemy's rows would cost more than the query.
        result: Any = connection.execute(query)
        rows = result.cursor.fetchall()
        result.close()
        stored = {
            name: pl.Int64() if self.is_sqlite and kind == pl.Boolean else kind
            for name, kind in schema.items()
        }
        return pl.DataFrame(rows, schema=stored, orient="row").cast(pl.Schema(schema))

    def among(self, column: ColumnElement[Any], ids: pl.Series) -> ColumnElement[bool]:
        """`column IN ids` for any number of ids, as one bound value."""
        if self.is_sqlite:
            each = func.json_each(json.dumps(ids.to_list())).table_valued("value")
            return column.in_(select(each.c.value))
        return column == func.any(ids.to_list())

    def insert(
        self, connection: Connection, table: Table, frame: pl.DataFrame, *, ignore: bool = False
    ) -> int:
        """Insert all rows of `frame`; with `ignore`, rows that clash with a key are left out.

        Returns how many rows were written.
        """
        tail = "ON CONFLICT DO NOTHING" if ignore else ""
        return self._bulk(connection, table, frame, tail)

    def merge(
        self,
        connection: Connection,
        table: Table,
        frame: pl.DataFrame,
        *,
        newest_by: str | None = None,
    ) -> int:
        """Insert or replace by primary key; with `newest_by`, only where it is not older."""
        if frame.is_empty():
            return 0
        keys = [c.name for c in table.primary_key.columns]
        rest = [c for c in frame.columns if c not in keys]
        sets = ", ".join(f'"{c}" = excluded."{c}"' for c in rest)
        key_list = ", ".join(f'"{k}"' for k in keys)
        tail = f"ON CONFLICT ({key_list}) " + (f"DO UPDATE SET {sets}" if rest else "DO NOTHING")
        if newest_by:
            tail += f' WHERE excluded."{newest_by}" >= {table.name}."{newest_by}"'
        return self._bulk(connection, table, frame, tail)

    def add(self, connection: Connection, table: Table, frame: pl.DataFrame) -> int:
        """Insert by primary key, or add to what stands: all other columns are counters.

        A key may come once in `frame`, which is small: it goes without staging.
        """
        if frame.is_empty():
            return 0
        keys = [c.name for c in table.primary_key.columns]
        names = ", ".join(f'"{c}"' for c in frame.columns)
        marks = ", ".join(["?" if self.is_sqlite else "%s"] * frame.width)
        key_list = ", ".join(f'"{k}"' for k in keys)
        sets = ", ".join(
            f'"{c}" = {table.name}."{c}" + excluded."{c}"' for c in frame.columns if c not in keys
        )
        sql = (
            f"INSERT INTO {table.name} ({names}) VALUES ({marks}) "
            f"ON CONFLICT ({key_list}) DO UPDATE SET {sets}"
        )
        driver: Any = connection.connection.driver_connection
        cursor = driver.cursor()
        try:
            cursor.executemany(sql, frame.rows())
            return int(cursor.rowcount)
        finally:
            cursor.close()

    def _bulk(self, connection: Connection, table: Table, frame: pl.DataFrame, tail: str) -> int:
        if frame.is_empty():
            return 0
        names = ", ".join(f'"{c}"' for c in frame.columns)
        driver: Any = connection.connection.driver_connection
        if self.is_sqlite:
            marks = ", ".join("?" * frame.width)
            sql = f"INSERT INTO {table.name} ({names}) VALUES ({marks}) {tail}"
            return int(driver.executemany(sql, frame.rows()).rowcount)
        stage = f"stage_{table.name}"
        with driver.cursor() as cursor:
            cursor.execute(
                f"CREATE TEMP TABLE IF NOT EXISTS {stage} (LIKE {table.name}) ON COMMIT DELETE ROWS"
            )
            for column in table.columns:
                cursor.execute(f'ALTER TABLE {stage} ALTER COLUMN "{column.name}" DROP NOT NULL')
            with cursor.copy(f"COPY {stage} ({names}) FROM STDIN (FORMAT csv)") as copy:
                for piece in frame.iter_slices(50_000):
                    copy.write(piece.write_csv(include_header=False, quote_style="non_numeric"))
            # A row repeated inside one statement cannot be merged twice: the last one counts.
            cursor.execute(f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {stage} {tail}")
            written = cursor.rowcount
            cursor.execute(f"TRUNCATE {stage}")
        return int(written)


def _polars_type(column: ColumnElement[Any]) -> pl.DataType:
    kind = column.type
    if isinstance(kind, Boolean):
        return pl.Boolean()
    if isinstance(kind, BigInteger | Integer):
        return pl.Int64()
    if isinstance(kind, Float):
        return pl.Float64()
    return pl.String()


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy says BEGIN itself: see _begin_sqlite
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # an acknowledged event survives a power cut
        f"busy_timeout = {BUSY_MS}",
        "cache_size = -65536",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("raabta_read")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn the driver's words for 'no room', 'busy' and 'gone' into what to do about it.

    SQLAlchemy wraps the drivers' errors; bulk statements raise them as they are.
    """
    try:
        yield
    except (OperationalError, sqlite3.OperationalError, psycopg.OperationalError) as error:
        words = str(getattr(error, "orig", error))
        if "disk is full" in words or "No space left" in words or "could not extend" in words:
            raise Unavailable(
                "the state store's disk is full: nothing was written",
                remedy="free some space; senders retry by themselves",
                retry_after=30,
            ) from error
        if "locked" in words:
            raise Unavailable("the state store is busy", remedy="try again") from error
        if isinstance(getattr(error, "orig", error), psycopg.OperationalError):
            raise Unavailable(
                "the state store does not answer",
                field="RAABTA_STATE_URL",
                remedy="see that PostgreSQL runs; what was under way is tried again",
            ) from error
        raise


def last_by_key(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Keep the last row of each key, so that a frame can be merged in one statement."""
    return frame.unique(subset=list(keys), keep="last", maintain_order=True)
