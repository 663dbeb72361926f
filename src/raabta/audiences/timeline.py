"""Who enters or leaves a segment within a window, at which instant.

What depends only on facts known beforehand is asked once for the whole window: at each instant a
relevant event gives, at each timer due, and then at each instant the answers themselves say they can
change by time alone, until no such instant is left before the window's end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import polars as pl

from raabta.audiences.model import Segment
from raabta.audiences.ports import Answers
from raabta.core.frames import CHANGES, MEMBERS, stack

_INSTANTS = {"subject": pl.Int64(), "at": pl.Int64()}


def relevant(segment: Segment, events: pl.DataFrame, newcomers: pl.DataFrame) -> pl.DataFrame:
    """The instants (subject, at) at which events may change a segment's answer.

    `newcomers` (subject, at) are asked whatever brought them: 'did not order' holds for someone
    who has only looked at a page.
    """
    names = list(segment.events)
    wanted = pl.col("name").is_in(names)
    if segment.traits:
        wanted = wanted | (pl.col("kind") == "identify")
    found = events.filter(wanted).select("subject", at="received_at")
    return pl.concat([found, newcomers.select(_INSTANTS.keys())]).unique(maintain_order=True)


def timeline(
    segment: Segment, history: Answers, instants: pl.DataFrame, until: int
) -> pl.DataFrame:
    """All answers (subject, at, answer, next_at) of a window, sorted by subject and time."""
    asked = instants.filter(pl.col("at") <= until).unique(maintain_order=True)
    known = history.ask(segment.condition, asked).sort("subject", "at")
    while True:
        following = pl.col("at").shift(-1).over("subject")
        asked = known.filter(
            (pl.col("next_at") <= until) & (following.is_null() | (pl.col("next_at") < following))
        ).select("subject", at="next_at")
        if asked.is_empty():
            return known
        more = history.ask(segment.condition, asked)
        known = pl.concat([known, more.select(known.columns)]).sort("subject", "at")


def changes(
    segment: Segment, answers: pl.DataFrame, members: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Turn answers into changes (CHANGES) and the new state (MEMBERS) of those who were asked."""
    before = members.filter(pl.col("segment") == segment.name).select(
        subject="profile", was="member", was_since="since"
    )
    rows = answers.join(before, on="subject", how="left", maintain_order="left").with_columns(
        previous=pl.coalesce(pl.col("answer").shift(1).over("subject"), "was", pl.lit(value=False)),
        first_at=pl.col("at").min().over("subject"),
    )
    moved = rows.filter(pl.col("answer") != pl.col("previous")).select(
        "subject", "at", segment=pl.lit(segment.name), entered="answer"
    )
    last_move = moved.group_by("subject").agg(moved_at=pl.col("at").max())
    state = (
        rows.unique("subject", keep="last", maintain_order=True)
        .join(last_move, on="subject", how="left", maintain_order="left")
        .select(
            segment=pl.lit(segment.name),
            profile="subject",
            member="answer",
            since=pl.coalesce("moved_at", "was_since", "first_at"),
            next_at="next_at",
        )
    )
    return moved.select(CHANGES.keys()), state.select(MEMBERS.keys())


def ask(
    segments: Iterable[Segment],
    history: Answers,
    events: pl.DataFrame,
    newcomers: pl.DataFrame,
    timers: pl.DataFrame,
    members: pl.DataFrame,
    until: int,
    dropouts: Callable[[Segment], pl.DataFrame] | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Changes and new state of all given segments over a window.

    `dropouts` may name instants (subject, at) at which events leave a segment's windows: asked at
    once they spare the timeline as many turns.
    `timers` has segment, profile, next_at of memberships due in the window.
    """
    moved, states = [], []
    for segment in segments:
        due = timers.filter(pl.col("segment") == segment.name)
        instants = pl.concat(
            [
                relevant(segment, events, newcomers),
                due.select(subject="profile", at="next_at"),
            ]
        )
        if dropouts is not None:
            instants = pl.concat([instants, dropouts(segment).select(_INSTANTS.keys())])
        if instants.is_empty():
            continue
        answers = timeline(segment, history, instants, until)
        change, state = changes(segment, answers, members)
        moved.append(change)
        states.append(state)
    return stack(moved, CHANGES), stack(states, MEMBERS)


def as_of(
    segments: Iterable[Segment], history: Answers, subjects: pl.Series, at: int
) -> pl.DataFrame:
    """The state (MEMBERS) of the given subjects at one instant: a rebuild."""
    asked = pl.DataFrame({"subject": subjects}, schema={"subject": pl.Int64}).with_columns(
        at=pl.lit(at, pl.Int64())
    )
    states = [
        history.ask(segment.condition, asked).select(
            segment=pl.lit(segment.name),
            profile="subject",
            member="answer",
            since="at",
            next_at="next_at",
        )
        for segment in segments
    ]
    return stack([s.select(MEMBERS.keys()) for s in states], MEMBERS)
