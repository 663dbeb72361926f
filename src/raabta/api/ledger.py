"""The ledger over REST: rows, counts, one decision whole, and everything as CSV."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from raabta.api.schemas.common import Lang, moment
from raabta.api.schemas.ledger import Decision, LedgerFacets, LedgerPage
from raabta.runtime.asking import LedgerFilters
from raabta.runtime.engine import Engine


class FilterParameters(BaseModel):
    """Each filter may be repeated: any of its values counts. `rival` is the id of a decision, or
    the journey whose messages took the place."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    outcome: list[Literal["sent", "deferred", "withheld"]] = []
    rule: list[str] = []
    rival: list[str] = []
    journey: list[str] = []
    step: list[str] = []
    channel: list[str] = []
    template: list[str] = []
    message_class: Annotated[list[str], Field(alias="class")] = []
    person: str | None = None
    start: Annotated[str | None, Field(alias="from")] = None
    end: Annotated[str | None, Field(alias="to")] = None


class LedgerParameters(FilterParameters):
    before: Annotated[
        str | None, Field(description="rows before this time; `cursor` skips nothing")
    ] = None
    cursor: str | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50
    order: Literal["newest", "oldest"] = "newest"
    lang: Lang = "en"


class ExportParameters(FilterParameters):
    format: Literal["csv"] = "csv"
    order: Literal["newest", "oldest"] = "newest"
    lang: Lang = "en"


def ledger_router(engine: Engine) -> APIRouter:
    router = APIRouter(prefix="/api/v1/ledger", tags=["ledger"])
    asking = engine.asking

    def filters(asked: FilterParameters) -> LedgerFilters:
        return LedgerFilters(
            outcome=tuple(asked.outcome),
            rule=tuple(asked.rule),
            rival=tuple(asked.rival),
            journey=tuple(asked.journey),
            step=tuple(asked.step),
            channel=tuple(asked.channel),
            template=tuple(asked.template),
            cls=tuple(asked.message_class),
            profile=asking.find(asked.person).id if asked.person else None,
            start=moment(asked.start, "from"),
            end=moment(asked.end, "to"),
        )

    @router.get("", response_model=LedgerPage)
    def ledger(asked: Annotated[LedgerParameters, Query()]) -> Any:
        """Every send and non-send, each with its sentence.

        A page holds at most `limit` rows. Where matches are rare it may hold fewer, even none:
        go on as long as there is a `next`.
        """
        return asking.ledger(
            filters(asked),
            before=moment(asked.before, "before"),
            cursor=asked.cursor,
            limit=asked.limit,
            oldest_first=asked.order == "oldest",
            lang=asked.lang,
        )

    @router.get("/facets", response_model=LedgerFacets)
    def facets(asked: Annotated[FilterParameters, Query()]) -> Any:
        """How many rows there are by value. Each facet leaves its own filter out, so that it shows
        what another choice would give."""
        return asking.facets(filters(asked))

    @router.get("/export", response_class=StreamingResponse)
    def export(asked: Annotated[ExportParameters, Query()]) -> StreamingResponse:
        """The rows as CSV, at most a million of them."""
        lines = asking.export(filters(asked), oldest_first=asked.order == "oldest", lang=asked.lang)
        return StreamingResponse(
            lines,
            media_type="text/csv; charset=utf-8",
            headers={"content-disposition": 'attachment; filename="ledger.csv"'},
        )

    @router.get("/{decision}", response_model=Decision)
    def decision(decision: str, lang: Lang = "en") -> Any:
        """One decision whole: the policy in force, each rule in its order, rival and delivery."""
        return asking.decision(decision, lang=lang)

    return router
