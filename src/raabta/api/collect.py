"""Collection over HTTP: the Segment tracking API, `POST /v1/{call}`.

Plain Starlette endpoints: bodies are read by `collect.segment` alone, so that an event is decoded
once.
"""

from __future__ import annotations

import base64
import binascii
import uuid
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from raabta.collect import segment
from raabta.collect.intake import Intake
from raabta.collect.model import CALLS, IMPORTED, LIVE, MAX_BODY, Delivery, Rejected
from raabta.core.clock import Clock
from raabta.core.errors import (
    InvalidDefinitions,
    InvalidInput,
    NotAllowed,
    RaabtaError,
    TooLarge,
    Unavailable,
)
from raabta.storage.state.keys import Key, Keys

_SUCCESS = b'{"success":true}'
_BASIC = 'Basic realm="write key"'
_GZIP = 16 + zlib.MAX_WBITS
#: Browsers' SDKs send from the shop's own origin.
_CORS = {"access-control-allow-origin": "*"}
_PREFLIGHT = _CORS | {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "authorization, content-type, content-encoding",
    "access-control-max-age": "86400",
}


def collect_router(
    intake: Intake,
    keys: Keys,
    clock: Clock,
    wall: Clock,
    new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
) -> APIRouter:
    """Routes for the six calls, `batch` and `import` (history: origin IMPORTED, times as said).

    `clock` is the engine's; `wall` is the real one, by which a sender's skew is measured.
    """
    router = APIRouter()
    for kind in (*CALLS, "batch", "import"):
        endpoint = _Endpoint(kind, intake, keys, clock, wall, new_id)
        router.add_route(
            f"/v1/{kind}",
            endpoint.handle,
            methods=["POST", "OPTIONS"],
            name=f"collect-{kind}",
            include_in_schema=False,
        )
    return router


class _Endpoint:
    def __init__(
        self,
        kind: str,
        intake: Intake,
        keys: Keys,
        clock: Clock,
        wall: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self.kind = kind
        self.intake = intake
        self.keys = keys
        self.clock = clock
        self.wall = wall
        self.new_id = new_id

    async def handle(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_PREFLIGHT)
        try:
            return await self._take(request)
        except RaabtaError as error:
            return problem(error, _CORS)

    async def _take(self, request: Request) -> Response:
        token = _basic_user(request.headers.get("authorization"))
        key = await self._verified(token) if token else None  # strangers' bodies are not read
        body = await _read_body(request)
        key = key or await self._verified(segment.write_key(body))
        source = f"key:{key.id}"
        moment = segment.Moment(wall=self.wall.now(), now=self.clock.now())
        try:
            parsed = segment.parse(
                body, self.kind, source=source, moment=moment, new_id=self.new_id
            )
        except InvalidInput as error:
            await self.intake.put(_unreadable(body, source, error))
            raise _bad_request(error) from None
        await self.intake.put(
            Delivery(
                source=source,
                rows=parsed.rows,
                rejected=parsed.rejected,
                origin=IMPORTED if self.kind == "import" else LIVE,
                size=len(body),
            )
        )
        if not parsed.rejected:
            return Response(_SUCCESS, media_type="application/json", headers=_CORS)
        if self.kind in CALLS:
            bad = parsed.rejected[0]
            raise _bad_request(InvalidInput(bad.reason, field=bad.field, remedy=bad.remedy))
        return _partly(parsed.rejected)

    async def _verified(self, token: str | None) -> Key:
        if not token:
            raise NotAllowed(
                "the request has no write key",
                field="authorization",
                remedy="send it as the user name of basic authentication",
            )
        now = self.wall.now()
        known = self.keys.remembered(token, "write", now)
        if known is not None:
            return known
        return await run_in_threadpool(self.keys.verify, token, "write", now)


def problem(error: RaabtaError, cors: Mapping[str, str] | None = None) -> Response:
    """RFC 9457 problem details; `code` and `message` are what Segment's SDKs print.

    `cors`: the headers that let a page of another origin read it; collection's alone.
    """
    body: dict[str, Any] = {
        "type": f"urn:raabta:error:{error.code}",
        "title": error.code.replace("-", " "),
        "status": error.status,
        "detail": error.message,
        "code": error.code,
        "message": str(error),
    }
    if error.field:
        body["field"] = error.field
    if error.remedy:
        body["remedy"] = error.remedy
    if isinstance(error, InvalidDefinitions):
        body["problems"] = [asdict(each) for each in error.problems]
    headers = {} if cors is None else dict(cors)
    if isinstance(error, Unavailable):
        headers["retry-after"] = str(error.retry_after)
    if isinstance(error, NotAllowed):
        headers["www-authenticate"] = 'Bearer realm="api"' if cors is None else _BASIC
    return Response(
        msgspec.json.encode(body),
        status_code=error.status,
        media_type="application/problem+json",
        headers=headers,
    )


class _BadRequest(InvalidInput):
    """The tracking spec answers 400 where the rest of the API says 422."""

    status = 400


def _bad_request(error: InvalidInput) -> _BadRequest:
    return _BadRequest(error.message, field=error.field, remedy=error.remedy)


def _unreadable(body: bytes, source: str, error: InvalidInput) -> Delivery:
    text = body.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
    whole = Rejected(0, error.field or "body", error.message, error.remedy, text)
    return Delivery(source=source, rejected=[whole], size=len(body))


def _partly(rejected: list[Rejected]) -> Response:
    """The good events of a batch were taken; the answer lists the others."""
    listed = [
        {"index": r.index, "field": r.field, "reason": r.reason, "remedy": r.remedy}
        for r in rejected
    ]
    return Response(
        msgspec.json.encode({"success": True, "rejected": listed}),
        media_type="application/json",
        headers=_CORS,
    )


def _basic_user(header: str | None) -> str | None:
    scheme, _, value = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        raise NotAllowed(
            "the authorization header cannot be read",
            field="authorization",
            remedy="send 'Basic ' and the base64 of '<write key>:'",
        ) from None


async def _read_body(request: Request) -> bytes:
    """The body, unpacked; never more than `MAX_BODY` and one byte of it in memory."""
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise _bad_request(
            InvalidInput(
                f"{encoding!r} bodies are not read",
                field="content-encoding",
                remedy="use gzip or none",
            )
        )
    packed = bytearray()
    async for chunk in request.stream():
        packed += chunk
        if len(packed) > MAX_BODY:
            raise _too_large()
    return _unzip(bytes(packed)) if encoding == "gzip" else bytes(packed)


def _unzip(packed: bytes) -> bytes:
    """Unpack gzip, all its members, stopping as soon as the result is too large."""
    out = bytearray()
    try:
        while packed:
            member = zlib.decompressobj(_GZIP)
            out += member.decompress(packed, MAX_BODY + 1 - len(out))
            if len(out) > MAX_BODY:
                raise _too_large()
            if not member.eof:
                raise zlib.error("the data end too early")
            packed = member.unused_data
    except zlib.error as error:
        raise _bad_request(
            InvalidInput(
                f"the body is not gzip: {error}",
                field="body",
                remedy="compress it, or leave out Content-Encoding",
            )
        ) from None
    return bytes(out)


def _too_large() -> TooLarge:
    return TooLarge(
        f"the body has more than {MAX_BODY // 1024} KB; nothing of it was taken",
        field="body",
        remedy="send smaller batches",
    )
