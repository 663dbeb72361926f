"""`kill -9` at any instant: nothing is lost, nothing is decided twice, nobody is written to twice."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from segment.analytics import request as sdk
from segment.analytics.client import Client

from raabta.channels.catcher.server import Catcher
from raabta.channels.catcher.store import MailStore
from raabta.core.clock import MINUTE, SystemClock
from raabta.runtime.engine import Engine
from smallshop import Shop, definitions, eventually, settings

EVENTS = 20_000
PEOPLE = 500
KILLS = 10
SEED = 20_260_302


@dataclass
class Sender:
    """The official SDK, several clients at once; what it gives up on is handed to it again."""

    host: str
    key: str
    acknowledged: set[str] = field(default_factory=set)
    clients: list[Client] = field(default_factory=list)

    def __post_init__(self) -> None:
        logging.getLogger("segment").setLevel(logging.CRITICAL)
        sdk._session.hooks["response"].append(self._answered)
        for _ in range(4):
            self.clients.append(
                Client(
                    self.key,
                    host=self.host,
                    on_error=self._given_up,
                    max_retries=2,
                    max_queue_size=2 * EVENTS,
                    upload_interval=0.05,
                    timeout=20,
                )
            )

    def _answered(self, response: Any, **_: Any) -> None:
        if response.status_code == 200:
            batch = json.loads(response.request.body)["batch"]
            self.acknowledged |= {event["messageId"] for event in batch}

    def _given_up(self, _error: object, batch: list[dict[str, Any]]) -> None:
        for event in batch:
            self.send(event)

    def send(self, event: dict[str, Any]) -> None:
        client = self.clients[crc32(event["userId"].encode()) % len(self.clients)]
        who, key = event["userId"], event["messageId"]
        if event["type"] == "identify":
            client.identify(who, event["traits"], message_id=key)
        else:
            client.track(who, event["event"], event["properties"], message_id=key)

    def close(self) -> None:
        sdk._session.hooks["response"].remove(self._answered)
        for client in self.clients:
            client.join()


def events(chance: random.Random) -> list[dict[str, Any]]:
    """Person after person comes along, so that mails are decided all the way through."""
    found: list[dict[str, Any]] = []
    for number in range(PEOPLE):
        user = f"person-{number}"
        traits = {"email": f"{user}@example.test", "first_name": f"Person {number}"}
        consent = {"channel": "email", "topic": "*", "granted": True}
        found.append({"type": "identify", "userId": user, "traits": traits})
        found.append(
            {"type": "track", "userId": user, "event": "Consent Updated", "properties": consent}
        )
        found.append({"type": "track", "userId": user, "event": "Signed Up", "properties": {}})
        for _ in range(EVENTS // PEOPLE - 3):
            name = chance.choice(["Order Completed", "Product Viewed", "Product Viewed"])
            properties = {
                "total": chance.randrange(1, 90),
                "products": [{"sku": "a"}, {"sku": "b"}],
            }
            found.append({"type": "track", "userId": user, "event": name, "properties": properties})
    for number, event in enumerate(found):
        event["messageId"] = f"event-{number}"
    assert len(found) == EVENTS
    return found


@dataclass
class Afterwards:
    """What stood in the stores when a server lay dead."""

    sent: set[str]  # ids of the outbox rows whose delivery was recorded
    mails: Counter[str]


@dataclass
class Survivor:
    """The shop after all kills, its server stopped in order and the last leases worked off."""

    sender: Sender
    deaths: list[Afterwards]
    mails: MailStore
    state: sqlite3.Connection
    engine: Engine

    def column(self, sql: str) -> list[Any]:
        return [row[0] for row in self.state.execute(sql)]


def caught(mails: MailStore) -> Counter[str]:
    return Counter(mail.message_id for mail in mails.page(limit=100_000))


def rows_sent(home: Path) -> set[str]:
    """Ids of the outbox rows that are recorded as sent."""
    connection = sqlite3.connect(home / "state.db")
    found = {
        str(row[0]) for row in connection.execute("SELECT id FROM outbox WHERE state = 'sent'")
    }
    connection.close()
    return found


@pytest.fixture(scope="module")
def survivor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Survivor]:
    chance = random.Random(SEED)
    shop = Shop(tmp_path_factory.mktemp("shop"))
    mails = MailStore(shop.folder / "mails.db")
    catcher = Catcher(mails, SystemClock())
    catcher.start()
    shop.environment["RAABTA_SMTP_URL"] = catcher.url
    key = shop.json("init")["write_key"]
    shop.run("apply", definitions(shop.folder / "definitions"))
    url = shop.serve("--port", "0")
    sender = Sender(url, key)
    deaths: list[Afterwards] = []

    def enqueue() -> None:
        for event in events(random.Random(SEED)):
            sender.send(event)

    feeding = threading.Thread(target=enqueue)
    feeding.start()
    marks = sorted(chance.sample(range(200, EVENTS - 1_000), KILLS))
    for number, mark in enumerate(marks):
        eventually(lambda mark=mark: len(sender.acknowledged) >= mark, 120)
        if number % 2:  # amid the mails as well as amid the events
            goal = mails.count() + chance.randrange(1, 9)
            eventually(lambda goal=goal: mails.count() >= goal, 120)
        time.sleep(chance.random() * 0.4)
        shop.kill()
        deaths.append(Afterwards(rows_sent(shop.home), caught(mails)))
        shop.launch("--port", url.rsplit(":", 1)[1])
    feeding.join()
    eventually(lambda: len(sender.acknowledged) == EVENTS, 120)
    sender.close()
    shop.until_up()
    assert shop.stop() == 0
    later = SystemClock()
    later.now = lambda: SystemClock().now() + 10 * MINUTE  # type: ignore[method-assign]
    engine = Engine(settings(shop.home, smtp_url=catcher.url), wall=later, clock=SystemClock())
    engine.catch_up()
    send_all(engine)
    engine.catch_up()
    state = sqlite3.connect(shop.home / "state.db")
    yield Survivor(sender, deaths, mails, state, engine)
    state.close()
    engine.close()
    catcher.stop()
    mails.close()
    shop.close()


def send_all(engine: Engine) -> None:
    """Work off the outbox, with what dead senders had on lease."""

    async def drain() -> None:
        sender = engine.sender()
        while await sender.drain_once():
            pass
        await sender._connector.rest()

    while counts(engine)["queued"] + counts(engine)["leased"]:
        engine.step()
        asyncio.run(drain())


def counts(engine: Engine) -> dict[str, int]:
    return dict(engine.outbox.counts())


def test_the_server_was_killed_ten_times_while_it_worked(survivor: Survivor) -> None:
    assert len(survivor.deaths) == KILLS
    assert sum(death.mails.total() > 0 for death in survivor.deaths) >= KILLS / 2
    assert survivor.deaths[-1].sent


def test_every_acknowledged_event_is_in_the_log_exactly_once(survivor: Survivor) -> None:
    logged = Counter(survivor.column("SELECT message_id FROM log WHERE source LIKE 'key:%'"))
    assert set(logged) == survivor.sender.acknowledged
    assert set(logged.values()) == {1}


def test_nobody_enters_twice_and_no_candidate_is_decided_twice(survivor: Survivor) -> None:
    entered = Counter(survivor.column("SELECT profile FROM enrollments WHERE journey = 'welcome'"))
    assert len(entered) == PEOPLE
    assert set(entered.values()) == {1}
    attempts = survivor.state.execute(
        "SELECT enrollment, step, attempt, count(*) FROM ledger GROUP BY 1, 2, 3 HAVING count(*) > 1"
    ).fetchall()
    assert attempts == []
    finals = survivor.state.execute(
        "SELECT enrollment, step, count(*) FROM ledger WHERE outcome <> 'deferred' "
        "GROUP BY 1, 2 HAVING count(*) > 1"
    ).fetchall()
    assert finals == []
    assert survivor.column("SELECT count(*) FROM ledger WHERE journey = 'welcome'") == [2 * PEOPLE]


def test_what_was_decided_to_be_sent_was_sent(survivor: Survivor) -> None:
    decided = set(survivor.column("SELECT id FROM ledger WHERE outcome = 'sent'"))
    assert set(survivor.column("SELECT id FROM outbox WHERE state = 'sent'")) == decided
    assert len(caught(survivor.mails)) == len(decided) >= PEOPLE


def test_no_cap_was_broken_by_a_crash(survivor: Survivor) -> None:
    promotional = Counter(
        survivor.column(
            "SELECT profile FROM ledger WHERE outcome = 'sent' AND class = 'promotional'"
        )
    )
    assert set(promotional.values()) == {1}


def test_no_mail_whose_delivery_was_recorded_went_out_again(survivor: Survivor) -> None:
    final = caught(survivor.mails)
    recorded = 0
    for death in survivor.deaths:
        for key, times in death.mails.items():
            if message_of(key) in death.sent:
                recorded += 1
                assert final[key] == times, key
    assert recorded > KILLS


def test_the_only_repeated_mails_were_on_the_wire_at_a_kill_and_keep_their_id(
    survivor: Survivor,
) -> None:
    repeated = {key: times for key, times in caught(survivor.mails).items() if times > 1}
    # four conversations, four outcomes that wait for the store, five being written
    assert sum(times - 1 for times in repeated.values()) <= 13 * KILLS
    for mail in survivor.mails.page(limit=100_000):
        if mail.message_id in repeated:
            assert any(mail.message_id in death.mails for death in survivor.deaths)


def test_duckdb_agrees_with_the_log(survivor: Survivor) -> None:
    history = survivor.engine.history.cursor()
    tail = survivor.column("SELECT max(seq) FROM log")[0]
    assert survivor.engine.world.position == history.high_water() == tail
    seqs = history._con.execute("SELECT seq FROM tracks ORDER BY seq").fetchall()
    assert [seq for (seq,) in seqs] == survivor.column("SELECT seq FROM log ORDER BY seq")
    by_name = dict(survivor.state.execute("SELECT name, count(*) FROM log GROUP BY name"))
    assert history.counts() == by_name
    orders = history._con.execute("SELECT seq FROM order_completed ORDER BY seq").fetchall()
    assert [seq for (seq,) in orders] == survivor.column(
        "SELECT seq FROM log WHERE name = 'Order Completed' ORDER BY seq"
    )
    lines = history._con.execute("SELECT count(*) FROM order_completed__products").fetchall()
    assert lines == [(2 * len(orders),)]


def test_duckdb_and_the_state_store_agree_who_did_it(survivor: Survivor) -> None:
    owners = dict(
        survivor.state.execute("SELECT value, profile FROM identifiers WHERE kind = 'user_id'")
    )
    said = survivor.state.execute("SELECT seq, user_id FROM log").fetchall()
    history = survivor.engine.history.cursor()
    placed = dict(history._con.execute("SELECT seq, profile FROM tracks").fetchall())
    assert placed == {seq: owners[user] for seq, user in said}


def test_every_entry_belongs_to_its_own_sign_up(survivor: Survivor) -> None:
    pairs = survivor.state.execute(
        "SELECT e.entry_seq, i.value, l.user_id FROM enrollments e "
        "JOIN log l ON l.seq = e.entry_seq AND l.name = 'Signed Up' "
        "JOIN identifiers i ON i.profile = e.profile WHERE e.journey = 'welcome'"
    ).fetchall()
    assert len({seq for seq, _, _ in pairs}) == PEOPLE
    assert all(profile_of == said for _, profile_of, said in pairs)


def message_of(key: str) -> str:
    """The outbox row's id in a mail's Message-ID."""
    return str(int(key.strip("<>").partition(".")[0], 16))
