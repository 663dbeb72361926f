"""The engine of one workspace: its stores, its loop of ticks, its senders."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from raabta.access.service import Accounts
from raabta.channels.email.connector import EmailConnector
from raabta.channels.email.smtp import SmtpPool, SmtpServer
from raabta.channels.service import Sender, SenderSettings
from raabta.channels.tracking import Links
from raabta.collect.intake import Intake
from raabta.core.clock import Clock, Instant, SystemClock
from raabta.core.errors import RaabtaError
from raabta.query.model import Catalog
from raabta.runtime.asking import Asking
from raabta.runtime.definitions import Declared, declare, rules
from raabta.runtime.figures import Figures
from raabta.runtime.live import LiveWorld
from raabta.runtime.materials import Materials
from raabta.runtime.measurements import Measurements
from raabta.runtime.ports import Outcome, Rules
from raabta.runtime.settings import Settings
from raabta.runtime.sound import Broken, sound, unasked
from raabta.runtime.tick import tick
from raabta.storage.history.duck import DuckHistory
from raabta.storage.state.database import Database
from raabta.storage.state.definitions import Definitions
from raabta.storage.state.engine import EngineState
from raabta.storage.state.keys import Keys
from raabta.storage.state.log import Log
from raabta.storage.state.migrations import migrate
from raabta.storage.state.outbox import Outbox, append_to
from raabta.storage.state.tallies import TallyReader
from raabta.storage.state.users import Users

#: How long the loop rests when nothing came in, seconds.
REST = 0.1
#: How long it waits at most before a failed tick is tried again, seconds.
LONGEST_PAUSE = 30.0

_log = structlog.get_logger("raabta.engine")


@dataclass
class Health:
    """What an operator asks first. `error` is that of the last tick, or None."""

    ticks: int = 0
    reached: Instant = 0
    error: str | None = None
    last_seconds: float = 0.0


class Engine:
    """Opens the stores of `settings`; `start` runs the loop, `step` one tick by hand.

    Only one engine may run on a workspace: the history is held by one process. Raises Unavailable
    when another holds it.
    """

    def __init__(
        self, settings: Settings, clock: Clock | None = None, wall: Clock | None = None
    ) -> None:
        self.settings = settings
        self.wall = wall or SystemClock()
        self.clock = clock or self.wall
        self.database = Database.open(settings.state_url)
        migrate(self.database)
        self.history = DuckHistory.open(settings.history_url, memory_limit=settings.history_memory)
        self.log = Log(self.database)
        self.keys = Keys(self.database)
        self.accounts = Accounts(Users(self.database))
        self.definitions = Definitions(self.database)
        self.state = EngineState(self.database)
        self.tallies = TallyReader(self.database)
        self.asking = Asking(self.database, self.history)
        self.intake = Intake(self.database, self.log, self.clock)
        self.outbox = Outbox(self.database, append_to(self.log))
        self.links = Links(settings.public_url, [settings.signing_key()])
        self.health = Health()
        self.broken: Broken = {}
        self.world = LiveWorld(self.database, self.history, self.rules())
        self.figures = Figures(self.database, self.clock, lambda: self.world.rules)
        self.measuring = Measurements(
            self.database,
            self.history,
            self.wall,
            self.declared,
            self._measured_from,
            lambda: self.health.reached,
        )
        self._failed = False
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._stepping = threading.Lock()

    # --- definitions ------------------------------------------------------------------------

    def declared(self) -> Declared:
        """What is in force."""
        declared, problems = declare(s.document for s in self.definitions.active())
        if problems:
            # It was valid when applied; a newer version of Raabta may be stricter.
            _log.warning("definitions have problems", problems=[str(p) for p in problems])
        return declared

    def rules(self) -> Rules:
        """The rules in force, with the older versions of journeys that still hold people.

        What cannot be run any more is left out, and `broken` says why.
        """
        stored = self.definitions.active()
        history = self.history.cursor()
        declared, self.broken = sound((s.document for s in stored), history)
        for (kind, name), problem in self.broken.items():
            _log.warning("definition left out", kind=kind, name=name, problem=str(problem))
        versions = {(s.document.kind, s.document.name): s.version for s in stored}
        retired, _ = sound((s.document for s in self.definitions.retired("segment")), history)
        conditions = {name: condition for name, (_, condition) in retired.segments.items()}
        known = conditions | {name: condition for name, (_, condition) in declared.segments.items()}
        drained = []
        for name, version in self.state.versions_inside():
            if versions.get(("journey", name)) != version:
                document = self.definitions.version("journey", name, version).document
                old, _ = declare([document])
                drained += [
                    replace(j, version=version)
                    for j in old.journeys.values()
                    if unasked(j, known, entering=False) is None
                ]
        return rules(declared, versions, self.definitions.revision(), drained, conditions)

    def _measured_from(self) -> str:
        """What measurement rests on: as long as this stands, so do its figures."""
        return f"{self.definitions.revision()}:{self.world.position}"

    def catalog(self) -> Catalog:
        return self.history.catalog()

    # --- ticking ----------------------------------------------------------------------------

    def step(self) -> Outcome:
        """One tick up to now. Raises what went wrong, with nothing half-done."""
        with self._stepping:
            if self._failed:
                self._begin_again()
            renewed = self.world.rules.revision != self.definitions.revision()
            if renewed:
                self.world.use(self.rules())
            started = time.perf_counter()
            try:
                outcome = tick(self.world, self.world.seal(self.clock.now()))
            except BaseException:
                self._failed = True
                self.world.abandon()
                raise
            self.health.ticks += 1
            self.health.reached = outcome.until
            self.health.last_seconds = time.perf_counter() - started
            self.health.error = None
            if renewed or outcome.members.height or outcome.enrollments.height:
                self.figures.changed()
        return outcome

    def _begin_again(self) -> None:
        """After a failed tick stand where a restart would: on what the state store holds.

        The state may have been committed and the history not, when its own disk is full.
        """
        self.world.close()
        self.world = LiveWorld(self.database, self.history, self.rules())
        self._failed = False

    def _is_idle(self) -> bool:
        """Whether a tick would find nothing to do: then nothing is written either."""
        now = self.clock.now()
        rules = self.world.rules
        if (
            rules.revision != self.definitions.revision()
            or not self.health.ticks
            or self.world.position < self.tail()
            or self.state.is_due(now, [s.name for s in rules.segments], rules.plan.versions)
        ):
            return False
        self.health.reached = now
        return True

    def catch_up(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Tick until the whole log is taken; for imports without a running server."""
        while True:
            self.step()
            position, tail = self.world.position, self.tail()
            if progress:
                progress(position, tail)
            if self.world.is_through:
                return

    def tail(self) -> int:
        """The log's last `seq`."""
        found = self.state.get_meta("log_tail") or {"seq": 0}
        return int(found["seq"])

    def _loop(self) -> None:
        failures = 0
        while not self._stop.is_set():
            try:
                if self._failed or not self._is_idle():
                    self.step()
                failures = 0
                if self.world.is_through:
                    self._stop.wait(REST)
            except RaabtaError as error:
                failures += 1
                self.health.error = str(error)
                _log.warning("tick failed, will be tried again", reason=error.message)
            except Exception as error:  # a defect must not stop the loop: the log keeps everything
                failures += 1
                # Health is public, and a driver's words may quote what people said.
                self.health.error = f"{type(error).__name__}; see the server's log"
                _log.exception("tick failed, will be tried again")
            if failures:
                self._stop.wait(min(0.5 * 2 ** min(failures, 6), LONGEST_PAUSE))

    # --- sending ----------------------------------------------------------------------------

    def _send(self) -> None:
        while not self._stop.is_set():
            try:
                asyncio.run(self._sending())
            except Exception:  # a lost database connection, say: start afresh
                _log.exception("sender stopped, will start again")
                self._stop.wait(5)

    async def _sending(self) -> None:
        stop = asyncio.Event()
        # Polled: a thread that waits for the event would keep a failed loop from ending.
        watcher = asyncio.create_task(self._watch(stop))
        try:
            await self.sender().run(stop)
        finally:
            watcher.cancel()

    async def _watch(self, stop: asyncio.Event) -> None:
        while not self._stop.is_set():
            await asyncio.sleep(REST)
        stop.set()

    def sender(self) -> Sender:
        """A sender of its own, for this process or a test."""
        pool = SmtpPool(SmtpServer.parse(self.settings.smtp_url))
        return Sender(
            self.outbox,
            Materials(self.database),
            EmailConnector(pool, self.links),
            owner=f"{socket.gethostname()}:{os.getpid()}",
            clock=self.clock,
            wall=self.wall,
            settings=SenderSettings(per_second=self.settings.sends_per_second or None),
        )

    # --- life -------------------------------------------------------------------------------

    def start(self) -> None:
        """Start intake, loop and, where a mail server is set, the sender."""
        # Only one engine runs on a workspace, so whoever held these leases is gone.
        self.outbox.release()
        self.intake.start()
        self.figures.start()
        self._threads = [threading.Thread(target=self._loop, name="raabta-tick", daemon=True)]
        if self.settings.smtp_url:
            self._threads.append(
                threading.Thread(target=self._send, name="raabta-send", daemon=True)
            )
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what is under way and close the stores."""
        self._stop.set()
        self.intake.close()
        self.figures.stop()
        for thread in self._threads:
            thread.join(timeout=60)
        self.close()

    def close(self) -> None:
        self.measuring.close()
        self.history.close()
        self.database.close()
