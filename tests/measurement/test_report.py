"""The report adds up to the real orders."""

from __future__ import annotations

import json

import polars as pl
import pytest

from raabta.core.clock import DAY, Instant
from raabta.core.errors import InvalidInput
from raabta.lab.answers import Rates, simulate_answers
from raabta.measurement.model import ASSIGNMENTS, CONVERSIONS, MODELS, TOUCHES
from raabta.measurement.service import Report, ReportSettings, report

START, END = 100 * DAY, 200 * DAY


class Frames:
    """A history and a state that are frames already."""

    def __init__(self, people: int = 300) -> None:
        ids = pl.int_range(people, eager=True).alias("profile")
        self.entries = pl.DataFrame(
            {"profile": ids, "entered_at": 110 * DAY + ids, "holdout": ids % 3 == 0},
            schema=ASSIGNMENTS,
        )
        self._touches = pl.DataFrame(
            {
                "profile": ids,
                "at": (85 + ids % 100) * DAY,
                "channel": "mail",
                "touch": pl.select(
                    pl.when(ids % 2 == 0).then(pl.lit("flyer")).otherwise(pl.lit("win-back"))
                ).to_series(),
                "seq": ids,
            }
        ).cast(TOUCHES)
        orders = ids.filter(ids % 5 > 0)
        self._orders = pl.DataFrame(
            {
                "profile": orders,
                "at": (90 + orders * 7 % 120) * DAY,
                "seq": people + orders,
                "revenue": orders * 0.37,
            }
        ).cast(CONVERSIONS)

    def touches(self, start: Instant, end: Instant) -> pl.DataFrame:
        return self._touches.filter(pl.col("at").is_between(start, end, closed="left"))

    def conversions(
        self, event: str, revenue_property: str, start: Instant, end: Instant
    ) -> pl.DataFrame:
        assert (event, revenue_property) == ("Order Completed", "revenue")
        return self._orders.filter(pl.col("at").is_between(start, end, closed="left"))

    def assignments(self, journey: str) -> pl.DataFrame:
        return self.entries if journey == "win-back" else self.entries.clear()


def made(frames: Frames | None = None, settings: ReportSettings | None = None) -> Report:
    frames = frames or Frames()
    journeys = {"win-back": 1 / 3, "welcome": 0.1}
    return report(frames, frames, start=START, end=END, journeys=journeys, settings=settings)


@pytest.mark.parametrize("shared", [True, False])
def test_every_model_and_the_unattributed_add_up_to_the_real_orders(shared: bool) -> None:
    frames = Frames()
    answer = made(frames, ReportSettings(shared=shared))
    real = frames._orders.filter(pl.col("at").is_between(START, END, closed="left"))
    assert answer.conversions == len(real) > 0
    assert answer.unattributed > 0
    assert set(answer.checks) == set(MODELS)
    for counts, revenue in answer.checks.values():
        assert counts.adds_up and revenue.adds_up
        assert counts.credited + counts.unattributed == pytest.approx(len(real), abs=1e-9)
        assert revenue.total == pytest.approx(real["revenue"].sum(), abs=1e-9)


def test_a_sum_that_does_not_fit_is_shown_as_such() -> None:
    answer = made()
    wrong = Report(**{**vars(answer), "conversions": answer.conversions + 1})
    assert not any(counts.adds_up for counts, _ in wrong.checks.values())


def test_orders_before_the_period_use_up_their_touches_and_are_not_counted() -> None:
    frames = Frames()
    frames._touches = (
        frames.touches(0, END)
        .clear()
        .vstack(pl.DataFrame([(1, 98 * DAY, "mail", "flyer", 1)], TOUCHES, orient="row"))
    )
    frames._orders = pl.DataFrame(
        [(1, 99 * DAY, 2, 1.0), (1, 101 * DAY, 3, 1.0)], CONVERSIONS, orient="row"
    )
    assert made(frames).unattributed == 0
    alone = made(frames, ReportSettings(shared=False))
    assert (alone.conversions, alone.unattributed, alone.null_paths) == (1, 1, 0)


