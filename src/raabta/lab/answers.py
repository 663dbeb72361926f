"""Made-up opens and clicks for a demo shop, marked as such in every event.

Only messages are answered: nothing here makes anybody buy. Chance is a keyed hash of person and
message, so the same messages always get the same answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from raabta.core.clock import HOUR, MINUTE, SECOND, Instant
from raabta.core.errors import InvalidInput
from raabta.core.ids import mixed_id, name_key, uniform

#: No answer comes sooner than this after what it answers.
SOONEST = 20 * SECOND

_Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Rates:
    """How people answer one template.

    `opened`: share of messages opened; `clicked`: share of the *opened* that are clicked.
    Delays are means of exponential waits, microseconds.
    """

    opened: float = 0.25
    clicked: float = 0.12
    open_delay: int = 3 * HOUR
    click_delay: int = 2 * MINUTE

    def __post_init__(self) -> None:
        for field in ("opened", "clicked"):
            if not 0 <= getattr(self, field) <= 1:
                raise InvalidInput(
                    f"{getattr(self, field)!r} is not a share",
                    field=f"rates.{field}",
                    remedy="give a number from 0 to 1",
                )


def simulate_answers(
    messages: pl.DataFrame,
    rates: Mapping[str, Rates],
    now: Instant,
    *,
    since: Instant | None = None,
) -> pl.DataFrame:
    """The answers that fall due up to `now` (and after `since`, if given), in order of time.

    `messages`: message_id i64, profile i64 (the person's seed), sent_at i64, template str,
    journey str. `rates`: by template; the name '*' stands for all others, which without it are
    not answered. Returns event_id str (stable: sending it twice is taken once), name str
    ('Message Opened' or 'Message Clicked'), timestamp i64, message_id i64, profile i64 and
    properties str (JSON with message_id, template, journey and "simulated": true).
    """
    silent = Rates(opened=0.0, clicked=0.0)
    chosen = [rates.get(name, rates.get("*", silent)) for name in messages["template"]]
    person = messages["profile"].cast(pl.Int64).to_numpy()
    subject = mixed_id(person, messages["message_id"].cast(pl.Int64).to_numpy())
    sent = messages["sent_at"].cast(pl.Int64).to_numpy()
    opened_at = sent + _wait(subject, "open", [rate.open_delay for rate in chosen])
    clicked_at = opened_at + _wait(subject, "click", [rate.click_delay for rate in chosen])
    opens = uniform(subject, name_key("answers", "opened")) < _column(chosen, "opened")
    clicks = opens & (uniform(subject, name_key("answers", "clicked")) < _column(chosen, "clicked"))
    answers = pl.concat(
        [
            _answers(messages, "Message Opened", opened_at, opens),
            _answers(messages, "Message Clicked", clicked_at, clicks),
        ]
    )
    due = pl.col("timestamp") <= now
    if since is not None:
        due &= pl.col("timestamp") > since
    return answers.filter(due).sort("timestamp", "message_id", "name")


def _answers(
    messages: pl.DataFrame, name: str, at: _Ints, happens: NDArray[np.bool_]
) -> pl.DataFrame:
    verb = name.removeprefix("Message ").lower()
    rows = messages.with_columns(timestamp=at).filter(happens)
    properties = [
        json.dumps(
            {
                "message_id": str(message),
                "template": template,
                "journey": journey,
                "channel": "email",
                "simulated": True,
            }
        )
        for message, template, journey in rows.select("message_id", "template", "journey").rows()
    ]
    return rows.select(
        event_id=pl.format(f"simulated-{verb}-{{}}", "message_id"),
        name=pl.lit(name),
        timestamp="timestamp",
        message_id=pl.col("message_id").cast(pl.Int64),
        profile=pl.col("profile").cast(pl.Int64),
        properties=pl.Series(properties, dtype=pl.String),
    )


def _wait(subject: _Ints, verb: str, means: list[int]) -> _Ints:
    chance = uniform(subject, name_key("answers", verb, "delay"))
    return SOONEST + (-np.log1p(-chance) * np.asarray(means, np.float64)).astype(np.int64)


def _column(chosen: list[Rates], field: str) -> NDArray[np.float64]:
    return np.array([getattr(rate, field) for rate in chosen], np.float64)
