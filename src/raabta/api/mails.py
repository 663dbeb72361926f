"""The mail catcher over REST: what the demo would have sent to people."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from raabta.channels.catcher.store import CaughtMail, MailStore
from raabta.core.clock import iso


class MailSummary(BaseModel):
    id: int
    received_at: str
    sender: str
    recipient: str
    subject: str
    message_id: str


class MailPage(BaseModel):
    """`next` is the `before` of the following page; null on the last one."""

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


def mails_router(store: MailStore) -> APIRouter:
    """`GET /api/v1/mails` and `GET /api/v1/mails/{id}`; NotFound is left to the app's handler."""
    router = APIRouter(prefix="/api/v1/mails", tags=["mails"])

    @router.get("", summary="List caught mails, newest first")
    def list_mails(
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        before: Annotated[int | None, Query(ge=1)] = None,
        recipient: str | None = None,
    ) -> MailPage:
        found = store.page(limit=limit + 1, before=before, recipient=recipient)
        items = [MailSummary(**_summary(mail)) for mail in found[:limit]]
        more = items[-1].id if len(found) > limit else None
        return MailPage(items=items, total=store.count(recipient), next=more)

    @router.get("/{mail_id}", summary="Read one caught mail")
    def read_mail(mail_id: int) -> MailDetail:
        content = store.read(mail_id)
        return MailDetail(
            **_summary(content.mail),
            headers=[MailHeader(name=name, value=value) for name, value in content.headers],
            text=content.text,
            html=content.html,
            raw=content.raw.decode("utf-8", "replace"),
        )

    return router


def _summary(mail: CaughtMail) -> dict[str, Any]:
    return {**vars(mail), "received_at": iso(mail.received_at)}
