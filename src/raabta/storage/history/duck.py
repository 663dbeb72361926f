"""History on DuckDB: fed by the tick in the tick's own frames, asked by compiled conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from sqlglot import exp

from raabta.core.clock import Instant
from raabta.core.errors import InvalidInput, Unavailable
from raabta.query.compile import (
    FactsKey,
    compile_condition,
    compile_facts,
    compile_matcher,
    facts_key,
    newest_decides,
)
from raabta.query.model import Catalog, ColumnInfo, Condition, Did, Matcher, leaves
from raabta.storage.history.feed import Feed
from raabta.storage.history.schema import Registry, quoted

_DDL = """
CREATE TABLE IF NOT EXISTS tracks (
  seq BIGINT, profile BIGINT, account BIGINT, received_at TIMESTAMP, timestamp TIMESTAMP,
  name VARCHAR, kind VARCHAR, source VARCHAR, origin INTEGER);
CREATE TABLE IF NOT EXISTS traits (
  seq BIGINT, profile BIGINT, received_at TIMESTAMP, key VARCHAR, value VARCHAR,
  text_value VARCHAR, number_value DOUBLE, bool_value BOOLEAN, source VARCHAR);
CREATE TABLE IF NOT EXISTS registry (
  event VARCHAR, table_name VARCHAR, array_path VARCHAR, path VARCHAR, column_name VARCHAR,
  type VARCHAR);
