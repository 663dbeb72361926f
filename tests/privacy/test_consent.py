"""Consent is read as people's systems say it, and never guessed."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from raabta.privacy.consent import consents_of


def _said(granted: list[Any], **more: list[Any]) -> pl.DataFrame:
    count = len(granted)
    return consents_of(
        pl.DataFrame(
            {
                "seq": range(count),
                "profile": range(count),
                "received_at": range(count),
                "granted": granted,
                **more,
            }
        )
    )


@pytest.mark.parametrize(
    ("granted", "meant"),
    [
        ([True, False, None], [True, False]),
        (["true", "No", "withdrawn", "perhaps", ""], [True, False, False]),
        ([1.0, 0.0, 7.0], [True, False]),
    ],
)
def test_yes_and_no_are_understood_and_the_rest_is_left_out(
    granted: list[Any], meant: list[bool]
) -> None:
    assert _said(granted)["granted"].to_list() == meant


def test_what_is_not_said_means_the_whole_of_the_email_channel() -> None:
    row = _said([True]).row(0, named=True)
    assert (row["channel"], row["topic"], row["source"]) == ("email", "*", "event")


def test_numbers_as_topics_are_text() -> None:
    assert _said([True], topic=[7.0])["topic"].dtype == pl.String


def test_an_event_that_never_said_anything_gives_no_consent() -> None:
    fixed = dict.fromkeys(("seq", "profile", "received_at", "timestamp"), pl.Int64)
    assert consents_of(pl.DataFrame(schema=fixed)).is_empty()
