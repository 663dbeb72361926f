"""People over REST: the list, a person, their timeline, the score."""

from __future__ import annotations

from datetime import date as Date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from raabta.api.schemas.common import Lang, Limit, moment
from raabta.api.schemas.people import (
    DayScore,
    PeoplePage,
    PersonDetail,
    Score,
    Timeline,
    WhyAnswer,
)
from raabta.core.clock import DAY
from raabta.core.errors import InvalidInput
from raabta.decisioning.model import Policy
from raabta.runtime.asking import Asking, PeopleQuery
from raabta.runtime.asking.contacts import WINDOW, Counting
from raabta.runtime.engine import Engine
from raabta.runtime.figures import pressure_window


class PeopleParameters(BaseModel):
    model_config = ConfigDict(extra="forbid")

    q: str = ""
    segment: str | None = None
    journey: str | None = None
    step: str | None = None
    contacts: Annotated[
        str | None, Field(description="a number (`0`), a span (`1-3`) or a least (`4+`)")
    ] = None
    days: Annotated[
        float | None,
        Field(
            gt=0,
            le=90,
            description="the span in which contacts are counted: by default 30 days, or where "
            "`pressure` or `at_cap` is asked for, that of the promotional cap",
        ),
    ] = None
    pressure: Annotated[
        bool, Field(description="leave transactional messages out, as the overview does")
    ] = False
    at_cap: Annotated[
        bool, Field(description="people with as many promotional messages as the cap allows")
    ] = False
    created_from: Annotated[str | None, Field(description="known since this time")] = None
    created_to: Annotated[str | None, Field(description="known before this time")] = None
    sort: Literal["newest", "oldest"] = "newest"
    cursor: str | None = None
    limit: Limit = 50


def people_router(engine: Engine) -> APIRouter:
    """`/profiles`: the list, a person, their decisions and their timeline."""
    router = APIRouter(prefix="/api/v1", tags=["people"])
    asking = engine.asking

    @router.get("/profiles", response_model=PeoplePage)
    def profiles(asked: Annotated[PeopleParameters, Query()]) -> dict[str, Any]:
        """People, by text, segment, place in a journey, messages sent, or when they became known.

        `q` finds by the beginning of a user id, anonymous id, profile id or e-mail address, and by
        any trait whose text contains it; `city:lahore` looks at one trait alone. Matches of `q`
        come best first; `sort` orders the list of everybody by when they became known.
        """
        return asking.people(_query(asked, engine.world.rules.policy), engine.clock.now())

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


def _query(asked: PeopleParameters, policy: Policy) -> PeopleQuery:
    """Raises InvalidInput for a cap where there is none."""
    cap = policy.caps.get("promotional")
    if asked.at_cap and cap is None:
        raise InvalidInput(
            "there is no cap on promotional messages", field="at_cap", remedy="leave it out"
        )
    is_pressure = asked.pressure or asked.at_cap
    window = pressure_window(policy) if is_pressure else WINDOW
    counting = Counting(
        window=window if asked.days is None else round(asked.days * DAY),
        is_pressure=is_pressure,
        cap=cap.max if asked.at_cap and cap else None,
    )
    return PeopleQuery(
        **asked.model_dump(include={"q", "segment", "journey", "step", "contacts"}),
        counting=counting,
        created_from=moment(asked.created_from, "created_from"),
        created_to=moment(asked.created_to, "created_to"),
        sort=asked.sort,
        cursor=asked.cursor,
        limit=asked.limit,
    )


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
