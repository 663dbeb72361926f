"""From the JSON of events to typed tables: names, types, and what does not fit.

The convention is the one analysts know from Segment's and RudderStack's warehouses: `tracks` with
every event, one table an event name, nested objects flattened with underscores, one child table an
array of objects. All numbers are DOUBLE: JSON knows no other.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from raabta.query.model import Catalog, ColumnInfo, ColumnType, TableInfo

#: Columns every event table has of its own.
FIXED = ("seq", "profile", "received_at", "timestamp", "rest", "position")
MAX_COLUMNS = 400
MAX_KEY = 200
#: Tables and relations of the store itself.
RESERVED = frozenset(
    {
        "tracks",
        "traits",
        "registry",
        "mark",
        "asked",
        "shaped",
        "incoming",
        "incoming_traits",
        "merges",
        "overlay_traits",
    }
)
_NUMBERS = {"UBIGINT", "BIGINT", "DOUBLE", "HUGEINT", "INTEGER"}


def snake(name: str) -> str:
    """'Order Completed' -> 'order_completed'; letters of any script stay."""
    plain = unicodedata.normalize("NFKC", name)
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain)
    words = re.sub(r"\W+", "_", spaced, flags=re.UNICODE).strip("_").lower()
    return words[:60] or "unnamed"


@dataclass
class Table:
    """A growing table: property path -> column, array path -> child table."""

    name: str
    columns: dict[str, ColumnInfo] = field(default_factory=dict)
    arrays: dict[str, Table] = field(default_factory=dict)
    #: folded path -> (its one spelling, what it is): an engine's names know no letter case
    places: dict[str, tuple[str, str]] = field(default_factory=dict)

    def place(self, path: str, kind: str) -> bool:
        """Whether a path can be had as this kind; the first spelling and kind to come keep it."""
        return self.places.setdefault(path.casefold(), (path, kind)) == (path, kind)

    def restore(self, path: str, kind: str) -> None:
        """Take the places of a known column or array and of the objects around it."""
        parts = path.split(".")
        for n in range(1, len(parts)):
            self.place(".".join(parts[:n]), "object")
        self.place(path, kind)

    def info(self) -> TableInfo:
        return TableInfo(
            self.name, dict(self.columns), {k: t.info() for k, t in self.arrays.items()}
        )


@dataclass(frozen=True)
class NewColumn:
    event: str
    array: str  # '' for the event's own table
    path: str
    table: str
    column: ColumnInfo


class Registry:
    """What has been seen, and the SQL structure that reads it back out of JSON."""

    def __init__(self) -> None:
        self.events: dict[str, Table] = {}
        self.trait_keys: set[str] = set()
        self.version = 0
        self._published = Catalog(0, {})
        self._current = self._published

    def catalog(self) -> Catalog:
        """What the writer sees, its uncommitted tables included."""
        if self._current.version != self.version:
            self._current = Catalog(
                self.version,
                {name: table.info() for name, table in self.events.items()},
                frozenset(self.trait_keys),
            )
        return self._current

    @property
    def published(self) -> Catalog:
        """What everybody else sees: as of the last commit."""
        return self._published

    def publish(self) -> None:
        self._published = self.catalog()

    def table_for(self, event: str) -> Table:
        if event not in self.events:
            self.events[event] = Table(self._free(snake(event)))
            self.version += 1
        return self.events[event]

    def _free(self, base: str) -> str:
        """A table name that nothing has yet."""
        owners = list(self.events.values())
        taken = {t.name for t in owners} | {c.name for t in owners for c in t.arrays.values()}
        name, n = base, 2
        while name in taken or name in RESERVED:
            name = f"{base}_{n}"
            n += 1
        return name

    def learn(self, event: str, structure: dict[str, Any]) -> tuple[list[NewColumn], bool]:
        """Take in a JSON structure as DuckDB's `json_group_structure` prints it.

        Returns the columns that are new, and whether everything fits typed columns; where it does
        not, the store keeps the whole JSON in `rest`.
        """
        table = self.table_for(event)
        found: list[NewColumn] = []
        fits = self._learn(event, "", table, structure, "", found)
        if found:
            self.version += 1
        return found, fits

    def _learn(
        self,
        event: str,
        array: str,
        table: Table,
        structure: dict[str, Any],
        prefix: str,
        found: list[NewColumn],
    ) -> bool:
        fits = True
        for key, kind in structure.items():
            path = f"{prefix}{key}"
            if not key or "." in key or len(key) > MAX_KEY:
                fits = False
            elif isinstance(kind, dict):
                fits &= table.place(path, "object") and self._learn(
                    event, array, table, kind, f"{path}.", found
                )
            elif isinstance(kind, list):
                inner = kind[0] if kind else None
                if not isinstance(inner, dict) or array or not table.place(path, "array"):
                    fits = False
                    continue
                if path not in table.arrays:
                    table.arrays[path] = Table(self._free(f"{table.name}__{snake(path)}"))
                fits &= self._learn(event, path, table.arrays[path], inner, "", found)
            elif kind != "NULL":
                fits &= table.place(path, "scalar") and self._column(
                    event, array, table, path, str(kind), found
                )
        return fits

    def _column(
        self, event: str, array: str, table: Table, path: str, kind: str, found: list[NewColumn]
    ) -> bool:
        typed: ColumnType | None = (
            "DOUBLE"
            if kind in _NUMBERS
            else "BOOLEAN"
            if kind == "BOOLEAN"
            else None
            if kind in ("JSON",)
            else "VARCHAR"
        )
        known = table.columns.get(path)
        if known is not None:
            return known.type == typed
        if typed is None:
            typed = "VARCHAR"  # mixed types: readable text here, the exact value in `rest`
        if len(table.columns) >= MAX_COLUMNS:
            return False
        taken = {c.name for c in table.columns.values()} | set(FIXED)
        name = base = snake(path)
        if name in FIXED:
            name = base = f"property_{name}"
        n = 2
        while name in taken:
            name = f"{base}_{n}"
            n += 1
        column = ColumnInfo(name, typed)
        table.columns[path] = column
        found.append(NewColumn(event, array, path, table.name, column))
        return kind != "JSON"

    def add(self, event: str, table: str, array: str, path: str, column: ColumnInfo) -> None:
        """Restore one stored registry row; an event's own row comes before its columns'."""
        owner = self.events.setdefault(event, Table(table))
        if array:
            owner.restore(array, "array")
            owner = owner.arrays.setdefault(array, Table(table))
        if path:
            owner.restore(path, "scalar")
            owner.columns[path] = column
        self.version += 1


#: A structure has to name something: what an event without properties is read with.
_NOTHING = {"nothing": "VARCHAR"}


def structure_of(table: Table) -> str:
    """The `json_transform` structure that reads exactly the known columns."""
    tree = _tree(table.columns)
    for path, child in table.arrays.items():
        if child.columns:
            _put(tree, path, [_tree(child.columns)])
    return json.dumps(tree or _NOTHING)


def _tree(columns: dict[str, ColumnInfo]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, column in columns.items():
        _put(tree, path, column.type)
    return tree


def _put(tree: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        inner = tree.get(parent)
        if not isinstance(inner, dict):
            inner = tree[parent] = {}
        tree = inner
    if not isinstance(tree.get(last), dict):
        tree[last] = value


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def access(path: str, root: str = "s") -> str:
    """The struct expression of a property path: s."a"."b"."""
    return ".".join([root, *(quoted(part) for part in path.split("."))])
