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


def consents_of(events: pl.DataFrame) -> pl.DataFrame:
    """Consents (profile, channel, topic, granted, at, source) of the event's rows by property path.

    A row that does not say whether it grants says nothing and is left out.
    """
    columns = dict.fromkeys(("channel", "topic", "source"), pl.String())
    for name, kind in {**columns, "granted": pl.Boolean()}.items():
        if name not in events.columns:
            events = events.with_columns(pl.lit(None, kind).alias(name))
    return events.filter(pl.col("granted").is_not_null()).select(
        profile="profile",
        channel=pl.col("channel").fill_null("email"),
        topic=pl.col("topic").fill_null("*"),
        granted="granted",
        at="received_at",
        source=pl.col("source").fill_null("event"),
    )
