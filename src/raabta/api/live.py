"""The live stream: server-sent events, told when something changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import uvicorn
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from raabta.api.schemas.live import LiveFigures
from raabta.core.errors import RaabtaError
from raabta.runtime.engine import Engine
from raabta.runtime.overview import Live

#: Seconds between two looks, between two signs of life, and until a stream is to be opened anew:
#: then the request is authenticated again, so a revoked session hears nothing any more.
LOOK = 1.0
KEEPALIVE = 15.0
LONGEST = 60.0


class LiveStreams:
    """All open streams of one application: they share one look a second, and end together."""

    def __init__(self, engine: Engine) -> None:
        self._live = Live(engine)
        self._stopping = False

    def stop(self) -> None:
        """End every stream within a moment: a server that stops must not wait for them."""
        self._stopping = True

    async def told(self, request: Request) -> AsyncIterator[str]:
        """The stream's text, until it is told to stop, the client is gone or it is old."""
        yield "retry: 1000\n\n"
        began = heard = time.monotonic()
        last = ""
        while not self._stopping and time.monotonic() - began < LONGEST:
            try:
                found = await run_in_threadpool(self._live.now, LOOK)
            except RaabtaError:
                return  # the store is away: the client comes back by itself
            said = LiveFigures.model_validate(found).model_dump_json()
            if said != last:
                last, heard = said, time.monotonic()
                yield f"data: {said}\n\n"
            elif time.monotonic() - heard >= KEEPALIVE:
                heard = time.monotonic()
                yield ": keepalive\n\n"
            if await self._rest(request):
                return

    async def _rest(self, request: Request) -> bool:
        """Wait for the next look; returns whether the client has gone."""
        until = time.monotonic() + LOOK
        while not self._stopping and time.monotonic() < until:
            if await request.is_disconnected():
                return True
            await asyncio.sleep(0.1)
        return False


class Server(uvicorn.Server):
    """Ends the live streams first: uvicorn waits for open connections before anything else."""

    async def shutdown(self, *args: object, **kwargs: object) -> None:
        streams = getattr(getattr(self.config.app, "state", None), "live_streams", None)
        if streams is not None:
            streams.stop()
        await super().shutdown(*args, **kwargs)  # type: ignore[arg-type]


def live_router(streams: LiveStreams) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["live"])

    @router.get(
        "/live",
        response_class=StreamingResponse,
        responses={200: {"model": LiveFigures, "content": {"text/event-stream": {}}}},
    )
    async def live(request: Request) -> StreamingResponse:
        """Server-sent events: the figures at once, then at most one a second, when they change.

        A stream ends after a minute at the latest; an EventSource opens it anew by itself.
        """
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(
            streams.told(request), media_type="text/event-stream", headers=headers
        )

    return router
