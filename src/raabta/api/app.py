"""The application: collection, tracking, and management under /api/v1."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from raabta.api.access import access_router
from raabta.api.collect import collect_router, problem
from raabta.api.definitions import definitions_router
from raabta.api.guard import Door, Guard
from raabta.api.journeys import journeys_router
from raabta.api.ledger import ledger_router
from raabta.api.live import LiveStreams, live_router
from raabta.api.mails import mails_router
from raabta.api.management import management_router
from raabta.api.measurement import measurement_router
from raabta.api.overview import overview_router
from raabta.api.people import people_router
from raabta.api.segments import segments_router
from raabta.api.simulations import simulations_router
from raabta.api.tracking import tracking_router
from raabta.channels.catcher.store import MailStore
from raabta.core.errors import InvalidInput, NotFound, RaabtaError
from raabta.lab.simulations import Simulations
from raabta.runtime.engine import Engine

_SEE = "see /api/openapi.json for what can be asked"


def create_app(
    engine: Engine, *, local_token: str | None = None, mails: MailStore | None = None
) -> FastAPI:
    """The web application of a started engine; closing it stops the engine.

    `local_token` is accepted as an API key: the command line of the same machine uses it.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(engine.stop)

    app = FastAPI(
        title="Raabta",
        version="1",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )

    app.add_middleware(Guard, door=Door(engine, local_token))
    _errors(app)
    app.include_router(collect_router(engine.intake, engine.keys, engine.clock, engine.wall))
    app.include_router(tracking_router(engine.links, engine.outbox, engine.clock))
    app.include_router(access_router(engine, catches_mail=mails is not None))
    app.include_router(management_router(engine))
    app.include_router(definitions_router(engine))
    app.include_router(overview_router(engine))
    app.include_router(segments_router(engine))
    app.include_router(journeys_router(engine))
    app.state.live_streams = LiveStreams(engine)
    app.include_router(live_router(app.state.live_streams))
    app.include_router(people_router(engine))
    app.include_router(ledger_router(engine))
    app.include_router(measurement_router(engine))
    app.include_router(simulations_router(engine, Simulations(engine)))
    app.include_router(mails_router(mails))
    _metrics(app, engine)
    return app


def _errors(app: FastAPI) -> None:
    @app.exception_handler(RaabtaError)
    async def known(_request: Request, error: RaabtaError) -> Response:
        return problem(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
        return problem(InvalidInput(first["msg"], field=field, remedy=_SEE))

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            return problem(
                NotFound(f"there is nothing at {request.url.path}", field="path", remedy=_SEE)
            )
        refused = InvalidInput(
            f"{error.detail}: {request.method} {request.url.path}", field="request", remedy=_SEE
        )
        refused.status = error.status_code
        response = problem(refused)
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(Exception)
    async def defect(_request: Request, _error: Exception) -> Response:
        # The server's log has the traceback; a stranger gets none of it.
        return problem(
            RaabtaError("something went wrong here, not with you", remedy="see the server's log")
        )


def _metrics(app: FastAPI, engine: Engine) -> None:
    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        """For Prometheus: counts alone, nothing about anybody."""
        registry = CollectorRegistry()
        counts = engine.asking.counts()
        outbox = Gauge("raabta_outbox", "Messages by state", ["state"], registry=registry)
        for state, number in counts["outbox"].items():
            outbox.labels(state).set(number)
        ledger = Gauge("raabta_ledger", "Decisions by outcome", ["outcome"], registry=registry)
        for outcome, number in counts["outcomes"].items():
            ledger.labels(outcome).set(number)
        Gauge("raabta_profiles", "People", registry=registry).set(counts["profiles"])
        Gauge("raabta_ticks", "Ticks since the start", registry=registry).set(engine.health.ticks)
        seconds = Gauge("raabta_tick_seconds", "How long the last tick took", registry=registry)
        seconds.set(engine.health.last_seconds)
        waiting = Gauge("raabta_intake_waiting", "Rows not yet durable", registry=registry)
        waiting.set(engine.intake.waiting)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
