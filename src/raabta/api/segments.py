"""Segments over REST: figures, overlap, and what a definition would be."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from raabta.api.schemas.segments import (
    SegmentDetail,
    SegmentList,
    SegmentOverlap,
    SegmentPreview,
    SegmentPreviewIn,
)
from raabta.core.text import Lang
from raabta.runtime.engine import Engine
from raabta.runtime.segment_figures import MOST_COMPARED, SegmentFigures


def segments_router(engine: Engine) -> APIRouter:
    router = APIRouter(prefix="/api/v1/segments", tags=["segments"])
    figures = SegmentFigures(engine)

    @router.get("")
    def segments(lang: Lang = "en") -> SegmentList:
        """All segments in force; one that cannot be read is shown with what is wrong with it."""
        return SegmentList.model_validate({"items": figures.all(lang)})

    @router.get("/overlap")
    def overlap(
        names: Annotated[list[str] | None, Query(max_length=MOST_COMPARED)] = None,
    ) -> SegmentOverlap:
        """How many people each two segments share; without names, of the first 24 by name."""
        return SegmentOverlap.model_validate(figures.overlap(names))

    @router.post("/preview")
    def preview(body: SegmentPreviewIn, lang: Lang = "en") -> SegmentPreview:
        """Who would be in it, counted now; nothing is written."""
        return SegmentPreview.model_validate(figures.preview(body.yaml, lang))

    # `path`: a name may hold a slash.
    @router.get("/{name:path}")
    def segment(name: str, lang: Lang = "en") -> SegmentDetail:
        return SegmentDetail.model_validate(figures.one(name, lang))

    return router
