"""The grocer's real year through the public importer: every count is the data's own."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
from sqlalchemy import text

from raabta.collect.importer import run_import
from raabta.collect.mapping import read_mapping
from raabta.collect.model import MAX_EVENT
from raabta.collect.segment import Moment, parse
from raabta.core.clock import WEEK, FixedClock, instant, to_datetime
from raabta.lab.grocer import KINDS, prepare
from raabta.storage.state.database import Database
from raabta.storage.state.log import Log
from raabta.storage.state.tables import metadata

NOW = instant("2026-03-04T09:00:00Z")


def test_history_and_live_together_are_every_row_of_the_data(tmp_path: Path) -> None:
    made = prepare(tmp_path / "data", NOW)
    assert made.counts["people"] == 2_469
    assert made.counts["orders"] == 155_848
    assert made.counts["direct-mail"] == 6_589
    assert made.counts["redemptions"] == 2_102
    assert NOW - WEEK < made.last <= NOW and made.last - made.cut == WEEK
    assert to_datetime(made.last).weekday() == 0  # the last basket was a Monday's, and still is

    database = Database.open(f"sqlite:///{tmp_path}/state.db")
    metadata.create_all(database.engine)
    log = Log(database)
    for kind in KINDS:
        mapping = read_mapping(made.mappings[kind])
        result = run_import(database, log, mapping, made.files[kind], FixedClock(NOW))
        assert (result.accepted, result.rejected) == (made.history[kind], 0)
    with database.read() as connection:
        counted = dict(
            tuple(row)
            for row in connection.execute(text("SELECT name, COUNT(*) FROM log GROUP BY name"))
        )
        lines, total, newest = connection.execute(
            text(
                "SELECT SUM(json_array_length(properties, '$.products')),"
                " SUM(json_extract(properties, '$.total')), MAX(timestamp)"
                " FROM log WHERE name = 'Order Completed'"
            )
        ).one()
    assert newest < made.cut
    calls = [json.loads(line) for line in made.live.read_text("utf-8").splitlines()]
    sent = [c["properties"] for c in calls if c["event"] == "Order Completed"]
    assert counted["Order Completed"] + len(sent) == 155_848
    assert lines + sum(len(p["products"]) for p in sent) == 1_469_307
    assert (
        counted["Direct Mail Sent"] + sum(c["event"] == "Direct Mail Sent" for c in calls) == 6_589
    )
    # SUM(sales_value) of the package's own file.
    assert round(total + sum(p["total"] for p in sent), 2) == 4_596_039.58
    database.close()


def test_live_calls_are_in_order_and_small_enough_for_the_sdk(tmp_path: Path) -> None:
    made = prepare(tmp_path, NOW)
    texts = made.live.read_text("utf-8").splitlines()
    calls = [json.loads(line) for line in texts]
    times = [c["timestamp"] for c in calls]
    assert times == sorted(times)
    assert len({c["messageId"] for c in calls}) == len(calls) == sum(made.live_counts.values())
    # The SDK adds its context and its own spacing, and drops what is then over 32 KB.
    assert max(len(json.dumps(c)) for c in calls) < MAX_EVENT - 2_000
    body = ('{"batch":[' + ",".join(texts[:100]) + "]}").encode()
    moment = Moment(NOW, NOW)
    parsed = parse(body, "batch", source="s", moment=moment, new_id=lambda: "never")
    assert parsed.rejected == [] and len(parsed.rows) == 100
    assert [r.timestamp for r in parsed.rows] == [instant(t) for t in times[:100]]


def test_contacts_are_made_up_the_same_every_time_and_say_so(tmp_path: Path) -> None:
    made = prepare(tmp_path / "a", NOW)
    people = pl.read_parquet(made.files["people"])
    assert people.equals(pl.read_parquet(prepare(tmp_path / "b", NOW).files["people"]))
    consents = pl.read_parquet(made.files["consents"])
    assert people["synthetic_contact"].all()
    assert people["email"].drop_nulls().str.ends_with("@example.test").all()
    assert 0.06 < people["email"].null_count() / people.height < 0.10
    assert 0.10 < 1 - consents["granted"].sum() / consents.height < 0.14
    assert people["age"].drop_nulls().len() == 801
    assert set(people["locale"]) == {"en", "ur"}
    assert people["timezone"].null_count() > 0
