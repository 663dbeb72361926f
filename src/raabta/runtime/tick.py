"""The whole engine: one tick takes the log up to an instant and moves everybody it concerns.

The same function runs live, where a tick covers a fraction of a second, and in a backtest, where it
covers days: only the `World` differs. However the log is cut into ticks, the ledger is the same.
"""

from __future__ import annotations

import polars as pl

from raabta.audiences import timeline as audiences
from raabta.core.clock import Instant
from raabta.core.frames import MATCHES, stack
from raabta.runtime.ports import Outcome, Rules, Taken, World
from raabta.runtime.queue import Queue
from raabta.runtime.rounds import Rounds


def tick(world: World, until: Instant) -> Outcome:
    """Take the log up to `until` (or as far as one tick may go) and commit what follows from it."""
    rules = world.rules
    taken = world.take(until)
    live = taken.events.filter(pl.col("origin") == 0)
    timers = world.due_members(taken.until)
    asked = pl.concat([live["subject"], timers["profile"]]).unique()
    changes, members = audiences.ask(
        rules.segments,
        world,
        live,
        taken.newcomers,
        timers,
        world.members([s.name for s in rules.segments], asked),
        taken.until,
        lambda segment: world.dropouts(segment, taken.until),
    )
    queue = Queue(live, _matches(world, rules, taken, live), changes)
    rounds = Rounds(world, queue, taken, changes, members)
    while not (movers := queue.movers(rounds.due())).is_empty():
        moving = rounds.react(movers)
        while moving.height:
            moving = rounds.decide(rounds.run(moving))
    outcome = rounds.outcome()
    world.commit(outcome)
    return outcome


def _matches(world: World, rules: Rules, taken: Taken, live: pl.DataFrame) -> pl.DataFrame:
    """Which events of the slice some journey looks for."""
    names = set(live["name"].unique().to_list())
    found = [
        pl.DataFrame({"seq": world.matching(matcher, taken)}).with_columns(
            matcher=pl.lit(number, pl.Int64())
        )
        for number, matcher in enumerate(rules.plan.matchers)
        if matcher.event in names
    ]
    return stack(found, MATCHES).join(live.select("seq"), on="seq", how="semi")
