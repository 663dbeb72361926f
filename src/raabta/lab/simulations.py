"""Backtests as jobs: ordered, watched, cancelled. One runs at a time; the rest wait."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from raabta.core.clock import Instant, iso
from raabta.core.documents import Document
from raabta.core.errors import InvalidInput, RaabtaError
from raabta.lab.backtest import Backtest, changed_people, difference, simulate
from raabta.lab.settings import only, with_settings
from raabta.runtime import workspace
from raabta.runtime.definitions import rules
from raabta.runtime.engine import Engine
from raabta.runtime.ports import Rules
from raabta.storage.state.jobs import KeptJobs

#: How many finished jobs are kept.
KEPT = 50
#: How many people are shown of whom a compared run changes the messages.
PEOPLE = 200
#: What they are in the state store.
_KIND = "simulation"

_log = structlog.get_logger("raabta.lab")

Watch = Callable[[float, int], bool]


@dataclass(frozen=True)
class Order:
    """`settings` asks for a second run under them, compared with the first. `documents` are
    definitions that are not in force yet; None takes those that are."""

    start: Instant
    end: Instant
    journey: str | None = None
    settings: dict[str, str] = field(default_factory=dict)
    documents: list[Document] | None = None


Runs = list[tuple[Rules, dict[str, str]]]


def runs_of(engine: Engine, order: Order) -> Runs:
    """The rules to run under, with the settings that made them. Raises InvalidInput for an order
    that cannot be run."""
    if order.end <= order.start:
        raise InvalidInput("ends before it begins", field="to", remedy="choose a later `to`")
    base = (
        engine.rules()
        if order.documents is None
        else rules(workspace.check(engine, order.documents), {})
    )
    base = only(base, order.journey)
    runs: Runs = [(base, {})]
    if order.settings:
        changed = replace(base, policy=with_settings(base.policy, order.settings))
        runs.append((changed, order.settings))
    return runs


def run(
    engine: Engine, order: Order, watch: Watch | None = None, runs: Runs | None = None
) -> dict[str, Any]:
    """Run an order to its end; `watch(share done, messages)` may return False to stop.

    Returns {"as_declared": summary} and, with settings, "changed" and "difference" as well.
    """
    runs = runs_of(engine, order) if runs is None else runs
    seeds = workspace.seeds(engine)
    history = engine.history.cursor()
    results: list[Backtest] = []
    for number, (each, settings) in enumerate(runs):

        def progress(reached: Instant, messages: int, number: int = number) -> bool:
            share = (reached - order.start) / (order.end - order.start)
            return watch is None or watch((number + share) / len(runs), messages)

        results.append(
            simulate(
                history, each, seeds, order.start, order.end, progress=progress, settings=settings
            )
        )
        if results[-1].cancelled:
            break
    found: dict[str, Any] = {"as_declared": results[0].summary()}
    if len(results) == 2:
        found["changed"] = results[1].summary()
        found["difference"] = {
            **difference(*results),
            "people": _people(engine, changed_people(results[0], results[1], PEOPLE)),
        }
    return found


def _people(engine: Engine, changed: list[tuple[int, int, int]]) -> list[dict[str, Any]]:
    names = engine.asking.names([profile for profile, _, _ in changed])
    return [
        {
            "id": str(profile),
            "name": names.get(profile, str(profile)),
            "before": before,
            "after": after,
        }
        for profile, before, after in changed
    ]


@dataclass
class _Job:
    id: str
    order: Order
    runs: Runs
    ordered_at: Instant
    state: str = "waiting"
    share: float = 0.0
    messages: int = 0
    result: dict[str, Any] | None = None
    error: str | None = None
    finished_at: Instant | None = None
    started: float | None = None  # by the monotonic clock
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def is_over(self) -> bool:
        return self.state not in ("waiting", "running")

    @property
    def seconds_left(self) -> float | None:
        """By how long the done share took; None before anything is done."""
        if self.state != "running" or self.started is None or self.share <= 0:
            return None
        spent = time.monotonic() - self.started
        return round(spent / self.share * (1 - self.share), 1)

    def head(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "state": self.state,
            "order": shown_order(self.order),
            "ordered_at": iso(self.ordered_at),
            "finished_at": iso(self.finished_at) if self.finished_at is not None else None,
            "progress": round(self.share, 4),
            "messages": self.messages,
            "seconds_left": self.seconds_left,
            "error": self.error,
        }

    def shown(self) -> dict[str, Any]:
        return {**self.head(), "result": self.result}


def shown_order(order: Order) -> dict[str, Any]:
    return {
        "journey": order.journey,
        "from": iso(order.start),
        "to": iso(order.end),
        "set": order.settings,
        "has_definitions": order.documents is not None,
    }


class Simulations:
    """Jobs of this process, and what the state store keeps of those that are over."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: dict[str, _Job] = {}
        self._kept = KeptJobs(engine.database, _KIND, KEPT)
        self._turn = threading.Lock()

    def start(self, order: Order) -> dict[str, Any]:
        """Start a job. Raises InvalidInput at once for an order that cannot be run."""
        runs = runs_of(self._engine, order)
        job = _Job(uuid.uuid4().hex[:12], order, runs, self._engine.wall.now())
        self._jobs[job.id] = job
        threading.Thread(target=self._run, args=(job,), name="raabta-lab", daemon=True).start()
        return job.shown()

    def list(self) -> list[dict[str, Any]]:
        """The newest jobs, newest first, without their results."""
        here = [job.head() for job in list(self._jobs.values())]
        ids = {head["id"] for head in here}
        kept = [each for each in self._kept.list() if each["id"] not in ids]
        return sorted(here + kept, key=lambda each: str(each["ordered_at"]), reverse=True)[:KEPT]

    def state(self, job_id: str) -> dict[str, Any]:
        """Progress and result. Raises NotFound."""
        job = self._jobs.get(job_id)
        return job.shown() if job is not None else self._kept.read(job_id)

    def cancel(self, job_id: str) -> dict[str, Any]:
        """Ask a job to stop; one that is over stays as it is. Raises NotFound."""
        job = self._jobs.get(job_id)
        if job is None:
            return self._kept.read(job_id)
        if not job.is_over:
            job.cancelled.set()
        return job.shown()

    def _run(self, job: _Job) -> None:
        def watch(share: float, messages: int) -> bool:
            job.share, job.messages = share, messages
            return not job.cancelled.is_set()

        with self._turn:
            job.state, job.started = "running", time.monotonic()
            state = "failed"
            try:
                if job.cancelled.is_set():
                    state = "cancelled"
                else:
                    job.result = run(self._engine, job.order, watch, job.runs)
                    state = "cancelled" if job.cancelled.is_set() else "done"
            except RaabtaError as error:
                job.error = str(error)
            except Exception as error:  # told to whoever asks for the job
                _log.exception("simulation failed")
                job.error = f"{type(error).__name__}: {error}"
            self._finish(job, state)

    def _finish(self, job: _Job, state: str) -> None:
        """Keep what the job came to, and only then say that it is over."""
        job.finished_at = self._engine.wall.now()
        try:
            self._kept.save({**job.shown(), "state": state, "seconds_left": None}, job.finished_at)
        except RaabtaError as error:
            _log.warning("simulation not kept", reason=error.message)
            job.state = state
            return
        job.state = state
        self._jobs.pop(job.id, None)
