"""What the links in messages lead to: the open pixel, clicks, and leaving.

None of these ask for a login: the signature is the authority. Reading a page never unsubscribes
anybody, because mail scanners open every link; only a POST does (RFC 8058).
"""

from __future__ import annotations

from base64 import b64decode
from html import escape

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from raabta.channels.ports import Hit, HitPort
from raabta.channels.tracking import ClickToken, LeaveToken, Links, OpenToken
from raabta.content.locales import choose, direction
from raabta.core.clock import Clock
from raabta.core.errors import NotFound, RaabtaError, Unavailable

_log = structlog.get_logger(__name__)
_PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
#: A one-click body is about 30 bytes; whatever is longer is not read.
_MAX_BODY = 4096
_HEADERS = {
    "Cache-Control": "no-store, private",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
_PAGE_HEADERS = {
    **_HEADERS,
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}
_WORDS = {
    "en": {
        "title": "Unsubscribe",
        "ask": "Do you want to stop these e-mails?",
        "topic": "Stop messages about “{topic}”",
        "all": "Stop all e-mails",
        "done": "Done. You will not get these e-mails any more.",
        "invalid_title": "This link does not work",
        "invalid": "It is incomplete or was changed. Please open it again from the e-mail.",
        "later_title": "Please try again",
        "later": "Your wish could not be saved just now. Please try again in a minute.",
    },
    "ur": {
        "title": "ای میل بند کریں",
        "ask": "کیا آپ یہ ای میلز بند کرنا چاہتے ہیں؟",
        "topic": "”{topic}“ کے پیغامات بند کریں",
        "all": "تمام ای میلز بند کریں",
        "done": "ہو گیا۔ اب آپ کو یہ ای میلز نہیں آئیں گی۔",
        "invalid_title": "یہ لنک درست نہیں",
        "invalid": "لنک نامکمل ہے یا بدل دیا گیا ہے۔ براہِ کرم اسے ای میل سے دوبارہ کھولیں۔",
        "later_title": "براہِ کرم دوبارہ کوشش کریں",
        "later": "آپ کی خواہش ابھی محفوظ نہیں ہو سکی۔ ایک منٹ بعد دوبارہ کوشش کریں۔",
    },
}


def tracking_router(links: Links, hits: HitPort, clock: Clock) -> APIRouter:
    """`GET /t/o/{token}`, `GET /t/c/{token}`, `GET` and `POST /u/{token}`."""
    router = APIRouter(include_in_schema=False)
    _counted(router, links, hits, clock)
    _leaving(router, links, hits, clock)
    return router


def _counted(router: APIRouter, links: Links, hits: HitPort, clock: Clock) -> None:
    """Opens and clicks."""

    def record(hit: Hit) -> None:
        """Being counted is never worth a broken link."""
        try:
            hits.record(hit)
        except RaabtaError as error:
            _log.warning("hit_not_recorded", kind=hit.kind, reason=error.message)

    @router.get("/t/o/{token}")
    def opened(token: str, request: Request) -> Response:
        try:
            told = links.read(token, OpenToken)
        except NotFound:
            return _invalid(request)
        record(Hit("open", told.message_id, told.profile, clock.now()))
        return Response(_PIXEL, media_type="image/gif", headers=_HEADERS)

    @router.get("/t/c/{token}")
    def clicked(token: str, request: Request) -> Response:
        try:
            told = links.read(token, ClickToken)
        except NotFound:
            return _invalid(request)
        record(Hit("click", told.message_id, told.profile, clock.now(), url=told.url))
        return RedirectResponse(told.url, status_code=302, headers=_HEADERS)


def _leaving(router: APIRouter, links: Links, hits: HitPort, clock: Clock) -> None:
    """Unsubscribing: asked on GET, because scanners fetch links; done on POST."""

    @router.get("/u/{token}")
    def ask(token: str, request: Request) -> Response:
        try:
            told = links.read(token, LeaveToken)
        except NotFound:
            return _invalid(request)
        language = _language(request, told.locale)
        words = _WORDS[language]
        topic = words["topic"].format(topic=told.topic)
        choices = [("topic", topic)] if told.topic != "*" else []
        buttons = "".join(
            f'<button name="scope" value="{scope}">{escape(label)}</button>'
            for scope, label in [*choices, ("all", words["all"])]
        )
        form = f'<form method="post"><p>{words["ask"]}</p>{buttons}</form>'
        return _page(language, words["title"], form)

    @router.post("/u/{token}")
    async def leave(token: str, request: Request) -> Response:
        try:
            told = links.read(token, LeaveToken)
        except NotFound:
            return _invalid(request)
        body = await _body(request)
        hit = Hit(
            "unsubscribe",
            told.message_id,
            told.profile,
            clock.now(),
            channel=told.channel,
            topic="*" if b"scope=all" in body else told.topic,
            source="one-click" if b"One-Click" in body else "page",
        )
        language = _language(request, told.locale)
        words = _WORDS[language]
        try:
            await run_in_threadpool(hits.record, hit)
        except Unavailable as error:
            page = _page(language, words["later_title"], f"<p>{words['later']}</p>", 503)
            page.headers["Retry-After"] = str(error.retry_after)
            return page
        return _page(language, words["title"], f'<p role="status">{words["done"]}</p>')


async def _body(request: Request) -> bytes:
    """The form's first bytes, urlencoded or multipart: RFC 8058 allows both."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MAX_BODY:
            break
    return body


def _language(request: Request, asked: str = "") -> str:
    wish = asked or request.headers.get("accept-language", "").partition(",")[0].partition(";")[0]
    return choose(wish.strip() or None, _WORDS, "en")


def _invalid(request: Request) -> HTMLResponse:
    language = _language(request)
    words = _WORDS[language]
    return _page(language, words["invalid_title"], f"<p>{words['invalid']}</p>", 404)


def _page(language: str, title: str, body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html><html lang="{language}" dir="{direction(language)}"><head>'
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>"
        "body{font:1.1rem/1.6 system-ui,'Noto Nastaliq Urdu',sans-serif;max-width:32rem;"
        "margin:4rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
        "button{display:block;width:100%;margin:.75rem 0;padding:.75rem 1rem;font:inherit;"
        "color:#fff;background:#1f4e79;border:0;border-radius:.4rem;cursor:pointer}"
        "button:focus-visible{outline:3px solid #f5a623;outline-offset:2px}"
        f"</style></head><body><main><h1>{escape(title)}</h1>{body}</main></body></html>",
        status_code=status,
        headers=_PAGE_HEADERS,
    )
