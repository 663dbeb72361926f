"""Collection over HTTP, against a real server: the official SDK, and everything that can be bad."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
import segment.analytics as sdk  # type: ignore[import-untyped]
import uvicorn
from fastapi import FastAPI
from sqlalchemy import event, select

from raabta.api.collect import collect_router
from raabta.collect.intake import Intake
from raabta.collect.model import IMPORTED, LIVE, MAX_BODY, MAX_EVENT, Delivery, Row
from raabta.core.clock import DAY, FixedClock, SystemClock, iso
from raabta.storage.state import tables
from raabta.storage.state.database import Database
from raabta.storage.state.keys import Keys
from raabta.storage.state.log import Log
from raabta.storage.state.tables import metadata


@dataclass
class Engine:
    """A running collection endpoint and the store behind it."""

    url: str
    key: str
    database: Database
    clock: FixedClock
    intake: Intake
    pages: int = 1_000_000

    def post(self, call: str, body: object, **kwargs: Any) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        kwargs.setdefault("auth", (self.key, ""))
        return httpx.post(f"{self.url}/v1/{call}", content=content, timeout=30, **kwargs)

    def log(self) -> pl.DataFrame:
        with self.database.read() as connection:
            return self.database.frame(connection, select(tables.log).order_by(tables.log.c.seq))

    def quarantine(self) -> pl.DataFrame:
        with self.database.read() as connection:
            return self.database.frame(connection, select(tables.quarantine))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    database = Database.open(f"sqlite:///{tmp_path}/state.db")
    metadata.create_all(database.engine)
    clock = FixedClock(SystemClock().now())
    keys = Keys(database)
    _, token = keys.create("write", "test", clock.now())
    intake = Intake(database, Log(database), clock)
    intake.start()
    app = FastAPI()
    app.include_router(collect_router(intake, keys, clock, SystemClock()))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    engine = Engine(f"http://127.0.0.1:{listener.getsockname()[1]}", token, database, clock, intake)
    event.listen(
        database.engine,
        "checkout",
        lambda c, _r, _p: c.execute(f"PRAGMA max_page_count = {engine.pages}"),
    )
    yield engine
    server.should_exit = True
    thread.join(20)
    intake.close()
    database.close()


def event_(**fields: Any) -> dict[str, Any]:
    return {"type": "track", "userId": "u1", "event": "Viewed"} | fields


def is_problem(response: httpx.Response, status: int, field: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["field"] == field
    assert body["detail"] and body["remedy"] and body["code"] and body["message"]
    return body


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("sync", [False, True])
def test_the_official_sdk_sends_all_six_calls(engine: Engine, zipped: bool, sync: bool) -> None:
    errors: list[object] = []
    client = sdk.Client(
        engine.key,
        host=engine.url,
        gzip=zipped,
        sync_mode=sync,
        on_error=lambda error, _items: errors.append(error),
    )
    client.identify("u1", {"email": "u1@example.test", "شہر": "کراچی"})
    client.track("u1", "Order Completed", {"total": 9.5, "products": [{"product_id": "7"}]})
    client.page("u1", "Docs", "Python", {"url": "https://example.test"})
    client.screen("u1", "App", "Cart")
    client.group("u1", "acme", {"employees": 20})
    client.alias("anon-1", "u1")
    client.shutdown() if not sync else None
    assert errors == []
    log = engine.log()
    assert log["kind"].to_list() == ["identify", "track", "page", "screen", "group", "alias"]
    assert log["name"][1] == "Order Completed"
    assert json.loads(log["properties"][0]) == {"email": "u1@example.test", "شہر": "کراچی"}
    assert json.loads(log["properties"][5]) == {"previous_id": "anon-1"}
    assert log["message_id"].n_unique() == 6
    assert log["origin"].unique().to_list() == [LIVE]
    assert (log["timestamp"] <= log["received_at"]).all()
    assert engine.quarantine().is_empty()


def test_a_thousand_events_of_the_sdk_arrive_once_each_in_order(engine: Engine) -> None:
    client = sdk.Client(engine.key, host=engine.url, gzip=True)
    for i in range(1_000):
        client.track("u1", "Tick", {"i": i})
    client.shutdown()
    assert [json.loads(p)["i"] for p in engine.log()["properties"]] == list(range(1_000))


@pytest.mark.parametrize("call", ["identify", "track", "page", "screen", "group", "alias"])
def test_each_call_has_its_own_path(engine: Engine, call: str) -> None:
    extra = {"track": {"event": "E"}, "group": {"groupId": "g"}, "alias": {"previousId": "p"}}
    response = engine.post(call, {"userId": "u", "messageId": "m"} | extra.get(call, {}))
    assert (response.status_code, response.json()) == (200, {"success": True})
    assert engine.log()["kind"].to_list() == [call]


def test_history_is_imported_with_its_own_times(engine: Engine) -> None:
    assert engine.post("import", {"batch": [event_(timestamp="2020-02-02")]}).status_code == 200
    row = engine.log().row(0, named=True)
    assert row["origin"] == IMPORTED
    assert iso(row["received_at"]) == iso(row["timestamp"]) == "2020-02-02T00:00:00Z"


def test_a_retried_request_is_not_counted_twice(engine: Engine) -> None:
    for _ in range(3):
        assert engine.post("track", event_(messageId="m1")).status_code == 200
    assert engine.log().height == 1


def test_the_key_may_come_in_the_body(engine: Engine) -> None:
    body = {"batch": [event_()], "writeKey": engine.key}
    assert engine.post("batch", body, auth=None).status_code == 200
    assert engine.key not in str(engine.log().rows())


def test_an_unknown_write_key_is_refused(engine: Engine) -> None:
    for kwargs in (
        {"auth": ("rbw_wrong", "")},
        {"auth": None},
        {"auth": None, "headers": {"authorization": "Basic !!"}},
    ):
        response = engine.post("track", event_(), **kwargs)
        is_problem(response, 401, "authorization")
        assert response.headers["www-authenticate"].startswith("Basic")
    is_problem(engine.post("track", event_(writeKey="rbw_wrong"), auth=None), 401, "authorization")
    assert engine.log().is_empty()


def test_malformed_json_is_refused_and_kept_whole(engine: Engine) -> None:
    for call in ("track", "batch"):
        is_problem(engine.post(call, b'{"event": "x'), 400, "event" if call == "track" else "body")
    assert engine.quarantine()["body"].to_list() == ['{"event": "x']
    assert engine.log().is_empty()


def test_a_single_bad_call_is_refused_and_kept_whole(engine: Engine) -> None:
    problem = is_problem(engine.post("track", {"event": "x"}), 400, "userId")
    assert "neither who nor which device" in problem["detail"]
    row = engine.quarantine().row(0, named=True)
    assert row["field"] == "userId"
    assert json.loads(row["body"]) == {"event": "x"}


def test_bad_events_of_a_batch_are_listed_and_the_good_ones_taken(engine: Engine) -> None:
    future = iso(engine.clock.now() + 3 * DAY)
    batch = [
        event_(messageId="good-1"),
        event_(messageId="big", properties={"a": "x" * MAX_EVENT}),
        {"type": "track", "event": "nobody"},
        event_(messageId="future", timestamp=future),
        event_(messageId="good-2"),
    ]
    response = engine.post("batch", {"batch": batch})
    assert response.status_code == 200
    listed = response.json()
    assert listed["success"] is True
    assert [(r["index"], r["field"]) for r in listed["rejected"]] == [
        (1, "event"),
        (2, "userId"),
        (3, "timestamp"),
    ]
    assert all(r["reason"] and r["remedy"] for r in listed["rejected"])
    assert engine.log()["message_id"].to_list() == ["good-1", "good-2"]
    kept = [json.loads(body) for body in engine.quarantine()["body"]]
    assert sorted(kept, key=str) == sorted(batch[1:4], key=str)


def test_a_batch_over_500_kb_is_refused_whole_packed_or_not(engine: Engine) -> None:
    batch = {"batch": [event_(properties={"a": "x" * 30_000}) for _ in range(20)]}
    body = json.dumps(batch).encode()
    assert len(body) > MAX_BODY
    is_problem(engine.post("batch", body), 413, "body")
    packed = gzip.compress(body)
    zipped = {"content-encoding": "gzip"}
    is_problem(engine.post("batch", packed, headers=zipped), 413, "body")
    assert engine.log().is_empty()


def test_a_zip_bomb_is_stopped_at_the_limit(engine: Engine) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < MAX_BODY
    is_problem(engine.post("batch", bomb, headers={"content-encoding": "gzip"}), 413, "body")


def test_a_broken_or_unknown_packing_is_refused(engine: Engine) -> None:
    zipped = {"content-encoding": "gzip"}
    cut = gzip.compress(json.dumps(event_()).encode())[:-10]
    for body in (b"not gzip", cut):
        is_problem(engine.post("track", body, headers=zipped), 400, "body")
    is_problem(
        engine.post("track", b"x", headers={"content-encoding": "br"}), 400, "content-encoding"
    )


def test_a_browser_on_the_shops_own_site_may_send(engine: Engine) -> None:
    asked = httpx.options(f"{engine.url}/v1/track", headers={"origin": "https://shop.example"})
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == "*"
    assert engine.post("track", event_()).headers["access-control-allow-origin"] == "*"


def test_a_full_disk_says_try_again_and_the_sdk_does(engine: Engine) -> None:
    assert engine.post("track", event_(messageId="before")).status_code == 200
    with engine.database.read() as connection:
        engine.pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + 2
    big = {"batch": [event_(messageId=f"m{i}", properties={"a": "x" * 9_000}) for i in range(20)]}
    response = engine.post("batch", big)
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert "disk is full" in response.json()["detail"]
    assert engine.log()["message_id"].to_list() == ["before"]
    engine.pages = 1_000_000
    assert engine.post("batch", big).status_code == 200
    assert engine.log().height == 21


def test_when_too_much_waits_the_sender_is_told_to_slow_down(engine: Engine) -> None:
    row = Row("m", "track", "E", "u", None, 1, "{}", None, "s")
    with engine.database.begin():  # nobody can write while this lasts
        waiting = [engine.intake.submit(Delivery("s", [row] * 25_000)) for _ in range(2)]
        response = engine.post("track", event_())
        assert response.status_code == 429
        assert int(response.headers["retry-after"]) > 0
        assert response.json()["code"] == "overloaded"
    for future in waiting:
        future.result(timeout=30)
    assert engine.post("track", event_()).status_code == 200
