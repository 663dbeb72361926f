"""Every subject's next stimulus, all subjects at once.

A stimulus is an event that some journey looks for, or an instant at which a membership changed. A
subject's stimuli are taken in their order, and a timer that falls due before the next of them comes
first; at the same instant the event comes first, because the customer did act in time.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from raabta.core.frames import CHANGES, MATCHES, stack

_STIMULI = {"subject": pl.Int64(), "at": pl.Int64(), "seq": pl.Int64(), "turn": pl.Int64()}


class Queue:
    """The stimuli still to come in a tick. `matches` and `changes` say what each one brings."""

    def __init__(self, events: pl.DataFrame, matches: pl.DataFrame, changes: pl.DataFrame) -> None:
        self.matches = matches.select(MATCHES.keys())
        self._turns = 0
        looked_for = events.join(matches.select("seq").unique(), on="seq", how="semi").select(
            "subject", at="received_at", seq="seq"
        )
        self._lay_out(looked_for, changes)

    def _lay_out(self, events: pl.DataFrame, changes: pl.DataFrame) -> None:
        """Sort all stimuli; changes ride on the first event of their instant, or come alone."""
        alone = (
            changes.select("subject", "at")
            .unique()
            .join(events.select("subject", "at").unique(), on=["subject", "at"], how="anti")
            .with_columns(seq=pl.lit(None, pl.Int64()))
        )
        stimuli = pl.concat([events.select("subject", "at", "seq"), alone]).sort(
            "subject", "at", "seq", nulls_last=True
        )
        first = self._turns
        self._turns += stimuli.height
        stimuli = stimuli.with_columns(turn=pl.int_range(first, first + stimuli.height))
        carriers = stimuli.unique(["subject", "at"], keep="first", maintain_order=True)
        self.changes = changes.join(
            carriers.select("subject", "at", "turn"), on=["subject", "at"], how="inner"
        )
        self._stimuli = stimuli
        subjects, starts = np.unique(stimuli["subject"].to_numpy(), return_index=True)
        self._subjects = subjects
        self._next = starts.astype(np.int64)
        self._end = np.append(starts, stimuli.height)[1:].astype(np.int64)

    def heads(self) -> pl.DataFrame:
        """The next stimulus of every subject that has one: subject, at, seq, turn."""
        waiting = self._next < self._end
        return self._stimuli[self._next[waiting]]

    def movers(self, due: pl.DataFrame) -> pl.DataFrame:
        """Who moves in this round: subject, now, seq, turn, is_timer.

        `due` has subject and due_at: the earliest timer of each subject that has one in the tick.
        Stimuli that are handed out are gone from the queue.
        """
        heads = self.heads()
        both = heads.join(due, on="subject", how="full", coalesce=True)
        is_timer = pl.col("at").is_null() | (pl.col("due_at") < pl.col("at")).fill_null(value=False)
        movers = both.select(
            "subject",
            now=pl.when(is_timer).then("due_at").otherwise("at"),
            seq=pl.when(~is_timer).then("seq"),
            turn=pl.when(~is_timer).then("turn"),
            is_timer=is_timer,
        ).sort("subject")
        taken = movers.filter(~pl.col("is_timer"))["subject"].to_numpy()
        self._next[np.searchsorted(self._subjects, taken)] += 1
        return movers

    def pending(self) -> pl.DataFrame:
        """The changes (CHANGES) that no stimulus has brought yet."""
        return self.changes.join(self._left().select("turn"), on="turn", how="semi").select(
            CHANGES.keys()
        )

    def _left(self) -> pl.DataFrame:
        owner = np.searchsorted(self._subjects, self._stimuli["subject"].to_numpy())
        return self._stimuli.filter(np.arange(self._stimuli.height) >= self._next[owner])

    def replan(self, subjects: pl.Series, segments: list[str], changes: pl.DataFrame) -> None:
        """Put `changes` (CHANGES) in the place of what was foreseen of these segments for these
        subjects: a step has just changed the facts."""
        left = self._left()
        stale = pl.col("subject").is_in(subjects.implode()) & pl.col("segment").is_in(segments)
        kept = self.pending().filter(~stale)
        events = left.filter(pl.col("seq").is_not_null()).select("subject", "at", "seq")
        self._lay_out(events, stack([kept, changes.select(CHANGES.keys())], CHANGES))
