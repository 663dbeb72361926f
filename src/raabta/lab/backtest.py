"""The same tick under a virtual clock: what a set of definitions would have done.

Contacts and their reasons are exact, because the engine is the one that runs live. Answers are not
simulated: a wait for an open or a click runs into its time-out, and the report says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from raabta.audiences import timeline as audiences
from raabta.audiences.model import Segment
from raabta.core.clock import DAY, Instant, iso
from raabta.core.errors import InvalidInput
from raabta.core.frames import (
    DECISIONS,
    ENROLLMENTS,
    ENTRIES,
    EVENTS,
    FLOWS,
    MEMBERS,
    SENDS,
    empty,
    stack,
)
from raabta.decisioning.decide import counted
from raabta.decisioning.facts import TRAIT_KEYS, consent_facts, timeline, trait_facts
from raabta.privacy.consent import CONSENT_EVENT, consents_of
from raabta.query.model import Condition, Matcher
from raabta.runtime.ports import Loaded, Outcome, Rules, Taken
from raabta.runtime.tick import tick
from raabta.storage.history.duck import DuckHistory

#: How much virtual time one tick covers.
WINDOW = 7 * DAY

#: Events that Raabta's own sending caused: they belong to the past as it was, not to this one.
OWN_EVENTS = (
    "Message Sent",
    "Message Delivered",
    "Message Bounced",
    "Message Failed",
    "Message Opened",
    "Message Clicked",
)

#: The UTC date of a decision, as text.
_DAY = pl.col("at").cast(pl.Datetime("us")).dt.date().cast(pl.String)

Progress = Callable[[Instant, int], bool]


class PastWorld:
    """A world whose log is the history and whose state lives in memory and is thrown away."""

    def __init__(
        self, history: DuckHistory, rules: Rules, seeds: pl.DataFrame, start: Instant
    ) -> None:
        self.rules = rules
        self._history = history.overlay()
        self._seeds = seeds
        self._reached = start
        self._first_seen = history.first_seen()
        plan = rules.plan
        asked = [s.condition for s in rules.segments]
        self._history.prepare(asked + [c for j in plan.journeys for c in j.conditions()])
        known = self._first_seen.filter(pl.col("at") <= start)["subject"]
        self._members = audiences.as_of(rules.segments, self._history, known, start)
        self._inside = empty(ENROLLMENTS)
        self._entries = empty(ENTRIES)
        self._sends = empty(SENDS)
        self._facts = timeline(
            [
                trait_facts(history.traits_as_of(start, TRAIT_KEYS)),
                consent_facts(consents_of(history.rows(CONSENT_EVENT, -(2**60), start))),
            ]
        )
        self.decisions: list[pl.DataFrame] = []
        self.ended: list[pl.DataFrame] = []
        self.flows: list[pl.DataFrame] = []
        self.events = 0

    def close(self) -> None:
        self._history.close()

    def take(self, until: Instant) -> Taken:
        start = self._reached
        events = self._history.events(start, until, OWN_EVENTS)
        self._facts = timeline(
            [
                self._facts,
                trait_facts(self._history.trait_changes(start, until, TRAIT_KEYS)),
                consent_facts(consents_of(self._history.rows(CONSENT_EVENT, start, until))),
            ]
        )
        self.events += events.height
        at = pl.col("at")
        return Taken(
            events=events.select(EVENTS.keys()),
            newcomers=self._first_seen.filter((at > start) & (at <= until)),
            until=until,
        )

    def due_members(self, until: Instant) -> pl.DataFrame:
        due = self._members.filter(pl.col("next_at") <= until)
        return due.select("segment", "profile", "next_at")

    def members(self, segments: Sequence[str], subjects: pl.Series) -> pl.DataFrame:
        return self._members.filter(
            pl.col("segment").is_in(list(segments)) & pl.col("profile").is_in(subjects.implode())
        )

    def due_subjects(self, until: Instant) -> pl.Series:
        return self._inside.filter(pl.col("due_at") <= until)["subject"].unique()

    def load(self, subjects: pl.Series, callers: pl.Series, until: Instant) -> Loaded:
        among = pl.DataFrame({"subject": subjects}, schema={"subject": pl.Int64})
        memory = self._reached - self.rules.policy.memory
        return Loaded(
            enrollments=self._inside.join(among, on="subject", how="semi", maintain_order="left"),
            entries=self._entries.join(among, on="subject", how="semi"),
            seeds=self._seeds.join(among, on="subject", how="semi"),
            facts=self._facts.join(among, on="subject", how="semi", maintain_order="left"),
            suppressed=pl.DataFrame(schema={"channel": pl.String, "address": pl.String}),
            sends=self._sends.join(among, on="subject", how="semi").filter(pl.col("at") > memory),
        )

    def ask(self, condition: Condition, asked: pl.DataFrame) -> pl.DataFrame:
        return self._history.ask(condition, asked)

    def dropouts(self, segment: Segment, until: Instant) -> pl.DataFrame:
        return self._history.dropouts(segment.condition, self._reached, until)

    def matching(self, matcher: Matcher, taken: Taken) -> pl.Series:
        return self._history.matching(matcher, self._reached, taken.until)

    def write_traits(self, traits: pl.DataFrame) -> None:
        self._history.add_traits(traits)

    def commit(self, outcome: Outcome) -> None:
        members = outcome.members
        kept = self._members.join(members, on=["segment", "profile"], how="anti")
        self._members = stack([kept, members], MEMBERS)
        moved = outcome.enrollments
        over = pl.col("state") == "ended"
        rest = self._inside.join(moved, on="id", how="anti", maintain_order="left")
        self._inside = stack([rest, moved.filter(~over)], ENROLLMENTS)
        self.ended.append(moved.filter(over))
        entries = moved.join(self.rules.plan.names, on="journey").select(
            "name", "subject", last_at="entered_at"
        )
        self._entries = (
            stack([self._entries, entries.select(ENTRIES.keys())], ENTRIES)
            .group_by("name", "subject")
            .agg(pl.col("last_at").max())
        )
        memory = outcome.until - self.rules.policy.memory
        recent = self._sends.filter(pl.col("at") > memory)
        self._sends = stack([recent, counted(outcome.decisions)], SENDS)
        self.decisions.append(outcome.decisions)
        self.flows.append(outcome.flows)
        self._reached = outcome.until

    @property
    def inside(self) -> pl.DataFrame:
        return self._inside


@dataclass(frozen=True)
class Backtest:
    """What would have been: `decisions` is the whole ledger (DECISIONS plus `name` and `step`),
    `flows` how many enrollments went along which edge of which journey: name, version, origin,
    target, exit, n, as the journey's graph draws them."""

    start: Instant
    end: Instant
    decisions: pl.DataFrame
    entered: int
    ended: dict[str, int]
    inside: int
    events: int
    flows: pl.DataFrame
    cancelled: bool = False
    settings: dict[str, str] = field(default_factory=dict)

    def summary(self) -> dict[str, object]:
        """Counts for people and for JSON."""
        d = self.decisions
        sent = d.filter(pl.col("outcome") == "sent")
        withheld = d.filter(pl.col("outcome") == "withheld")
        return {
            "from": iso(self.start),
            "to": iso(self.end),
            "settings": self.settings,
            "events": self.events,
            "entered": self.entered,
            "ended": self.ended,
            "still_inside": self.inside,
            "candidates": d.height,
            "messages": sent.height,
            "people_reached": sent["subject"].n_unique(),
            "deferred": d.filter(pl.col("outcome") == "deferred").height,
            "withheld": _counts(withheld, "rule"),
            "by_journey": _counts(sent, "name"),
            "by_channel": _counts(sent, "channel"),
            "by_day": _counts(sent.with_columns(day=_DAY), "day"),
            "outcomes_by_day": _outcomes(d.with_columns(day=_DAY), "day"),
            "outcomes_by_journey": _outcomes(d, "name"),
            "outcomes_by_class": _outcomes(d, "class"),
            "cancelled": self.cancelled,
        }


