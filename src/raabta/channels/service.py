"""The sender: drains the outbox through connectors, and writes what became of each message.

It may be run any number of times beside each other, in one process or many: a lease belongs to
one sender, an outcome without its lease changes nothing, and a sender that could not finish within
its lease gives the message back untried. What remains is a crash between the provider's 'accepted'
and our commit; outcomes are therefore written as they come, and a repeated mail keeps its
Message-ID.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from raabta.channels.model import Delivery, Failed, OutboxMessage, Retry
from raabta.channels.outcome import conclude, released
from raabta.channels.ports import Connector, Material, MaterialPort, OutboxPort, Outcome
from raabta.channels.retry import RetryPolicy
from raabta.core.clock import MINUTE, SECOND, Clock
from raabta.core.errors import Unavailable

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SenderSettings:
    """`per_second`: the provider's rate limit, None for none. Durations are microseconds.

    `reserve` is how much of a lease must be left for a message to be begun: longer than the
    connector's longest conversation.
    """

    batch: int = 64
    concurrency: int = 4
    per_second: float | None = None
    lease: int = 5 * MINUTE
    reserve: int = 2 * MINUTE
    idle: int = SECOND // 4
    longest_pause: int = MINUTE
    retry: RetryPolicy = field(default_factory=RetryPolicy)


class Pace:
    """At most `per_second` turns a second, evenly spaced."""

    def __init__(self, per_second: float | None, wall: Clock) -> None:
        self._gap = SECOND / per_second if per_second else 0.0
        self._wall = wall
        self._next = 0.0

    async def turn(self) -> None:
        if self._gap:
            now = self._wall.now()
            mine = max(self._next, now)
            self._next = mine + self._gap
            await asyncio.sleep((mine - now) / SECOND)


class Sender:
    """Drains one connector's channel.

    `clock` is engine time: it dates mails and events. `wall` is real time: leases, waits and the
    rate limit live there, because a provider does not share a scaled clock.
    """

    def __init__(
        self,
        outbox: OutboxPort,
        materials: MaterialPort,
        connector: Connector,
        *,
        owner: str,
        clock: Clock,
        wall: Clock,
        settings: SenderSettings | None = None,
    ) -> None:
        self._outbox = outbox
        self._materials = materials
        self._connector = connector
        self._owner = owner
        self._clock = clock
        self._wall = wall
        self._settings = settings or SenderSettings()
        self._pace = Pace(self._settings.per_second, wall)
        self._closing = False
        self._provider_down = False

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set. Cancelling it first finishes what is on the wire."""
        failures = 0
        while not stop.is_set():
            try:
                worked = await self.drain_once()
            except Unavailable as error:
                _log.warning("outbox_unavailable", reason=error.message)
                worked, self._provider_down = 0, True
            failures = failures + 1 if self._provider_down else 0
            if self._provider_down or not worked:
                await self._connector.rest()
                pause = self._settings.idle << min(failures, 16)
                await _wait(stop, min(pause, self._settings.longest_pause) / SECOND)
        await self._connector.rest()

    async def drain_once(self) -> int:
        """Send one batch; returns how many messages were claimed.

        If cancelled, messages on the wire are finished and written, the others given back.
        """
        batch = asyncio.ensure_future(self._batch())
        try:
            return await asyncio.shield(batch)
        except asyncio.CancelledError:
            self._closing = True
            await batch
            raise

    async def _batch(self) -> int:
        settings = self._settings
        self._provider_down = False
        messages = await asyncio.to_thread(
            self._outbox.claim,
            self._connector.channel,
            self._wall.now(),
            self._owner,
            settings.batch,
            settings.lease,
        )
        if not messages:
            return 0
        materials = await asyncio.to_thread(self._materials.materials, messages)
        suppressed = await asyncio.to_thread(
            self._outbox.suppressed, self._connector.channel, [m.address for m in messages]
        )
        waiting = deque(messages)
        # Bounded: mails whose delivery is not recorded go out again after a crash, so workers wait
        # for the store rather than run ahead of it.
        done: asyncio.Queue[Outcome | None] = asyncio.Queue(settings.concurrency)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._record(done))
            workers = [
                group.create_task(self._work(waiting, materials, suppressed, done))
                for _ in range(min(settings.concurrency, len(messages)))
            ]
            await asyncio.gather(*workers)
            await done.put(None)
        return len(messages)

    async def _work(
        self,
        waiting: deque[OutboxMessage],
        materials: Mapping[int, Material],
        suppressed: Mapping[str, str],
        done: asyncio.Queue[Outcome | None],
    ) -> None:
        while waiting:
            message = waiting.popleft()
            material = materials.get(message.id)
            delivery: Delivery | None = _refusal(message, material, suppressed)
            if delivery is None and material is not None:
                delivery = await self._deliver(message, material)
            if delivery is None:
                await done.put(released(message, self._wall.now()))
                continue
            if isinstance(delivery, Retry) and delivery.provider_down:
                self._provider_down = True
            await done.put(
                conclude(
                    message,
                    material,
                    delivery,
                    at=self._clock.now(),
                    wall=self._wall.now(),
                    policy=self._settings.retry,
                )
            )

    async def _deliver(self, message: OutboxMessage, material: Material) -> Delivery | None:
        """The connector's answer, or None where the message was not begun."""
        settings = self._settings
        if message.attempts > settings.retry.max_attempts:
            return Failed("every attempt ended without an answer", "attempts")
        if self._closing or self._provider_down:
            return None
        await self._pace.turn()
        if self._closing or self._wall.now() + settings.reserve > message.lease_until:
            return None
        try:
            return await self._connector.deliver(message, material, self._clock.now())
        except Exception as error:  # a fault of ours must not stop every other message
            _log.exception("delivery_fault", message=message.id, fault=type(error).__name__)
            return Retry(f"internal fault: {type(error).__name__}", "internal")

    async def _record(self, done: asyncio.Queue[Outcome | None]) -> None:
        """Write outcomes as they come, as many at once as are there."""
        open_ = True
        while open_:
            ready = [await done.get()]
            while not done.empty():
                ready.append(done.get_nowait())
            open_ = ready[-1] is not None
            outcomes = [outcome for outcome in ready if outcome is not None]
            if outcomes:
                await self._finish(outcomes)

    async def _finish(self, outcomes: list[Outcome]) -> None:
        """Keep trying while the store is full or busy: these messages have left already."""
        give_up = self._wall.now() + self._settings.lease
        pause = 0.1
        while True:
            try:
                kept = await asyncio.to_thread(self._outbox.finish, outcomes, self._clock.now())
                break
            except Unavailable as error:
                _log.warning("outcomes_not_written_yet", count=len(outcomes), reason=error.message)
                if self._closing and self._wall.now() > give_up:
                    _log.error("outcomes_lost", messages=[o.message.id for o in outcomes])
                    return
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
        if kept < len(outcomes):
            _log.warning("leases_lost", count=len(outcomes) - kept)


def _refusal(
    message: OutboxMessage, material: Material | None, suppressed: Mapping[str, str]
) -> Failed | None:
    """Why the message must not go out although it was decided."""
    if message.address in suppressed:
        return Failed(f"the address is suppressed: {suppressed[message.address]}", "suppressed")
    if material is None:
        return Failed(f"template {message.template!r} or its brand is not defined", "definition")
    if material.refusal:
        return Failed(material.refusal, "refused")
    return None


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
