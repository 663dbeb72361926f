"""What the sender does when the world does not answer: nothing is lost, nothing doubled."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence

import pytest
from channels_shop import NOW, Shop
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from raabta.channels.catcher.server import Answer
from raabta.channels.ports import Outcome
from raabta.channels.retry import RetryPolicy
from raabta.channels.service import SenderSettings
from raabta.core.clock import HOUR, MINUTE, SECOND
from raabta.core.errors import Unavailable
from raabta.storage.state.log import Log
from raabta.storage.state.outbox import Outbox, append_to
from raabta.storage.state.tables import suppressions


def dead_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_sent_message_is_recorded_with_its_event(shop: Shop) -> None:
    shop.queue(1)
    assert shop.send() == 1
    row = shop.row(1)
    assert (row["state"], row["attempts"], row["sent_at"]) == ("sent", 1, NOW)
    assert "caught" in row["provider_id"]
    [(name, user, properties)] = shop.events()
    assert (name, user) == ("Message Sent", "user-1")
    assert properties["message_id"] == "1" and properties["journey"] == "first-basket"
    assert shop.outbox.counts() == {"queued": 0, "leased": 0, "sent": 1, "failed": 0}


def test_a_4xx_is_tried_again_later_and_then_arrives(shop: Shop) -> None:
    shop.queue(1)
    shop.answers["person1@example.test"] = Answer("451 4.7.1 come back later")
    shop.send()
    row = shop.row(1)
    assert (row["state"], row["attempts"]) == ("queued", 1)
    assert 15 * SECOND <= row["next_at"] - NOW <= 30 * SECOND
    assert "come back later" in row["error"]
    assert shop.send() == 0, "tried before its time"
    shop.answers.clear()
    shop.later()
    assert shop.send() == 1
    assert shop.row(1)["state"] == "sent"
    assert [name for name, _, _ in shop.events()] == ["Message Sent"]


def test_a_5xx_is_final_and_suppresses_nobody(shop: Shop) -> None:
    shop.queue(1)
    shop.answers["person1@example.test"] = Answer("550 5.7.1 we do not like you")
    shop.send()
    assert shop.row(1)["state"] == "failed"
    [(name, _, properties)] = shop.events()
    assert name == "Message Failed" and properties["code"] == "5.7.1"
    assert not shop.outbox.suppressed("email", ["person1@example.test"])
    shop.later(HOUR)
    assert shop.send() == 0


def test_a_hard_bounce_suppresses_the_address_for_every_later_message(shop: Shop) -> None:
    shop.queue(1, address="Gone@example.test")
    shop.answers["Gone@example.test"] = Answer("550 5.1.1 no such person")
    shop.send()
    shop.answers.clear()
    shop.queue(2, address="gone@example.test")
    shop.send()
    assert "suppressed" in shop.row(2)["error"]
    assert shop.mails.count() == 0
    assert [name for name, _, _ in shop.events()] == ["Message Bounced", "Message Failed"]
    with shop.database.read() as connection:
        [row] = connection.execute(select(suppressions)).all()
    assert (row.channel, row.address) == ("email", "gone@example.test")
    assert "no such person" in row.reason


def test_while_the_server_is_down_messages_wait_and_are_not_used_up(shop: Shop) -> None:
    shop.queue(*range(1, 21))
    shop.send(url=f"smtp://127.0.0.1:{dead_port()}")
    rows = [shop.row(i) for i in range(1, 21)]
    assert {row["state"] for row in rows} == {"queued"}
    assert sum(row["attempts"] for row in rows) <= 4, "a dead server was tried for everyone"
    assert shop.events() == []
    shop.later()
    shop.send()
    assert shop.outbox.counts()["sent"] == 20


def test_a_server_that_does_not_answer_is_left_after_the_time_out(shop: Shop) -> None:
    shop.queue(1)
    shop.answers["person1@example.test"] = Answer(delay=1.5)
    begun = time.monotonic()
    shop.send(timeout=0.2)
    assert time.monotonic() - begun < 1.4
    row = shop.row(1)
    assert (row["state"], row["attempts"]) == ("queued", 1)
    assert "too long" in row["error"]


def test_a_message_is_given_up_after_its_attempts_or_its_age(shop: Shop) -> None:
    shop.queue(1, attempts=2)
    shop.queue(2, decided_at=NOW - 3 * HOUR)
    for i in (1, 2):
        shop.answers[f"person{i}@example.test"] = Answer("451 later")
    policy = RetryPolicy(max_attempts=3, max_age=2 * HOUR)
    shop.send(settings=SenderSettings(retry=policy))
    assert "gave up after 3 attempts" in shop.row(1)["error"]
    assert "gave up after 2 hours" in shop.row(2)["error"]
    assert {name for name, _, _ in shop.events()} == {"Message Failed"}


def test_a_missing_value_fails_that_message_and_no_other(shop: Shop) -> None:
    shop.queue(1, 2)
    shop.queue(3, template="forgotten")
    shop.queue(4)
    shop.materials.without = {1}
    shop.materials.refused = {4: "consent for news was withdrawn"}
    shop.send()
    assert "profile.first_name" in shop.row(1)["error"]
    assert shop.row(2)["state"] == "sent"
    assert "not defined" in shop.row(3)["error"]
    assert "withdrawn" in shop.row(4)["error"]
    assert shop.mails.count() == 1


def test_two_senders_send_each_message_once(shop: Shop) -> None:
    ids = range(1, 61)
    shop.queue(*ids)
    settings = SenderSettings(batch=7)

    def drain(owner: str) -> None:
        while shop.send(owner=owner, settings=settings):
            pass

    threads = [threading.Thread(target=drain, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    caught = Counter(mail.recipient for mail in shop.mails.page(limit=500))
    assert caught == {f"person{i}@example.test": 1 for i in ids}
    assert Counter(name for name, _, _ in shop.events()) == {"Message Sent": 60}


def test_claims_of_many_threads_never_overlap(shop: Shop) -> None:
    shop.queue(*range(1, 201))
    taken: list[int] = []

    def claim(owner: str) -> None:
        while found := shop.outbox.claim("email", NOW, owner, 5, MINUTE):
            taken.extend(message.id for message in found)

    threads = [threading.Thread(target=claim, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(taken) == list(range(1, 201))


def test_a_lost_lease_overwrites_nothing(shop: Shop) -> None:
    shop.queue(1)
    [first] = shop.outbox.claim("email", NOW, "slow", 10, MINUTE)
    assert shop.outbox.claim("email", NOW + MINUTE - 1, "quick", 10, MINUTE) == []
    [second] = shop.outbox.claim("email", NOW + MINUTE, "quick", 10, MINUTE)
    assert (first.attempts, second.attempts) == (1, 2)
    late = Outcome(first, "failed", NOW, error="too late", suppress="hard bounce")
    assert shop.outbox.finish([late], NOW) == 0
    assert shop.row(1)["lease_owner"] == "quick"
    assert not shop.outbox.suppressed("email", [first.address])
    assert shop.outbox.finish([Outcome(second, "sent", NOW, sent_at=NOW)], NOW) == 1
    assert shop.outbox.finish([Outcome(second, "sent", NOW, sent_at=NOW)], NOW) == 0


def test_a_message_is_not_begun_when_its_lease_is_about_to_end(shop: Shop) -> None:
    shop.queue(1)
    shop.send(settings=SenderSettings(lease=MINUTE, reserve=2 * MINUTE))
    row = shop.row(1)
    assert (row["state"], row["attempts"]) == ("queued", 0)
    assert shop.mails.count() == 0


def test_a_cancelled_sender_finishes_what_is_on_the_wire_and_gives_back_the_rest(
    shop: Shop,
) -> None:
    shop.queue(*range(1, 21))
    for i in range(1, 21):
        shop.answers[f"person{i}@example.test"] = Answer(delay=0.15)

    async def cancelled() -> None:
        task = asyncio.create_task(shop.sender().run(asyncio.Event()))
        deadline = time.monotonic() + 10
        while shop.outbox.counts()["leased"] == 0 and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    counts = shop.outbox.counts()
    assert counts["leased"] == 0 and counts["queued"] > 0
    assert counts["sent"] == shop.mails.count()


class _FullTwice(Outbox):
    """A disk that is full for the first two writes of outcomes."""

    failures = 2

    def finish(self, outcomes: Sequence[Outcome], now: int) -> int:
        if self.failures:
            self.failures -= 1
            raise Unavailable("the state store's disk is full: nothing was written")
        return super().finish(outcomes, now)


def test_what_was_sent_is_written_once_there_is_room_again(shop: Shop) -> None:
    shop.queue(1)
    shop.outbox = _FullTwice(shop.database, append_to(Log(shop.database)))
    shop.send()
    assert shop.row(1)["state"] == "sent"
    assert shop.mails.count() == 1
    assert [name for name, _, _ in shop.events()] == ["Message Sent"]


def test_a_crashed_senders_messages_go_out_after_its_lease(shop: Shop) -> None:
    shop.queue(1)
    assert len(shop.outbox.claim("email", NOW, "crashed", 10, MINUTE)) == 1
    assert shop.send(owner="other") == 0
    shop.later(MINUTE)
    assert shop.send(owner="other") == 1
    assert (shop.row(1)["state"], shop.row(1)["attempts"]) == ("sent", 2)


def test_the_provider_is_asked_no_faster_than_it_allows(shop: Shop) -> None:
    shop.queue(*range(1, 7))
    begun = time.monotonic()
    # The wall stands still in this test, so every turn waits for its whole distance from it.
    shop.send(settings=SenderSettings(per_second=20))
    assert time.monotonic() - begun >= 0.2
    assert shop.mails.count() == 6


def test_run_sends_what_comes_and_stops_when_told(shop: Shop) -> None:
    async def whole() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(shop.sender().run(stop))
        shop.queue(1, 2, 3)
        deadline = time.monotonic() + 10
        while shop.mails.count() < 3 and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        stop.set()
        await task

    asyncio.run(whole())
    assert shop.outbox.counts()["sent"] == 3


@given(message=st.integers(0, 2**63 - 1), attempts=st.integers(1, 200))
def test_waits_grow_to_a_limit_and_are_the_same_each_time(message: int, attempts: int) -> None:
    policy = RetryPolicy()
    delay = policy.delay(message, attempts)
    full = min(policy.longest, policy.base << min(attempts - 1, 32))
    assert full // 2 <= delay <= full
    assert delay == policy.delay(message, attempts)
