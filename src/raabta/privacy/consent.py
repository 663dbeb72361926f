"""Consent is an event: who agreed to what, on which channel, when, and where that is known from."""

from __future__ import annotations

import polars as pl

#: `track` call whose properties are channel, topic ('*' for the whole channel), granted, source.
CONSENT_EVENT = "Consent Updated"

_COLUMNS = {
    "profile": pl.Int64(),
    "channel": pl.String(),
    "topic": pl.String(),
    "granted": pl.Boolean(),
    "at": pl.Int64(),
    "source": pl.String(),
}

_WORDS = {
    **dict.fromkeys(("true", "1", "1.0", "yes", "granted"), True),
    **dict.fromkeys(("false", "0", "0.0", "no", "denied", "withdrawn"), False),
}


def consents_of(events: pl.DataFrame) -> pl.DataFrame:
    """Consents (profile, channel, topic, granted, at, source) of the event's rows by property path.

    A row that does not say clearly whether it grants says nothing and is left out. Senders may say
    it as true and false, as 1 and 0, or as a word.
    """
    for name in ("channel", "topic", "source", "granted"):
        if name not in events.columns:
            events = events.with_columns(pl.lit(None, pl.String()).alias(name))
    texts = pl.col("channel", "topic", "source").cast(pl.String())
    events = events.with_columns(texts, granted=_granted(events["granted"]))
    return events.filter(pl.col("granted").is_not_null()).select(
        profile="profile",
        channel=pl.col("channel").fill_null("email"),
        topic=pl.col("topic").fill_null("*"),
        granted="granted",
        at="received_at",
        source=pl.col("source").fill_null("event"),
    )


def _granted(said: pl.Series) -> pl.Series:
    if said.dtype == pl.Boolean:
        return said
    words = said.cast(pl.String()).str.strip_chars().str.to_lowercase()
    return words.replace_strict(_WORDS, default=None, return_dtype=pl.Boolean())
