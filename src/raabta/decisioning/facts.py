"""Attaching to each candidate what is known about its person at its own instant."""

from __future__ import annotations

import polars as pl

from raabta.core.frames import FACTS, stack

#: Which trait holds a channel's address.
ADDRESS_TRAIT = {"email": "email", "sms": "phone"}
TIMEZONE_TRAIT = "timezone"
LOCALE_TRAIT = "locale"
TRAIT_KEYS = (*ADDRESS_TRAIT.values(), TIMEZONE_TRAIT, LOCALE_TRAIT)


def trait_facts(traits: pl.DataFrame) -> pl.DataFrame:
    """Facts of trait rows (profile, key, value as JSON text, at). Only text can be an address."""
    text = pl.when(pl.col("value").str.starts_with('"')).then(pl.col("value"))
    return traits.filter(pl.col("key").is_in(TRAIT_KEYS)).select(
        subject="profile",
        key=pl.lit("trait:") + pl.col("key"),
        at="at",
        value=text.str.json_decode(pl.String()),
    )


def consent_facts(consents: pl.DataFrame) -> pl.DataFrame:
    """Facts of consent rows (profile, channel, topic, granted, at); topic '*' is the channel."""
    return consents.select(
        subject="profile",
        key=pl.concat_str(
            pl.lit("consent"), pl.col("channel"), pl.col("topic").fill_null("*"), separator=":"
        ),
        at="at",
        value=pl.col("granted").cast(pl.String()),
    )


def timeline(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """One sorted timeline of facts; for equal instants the later part wins."""
    return stack([p.select(FACTS.keys()) for p in parts], FACTS).sort("at", maintain_order=True)


def attach(candidates: pl.DataFrame, facts: pl.DataFrame, suppressed: pl.DataFrame) -> pl.DataFrame:
    """Add address, timezone, locale (String), consent (Boolean) and suppressed (Boolean).

    `suppressed` has channel and address (trimmed, lower case). A refused topic outweighs an agreed
    channel, and a refused channel every topic: a person who left one topic stays out of it, and one
    who left the whole channel is out of every topic until they agree again.
    """
    rows = candidates.with_row_index("row").sort("at", maintain_order=True)
    wanted = {
        "timezone": pl.lit(f"trait:{TIMEZONE_TRAIT}"),
        "locale": pl.lit(f"trait:{LOCALE_TRAIT}"),
        "address": pl.lit("trait:")
        + pl.col("channel").replace_strict(ADDRESS_TRAIT, default=pl.col("channel")),
        "channel_consent": pl.concat_str(
            pl.lit("consent"), pl.col("channel"), pl.lit("*"), separator=":"
        ),
        "topic_consent": pl.concat_str(
            pl.lit("consent"), pl.col("channel"), pl.col("topic"), separator=":"
        ),
    }
    for name, key in wanted.items():
        right = facts.select("subject", "key", "at", pl.col("value").alias(name))
        rows = (
            rows.with_columns(key=key)
            .join_asof(
                right, on="at", by=["subject", "key"], strategy="backward", check_sortedness=False
            )
            .drop("key")
        )
    agreed = pl.col("channel_consent") == "true"
    refused = pl.col("topic_consent") == "false"
    rows = rows.with_columns(
        address_key=pl.col("address").str.strip_chars().str.to_lowercase()
    ).join(
        suppressed.select("channel", address_key="address", is_suppressed=pl.lit(value=True)),
        on=["channel", "address_key"],
        how="left",
        maintain_order="left",
    )
    only_topic = pl.col("channel_consent").is_null() & (pl.col("topic_consent") == "true")
    return (
        rows.with_columns(
            consent=(
                (agreed.fill_null(value=False) & ~refused.fill_null(value=False))
                | only_topic.fill_null(value=False)
            ),
            suppressed=pl.col("is_suppressed").fill_null(value=False),
        )
        .sort("row")
        .drop("row", "address_key", "is_suppressed", "channel_consent", "topic_consent")
    )
