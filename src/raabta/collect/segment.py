"""Reading the Segment HTTP tracking spec: bytes in, rows and rejections out. Pure.

Source: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from raabta.collect.model import (
    CALLS,
    MAX_BATCH,
    MAX_BODY,
    MAX_EVENT,
    MAX_ID,
    Alias,
    Batch,
    Call,
    Group,
    Identify,
    Page,
    Rejected,
    Row,
    Screen,
    Text,
    Track,
)
from raabta.core.clock import DAY, MINUTE, Instant, instant
from raabta.core.errors import InvalidInput, TooLarge

#: A sender's clock this close to ours is healthy: its times are taken exactly as said.
SKEW_TOLERANCE = MINUTE
#: How far ahead of the engine's clock a time may lie before it is called wrong.
FUTURE_TOLERANCE = DAY

_NAMES = {"page": "Page", "screen": "Screen"}
_PATH = re.compile(r" - at `\$\.?(.*?)`$")
_MISSING = re.compile(r"missing required field `(.+?)`")
#: Kept in columns of their own, or never kept at all (the write key is a secret).
_PLACED = {"type", "messageId", "userId", "anonymousId", "writeKey"}
_PLACED_OF = {
    "identify": _PLACED | {"traits"},
    "group": _PLACED | {"traits"},
    "track": _PLACED | {"event", "properties"},
    "page": _PLACED | {"properties"},
    "screen": _PLACED | {"properties"},
    "alias": _PLACED,
}


@dataclass(frozen=True)
class Moment:
    """When a request arrived: by the wall (to measure the sender's skew) and by the engine."""

    wall: Instant
    now: Instant


@dataclass
class Parsed:
    """The events of one request: those taken, and those that could not be."""

    rows: list[Row] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def parse(
    body: bytes, kind: str, *, source: str, moment: Moment, new_id: Callable[[], str]
) -> Parsed:
    """Read a request to `/v1/{kind}`: one of the six calls, `batch` or `import`.

    `new_id` names events that came without a `messageId`. Raises TooLarge for a body over 500 KB
    or a batch of over 2,500 events, InvalidInput when the body as a whole cannot be read; an
    event that is wrong by itself is in `rejected` and never costs another.
    """
    if len(body) > MAX_BODY:
        raise TooLarge(
            f"the body has more than {MAX_BODY // 1024} KB",
            field="body",
            remedy="send smaller batches",
        )
    many = kind in ("batch", "import")
    envelope = _envelope(body) if many else Batch(batch=[msgspec.Raw(body)])
    if len(envelope.batch) > MAX_BATCH:
        raise TooLarge(
            f"the batch has {len(envelope.batch):,} events; at most {MAX_BATCH:,} are taken",
            field="batch",
            remedy="send smaller batches",
        )
    parsed = Parsed()
    reader = _Reader(envelope, source, moment, new_id, historical=kind == "import")
    for index, raw in enumerate(envelope.batch):
        event = bytes(raw)
        try:
            parsed.rows.append(reader.read(event, None if many else kind))
        except InvalidInput as error:
            text = event.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
            parsed.rejected.append(
                Rejected(index, error.field or "event", error.message, error.remedy, text)
            )
    return parsed


def write_key(body: bytes) -> str | None:
    """The `writeKey` inside a body, for senders that do not use basic auth."""
    try:
        found = msgspec.json.decode(body, type=dict[str, msgspec.Raw]).get("writeKey")
        return msgspec.json.decode(found, type=str) if found is not None else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _envelope(body: bytes) -> Batch:
    try:
        return msgspec.json.decode(body, type=Batch)
    except msgspec.ValidationError as error:
        raise _unfit(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _mended(body)


def _mended(body: bytes) -> Batch:
    """Split a batch one of whose events is not strict JSON, so that this event fails alone.

    Python's reader takes NaN, lone surrogates and, decoded so, broken UTF-8; each event is then
    written out again for the strict reader to judge by itself.
    """
    try:
        loose = json.loads(body.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            f"the body is not JSON: {error}", field="body", remedy="send one JSON object in UTF-8"
        ) from None
    if not isinstance(loose, dict) or not isinstance(loose.get("batch"), list):
        raise InvalidInput(
            "the body has no list of events", field="batch", remedy='send {"batch": [...]}'
        )
    events = [msgspec.Raw(json.dumps(event).encode()) for event in loose["batch"]]
    rest = {k: v for k, v in loose.items() if k in ("sentAt", "context", "integrations")}
    try:
        outer = msgspec.json.decode(json.dumps(rest | {"batch": []}), type=Batch)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unfit(error) from None
    outer.batch = events
    return outer


class _Reader:
    """Reads the events of one request."""

    def __init__(
        self,
        envelope: Batch,
        source: str,
        moment: Moment,
        new_id: Callable[[], str],
        *,
        historical: bool,
    ) -> None:
        self.envelope = envelope
        self.source = source
        self.moment = moment
        self.new_id = new_id
        self.historical = historical

    def read(self, event: bytes, kind: str | None) -> Row:
        """One event; `kind` is the path's, or None where the event says its own type."""
        if len(event) > MAX_EVENT:
            raise InvalidInput(
                f"the event has {len(event):,} bytes; at most {MAX_EVENT:,} are taken",
                field="event",
                remedy="send less in one event: ids instead of documents",
            )
        fields = _fields(event)
        kind = kind or _kind(fields)
        try:
            call = msgspec.convert(fields | {"type": kind}, CALLS[kind])
        except msgspec.ValidationError as error:
            raise _unfit(error) from None
        user = _identifier(call.user_id, "userId")
        anonymous = _identifier(call.anonymous_id, "anonymousId")
        _must_name_somebody(kind, user, anonymous)
        at = self._time(call)
        name, properties = _content(call, kind)
        return Row(
            message_id=_identifier(call.message_id, "messageId") or self.new_id(),
            kind=kind,
            name=name,
            user_id=user,
            anonymous_id=anonymous,
            timestamp=at,
            properties=msgspec.json.encode(properties).decode(),
            context=self._context(call, fields, _PLACED_OF[kind]),
            source=self.source,
        )

    def _time(self, call: Call) -> Instant:
        """The event's time on our clock: never after the engine's present."""
        name = "originalTimestamp" if call.original_timestamp else "timestamp"
        said = call.original_timestamp or call.timestamp
        if not said:
            if self.historical:
                raise InvalidInput(
                    "an imported event has no time",
                    field="timestamp",
                    remedy="say when it happened, as 2026-03-01T09:30:00Z",
                )
            return self.moment.now
        at = instant(said, name)
        if not self.historical:
            at += self._skew(call.sent_at or self.envelope.sent_at)
        if at > self.moment.now + FUTURE_TOLERANCE:
            raise InvalidInput(
                f"{said} lies more than 24 hours in the future",
                field=name,
                remedy="set the sender's clock, or send sentAt so that its error can be removed",
            )
        return min(at, self.moment.now)

    def _skew(self, sent_at: str | None) -> int:
        if not sent_at:
            return 0
        try:
            skew = self.moment.wall - instant(sent_at, "sentAt")
        except InvalidInput:
            return 0  # an unreadable sentAt corrects nothing; its text is kept in the context
        return skew if abs(skew) > SKEW_TOLERANCE else 0

    def _context(self, call: Call, fields: dict[str, Any], placed: set[str]) -> str | None:
        """All that has no column of its own, so that nothing said is lost."""
        rest = {k: v for k, v in fields.items() if k not in placed and v not in (None, {}, "")}
        timestamp = rest.pop("timestamp", None)
        if timestamp and "originalTimestamp" not in rest:
            rest["originalTimestamp"] = timestamp
        if self.envelope.context:
            rest["context"] = self.envelope.context | (call.context or {})
        if self.envelope.integrations:
            rest["integrations"] = self.envelope.integrations | (call.integrations or {})
        if self.envelope.sent_at and "sentAt" not in rest:
            rest["sentAt"] = self.envelope.sent_at
        return msgspec.json.encode(rest).decode() if rest else None


def _fields(event: bytes) -> dict[str, Any]:
    try:
        fields = msgspec.json.decode(event)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(
            f"the event is not JSON: {error}",
            field="event",
            remedy="send strict JSON in UTF-8: no NaN, no lone surrogates",
        ) from None
    if not isinstance(fields, dict):
        raise InvalidInput(
            "the event is not a JSON object", field="event", remedy='send {"type": "track", ...}'
        )
    if b"\\u0000" in event:
        for name, value in fields.items():
            if "\x00" in name or _has_nul(value):
                raise InvalidInput(
                    "the text holds a NUL character", field=name, remedy="remove it: \\u0000"
                )
    return fields


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any("\x00" in key or _has_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(_has_nul(item) for item in value)


def _kind(fields: dict[str, Any]) -> str:
    kind = fields.get("type")
    if not isinstance(kind, str) or kind not in CALLS:
        raise InvalidInput(
            f"{kind!r} is not a type of call", field="type", remedy="use one of " + ", ".join(CALLS)
        )
    return kind


def _identifier(value: Text, name: str) -> str | None:
    """An identifier as text; SDKs may send numbers. Indexes bound its length."""
    text = "" if value is None else str(value)
    if len(text) > MAX_ID:
        raise InvalidInput(
            f"the identifier has {len(text)} characters",
            field=name,
            remedy=f"use at most {MAX_ID}",
        )
    return text or None


def _must_name_somebody(kind: str, user: str | None, anonymous: str | None) -> None:
    if kind == "alias" and user is None:
        raise InvalidInput(
            "an alias needs the user it leads to", field="userId", remedy="add userId"
        )
    if user is None and anonymous is None:
        raise InvalidInput(
            "the event says neither who nor which device",
            field="userId",
            remedy="add userId, or anonymousId for somebody not known yet",
        )


def _content(call: Call, kind: str) -> tuple[str, dict[str, Any]]:
    """The event's name, and its properties (or traits)."""
    match call:
        case Track(event=event, properties=properties):
            if not event.strip() or len(event) > MAX_ID:
                raise InvalidInput(
                    "the event's name is empty" if not event.strip() else "the name is too long",
                    field="event",
                    remedy=f"name what happened in 1 to {MAX_ID} characters, as 'Order Completed'",
                )
            return event, properties or {}
        case Page() | Screen():
            named = {"name": call.name, "category": call.category}
            return _NAMES[kind], {k: v for k, v in named.items() if v} | (call.properties or {})
        case Group(group_id=group_id, traits=traits):
            if _identifier(group_id, "groupId") is None:
                raise InvalidInput("the group has no id", field="groupId", remedy="add groupId")
            return kind, traits or {}
        case Alias(previous_id=previous):
            text = _identifier(previous, "previousId")
            if text is None:
                raise InvalidInput("no former id", field="previousId", remedy="add previousId")
            return kind, {"previous_id": text}
        case Identify(traits=traits):
            return kind, traits or {}
    raise AssertionError(kind)  # CALLS and this match name the same six


def _unfit(error: Exception) -> InvalidInput:
    """msgspec's words as ours: the field, what was found, what is wanted."""
    words = str(error)
    missing = _MISSING.search(words)
    path = _PATH.search(words)
    where = missing.group(1) if missing else (path.group(1) if path else "body")
    reason = f"the required field {where!r} is missing" if missing else _PATH.sub("", words)
    return InvalidInput(
        reason, field=where or "body", remedy="see the tracking spec for the field's type"
    )
