"""From identifiers to people, for a whole batch of events at once.

Two rules keep strangers apart: a known user's identifier is never merged with another known user's
except by an explicit `alias`, and an anonymous identifier (a browser, a device) belongs to the first
user it was seen with. What an anonymous visitor did before is theirs from then on.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from raabta.core.ids import name_key

IDENTIFIERS = {"kind": pl.String(), "value": pl.String(), "profile": pl.Int64()}


@dataclass(frozen=True)
class Resolved:
    """`events` carry a `subject`. `cut` is the `seq` of the first event that merges two known
    profiles: it and all after it were left out, to be resolved again once `merges` is applied.
    When no event is left before it, the new profile is that of the name it merges into."""

    events: pl.DataFrame
    profiles: pl.DataFrame  # id, seed, user_id, anonymous_id, created_at: new ones
    identifiers: pl.DataFrame  # kind, value, profile, linked_at: new ones
    taken_over: pl.DataFrame  # id, user_id: anonymous profiles that got a name
    merges: pl.DataFrame  # loser, winner
    cut: int | None


def resolve(events: pl.DataFrame, known: pl.DataFrame, owned: pl.DataFrame) -> Resolved:
    """Resolve a batch in log order.

    `events`: seq, received_at, user_id, anonymous_id, kind, previous_id, profile (set by the
    engine) and whatever else; `known`: IDENTIFIERS of this batch's identifiers; `owned`: `profile`s
    of `known` that have a user_id.

    Identifiers of new profiles are the `seq` of the event that brought them: unique, and the same
    however the log is cut. Seeds hash the identifier, so that holdouts survive a re-import.
    """
    events = _with_users(events, known, owned)
    cut_rows = events.filter(pl.col("merging"))
    cut = int(cut_rows["seq"].min()) if cut_rows.height else None  # type: ignore[arg-type]
    merges = cut_rows.sort("seq").head(1).select(loser="loser_profile", winner="winner_profile")
    if cut is not None:
        events = events.filter(pl.col("seq") < cut)
        events = _with_users(events.select(_inputs(events)), known, owned)
    # a merge into a name never seen before needs the name's own profile first
    is_cut_short = cut is not None and events.is_empty()
    named = cut_rows.sort("seq").head(1) if is_cut_short else events
    new_users = named.filter(pl.col("user_is_new")).unique("user_id", keep="first")
    new_anonymous = events.filter(pl.col("anonymous_is_new")).unique("anonymous_id", keep="first")
    lone = new_anonymous.filter(
        pl.col("user_id").is_null() & (pl.col("anonymous_profile") == pl.col("seq"))
    )
    profiles = pl.concat(
        [
            _fresh(new_users.filter(pl.col("user_profile") == pl.col("user_first")), "user_id"),
            _fresh(lone.filter(pl.col("anonymous_first") == pl.col("seq")), "anonymous_id"),
        ]
    ).unique("id", keep="first", maintain_order=True)
    links = [
        _links(new_users, "user_id", "user_profile"),
        _links(new_anonymous, "anonymous_id", "anonymous_profile"),
    ]
    over = new_users.filter(pl.col("user_profile") != pl.col("user_first"))
    return Resolved(
        events=events.with_columns(
            subject=pl.coalesce("profile", "user_profile", "anonymous_profile")
        ),
        profiles=profiles,
        identifiers=pl.concat(links).unique(["kind", "value"], keep="first", maintain_order=True),
        taken_over=over.select(id="user_profile", user_id="user_id"),
        merges=merges,
        cut=cut,
    )


def _inputs(events: pl.DataFrame) -> list[str]:
    return [c for c in events.columns if c not in _WORK]


_WORK = (
    "user_profile",
    "user_first",
    "user_is_new",
    "anonymous_profile",
    "anonymous_first",
    "anonymous_is_new",
    "merging",
    "loser_profile",
    "winner_profile",
)


def _with_users(events: pl.DataFrame, known: pl.DataFrame, owned: pl.DataFrame) -> pl.DataFrame:
    """Add the work columns: profiles of both identifiers, and which event merges which."""
    users = known.filter(pl.col("kind") == "user_id").select(user_id="value", known_user="profile")
    anonymous = _anonymous_here(events, known, owned)
    users_here = _users_here(events, users, anonymous)
    anonymous = _linked(anonymous, users_here)
    events = events.join(
        users_here.select("user_id", "user_profile", "user_first", "user_is_new"),
        on="user_id",
        how="left",
        maintain_order="left",
    ).join(
        anonymous.select(
            "anonymous_id",
            "anonymous_profile",
            "anonymous_first",
            "anonymous_is_new",
            "stands",
            "merges_at",
        ),
        on="anonymous_id",
        how="left",
        maintain_order="left",
    )
    return _with_merges(events, users, users_here.filter("user_is_new")).drop("stands", "merges_at")


def _anonymous_here(events: pl.DataFrame, known: pl.DataFrame, owned: pl.DataFrame) -> pl.DataFrame:
    """Each anonymous identifier of the batch: who has it, and the first user it is seen with.

    `stands` is its profile when that user comes along, null when it comes with the user itself.
    """
    anons = known.filter(pl.col("kind") == "anonymous_id").select(
        anonymous_id="value",
        known_anonymous="profile",
        is_owned=pl.col("profile").is_in(owned["profile"].implode()),
    )
    present = events.filter(pl.col("anonymous_id").is_not_null())
    first = present.group_by("anonymous_id").agg(anonymous_first=pl.col("seq").min())
    link = (
        present.filter(pl.col("user_id").is_not_null())
        .sort("seq")
        .unique("anonymous_id", keep="first", maintain_order=True)
        .select("anonymous_id", link_seq="seq", link_user="user_id")
    )
    alone_first = pl.col("link_seq").is_null() | (pl.col("anonymous_first") < pl.col("link_seq"))
    return (
        first.join(anons, on="anonymous_id", how="left")
        .join(link, on="anonymous_id", how="left")
        .with_columns(
            pl.col("is_owned").fill_null(value=False),
            stands=pl.coalesce("known_anonymous", pl.when(alone_first).then("anonymous_first")),
        )
    )


def _users_here(events: pl.DataFrame, users: pl.DataFrame, anonymous: pl.DataFrame) -> pl.DataFrame:
    """Each user of the batch and their profile: known, taken over from a visitor, or new."""
    here = (
        events.filter(pl.col("user_id").is_not_null())
        .group_by("user_id")
        .agg(user_first=pl.col("seq").min())
        .join(users, on="user_id", how="left")
    )
    # the first standing, unowned anonymous profile whose link introduces the user is taken over
    takeovers = (
        anonymous.filter(~pl.col("is_owned") & pl.col("stands").is_not_null())
        .join(here, left_on="link_user", right_on="user_id")
        .filter(pl.col("known_user").is_null() & (pl.col("link_seq") == pl.col("user_first")))
        .select(user_id="link_user", taken="stands")
    )
    return here.join(takeovers, on="user_id", how="left").with_columns(
        user_profile=pl.coalesce("known_user", "taken", "user_first"),
        user_is_new=pl.col("known_user").is_null(),
    )


def _linked(anonymous: pl.DataFrame, users_here: pl.DataFrame) -> pl.DataFrame:
    """Each anonymous identifier's profile after the batch, and the event that merges it away."""
    merging = (
        ~pl.col("is_owned")
        & pl.col("stands").is_not_null()
        & (pl.col("linked") != pl.col("stands"))
    )
    return anonymous.join(
        users_here.select(link_user="user_id", linked="user_profile"), on="link_user", how="left"
    ).with_columns(
        anonymous_profile=pl.when(pl.col("is_owned"))
        .then("known_anonymous")
        .otherwise(pl.coalesce("linked", "stands")),
        anonymous_is_new=pl.col("known_anonymous").is_null(),
        merges_at=pl.when(merging).then("link_seq"),
    )


