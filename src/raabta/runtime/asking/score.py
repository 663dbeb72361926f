"""The score: contacts drawn like sheet music. A line for each channel, the person's acts above it,
and rests where silence was the decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
from sqlalchemy import func, select

from raabta.core.clock import DAY, HOUR, MINUTE, Instant, iso, to_datetime, to_instant
from raabta.core.errors import InvalidInput, NotFound
from raabta.core.text import Lang
from raabta.decisioning.model import Policy
from raabta.decisioning.why import tell_balance
from raabta.runtime.asking.filters import SLOT
from raabta.runtime.asking.groups import Groups
from raabta.runtime.asking.person import OUR_EVENTS
from raabta.runtime.asking.stores import Stores, find, known
from raabta.runtime.asking.telling import Teller, policies, shop_zone
from raabta.storage.state import tables as t

#: How much is shown unless asked for.
WINDOW = 90 * DAY
NOTES = 1_000
ACTS = 400
PEOPLE = 200
#: A silence shorter than this is no rest.
REST = DAY
_BINS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY)

_L, _T = t.ledger.c, t.ledger_tallies.c
Span = tuple[Instant, Instant]


@dataclass(frozen=True)
class Scored:
    """Whose score, over [start, end)."""

    people: Sequence[int]
    start: Instant
    end: Instant
    more_people: bool = False


def person_score(
    stores: Stores,
    who: str,
    start: Instant | None,
    end: Instant | None,
    now: Instant,
    lang: Lang,
) -> dict[str, Any]:
    person = find(stores, who)
    return _score(stores, _window(stores, [person.id], start, end, now), lang)


def account_score(
    stores: Stores,
    groups: Groups,
    group: str,
    start: Instant | None,
    end: Instant | None,
    now: Instant,
    lang: Lang,
) -> dict[str, Any]:
    """Raises NotFound for a group that nobody is in."""
    people, more = groups.members(group, PEOPLE)
    if not people:
        raise NotFound(f"nobody belongs to the group {group!r}", field="group")
    scored = _window(stores, people, start, end, now)
    scored = Scored(scored.people, scored.start, scored.end, more)
    return _score(stores, scored, lang, with_people=True)


def _window(
    stores: Stores, people: list[int], start: Instant | None, end: Instant | None, now: Instant
) -> Scored:
    """By default the 90 days up to the last thing that was said or done, today at the latest."""
    if end is None:
        mine = stores.db.among(_L.profile, pl.Series(people, dtype=pl.Int64))
        with stores.db.read() as connection:
            said = connection.scalar(select(func.max(_L.at)).where(mine))
        did = stores.past().last_act(people, OUR_EVENTS)
        last = max((at for at in (said, did) if at is not None), default=now)
        end = now if now - last < WINDOW else min(last + DAY, now)
        if start is not None and end <= start:
            end = max(now, start + 1)
    start = end - WINDOW if start is None else start
    if start >= end:
        raise InvalidInput("ends before it begins", field="to", remedy="choose a later `to`")
    return Scored(people, start, end)


def _score(
    stores: Stores, scored: Scored, lang: Lang, *, with_people: bool = False
) -> dict[str, Any]:
    rows = _rows(stores, scored)
    truncated = len(rows) > NOTES
    rows = rows[:NOTES][::-1]
    teller = Teller(stores, lang)
    notes = teller.with_answers(teller.rows(rows), list(scored.people))
    if not with_people:
        notes = [{**note, "person": None} for note in notes]
    for note in notes:
        note["delivery"] = note["delivery"]["state"] if note["delivery"] else None
    policy = teller.held[0].policy if teller.held else Policy()
    acts, total, width = _acts(stores, scored, policy)
    said = _said(stores, scored)
    answered = sum(bool(note["opened_at"] or note["clicked_at"]) for note in notes)
    who = known(stores, scored.people)
    refs = [who[one].ref() for one in scored.people if one in who]
    name = refs[0]["name"] if len(refs) == 1 else None
    return {
        "from": iso(scored.start),
        "to": iso(scored.end),
        "staves": sorted({note["channel"] for note in notes}),
        "notes": notes,
        "acts": acts,
        "act_bin_seconds": None if width is None else width // 1_000_000,
        "rests": [
            {"from": iso(a), "to": iso(b)} for a, b in rests(*_silences(stores, scored, rows))
        ],
        "balance": {
            "said": said,
            "acts": total,
            "answered": answered,
            "words": tell_balance(name, said, total, answered, lang=lang),
        },
        "people": refs,
        "truncated": truncated or scored.more_people,
    }


def _rows(stores: Stores, scored: Scored) -> list[Any]:
    """The newest decisions of the window, one more than are shown."""
    mine = stores.db.among(_L.profile, pl.Series(list(scored.people), dtype=pl.Int64))
    query = (
        select(t.ledger)
        .where(mine, _L.at >= scored.start, _L.at < scored.end)
        .order_by(_L.at.desc(), _L.id.desc())
        .limit(NOTES + 1)
    )
    with stores.db.read() as connection:
        return list(connection.execute(query).all())


def _said(stores: Stores, scored: Scored) -> int:
    """Messages of the window, those included that are not shown as notes."""
    mine = stores.db.among(_L.profile, pl.Series(list(scored.people), dtype=pl.Int64))
    sent = select(func.count()).where(
        mine, _L.outcome == "sent", _L.at >= scored.start, _L.at < scored.end
    )
    with stores.db.read() as connection:
        return int(connection.scalar(sent) or 0)


def _acts(
    stores: Stores, scored: Scored, policy: Policy
) -> tuple[list[dict[str, Any]], int, int | None]:
    """What was done, how much in all, and the width of the bins where there are too many acts."""
    past = stores.past()
    without = (*OUR_EVENTS, *(touch.event for touch in policy.touches))
    found = past.acts(scored.people, scored.start, scored.end, without)
    total, width = int(found["n"].sum()), None
    if total > ACTS:
        least = (scored.end - scored.start) // ACTS
        width = next(w for w in (*_BINS, least + 1) if w >= least)
        found = _binned(found, scored.start, width)
    acts = [{"at": iso(at), "name": name, "n": n} for at, name, n in found.rows()]
    return acts, total, width


def _binned(acts: pl.DataFrame, start: Instant, width: int) -> pl.DataFrame:
    """One act for each bin and name, or where that is still too many, for each bin: it is then
    called by what was done most."""
    bins = (start + (pl.col("at") - start) // width * width).alias("at")
    acts = acts.group_by(bins, "name").agg(pl.col("n").sum()).sort("at", "name")
    if acts.height <= ACTS:
        return acts
    ranked = acts.sort(["at", "n", "name"], descending=[False, True, False])
    return (
        ranked.group_by("at", maintain_order=True)
        .agg(pl.col("name").first(), pl.col("n").sum())
        .select("at", "name", "n")
    )


# --- rests ------------------------------------------------------------------------------------


def _silences(
    stores: Stores, scored: Scored, rows: Sequence[Any]
) -> tuple[list[Span], list[Instant]]:
    """The spans in which silence was the decision, and the instants at which it ended."""
    spans = [
        (row.at, min(row.until if row.until is not None else row.at + DAY, scored.end))
        for row in rows
        if row.outcome != "sent"
    ]
    e = t.enrollments.c
    mine = stores.db.among(e.profile, pl.Series(list(scored.people), dtype=pl.Int64))
    with stores.db.read() as connection:
        waits = connection.execute(
            select(e.since, e.due_at).where(
                mine, e.ended_at.is_(None), e.state == "waiting", e.since < scored.end
            )
        ).all()
    spans += [
        (max(since, scored.start), min(due if due is not None else scored.end, scored.end))
        for since, due in waits
    ]
    return spans, [row.at for row in rows if row.outcome == "sent"]


def rests(silences: Sequence[Span], sent: Sequence[Instant]) -> list[Span]:
    """Decided silences joined where they touch, cut at every message, of at least a day each."""
    joined: list[list[Instant]] = []
    for start, end in sorted(silences):
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    found: list[Span] = []
    for start, end in joined:
        edges = [start, *sorted(at for at in sent if start < at < end), end]
        found += [(a, b) for a, b in pairwise(edges) if b - a >= REST]
    return found


# --- a day ------------------------------------------------------------------------------------


def day_score(stores: Stores, date: Date | None, now: Instant) -> dict[str, Any]:
    """Everybody's decisions of a day in the workspace's zone, by quarters of an hour."""
    zone = shop_zone(policies(stores))
    day = date or to_datetime(now).astimezone(zone).date()
    start, end = (
        to_instant(datetime(each.year, each.month, each.day, tzinfo=zone))
        for each in (day, day + timedelta(days=1))
    )
    d = t.definitions.c
    journeys = select(d.name).where(d.kind == "journey").distinct()
    columns = (_T.slot, _T.journey, _T.channel, _T.outcome)
    with stores.db.read() as connection:
        frame = stores.db.frame(
            connection,
            select(*columns, _T.n).where(
                _T.journey.in_(journeys), _T.slot >= start // SLOT, _T.slot < -(-end // SLOT)
            ),
        )
    notes = frame.group_by("slot", "channel", "outcome").agg(pl.col("n").sum())
    notes = notes.sort("slot", "channel", "outcome")
    by_journey = frame.group_by("journey", "outcome").agg(pl.col("n").sum()).sort("journey")
    counts: dict[str, dict[str, int]] = {}
    for journey, outcome, n in by_journey.rows():
        empty = {"sent": 0, "deferred": 0, "withheld": 0}
        counts.setdefault(journey, empty)[outcome] = int(n)
    return {
        "date": day.isoformat(),
        "timezone": str(zone),
        "from": iso(start),
        "to": iso(end),
        "staves": sorted(frame["channel"].unique().to_list()),
        "notes": [
            {"at": iso(slot * SLOT), "channel": channel, "outcome": outcome, "n": int(n)}
            for slot, channel, outcome, n in notes.rows()
        ],
        "bin_seconds": SLOT // 1_000_000,
        "journeys": [{"journey": journey, **each} for journey, each in counts.items()],
    }
