"""How many enrollments went along which edge: noted as people move, counted once a tick."""

from __future__ import annotations

import polars as pl

from raabta.core.frames import FLOWS, SLOT, Schema, stack
from raabta.journeys.plan import Plan

#: A note: someone whose step was `origin` (-1: not inside yet) stands at `pc` in `state` at `now`.
_NOTE: Schema = {
    "origin": pl.Int64(),
    "pc": pl.Int64(),
    "now": pl.Int64(),
    "state": pl.String(),
    "exit": pl.String(),
}
_MOVED = pl.col("state").is_in(["running", "ended"])


class Flows:
    """The moves of one tick. Notes are views of columns the kernel holds anyway: noting costs
    next to nothing, and whoever rests where they stood is sorted out when it is counted."""

    def __init__(self) -> None:
        self._notes: list[pl.DataFrame] = []

    def entered(self, rows: pl.DataFrame) -> None:
        """New enrollments at their first step."""
        if rows.height:
            self._note(rows.with_columns(origin=pl.lit(-1, pl.Int64())))

    def stepped(self, rows: pl.DataFrame) -> None:
        """Running rows after a step each; `origin` is where they stood."""
        self._note(rows)

    def reacted(self, before: pl.DataFrame, after: pl.DataFrame) -> None:
        """Live rows and what a stimulus made of them, in the same order. A message that was put
        off and is tried again stands where it stood."""
        again = (before["state"] == "deferred") & (after["state"] == "running")
        moved = after.select("pc", "now", "state", "exit", origin=before["pc"])
        self._note(moved.filter(~again) if again.any() else moved)

    def _note(self, rows: pl.DataFrame) -> None:
        self._notes.append(rows.select(_NOTE.keys()))

    def counted(self, plan: Plan) -> pl.DataFrame:
        """All edges taken (FLOWS). People who leave go to -1, for the reason `exit`."""
        moved = [note.filter(_MOVED) for note in self._notes]
        frame = stack(moved, _NOTE)
        if frame.is_empty():
            return pl.DataFrame(schema=FLOWS)
        over = pl.col("state") == "ended"
        counted = (
            frame.lazy()
            .select(
                "origin",
                target=pl.when(over).then(-1).otherwise("pc"),
                exit=pl.when(over).then("exit"),
                slot=pl.col("now") // SLOT,
            )
            .group_by("origin", "target", "exit", "slot")
            .agg(n=pl.len().cast(pl.Int64))
            .collect()
        )
        return _named(counted, plan).sort("journey", "slot", "origin", "target", "exit")


def _named(counted: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Numbers of the plan as steps of their journeys."""
    inside = counted.select(pl.max_horizontal("origin", "target"))["origin"].to_numpy()
    number = plan.offset.searchsorted(inside, side="right") - 1
    base = pl.Series(plan.offset[number])
    return counted.with_columns(
        pl.col("exit").fill_null(""),
        journey=pl.Series(number, dtype=pl.Int64),
        origin=pl.when(pl.col("origin") >= 0).then(pl.col("origin") - base).otherwise(-1),
        target=pl.when(pl.col("target") >= 0).then(pl.col("target") - base).otherwise(-1),
    ).select(FLOWS.keys())
