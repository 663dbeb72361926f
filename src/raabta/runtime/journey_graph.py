"""What the journeys screen shows: figures of each, and one drawn as a graph with its people."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from typing import Any

import polars as pl

from raabta.core.clock import DAY, SECOND, spell_duration
from raabta.core.errors import NotFound
from raabta.core.frames import SLOT
from raabta.core.text import Lang
from raabta.journeys.ahead import landing, reached
from raabta.journeys.model import (
    Branch,
    Exit,
    Journey,
    Jump,
    Send,
    SetTraits,
    Split,
    Step,
    WaitFor,
    WaitUntil,
)
from raabta.runtime.definitions import declare
from raabta.runtime.engine import Engine
from raabta.runtime.words import again_words, entry_words, event_words, in_words
from raabta.storage.state.tallies import EVER, SLOTS_A_DAY

#: Beyond the steps: where people come from, and where they go.
OUTSIDE = -1


class JourneyFigures:
    """Reads tallies; safe from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._read = engine.tallies

    def all(self, lang: Lang) -> list[dict[str, Any]]:
        """Every journey in force, with its last seven days."""
        week = self._engine.clock.now() // SLOT - 7 * SLOTS_A_DAY + 1
        moved = self._read.journeys([week, EVER])
        moves = {
            row[0]: row[1:]
            for row in moved.select("journey", "entered", "left", "goals").iter_rows()
        }
        decided = (
            self._read.decisions([week, EVER]).group_by("journey", "outcome").agg(pl.col("n").sum())
        )
        recent = {(journey, outcome): n for journey, outcome, n in decided.rows()}
        inside = self._read.inside()
        items = []
        for stored in self._engine.definitions.active():
            if stored.document.kind != "journey":
                continue
            name = stored.document.name
            journey = self._parsed(name, stored.version)
            entered, left, goals = moves.get(name, (0, 0, 0))
            versions = self._read.versions_inside(name)
            problem = self._engine.broken.get(("journey", name))
            items.append(
                {
                    "name": name,
                    "description": str(stored.document.body.get("description", "")),
                    "version": stored.version,
                    "inside": inside.get(name, 0),
                    "entered_7d": entered,
                    "goals_7d": goals,
                    "exits_7d": left,
                    **{
                        f"{o}_7d": recent.get((name, o), 0)
                        for o in ("sent", "withheld", "deferred")
                    },
                    "entry_words": entry_words(journey.entry, lang) if journey else "",
                    "draining": [
                        {"version": v, "inside": n}
                        for v, n in sorted(versions.items())
                        if v != stored.version
                    ],
                    "error": asdict(problem) if problem else None,
                }
            )
        return items

    def graph(self, name: str, version: int | None, days: int, lang: Lang) -> dict[str, Any]:
        """One version drawn. Raises NotFound."""
        active = self._active(name)
        wanted = version if version is not None else active
        journey = self._parsed(name, wanted) if wanted is not None else None
        if wanted is None or journey is None:
            raise NotFound(
                f"there is no journey {name!r} to draw"
                if version is None
                else f"there is no version {version} of journey {name!r} to draw",
                field="name",
                remedy="GET /api/v1/journeys lists them",
            )
        today = self._engine.clock.now() // DAY
        since = today - days + 1 if days else 0
        steps = self._read.steps(name, wanted, since)
        decided = self._read.decisions_by_step(name, wanted, since * SLOTS_A_DAY)
        inside = self._read.versions_inside(name)
        versions = {v: 0 for v in (active, wanted) if v is not None} | inside
        exits = steps.filter(pl.col("target") == OUTSIDE, pl.col("n") > 0).group_by("exit")
        left = exits.agg(pl.col("n").sum()).sort("n", "exit", descending=[True, False])
        return {
            "name": name,
            "description": journey.description,
            "version": wanted,
            "versions": [
                {"version": v, "active": v == active, "inside": n}
                for v, n in sorted(versions.items(), reverse=True)
            ],
            "days": days,
            "entry": _entry(journey, lang),
            "goal": _goal(journey, lang),
            "exits_on": [
                {"reason": e.reason, "words": event_words(e.event, lang)} for e in journey.exits
            ],
            "holdout": journey.holdout,
            "nodes": _nodes(journey, steps, decided, lang),
            "edges": _edges(journey, steps, lang),
            "entered": int(steps.filter(pl.col("origin") == OUTSIDE)["n"].sum()),
            "exits": [{"reason": reason, "people": n} for reason, n in left.rows()],
            "inside": inside.get(wanted, 0),
        }

    def _active(self, name: str) -> int | None:
        for stored in self._engine.definitions.active():
            if (stored.document.kind, stored.document.name) == ("journey", name):
                return stored.version
        return None

    def _parsed(self, name: str, version: int) -> Journey | None:
        """A version as it is written, references to segments and all; None if it cannot be read."""
        document = self._engine.definitions.version("journey", name, version).document
        one, _ = declare([document])
        found = one.journeys.get(name)
        return replace(found, version=version) if found else None


def _entry(journey: Journey, lang: Lang) -> dict[str, Any]:
    entry = journey.entry
    again = spell_duration(entry.again) if isinstance(entry.again, int) else entry.again
    return {
        "event": entry.event.event if entry.event else None,
        "segment": entry.segment,
        "words": entry_words(entry, lang),
        "again": again,
        "again_words": again_words(entry.again, lang),
    }


