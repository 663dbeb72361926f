"""Ledger rows as they are shown: with their person, delivery, rival and sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import polars as pl
from sqlalchemy import Row, select

from raabta.core.clock import Instant, iso
from raabta.core.text import Lang
from raabta.decisioning.model import Policy
from raabta.decisioning.why import Told, tell
from raabta.runtime.asking.steps import step_label
from raabta.runtime.asking.stores import Known, Stores, known
from raabta.storage.state import tables as t

_L, _O = t.ledger.c, t.outbox.c
_ZONES = available_timezones()

LedgerRow = Row[Any]


@dataclass(frozen=True)
class Held:
    """A policy with the instant from which it held."""

    since: Instant
    version: int
    policy: Policy


def policies(stores: Stores) -> list[Held]:
    """Every policy there was, newest first."""
    d = t.definitions.c
    with stores.db.read() as connection:
        rows = connection.execute(
            select(d.applied_at, d.version, d.body)
            .where(d.kind == "policy")
            .order_by(d.applied_at.desc(), d.version.desc())
        ).all()
    return [
        Held(at, version, Policy.model_validate(json.loads(body))) for at, version, body in rows
    ]


def shop_zone(held: Sequence[Held]) -> ZoneInfo:
    return ZoneInfo(held[0].policy.timezone if held else Policy().timezone)


def fields(row: LedgerRow) -> dict[str, Any]:
    """A ledger row for JSON: instants as ISO 8601, identifiers as text."""
    found = dict(row._mapping)
    for name in ("id", "profile", "enrollment", "rival"):
        found[name] = str(found[name]) if found[name] is not None else None
    for name in ("at", "until"):
        found[name] = iso(found[name]) if found[name] is not None else None
    return found


class Teller:
    """Tells rows of one answer: what they have in common is asked once."""

    def __init__(self, stores: Stores, lang: Lang = "en") -> None:
        self._stores = stores
        self._lang = lang
        self.held = policies(stores)
        self.zone = shop_zone(self.held)

    def in_force(self, at: Instant) -> Held | None:
        return next((held for held in self.held if held.since <= at), None)

    def rows(
        self,
        rows: Sequence[LedgerRow],
        *,
        names: Mapping[int, str] | None = None,
        as_of: Instant | None = None,
    ) -> list[dict[str, Any]]:
        """Rows for JSON with `person`, `rival_row`, `delivery` and `sentence`.

        `names`: what to call people; by default their best name. What was delivered after `as_of`
        is not known yet.
        """
        people = known(self._stores, [row.profile for row in rows])
        rivals = _by_id(self._stores, t.ledger, [r.rival for r in rows if r.rival is not None])
        mails = _by_id(self._stores, t.outbox, [r.id for r in rows if r.outcome == "sent"])
        shown = []
        for row in rows:
            person, rival, mail = people.get(row.profile), rivals.get(row.rival), mails.get(row.id)
            is_later = mail and as_of is not None and (mail.sent_at is None or mail.sent_at > as_of)
            name = (names or {}).get(row.profile) or (person.name if person else str(row.profile))
            told = _told(row, name, rival, mail, is_later=bool(is_later))
            held = self.in_force(row.at)
            policy = held.policy if held else Policy()
            sentence = tell(
                row=told, policy=policy, zone=self.zone, local=self._local(person), lang=self._lang
            )
            shown.append(
                {
                    **fields(row),
                    "step_label": step_label(
                        self._stores,
                        row.journey,
                        row.version,
                        row.step,
                        template=row.template,
                        lang=self._lang,
                    ),
                    "person": {"id": str(row.profile), "name": name},
                    "rival_row": _rival(rival),
                    "delivery": _delivery(mail) if mail and not is_later else None,
                    "sentence": sentence,
                }
            )
        return shown

    def with_answers(
        self, shown: list[dict[str, Any]], profiles: Sequence[int]
    ) -> list[dict[str, Any]]:
        """The same rows with `opened_at` and `clicked_at`."""
        sent = [int(row["id"]) for row in shown if row["outcome"] == "sent"]
        answers = self._stores.past().answers(profiles, sent) if sent else {}
        for row in shown:
            opened, clicked = answers.get(int(row["id"]), (None, None))
            row["opened_at"] = iso(opened) if opened is not None else None
            row["clicked_at"] = iso(clicked) if clicked is not None else None
        return shown

    def _local(self, person: Known | None) -> ZoneInfo:
        """The person's own time zone where one is known, else the workspace's."""
        name = person.traits.get("timezone") if person else None
        return ZoneInfo(name) if isinstance(name, str) and name in _ZONES else self.zone


def _by_id(stores: Stores, table: Any, ids: Sequence[int]) -> dict[int, LedgerRow]:
    if not ids:
        return {}
    among = stores.db.among(table.c.id, pl.Series(list(dict.fromkeys(ids)), dtype=pl.Int64))
    with stores.db.read() as connection:
        return {row.id: row for row in connection.execute(select(table).where(among))}


def _told(
    row: LedgerRow, name: str, rival: LedgerRow | None, mail: LedgerRow | None, *, is_later: bool
) -> Told:
    return Told(
        row.at,
        name,
        row.journey,
        row.step,
        row.template,
        row._mapping["class"],
        row.topic,
        row.channel,
        row.outcome,
        row.rule,
        row.until,
        row.attempt,
        rival.template if rival else None,
        rival.at if rival else None,
        "leased" if is_later else mail.state if mail else None,
        mail.sent_at if mail else None,
        mail.error if mail else None,
    )


def _rival(row: LedgerRow | None) -> dict[str, str] | None:
    if row is None:
        return None
    return {"id": str(row.id), "journey": row.journey, "template": row.template}


def _delivery(mail: LedgerRow) -> dict[str, Any]:
    return {
        "state": mail.state,
        "attempts": mail.attempts,
        "sent_at": iso(mail.sent_at) if mail.sent_at is not None else None,
        "error": mail.error,
    }


def deliveries(stores: Stores, ids: Sequence[int]) -> dict[int, LedgerRow]:
    """Outbox rows of these ledger rows."""
    return _by_id(stores, t.outbox, ids)


def listed(shown: dict[str, Any]) -> dict[str, Any]:
    """A told row for lists of many people: `rival` is the row that took the place."""
    return {**shown, "rival": shown["rival_row"]}
