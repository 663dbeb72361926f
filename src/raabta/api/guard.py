"""The one door to /api/v1: who calls, whether a browser's request is its own, and what the role
allows. Rules are by method and path, so that a route added tomorrow is guarded already."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

import structlog
from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from raabta.access.model import Caller, Role
from raabta.access.roles import require
from raabta.api.collect import problem
from raabta.core.errors import Forbidden, NotAllowed, RaabtaError
from raabta.runtime.engine import Engine

_log = structlog.get_logger(__name__)

API = "/api/v1"
COOKIE = "raabta_session"
#: A browser takes a cookie of this name only from https, for this host and all paths.
SECURE_COOKIE = "__Host-raabta_session"
CSRF_HEADER = "x-csrf-token"
READS = ("GET", "HEAD", "OPTIONS")

#: Answered to whoever asks; `health` says more to those it knows.
OPEN = {
    ("GET", f"{API}/health"),
    ("HEAD", f"{API}/health"),
    ("POST", f"{API}/session"),
    ("POST", f"{API}/invitation"),
    ("POST", f"{API}/invitation/accept"),
}
#: Prefix of a path -> the role it needs, whatever the method. All else: viewers read, editors
#: change.
NEEDS: dict[str, Role] = {
    f"{API}/users": "owner",
    f"{API}/keys": "owner",
    f"{API}/session": "viewer",
    f"{API}/sessions": "viewer",
    f"{API}/me": "viewer",
    f"{API}/segments/preview": "viewer",  # asks, and writes nothing
}
_SECURITY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
}


def needed_role(method: str, path: str) -> Role:
    """The least role that may make this request."""
    for prefix, role in NEEDS.items():
        if path == prefix or path.startswith(prefix + "/"):
            return role
    return "viewer" if method in READS else "editor"


@dataclass(frozen=True)
class Door:
    """Tells callers apart: by API key, by this machine's own token, or by a session's cookie."""

    engine: Engine
    local_token: str | None = None

    def caller(self, request: Request) -> Caller:
        """Raises NotAllowed for strangers, Forbidden for a request that is not the browser's own
        or is beyond the caller's role."""
        caller = self._known(request)
        if caller.session is not None and request.method not in READS:
            check_origin(request, self.engine.settings.base_url)
            said = request.headers.get(CSRF_HEADER, "")
            if not hmac.compare_digest(said.encode(), caller.session.csrf.encode()):
                raise Forbidden(
                    "the request does not carry the session's X-CSRF-Token",
                    field=CSRF_HEADER,
                    remedy=f"send the `csrf` of GET {API}/session",
                )
        require(caller.role, needed_role(request.method, request.scope["path"]))
        return caller

    def _known(self, request: Request) -> Caller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        # Another scheme is a proxy's in front of us, and says nothing about a key.
        if scheme.lower() == "bearer" and token:
            return self._by_key(token)
        cookie = session_token(request, self.engine.settings.base_url)
        if cookie:
            session, user = self.engine.accounts.authenticate(cookie, self.engine.wall.now())
            return Caller("user", user.id, user.name, user.role, session, user)
        raise NotAllowed(
            "the request has no API key and no session",
            field="authorization",
            remedy="sign in, or send `Authorization: Bearer rba_...`; "
            "`raabta key create --kind api` makes a key",
        )

    def _by_key(self, token: str) -> Caller:
        local = self.local_token
        if local and hmac.compare_digest(token.encode(), local.encode()):
            return Caller("machine", "machine", "this machine's command line", "owner")
        key = self.engine.keys.verify(token, "api", self.engine.wall.now())
        return Caller("key", key.id, key.name, key.role or "viewer")


class Guard:
    """Callers for /api/v1, security headers for every page. Collection passes untouched."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        is_api = scope["path"].startswith(f"{API}/")

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SECURITY.items():
                    headers.setdefault(name, value)
                if is_api:
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        if not is_api:
            await self._app(scope, receive, secured)
            return
        caller: Caller | None = None
        try:
            caller = await run_in_threadpool(self._admit, Request(scope))
        except RaabtaError as error:
            await problem(error)(scope, receive, secured)
            return
        scope["state"] = {**scope.get("state", {}), "caller": caller}
        await self._app(scope, receive, secured)
        if caller is not None and caller.session is not None:
            engine = self._door.engine
            try:
                await run_in_threadpool(engine.accounts.seen, caller.session, engine.wall.now())
            except RaabtaError as error:  # the answer is given: a busy store may note it later
                _log.warning("session use not noted", reason=error.message)

    def _admit(self, request: Request) -> Caller | None:
        """The caller; None for a stranger at an open route. Raises what refuses the request."""
        # Not `request.url`, which is made of the Host header, too: that is the caller's to write.
        if (request.method, request.scope["path"]) not in OPEN:
            return self._door.caller(request)
        if request.method not in READS:
            # A foreign page must not sign a browser in as somebody else either.
            check_origin(request, self._door.engine.settings.base_url)
            return None
        try:
            return self._door.caller(request)
        except NotAllowed:
            return None


def is_secure(request: Request, base_url: str) -> bool:
    """Whether browsers reach us by https, at least from outside."""
    return request.scope["scheme"] == "https" or base_url.startswith("https://")


def cookie_name(request: Request, base_url: str) -> str:
    return SECURE_COOKIE if is_secure(request, base_url) else COOKIE


def session_token(request: Request, base_url: str) -> str | None:
    """The session's token in the one cookie that counts here."""
    return request.cookies.get(cookie_name(request, base_url))


def check_origin(request: Request, base_url: str) -> None:
    """Raises Forbidden where a browser says that another site's page makes the request."""
    origin = request.headers.get("origin")
    if origin is None:
        return
    own = {request.headers.get("host", "").lower(), urlsplit(base_url).netloc.lower()} - {""}
    if urlsplit(origin).netloc.lower() not in own:
        raise Forbidden(
            "the request comes from a page of another site",
            field="origin",
            remedy="use Raabta at its own address; behind a proxy, set RAABTA_BASE_URL",
        )


def caller_of(request: Request) -> Caller:
    """Who makes this request, as the guard found."""
    caller: Caller | None = request.scope["state"]["caller"]
    if caller is None:
        raise NotAllowed("you are signed out", field="session", remedy="sign in")
    return caller


#: A route's parameter of this type is the caller.
Asker = Annotated[Caller, Depends(caller_of)]
