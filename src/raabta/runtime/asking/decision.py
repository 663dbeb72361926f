"""One decision whole: what held then, which rules were asked, and what came of it."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import select

from raabta.core.clock import iso, spell_duration
from raabta.core.errors import NotFound
from raabta.core.text import Lang
from raabta.decisioning.model import RULE_WORDS, Policy
from raabta.decisioning.why import rule_words
from raabta.runtime.asking.stores import Stores
from raabta.runtime.asking.telling import Held, LedgerRow, Teller, deliveries, listed
from raabta.storage.state import tables as t

#: How many other candidates of the same instant are shown.
OTHERS = 50

_L = t.ledger.c

CheckOutcome = Literal["passed", "stopped", "not_asked", "not_applicable"]


def decision(stores: Stores, text: str, lang: Lang = "en") -> dict[str, Any]:
    """Everything about one ledger row. Raises NotFound."""
    row = _row(stores, text)
    related = _related(stores, row)
    teller = Teller(stores, lang)
    told = teller.rows([row, *related.values()])
    by_id = {each["id"]: listed(each) for each in told}
    main = teller.with_answers([told[0]], [row.profile])[0]
    held = teller.in_force(row.at)
    again = _next_attempt(row, related)
    rival = str(row.rival) if row.rival is not None else None
    return {
        "row": main,
        "sentence": main["sentence"],
        "person": main["person"],
        "policy": _policy(held),
        "checks": _checks(row, held.policy if held else Policy(), lang),
        "rival": by_id.get(rival) if rival else None,
        "others": [
            by_id[str(other.id)]
            for other in related.values()
            if other.at == row.at and other.id not in (row.id, row.rival)
        ],
        "delivery": _delivery(stores, row),
        "opened_at": main["opened_at"],
        "clicked_at": main["clicked_at"],
        "next_attempt": by_id[str(again.id)] if again else None,
    }


def _row(stores: Stores, text: str) -> LedgerRow:
    row = None
    if text.isascii() and text.isdigit() and len(text) <= 19 and int(text) < 2**63:
        with stores.db.read() as connection:
            row = connection.execute(select(t.ledger).where(_L.id == int(text))).first()
    if row is None:
        raise NotFound(
            f"there is no decision {text!r}", field="decision", remedy="list them at /ledger"
        )
    return row


def _related(stores: Stores, row: LedgerRow) -> dict[int, LedgerRow]:
    """The person's other candidates of that instant, the rival, and the next attempt."""
    of_person = select(t.ledger).where(_L.profile == row.profile, _L.id != row.id)
    queries = [of_person.where(_L.at == row.at).order_by(_L.priority.desc(), _L.id).limit(OTHERS)]
    if row.rival is not None:
        queries.append(select(t.ledger).where(_L.id == row.rival))
    if row.outcome == "deferred":
        queries.append(
            of_person.where(_L.at > row.at, _L.enrollment == row.enrollment, _L.step == row.step)
            .order_by(_L.at, _L.attempt)
            .limit(1)
        )
    with stores.db.read() as connection:
        return {r.id: r for query in queries for r in connection.execute(query)}


def _next_attempt(row: LedgerRow, related: dict[int, LedgerRow]) -> LedgerRow | None:
    if row.outcome != "deferred":
        return None
    later = (
        r
        for r in related.values()
        if r.at > row.at and r.enrollment == row.enrollment and r.step == row.step
    )
    return next(later, None)


def _policy(held: Held | None) -> dict[str, Any]:
    policy = held.policy if held else Policy()
    hours = policy.quiet_hours
    return {
        "version": held.version if held else None,
        "since": iso(held.since) if held else None,
        "timezone": policy.timezone,
        "caps": {
            name: {"max": cap.max, "window": spell_duration(cap.window)}
            for name, cap in policy.caps.items()
        },
        "quiet_hours": {"start": f"{hours.start:%H:%M}", "end": f"{hours.end:%H:%M}"}
        if hours
        else None,
        "holdout": policy.holdout,
    }


def _checks(row: LedgerRow, policy: Policy, lang: Lang) -> list[dict[str, str]]:
    """Each rule in the order in which it is asked, up to the one that stopped the message."""
    rules = list(RULE_WORDS)
    stopped = rules.index(row.rule) if row.rule in rules else len(rules)
    words = rule_words(lang)
    return [
        {"rule": rule, "words": words[rule], "outcome": _check(rule, number, stopped, row, policy)}
        for number, rule in enumerate(rules)
    ]


def _check(rule: str, number: int, stopped: int, row: LedgerRow, policy: Policy) -> CheckOutcome:
    if number > stopped:
        return "not_asked"
    if number == stopped:
        return "stopped"
    cls = row._mapping["class"]
    is_exempt = cls == "transactional" and rule in ("holdout", "no_consent", "quiet_hours", "cap")
    is_undeclared = (rule == "quiet_hours" and policy.quiet_hours is None) or (
        rule == "cap" and cls not in policy.caps
    )
    return "not_applicable" if is_exempt or is_undeclared else "passed"


def _delivery(stores: Stores, row: LedgerRow) -> dict[str, Any] | None:
    mail = deliveries(stores, [row.id]).get(row.id)
    if mail is None:
        return None
    return {
        "state": mail.state,
        "attempts": mail.attempts,
        "sent_at": iso(mail.sent_at) if mail.sent_at is not None else None,
        "error": mail.error,
        "address": mail.address,
        "provider_id": mail.provider_id,
    }