def simulate(
    history: DuckHistory,
    rules: Rules,
    seeds: pl.DataFrame,
    start: Instant,
    end: Instant,
    *,
    window: int = WINDOW,
    progress: Progress | None = None,
    settings: dict[str, str] | None = None,
) -> Backtest:
    """Run the tick over history from `start` to `end`; nothing outside is written.

    `seeds` has subject and seed of every profile. Nobody is inside a journey at `start`.
    `progress(reached, messages)` is called after each window and may return False to stop; the
    result then says so. Raises InvalidInput when the period is empty.
    """
    if end <= start:
        raise InvalidInput("ends before it begins", field="to", remedy="choose a later `to`")
    world = PastWorld(history, rules, seeds, start)
    reached, messages, cancelled = start, 0, False
    try:
        while reached < end and not cancelled:
            outcome = tick(world, min(reached + window, end))
            reached = outcome.until
            messages += outcome.decisions.filter(pl.col("outcome") == "sent").height
            cancelled = progress is not None and not progress(reached, messages)
        plan = rules.plan
        steps = pl.Series("step", plan.step_ids, dtype=pl.String)
        decisions = stack(world.decisions, DECISIONS).join(
            plan.names, on="journey", how="left", maintain_order="left"
        )
        decisions = decisions.with_columns(step=steps.gather(decisions["pc"]))
        ended = stack(world.ended, ENROLLMENTS)
        return Backtest(
            start=start,
            end=reached,
            decisions=decisions,
            entered=ended.height + world.inside.height,
            ended=_counts(ended, "exit"),
            inside=world.inside.height,
            events=world.events,
            flows=_flows(world.flows, plan.names),
            cancelled=cancelled,
            settings=settings or {},
        )
    finally:
        world.close()


