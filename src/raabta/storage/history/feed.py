"""Putting events into typed tables, in the frames the tick holds already."""

from __future__ import annotations

import json

import duckdb
import polars as pl

from raabta.query.model import ColumnInfo
from raabta.storage.history.schema import Registry, Table, access, quoted, structure_of

#: A frame's instants are Int64 microseconds; DuckDB's are TIMESTAMP.
_TIMES = ("received_at", "timestamp")


class Feed:
    """One append: `traits` is the stored table of that name, which an overlay hides by a view."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, registry: Registry, traits: str
    ) -> None:
        self._con = connection
        self._registry = registry
        self._traits = traits

    def take(self, fresh: pl.DataFrame) -> None:
        """Write resolved events: seq, profile, received_at, timestamp, kind, name, properties,
        source, origin."""
        frame = fresh.with_columns(pl.col(c).cast(pl.Datetime("us")) for c in _TIMES).select(
            "seq",
            "profile",
            "received_at",
            "timestamp",
            "kind",
            "name",
            "properties",
            "source",
            "origin",
        )
        self._con.register("incoming", frame)
        self._con.execute(
            "INSERT INTO tracks SELECT seq, profile, NULL, received_at, timestamp, name, kind, "
            "source, origin FROM incoming"
        )
        if "identify" in frame["kind"].unique().to_list():
            self._append_traits()
        for name in frame["name"].unique(maintain_order=True).to_list():
            if name != "identify":
                self._append_event(name)
        self._con.unregister("incoming")

    def _append_traits(self) -> None:
        self._con.execute(
            f"INSERT INTO {self._traits} "
            """SELECT seq, profile, received_at, j.key, j.value, j.value ->> '$',
              CASE WHEN j.type IN ('UBIGINT', 'BIGINT', 'DOUBLE')
                THEN CAST(j.value ->> '$' AS DOUBLE) END,
              CASE WHEN j.type = 'BOOLEAN' THEN CAST(j.value ->> '$' AS BOOLEAN) END, source
            FROM (SELECT * FROM incoming WHERE kind = 'identify') i,
              json_each(CAST(i.properties AS JSON)) j"""
        )
        keys = self._con.execute(
            "SELECT DISTINCT j.key FROM (SELECT * FROM incoming WHERE kind = 'identify') i, "
            "json_each(CAST(i.properties AS JSON)) j"
        ).fetchall()
        fresh = {key for (key,) in keys} - self._registry.trait_keys
        if fresh:
            self._registry.trait_keys |= fresh
            self._registry.version += 1

    def _append_event(self, name: str) -> None:
        found = self._con.execute(
            "SELECT json_group_structure(CAST(properties AS JSON)) FROM incoming WHERE name = ?",
            [name],
        ).fetchall()[0][0]
        raw = json.loads(found) if found else {}
        structure = raw if isinstance(raw, dict) else {}
        is_new = name not in self._registry.events
        columns, fits = self._registry.learn(name, structure)
        table = self._registry.events[name]
        if is_new:
            self._create(table, child=False)
            self._register(name, table, "", "", ColumnInfo("", "VARCHAR"))
        for column in columns:
            if column.array:
                self._create(table.arrays[column.array], child=True)
            self._con.execute(
                f"ALTER TABLE {quoted(column.table)} "
                f"ADD COLUMN IF NOT EXISTS {quoted(column.column.name)} {column.column.type}"
            )
            owner = table.arrays[column.array] if column.array else table
            self._register(name, owner, column.array, column.path, column.column)
        shape = structure_of(table).replace("'", "''")
        rest = "NULL" if fits else "properties"
        parts = [f"{access(p)} AS {quoted(c.name)}" for p, c in table.columns.items()]
        names = ["seq", "profile", "received_at", "timestamp", "rest"]
        names += [quoted(c.name) for c in table.columns.values()]
        self._con.execute(
            f"CREATE OR REPLACE TEMP TABLE shaped AS SELECT seq, profile, received_at, timestamp, "
            f"{rest} AS rest, json_transform(CAST(properties AS JSON), '{shape}') AS s "
            "FROM incoming WHERE name = ?",
            [name],
        )
        picked = ", ".join(["seq", "profile", "received_at", "timestamp", "rest", *parts])
        self._con.execute(
            f"INSERT INTO {quoted(table.name)} ({', '.join(names)}) SELECT {picked} FROM shaped"
        )
        for path, child in table.arrays.items():
            if child.columns:
                self._append_objects(path, child)

    def _append_objects(self, path: str, child: Table) -> None:
        columns = [quoted(c.name) for c in child.columns.values()]
        names = ["seq", "position", "profile", "received_at", "timestamp", *columns]
        picked = [access(p, "o") for p in child.columns]
        array = access(path)
        self._con.execute(
            f"INSERT INTO {quoted(child.name)} ({', '.join(names)}) "
            f"SELECT {', '.join(['seq', 'position', 'profile', 'received_at', 'timestamp'])}"
            f"{''.join(', ' + p for p in picked)} FROM (SELECT seq, profile, received_at, "
            f"timestamp, unnest({array}) AS o, generate_subscripts({array}, 1) AS position "
            f"FROM shaped)"
        )

    def _create(self, table: Table, *, child: bool) -> None:
        own = "position INTEGER" if child else "rest VARCHAR"
        self._con.execute(
            f"CREATE TABLE IF NOT EXISTS {quoted(table.name)} (seq BIGINT, profile BIGINT, "
            f"received_at TIMESTAMP, timestamp TIMESTAMP, {own})"
        )

    def _register(
        self, event: str, table: Table, array: str, path: str, column: ColumnInfo
    ) -> None:
        self._con.execute(
            "INSERT INTO registry VALUES (?, ?, ?, ?, ?, ?)",
            [event, table.name, array, path, column.name, column.type],
        )
