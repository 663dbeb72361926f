"""The application: collection, tracking, and management under /api/v1."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from raabta.api.collect import collect_router, problem
from raabta.api.mails import mails_router
from raabta.api.management import management_router
from raabta.api.tracking import tracking_router
from raabta.channels.catcher.store import MailStore
from raabta.core.errors import InvalidInput, NotAllowed, NotFound, RaabtaError
from raabta.runtime.engine import Engine

_SEE = "see /api/openapi.json for what can be asked"
_SECURITY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
}


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

    def authorised(token: str) -> None:
        if local_token and hmac.compare_digest(token.encode(), local_token.encode()):
            return
        engine.keys.verify(token, "api", engine.wall.now())

    app.add_middleware(_Guard, authorised=authorised)
    _errors(app)
    app.include_router(collect_router(engine.intake, engine.keys, engine.clock, engine.wall))
    app.include_router(tracking_router(engine.links, engine.outbox, engine.clock))
    app.include_router(management_router(engine))
    if mails is not None:
        app.include_router(mails_router(mails))
    _plain_pages(app, engine)
    return app


class _Guard:
    """Keys for management, security headers for every page. Collection passes untouched."""

    def __init__(self, app: ASGIApp, authorised: Callable[[str], None]) -> None:
        self._app = app
        self._authorised = authorised

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SECURITY.items():
                    headers.setdefault(name, value)
            await send(message)

        path = scope["path"]
        if path.startswith("/api/v1/") and path != "/api/v1/health":
            try:
                await run_in_threadpool(self._authorised, _bearer(Request(scope)))
            except RaabtaError as error:
                await problem(error)(scope, receive, secured)
                return
        await self._app(scope, receive, secured)


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotAllowed(
            "the request has no API key",
            field="authorization",
            remedy="send `Authorization: Bearer rba_...`; `raabta key create --kind api` makes one",
        )
    return token


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


def _plain_pages(app: FastAPI, engine: Engine) -> None:
    @app.get("/", include_in_schema=False)
    def index() -> HTMLResponse:
        return HTMLResponse(_INDEX)

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


_INDEX = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Raabta</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem;
color:#1d2433}code{background:#f1f3f7;padding:.1em .35em;border-radius:4px}h1{font-weight:600}
</style><h1>Raabta is running</h1>
<p>Send events to <code>POST /v1/batch</code> with any Segment or RudderStack SDK and a write key.
Manage over <code>/api/v1</code>; the description is at
<a href="/api/openapi.json">/api/openapi.json</a>. Health is at
<a href="/api/v1/health">/api/v1/health</a>, figures for Prometheus at
<a href="/metrics">/metrics</a>.</p>
<p>From a terminal: <code>raabta why PERSON</code>, <code>raabta report</code>,
<code>raabta simulate --all</code>.</p></html>"""
