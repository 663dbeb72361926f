"""Journeys over REST: the list, and the drawn graph of one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from raabta.api.schemas.journeys import JourneyGraph, JourneyList
from raabta.core.text import Lang
from raabta.runtime.engine import Engine
from raabta.runtime.journey_graph import JourneyFigures


def journeys_router(engine: Engine) -> APIRouter:
    router = APIRouter(prefix="/api/v1/journeys", tags=["journeys"])
    figures = JourneyFigures(engine)

    @router.get("")
    def journeys(lang: Lang = "en") -> JourneyList:
        return JourneyList.model_validate({"items": figures.all(lang)})

    # `path`: a name may hold a slash.
    @router.get("/{name:path}")
    def journey(
        name: str,
        version: Annotated[int | None, Query(ge=1)] = None,
        days: Annotated[int, Query(ge=0, le=3660)] = 30,
        lang: Lang = "en",
    ) -> JourneyGraph:
        """The graph of one version (that in force by default) with its people and flows."""
        return JourneyGraph.model_validate(figures.graph(name, version, days, lang))

    return router
