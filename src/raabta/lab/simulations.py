"""Backtests as jobs: ordered, watched, cancelled. One runs at a time; the rest wait."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from raabta.core.clock import Instant
from raabta.core.documents import Document
from raabta.core.errors import InvalidInput, NotFound, RaabtaError
from raabta.lab.backtest import Backtest, difference, simulate
from raabta.lab.settings import only, with_settings
from raabta.runtime import workspace
from raabta.runtime.definitions import rules
from raabta.runtime.engine import Engine
from raabta.runtime.ports import Rules

#: How many finished jobs are remembered.
KEPT = 50

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
        found["difference"] = difference(*results)
    return found


@dataclass
class _Job:
    id: str
    order: Order
    runs: Runs
    state: str = "waiting"
    share: float = 0.0
    messages: int = 0
    result: dict[str, Any] | None = None
    error: str | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def is_over(self) -> bool:
        return self.state not in ("waiting", "running")

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "state": self.state,
            "progress": round(self.share, 4),
            "messages": self.messages,
            "result": self.result,
            "error": self.error,
        }


class Simulations:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: dict[str, _Job] = {}
        self._turn = threading.Lock()

    def start(self, order: Order) -> dict[str, Any]:
        """Start a job. Raises InvalidInput at once for an order that cannot be run."""
        job = _Job(uuid.uuid4().hex[:12], order, runs_of(self._engine, order))
        over = [old.id for old in list(self._jobs.values()) if old.is_over]
        for old in over[: max(0, len(self._jobs) - KEPT)]:
            self._jobs.pop(old, None)
        self._jobs[job.id] = job
        threading.Thread(target=self._run, args=(job,), name="raabta-lab", daemon=True).start()
        return job.shown()

    def state(self, job_id: str) -> dict[str, Any]:
        return self._job(job_id).shown()

    def cancel(self, job_id: str) -> dict[str, Any]:
        job = self._job(job_id)
        job.cancelled.set()
        return job.shown()

    def _job(self, job_id: str) -> _Job:
        job = self._jobs.get(job_id)
        if job is None:
            raise NotFound(f"there is no simulation {job_id!r}", field="simulation")
        return job

    def _run(self, job: _Job) -> None:
        def watch(share: float, messages: int) -> bool:
            job.share, job.messages = share, messages
            return not job.cancelled.is_set()

        with self._turn:
            job.state = "running"
            try:
                job.result = run(self._engine, job.order, watch, job.runs)
                job.state = "cancelled" if job.cancelled.is_set() else "done"
            except RaabtaError as error:
                job.state, job.error = "failed", str(error)
            except Exception as error:  # told to whoever asks for the job
                _log.exception("simulation failed")
                job.state, job.error = "failed", f"{type(error).__name__}: {error}"
