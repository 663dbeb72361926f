"""The decision over a person's own candidates: an ordered list of small rules.

Budgets, volumes and people's capacity concern everybody and are arbitrated at the close of a
window; what is decided here concerns one person alone, so nobody waits for anybody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from raabta.core.frames import DECISIONS, SENDS, empty, stack
from raabta.decisioning.facts import attach
from raabta.decisioning.model import Policy
from raabta.decisioning.quiet import quiet_until


@dataclass(frozen=True)
class Context:
    policy: Policy
    sends: pl.DataFrame  # SENDS: what already counts towards the caps


Rule = Callable[[pl.DataFrame, Context], pl.DataFrame]

_OPEN = pl.col("outcome").is_null()
_MARKETING = pl.col("class") != "transactional"


def decide(
    candidates: pl.DataFrame,
    facts: pl.DataFrame,
    suppressed: pl.DataFrame,
    sends: pl.DataFrame,
    policy: Policy,
) -> pl.DataFrame:
    """One decision for each candidate (CANDIDATES in, DECISIONS out, same order).

    `facts` is a FACTS timeline sorted by `at`, `suppressed` has channel and address, `sends` are
    the SENDS of at least the longest cap window. Candidates of one subject in one call share one
    instant and compete for the room under the caps by priority.
    """
    if candidates.is_empty():
        return empty(DECISIONS)
    rows = attach(candidates, facts, suppressed).with_columns(
        outcome=pl.lit(None, pl.String()),
        rule=pl.lit(None, pl.String()),
        rival=pl.lit(None, pl.Int64()),
        until=pl.lit(None, pl.Int64()),
    )
    context = Context(policy, sends)
    for rule in RULES:
        rows = rule(rows, context)
    rows = rows.with_columns(outcome=pl.col("outcome").fill_null("sent"))
    return rows.select(DECISIONS.keys())


def _withhold(rows: pl.DataFrame, name: str, when: pl.Expr) -> pl.DataFrame:
    hit = _OPEN & when
    return rows.with_columns(
        outcome=pl.when(hit).then(pl.lit("withheld")).otherwise(pl.col("outcome")),
        rule=pl.when(hit).then(pl.lit(name)).otherwise(pl.col("rule")),
    )


def _defer(rows: pl.DataFrame, name: str, free_at: pl.Expr, rival: pl.Expr) -> pl.DataFrame:
    """Open rows with a `free_at` wait for it, or are withheld where it is past their patience."""
    hit = _OPEN & free_at.is_not_null()
    in_time = free_at <= pl.col("since") + pl.col("patience")
    return rows.with_columns(
        outcome=pl.when(hit & in_time)
        .then(pl.lit("deferred"))
        .when(hit)
        .then(pl.lit("withheld"))
        .otherwise(pl.col("outcome")),
        rule=pl.when(hit).then(pl.lit(name)).otherwise(pl.col("rule")),
        rival=pl.when(hit).then(rival).otherwise(pl.col("rival")),
        until=pl.when(hit & in_time).then(free_at).otherwise(pl.col("until")),
    )


def holdout(rows: pl.DataFrame, _context: Context) -> pl.DataFrame:
    return _withhold(rows, "holdout", pl.col("holdout") & _MARKETING)


def no_address(rows: pl.DataFrame, _context: Context) -> pl.DataFrame:
    missing = pl.col("address").is_null() | (pl.col("address") == "")
    return _withhold(rows, "no_address", missing)


def suppressed(rows: pl.DataFrame, _context: Context) -> pl.DataFrame:
    return _withhold(rows, "suppressed", pl.col("suppressed"))


def no_consent(rows: pl.DataFrame, _context: Context) -> pl.DataFrame:
    return _withhold(rows, "no_consent", ~pl.col("consent") & _MARKETING)


def quiet_hours(rows: pl.DataFrame, context: Context) -> pl.DataFrame:
    hours = context.policy.quiet_hours
    if hours is None:
        return rows
    until = quiet_until(rows["at"], rows["timezone"], hours, context.policy.timezone)
    rows = rows.with_columns(quiet_end=until)
    free_at = pl.when(_MARKETING).then(pl.col("quiet_end"))
    return _defer(rows, "quiet_hours", free_at, pl.lit(None, pl.Int64())).drop("quiet_end")


def cap(rows: pl.DataFrame, context: Context) -> pl.DataFrame:
    for name, limit in context.policy.caps.items():
        if rows.filter(_OPEN & (pl.col("class") == name)).is_empty():
            continue
        waits = _over_cap(rows, context.sends, name, limit.max, limit.window)
        rows = rows.join(waits, on="id", how="left", maintain_order="left")
        rows = _defer(rows, "cap", pl.col("free_at"), pl.col("holder")).drop("free_at", "holder")
    return rows


def _over_cap(
    rows: pl.DataFrame, sends: pl.DataFrame, name: str, most: int, window: int
) -> pl.DataFrame:
    """Candidates beyond the cap: id, when a place is free for them, and who holds it until then.

    The places are held by the messages sent within the window and by the higher-ranked candidates
    of this same instant. The k-th candidate beyond the cap waits for the k-th place to be vacated.
    """
    ranked = (
        rows.filter(_OPEN & (pl.col("class") == name))
        .select("id", "subject", "at", "priority")
        .sort(["subject", "priority", "id"], descending=[False, True, False])
        .with_columns(rank=pl.int_range(pl.len()).over("subject") + 1)
    )
    here = ranked.unique("subject").select("subject", now="at")
    held = (
        sends.filter(pl.col("class") == name)
        .join(here, on="subject")
        .filter((pl.col("at") > pl.col("now") - window) & (pl.col("at") <= pl.col("now")))
        .select("id", "subject", "at")
    )
    used = held.group_by("subject").agg(used=pl.len().cast(pl.Int64))
    ranked = ranked.join(used, on="subject", how="left", maintain_order="left").with_columns(
        room=(most - pl.col("used").fill_null(0)).clip(lower_bound=0)
    )
    passed = ranked.filter(pl.col("rank") <= pl.col("room"))
    over = ranked.filter(pl.col("rank") > pl.col("room"))
    if over.is_empty() or most == 0:
        # A cap of nothing never frees a place: far beyond anybody's patience.
        never = pl.lit(2**62, pl.Int64())
        return over.select("id", free_at=never, holder=pl.lit(None, pl.Int64()))
    places = (
        pl.concat([held, passed.select("id", "subject", "at")])
        .sort(["subject", "at", "id"])
        .with_columns(
            place=pl.int_range(pl.len()).over("subject") + 1,
            taken=pl.len().over("subject"),
        )
        .select(
            "subject",
            holder="id",
            free_at=pl.col("at") + window,
            turn=pl.col("place") - (pl.col("taken").cast(pl.Int64) - most),
        )
    )
    # More candidates than places: those come round again after the cap's whole width.
    over = over.with_columns(nth=pl.col("rank") - pl.col("room"))
    over = over.with_columns(
        turn=(pl.col("nth") - 1) % most + 1, rounds=(pl.col("nth") - 1) // most
    )
    return over.join(places, on=["subject", "turn"], how="left", maintain_order="left").select(
        "id", free_at=pl.col("free_at") + pl.col("rounds") * window, holder="holder"
    )


RULES: tuple[Rule, ...] = (holdout, no_address, suppressed, no_consent, quiet_hours, cap)


def counted(decisions: pl.DataFrame) -> pl.DataFrame:
    """The decisions that take a place under a cap, as SENDS."""
    sent = decisions.filter(pl.col("outcome") == "sent")
    return stack([sent.select(SENDS.keys())], SENDS)
