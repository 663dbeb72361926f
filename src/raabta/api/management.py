"""Management over REST: what the command line and, later, the web application stand on."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, ConfigDict, Field

from raabta.core.clock import duration, instant, iso
from raabta.core.documents import Document
from raabta.lab.simulations import Order, Simulations
from raabta.query.spell import spell
from raabta.runtime import workspace
from raabta.runtime.engine import Engine


class DefinitionIn(BaseModel):
    """One definition, as it stands in a file."""

    model_config = ConfigDict(extra="forbid")

    file: str = "api"
    kind: str
    name: Annotated[str, Field(min_length=1)]
    body: dict[str, Any]
    lines: dict[str, int] = Field(default_factory=dict)


class SimulationIn(BaseModel):
    """A backtest to run: with `compare`, once more under those settings, side by side."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    journey: str | None = None
    start: str = Field(alias="from")
    end: str = Field(alias="to")
    settings: dict[str, str] = Field(default_factory=dict, alias="set")
    definitions: list[DefinitionIn] | None = None


class KeyIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: str
    name: str


#: How many rows one answer holds.
Limit = Annotated[int, Query(ge=1, le=500)]

Definitions = Annotated[list[DefinitionIn], Body(embed=True)]


def management_router(engine: Engine) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["management"])
    simulations = Simulations(engine)
    _about(router, engine)
    _people(router, engine)
    _definitions(router, engine)
    _simulations(router, simulations)
    _keys(router, engine)
    return router


def _about(router: APIRouter, engine: Engine) -> None:
    @router.get("/health")
    def health() -> dict[str, Any]:
        """Whether the engine moves: the instant it has reached and the last tick's error."""
        h = engine.health
        return {
            "status": "failing" if h.error else "ok",
            "reached": iso(h.reached) if h.reached else None,
            "now": iso(engine.clock.now()),
            "position": engine.world.position,
            "tail": engine.tail(),
            "ticks": h.ticks,
            "error": h.error,
        }

    @router.get("/summary")
    def summary() -> dict[str, Any]:
        return workspace.summary(engine)

    @router.get("/report")
    def report(
        start: Annotated[str | None, Query(alias="from")] = None,
        end: Annotated[str | None, Query(alias="to")] = None,
        lift_window: str = "14d",
    ) -> dict[str, Any]:
        """Attribution by model and lift by journey."""
        found = workspace.measure(
            engine,
            instant(start, "from") if start else None,
            instant(end, "to") if end else None,
            lift_window=duration(lift_window, "lift_window"),
        )
        return found.to_json()


def _people(router: APIRouter, engine: Engine) -> None:
    asking = engine.asking

    @router.get("/profiles")
    def profiles(q: str = "", limit: Limit = 50) -> dict[str, Any]:
        return {"profiles": asking.people(q, limit)}

    # `path`: a user id may hold a slash.
    @router.get("/profiles/{who:path}/why")
    def why(who: str, at: str | None = None, limit: Limit = 10) -> dict[str, Any]:
        """Why this person got, waits for, or did not get their messages."""
        return asking.why(who, instant(at, "at") if at else None, limit)

    @router.get("/profiles/{who:path}")
    def profile(who: str) -> dict[str, Any]:
        return asking.profile(who)

    @router.get("/ledger")
    def ledger(
        outcome: str | None = None,
        rule: str | None = None,
        journey: str | None = None,
        person: str | None = None,
        before: str | None = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        """Every send and non-send, newest first."""
        rows = asking.ledger(
            outcome=outcome,
            rule=rule,
            journey=journey,
            profile=asking.find(person).id if person else None,
            before=instant(before, "before") if before else None,
            limit=limit,
        )
        return {"ledger": rows}


def _documents(items: list[DefinitionIn]) -> list[Document]:
    return [Document(i.file, i.kind, i.name, i.body, i.lines) for i in items]


def _definitions(router: APIRouter, engine: Engine) -> None:
    @router.get("/definitions")
    def definitions() -> dict[str, Any]:
        return {
            "revision": engine.definitions.revision(),
            "definitions": [
                {
                    "kind": s.document.kind,
                    "name": s.document.name,
                    "version": s.version,
                    "file": s.document.file,
                    "body": s.document.body,
                }
                for s in engine.definitions.active()
            ],
        }

    @router.get("/segments")
    def segments() -> dict[str, Any]:
        counts = engine.asking.counts()["segments"]
        declared = engine.declared()
        return {
            "segments": [
                {
                    "name": name,
                    "description": description,
                    "in_words": spell(condition),
                    "people": counts.get(name, 0),
                }
                for name, (description, condition) in declared.segments.items()
            ]
        }

    @router.get("/journeys")
    def journeys() -> dict[str, Any]:
        counts = engine.asking.counts()
        return {
            "journeys": [
                {
                    "name": name,
                    "description": journey.description,
                    "inside": counts["inside"].get(name, 0),
                    "sent": counts["sent_by_journey"].get(name, 0),
                }
                for name, journey in engine.declared().journeys.items()
            ]
        }

    @router.post("/plan")
    def plan(definitions: Definitions) -> dict[str, Any]:
        """What would change, and for whom; nothing is written."""
        found = workspace.plan(engine, _documents(definitions))
        return {"changes": [c.to_json() for c in found]}

    @router.post("/apply")
    def apply(definitions: Definitions) -> dict[str, Any]:
        """Put exactly these definitions in force; what is not among them is removed."""
        found = workspace.apply(engine, _documents(definitions))
        return {"changes": [c.to_json() for c in found]}


def _simulations(router: APIRouter, simulations: Simulations) -> None:
    @router.post("/simulations", status_code=202)
    def start(body: SimulationIn) -> dict[str, Any]:
        """Start a backtest in the background."""
        order = Order(
            start=instant(body.start, "from"),
            end=instant(body.end, "to"),
            journey=body.journey,
            settings=body.settings,
            documents=_documents(body.definitions) if body.definitions is not None else None,
        )
        return simulations.start(order)

    @router.get("/simulations/{job}")
    def state(job: str) -> dict[str, Any]:
        """Progress, and the result once it is done."""
        return simulations.state(job)

    @router.delete("/simulations/{job}")
    def cancel(job: str) -> dict[str, Any]:
        return simulations.cancel(job)


def _keys(router: APIRouter, engine: Engine) -> None:
    @router.get("/keys")
    def keys() -> dict[str, Any]:
        return {
            "keys": [
                {
                    "id": k.id,
                    "kind": k.kind,
                    "name": k.name,
                    "created_at": iso(k.created_at),
                    "revoked_at": iso(k.revoked_at) if k.revoked_at is not None else None,
                }
                for k in engine.keys.list()
            ]
        }

    @router.post("/keys", status_code=201)
    def create(body: KeyIn) -> dict[str, Any]:
        """A new key; its token is shown this once."""
        key, token = engine.keys.create(body.kind, body.name, engine.wall.now())
        return {"id": key.id, "kind": key.kind, "name": key.name, "token": token}

    @router.delete("/keys/{key_id}")
    def revoke(key_id: str) -> dict[str, Any]:
        engine.keys.revoke(key_id, engine.wall.now())
        return {"revoked": key_id}