def _goal(journey: Journey, lang: Lang) -> dict[str, Any] | None:
    goal = journey.goal
    if goal is None:
        return None
    return {"words": event_words(goal.event, lang), "within": _seconds(goal.within)}


def _seconds(micros: int | None) -> float | None:
    return None if micros is None else micros / SECOND


def _nodes(
    journey: Journey, steps: pl.DataFrame, decided: pl.DataFrame, lang: Lang
) -> list[dict[str, Any]]:
    """Every step that something leads to, jumps left out."""
    at: Counter[int] = Counter()
    for origin, target, ever in steps.select("origin", "target", "ever").rows():
        at[target] += ever
        at[origin] -= ever
    outcomes: Counter[tuple[str, str]] = Counter()
    withheld: dict[str, dict[str, int]] = {}
    for name, outcome, rule, n in (
        decided.select("step", "outcome", "rule", "n").sort("rule").rows()
    ):
        outcomes[name, outcome] += n
        if outcome == "withheld":
            withheld.setdefault(name, {})[rule] = n
    nodes = []
    for index in reached(journey):
        step = journey.steps[index]
        nodes.append(
            {
                "index": index,
                "id": step.id,
                **_fields(journey, step, lang),
                "inside": at[index],
                **{o: outcomes[step.id, o] for o in ("sent", "deferred", "withheld")},
                "withheld_by_rule": withheld.get(step.id, {}),
            }
        )
    return nodes


def _fields(journey: Journey, step: Step, lang: Lang) -> dict[str, Any]:
    """What a step says, as fields of its node."""
    match step:
        case Send():
            return {
                "kind": "send",
                "template": step.template,
                "channel": step.channel,
                "class": step.cls,
                "topic": step.topic,
                "priority": step.priority,
                "patience": _seconds(step.patience),
            }
        case WaitFor():
            return {"kind": "wait_for", "lasting": _seconds(step.lasting)}
        case WaitUntil():
            words = event_words(step.event, lang)
            return {"kind": "wait_until", "event": words, "within": _seconds(step.within)}
        case Branch() | Split():
            arms = [
                {
                    "label": way["label"] or way["kind"],
                    "words": way["words"],
                    "share": way["share"],
                    "target": landing(journey, way["raw"]),
                }
                for way in _ways(step, lang)
            ]
            return {"kind": "branch" if isinstance(step, Branch) else "split", "arms": arms}
        case SetTraits():
            return {"kind": "set", "values": dict(step.values)}
        case Exit():
            return {"kind": "exit", "reason": step.reason}
        case Jump():
            raise AssertionError("jumps are drawn as edges")


def _ways(step: Step, lang: Lang) -> list[dict[str, Any]]:
    """The ways on from a step; `raw` is the step they name, be it a jump."""

    def way(kind: str, raw: int, label: str | None = None, **more: Any) -> dict[str, Any]:
        return {"kind": kind, "raw": raw, "label": label, "words": None, "share": None, **more}

    match step:
        case WaitUntil():
            if step.met == step.timeout:
                return [way("next", step.met)]
            return [
                way("met", step.met, words=event_words(step.event, lang)),
                way("timeout", step.timeout),
            ]
        case Branch():
            arms = [
                way("arm", target, str(n), words=in_words(condition, lang))
                for n, (condition, target) in enumerate(step.arms, start=1)
            ]
            return [*arms, way("otherwise", step.otherwise)]
        case Split():
            starts = [0.0, *(upto for _, upto, _ in step.arms)]
            return [
                way("arm", target, name, share=round(upto - start, 9))
                for start, (name, upto, target) in zip(starts, step.arms, strict=False)
            ]
        case Exit():
            return []
        case _:
            return [way("next", step.next)]


def _edges(journey: Journey, steps: pl.DataFrame, lang: Lang) -> list[dict[str, Any]]:
    """Ways between the drawn steps, those in and those out, each with its flow.

    Of two ways from one step to the same next step nobody can tell who took which: they are drawn
    as one, with both labels.
    """
    flow = {(o, t): n for o, t, exit_, n in steps.select("origin", "target", "exit", "n").rows()}
    first = landing(journey, 0)
    edges = [
        {
            "source": OUTSIDE,
            "target": first,
            "kind": "entry",
            "flow": sum(n for (origin, _), n in flow.items() if origin == OUTSIDE),
        }
    ]
    for index in reached(journey):
        drawn: dict[int, dict[str, Any]] = {}
        for way in _ways(journey.steps[index], lang):
            raw = way.pop("raw")
            if raw in drawn:
                same = drawn[raw]
                for key in ("label", "words"):
                    both = [w for w in (same[key], way[key]) if w]
                    same[key] = " / ".join(both) or None
                if way["share"] is not None:
                    same["share"] = round(same["share"] + way["share"], 9)
                continue
            drawn[raw] = {
                "source": index,
                "target": landing(journey, raw),
                **way,
                "flow": flow.get((index, raw), 0),
            }
        edges += drawn.values()
    out = steps.filter(pl.col("target") == OUTSIDE, pl.col("n") > 0).sort("origin", "exit")
    edges += [
        {"source": origin, "target": OUTSIDE, "kind": "exit", "label": reason, "flow": n}
        for origin, reason, n in out.select("origin", "exit", "n").rows()
    ]
    return edges
