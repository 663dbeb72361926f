"""The tables of the state store, the same on SQLite and PostgreSQL.

Instants are BIGINT microseconds UTC; JSON is TEXT, because the engine passes it on unread.
Alembic's migrations under `migrations/` build exactly this; a test holds the two equal.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger as Big
from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, Table, Text, text

metadata = MetaData()


def _col(name: str, kind: type[Any], *, key: bool = False, null: bool = False) -> Column[Any]:
    return Column(name, kind, primary_key=key, nullable=null, autoincrement=False)


#: Single values: the log's tail, the tick's cursor, the applied definitions' revision.
meta = Table("meta", metadata, _col("key", Text, key=True), _col("value", Text))

#: The one append-only log. `received_at` is engine time and strictly increases with `seq` for live
#: and engine events; imported history (`origin` 1) carries received_at = timestamp.
log = Table(
    "log",
    metadata,
    _col("seq", Big, key=True),
    _col("received_at", Big),
    _col("timestamp", Big),
    _col("message_id", Text),
    _col("kind", Text),  # track identify page screen group alias
    _col("name", Text),  # the event's name; for other kinds the kind itself
    _col("user_id", Text, null=True),
    _col("anonymous_id", Text, null=True),
    _col("properties", Text),  # JSON: track/page/screen properties, identify/group traits
    _col("context", Text, null=True),  # JSON: everything else the sender said
    _col("origin", Integer),  # 0 live, 1 imported history, 2 written by the engine
    _col("source", Text),  # which write key, file or part of the engine
    _col("profile", Big, null=True),  # set on rows the engine writes: nothing to resolve
    Index("log_message_id", "message_id", unique=True),
)

#: Input that could not be taken, whole, with the reason; replayable.
quarantine = Table(
    "quarantine",
    metadata,
    _col("id", Text, key=True),
    _col("received_at", Big),
    _col("source", Text),
    _col("field", Text),
    _col("reason", Text),
    _col("body", Text),
)

#: Write keys (collection) and API keys (management); only a hash is kept.
keys = Table(
    "keys",
    metadata,
    _col("id", Text, key=True),
    _col("kind", Text),  # write | api
    _col("name", Text),
    _col("hash", Text),
    _col("created_at", Big),
    _col("revoked_at", Big, null=True),
    _col("role", Text, null=True),  # viewer | editor | owner; null for write keys
    Index("keys_hash", "hash", unique=True),
)

#: Who may sign in. `email` is folded; without a password_hash an invitation is still open.
users = Table(
    "users",
    metadata,
    _col("id", Text, key=True),
    _col("email", Text),
    _col("name", Text),
    _col("role", Text),  # viewer | editor | owner
    _col("password_hash", Text, null=True),
    _col("locale", Text),
    _col("theme", Text),  # light | dark | auto
    _col("created_at", Big),
    _col("disabled_at", Big, null=True),
    Index("users_email", "email", unique=True),
)

#: Browsers signed in; only a hash of each token is kept. What has ended is deleted.
sessions = Table(
    "sessions",
    metadata,
    _col("id", Text, key=True),
    _col("hash", Text),
    _col("user", Text),
    _col("csrf", Text),
    _col("created_at", Big),
    _col("seen_at", Big),
    _col("expires_at", Big),
    _col("address", Text),
    _col("agent", Text),
    Index("sessions_hash", "hash", unique=True),
    Index("sessions_user", "user"),
)

#: One-time links to set a password; only a hash of each token is kept.
invitations = Table(
    "invitations",
    metadata,
    _col("hash", Text, key=True),
    _col("user", Text, null=True),  # null: the first owner, who is nobody yet
    _col("created_by", Text),
    _col("created_at", Big),
    _col("expires_at", Big),
    _col("used_at", Big, null=True),
)

#: Failed sign-ins in a row, by account (hashed) and by client address.
signin_failures = Table(
    "signin_failures",
    metadata,
    _col("subject", Text, key=True),
    _col("count", Integer),
    _col("last_at", Big),
    Index("signin_failures_last_at", "last_at"),
)

#: `seed` is the subject's key for holdouts and splits.
profiles = Table(
    "profiles",
    metadata,
    _col("id", Big, key=True),
    _col("seed", Big),
    _col("user_id", Text, null=True),
    _col("anonymous_id", Text, null=True),
    _col("created_at", Big),
    _col("merged_into", Big, null=True),
    Index("profiles_user_id", "user_id"),
    Index("profiles_created_at", "created_at", "id"),
)

identifiers = Table(
    "identifiers",
    metadata,
    _col("kind", Text, key=True),  # user_id | anonymous_id | email
    _col("value", Text, key=True),
    _col("profile", Big),
    _col("linked_at", Big),
    Index("identifiers_profile", "profile"),
)

#: The current value of each trait, with where it came from.
traits = Table(
    "traits",
    metadata,
    _col("profile", Big, key=True),
    _col("key", Text, key=True),
    _col("value", Text),  # JSON
    _col("at", Big),
    _col("source", Text),
)

consents = Table(
    "consents",
    metadata,
    _col("profile", Big, key=True),
    _col("channel", Text, key=True),
    _col("topic", Text, key=True),  # '*' is the channel as a whole
    _col("granted", Boolean),
    _col("at", Big),
    _col("source", Text),
)

#: Addresses that must not be written to, whoever they belong to.
suppressions = Table(
    "suppressions",
    metadata,
    _col("channel", Text, key=True),
    _col("address", Text, key=True),
    _col("reason", Text),
    _col("at", Big),
    _col("source", Text),
)

#: Every version of every definition; the newest version with `active` is in force.
definitions = Table(
    "definitions",
    metadata,
    _col("kind", Text, key=True),  # segment journey template policy brand
    _col("name", Text, key=True),
    _col("version", Integer, key=True),
    _col("body", Text),  # JSON
    _col("hash", Text),
    _col("file", Text),
    _col("applied_at", Big),
    _col("active", Boolean),
)

#: `next_at`: the instant at which the answer can change by the passage of time alone.
memberships = Table(
    "memberships",
    metadata,
    _col("segment", Text, key=True),
    _col("profile", Big, key=True),
    _col("member", Boolean),
    _col("since", Big),
    _col("next_at", Big, null=True),
    # by segment first: the loop asks several times a second for those of the segments in force
    Index(
        "memberships_next_at",
        "segment",
        "next_at",
        "profile",
        sqlite_where=text("next_at IS NOT NULL"),
        postgresql_where=text("next_at IS NOT NULL"),
    ),
    Index("memberships_profile", "profile"),
)

enrollments = Table(
    "enrollments",
    metadata,
    _col("id", Big, key=True),
    _col("journey", Text),
    _col("version", Integer),
    _col("profile", Big),
    _col("entered_at", Big),
    _col("entry_seq", Big, null=True),  # the log row that brought the person in
    _col("holdout", Boolean),
    _col("step", Integer),  # index into the version's program
    _col("state", Text),  # waiting | deferred | ended
    _col("since", Big),  # when the present step was reached
    _col("due_at", Big, null=True),
    _col("attempt", Integer),  # how often the present send was a candidate
    _col("ended_at", Big, null=True),
    _col("exit", Text, null=True),  # the reason
    # the columns after the first let what is coming be counted without reading the rows
    Index(
        "enrollments_due_at",
        "due_at",
        "journey",
        "version",
        "step",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    Index("enrollments_profile", "profile"),
)

#: One row for every candidate message: sent, deferred or withheld.
ledger = Table(
    "ledger",
    metadata,
    _col("id", Big, key=True),
    _col("at", Big),
    _col("profile", Big),
    _col("journey", Text),
    _col("version", Integer),
    _col("step", Text),
    _col("enrollment", Big),
    _col("attempt", Integer),
    _col("channel", Text),
    _col("class", Text),
    _col("topic", Text),
    _col("template", Text),
    _col("priority", Integer),
    _col("value", Float),
    _col("outcome", Text),  # sent | deferred | withheld
    _col("rule", Text, null=True),
    _col("rival", Big, null=True),  # the ledger row that took the place
    _col("until", Big, null=True),  # a deferred candidate's next possible time
    Index("ledger_profile_at", "profile", "at"),
    # the columns after the first let people be counted without reading the rows
    Index("ledger_at", "at", "outcome", "class", "profile"),
)

#: What channels still have to do, and what became of it. `id` is the ledger row's id and the
#: idempotency key towards providers.
outbox = Table(
    "outbox",
    metadata,
    _col("id", Big, key=True),
    _col("profile", Big),
    _col("channel", Text),
    _col("address", Text),
    _col("locale", Text, null=True),
    _col("template", Text),
    _col("journey", Text),
    _col("topic", Text),
    _col("class", Text),
    _col("entry_seq", Big, null=True),
    _col("decided_at", Big),
    _col("state", Text),  # queued | leased | sent | failed
    _col("next_at", Big),
    _col("attempts", Integer),
    _col("lease_owner", Text, null=True),
    _col("lease_until", Big, null=True),
    _col("sent_at", Big, null=True),
    _col("provider_id", Text, null=True),
    _col("error", Text, null=True),
    Index("outbox_state_next_at", "state", "next_at"),
    Index("outbox_profile", "profile"),
)

#: Long work that can be resumed: how far an import got.
jobs = Table(
    "jobs",
    metadata,
    _col("id", Text, key=True),
    _col("kind", Text),
    _col("state", Text),
    _col("position", Big),
    _col("total", Big, null=True),
    _col("detail", Text),
    _col("updated_at", Big),
)

# --- tallies ----------------------------------------------------------------------------------
# Counters that the tick keeps in its one commit; each equals a recount of the tables above. A `slot`
# is an instant // 15 minutes: any zone's day is a whole number of them. The ledger's slot -1 holds
# the sum of all slots.

ledger_tallies = Table(
    "ledger_tallies",
    metadata,
    _col("journey", Text, key=True),
    _col("slot", Big, key=True),
    _col("version", Integer, key=True),
    _col("step", Text, key=True),
    _col("channel", Text, key=True),
    _col("class", Text, key=True),
    _col("outcome", Text, key=True),
    _col("rule", Text, key=True),  # '' for what was sent
    _col("n", Big),
)

#: Members now are entered - left, summed.
member_tallies = Table(
    "member_tallies",
    metadata,
    _col("segment", Text, key=True),
    _col("slot", Big, key=True),
    _col("entered", Big),
    _col("left", Big),
)

#: Enrollments that went from a step to another on a day (UTC). `origin` -1 is the entry, `target`
#: -1 is out, for the reason `exit` ('' otherwise). People at a step are those who came less those
#: who went.
step_tallies = Table(
    "step_tallies",
    metadata,
    _col("journey", Text, key=True),
    _col("version", Integer, key=True),
    _col("day", Big, key=True),
    _col("origin", Integer, key=True),
    _col("target", Integer, key=True),
    _col("exit", Text, key=True),
    _col("n", Big),
)

#: The same, of whole journeys: enrollments begun and ended (`goals` are among those ended).
journey_tallies = Table(
    "journey_tallies",
    metadata,
    _col("journey", Text, key=True),
    _col("slot", Big, key=True),
    _col("entered", Big),
    _col("left", Big),
    _col("goals", Big),
)

profile_tallies = Table(
    "profile_tallies",
    metadata,
    _col("slot", Big, key=True),
    _col("created", Big),
    _col("merged", Big),
)
