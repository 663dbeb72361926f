"""The nouns of the condition language. Trees of these are immutable and hashable."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Scalar = str | float | bool

Operator = Literal[
    "is",
    "is_not",
    "in",
    "not_in",
    "at_least",
    "at_most",
    "more_than",
    "less_than",
    "contains",
    "is_set",
]

Aggregate = Literal["sum", "average", "highest", "lowest", "distinct"]


@dataclass(frozen=True)
class Test:
    """A comparison with a constant; `in` and `not_in` hold a tuple."""

    __test__ = False  # not a test case, whatever pytest thinks of its name

    op: Operator
    value: Scalar | tuple[Scalar, ...]


@dataclass(frozen=True)
class Filter:
    """A test of one property; `products.category` looks into the objects of an array."""

    path: str
    test: Test


@dataclass(frozen=True)
class Measure:
    """An aggregate over the matching events' property, with the tests it must pass."""

    aggregate: Aggregate
    of: str
    tests: tuple[Test, ...]


@dataclass(frozen=True)
class Did:
    """Events of one name, counted (and perhaps measured) within a window before the instant.

    `within` is in microseconds; None means ever.
    """

    event: str
    where: tuple[Filter, ...] = ()
    within: int | None = None
    count: tuple[Test, ...] = field(default=(Test("at_least", 1.0),))
    measure: Measure | None = None


@dataclass(frozen=True)
class Trait:
    key: str
    test: Test


@dataclass(frozen=True)
class InSegment:
    name: str


@dataclass(frozen=True)
class Anniversary:
    """True for `lasting` microseconds from each anniversary of the first such event on."""

    event: str
    lasting: int


@dataclass(frozen=True)
class All:
    of: tuple[Condition, ...]


@dataclass(frozen=True)
class Any:
    of: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    of: Condition


Condition = All | Any | Not | Did | Trait | InSegment | Anniversary


@dataclass(frozen=True)
class Matcher:
    """Which single events count: a name and filters on their properties."""

    event: str
    where: tuple[Filter, ...] = ()


# --- the catalog ------------------------------------------------------------------------------

ColumnType = Literal["DOUBLE", "VARCHAR", "BOOLEAN"]


@dataclass(frozen=True)
class ColumnInfo:
    name: str
    type: ColumnType


@dataclass(frozen=True)
class TableInfo:
    """A history table: property path to column. `arrays` are child tables, one row an object."""

    name: str
    columns: dict[str, ColumnInfo]
    arrays: dict[str, TableInfo] = field(default_factory=dict)


@dataclass(frozen=True)
class Catalog:
    """What a history can be asked about. `version` rises with every new table or column."""

    version: int
    events: dict[str, TableInfo]
    trait_keys: frozenset[str] = frozenset()


def trait_keys(condition: Condition) -> frozenset[str]:
    """The traits that a condition looks at."""
    return frozenset(leaf.key for leaf in leaves(condition) if isinstance(leaf, Trait))


def leaves(condition: Condition) -> list[Did | Trait | InSegment | Anniversary]:
    """All leaves of a tree, in reading order."""
    match condition:
        case All(of=parts) | Any(of=parts):
            return [leaf for part in parts for leaf in leaves(part)]
        case Not(of=part):
            return leaves(part)
        case _:
            return [condition]
