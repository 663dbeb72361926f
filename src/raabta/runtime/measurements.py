"""The measurement screen's figures: computed in the background, kept in the state store.

A question is answered with what there is. Where that is old, or the definitions or the lift window
are others by now, a thread of its own computes anew; meanwhile the old figures stand.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import delete, insert, select

from raabta.core.clock import MINUTE, WEEK, Clock, Instant, iso, spell_duration
from raabta.core.errors import RaabtaError
from raabta.core.text import Lang
from raabta.measurement.words import retold
from raabta.runtime.definitions import Declared
from raabta.runtime.measuring import Measured
from raabta.storage.history.duck import DuckHistory
from raabta.storage.state import tables as t
from raabta.storage.state.database import Database

#: How often figures are computed anew by themselves, at most.
EVERY = 10 * MINUTE
#: Weekly read-outs of a journey's lift, at most the newest of them.
POINTS = 60
#: The name under which the figures are kept.
_KEY = "measurement"

_log = structlog.get_logger("raabta.measurement")


@dataclass(frozen=True)
class _Kept:
    """Figures with what they were computed from."""

    as_of: Instant  # by the wall
    basis: str  # definitions' revision, lift window and log position
    shown: dict[str, Any]


class Measurements:
    """Thread-safe. `basis` says what figures rest on: as long as it is the same, they are not old.
    `reached` is the engine's time, up to which they go."""

    def __init__(
        self,
        database: Database,
        history: DuckHistory,
        wall: Clock,
        declared: Callable[[], Declared],
        basis: Callable[[], str],
        reached: Callable[[], Instant],
    ) -> None:
        self._db = database
        self._history = history
        self._wall = wall
        self._declared = declared
        self._basis = basis
        self._reached = reached
        self._lock = threading.Lock()
        self._kept = self._load()
        self._thread: threading.Thread | None = None
        self._tried: Instant | None = None
        self._error: str | None = None
        self._is_closed = False

    def close(self) -> None:
        """Wait for what is being computed: it holds the stores."""
        self._is_closed = True
        thread = self._thread
        if thread is not None:
            thread.join(timeout=60)

    def latest(
        self, lift_window: int, *, refresh: bool = False, lang: Lang = "en"
    ) -> dict[str, Any]:
        """The figures there are, at once; a new computation is begun where it is due, and none
        where there is nothing to measure."""
        basis = f"{self._basis()}:{spell_duration(lift_window)}"
        with self._lock:
            kept = self._kept
            if kept is None and self._history.cursor().span() is None:
                return {**_NOTHING, **_EMPTY, "reason": _NO_EVENTS[lang]}
            is_stale = kept is None or kept.basis != basis
            is_running = self._thread is not None and self._thread.is_alive()
            if not is_running and (refresh or (is_stale and self._is_due(kept, basis))):
                self._begin(lift_window, basis)
                is_running = True
        found = kept.shown if kept else _NOTHING
        report = found["report"]
        return {
            **found,
            "report": retold(report, lang) if report else None,
            "reason": None,
            "state": "computing" if is_running else "ready" if kept else "none",
            "as_of": iso(kept.as_of) if kept else None,
            "is_stale": is_stale,
            "error": self._error,
        }

    def _is_due(self, kept: _Kept | None, basis: str) -> bool:
        """Not sooner than `EVERY` after the last try, unless something else was asked for."""
        now = self._wall.now()
        if self._tried is not None and now - self._tried < EVERY:
            return kept is not None and _window_of(kept.basis) != _window_of(basis)
        return (
            kept is None
            or now - kept.as_of >= EVERY
            or (_window_of(kept.basis) != _window_of(basis))
        )

    def _begin(self, lift_window: int, basis: str) -> None:
        if self._is_closed:
            return
        self._tried = self._wall.now()
        self._thread = threading.Thread(
            target=self._run, args=(lift_window, basis), name="raabta-measure", daemon=True
        )
        self._thread.start()

    def _run(self, lift_window: int, basis: str) -> None:
        try:
            shown = self._compute(lift_window)
        except RaabtaError as error:
            self._error = str(error)
        except Exception as error:  # told to whoever asks, and tried again later
            _log.exception("measuring failed")
            self._error = f"{type(error).__name__}; see the server's log"
        else:
            if shown["report"] is None:
                self._tried = None  # nothing to measure yet: the next question looks again
                return
            kept = _Kept(self._wall.now(), basis, shown)
            self._save(kept)
            with self._lock:
                self._kept, self._error = kept, None

    def _compute(self, lift_window: int) -> dict[str, Any]:
        # SciPy's statistics take a second to load: nothing else waits for them
        from raabta.measurement.lift import LiftRules
        from raabta.measurement.service import ReportSettings, lift_over_time, report

        history = self._history.cursor()
        declared = self._declared()
        policy = declared.policy
        span = history.span()
        if span is None:
            return _NOTHING
        settings = ReportSettings(
            event=policy.conversion.event,
            revenue_property=policy.conversion.revenue,
            lift=LiftRules(window=lift_window),
        )
        shares = {
            name: 1 - (1 - policy.holdout) * (1 - journey.holdout)
            for name, journey in declared.journeys.items()
        }
        measured = Measured(history, self._db, policy)
        start, end = span[0], max(span[1], self._reached()) + 1
        found = report(measured, measured, start=start, end=end, journeys=shares, settings=settings)
        over_time = lift_over_time(
            measured,
            measured,
            end=end,
            every=WEEK,
            most=POINTS,
            journeys=shares,
            settings=settings,
        )
        return {
            "period": {"from": iso(start), "to": iso(end)},
            "report": found.to_json(),
            "lift_over_time": [
                {"journey": name, "points": [_point(at, lift) for at, lift in points]}
                for name, points in over_time.items()
            ],
            "simulated_answers": _simulated(history),
        }

    # --- kept -------------------------------------------------------------------------------

    def _load(self) -> _Kept | None:
        with self._db.read() as connection:
            value = connection.scalar(select(t.meta.c.value).where(t.meta.c.key == _KEY))
        if value is None:
            return None
        body = json.loads(value)
        return _Kept(body["as_of"], body["basis"], body["shown"])

    def _save(self, kept: _Kept) -> None:
        value = json.dumps({"as_of": kept.as_of, "basis": kept.basis, "shown": kept.shown})
        with self._db.begin() as connection:
            connection.execute(delete(t.meta).where(t.meta.c.key == _KEY))
            connection.execute(insert(t.meta).values(key=_KEY, value=value))


_NOTHING: dict[str, Any] = {
    "period": None,
    "report": None,
    "lift_over_time": [],
    "simulated_answers": 0,
}


#: What holds while there is nothing to measure.
_EMPTY: dict[str, Any] = {"state": "none", "as_of": None, "is_stale": False, "error": None}
_NO_EVENTS: dict[Lang, str] = {
    "en": "No events have come in yet, so there is nothing to measure.",
    "ur": "ابھی کوئی واقعہ نہیں آیا، اس لیے ناپنے کو کچھ نہیں۔",
}


def _window_of(basis: str) -> str:
    return basis.rpartition(":")[2]


def _point(until: Instant, lift: Any) -> dict[str, Any]:
    return {
        "until": iso(until),
        "estimate": lift.absolute,
        "low": lift.low,
        "high": lift.high,
        "treated": lift.n_treated,
        "held": lift.n_holdout,
        "ready": lift.absolute is not None,
    }


def _simulated(history: DuckHistory) -> int:
    """Opens and clicks that a demo made up."""
    found = 0
    for event in ("Message Opened", "Message Clicked"):
        rows = history.rows(event, -(2**60), 2**60)
        if "simulated" in rows.columns:
            found += int(rows["simulated"].fill_null(value=False).sum())
    return found
