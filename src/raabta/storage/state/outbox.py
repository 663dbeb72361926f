"""The outbox in the state store: leases, outcomes, and what signed links tell."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl
from sqlalchemy import Connection, Row, func, select, update

from raabta.channels.model import OutboxMessage
from raabta.channels.ports import AppendEvents, Hit, NewEvent, Outcome
from raabta.collect.model import LIVE
from raabta.core.clock import MINUTE, Instant
from raabta.core.ids import name_key
from raabta.storage.state.database import Database
from raabta.storage.state.log import Log
from raabta.storage.state.tables import consents, outbox, profiles, suppressions

_EVENTS = {
    "open": "Message Opened",
    "click": "Message Clicked",
    "unsubscribe": "Consent Updated",
}


def append_to(log: Log) -> AppendEvents:
    """Channels' events as rows of the log: what became of a message moves people like any event."""

    def append(connection: Connection, rows: list[NewEvent], now: Instant, /) -> None:
        frame = pl.DataFrame(
            [
                {
                    "timestamp": row.timestamp,
                    "message_id": row.message_id,
                    "kind": "track",
                    "name": row.name,
                    "user_id": row.user_id,
                    "anonymous_id": row.anonymous_id,
                    "properties": json.dumps(dict(row.properties), ensure_ascii=False),
                    "context": None,
                    "source": "channels",
                }
                for row in rows
            ],
            schema_overrides={
                "context": pl.String,
                "user_id": pl.String,
                "anonymous_id": pl.String,
            },
        )
        log.append(connection, frame, now, LIVE)

    return append


