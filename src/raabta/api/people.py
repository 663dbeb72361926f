"""People over REST: the list, a person, their timeline, the score."""

from __future__ import annotations

from datetime import date as Date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from raabta.api.schemas.common import Lang, Limit, moment
from raabta.api.schemas.people import (
    DayScore,
    PeoplePage,
    PersonDetail,
    Score,
    Timeline,
    WhyAnswer,
)
from raabta.runtime.asking import Asking, PeopleQuery
from raabta.runtime.engine import Engine


class PeopleParameters(BaseModel):
    model_config = ConfigDict(extra="forbid")

    q: str = ""
    segment: str | None = None
    journey: str | None = None
    step: str | None = None
    contacts: str | None = None
    sort: Literal["newest", "oldest"] = "newest"
    cursor: str | None = None
    limit: Limit = 50


def people_router(engine: Engine) -> APIRouter:
    """`/profiles`: the list, a person, their decisions and their timeline."""
    router = APIRouter(prefix="/api/v1", tags=["people"])
    asking = engine.asking

    @router.get("/profiles", response_model=PeoplePage)
    def profiles(asked: Annotated[PeopleParameters, Query()]) -> dict[str, Any]:
        """People, by text, segment, place in a journey, or messages of the last 30 days.

        `q` finds by the beginning of a user id, anonymous id, profile id or e-mail address, and by
        any trait whose text contains it; `city:lahore` looks at one trait alone. `contacts` is a
        number (`0`), a span (`1-3`) or a least (`4+`). Matches of `q` come
        best first; `sort` orders the list of everybody by when they became known.
        """
        return asking.people(PeopleQuery(**asked.model_dump()), engine.clock.now())

    # `path`: a user id may hold a slash.
    @router.get("/profiles/{who:path}/why", response_model=WhyAnswer)
    def why(who: str, at: str | None = None, limit: Limit = 10, lang: Lang = "en") -> Any:
        """Why this person got, waits for, or did not get their messages."""
        return asking.why(who, moment(at, "at"), limit, lang=lang)

    @router.get("/profiles/{who:path}/timeline", response_model=Timeline)
    def timeline(
        who: str,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        show: str = "events,decisions,segments",
        lang: Lang = "en",
    ) -> Any:
        """Every event and every decision, newest first; `show` names the kinds wanted."""
        return asking.timeline(who, cursor=cursor, limit=limit, show=show, lang=lang)

    @router.get("/profiles/{who:path}/score", response_model=Score)
    def score(
        who: str,
        start: Annotated[str | None, Query(alias="from")] = None,
        end: Annotated[str | None, Query(alias="to")] = None,
        lang: Lang = "en",
    ) -> Any:
        """The person's contacts as sheet music; by default of the last 90 days there are."""
        return asking.score(
            who, moment(start, "from"), moment(end, "to"), engine.clock.now(), lang=lang
        )

    @router.get("/profiles/{who:path}", response_model=PersonDetail)
    def profile(who: str, lang: Lang = "en") -> Any:
        """One person whole: where each fact came from, and how they have been spoken to."""
        return asking.profile(who, engine.clock.now(), lang=lang)

    _scores(router, engine, asking)
    return router


def _scores(router: APIRouter, engine: Engine, asking: Asking) -> None:
    @router.get("/score/day", response_model=DayScore)
    def day(date: Date | None = None) -> Any:
        """Everybody's messages of a day (default: today) in the workspace's time zone."""
        return asking.day_score(date, engine.clock.now())

    @router.get("/score/account", response_model=Score)
    def account(
        group: str,
        start: Annotated[str | None, Query(alias="from")] = None,
        end: Annotated[str | None, Query(alias="to")] = None,
        lang: Lang = "en",
    ) -> Any:
        """The score of everybody whose latest `group` call names this id."""
        return asking.account_score(
            group, moment(start, "from"), moment(end, "to"), engine.clock.now(), lang=lang
        )
