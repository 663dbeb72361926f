"""Figures that cannot be kept as counters: computed beside the ticks, kept, and never waited for.

Each is computed again after ticks that changed something and when the workspace's day turns, but it
may take a twentieth of the time at most. All are kept in the state store as well, so that the first
screen after a restart has content at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import structlog
from sqlalchemy import Connection, case, func, select

from raabta.core.clock import DAY, Clock, Instant
from raabta.core.errors import RaabtaError
from raabta.decisioning.model import Policy
from raabta.journeys.ahead import sends_after
from raabta.journeys.model import Send
from raabta.runtime.days import Days, day_of
from raabta.runtime.ports import Rules
from raabta.storage.state import tables as t
from raabta.storage.state.database import Database
from raabta.storage.state.engine import EngineState
from raabta.storage.state.tallies import TallyReader

Figure = dict[str, Any]

#: A figure rests so many times as long as it took, and at least so many seconds.
REST, SHORTEST = 20, 2.0
#: Days of which the people reached are known.
MEMORY = 90
#: Days to come.
OUTLOOK = 7
#: Overlap is exact up to so many people; beyond, so many are looked at.
EXACT, SAMPLE = 50_000, 20_000
#: A store with fewer people is small enough to count in a request, where nothing is kept yet.
SMALL = 50_000

_log = structlog.get_logger("raabta.figures")


def pressure_window(policy: Policy) -> int:
    """Microseconds over which contacts are counted: the promotional cap's window, or a week."""
    cap = policy.caps.get("promotional")
    return cap.window if cap else 7 * DAY


