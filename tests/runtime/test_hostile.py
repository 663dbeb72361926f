"""Whatever collection lets through, the engine takes: nothing that is sent can stop the tick."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from raabta.collect.model import LIVE, rows_frame
from raabta.collect.segment import Moment, parse
from raabta.core.clock import DAY, HOUR, FixedClock
from raabta.lab.demo import examples
from raabta.lab.simulations import Order, run
from raabta.runtime import workspace
from raabta.runtime.definitions import load
from raabta.runtime.engine import Engine
from raabta.runtime.settings import load as load_settings
from raabta.storage.state import tables as t

START = 20_600 * DAY + 15 * HOUR

VALUES: list[Any] = [
    1,
    -5,
    2**70,
    1e300,
    "x",
    "",
    True,
    None,
    [],
    [1],
    [{}],
    {},
    {"a": {"b": 1}},
    "2020-01-01",
    [{"category": "COFFEE", "price": "free", "type": 5}],
    {"x": [1]},
    "Asia/Karachi",
    "ur",
    "a@example.test",
    "😀",
    "12.5",
]
NAMES = [
    "Order Completed",
    "Direct Mail Sent",
    "Coupon Redeemed",
    "Consent Updated",
    "Message Sent",
    "Message Opened",
    "Page",
    "tracks",
    "order completed",
    "identify",
    "X",
]
KEYS = [
    "total",
    "products",
    "channel",
    "topic",
    "granted",
    "campaign",
    "campaign_type",
    "ends_at",
    "email",
    "timezone",
    "locale",
    "tier",
    "kids_count",
    "Total",
    "a.b",
    "",
    "journey",
    "seq",
]
KINDS = ["track", "track", "track", "identify", "page", "screen", "group", "alias"]


def _call(chance: random.Random, message_id: str) -> dict[str, Any]:
    kind = chance.choice(KINDS)
    said = {chance.choice(KEYS): chance.choice(VALUES) for _ in range(chance.randint(0, 5))}
    call = {
        "type": kind,
        "messageId": message_id,
        "userId": chance.choice([f"u{chance.randint(0, 40)}", None]),
        "anonymousId": chance.choice([None, f"d{chance.randint(0, 20)}"]),
        "event": chance.choice(NAMES) if kind == "track" else None,
        "groupId": "g" if kind == "group" else None,
        "previousId": f"u{chance.randint(0, 60)}" if kind == "alias" else None,
        ("traits" if kind in ("identify", "group") else "properties"): said,
    }
    return {key: value for key, value in call.items() if value is not None}


@pytest.mark.parametrize("seed", [1, 2])
def test_any_events_are_taken_and_everything_still_answers(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    clock = FixedClock(START)
    engine = Engine(load_settings({"RAABTA_HOME": str(tmp_path)}), clock=clock)
    workspace.apply(engine, list(load(examples()).documents.values()))
    engine.step()
    accepted = 0
    for turn in range(20):
        calls = [_call(chance, f"{turn}-{n}") for n in range(chance.randint(1, 25))]
        moment = Moment(wall=clock.at, now=clock.at)
        body = json.dumps({"batch": calls}).encode()
        parsed = parse(body, "batch", source="test", moment=moment, new_id=lambda: "unused")
        accepted += len(parsed.rows)
        with engine.database.begin() as connection:
            engine.log.append(connection, rows_frame(parsed.rows), clock.at, LIVE)
        clock.at += chance.choice([1_000, HOUR, DAY, 9 * DAY])
        engine.catch_up()
    assert accepted > 100
    with engine.database.read() as connection:
        logged = connection.scalar(select(func.count()).select_from(t.log))
    assert sum(engine.history.counts().values()) == logged >= accepted
    counts = engine.asking.counts()
    assert counts["candidates"] == sum(counts["outcomes"].values())
    assert workspace.measure(engine).conversions > 0
    assert not run(engine, Order(START, clock.at))["as_declared"]["cancelled"]
    engine.close()
