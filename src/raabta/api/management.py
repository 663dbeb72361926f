"""Management over REST: what the command line and, later, the web application stand on."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from pydantic import BaseModel, ConfigDict, Field

from raabta.access.model import Role
from raabta.api.schemas.access import Health, KeyList, NewKey, RevokedKey
from raabta.api.schemas.simulations import DefinitionIn
from raabta.core.clock import iso
from raabta.core.documents import Document
from raabta.runtime import workspace
from raabta.runtime.engine import Engine


class KeyIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: str = Field(description="write (events) or api (management)")
    name: str
    role: Role | None = Field(default=None, description="of an api key; editor unless given")


Definitions = Annotated[list[DefinitionIn], Body(embed=True)]


def management_router(engine: Engine) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["management"])
    _about(router, engine)
    _definitions(router, engine)
    _keys(router, engine)
    return router


def _about(router: APIRouter, engine: Engine) -> None:
    @router.get("/health", response_model=Health, response_model_exclude_unset=True)
    def health(request: Request) -> Any:
        """Whether the engine moves: the instant it has reached and the last tick's error.

        A stranger is told `status` alone.
        """
        h = engine.health
        status = "failing" if h.error else "ok"
        if request.state.caller is None:
            return {"status": status}
        return {
            "status": status,
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


def _keys(router: APIRouter, engine: Engine) -> None:
    @router.get("/keys", response_model=KeyList)
    def keys() -> Any:
        """All keys, withdrawn ones too; their tokens are not kept."""
        return {
            "keys": [
                {
                    "id": k.id,
                    "kind": k.kind,
                    "name": k.name,
                    "role": k.role,
                    "created_at": iso(k.created_at),
                    "revoked_at": iso(k.revoked_at) if k.revoked_at is not None else None,
                }
                for k in engine.keys.list()
            ]
        }

    @router.post("/keys", response_model=NewKey, status_code=201)
    def create(body: KeyIn) -> Any:
        """A new key; its token is shown this once."""
        key, token = engine.keys.create(body.kind, body.name, engine.wall.now(), body.role)
        return {
            "id": key.id,
            "kind": key.kind,
            "name": key.name,
            "role": key.role,
            "token": token,
        }

    @router.delete("/keys/{key_id}", response_model=RevokedKey)
    def revoke(key_id: str) -> Any:
        """Withdraw a key, at once."""
        engine.keys.revoke(key_id, engine.wall.now())
        return {"revoked": key_id}
