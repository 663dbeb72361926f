"""What the history knows of single people: their events, acts and answers, and who is searched.

Every question reads a few columns of the big tables once, however many events a person has.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import polars as pl

from raabta.core.clock import Instant
from raabta.storage.history.duck import DuckHistory
from raabta.storage.history.schema import quoted

#: What people answer our messages with.
OPENED, CLICKED = "Message Opened", "Message Clicked"

#: Kinds of calls by which a person does something; the others only say who somebody is.
_ACTING = ("track", "page", "screen")

#: For Arrow, which keeps no instants of its own here: Int64 microseconds.
_AT = "epoch_us(timestamp)"


class PeopleHistory:
    """One thread's view: take one for each question."""

    def __init__(self, history: DuckHistory) -> None:
        self._history = history.cursor()

    def events(
        self, profile: int, before: tuple[Instant, int] | None, limit: int
    ) -> list[dict[str, Any]]:
        """A person's newest events older than `before` (timestamp, seq), at most `limit`."""
        at, seq = before or (2**62, 2**62)
        return self._rows(
            f"SELECT seq, {_AT} AS at, epoch_us(received_at) AS received_at, name, kind, source, "
            f"origin FROM tracks WHERE profile = ? AND ({_AT} < ? OR ({_AT} = ? AND seq < ?)) "
            "ORDER BY timestamp DESC, seq DESC LIMIT ?",
            [profile, at, at, seq, limit],
        )

    def answers(
        self, profiles: Collection[int], messages: Sequence[int] | None = None
    ) -> dict[int, tuple[Instant | None, Instant | None]]:
        """When each message of these people was first opened and first clicked, where it was.

        `messages`: only these; None: all of theirs.
        """
        found: dict[int, tuple[Instant | None, Instant | None]] = {}
        for place, event in enumerate((OPENED, CLICKED)):
            table = self._table(event, "message_id")
            if table is None:
                continue
            name, column = table
            only = "" if messages is None else f"AND {column} IN (SELECT unnest(?::VARCHAR[]))"
            values: list[Any] = [list(profiles)]
            if messages is not None:
                values.append([str(m) for m in messages])
            rows = self._rows(
                f"SELECT TRY_CAST({column} AS BIGINT) AS message, min({_AT}) AS at FROM {name} "
                f"WHERE profile IN (SELECT unnest(?::BIGINT[])) {only} GROUP BY 1",
                values,
            )
            for row in rows:
                if row["message"] is not None:
                    pair = list(found.get(row["message"], (None, None)))
                    pair[place] = row["at"]
                    found[row["message"]] = (pair[0], pair[1])
        return found

    def span(self, profile: int, without: Sequence[str]) -> tuple[Instant | None, Instant | None]:
        """When a person was first heard of, and when they last did something.

        `without` names the events that are not the person's own.
        """
        (row,) = self._rows(
            f"SELECT min({_AT}) AS first, max({_AT}) FILTER (WHERE NOT list_contains(?, name)) "
            "AS last FROM tracks WHERE profile = ?",
            [list(without), profile],
        )
        return row["first"], row["last"]

    def acts(
        self,
        profiles: Collection[int],
        start: Instant,
        end: Instant,
        without: Sequence[str],
    ) -> pl.DataFrame:
        """What people did in [start, end): at, name, n (as often at the same instant)."""
        return self._history.select(
            f"SELECT {_AT} AS at, name, count(*) AS n FROM tracks "
            "WHERE profile IN (SELECT unnest(?::BIGINT[])) AND timestamp >= make_timestamp(?) "
            "AND timestamp < make_timestamp(?) AND list_contains(?, kind) "
            "AND NOT list_contains(?, name) GROUP BY ALL ORDER BY 1, 2",
            [list(profiles), start, end, list(_ACTING), list(without)],
        ).cast({"at": pl.Int64, "n": pl.Int64})

    def last_act(self, profiles: Collection[int], without: Sequence[str]) -> Instant | None:
        (row,) = self._rows(
            f"SELECT max({_AT}) AS at FROM tracks WHERE profile IN (SELECT unnest(?::BIGINT[])) "
            "AND list_contains(?, kind) AND NOT list_contains(?, name)",
            [list(profiles), list(_ACTING), list(without)],
        )
        return None if row["at"] is None else int(row["at"])

    def conversions(self, profile: int, event: str, revenue: str) -> tuple[int, float]:
        """How often a person did what counts as success, and what it was worth."""
        known = self._history.catalog().events.get(event)
        if known is None:
            return 0, 0.0
        column = known.columns.get(revenue)
        worth = f"sum(TRY_CAST({quoted(column.name)} AS DOUBLE))" if column else "NULL"
        (row,) = self._rows(
            f"SELECT count(*) AS n, {worth} AS worth FROM {quoted(known.name)} WHERE profile = ?",
            [profile],
        )
        return int(row["n"]), float(row["worth"] or 0.0)

    def group_calls(self, after: int) -> list[tuple[int, int]]:
        """The latest `group` call of everybody who made one after `seq` `after`: profile, seq."""
        rows = self._rows(
            "SELECT profile, max(seq) AS seq FROM tracks WHERE kind = 'group' AND seq > ? "
            "GROUP BY 1",
            [after],
        )
        return [(int(r["profile"]), int(r["seq"])) for r in rows]

    def groups_of(self, profile: int, limit: int) -> list[int]:
        """A person's newest `group` calls, as `seq`."""
        rows = self._rows(
            "SELECT seq FROM tracks WHERE kind = 'group' AND profile = ? ORDER BY seq DESC LIMIT ?",
            [profile, limit],
        )
        return [int(r["seq"]) for r in rows]

    def search(self, text: str, key: str | None, after: int, limit: int) -> list[int]:
        """Profiles above `after`, ascending, of whom some trait once had a text with `text` in it.

        Letter case does not matter, in any script. `key` looks at one trait alone. What a trait
        says now has to be asked of the state.
        """
        only = "" if key is None else "AND lower(key) = lower(?)"
        values = [text, *([] if key is None else [key]), after, limit]
        rows = self._rows(
            "SELECT profile FROM traits WHERE contains(lower(text_value), lower(?)) "
            f"{only} AND profile > ? GROUP BY 1 ORDER BY 1 LIMIT ?",
            values,
        )
        return [int(r["profile"]) for r in rows]

    def once_said(self, key: str, text: str, limit: int = 100) -> list[int]:
        """Profiles of whom a trait once had exactly this text."""
        rows = self._rows(
            "SELECT profile FROM traits WHERE key = ? AND text_value = ? GROUP BY 1 ORDER BY 1 "
            "LIMIT ?",
            [key, text, limit],
        )
        return [int(r["profile"]) for r in rows]

    def _table(self, event: str, path: str) -> tuple[str, str] | None:
        """The quoted names of an event's table and of a property's column, where both are known."""
        known = self._history.catalog().events.get(event)
        column = known.columns.get(path) if known else None
        return (quoted(known.name), quoted(column.name)) if known and column else None

    def _rows(self, query: str, values: list[Any]) -> list[dict[str, Any]]:
        return self._history.select(query, values).to_dicts()
