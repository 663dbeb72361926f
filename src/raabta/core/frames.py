"""Schemas of the frames that stages hand to each other. Instants are Int64 microseconds UTC."""

from __future__ import annotations

import polars as pl

Schema = dict[str, pl.DataType]

#: Events as the tick sees them, resolved to their subject, in log order.
EVENTS: Schema = {
    "seq": pl.Int64(),
    "subject": pl.Int64(),
    "received_at": pl.Int64(),
    "timestamp": pl.Int64(),
    "kind": pl.String(),
    "name": pl.String(),
    "origin": pl.Int64(),
}

#: Which matcher (by its number in the plan) an event satisfies.
MATCHES: Schema = {"seq": pl.Int64(), "matcher": pl.Int64()}

#: Membership changes: `entered` is False for leaving.
CHANGES: Schema = {
    "subject": pl.Int64(),
    "at": pl.Int64(),
    "segment": pl.String(),
    "entered": pl.Boolean(),
}

#: The state of memberships.
MEMBERS: Schema = {
    "segment": pl.String(),
    "profile": pl.Int64(),
    "member": pl.Boolean(),
    "since": pl.Int64(),
    "next_at": pl.Int64(),
}

#: One person inside one journey. `pc` is the step's number in the plan.
ENROLLMENTS: Schema = {
    "id": pl.Int64(),
    "journey": pl.Int64(),  # number in the plan
    "subject": pl.Int64(),
    "seed": pl.Int64(),
    "entered_at": pl.Int64(),
    "entry_seq": pl.Int64(),
    "holdout": pl.Boolean(),
    "pc": pl.Int64(),
    "state": pl.String(),  # running | candidate | waiting | deferred | ended
    "since": pl.Int64(),
    "due_at": pl.Int64(),
    "deadline": pl.Int64(),
    "attempt": pl.Int64(),
    "ended_at": pl.Int64(),
    "exit": pl.String(),
}

#: When a subject last entered a journey, by its name.
ENTRIES: Schema = {"name": pl.String(), "subject": pl.Int64(), "last_at": pl.Int64()}

#: What is known about people for decisions, as a timeline: value in force from `at` on.
FACTS: Schema = {
    "subject": pl.Int64(),
    "key": pl.String(),
    "at": pl.Int64(),
    "value": pl.String(),
}

#: Messages that count towards caps.
SENDS: Schema = {
    "id": pl.Int64(),
    "subject": pl.Int64(),
    "class": pl.String(),
    "at": pl.Int64(),
}

CANDIDATES: Schema = {
    "id": pl.Int64(),
    "subject": pl.Int64(),
    "at": pl.Int64(),
    "enrollment": pl.Int64(),
    "journey": pl.Int64(),
    "pc": pl.Int64(),
    "attempt": pl.Int64(),
    "holdout": pl.Boolean(),
    "since": pl.Int64(),
    "entry_seq": pl.Int64(),
    "channel": pl.String(),
    "class": pl.String(),
    "topic": pl.String(),
    "template": pl.String(),
    "priority": pl.Int64(),
    "value": pl.Float64(),
    "patience": pl.Int64(),
}

DECISIONS: Schema = CANDIDATES | {
    "address": pl.String(),
    "locale": pl.String(),
    "outcome": pl.String(),  # sent | deferred | withheld
    "rule": pl.String(),
    "rival": pl.Int64(),
    "until": pl.Int64(),
}

#: The grain of counters in time, microseconds: a quarter of an hour divides the day of every zone.
SLOT = 15 * 60 * 1_000_000

#: How many enrollments went from a step to another. `origin` -1 is the entry, `target` -1 is out
#: of the journey, for the reason `exit` ('' otherwise); `slot` is the instant // SLOT.
FLOWS: Schema = {
    "journey": pl.Int64(),  # number in the plan
    "slot": pl.Int64(),
    "origin": pl.Int64(),
    "target": pl.Int64(),
    "exit": pl.String(),
    "n": pl.Int64(),
}


def empty(schema: Schema) -> pl.DataFrame:
    return pl.DataFrame(schema=schema)


def stack(frames: list[pl.DataFrame], schema: Schema) -> pl.DataFrame:
    """All rows of all frames, in order; an empty frame of the schema when there are none."""
    full = [f for f in frames if not f.is_empty()]
    return pl.concat(full) if full else empty(schema)
