"""The backtest is the live engine on yesterday's log: same ledger, and nothing written."""

from __future__ import annotations

import json

import polars as pl
import pytest
from sqlalchemy import select

from raabta.collect.model import LIVE
from raabta.core.clock import DAY, HOUR, FixedClock, Instant
from raabta.core.documents import Document
from raabta.core.errors import InvalidInput
from raabta.lab.backtest import simulate
from raabta.lab.settings import only, parse_setting, with_settings
from raabta.lab.simulations import Order, run
from raabta.runtime import workspace
from raabta.runtime.engine import Engine
from raabta.runtime.settings import load
from raabta.storage.state import tables as t

POLICY = {
    "policy": "default",
    "caps": {"promotional": {"max": 1, "window": "7d"}},
    "quiet_hours": {"start": "21:00", "end": "08:00"},
    "holdout": "20%",
}
LAPSED = {
    "segment": "lapsed",
    "where": {"all": [{"did": "Order Completed"}, {"did_not": "Order Completed", "within": "10d"}]},
}
WIN_BACK = {
    "journey": "win-back",
    "entry": {"segment": "lapsed"},
    "goal": {"event": "Order Completed", "within": "30d"},
    "steps": [
        {"send": {"template": "hello", "topic": "offers"}},
        {"wait": "3d"},
        {"set": {"tried": True}},
        {"send": {"template": "hello", "topic": "offers"}},
    ],
}
THANKS = {
    "journey": "thanks",
    "priority": 80,
    "entry": {"event": "Order Completed", "where": {"total": {"at_least": 50}}},
    "steps": [{"wait": "2h"}, {"send": {"template": "hello", "topic": "news"}}],
}
TEMPLATE = {
    "template": "hello",
    "locales": {
        "en": {
            "subject": "Hi",
            "body": "<mj-section><mj-column><mj-text>"
            "<a href='{{ links.unsubscribe }}'>x</a></mj-text></mj-column></mj-section>",
        }
    },
}
BRAND = {"brand": "Shop", "sender": {"name": "Shop", "email": "a@example.test"}, "address": "1 St"}


def _documents() -> list[Document]:
    bodies = {"policy": POLICY, "segment": LAPSED, "template": TEMPLATE, "brand": BRAND}
    found = [Document(f"{k}.yaml", k, str(b[k]), dict(b)) for k, b in bodies.items()]
    return found + [
        Document("j.yaml", "journey", str(b["journey"]), dict(b)) for b in (WIN_BACK, THANKS)
    ]


def _say(engine: Engine, at: Instant, user: str, name: str, properties: object) -> None:
    kind = "identify" if name == "identify" else "track"
    row = {
        "timestamp": at,
        "message_id": f"{user}-{name}-{at}",
        "kind": kind,
        "name": name,
        "user_id": user,
        "anonymous_id": None,
        "properties": json.dumps(properties),
        "context": None,
        "source": "test",
    }
    schema = {"anonymous_id": pl.String, "context": pl.String}
    with engine.database.begin() as connection:
        engine.log.append(connection, pl.DataFrame([row], schema_overrides=schema), at, LIVE)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Engine, Instant, Instant]:
    """Forty people and sixty days, lived through live in ticks of seven hours."""
    tmp_path = tmp_path_factory.mktemp("lived")
    start = 20_000 * DAY
    clock = FixedClock(start)
    engine = Engine(load({"RAABTA_HOME": str(tmp_path)}), clock=clock)
    workspace.apply(engine, _documents())
    engine.step()
    plans: list[tuple[Instant, str, str, object]] = []
    for n in range(40):
        user = f"u{n}"
        if n % 7:
            plans.append((start + n + 1, user, "identify", {"email": f"{user}@example.test"}))
        if n % 5:
            consent = {"channel": "email", "topic": "*", "granted": True}
            plans.append((start + HOUR + n, user, "Consent Updated", consent))
        for k in range(n % 6 + 1):
            at = start + DAY * (2 + k * (n % 9 + 1)) + n * HOUR // 3
            plans.append((at, user, "Order Completed", {"total": 20 + 13 * (n % 5)}))
    for at, user, name, properties in sorted(plans, key=lambda p: p[0]):
        while clock.at + 7 * HOUR < at:
            clock.at += 7 * HOUR
            engine.step()
        _say(engine, at, user, name, properties)
    end = start + 60 * DAY
    while clock.at < end:
        clock.at = min(clock.at + 7 * HOUR, end)
        engine.step()
    yield engine, start, end
    engine.close()


