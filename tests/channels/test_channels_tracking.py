"""Links in mails: they tell what happened, and cannot be bent to anything else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from channels_shop import KEY, NOW, Shop
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from raabta.api.mails import mails_router
from raabta.api.tracking import tracking_router
from raabta.channels.catcher.store import MailStore
from raabta.channels.ports import Hit
from raabta.channels.tracking import (
    ClickToken,
    LeaveToken,
    Links,
    OpenToken,
    rewrite_links,
)
from raabta.core.clock import FixedClock
from raabta.core.errors import InvalidInput, NotFound, Unavailable
from raabta.storage.state.tables import consents, log, profiles

LINKS = Links("https://engage.example.test/", [KEY])
CLICK = ClickToken(7, 7, "https://shop.example.test/?a=1&b=رابطہ")
LEAVE = LeaveToken(7, 7, "email", "news", "en")
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def path(url: str) -> str:
    return url.removeprefix("https://engage.example.test")


@pytest.fixture
def client(shop: Shop) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(tracking_router(LINKS, shop.outbox, shop.clock))
    shop.queue(7)
    with TestClient(app, follow_redirects=False) as client:
        yield client


def consented(shop: Shop) -> list[tuple[int, str, bool]]:
    with shop.database.read() as connection:
        rows = connection.execute(select(consents)).all()
    return [(row.profile, row.topic, row.granted) for row in rows]


def test_an_open_is_told_and_shows_nothing(shop: Shop, client: TestClient) -> None:
    answer = client.get(path(LINKS.open(OpenToken(7, 7))))
    assert answer.headers["content-type"] == "image/gif"
    assert "no-store" in answer.headers["cache-control"]
    assert shop.events() == [
        (
            "Message Opened",
            "user-7",
            {
                "message_id": "7",
                "channel": "email",
                "journey": "first-basket",
                "template": "welcome",
                "topic": "news",
                "class": "promotional",
            },
        )
    ]


def test_a_click_is_told_and_leads_where_the_mail_said(shop: Shop, client: TestClient) -> None:
    answer = client.get(path(LINKS.click(CLICK)))
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("https://shop.example.test/?a=1&b=")
    [(name, user, properties)] = shop.events()
    assert (name, user, properties["url"]) == ("Message Clicked", "user-7", CLICK.url)


def test_a_replayed_link_cannot_fill_the_log(shop: Shop, client: TestClient) -> None:
    for _ in range(5):
        client.get(path(LINKS.open(OpenToken(7, 7))))
    assert len(shop.events()) == 1


def test_one_click_unsubscribes_without_a_login(shop: Shop, client: TestClient) -> None:
    answer = client.post(path(LINKS.leave(LEAVE)), data=ONE_CLICK)
    assert answer.status_code == 200
    assert consented(shop) == [(7, "news", False)]
    [(name, user, properties)] = shop.events()
    assert (name, user) == ("Consent Updated", "user-7")
    assert properties["granted"] is False and properties["source"] == "one-click"
    assert properties["channel"] == "email" and properties["topic"] == "news"


def test_one_click_may_come_as_multipart_too(shop: Shop, client: TestClient) -> None:
    client.post(path(LINKS.leave(LEAVE)), files={"List-Unsubscribe": (None, "One-Click")})
    assert consented(shop) == [(7, "news", False)]


def test_looking_at_the_page_unsubscribes_nobody(shop: Shop, client: TestClient) -> None:
    answer = client.get(path(LINKS.leave(LEAVE)))
    assert answer.status_code == 200 and '<form method="post">' in answer.text
    assert '<html lang="en" dir="ltr">' in answer.text
    assert "script" not in answer.headers["content-security-policy"]
    assert consented(shop) == [] and shop.events() == []


def test_the_page_speaks_the_mails_language(client: TestClient) -> None:
    urdu = LeaveToken(7, 7, "email", "<news>", "ur-PK")
    answer = client.get(path(LINKS.leave(urdu)))
    assert '<html lang="ur" dir="rtl">' in answer.text
    assert "&lt;news&gt;" in answer.text


def test_the_page_can_end_all_mail(shop: Shop, client: TestClient) -> None:
    client.post(path(LINKS.leave(LEAVE)), data={"scope": "all"})
    assert consented(shop) == [(7, "*", False)]


def test_a_merged_person_is_the_one_who_leaves(shop: Shop, client: TestClient) -> None:
    shop.queue(8)
    with shop.database.begin() as connection:
        connection.execute(update(profiles).where(profiles.c.id == 7).values(merged_into=8))
    client.post(path(LINKS.leave(LEAVE)), data=ONE_CLICK)
    assert consented(shop) == [(8, "news", False)]
    assert shop.events()[0][1] == "user-8"


def test_an_older_wish_does_not_undo_a_newer_one(shop: Shop) -> None:
    shop.queue(7)
    with shop.database.begin() as connection:
        connection.execute(
            consents.insert().values(
                profile=7, channel="email", topic="news", granted=True, at=NOW + 9, source="form"
            )
        )
    shop.outbox.record(Hit("unsubscribe", 7, 7, NOW, topic="news"))
    assert consented(shop) == [(7, "news", True)]


def test_a_tampered_link_leads_nowhere(shop: Shop, client: TestClient) -> None:
    good = LINKS.click(CLICK)
    elsewhere = Links("https://engage.example.test", [b"somebody else's secret"])
    payload = LINKS.click(ClickToken(7, 7, "https://evil.example.test")).rpartition(".")[0]
    for bad in (
        elsewhere.click(CLICK),
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        f"{path(payload)}.{good.rpartition('.')[2]}",
        good.replace("/t/c/", "/t/o/"),
        good.replace("/t/c/", "/u/"),
        "/t/c/https://evil.example.test",
        "/t/c/x",
        "/t/c/.",
    ):
        answer = client.get(path(bad))
        assert answer.status_code == 404, bad
        assert "location" not in answer.headers
    assert "link does not work" in client.get(path(elsewhere.click(CLICK))).text
    assert client.post(path(elsewhere.leave(LEAVE)), data=ONE_CLICK).status_code == 404
    assert shop.events() == [] and consented(shop) == []


class _Full:
    def record(self, hit: Hit) -> None:
        raise Unavailable("the state store's disk is full: nothing was written", retry_after=30)


def test_a_full_store_breaks_no_link_but_never_claims_to_have_unsubscribed() -> None:
    app = FastAPI()
    app.include_router(tracking_router(LINKS, _Full(), FixedClock(NOW)))
    client = TestClient(app, follow_redirects=False)
    assert client.get(path(LINKS.click(CLICK))).status_code == 302
    assert client.get(path(LINKS.open(OpenToken(7, 7)))).status_code == 200
    answer = client.post(path(LINKS.leave(LEAVE)), data=ONE_CLICK)
    assert answer.status_code == 503 and answer.headers["retry-after"] == "30"


def test_a_replaced_key_still_opens_old_links_until_it_is_dropped() -> None:
    token = path(LINKS.click(CLICK)).removeprefix("/t/c/")
    new = b"the key that follows it"
    assert Links("x", [new, KEY]).read(token, ClickToken) == CLICK
    with pytest.raises(NotFound):
        Links("x", [new]).read(token, ClickToken)
    with pytest.raises(InvalidInput):
        Links("x", [b"short"])


@given(st.text())
def test_no_text_is_a_token_by_chance(text: str) -> None:
    with pytest.raises(NotFound):
        LINKS.read(text, OpenToken)


@given(message=st.integers(0, 2**63 - 1), url=st.text(min_size=1))
def test_tokens_read_back_what_was_signed(message: int, url: str) -> None:
    token = ClickToken(message, message, url)
    assert LINKS.read(LINKS.click(token).rpartition("/")[2], ClickToken) == token


def test_links_are_rewritten_wherever_html_allows_them() -> None:
    page = (
        "<A class=x HREF='http://a.example.test/?x=1&amp;y=2'>a</A><a\nhref=\"tel:1\">t</a>"
        '<a href="https://keep.example.test">k</a><link href="https://font.example.test"></body>'
    )
    seen: list[str] = []

    def click(url: str) -> str:
        seen.append(url)
        return "https://t.example.test/&"

    done = rewrite_links(page, click, "https://o.example.test", {"https://keep.example.test"})
    assert seen == ["http://a.example.test/?x=1&y=2"]
    assert 'HREF="https://t.example.test/&amp;"' in done
    assert done.endswith('style="border:0" /></body>')


@pytest.fixture
def caught(tmp_path: Path) -> Iterator[tuple[MailStore, TestClient]]:
    store = MailStore(tmp_path / "caught.db")
    app = FastAPI()
    app.include_router(mails_router(store))

    @app.exception_handler(NotFound)
    def missing(_request: Request, error: NotFound) -> JSONResponse:
        return JSONResponse({"detail": error.message}, error.status)

    yield store, TestClient(app)
    store.close()


def test_caught_mails_are_listed_newest_first_by_pages(
    caught: tuple[MailStore, TestClient],
) -> None:
    store, client = caught
    for number in range(5):
        head = f"Subject: mail {number}\r\nMessage-ID: <{number}@x>\r\n"
        raw = f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\nسلام".encode()
        store.add(NOW, "a@example.test", [f"Person{number % 2}@example.test"], raw)
    first = client.get("/api/v1/mails", params={"limit": 2}).json()
    assert [m["subject"] for m in first["items"]] == ["mail 4", "mail 3"]
    assert first["total"] == 5
    second = client.get("/api/v1/mails", params={"limit": 3, "before": first["next"]}).json()
    assert [m["subject"] for m in second["items"]] == ["mail 2", "mail 1", "mail 0"]
    assert second["next"] is None
    of_one = client.get("/api/v1/mails", params={"recipient": "person1@EXAMPLE.test"}).json()
    assert [m["subject"] for m in of_one["items"]] == ["mail 3", "mail 1"]
    whole = client.get(f"/api/v1/mails/{of_one['items'][0]['id']}").json()
    assert whole["text"].strip() == "سلام"
    assert {"name": "Message-ID", "value": "<3@x>"} in whole["headers"]
    assert "Subject: mail 3" in whole["raw"]
    assert client.get("/api/v1/mails/99").status_code == 404


def test_the_events_of_hits_carry_json(shop: Shop, client: TestClient) -> None:
    client.get(path(LINKS.click(CLICK)))
    with shop.database.read() as connection:
        row = connection.execute(select(log)).one()
    assert json.loads(row.properties)["url"] == CLICK.url
