"""The live world: the log, the state store and the history behind one tick."""

from __future__ import annotations

import json
from collections.abc import Sequence

import polars as pl
import structlog
from sqlalchemy import Connection

from raabta.audiences import timeline as audiences
from raabta.audiences.model import Segment
from raabta.collect.model import ENGINE, IMPORTED, LIVE
from raabta.core.clock import Instant
from raabta.core.frames import ENROLLMENTS, EVENTS, FACTS, empty
from raabta.decisioning.facts import consent_facts, timeline, trait_facts
from raabta.privacy.consent import CONSENT_EVENT, consents_of
from raabta.profiles.resolve import Resolved, resolve
from raabta.query.model import Condition, Matcher
from raabta.runtime.ports import Loaded, Outcome, Rules, Taken
from raabta.storage.history.duck import DuckHistory
from raabta.storage.state.database import Database
from raabta.storage.state.engine import SET_BY_JOURNEY, EngineState, to_enrollments
from raabta.storage.state.log import Log

#: How many rows of the log one tick takes at most: bounds memory, not meaning.
BATCH = 20_000

_log = structlog.get_logger("raabta.engine")


class LiveWorld:
    """Owns the only writing connection to the history; use it from one thread."""

    def __init__(self, database: Database, history: DuckHistory, rules: Rules) -> None:
        self.rules = rules
        self.state = EngineState(database)
        self._db = database
        self._log = Log(database)
        self._history = history.overlay()
        self._position, self._reached = self.state.position()
        self._resolved: Resolved | None = None
        self._offsets = pl.Series(rules.plan.offset)
        self.catch_up()
        self._history.add_traits(self.state.set_traits(self._position))

    def catch_up(self) -> None:
        """After a crash: give the history what the state already has."""
        merged = self.state.merged()
        with self._history.transaction():
            self._history.merge_profiles(merged)
        while (mark := self._history.high_water()) < self._position:
            with self._db.read() as connection:
                rows = self._log.take(connection, mark, self._reached, BATCH)
            rows = rows.filter(pl.col("seq") <= self._position)
            if rows.is_empty():
                break
            resolved = self._resolve(rows)
            with self._history.transaction():
                self._history.append(_events(resolved), int(rows["seq"].max()))  # type: ignore[arg-type]
            _log.info("history caught up", rows=rows.height, to=int(rows["seq"].max()))  # type: ignore[arg-type]

    @property
    def position(self) -> int:
        """The log's `seq` up to which everything is handled."""
        return self._position

    def use(self, rules: Rules) -> None:
        """Put new definitions in force between two ticks."""
        self.rules = rules
        self._offsets = pl.Series(rules.plan.offset)

    def seal(self, now: Instant) -> Instant:
        """Close the log's time up to now, so that a tick may take all of it."""
        with self._db.begin() as connection:
            return self._log.seal(connection, now)

    # --- taking -----------------------------------------------------------------------------

    def take(self, until: Instant) -> Taken:
        rows = self._read(until)
        resolved = self._resolve(rows)
        while resolved.events.is_empty() and (at := self._merging(rows, resolved)) is not None:
            _log.info("profiles merge", merges=resolved.merges.height)
            self.state.merge_profiles(resolved, at)
            with self._history.transaction():
                self._history.merge_profiles(resolved.merges)
            resolved = self._resolve(rows)
        self.is_through = rows.height < BATCH and resolved.cut is None
        until = self._effective(rows, resolved, until)
        events = resolved.events
        self._history.begin()
        before = self._history.high_water()
        last = int(events["seq"].max()) if events.height else self._position  # type: ignore[arg-type]
        self._history.append(_events(resolved), last)
        self._history.forget_overlay()
        self._resolved, self._last, self._before = resolved, last, before
        self._quiet_members = self._baseline(events, until)
        newcomers = resolved.profiles.select(subject="id", at="created_at")
        imported = events.filter(pl.col("origin") == IMPORTED)["subject"].unique()
        return Taken(
            events=events.select(EVENTS.keys()),
            newcomers=newcomers.filter(~pl.col("subject").is_in(imported.implode())),
            until=until,
        )

    def _read(self, until: Instant) -> pl.DataFrame:
        with self._db.read() as connection:
            return self._log.take(connection, self._position, until, BATCH)

    #: Whether the last tick took all that the log had for it.
    is_through = False

    def _resolve(self, rows: pl.DataFrame) -> Resolved:
        is_alias = pl.col("kind") == "alias"
        previous = pl.when(is_alias).then(pl.col("properties").str.json_path_match("$.previous_id"))
        # the earlier name may be a device's as well as a user's
        rows = rows.with_columns(previous_id=previous).with_columns(
            anonymous_id=pl.coalesce("anonymous_id", "previous_id")
        )
        # what a journey set may have come into the log before its profile was merged
        merged = self.state.survivors(rows["profile"].drop_nulls().unique())
        rows = rows.with_columns(
            pl.col("profile").replace(merged["loser"].to_list(), merged["winner"].to_list())
        )
        known, owned = self.state.identifiers(rows)
        return resolve(rows, known, owned)

    def _merging(self, rows: pl.DataFrame, resolved: Resolved) -> Instant | None:
        """When the next merge is, once all before its instant is done."""
        if resolved.cut is None:
            return None
        row = rows.filter(pl.col("seq") == resolved.cut)
        if int(row["origin"][0]) != LIVE:
            return self._reached
        at = int(row["received_at"][0])
        return at if at - 1 <= self._reached else None

    def _effective(self, rows: pl.DataFrame, resolved: Resolved, until: Instant) -> Instant:
        """How far in time this tick may go: never past an event that it leaves for the next."""
        if resolved.cut is not None:
            row = rows.filter(pl.col("seq") == resolved.cut)
            if int(row["origin"][0]) == LIVE:
                return int(row["received_at"][0]) - 1
        elif rows.height < BATCH:
            return until
        live = resolved.events.filter(pl.col("origin") == LIVE)["received_at"]
        return int(live.max()) if live.len() else self._reached  # type: ignore[arg-type]

    def _baseline(self, events: pl.DataFrame, until: Instant) -> pl.DataFrame:
        """Memberships that change without a stimulus: of new definitions, for everybody, and of
        people whose history was imported. Nobody enters a journey by them."""
        at = self._reached or _start(events, until)
        filled = self.state.get_meta("segments") or {}
        segments = self.rules.segments
        new = [s for s in segments if filled.get(s.name) != s.version]
        parts = []
        imported = events.filter(pl.col("origin") == IMPORTED)["subject"].unique()
        if new:
            everybody = pl.concat([self.state.everybody(), imported]).unique()
            parts.append(audiences.as_of(new, self._history, everybody, at))
        self._filled = {s.name: s.version for s in segments}
        if imported.len():
            old = [s for s in segments if s not in new]
            parts.append(audiences.as_of(old, self._history, imported, at))
        return pl.concat(parts) if parts else pl.DataFrame()

    # --- asking -----------------------------------------------------------------------------

    def due_members(self, until: Instant) -> pl.DataFrame:
        names = [s.name for s in self.rules.segments]
        stored = self.state.due_members(until, names)
        quiet = self._quiet_members
        if quiet.is_empty():
            return stored
        kept = stored.join(quiet, on=["segment", "profile"], how="anti")
        due = quiet.filter(pl.col("next_at") <= until)
        return pl.concat([kept, due.select(kept.columns)])

    def members(self, segments: Sequence[str], subjects: pl.Series) -> pl.DataFrame:
        stored = self.state.members(segments, subjects)
        quiet = self._quiet_members
        if quiet.is_empty():
            return stored
        kept = stored.join(quiet, on=["segment", "profile"], how="anti")
        mine = quiet.filter(
            pl.col("segment").is_in(list(segments)) & pl.col("profile").is_in(subjects.implode())
        )
        return pl.concat([kept, mine.select(kept.columns)])

    def due_subjects(self, until: Instant) -> pl.Series:
        return self.state.due_subjects(until, self.rules.plan.versions).rename("subject")

    def load(self, subjects: pl.Series, callers: pl.Series, until: Instant) -> Loaded:
        seeds = self.state.seeds(subjects)
        assert self._resolved is not None
        fresh = self._resolved.profiles.select(subject="id", seed="seed")
        seeds = pl.concat([seeds, fresh.join(seeds, on="subject", how="anti")])
        plan = self.rules.plan
        within = pl.Series(
            [j.goal.within if j.goal else None for j in plan.journeys], dtype=pl.Int64
        )
        inside = self.state.inside(subjects)
        enrollments = (
            to_enrollments(inside, plan.names, self._offsets, within, seeds)
            if plan.journeys
            else empty(ENROLLMENTS)
        )
        facts = timeline(
            [
                trait_facts(self.state.known_traits(subjects)),
                trait_facts(self._history.traits_since(self._before)),
                consent_facts(self.state.consents(subjects)),
                consent_facts(consents_of(self._history.rows_since(CONSENT_EVENT, self._before))),
            ]
        )
        addresses = facts.filter(pl.col("key").str.starts_with("trait:"))["value"]
        return Loaded(
            enrollments=enrollments,
            entries=self.state.entries(callers),
            seeds=seeds,
            facts=facts.select(FACTS.keys()),
            suppressed=self.state.suppressed(addresses.drop_nulls().unique()),
            sends=self.state.sends(subjects, self._reached - self.rules.policy.memory),
        )

    def ask(self, condition: Condition, asked: pl.DataFrame) -> pl.DataFrame:
        return self._history.ask(condition, asked)

    def dropouts(self, segment: Segment, until: Instant) -> pl.DataFrame:
        """None: a live tick is short, and its timers know the next instant of everybody."""
        return pl.DataFrame(schema={"subject": pl.Int64, "at": pl.Int64})

    def matching(self, matcher: Matcher, taken: Taken) -> pl.Series:
        return self._history.matching_since(matcher, self._before)

    def write_traits(self, traits: pl.DataFrame) -> None:
        self._history.add_traits(traits)

    # --- the one commit ---------------------------------------------------------------------

    def commit(self, outcome: Outcome) -> None:
        """State first, then history: a crash in between leaves the history behind, never ahead,
        and `catch_up` mends that from the log."""
        assert self._resolved is not None
        traits = self._history.traits_since(self._before)
        consents = consents_of(self._history.rows_since(CONSENT_EVENT, self._before))
        plan = self.rules.plan
        with self._db.begin() as connection:
            state = self.state
            state.save_profiles(connection, self._resolved)
            if self._quiet_members.height:
                state.tallies.baseline(connection, self._quiet_members)
                state.save_members(connection, self._quiet_members)
            state.save_members(connection, outcome.members)
            state.tallies.changed(connection, outcome.changes)
            if plan.journeys:
                state.save_enrollments(connection, outcome.enrollments, plan.names, self._offsets)
                steps = pl.Series(plan.step_ids)
                state.save_decisions(connection, outcome.decisions, plan.names, steps)
                state.tallies.flowed(connection, outcome.flows, plan.names)
            state.save_traits(connection, traits)
            state.save_consents(connection, consents)
            if outcome.traits.height:
                self._save_set_traits(connection, outcome.traits)
            state.put_meta(connection, "segments", self._filled)
            state.save_position(connection, self._last, outcome.until)
        self._history.commit()
        self._position, self._reached = self._last, outcome.until

    def _save_set_traits(self, connection: Connection, traits: pl.DataFrame) -> None:
        """What journeys set is an event like any other: it goes to the log, already handled."""
        rows = traits.with_row_index("n").select(
            timestamp="at",
            message_id=pl.concat_str(
                pl.lit("set"),
                "subject",
                "at",
                "key",
                pl.col("n").rank("ordinal").over("subject", "at"),
                separator=":",
            ),
            kind=pl.lit("identify"),
            name=pl.lit("identify"),
            user_id=pl.lit(None, pl.String()),
            anonymous_id=pl.lit(None, pl.String()),
            properties=pl.concat_str(
                pl.lit("{"),
                pl.col("key").replace_strict(
                    keys := traits["key"].unique().to_list(), [json.dumps(k) for k in keys]
                ),
                pl.lit(":"),
                "value",
                pl.lit("}"),
            ),
            context=pl.lit(None, pl.String()),
            source=pl.lit(SET_BY_JOURNEY),
            profile="subject",
        )
        self._log.append(connection, rows, self._reached, ENGINE)
        stated = traits.select(
            "key", "value", "at", profile="subject", source=pl.lit(SET_BY_JOURNEY)
        )
        self.state.save_traits(connection, stated)

    def abandon(self) -> None:
        """Undo an unfinished tick, as after an error."""
        self._history.rollback()

    def close(self) -> None:
        self._history.close()


def _start(events: pl.DataFrame, until: Instant) -> Instant:
    """Where engine time begins, in the first tick: right before the first live event."""
    live = events.filter(pl.col("origin") == LIVE)["received_at"]
    return int(live.min()) - 1 if live.len() else until  # type: ignore[arg-type]


def _events(resolved: Resolved) -> pl.DataFrame:
    return resolved.events.with_columns(profile="subject")
