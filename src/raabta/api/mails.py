"""The mail catcher over REST: what the demo would have sent to people."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from raabta.channels.catcher.store import CaughtMail, MailStore
from raabta.channels.email.mime import decision_of
from raabta.channels.tracking import unwatched
from raabta.core.clock import iso
from raabta.core.errors import NotFound

#: A mail is a stranger's HTML: it runs nothing, asks nobody, and may only open its links.
_SANDBOX = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'none'; sandbox allow-popups; frame-ancestors 'self'",
    "x-frame-options": "SAMEORIGIN",
}


class MailSummary(BaseModel):
    id: int
    received_at: str
    sender: str
    recipient: str
    subject: str
    message_id: str
    decision: Annotated[str | None, Field(description="the ledger's row that sent this mail")]


class MailPage(BaseModel):
    """`next` is the `before` of the following page; null on the last one. `catching`: whether
    mails are caught here at all."""

    catching: bool
    items: list[MailSummary]
    total: int
    next: int | None


class MailHeader(BaseModel):
    name: str
    value: str


class MailDetail(MailSummary):
    headers: list[MailHeader]
    text: str
    html: str
    raw: str


def mails_router(store: MailStore | None) -> APIRouter:
    """`GET /api/v1/mails` and one mail; `store` is None where mails really leave."""
    router = APIRouter(prefix="/api/v1/mails", tags=["mails"])

    def kept() -> MailStore:
        if store is None:
            raise NotFound(
                "mails are not caught here", field="id", remedy="start with --catch-mails"
            )
        return store

    @router.get("", summary="List caught mails, newest first")
    def list_mails(
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        before: Annotated[int | None, Query(ge=1)] = None,
        recipient: str | None = None,
        q: Annotated[str, Query(description="recipient or subject contains this")] = "",
    ) -> MailPage:
        if store is None:
            return MailPage(catching=False, items=[], total=0, next=None)
        found = store.page(limit=limit + 1, before=before, recipient=recipient, text=q)
        items = [MailSummary(**_summary(mail)) for mail in found[:limit]]
        more = items[-1].id if len(found) > limit else None
        return MailPage(catching=True, items=items, total=store.count(recipient, q), next=more)

    @router.get("/{mail_id}", summary="Read one caught mail")
    def read_mail(mail_id: int) -> MailDetail:
        content = kept().read(mail_id)
        return MailDetail(
            **_summary(content.mail),
            headers=[MailHeader(name=name, value=value) for name, value in content.headers],
            text=content.text,
            html=content.html,
            raw=content.raw.decode("utf-8", "replace"),
        )

    @router.get(
        "/{mail_id}/html",
        summary="A mail's page, for a sandboxed frame",
        response_class=HTMLResponse,
    )
    def page_of_mail(mail_id: int) -> Response:
        return HTMLResponse(unwatched(kept().read(mail_id).html), headers=_SANDBOX)

    return router


def _summary(mail: CaughtMail) -> dict[str, Any]:
    decision = decision_of(mail.message_id)
    return {
        **vars(mail),
        "received_at": iso(mail.received_at),
        "decision": None if decision is None else str(decision),
    }
