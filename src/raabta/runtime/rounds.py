"""The rounds of one tick: in each, every mover takes one stimulus.

Those who have no stimulus and no timer left are set aside, so that a burst on one subject does not
make all others cost again.
"""

from __future__ import annotations

import polars as pl

from raabta.audiences import timeline as audiences
from raabta.core.frames import (
    CHANGES,
    DECISIONS,
    ENROLLMENTS,
    ENTRIES,
    FACTS,
    MEMBERS,
    empty,
    stack,
)
from raabta.decisioning.decide import counted, decide
from raabta.decisioning.facts import trait_facts
from raabta.journeys import kernel
from raabta.journeys.flow import Flows
from raabta.journeys.steps import Context
from raabta.journeys.steps.send import candidates, settle
from raabta.query.model import Condition, trait_keys
from raabta.runtime.ports import Outcome, Taken, World
from raabta.runtime.queue import Queue

_WRITTEN = {"subject": pl.Int64(), "key": pl.String(), "value": pl.String(), "at": pl.Int64()}


class Rounds:
    """The working state of a tick, in memory: later rounds see what earlier ones did."""

    def __init__(
        self,
        world: World,
        queue: Queue,
        taken: Taken,
        changes: pl.DataFrame,
        members: pl.DataFrame,
    ) -> None:
        self._world = world
        self._queue = queue
        self._until = taken.until
        self._plan = world.rules.plan
        callers = queue.heads()["subject"]
        subjects = pl.concat([callers, world.due_subjects(taken.until)]).unique()
        loaded = world.load(subjects, callers, taken.until)
        self._active = loaded.enrollments
        self._entries = loaded.entries
        self._seeds = loaded.seeds
        self._facts = loaded.facts
        self._suppressed = loaded.suppressed
        self._sends = loaded.sends
        self._members = members
        self._changes = changes
        self._aside: list[pl.DataFrame] = []
        self._decisions: list[pl.DataFrame] = []
        self._traits: list[pl.DataFrame] = []
        self._events = taken.events
        self._flows = Flows()
        self._context = Context(self._plan, self._ask, self._may_enter, self._write, self._flows)
        self._foreseen = self._foresee_entries()

    def due(self) -> pl.DataFrame:
        """The earliest timer of each subject that has one in this tick: subject, due_at."""
        timers = self._active.filter(pl.col("due_at") <= self._until)
        return timers.group_by("subject").agg(pl.col("due_at").min())

    def react(self, movers: pl.DataFrame) -> pl.DataFrame:
        """Let timers, events and membership changes do what they do; returns rows to be run."""
        self._set_aside(movers)
        rows = self._active.join(
            movers.select("subject", "now", "is_timer"), on="subject", maintain_order="left"
        )
        self._active = self._active.clear()
        timed = rows.filter(pl.col("is_timer")).drop("is_timer")
        called = rows.filter(~pl.col("is_timer")).drop("is_timer")
        fired = kernel.fire(timed, self._plan)
        hits = movers.join(self._queue.matches, on="seq").select("subject", "now", "seq", "matcher")
        woken = kernel.react(called, hits, self._plan)
        self._flows.reacted(timed, fired)
        self._flows.reacted(called, woken)
        changes = movers.select("subject", "now", "turn").join(
            self._queue.changes.filter("entered").select("turn", "segment"), on="turn"
        )
        calls = pl.concat(
            [
                hits.join(self._plan.event_entries, on="matcher").select(
                    "subject", "now", "journey", "seq"
                ),
                changes.join(self._plan.segment_entries, on="segment").select(
                    "subject", "now", "journey", seq=pl.lit(None, pl.Int64())
                ),
            ]
        ).sort("subject", "journey", "seq", nulls_last=True)
        entered = kernel.enter(
            woken,
            calls,
            self._entries,
            self._seeds,
            self._world.rules.policy.holdout,
            self._context,
        )
        self._note_entries(entered)
        self._flows.entered(entered)
        moving = pl.concat([fired, woken, entered.select(fired.columns)])
        return self._keep(moving)

    def run(self, moving: pl.DataFrame) -> pl.DataFrame:
        """Run steps; returns those who stand at a send."""
        return self._keep(kernel.run(moving, self._context), "candidate")

    def decide(self, standing: pl.DataFrame) -> pl.DataFrame:
        """Decide all candidates of this turn; returns the rows that go on."""
        if standing.is_empty():
            return standing
        proposed = candidates(standing, self._context)
        decisions = decide(
            proposed, self._facts, self._suppressed, self._sends, self._world.rules.policy
        )
        self._decisions.append(decisions)
        self._sends = pl.concat([self._sends, counted(decisions)])
        settled = settle(standing, decisions, self._context)
        self._flows.reacted(standing, settled)
        return self._keep(settled)

    def outcome(self) -> Outcome:
        return Outcome(
            until=self._until,
            changes=self._changes,
            members=self._members,
            enrollments=stack([*self._aside, self._active], ENROLLMENTS),
            decisions=stack(self._decisions, DECISIONS),
            traits=stack(self._traits, _WRITTEN),
            flows=self._flows.counted(self._plan),
        )

    def _keep(self, rows: pl.DataFrame, state: str = "running") -> pl.DataFrame:
        """Put the rows that rest back among the active; ended ones are set aside for good."""
        going = pl.col("state") == state
        resting = rows.filter(~going)
        if resting.height:
            plain = resting.select(ENROLLMENTS.keys())
            over = pl.col("state") == "ended"
            self._aside.append(plain.filter(over))
            self._active = pl.concat([self._active, plain.filter(~over)])
        return rows.filter(going)

    def _set_aside(self, movers: pl.DataFrame) -> None:
        """Subjects with nothing left in this tick leave the working set."""
        still = self._active.join(movers, on="subject", how="semi", maintain_order="left")
        if still.height < self._active.height:
            self._aside.append(
                self._active.join(movers, on="subject", how="anti", maintain_order="left")
            )
            self._active = still

    def _note_entries(self, entered: pl.DataFrame) -> None:
        if entered.height:
            named = entered.join(self._plan.names, on="journey").select(
                "name", "subject", last_at="now"
            )
            self._entries = pl.concat([self._entries, named.select(ENTRIES.keys())])

    def _ask(self, condition: Condition, asked: pl.DataFrame) -> pl.DataFrame:
        answers = self._world.ask(condition, asked)
        return answers.filter("answer").select("subject", "at")

    def _foresee_entries(self) -> dict[int, pl.DataFrame]:
        """Entry conditions asked once for the whole tick, at the instant of every event that calls.

        Only those that no step can change: conditions on traits that journeys write are asked in
        their round.
        """
        found: dict[int, pl.DataFrame] = {}
        for number, matcher in self._plan.event_entries.rows():
            condition = self._plan.journeys[number].entry.condition
            if condition is None or trait_keys(condition) & self._plan.set_keys:
                continue
            calls = self._queue.matches.filter(pl.col("matcher") == matcher)
            asked = self._events.join(calls, on="seq", how="semi").select(
                "subject", at="received_at"
            )
            found[number] = self._ask(condition, asked.unique(maintain_order=True))
        return found

    def _may_enter(self, number: int, calls: pl.DataFrame) -> pl.DataFrame:
        yes = self._foreseen.get(number)
        if yes is None:
            condition = self._plan.journeys[number].entry.condition
            assert condition is not None
            yes = self._ask(condition, calls.select("subject", at="now"))
        return calls.join(
            yes.rename({"at": "now"}), on=["subject", "now"], how="semi", maintain_order="left"
        )

    def _write(self, traits: pl.DataFrame) -> None:
        """A step set traits: later asks see them, and what depends on them is foreseen anew."""
        self._traits.append(traits)
        self._world.write_traits(traits)
        facts = trait_facts(traits.rename({"subject": "profile"}))
        if facts.height:
            self._facts = pl.concat([self._facts, facts.select(FACTS.keys())]).sort(
                "at", maintain_order=True
            )
        keys = set(traits["key"].unique().to_list())
        touched = [s for s in self._world.rules.segments if s.traits & keys]
        if not touched:
            return
        subjects = traits["subject"].unique()
        names = [s.name for s in touched]
        nows = traits.group_by("subject").agg(pl.col("at").max())
        # what these segments were up to this instant, to tell a change from no change
        before = self._world.members(names, subjects)
        events = self._events.join(nows, on="subject").filter(
            (pl.col("origin") == 0) & (pl.col("received_at") > pl.col("at"))
        )
        ours = pl.col("segment").is_in(names)
        # changes not yet taken as a stimulus, of this instant too, are foreseen anew
        pending = self._queue.pending().with_columns(is_pending=pl.lit(value=True))
        timed = self._changes.join(
            pending, on=list(CHANGES), how="left", maintain_order="left"
        ).join(nows.rename({"at": "now"}), on="subject", how="left", maintain_order="left")
        stale = ours & pl.col("now").is_not_null() & pl.col("is_pending").is_not_null()
        known = timed.filter(ours & pl.col("now").is_not_null() & ~stale)
        moved, state = audiences.ask(
            touched, self._world, events, nows, empty(MEMBERS), _since(before, known), self._until
        )
        self._queue.replan(subjects, names, moved)
        self._changes = pl.concat([timed.filter(~stale).select(CHANGES.keys()), moved])
        old = self._members.join(state, on=["segment", "profile"], how="anti")
        self._members = pl.concat([old, state])


def _since(before: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Memberships (MEMBERS) as they stand after the changes known so far."""
    latest = (
        known.sort("at", maintain_order=True)
        .unique(["segment", "subject"], keep="last", maintain_order=True)
        .select(
            "segment",
            profile="subject",
            member="entered",
            since="at",
            next_at=pl.lit(None, pl.Int64()),
        )
    )
    rest = before.join(latest, on=["segment", "profile"], how="anti")
    return stack([rest.select(MEMBERS.keys()), latest.select(MEMBERS.keys())], MEMBERS)