def test_each_journey_gets_its_lift_or_the_reason_why_not() -> None:
    win_back, welcome = made().lift
    assert (win_back.journey, win_back.n_treated, win_back.n_holdout) == ("win-back", 200, 100)
    assert win_back.verdict in ("undecided", "higher", "lower")
    assert (welcome.journey, welcome.verdict) == ("welcome", "not enough yet")


def test_the_report_is_plain_json() -> None:
    body = json.loads(json.dumps(made().to_json()))
    assert set(body["attribution"]) == set(MODELS)
    assert set(body["attribution"]["markov"]) == {"flyer", "win-back"}
    assert body["check"]["linear"]["conversions"]["adds_up"] is True
    assert body["lift"][1]["reason"].startswith("Not enough yet")
    assert body["settings"]["lookback"] == "30d"


def test_a_shop_without_any_history_gets_an_empty_report() -> None:
    answer = made(Frames(0))
    assert (answer.conversions, answer.unattributed, answer.touches) == (0, 0, 0)
    assert all(counts.adds_up for counts, _ in answer.checks.values())
    json.dumps(answer.to_json(), allow_nan=False)


def test_an_impossible_period_or_share_is_refused() -> None:
    frames = Frames(0)
    with pytest.raises(InvalidInput):
        report(frames, frames, start=END, end=START, journeys={})
    with pytest.raises(InvalidInput) as refused:
        report(frames, frames, start=START, end=END, journeys={"welcome": 10})
    assert refused.value.field == "journeys.welcome"


# --- made-up answers --------------------------------------------------------------------------


def messages(count: int) -> pl.DataFrame:
    ids = pl.int_range(count, eager=True)
    return pl.DataFrame(
        {
            "message_id": ids * 7_919,
            "profile": ids % 50,
            "sent_at": ids * 1_000,
            "template": pl.select(
                pl.when(ids % 2 == 0).then(pl.lit("a")).otherwise(pl.lit("b"))
            ).to_series(),
            "journey": "welcome",
        }
    )


def test_made_up_answers_are_repeatable_labelled_later_and_near_their_rates() -> None:
    sent = messages(20_000)
    rates = {"a": Rates(opened=0.3, clicked=0.2)}
    answers = simulate_answers(sent, rates, 10**15)
    assert answers.equals(
        simulate_answers(sent.sample(fraction=1, shuffle=True, seed=1), rates, 10**15)
    )
    assert all(json.loads(p)["simulated"] is True for p in answers["properties"])
    both = answers.join(sent.select("message_id", "sent_at", "template"), on="message_id")
    assert (both["timestamp"] > both["sent_at"]).all()
    assert both["template"].unique().to_list() == ["a"]
    opened = answers.filter(pl.col("name") == "Message Opened")
    clicked = answers.filter(pl.col("name") == "Message Clicked")
    assert len(opened) / 10_000 == pytest.approx(0.3, abs=0.02)
    assert len(clicked) / len(opened) == pytest.approx(0.2, abs=0.03)
    assert set(clicked["message_id"]) <= set(opened["message_id"])
    assert answers["event_id"].is_unique().all()


def test_answers_come_in_pieces_as_time_passes_and_none_twice() -> None:
    sent, rates = messages(500), {"*": Rates(opened=0.5, clicked=0.5)}
    whole = simulate_answers(sent, rates, 50 * DAY)
    first = simulate_answers(sent, rates, DAY // 10)
    rest = simulate_answers(sent, rates, 50 * DAY, since=DAY // 10)
    assert 0 < len(first) < len(whole)
    assert pl.concat([first, rest]).equals(whole)


def test_no_messages_no_answers_and_a_rate_above_one_is_refused() -> None:
    assert simulate_answers(messages(0), {"*": Rates()}, DAY).is_empty()
    with pytest.raises(InvalidInput):
        Rates(opened=25)