def _with_merges(events: pl.DataFrame, users: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    since = pl.lit(0, pl.Int64())
    previous = pl.concat(
        [
            users.select(
                previous_id="user_id", previous_profile="known_user", previous_since=since
            ),
            new.select(
                previous_id="user_id",
                previous_profile="user_profile",
                previous_since="user_first",
            ),
        ]
    )
    events = events.join(previous, on="previous_id", how="left", maintain_order="left")
    # a name seen for the first time in this same batch is merged too: the batch is cut at the
    # alias, and the next one knows both
    alias = (
        (pl.col("kind") == "alias")
        & (pl.col("previous_since") < pl.col("seq"))
        & (pl.col("previous_profile") != pl.col("user_profile"))
    )
    by_link = pl.col("merges_at") == pl.col("seq")
    return events.with_columns(
        merging=(alias | by_link).fill_null(value=False),
        loser_profile=pl.when(by_link).then("stands").otherwise("previous_profile"),
        winner_profile="user_profile",
    ).drop("previous_profile", "previous_since")


def _fresh(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    seeds = [name_key(kind, value) for value in rows[kind].to_list()]
    both = {"user_id": pl.lit(None, pl.String()), "anonymous_id": pl.lit(None, pl.String())}
    both[kind] = pl.col(kind)
    column = "user_first" if kind == "user_id" else "anonymous_first"
    return rows.select(
        id=column, seed=pl.Series(seeds, dtype=pl.Int64), created_at="received_at", **both
    )


def _links(rows: pl.DataFrame, kind: str, profile: str) -> pl.DataFrame:
    return rows.select(kind=pl.lit(kind), value=kind, profile=profile, linked_at="received_at")
