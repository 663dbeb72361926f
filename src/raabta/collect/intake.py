"""Group commit: many requests hand over rows, one writer makes them durable together.

One transaction costs one wait for the disk however many rows it holds, so a single thread takes
all that has queued up, writes it, and only then answers everybody who waits.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import groupby
from typing import NamedTuple

import structlog

from raabta.collect.model import Delivery, quarantine_frame, rows_frame
from raabta.collect.ports import EventLog, Transactions
from raabta.core.clock import Clock
from raabta.core.errors import RaabtaError, Unavailable

_log = structlog.get_logger(__name__)


class Overloaded(Unavailable):
    """More is waiting to be written than memory should hold."""

    status = 429
    code = "overloaded"


class _Waiting(NamedTuple):
    delivery: Delivery
    done: Future[None]


class Intake:
    """The door to the log for live events. `start` before use; `close` drains and ends."""

    def __init__(
        self,
        database: Transactions,
        log: EventLog,
        clock: Clock,
        *,
        max_rows: int = 50_000,
        max_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        self._database = database
        self._event_log = log
        self._clock = clock
        self._max_rows = max_rows
        self._max_bytes = max_bytes
        self._queue: deque[_Waiting] = deque()
        self._rows = 0
        self._bytes = 0
        self._changed = threading.Condition()
        self._closing = False
        self._writer = threading.Thread(target=self._run, name="raabta-intake", daemon=True)

    def start(self) -> None:
        self._writer.start()

    def close(self, timeout: float = 30.0) -> None:
        """Refuse new deliveries, write those already accepted into the queue, and end."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._writer.ident is not None:
            self._writer.join(timeout)

    @property
    def waiting(self) -> int:
        """Rows that are queued and not yet durable."""
        return self._rows

    async def put(self, delivery: Delivery) -> None:
        """Return once everything in `delivery` is durable.

        Raises Overloaded when too much is waiting, Unavailable when it could not be written; then
        nothing of it was kept and it can be sent again.
        """
        await asyncio.wrap_future(self.submit(delivery))

    def submit(self, delivery: Delivery) -> Future[None]:
        """Queue a delivery; the future is done when it is durable. Errors as in `put`."""
        count = len(delivery.rows) + len(delivery.rejected)
        done: Future[None] = Future()
        done.set_running_or_notify_cancel()  # a caller that goes away does not take its rows back
        with self._changed:
            if self._closing:
                raise Unavailable("the engine is stopping", remedy="try again", retry_after=5)
            full = self._rows + count > self._max_rows or (
                self._bytes + delivery.size > self._max_bytes
            )
            if full and self._rows:  # alone, even an oversized delivery gets through
                raise Overloaded(
                    "more events are waiting than can be held",
                    remedy="try again, more slowly",
                    retry_after=2,
                )
            self._queue.append(_Waiting(delivery, done))
            self._rows += count
            self._bytes += delivery.size
            self._changed.notify()
        return done

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closing)
                taken = list(self._queue)
                self._queue.clear()
                if not taken:
                    return
            self._commit(taken)
            with self._changed:
                self._rows -= sum(len(w.delivery.rows) + len(w.delivery.rejected) for w in taken)
                self._bytes -= sum(w.delivery.size for w in taken)

    def _commit(self, taken: Sequence[_Waiting]) -> None:
        """Write all in one transaction, then answer everybody.

        Whatever goes wrong must reach those who wait, or they would wait for ever: so every
        exception is caught here, and handed on.
        """
        try:
            self._write([w.delivery for w in taken])
        except Exception as error:
            if len(taken) > 1 and not (isinstance(error, RaabtaError) and error.retry):
                for one in taken:  # the fault may be one delivery's: the others must not pay
                    self._commit([one])
                return
            failure = error if isinstance(error, RaabtaError) else _unwritten(error)
            for waiting in taken:
                waiting.done.set_exception(failure)
            return
        for waiting in taken:
            waiting.done.set_result(None)

    def _write(self, deliveries: Sequence[Delivery]) -> None:
        with self._database.begin() as connection:
            now = self._clock.now()
            for origin, group in groupby(deliveries, key=lambda d: d.origin):
                rows = [row for delivery in group for row in delivery.rows]
                if rows:
                    self._event_log.append(connection, rows_frame(rows), now, origin)
            for delivery in deliveries:
                if delivery.rejected:
                    frame = quarantine_frame(delivery.rejected, delivery.source, now)
                    self._event_log.quarantine(connection, frame)


def _unwritten(error: Exception) -> Unavailable:
    # The driver's message may quote values, so only its kind is logged.
    _log.error("intake.write_failed", error=type(error).__name__)
    return Unavailable(
        "the events could not be written; none was taken",
        remedy="try again; see the server's log",
        retry_after=10,
    )
