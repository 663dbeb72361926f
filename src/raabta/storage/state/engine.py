"""The tick's side of the state store: what it loads for those who may move, and its one commit."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, and_, func, select, tuple_, update

from raabta.core.clock import Instant
from raabta.core.frames import ENROLLMENTS, ENTRIES, MEMBERS, SENDS, empty
from raabta.decisioning.facts import TRAIT_KEYS
from raabta.profiles.resolve import IDENTIFIERS, Resolved
from raabta.storage.state import tables as t
from raabta.storage.state.database import Database, last_by_key
from raabta.storage.state.tallies import MERGED, Tallies

_E = t.enrollments.c

#: Journeys by name and version.
Versions = Collection[tuple[str, int]]

#: The source of log rows that tell what a journey's step set.
SET_BY_JOURNEY = "journey"


class EngineState:
    def __init__(self, database: Database) -> None:
        self.db = database
        self.tallies = Tallies(database)

    # --- where the tick stands --------------------------------------------------------------

    def position(self) -> tuple[int, Instant]:
        """The log's `seq` and the engine time up to which the tick has come."""
        with self.db.read() as connection:
            value = connection.scalar(select(t.meta.c.value).where(t.meta.c.key == "tick"))
        found = json.loads(value) if value else {"seq": 0, "at": 0}
        return int(found["seq"]), int(found["at"])

    def put_meta(self, connection: Connection, key: str, value: Any) -> None:
        row = pl.DataFrame({"key": [key], "value": [json.dumps(value)]})
        self.db.merge(connection, t.meta, row)

    def get_meta(self, key: str) -> Any:
        with self.db.read() as connection:
            value = connection.scalar(select(t.meta.c.value).where(t.meta.c.key == key))
        return json.loads(value) if value else None

    # --- identities -------------------------------------------------------------------------

    def identifiers(self, events: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The known identifiers of a batch (IDENTIFIERS), and which of their profiles have a user
        (`profile`)."""
        users = pl.concat([events["user_id"], events["previous_id"]]).drop_nulls().unique()
        anonymous = events["anonymous_id"].drop_nulls().unique()
        i = t.identifiers.c
        parts = []
        with self.db.read() as connection:
            for kind, values in (("user_id", users), ("anonymous_id", anonymous)):
                query = select(i.kind, i.value, i.profile).where(
                    i.kind == kind, self.db.among(i.value, values)
                )
                parts.append(self.db.frame(connection, query))
            known = pl.concat(parts).select(IDENTIFIERS.keys())
            p = t.profiles.c
            owned = self.db.frame(
                connection,
                select(p.id).where(
                    p.user_id.is_not(None), self.db.among(p.id, known["profile"].unique())
                ),
            )
        return known, owned.rename({"id": "profile"})

    def save_profiles(self, connection: Connection, resolved: Resolved) -> None:
        self.db.insert(connection, t.profiles, resolved.profiles, ignore=True)
        self.tallies.created(connection, resolved.profiles)
        self.db.merge(connection, t.identifiers, resolved.identifiers)
        for profile, user in resolved.taken_over.rows():
            connection.execute(
                update(t.profiles).where(t.profiles.c.id == profile).values(user_id=user)
            )

    def merge_profiles(self, resolved: Resolved, now: Instant) -> None:
        """Give everything of each `loser` to its `winner`, in one transaction. What the winner is
        a member of has to be asked anew at `now`, the instant of the merge."""
        with self.db.begin() as connection:
            self.save_profiles(connection, resolved)
            for loser, winner in resolved.merges.rows():
                self._merge(connection, int(loser), int(winner), now)

    def _merge(self, connection: Connection, loser: int, winner: int, now: Instant) -> None:
        self.tallies.merging(connection, loser, winner, now)
        inside = select(_E.journey).where(_E.profile == winner, _E.ended_at.is_(None))
        connection.execute(
            update(t.enrollments)
            .where(_E.profile == loser, _E.ended_at.is_(None), _E.journey.in_(inside))
            .values(ended_at=now, state="ended", due_at=None, exit=MERGED)
        )
        for table in (t.enrollments, t.ledger, t.outbox, t.identifiers):
            connection.execute(update(table).where(table.c.profile == loser).values(profile=winner))
        for table, by in ((t.traits, "at"), (t.consents, "at")):
            mine = self.db.frame(connection, select(table).where(table.c.profile == loser))
            moved = mine.with_columns(profile=pl.lit(winner, pl.Int64()))
            self.db.merge(connection, table, moved, newest_by=by)
            connection.execute(table.delete().where(table.c.profile == loser))
        members, theirs = t.memberships, t.memberships.alias()
        has = select(theirs.c.segment).where(theirs.c.profile == winner)
        connection.execute(
            update(members)
            .where(members.c.profile == loser, members.c.segment.not_in(has))
            .values(profile=winner)
        )
        connection.execute(members.delete().where(members.c.profile == loser))
        connection.execute(update(members).where(members.c.profile == winner).values(next_at=now))
        connection.execute(
            update(t.profiles)
            .where((t.profiles.c.id == loser) | (t.profiles.c.merged_into == loser))
            .values(merged_into=winner)
        )

    def merged(self) -> pl.DataFrame:
        """All merges so far: loser, winner."""
        p = t.profiles.c
        with self.db.read() as connection:
            frame = self.db.frame(
                connection, select(p.id, p.merged_into).where(p.merged_into.is_not(None))
            )
        return frame.rename({"id": "loser", "merged_into": "winner"})

    def survivors(self, profiles: pl.Series) -> pl.DataFrame:
        """Those of `profiles` that were merged: loser, winner."""
        if profiles.is_empty():
            return pl.DataFrame(schema={"loser": pl.Int64, "winner": pl.Int64})
        p = t.profiles.c
        query = select(p.id, p.merged_into).where(
            p.merged_into.is_not(None), self.db.among(p.id, profiles)
        )
        with self.db.read() as connection:
            return self.db.frame(connection, query).rename({"id": "loser", "merged_into": "winner"})

    def set_traits(self, after_seq: int) -> pl.DataFrame:
        """What journeys have set and the history does not have yet: subject, key, value (JSON),
        at, in the order of the log."""
        log = t.log.c
        query = (
            select(log.profile, log.properties, log.received_at)
            .where(log.seq > after_seq, log.source == SET_BY_JOURNEY, log.profile.is_not(None))
            .order_by(log.seq)
        )
        with self.db.read() as connection:
            rows = [
                (profile, key, json.dumps(value), at)
                for profile, properties, at in connection.execute(query)
                for key, value in json.loads(properties).items()
            ]
        schema = {"subject": pl.Int64, "key": pl.String, "value": pl.String, "at": pl.Int64}
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        merged = self.survivors(frame["subject"].unique())
        return frame.with_columns(
            pl.col("subject").replace(merged["loser"].to_list(), merged["winner"].to_list())
        )

    def everybody(self) -> pl.Series:
        p = t.profiles.c
        with self.db.read() as connection:
            return self.db.frame(connection, select(p.id).where(p.merged_into.is_(None)))["id"]

    # --- audiences --------------------------------------------------------------------------

    def due_members(self, until: Instant, segments: Sequence[str]) -> pl.DataFrame:
        m = t.memberships.c
        query = select(m.segment, m.profile, m.next_at).where(
            m.next_at <= until, m.segment.in_(segments)
        )
        with self.db.read() as connection:
            return self.db.frame(connection, query)

    def members(self, segments: Sequence[str], subjects: pl.Series) -> pl.DataFrame:
        m = t.memberships.c
        query = select(*(m[c] for c in MEMBERS)).where(
            m.segment.in_(segments), self.db.among(m.profile, subjects)
        )
        with self.db.read() as connection:
            return self.db.frame(connection, query)

    # --- those who may move -----------------------------------------------------------------

    def is_due(self, now: Instant, segments: Sequence[str], journeys: Versions) -> bool:
        """Whether any timer of these segments' memberships or these journeys' people is due."""
        m = t.memberships.c
        with self.db.read() as connection:
            return bool(
                connection.scalar(select(_E.profile).where(*_due(now, journeys)).limit(1))
                or connection.scalar(
                    select(m.profile).where(m.next_at <= now, m.segment.in_(segments)).limit(1)
                )
            )

    def due_subjects(self, until: Instant, journeys: Versions) -> pl.Series:
        """Who has a timer due in one of these journeys."""
        with self.db.read() as connection:
            query = select(_E.profile).where(*_due(until, journeys)).distinct()
            return self.db.frame(connection, query)["profile"]

    def inside(self, subjects: pl.Series) -> pl.DataFrame:
        """Live enrollments of the subjects: columns of the table."""
        query = select(t.enrollments).where(
            _E.ended_at.is_(None), self.db.among(_E.profile, subjects)
        )
        with self.db.read() as connection:
            return self.db.frame(connection, query)

    def versions_inside(self) -> list[tuple[str, int]]:
        """Journeys and versions that still hold people."""
        with self.db.read() as connection:
            query = select(_E.journey, _E.version).where(_E.ended_at.is_(None)).distinct()
            return [(name, version) for name, version in connection.execute(query)]

    def entries(self, subjects: pl.Series) -> pl.DataFrame:
        query = (
            select(
                _E.journey.label("name"),
                _E.profile.label("subject"),
                func.max(_E.entered_at, type_=t.enrollments.c.entered_at.type).label("last_at"),
            )
            .where(self.db.among(_E.profile, subjects))
            .group_by(_E.journey, _E.profile)
        )
        with self.db.read() as connection:
            return self.db.frame(connection, query).select(ENTRIES.keys())

    def seeds(self, subjects: pl.Series) -> pl.DataFrame:
        p = t.profiles.c
        with self.db.read() as connection:
            frame = self.db.frame(
                connection, select(p.id, p.seed).where(self.db.among(p.id, subjects))
            )
        return frame.rename({"id": "subject"})

    def known_traits(self, subjects: pl.Series) -> pl.DataFrame:
        """The traits decisions need: profile, key, value, at."""
        c = t.traits.c
        query = select(c.profile, c.key, c.value, c.at).where(
            c.key.in_(TRAIT_KEYS), self.db.among(c.profile, subjects)
        )
        with self.db.read() as connection:
            return self.db.frame(connection, query)

    def consents(self, subjects: pl.Series) -> pl.DataFrame:
        c = t.consents.c
        query = select(c.profile, c.channel, c.topic, c.granted, c.at).where(
            self.db.among(c.profile, subjects)
        )
        with self.db.read() as connection:
            return self.db.frame(connection, query)

    def suppressed(self, addresses: pl.Series) -> pl.DataFrame:
        """Which of the addresses must not be written to: channel, address (as the store folds it)."""
        s = t.suppressions.c
        folded = addresses.str.strip_chars().str.to_lowercase().unique()
        query = select(s.channel, s.address).where(self.db.among(s.address, folded))
        with self.db.read() as connection:
            return self.db.frame(connection, query)

    def sends(self, subjects: pl.Series, since: Instant) -> pl.DataFrame:
        if subjects.is_empty():
            return empty(SENDS)
        c = t.ledger.c
        query = select(c.id, c.profile.label("subject"), c["class"], c.at).where(
            and_(c.at > since, c.outcome == "sent", self.db.among(c.profile, subjects))
        )
        with self.db.read() as connection:
            return self.db.frame(connection, query).select(SENDS.keys())

    # --- the commit -------------------------------------------------------------------------

    def save_members(self, connection: Connection, members: pl.DataFrame) -> None:
        frame = last_by_key(members, ["segment", "profile"])
        self.db.merge(connection, t.memberships, frame)

    def save_enrollments(
        self,
        connection: Connection,
        enrollments: pl.DataFrame,
        names: pl.DataFrame,
        offsets: pl.Series,
    ) -> None:
        """`names` has journey, name, version; `offsets` is each journey's first `pc`."""
        frame = (
            enrollments.join(names, on="journey", maintain_order="left")
            .with_columns(step=pl.col("pc") - offsets.gather(enrollments["journey"]))
            .select(
                "id",
                "version",
                "entered_at",
                "entry_seq",
                "holdout",
                "step",
                "state",
                "since",
                "due_at",
                "attempt",
                "ended_at",
                "exit",
                journey="name",
                profile="subject",
            )
        )
        self.db.merge(connection, t.enrollments, frame)

    def save_decisions(
        self,
        connection: Connection,
        decisions: pl.DataFrame,
        names: pl.DataFrame,
        steps: pl.Series,
    ) -> None:
        """Ledger rows for all, outbox rows for what was sent. `steps` are step ids by `pc`."""
        named = decisions.join(names, on="journey", maintain_order="left").with_columns(
            step=steps.gather(decisions["pc"])
        )
        rows = named.drop("journey").rename({"subject": "profile", "name": "journey"})
        self.db.insert(connection, t.ledger, rows.select(c.name for c in t.ledger.columns))
        self.tallies.decided(connection, rows)
        sent = rows.filter(pl.col("outcome") == "sent").select(
            "id",
            "channel",
            "address",
            "locale",
            "template",
            "topic",
            "class",
            "entry_seq",
            "profile",
            "journey",
            decided_at="at",
            state=pl.lit("queued"),
            next_at="at",
            attempts=pl.lit(0),
        )
        self.db.insert(connection, t.outbox, sent)

    def save_traits(self, connection: Connection, traits: pl.DataFrame) -> None:
        """profile, key, value, at, source; only what is not older than what stands."""
        frame = last_by_key(traits.sort("at", maintain_order=True), ["profile", "key"])
        self.db.merge(connection, t.traits, frame, newest_by="at")

    def save_consents(self, connection: Connection, consents: pl.DataFrame) -> None:
        """profile, channel, topic, granted, at, source."""
        frame = last_by_key(
            consents.sort("at", maintain_order=True), ["profile", "channel", "topic"]
        )
        self.db.merge(connection, t.consents, frame, newest_by="at")

    def save_position(self, connection: Connection, seq: int, at: Instant) -> None:
        self.put_meta(connection, "tick", {"seq": seq, "at": at})


def _due(until: Instant, journeys: Versions) -> list[ColumnElement[bool]]:
    """Timers of journeys that can be run: those of a broken one wait until it is mended."""
    return [_E.due_at <= until, tuple_(_E.journey, _E.version).in_(list(journeys))]


def to_enrollments(
    rows: pl.DataFrame,
    names: pl.DataFrame,
    offsets: pl.Series,
    within: pl.Series,
    seeds: pl.DataFrame,
) -> pl.DataFrame:
    """Rows of the table as ENROLLMENTS; those of a version the plan lacks are left out."""
    frame = rows.join(
        names,
        left_on=["journey", "version"],
        right_on=["name", "version"],
        how="inner",
        maintain_order="left",
    )
    number = frame["journey_right"]
    return (
        frame.drop("journey")
        .rename({"journey_right": "journey", "profile": "subject"})
        .join(seeds, on="subject", maintain_order="left")
        .with_columns(
            pc=pl.col("step") + offsets.gather(number),
            deadline=pl.col("entered_at") + within.gather(number),
        )
        .select(ENROLLMENTS.keys())
    )