def _live_ledger(engine: Engine) -> pl.DataFrame:
    c = t.ledger.c
    query = select(c.id, c.at, c.profile, c.journey, c.step, c.attempt, c.outcome, c.rule, c.until)
    with engine.database.read() as connection:
        return engine.database.frame(connection, query).sort("id")


def test_a_backtest_gives_the_ledger_that_was_lived(
    lived: tuple[Engine, Instant, Instant],
) -> None:
    engine, start, end = lived
    live = _live_ledger(engine)
    seeds = workspace.seeds(engine)
    assert live["outcome"].value_counts().height == 3, "all outcomes must occur to be compared"
    for window in (6 * HOUR, 7 * DAY, 400 * DAY):
        past = simulate(engine.history.cursor(), engine.rules(), seeds, start, end, window=window)
        told = past.decisions.select(
            "id",
            "at",
            "step",
            "attempt",
            "outcome",
            "rule",
            "until",
            profile="subject",
            journey="name",
        ).sort("id")
        assert told.select(live.columns).equals(live)


def test_a_backtest_writes_nothing(lived: tuple[Engine, Instant, Instant]) -> None:
    engine, start, end = lived
    before = {table.name: _count(engine, table.name) for table in t.metadata.sorted_tables}
    events = engine.history.counts()
    run(engine, Order(start, end))
    assert {table.name: _count(engine, table.name) for table in t.metadata.sorted_tables} == before
    assert engine.history.counts() == events


def _count(engine: Engine, table: str) -> int:
    with engine.database.read() as connection:
        return len(connection.execute(select(t.metadata.tables[table])).all())


def test_a_looser_cap_is_shown_beside_the_declared_one(
    lived: tuple[Engine, Instant, Instant],
) -> None:
    engine, start, end = lived
    found = run(engine, Order(start, end, settings={"caps.promotional.max": "5"}))
    assert found["changed"]["messages"] > found["as_declared"]["messages"]
    assert found["difference"]["messages"] == (
        found["changed"]["messages"] - found["as_declared"]["messages"]
    )
    assert "cap" not in found["changed"]["withheld"]


def test_a_backtest_can_be_stopped_and_says_so(lived: tuple[Engine, Instant, Instant]) -> None:
    engine, start, end = lived
    found = run(engine, Order(start, end), watch=lambda _share, _messages: False)
    assert found["as_declared"]["cancelled"]
    assert found["as_declared"]["to"] < "2024-11-01"


def test_one_journey_can_be_replayed_alone(lived: tuple[Engine, Instant, Instant]) -> None:
    engine, start, end = lived
    found = run(engine, Order(start, end, journey="thanks"))
    assert set(found["as_declared"]["by_journey"]) == {"thanks"}
    with pytest.raises(InvalidInput, match="did you mean 'thanks'"):
        only(engine.rules(), "thank")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("caps.promotional.max=many", "caps.promotional.max"),
        ("caps.promotional.maximum=3", "caps.promotional.maximum"),
        ("holdout=120%", "holdout"),
        ("nonsense", "is not a setting"),
    ],
)
def test_a_wrong_setting_is_named(
    lived: tuple[Engine, Instant, Instant], setting: str, words: str
) -> None:
    engine, _, _ = lived
    with pytest.raises(InvalidInput, match=words):
        with_settings(engine.rules().policy, dict([parse_setting(setting)]))


def test_an_empty_period_is_refused(lived: tuple[Engine, Instant, Instant]) -> None:
    engine, start, _ = lived
    with pytest.raises(InvalidInput, match="ends before it begins"):
        run(engine, Order(start, start))
