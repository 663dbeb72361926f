"""Measurement over REST: the latest figures at once, computed in the background."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from raabta.api.schemas.common import Lang, moment
from raabta.api.schemas.measurement import Measurement, MeasurementReport
from raabta.core.clock import duration
from raabta.measurement.words import retold
from raabta.runtime import workspace
from raabta.runtime.engine import Engine


def measurement_router(engine: Engine) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["measurement"])
    measuring = engine.measuring

    @router.get("/measurement", response_model=Measurement)
    def measurement(lift_window: str = "14d", lang: Lang = "en") -> Any:
        """The latest figures; a new computation begins by itself where they are old."""
        return measuring.latest(duration(lift_window, "lift_window"), lang=lang)

    @router.post("/measurement/refresh", response_model=Measurement, status_code=202)
    def refresh(lift_window: str = "14d", lang: Lang = "en") -> Any:
        """Compute the figures anew, in the background."""
        return measuring.latest(duration(lift_window, "lift_window"), refresh=True, lang=lang)

    @router.get("/report", response_model=MeasurementReport)
    def report(
        start: Annotated[str | None, Query(alias="from")] = None,
        end: Annotated[str | None, Query(alias="to")] = None,
        lift_window: str = "14d",
        lang: Lang = "en",
    ) -> Any:
        """Attribution by model and lift by journey of any period, computed while you wait."""
        found = workspace.measure(
            engine,
            moment(start, "from"),
            moment(end, "to"),
            lift_window=duration(lift_window, "lift_window"),
        )
        return retold(found.to_json(), lang)

    return router
