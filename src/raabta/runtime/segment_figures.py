"""What the segments screen shows: definitions in words, members and their trend, overlap, previews."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from raabta.audiences import timeline as audiences
from raabta.audiences.model import Segment
from raabta.core.clock import Instant, iso
from raabta.core.documents import Document, read_text, to_yaml
from raabta.core.errors import InvalidInput, NotFound, Problem, Unavailable
from raabta.core.frames import SLOT
from raabta.core.text import Lang
from raabta.query.compile import inline
from raabta.query.model import Condition
from raabta.query.parse import parse
from raabta.runtime.days import Days
from raabta.runtime.definitions import declare
from raabta.runtime.engine import Engine
from raabta.runtime.figures import SAMPLE, SMALL
from raabta.runtime.words import condition_tree, in_words
from raabta.storage.history.duck import DuckHistory
from raabta.storage.state.definitions import Stored
from raabta.storage.state.tallies import EVER, SLOTS_A_DAY

#: How many segments one overlap compares at most.
MOST_COMPARED = 24
#: Days of a trend.
TREND = 30
#: Seconds that an exact count may take before a sample has to do.
BUDGET = 3.0


class SegmentFigures:
    """Reads tallies and kept figures; safe from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._read = engine.tallies

    def all(self, lang: Lang) -> list[dict[str, Any]]:
        stored = [s for s in self._engine.definitions.active() if s.document.kind == "segment"]
        return self._items(stored, lang)

    def one(self, name: str, lang: Lang) -> dict[str, Any]:
        """One segment with its definition. Raises NotFound."""
        stored = self._stored(name)
        condition = _condition(stored.document)
        return self._items([stored], lang)[0] | {
            "body": stored.document.body,
            "yaml": to_yaml(stored.document.body),
            "condition_tree": condition_tree(condition, lang) if condition else None,
        }

    def _stored(self, name: str) -> Stored:
        for stored in self._engine.definitions.active():
            if (stored.document.kind, stored.document.name) == ("segment", name):
                return stored
        raise NotFound(
            f"there is no segment {name!r}", field="name", remedy="GET /api/v1/segments lists them"
        )

    # --- figures ----------------------------------------------------------------------------

    def _items(self, stored: list[Stored], lang: Lang) -> list[dict[str, Any]]:
        names = [s.document.name for s in stored]
        now = self._engine.clock.now()
        zone = ZoneInfo(self._engine.world.rules.policy.timezone)
        span = Days.around(now, zone, before=TREND - 1, after=0)
        week = now // SLOT - 7 * SLOTS_A_DAY + 1
        moved = self._read.moved(names, span.slots)
        members = self._read.members()
        known = self._read.first_known(names)
        begun = self._engine.state.get_meta("tallies_since") or 0
        recent = self._read.moved(names, [week, EVER])
        turns = {
            name: (entered, left)
            for name, entered, left in recent.select("segment", "entered", "left").rows()
        }
        used_by = self._used_by()
        items = []
        for one in stored:
            name = one.document.name
            condition = _condition(one.document)
            people = members.get(name, 0)
            mine = moved.filter(pl.col("segment") == name)
            since = max(known.get(name, now // SLOT) * SLOT, begun)
            entered, left = turns.get(name, (0, 0))
            items.append(
                {
                    "name": name,
                    "description": str(one.document.body.get("description", "")),
                    "in_words": in_words(condition, lang) if condition else "",
                    "people": people,
                    "entered_7d": entered,
                    "left_7d": left,
                    "trend": _trend(span, mine, people, since),
                    "version": one.version,
                    "file": one.document.file,
                    "used_by": used_by.get(name, []),
                    "error": self._error(name),
                }
            )
        return items

    def _error(self, name: str) -> dict[str, Any] | None:
        problem = self._engine.broken.get(("segment", name))
        return asdict(problem) if problem else None

    def _used_by(self) -> dict[str, list[str]]:
        """Which journeys ask for each segment, by the names in their definitions."""
        found: dict[str, set[str]] = {}
        for stored in self._engine.definitions.active():
            if stored.document.kind == "journey":
                for name in _segments_in(stored.document.body):
                    found.setdefault(name, set()).add(stored.document.name)
        return {name: sorted(journeys) for name, journeys in found.items()}

    # --- overlap ----------------------------------------------------------------------------

    def overlap(self, names: list[str] | None) -> dict[str, Any]:
        """Raises NotFound for an unknown name, Unavailable while it is not counted yet."""
        standing = sorted(
            s.document.name
            for s in self._engine.definitions.active()
            if s.document.kind == "segment"
        )
        for name in names or ():
            if name not in standing:
                self._stored(name)
        figure = self._engine.figures.get("overlap")
        column = {name: n for n, name in enumerate(figure["names"])} if figure else {}
        missing = [n for n in names or standing if n not in column]
        if missing and not set(missing) <= {n for _, n in self._engine.broken}:
            figure = self._engine.figures.again("overlap")
            column = {name: n for n, name in enumerate(figure["names"])} if figure else {}
        if figure is None:
            raise Unavailable("the overlap is being counted", remedy="try again", retry_after=3)
        wanted = [n for n in dict.fromkeys(names or standing) if n in column][:MOST_COMPARED]
        pairs = [[figure["pairs"][column[a]][column[b]] for b in wanted] for a in wanted]
        people = [pairs[n][n] for n in range(len(wanted))]
        margin = 0.0
        if figure["sampled"]:
            shares = [n for row in pairs for n in row]
            margin = max((half_width(n, figure["of"], figure["people"]) for n in shares), default=0)
        return {
            "names": wanted,
            "people": people,
            "pairs": pairs,
            "of": figure["of"],
            "sampled": figure["sampled"],
            "margin": margin,
            "as_of": iso(figure["as_of"]),
        }

    # --- preview ----------------------------------------------------------------------------

    def preview(self, yaml: str, lang: Lang) -> dict[str, Any]:
        """What a segment would be. Writes nothing; what is wrong with the text is in `problems`."""
        documents, problems = read_text(yaml, "segment", ("segment",))
        found: dict[str, Any] = {
            "name": documents[0].name if documents else None,
            "in_words": "",
            "people": None,
            "of": self._read.people(),
            "sampled": False,
            "margin": 0.0,
            "condition_tree": None,
            "problems": [],
        }
        if len(documents) != 1 and not problems:
            problems = [
                Problem("segment", 1, "segment", "is not one segment", "start with `segment: NAME`")
            ]
        condition = None
        if not problems:
            one, problems = declare([documents[0]])
            condition = one.segments[documents[0].name][1] if one.segments else None
        if condition is None:
            return found | {"problems": [asdict(p) for p in problems]}
        found |= {
            "in_words": in_words(condition, lang),
            "condition_tree": condition_tree(condition, lang),
        }
        try:
            known = {n: c for n, c in self._conditions() if n != documents[0].name}
            whole = inline(condition, known | {documents[0].name: condition})
        except InvalidInput as error:
            problem = documents[0].problem("where", error.message, error.remedy)
            return found | {"problems": [asdict(problem)]}
        return found | self._counted(Segment(documents[0].name, 0, "", whole), found["of"])

    def _conditions(self) -> Iterator[tuple[str, Condition]]:
        for stored in self._engine.definitions.active():
            if stored.document.kind == "segment":
                condition = _condition(stored.document)
                if condition is not None:
                    yield stored.document.name, condition

    def _counted(self, segment: Segment, people: int) -> dict[str, Any]:
        """Everybody is asked, as long as that is quick; else a sample by keyed chance."""
        now = self._engine.clock.now()
        history = self._engine.history.cursor()
        try:
            with _interrupted(history, BUDGET if people > SMALL else None):
                everybody = self._engine.state.everybody()
                return {"people": _members(segment, history, everybody, now)}
        except duckdb.InterruptException:
            chosen = self._engine.figures.sample(SAMPLE)
            n = _members(segment, history, chosen, now)
            return {
                "people": round(n * people / max(chosen.len(), 1)),
                "sampled": True,
                "margin": half_width(n, chosen.len(), people),
            }


def _members(segment: Segment, history: DuckHistory, subjects: pl.Series, at: Instant) -> int:
    return audiences.as_of([segment], history, subjects, at).filter("member").height


@contextmanager
def _interrupted(history: DuckHistory, seconds: float | None) -> Iterator[None]:
    """Questions under way after so many seconds end with duckdb.InterruptException."""
    if seconds is None:
        yield
        return
    timer = threading.Timer(seconds, history.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def half_width(found: int, of: int, people: int) -> float:
    """Half of the 95% interval of a share, of people drawn without putting back (Wilson's form,
    which does not vanish where nobody or everybody was found)."""
    if not 0 < of < people:
        return 0.0
    z2, share = 1.96**2, found / of
    width = math.sqrt(share * (1 - share) / of + z2 / (4 * of * of)) * 1.96 / (1 + z2 / of)
    return width * math.sqrt((people - of) / (people - 1))


def _trend(span: Days, moved: pl.DataFrame, people: int, since: Instant) -> list[dict[str, Any]]:
    """Members at the end of each day, backwards from now; days before `since` are not known."""
    changes = dict(moved.select("day", pl.col("entered") - pl.col("left")).rows())
    points = []
    for n in reversed(range(len(span.dates))):
        if span.bounds[n + 1] <= since:
            break
        points.append({"date": span.dates[n].isoformat(), "people": people})
        people -= changes.get(n, 0)
    return points[::-1]


def _condition(document: Document) -> Condition | None:
    """The condition as it is written, references and all; None where it cannot be read."""
    try:
        return parse(document.body.get("where"))
    except InvalidInput:
        return None


def _segments_in(body: Any) -> Iterator[str]:
    """Every segment that a definition names."""
    if isinstance(body, dict):
        for key, value in body.items():
            if key == "segment" and isinstance(value, str):
                yield value
            else:
                yield from _segments_in(value)
    elif isinstance(body, list):
        for value in body:
            yield from _segments_in(value)
