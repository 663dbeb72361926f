"""The kernel: what one stimulus of every mover does to their enrollments, all movers at once.

A mover is a subject with a stimulus in this round, at its own instant `now`. The order within a
stimulus is fixed, and `docs/journeys.md` explains it: timers that fall due, then goals, exits and
waits that the event ends, then entries, then steps until everybody waits, has ended or stands at a
send. The per-person interpreter in the tests says the same in plain Python.
"""

from __future__ import annotations

import polars as pl

from raabta.core.frames import ENROLLMENTS, empty
from raabta.core.ids import mixed_id, name_key, uniform
from raabta.journeys.model import GOAL_MET, TIMED_OUT
from raabta.journeys.plan import Plan
from raabta.journeys.steps import STEPS, Context

_LIVE = pl.col("state") != "ended"


def fire(rows: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Timers: rows (with `now`) whose `due_at` is now leave their wait, or end at their deadline."""
    due = _LIVE & (pl.col("due_at") <= pl.col("now"))
    if rows.filter(due).is_empty():
        return rows
    over = due & (pl.col("deadline") <= pl.col("now")).fill_null(value=False)
    after = pl.Series(plan.next[rows["pc"].to_numpy()])
    rows = _end(rows, over, pl.lit(TIMED_OUT))
    fired = due & _LIVE & (pl.col("state").is_in(["waiting", "deferred"]))
    return rows.with_columns(
        pc=pl.when(fired & (pl.col("state") == "waiting")).then(after).otherwise("pc"),
        state=pl.when(fired).then(pl.lit("running")).otherwise("state"),
        due_at=pl.when(fired).then(pl.lit(None, pl.Int64())).otherwise("due_at"),
    )


def react(rows: pl.DataFrame, hits: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Goals, exits and ended waits: `hits` has subject, matcher for each mover's event."""
    if rows.is_empty() or hits.is_empty():
        return rows
    pairs = hits.select("subject", "matcher")
    for targets, reasons in _endings(plan):
        ended = pairs.join(targets, on="matcher").select("subject", "journey", "reason")
        ended = ended.sort("reason").unique(["subject", "journey"], keep="first")
        rows = rows.join(ended, on=["subject", "journey"], how="left", maintain_order="left")
        words = pl.col("reason").replace_strict(
            list(reasons), list(reasons.values()), default=None, return_dtype=pl.String()
        )
        rows = _end(rows, pl.col("reason").is_not_null(), words).drop("reason")
    met = pairs.join(plan.waits, on="matcher").select("subject", "pc", "met")
    rows = rows.join(
        met.unique(["subject", "pc"]), on=["subject", "pc"], how="left", maintain_order="left"
    )
    goes = (pl.col("state") == "waiting") & pl.col("met").is_not_null()
    return rows.with_columns(
        pc=pl.when(goes).then("met").otherwise("pc"),
        state=pl.when(goes).then(pl.lit("running")).otherwise("state"),
        due_at=pl.when(goes).then(pl.lit(None, pl.Int64())).otherwise("due_at"),
    ).drop("met")


def _endings(plan: Plan) -> list[tuple[pl.DataFrame, dict[int, str]]]:
    """Goals first, then exit events in their declared order."""
    found = []
    if not plan.goals.is_empty():
        goals = plan.goals.with_columns(reason=pl.lit(0, pl.Int64()))
        found.append((goals, {0: GOAL_MET}))
    if not plan.exit_events.is_empty():
        reasons = {
            n * 1000 + k: e.reason
            for n, j in enumerate(plan.journeys)
            for k, e in enumerate(j.exits)
        }
        events = plan.exit_events.with_columns(reason=pl.col("journey") * 1000 + pl.col("order"))
        found.append((events.drop("order"), reasons))
    return found


def _end(rows: pl.DataFrame, when: pl.Expr, reason: pl.Expr) -> pl.DataFrame:
    hit = _LIVE & when
    return rows.with_columns(
        state=pl.when(hit).then(pl.lit("ended")).otherwise("state"),
        ended_at=pl.when(hit).then("now").otherwise("ended_at"),
        due_at=pl.when(hit).then(pl.lit(None, pl.Int64())).otherwise("due_at"),
        exit=pl.when(hit).then(reason).otherwise("exit"),
    )


def enter(
    rows: pl.DataFrame,
    calls: pl.DataFrame,
    entries: pl.DataFrame,
    seeds: pl.DataFrame,
    holdout: float,
    context: Context,
) -> pl.DataFrame:
    """New enrollments (ENROLLMENTS plus `now`) for those whom an entry calls in and may come.

    `calls` has subject, now, journey, seq; `entries` are ENTRIES; `seeds` has subject, seed;
    `holdout` is the workspace's share held out of everything.
    """
    plan = context.plan
    calls = calls.unique(["subject", "journey"], keep="first", maintain_order=True)
    if calls.is_empty():
        return empty(ENROLLMENTS).with_columns(now=pl.lit(None, pl.Int64()))
    calls = calls.join(plan.names, on="journey", maintain_order="left")
    inside = rows.filter(_LIVE).join(plan.names, on="journey").select("subject", "name").unique()
    last = entries.group_by("name", "subject").agg(pl.col("last_at").max())
    calls = calls.join(last, on=["name", "subject"], how="left", maintain_order="left")
    # at most one entry an instant, or two journeys that call each other in would never end
    calls = calls.filter(pl.col("last_at").is_null() | (pl.col("last_at") < pl.col("now")))
    calls = calls.join(inside, on=["name", "subject"], how="anti", maintain_order="left")
    kept = []
    for (number,), part in calls.group_by("journey", maintain_order=True):
        kept.append(_allowed(part, int(str(number)), context))
    calls = pl.concat(kept) if kept else calls
    if calls.is_empty():
        return empty(ENROLLMENTS).with_columns(now=pl.lit(None, pl.Int64()))
    return _enrolled(calls.join(seeds, on="subject", maintain_order="left"), holdout, plan)


def _allowed(part: pl.DataFrame, number: int, context: Context) -> pl.DataFrame:
    entry = context.plan.journeys[number].entry
    if entry.again == "never":
        part = part.filter(pl.col("last_at").is_null())
    elif isinstance(entry.again, int):
        free = pl.col("last_at").is_null() | (pl.col("now") - pl.col("last_at") >= entry.again)
        part = part.filter(free)
    if entry.condition is None or part.is_empty():
        return part
    return context.may_enter(number, part)


def _enrolled(calls: pl.DataFrame, holdout: float, plan: Plan) -> pl.DataFrame:
    numbers = calls["journey"].to_numpy()
    names = [name_key("journey", j.name) for j in plan.journeys]
    keys = pl.Series(names, dtype=pl.Int64).to_numpy()[numbers]
    ids = mixed_id(calls["subject"].to_numpy(), keys, calls["now"].to_numpy())
    seed = calls["seed"].to_numpy()
    held = uniform(seed, name_key("holdout", "global")) < holdout
    shares = pl.Series([j.holdout for j in plan.journeys], dtype=pl.Float64).to_numpy()[numbers]
    held = held | (uniform(seed, pl.Series(keys).to_numpy()) < shares)
    within = [j.goal.within if j.goal else None for j in plan.journeys]
    lasting = pl.Series(within, dtype=pl.Int64).gather(calls["journey"])
    return calls.with_columns(
        id=pl.Series(ids),
        entered_at="now",
        entry_seq="seq",
        holdout=pl.Series(held),
        pc=pl.Series(plan.offset[numbers]),
        state=pl.lit("running"),
        since="now",
        due_at=pl.lit(None, pl.Int64()),
        deadline=pl.col("now") + lasting,
        attempt=pl.lit(0, pl.Int64()),
        ended_at=pl.lit(None, pl.Int64()),
        exit=pl.lit(None, pl.String()),
    ).select(*ENROLLMENTS, "now")


def run(rows: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Move every running row until it waits, has ended or stands at a send."""
    settled = [rows.filter(pl.col("state") != "running")]
    running = rows.filter(pl.col("state") == "running")
    while not running.is_empty():
        kinds = pl.Series("kind", context.plan.kind[running["pc"].to_numpy()])
        present = set(kinds.unique().to_list())
        running = running.with_columns(origin="pc")
        moved = [
            step(running.filter(kinds == kind), context).select(running.columns)
            for kind, step in STEPS.items()
            if kind in present
        ]
        everyone = pl.concat(moved)
        context.flows.stepped(everyone)
        everyone = everyone.drop("origin")
        settled.append(everyone.filter(pl.col("state") != "running"))
        running = everyone.filter(pl.col("state") == "running")
    return pl.concat(settled)
