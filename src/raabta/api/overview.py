"""The overview over REST."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from raabta.api.schemas.overview import Overview
from raabta.runtime.engine import Engine
from raabta.runtime.overview import overview


def overview_router(engine: Engine) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["overview"])

    @router.get("/overview")
    def read(days: Annotated[int, Query(ge=1, le=90)] = 14) -> Overview:
        """Today, the days before it and the week to come, in one answer."""
        return Overview.model_validate(overview(engine, days))

    return router