class Outbox:
    """`channels`' OutboxPort and HitPort over SQLite and PostgreSQL."""

    def __init__(self, database: Database, append: AppendEvents) -> None:
        self._database = database
        self._append = append

    def claim(
        self, channel: str, now: Instant, owner: str, limit: int, lease_for: int
    ) -> list[OutboxMessage]:
        """Lease up to `limit` due messages: those whose lease ran out first, then the oldest.

        PostgreSQL skips rows that another sender is claiming; SQLite has one writer at a time.
        """
        with self._database.begin() as connection:
            ids: list[int] = []
            for state, since in (("leased", outbox.c.lease_until), ("queued", outbox.c.next_at)):
                due = (
                    select(outbox.c.id)
                    .where(outbox.c.state == state, since <= now, outbox.c.channel == channel)
                    .order_by(outbox.c.next_at, outbox.c.id)
                    .limit(limit - len(ids))
                    .with_for_update(skip_locked=True)
                )
                ids += connection.scalars(due).all()
            if not ids:
                return []
            rows = connection.execute(
                update(outbox)
                .where(outbox.c.id.in_(ids))
                .values(
                    state="leased",
                    lease_owner=owner,
                    lease_until=now + lease_for,
                    attempts=outbox.c.attempts + 1,
                )
                .returning(*outbox.c)
            ).all()
        order = {id_: place for place, id_ in enumerate(ids)}
        return sorted((_message(row) for row in rows), key=lambda m: order[m.id])

    def release(self) -> int:
        """Give up all leases, as when every sender that held one is known to be gone."""
        with self._database.begin() as connection:
            freed = connection.execute(
                update(outbox)
                .where(outbox.c.state == "leased")
                .values(state="queued", lease_owner=None, lease_until=None)
            )
        return int(freed.rowcount)

    def finish(self, outcomes: Sequence[Outcome], now: Instant) -> int:
        """Write outcomes whose lease is still held; returns how many those were.

        Their suppressions and events are written in the same transaction.
        """
        with self._database.begin() as connection:
            # In one order everywhere, so that two senders cannot wait for each other.
            ordered = sorted(outcomes, key=lambda outcome: outcome.message.id)
            held = [outcome for outcome in ordered if _write(connection, outcome)]
            bounced = [outcome for outcome in held if outcome.suppress]
            if bounced:
                self._suppress(connection, bounced, now)
            events = [event for outcome in held for event in outcome.events]
            if events:
                by_event = {
                    event.message_id: outcome.message.profile
                    for outcome in held
                    for event in outcome.events
                }
                self._append(connection, _identified(connection, events, by_event), now)
        return len(held)

    def suppressed(self, channel: str, addresses: Sequence[str]) -> Mapping[str, str]:
        """The reason for each suppressed address; letter case does not matter."""
        folded = {address: address.strip().lower() for address in addresses}
        with self._database.read() as connection:
            rows = connection.execute(
                select(suppressions.c.address, suppressions.c.reason).where(
                    suppressions.c.channel == channel,
                    suppressions.c.address.in_(set(folded.values())),
                )
            )
            reasons = {row.address: row.reason for row in rows}
        return {given: reasons[low] for given, low in folded.items() if low in reasons}

    def counts(self) -> Mapping[str, int]:
        """How many messages are queued, leased, sent and failed."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(outbox.c.state, func.count()).group_by(outbox.c.state)
            ).all()
        return {"queued": 0, "leased": 0, "sent": 0, "failed": 0} | {row[0]: row[1] for row in rows}

    def record(self, hit: Hit) -> None:
        """Append a hit's event and, for an unsubscription, withdraw the consent with it.

        Hits on one link within a minute count once: a replayed link cannot fill the log.
        """
        with self._database.begin() as connection:
            profile = _survivor(connection, hit.profile)
            event = _hit_event(connection, hit)
            self._append(
                connection,
                _identified(connection, [event], {event.message_id: profile}),
                hit.at,
            )
            if hit.kind == "unsubscribe":
                row = {
                    "profile": profile,
                    "channel": hit.channel,
                    "topic": hit.topic or "*",
                    "granted": False,
                    "at": hit.at,
                    "source": hit.source,
                }
                self._database.merge(connection, consents, pl.DataFrame([row]), newest_by="at")

    def _suppress(self, connection: Connection, bounced: list[Outcome], now: Instant) -> None:
        rows = [
            {
                "channel": outcome.message.channel,
                "address": outcome.message.address.strip().lower(),
                "reason": outcome.suppress,
                "at": now,
                "source": f"message {outcome.message.id}",
            }
            for outcome in bounced
        ]
        self._database.insert(connection, suppressions, pl.DataFrame(rows), ignore=True)


def _write(connection: Connection, outcome: Outcome) -> bool:
    """Whether the lease was still this one."""
    message = outcome.message
    done = connection.execute(
        update(outbox)
        .where(
            outbox.c.id == message.id,
            outbox.c.state == "leased",
            outbox.c.lease_owner == message.lease_owner,
            outbox.c.lease_until == message.lease_until,
            outbox.c.attempts == message.attempts,
        )
        .values(
            state=outcome.state,
            next_at=outcome.next_at,
            attempts=message.attempts - (0 if outcome.counted else 1),
            lease_owner=None,
            lease_until=None,
            sent_at=outcome.sent_at,
            provider_id=outcome.provider_id,
            error=outcome.error,
        )
    )
    return done.rowcount == 1


def _message(row: Row[tuple[object, ...]]) -> OutboxMessage:
    values = row._mapping
    names = (name for name in OutboxMessage.__dataclass_fields__ if name != "message_class")
    return OutboxMessage(message_class=values["class"], **{name: values[name] for name in names})


def _identified(
    connection: Connection, events: list[NewEvent], by_event: Mapping[str, int]
) -> list[NewEvent]:
    """Events that name nobody get their profile's identity, so that the log can place them."""
    wanted = {by_event[e.message_id] for e in events if not (e.user_id or e.anonymous_id)}
    if not wanted:
        return events
    rows = connection.execute(
        select(profiles.c.id, profiles.c.user_id, profiles.c.anonymous_id).where(
            profiles.c.id.in_(wanted)
        )
    )
    known = {row.id: (row.user_id, row.anonymous_id) for row in rows}
    named: list[NewEvent] = []
    for event in events:
        if event.user_id or event.anonymous_id:
            named.append(event)
            continue
        user, anonymous = known.get(by_event[event.message_id], (None, None))
        named.append(replace(event, user_id=user, anonymous_id=anonymous))
    return named


def _survivor(connection: Connection, profile: int) -> int:
    """The profile that this one was merged into, if it was."""
    seen: set[int] = set()
    while profile not in seen:
        seen.add(profile)
        into = connection.scalar(select(profiles.c.merged_into).where(profiles.c.id == profile))
        profile = profile if into is None else into
    return profile


def _hit_event(connection: Connection, hit: Hit) -> NewEvent:
    row = connection.execute(
        select(outbox.c.journey, outbox.c.template, outbox.c.topic, outbox.c["class"]).where(
            outbox.c.id == hit.message_id
        )
    ).first()
    properties: dict[str, object] = {"message_id": str(hit.message_id), "channel": hit.channel}
    if row:
        properties |= dict(row._mapping)
    if hit.kind == "click":
        properties["url"] = hit.url
    if hit.kind == "unsubscribe":
        properties |= {"topic": hit.topic or "*", "granted": False, "source": hit.source}
    target = name_key(hit.url or hit.topic or "")
    told = f"{hit.kind}:{hit.message_id}:{target:x}:{hit.at // MINUTE}"
    return NewEvent(told, _EVENTS[hit.kind], None, None, properties, hit.at)