class Figures:
    """Reads with its own connections; `get` may be called from any thread."""

    def __init__(self, database: Database, clock: Clock, rules: Callable[[], Rules]) -> None:
        self._db = database
        self._state = EngineState(database)
        self._clock = clock
        self._rules = rules
        self._compute: dict[str, Callable[[Instant], Figure]] = {
            "reached": self._reached,
            "pressure": self._pressure,
            "upcoming": self._upcoming,
            "overlap": self._overlap,
        }
        self._kept: dict[str, Figure] = {}
        self._free_at = dict.fromkeys(self._compute, 0.0)
        self._stale = set(self._compute)
        self._computing = threading.Lock()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._kept = self._state.get_meta("figures") or {}

    def get(self, name: str) -> Figure | None:
        """A figure with its `as_of`; None while there is none and counting it would take long."""
        found = self._kept.get(name)
        if found is None and TallyReader(self._db).people() < SMALL:
            with self._computing:
                found = self._kept.get(name) or self._renew(name)
        return found

    def again(self, name: str) -> Figure | None:
        """A figure that lacks what was just declared, counted anew where that is quick."""
        if TallyReader(self._db).people() >= SMALL:
            return self._kept.get(name)
        with self._computing:
            return self._renew(name)

    def changed(self) -> None:
        """A tick has changed something."""
        self._stale = set(self._compute)
        self._wake.set()

    def refresh(self) -> None:
        """Compute everything now."""
        with self._computing:
            for name in self._compute:
                self._renew(name)
            self._keep()

    # --- the thread -------------------------------------------------------------------------

    def start(self) -> None:
        self._thread = threading.Thread(target=self._loop, name="raabta-figures", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=60)

    def _loop(self) -> None:
        today = None
        while not self._stop.is_set():
            day = day_of(self._clock.now(), self._zone())
            if day != today:
                today, self._stale = day, set(self._compute)
            for name in [n for n in self._compute if n in self._stale]:
                if self._stop.is_set():
                    return
                if time.monotonic() >= self._free_at[name]:
                    self._try(name)
            self._wake.wait(SHORTEST / 2 if self._stale else 30)
            self._wake.clear()
            self._stop.wait(SHORTEST / 4)  # ticks come in crowds

    def _try(self, name: str) -> None:
        self._stale.discard(name)
        started = time.monotonic()
        try:
            with self._computing:
                self._renew(name)
                self._keep()
        except RaabtaError as error:
            self._stale.add(name)
            _log.warning("figure failed, will be tried again", figure=name, reason=error.message)
        except Exception:  # a defect in a figure must not take the others away
            _log.exception("figure failed", figure=name)
        took = time.monotonic() - started
        self._free_at[name] = time.monotonic() + max(SHORTEST, REST * took)

    def _renew(self, name: str) -> Figure:
        now = self._clock.now()
        found = self._compute[name](now) | {"as_of": now}
        self._kept = self._kept | {name: found}
        return found

    def _keep(self) -> None:
        with self._db.begin() as connection:
            self._state.put_meta(connection, "figures", self._kept)

    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._rules().policy.timezone)

    # --- the figures ------------------------------------------------------------------------

    def _reached(self, now: Instant) -> Figure:
        """days: date -> people who were sent something. Days that the engine has left behind do
        not change any more, so they are counted once."""
        zone = self._zone()
        span = Days.around(now, zone, before=MEMORY - 1, after=0)
        old = self._kept.get("reached") or {}
        known = old.get("days", {}) if old.get("zone") == str(zone) else {}
        settled = old.get("settled", 0) if known else 0
        reached = self._state.position()[1]
        c = t.ledger.c
        days = {}
        for n, day in enumerate(span.dates):
            start, end = span.bounds[n], span.bounds[n + 1]
            if end <= settled and day.isoformat() in known:
                days[day.isoformat()] = known[day.isoformat()]
                continue
            query = select(func.count(c.profile.distinct())).where(
                c.at >= start, c.at < end, c.outcome == "sent"
            )
            with self._db.read() as connection:
                days[day.isoformat()] = int(connection.scalar(query) or 0)
        return {"zone": str(zone), "days": days, "settled": reached}

    def _pressure(self, now: Instant) -> Figure:
        """contacts: [messages, people] for people sent any but transactional messages within the
        window; at_cap: people with as many promotional ones as the cap allows."""
        policy = self._rules().policy
        cap = policy.caps.get("promotional")
        c = t.ledger.c
        promotional = func.sum(case((c["class"] == "promotional", 1), else_=0))
        each = (
            select(func.count().label("n"), promotional.label("promotional"))
            .where(
                c.at > now - pressure_window(policy),
                c.outcome == "sent",
                c["class"] != "transactional",
            )
            .group_by(c.profile)
            .subquery()
        )
        full = case((each.c.promotional >= (cap.max if cap else 1), 1), else_=0)
        query = select(each.c.n, func.count(), func.sum(full)).group_by(each.c.n).order_by(each.c.n)
        with self._db.read() as connection:
            rows = connection.execute(query).all()
        return {
            "contacts": [[int(n), int(people)] for n, people, _ in rows],
            "at_cap": sum(int(filled) for *_, filled in rows) if cap else None,
        }

    def _upcoming(self, now: Instant) -> Figure:
        """days: date -> due, may_send, deferred, by_journey; what is overdue counts today."""
        span = Days.around(now, self._zone(), before=0, after=OUTLOOK - 1)
        plan = self._rules().plan
        journeys = {(j.name, j.version): j for j in plan.journeys}
        e = t.enrollments.c
        days = {}
        for n, day in enumerate(span.dates):
            query = (
                select(e.journey, e.version, e.step, func.count())
                .where(e.due_at < span.bounds[n + 1], e.due_at >= (span.bounds[n] if n else 0))
                .group_by(e.journey, e.version, e.step)
            )
            with self._db.read() as connection:
                rows = connection.execute(query).all()
            one: Figure = {"due": 0, "may_send": 0, "deferred": 0, "by_journey": {}}
            for name, version, step, people in rows:
                journey = journeys.get((name, version))
                if journey is None:
                    continue
                one["by_journey"][name] = one["by_journey"].get(name, 0) + people
                if isinstance(journey.steps[step], Send):
                    one["deferred"] += people
                    continue
                one["due"] += people
                one["may_send"] += people if sends_after(journey, step) else 0
            days[day.isoformat()] = one
        return {"days": days}

    def _overlap(self, now: Instant) -> Figure:
        """names, and in `pairs` how many people each two share among the `of` looked at."""
        names = sorted(s.name for s in self._rules().segments)
        people = TallyReader(self._db).people()
        m = t.memberships.c
        sampled = people > EXACT
        members = select(m.segment, m.profile).where(m.member, m.segment.in_(names))
        with self._db.read() as connection:
            of = people
            if sampled:
                ids = self._chosen(connection, SAMPLE)
                of = ids.len()
                members = members.where(self._db.among(m.profile, ids))
            rows = self._db.frame(connection, members)
        pairs = _pairs(rows, names)
        return {"names": names, "pairs": pairs, "of": of, "people": people, "sampled": sampled}

    def sample(self, size: int) -> pl.Series:
        """About so many profile ids, drawn by keyed chance: always the same people."""
        with self._db.read() as connection:
            return self._chosen(connection, size)

    def _chosen(self, connection: Connection, size: int) -> pl.Series:
        """Seeds are hashes of identifiers: those below a bound are people by chance."""
        p = t.profiles.c
        share = min(size / max(TallyReader(self._db).people(), 1), 1.0)
        bound = min(int(2**63 * share), 2**63 - 1)
        query = select(p.id).where(p.merged_into.is_(None), p.seed < bound)
        return self._db.frame(connection, query)["id"]


def _pairs(members: pl.DataFrame, names: list[str]) -> list[list[int]]:
    """How many profiles each two of the segments share; `members` has segment, profile."""
    if members.is_empty():
        return [[0] * len(names) for _ in names]
    column = {name: n for n, name in enumerate(names)}
    who = members["profile"].rank("dense").to_numpy().astype(np.int64) - 1
    of = members["segment"].replace_strict(column, return_dtype=pl.Int64).to_numpy()
    # whole numbers far below 2^24 are exact in single precision, whose product is fast
    matrix = np.zeros((int(who.max()) + 1, len(names)), dtype=np.float32)
    matrix[who, of] = 1
    shared: list[list[int]] = (matrix.T @ matrix).astype(np.int64).tolist()
    return shared