CREATE TABLE IF NOT EXISTS mark (seq BIGINT);
"""


class DuckHistory:
    """One connection to a history. Not thread-safe: take a `cursor` for each thread."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, registry: Registry) -> None:
        self._con = connection
        self._registry = registry
        self._own_keys: frozenset[str] = frozenset()  # traits that only an overlay has
        self._queries: dict[Condition, str] = {}
        self._prepared: dict[FactsKey, str] = {}
        self._compiled_for = -1

    @classmethod
    def open(cls, url: str, *, memory_limit: str = "4GB") -> DuckHistory:
        """Open `duckdb:///file` or `duckdb://` (memory).

        Raises Unavailable when another process holds the file, InvalidInput for another address.
        """
        if not url.startswith("duckdb://"):
            raise InvalidInput(
                "is not a history store",
                field="RAABTA_HISTORY_URL",
                remedy="write duckdb:///path/to/history.duckdb",
            )
        path = url.removeprefix("duckdb://").removeprefix("/") if url != "duckdb://" else ""
        if url.startswith("duckdb:////"):
            path = "/" + url.removeprefix("duckdb:////")
        if path:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        try:
            con = duckdb.connect(path or ":memory:", config={"memory_limit": memory_limit})
        except duckdb.IOException as error:
            if "lock" in str(error):
                raise Unavailable(
                    "the history is held by another process",
                    field="RAABTA_HISTORY_URL",
                    remedy="a running `raabta serve` answers for it; or stop that first",
                ) from error
            raise
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET enable_progress_bar = false")
        con.execute("SET autoinstall_known_extensions = false")
        con.execute(_DDL)
        if con.execute("SELECT seq FROM mark").fetchall() == []:
            con.execute("INSERT INTO mark VALUES (0)")
        history = cls(con, Registry())
        history.reload()
        return history

    def reload(self) -> None:
        """Read the registry from the store, as after a rollback."""
        registry = Registry()
        rows = self._con.execute(
            "SELECT event, table_name, array_path, path, column_name, type FROM registry "
            "ORDER BY rowid"
        ).fetchall()
        for event, table, array, path, column, kind in rows:
            registry.add(event, table, array, path, ColumnInfo(column, kind))
        keys = self._con.execute("SELECT DISTINCT key FROM traits").fetchall()
        registry.trait_keys = {key for (key,) in keys}
        self._registry.events = registry.events
        self._registry.trait_keys = registry.trait_keys
        self._registry.version += registry.version + 1
        self._registry.publish()

    def cursor(self) -> DuckHistory:
        """The same history for another thread."""
        con = self._con.cursor()
        con.execute("SET TimeZone = 'UTC'")
        return DuckHistory(con, self._registry)

    def overlay(self) -> DuckHistory:
        """A view of the history for a backtest: what it writes stays in it and dies with it."""
        other = self.cursor()
        home = other._con.execute("SELECT current_database()").fetchall()[0][0]
        stored = f"{quoted(home)}.main.traits"
        other._traits = stored
        other._con.execute(f"CREATE TEMP TABLE overlay_traits AS SELECT * FROM {stored} LIMIT 0")
        other._con.execute(
            f"CREATE TEMP VIEW traits AS SELECT * FROM {stored} "
            "UNION ALL SELECT * FROM overlay_traits"
        )
        other.is_overlay = True
        return other

    is_overlay = False
    _is_open = False
    _traits = "traits"
    _set = 0  # how many traits `add_traits` has written

    def forget_overlay(self) -> None:
        """Drop what `add_traits` wrote and the log has given back by now."""
        self._con.execute(
            f"DELETE FROM overlay_traits o WHERE EXISTS (SELECT 1 FROM {self._traits} t "
            "WHERE t.profile = o.profile AND t.key = o.key AND t.received_at = o.received_at "
            "AND t.value = o.value AND t.source = o.source)"
        )

    def begin(self) -> None:
        self._con.begin()
        self._is_open = True

    def commit(self) -> None:
        self._con.commit()
        self._is_open = False
        self._registry.publish()

    def rollback(self) -> None:
        """Undo all since `begin`; the registry is read again."""
        if self._is_open:
            self._con.rollback()
            self._is_open = False
            self.reload()

    def close(self) -> None:
        self._con.close()

    def interrupt(self) -> None:
        """End the question under way, from another thread: it raises duckdb.InterruptException."""
        self._con.interrupt()

    def catalog(self) -> Catalog:
        """What can be asked about; inside a transaction, what it has added as well."""
        known = self._registry.catalog() if self._is_open else self._registry.published
        if self._own_keys <= known.trait_keys:
            return known
        return replace(known, trait_keys=known.trait_keys | self._own_keys)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes within commit together, or the registry and the tables are as before."""
        self.begin()
        try:
            yield
        except BaseException:
            self.rollback()
            raise
        self.commit()

    # --- feeding ----------------------------------------------------------------------------

    def high_water(self) -> int:
        """The `seq` up to which the log is in here."""
        return int(self._con.execute("SELECT seq FROM mark").fetchall()[0][0])

    def append(self, events: pl.DataFrame, up_to: int) -> None:
        """Take in resolved events (seq, profile, received_at, timestamp, kind, name, properties,
        source, origin); `up_to` becomes the high-water mark. Rows at or below the mark are left
        out, so a repeated append changes nothing. Call inside `transaction`.
        """
        mark = self.high_water()
        fresh = events.filter(pl.col("seq") > mark)
        if not fresh.is_empty():
            Feed(self._con, self._registry, self._traits).take(fresh)
        if up_to > mark:
            self._con.execute("UPDATE mark SET seq = ?", [up_to])

    def add_traits(self, frame: pl.DataFrame) -> None:
        """Trait changes a tick makes itself: subject, key, value (JSON), at. Overlays only: they
        reach the store with the log row that says them."""
        # at an equal instant, what was set comes last, in the order in which it was set
        latest = pl.int_range(pl.len(), dtype=pl.Int64) + (2**62 + self._set)
        self._set += frame.height
        self._con.register(
            "incoming_traits",
            frame.select(
                "key",
                "value",
                seq=latest,
                profile="subject",
                received_at=pl.col("at").cast(pl.Datetime("us")),
            ),
        )
        self._con.execute(
            """INSERT INTO overlay_traits SELECT seq, profile, received_at, key, value,
              CAST(value AS JSON) ->> '$',
              CASE WHEN json_type(CAST(value AS JSON)) IN ('UBIGINT', 'BIGINT', 'DOUBLE')
                THEN CAST(value AS DOUBLE) END,
              CASE WHEN json_type(CAST(value AS JSON)) = 'BOOLEAN' THEN value = 'true' END,
              'journey' FROM incoming_traits"""
        )
        self._con.unregister("incoming_traits")
        if fresh := set(frame["key"].unique().to_list()) - self._own_keys:
            self._own_keys |= fresh
            self._queries.clear()

    def merge_profiles(self, merges: pl.DataFrame) -> None:
        """Give the events and traits of `loser` to `winner` (columns of Int64)."""
        if merges.is_empty():
            return
        self._con.register("merges", merges)
        tables = ["tracks"]
        for table in self._registry.events.values():
            tables += [table.name, *(child.name for child in table.arrays.values())]
        overlay = ["overlay_traits"] if self.is_overlay else []
        for name in [self._traits, *overlay, *map(quoted, tables)]:
            self._con.execute(
                f"UPDATE {name} AS t SET profile = m.winner FROM merges m WHERE t.profile = m.loser"
            )
        self._con.unregister("merges")

    # --- asking -----------------------------------------------------------------------------

    def ask(self, condition: Condition, asked: pl.DataFrame) -> pl.DataFrame:
        """Answer a condition for each row of `asked` (subject, at: Int64).

        Returns subject, at, answer (Boolean), next_at (Int64 or null), one row a question.
        """
        query = self._compiled(condition)
        self._con.register("asked", asked.with_columns(pl.col("at").cast(pl.Datetime("us"))))
        try:
            frame = self._frame(query)
        finally:
            self._con.unregister("asked")
        return frame.with_columns(pl.col("at", "next_at").cast(pl.Datetime("us")).cast(pl.Int64))

    def prepare(self, conditions: Iterable[Condition]) -> None:
        """Keep the facts that these conditions look at, for many questions about a past that does
        not change. Overlays only: what is appended later is not seen."""
        catalog = self.catalog()
        for leaf in dict.fromkeys(leaf for c in conditions for leaf in leaves(c)):
            if not isinstance(leaf, Did) or facts_key(leaf) in self._prepared:
                continue
            facts = compile_facts(leaf, catalog)
            if facts is not None:
                name = f"facts_{len(self._prepared)}"
                query = facts.sql(dialect="duckdb", identify=True)
                self._con.execute(f"CREATE TEMP TABLE {name} AS {query} ORDER BY 1, 2")
                self._prepared[facts_key(leaf)] = name
        self._queries.clear()

    def dropouts(self, condition: Condition, start: Instant, end: Instant) -> pl.DataFrame:
        """When prepared facts leave the windows of a condition, in (start, end]: subject, at.

        Leaves that only the newest fact decides are left out: each gives one instant at most.
        """
        parts = [pl.DataFrame(schema={"subject": pl.Int64, "at": pl.Int64})]
        for leaf in leaves(condition):
            if not isinstance(leaf, Did) or leaf.within is None or newest_decides(leaf):
                continue
            name = self._prepared.get(facts_key(leaf))
            if name is not None:
                parts.append(
                    self.select(
                        f"SELECT DISTINCT profile AS subject, epoch_us(happened_at) + ? AS at "
                        f"FROM {name} WHERE happened_at > make_timestamp(?) "
                        "AND happened_at <= make_timestamp(?)",
                        [leaf.within, start - leaf.within, end - leaf.within],
                    ).cast(parts[0].schema)
                )
        return pl.concat(parts)

    def _compiled(self, condition: Condition) -> str:
        """The condition's SQL, built once for each shape of the tables: a round asks again and
        again, and building costs more than many an answer."""
        catalog = self.catalog()
        if self._compiled_for != catalog.version:
            self._queries.clear()
            self._compiled_for = catalog.version
        query = self._queries.get(condition)
        if query is None:
            tree = compile_condition(condition, catalog, self._prepared)
            query = tree.sql(dialect="duckdb", identify=True)
            self._queries[condition] = query
        return query

    def matching(self, matcher: Matcher, start: Instant, end: Instant) -> pl.Series:
        """`seq` of the matching events with start < received_at <= end."""
        received = exp.column("received_at", "e")
        return self._matching(
            matcher,
            exp.GT(this=received, expression=_moment(start)),
            exp.LTE(this=received.copy(), expression=_moment(end)),
        )

    def matching_since(self, matcher: Matcher, seq: int) -> pl.Series:
        """`seq` of the matching events that the log gave after `seq`."""
        later = exp.GT(this=exp.column("seq", "e"), expression=exp.Literal.number(seq))
        return self._matching(matcher, later)

    def _matching(self, matcher: Matcher, *within: exp.Expr) -> pl.Series:
        query = compile_matcher(matcher, self.catalog())
        if query is None:
            return pl.Series("seq", [], dtype=pl.Int64)
        return self._frame(query.where(*within).sql(dialect="duckdb", identify=True))["seq"].cast(
            pl.Int64
        )

    def traits_since(self, seq: int) -> pl.DataFrame:
        """Trait changes that the log gave after `seq`: profile, key, value (JSON), at, source."""
        return self.select(
            "SELECT profile, key, value, epoch_us(received_at) AS at, source "
            f"FROM {self._traits} WHERE seq > ? ORDER BY seq",
            [seq],
        )

    def events(self, start: Instant, end: Instant, without: Sequence[str] = ()) -> pl.DataFrame:
        """Events with start < received_at <= end as EVENTS in log order, all of them as live ones.

        `without` names events to leave out.
        """
        return self.select(
            "SELECT seq, profile AS subject, epoch_us(received_at) AS received_at, "
            "epoch_us(timestamp) AS timestamp, kind, name, CAST(0 AS BIGINT) AS origin "
            "FROM tracks WHERE received_at > make_timestamp(?) "
            "AND received_at <= make_timestamp(?) AND NOT list_contains(?, name) "
            "ORDER BY received_at, seq",
            [start, end, list(without)],
        )

    def first_seen(self) -> pl.DataFrame:
        """When each profile was first heard of: subject, at."""
        return self.select(
            "SELECT profile AS subject, epoch_us(min(received_at)) AS at FROM tracks GROUP BY 1", []
        )

    def traits_as_of(self, at: Instant, keys: Sequence[str]) -> pl.DataFrame:
        """Each profile's value (JSON) of the given traits at an instant: profile, key, value, at."""
        return self.select(
            "SELECT profile, key, arg_max(value, (received_at, seq)) AS value, "
            "epoch_us(max(received_at)) AS at FROM traits "
            "WHERE list_contains(?, key) AND received_at <= make_timestamp(?) GROUP BY ALL",
            [list(keys), at],
        )

    def trait_changes(self, start: Instant, end: Instant, keys: Sequence[str]) -> pl.DataFrame:
        """Changes of the given traits with start < received_at <= end: profile, key, value, at."""
        return self.select(
            "SELECT profile, key, value, epoch_us(received_at) AS at, seq FROM traits "
            "WHERE list_contains(?, key) AND received_at > make_timestamp(?) "
            "AND received_at <= make_timestamp(?) ORDER BY received_at, seq",
            [list(keys), start, end],
        )

    def rows(self, event: str, start: Instant, end: Instant) -> pl.DataFrame:
        """An event's table between two instants (start < received_at <= end), by property path.

        Columns: seq, profile, received_at, timestamp (Int64) and each scalar property's path.
        Empty, with the fixed columns alone, for an event nobody sent.
        """
        return self._rows(
            event,
            "received_at > make_timestamp(?) AND received_at <= make_timestamp(?)",
            [start, end],
        )

    def rows_since(self, event: str, seq: int) -> pl.DataFrame:
        """The same for the events that the log gave after `seq`."""
        return self._rows(event, "seq > ?", [seq])

    def _rows(self, event: str, within: str, values: list[int]) -> pl.DataFrame:
        # what a reader may see: the writer's own new tables are not there for others yet
        table = self.catalog().events.get(event)
        fixed = ("seq", "profile", "received_at", "timestamp")
        if table is None:
            return pl.DataFrame(schema=dict.fromkeys(fixed, pl.Int64))
        picked = "".join(
            f", {quoted(c.name)} AS {quoted(f'property.{p}' if p in fixed else p)}"
            for p, c in table.columns.items()
        )
        return self.select(
            "SELECT seq, profile, epoch_us(received_at) AS received_at, "
            f"epoch_us(timestamp) AS timestamp{picked} FROM {quoted(table.name)} "
            f"WHERE {within} ORDER BY received_at, seq",
            values,
        )

    def counts(self) -> dict[str, int]:
        """How many events of each name are in here."""
        rows = self._con.execute("SELECT name, count(*) FROM tracks GROUP BY 1").fetchall()
        return {name: int(n) for name, n in rows}

    def counts_since(self, seq: int) -> pl.DataFrame:
        """The events that the log gave after `seq`, by name: name, n, first, last (event times),
        seq (the last)."""
        return self.select(
            "SELECT name, count(*) AS n, epoch_us(min(timestamp)) AS first, "
            "epoch_us(max(timestamp)) AS last, max(seq) AS seq FROM tracks WHERE seq > ? GROUP BY 1",
            [seq],
        )

    def span(self) -> tuple[Instant, Instant] | None:
        """The first and the last event time."""
        first, last = self._con.execute(
            "SELECT epoch_us(min(timestamp)), epoch_us(max(timestamp)) FROM tracks"
        ).fetchall()[0]
        return None if first is None else (int(first), int(last))

    def select(self, query: str, values: list[Any]) -> pl.DataFrame:
        """The rows of DuckDB's own SQL: for `storage.history` alone."""
        return self._frame(query, values)

    def _frame(self, query: str, values: list[Any] | None = None) -> pl.DataFrame:
        table = self._con.sql(query, params=values or None).to_arrow_table()
        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)
        return frame


def _moment(at: Instant) -> exp.Expr:
    return exp.Anonymous(this="make_timestamp", expressions=[exp.Literal.number(at)])
