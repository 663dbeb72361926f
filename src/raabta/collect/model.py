"""The nouns of collection: the six calls, a row of the log, and what could not be taken."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
import polars as pl

from raabta.core.clock import Instant

Text = str | int | None

#: `origin` of a log row: who put it there, and hence what its `received_at` means.
LIVE, IMPORTED, ENGINE = 0, 1, 2

#: Limits of the tracking spec, bytes and characters.
MAX_BODY = 500 * 1024
MAX_EVENT = 32 * 1024
MAX_BATCH = 2_500
MAX_ID = 255


class Call(msgspec.Struct, rename="camel", kw_only=True):
    """What every call may carry. Times are ISO 8601; other fields are kept as they came."""

    message_id: Text = None
    user_id: Text = None
    anonymous_id: Text = None
    timestamp: str | None = None
    original_timestamp: str | None = None
    sent_at: str | None = None
    context: dict[str, Any] | None = None
    integrations: dict[str, Any] | None = None


class Identify(Call, tag="identify", kw_only=True):
    traits: dict[str, Any] | None = None


class Track(Call, tag="track", kw_only=True):
    event: str
    properties: dict[str, Any] | None = None


class Page(Call, tag="page", kw_only=True):
    name: str | None = None
    category: str | None = None
    properties: dict[str, Any] | None = None


class Screen(Page, tag="screen", kw_only=True):
    pass


class Group(Call, tag="group", kw_only=True):
    group_id: str | int
    traits: dict[str, Any] | None = None


class Alias(Call, tag="alias", kw_only=True):
    previous_id: str | int


CALLS: dict[str, type[Call]] = {
    "identify": Identify,
    "track": Track,
    "page": Page,
    "screen": Screen,
    "group": Group,
    "alias": Alias,
}


class Batch(msgspec.Struct, rename="camel"):
    """Many calls in one request; `context` and `integrations` hold for each that lacks its own."""

    batch: list[msgspec.Raw]
    sent_at: str | None = None
    context: dict[str, Any] | None = None
    integrations: dict[str, Any] | None = None


class Row(NamedTuple):
    """One event, ready for the log; the log itself adds `seq`, `received_at` and `origin`."""

    message_id: str
    kind: str
    name: str
    user_id: str | None
    anonymous_id: str | None
    timestamp: Instant
    properties: str
    context: str | None
    source: str


ROW_SCHEMA: dict[str, pl.DataType] = {
    name: pl.Int64() if name == "timestamp" else pl.String() for name in Row._fields
}


@dataclass(frozen=True, slots=True)
class Rejected:
    """One event that could not be taken: its place in the batch, what is wrong, what to do."""

    index: int
    field: str
    reason: str
    remedy: str
    body: str


@dataclass(frozen=True)
class Delivery:
    """What one request brought."""

    source: str
    rows: Sequence[Row] = ()
    rejected: Sequence[Rejected] = ()
    origin: int = LIVE
    size: int = 0  # bytes, for the bound on memory


@dataclass(frozen=True)
class Appended:
    """How many rows the log took, and how many it already had."""

    accepted: int = 0
    duplicates: int = 0


@dataclass(frozen=True)
class Progress:
    """How far a resumable job got, as kept in `jobs`."""

    job: str
    state: str  # running | done
    position: int
    total: int | None
    detail: dict[str, Any] = field(default_factory=dict)


def rows_frame(rows: Sequence[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=ROW_SCHEMA, orient="row")


def quarantine_frame(rejected: Sequence[Rejected], source: str, now: Instant) -> pl.DataFrame:
    """Rows for `quarantine`. The id is a hash of source and body: a resend does not pile up."""
    rows = [
        (
            hashlib.blake2b(f"{source}\x1f{r.body}".encode(), digest_size=16).hexdigest(),
            now,
            source,
            r.field,
            r.reason,
            r.body,
        )
        for r in rejected
    ]
    schema = {
        "id": pl.String(),
        "received_at": pl.Int64(),
        "source": pl.String(),
        "field": pl.String(),
        "reason": pl.String(),
        "body": pl.String(),
    }
    return pl.DataFrame(rows, schema=schema, orient="row").unique("id", maintain_order=True)
