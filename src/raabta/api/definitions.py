"""One definition over REST: read it, check an edit of it, put the edit in force."""

from __future__ import annotations

from fastapi import APIRouter

from raabta.api.schemas.definitions import DefinitionChanged, DefinitionOut, DefinitionPut
from raabta.runtime.editing import Editing
from raabta.runtime.engine import Engine


def definitions_router(engine: Engine) -> APIRouter:
    router = APIRouter(prefix="/api/v1/definitions", tags=["definitions"])
    editing = Editing(engine)

    # `path`: a name may hold a slash.
    @router.get("/{kind}/{name:path}")
    def read(kind: str, name: str) -> DefinitionOut:
        return DefinitionOut.model_validate(editing.read(kind, name))

    @router.put("/{kind}/{name:path}")
    def put(kind: str, name: str, body: DefinitionPut) -> DefinitionChanged:
        """Change or add this one definition among those in force, which stay as they are.

        Checked as a whole. Problems are a 422 with each one, and an edit of a version that is in
        force no more is a 409. With `dry_run` nothing is written and problems are the answer.
        """
        return DefinitionChanged.model_validate(
            editing.put(kind, name, body.yaml, dry_run=body.dry_run, base=body.base_version)
        )

    return router