def _flows(flows: list[pl.DataFrame], names: pl.DataFrame) -> pl.DataFrame:
    """FLOWS of all ticks as one count of the whole period."""
    edges = ["name", "version", "origin", "target", "exit"]
    named = stack(flows, FLOWS).join(names, on="journey")
    return named.group_by(edges).agg(pl.col("n").sum()).sort(edges)


def difference(one: Backtest, other: Backtest) -> dict[str, object]:
    """What `other` does differently from `one`, in counts and in people."""
    a, b = one.summary(), other.summary()
    reached = [
        set(x.decisions.filter(pl.col("outcome") == "sent")["subject"].to_list())
        for x in (one, other)
    ]
    return {
        "messages": _delta(a["messages"], b["messages"]),
        "people_reached": _delta(a["people_reached"], b["people_reached"]),
        "people_gained": len(reached[1] - reached[0]),
        "people_lost": len(reached[0] - reached[1]),
        "by_journey": _deltas(a["by_journey"], b["by_journey"]),
        "withheld": _deltas(a["withheld"], b["withheld"]),
    }


def changed_people(one: Backtest, other: Backtest, most: int) -> list[tuple[int, int, int]]:
    """Who is sent more or fewer messages by `other`: profile, before, after; biggest change first."""
    counted = [
        x.decisions.filter(pl.col("outcome") == "sent").group_by("subject").len(name)
        for x, name in ((one, "before"), (other, "after"))
    ]
    both = counted[0].join(counted[1], on="subject", how="full", coalesce=True)
    change = pl.col("after").cast(pl.Int64) - pl.col("before").cast(pl.Int64)
    found = (
        both.with_columns(pl.col("before", "after").fill_null(0))
        .with_columns(change=change.abs())
        .filter(pl.col("change") > 0)
        .sort(["change", "subject"], descending=[True, False])
        .head(most)
    )
    return [
        (int(s), int(b), int(a)) for s, b, a in found.select("subject", "before", "after").rows()
    ]


def _delta(one: object, other: object) -> int:
    assert isinstance(one, int) and isinstance(other, int)
    return other - one


def _deltas(one: object, other: object) -> dict[str, int]:
    assert isinstance(one, dict) and isinstance(other, dict)
    return {k: other.get(k, 0) - one.get(k, 0) for k in sorted({*one, *other})}


def _outcomes(frame: pl.DataFrame, column: str) -> dict[str, dict[str, int]]:
    """{value: {outcome: how many}}"""
    found: dict[str, dict[str, int]] = {}
    for value, outcome, n in frame.group_by(column, "outcome").len().sort(column).rows():
        found.setdefault(str(value), {"sent": 0, "deferred": 0, "withheld": 0})[outcome] = int(n)
    return found


def _counts(frame: pl.DataFrame, column: str) -> dict[str, int]:
    counted = frame.group_by(column).len().sort(column)
    return {str(k): int(n) for k, n in counted.rows()}
