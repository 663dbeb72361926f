"""Mails as they arrive, over a real SMTP conversation."""

from __future__ import annotations

import re
from email.message import EmailMessage

import pytest
from channels_shop import NOW, Shop

from raabta.channels.catcher.store import parse
from raabta.channels.email.smtp import SmtpServer, meaning
from raabta.channels.model import Failed, Retry
from raabta.channels.tracking import ClickToken, LeaveToken, OpenToken
from raabta.core.errors import InvalidInput


def arrived(shop: Shop) -> EmailMessage:
    newest = shop.mails.page(limit=1)[0]
    return parse(shop.mails.read(newest.id).raw)


def test_an_urdu_mail_arrives_whole_and_from_right_to_left(shop: Shop) -> None:
    shop.queue(7, locale="ur-PK")
    shop.send()
    mail = arrived(shop)
    assert mail["Subject"] == "خوش آمدید، \u2068Person 7\u2069"
    assert mail["Content-Language"] == "ur"
    assert mail["From"].addresses[0].display_name == "رابطہ Grocer"
    html = mail.get_body(preferencelist=("html",))
    text = mail.get_body(preferencelist=("plain",))
    assert html is not None and text is not None
    assert '<html lang="ur" dir="rtl"' in html.get_content()
    assert "سلام Person 7" in html.get_content()
    assert "سلام Person 7" in text.get_content()
    assert not mail.defects
    raw = shop.mails.read(shop.mails.page()[0].id).raw
    assert raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 998


def test_a_promotional_mail_carries_the_headers_receivers_ask_for(shop: Shop) -> None:
    shop.queue(7)
    shop.send()
    mail = arrived(shop)
    assert mail.get_content_type() == "multipart/alternative"
    assert mail["Message-ID"] == "<0000000000000007.raabta@grocer.example.test>"
    assert mail["Reply-To"] == "care@grocer.example.test"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Feedback-ID"] == "first-basket:welcome:promotional:grocer"
    assert mail["Date"].datetime.timestamp() == NOW // 1_000_000
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(
        r"<https://engage\.example\.test/u/([^>]+)>,\s*"
        r"<mailto:leave@grocer\.example\.test\?subject=unsubscribe>",
        mail["List-Unsubscribe"],
    )
    assert found, mail["List-Unsubscribe"]
    assert shop.links.read(found.group(1), LeaveToken) == LeaveToken(7, 7, "email", "news", "en")
    raw = shop.mails.read(shop.mails.page()[0].id).raw
    assert found.group(1).encode() in raw, "the address was folded or encoded"


def test_a_transactional_mail_offers_no_list_to_leave(shop: Shop) -> None:
    shop.queue(7, **{"class": "transactional"})
    shop.send()
    assert arrived(shop)["List-Unsubscribe"] is None


def test_links_are_tracked_except_mailto_and_unsubscribe(shop: Shop) -> None:
    shop.queue(7)
    shop.send()
    html = shop.mails.read(1).html
    clicks = re.findall(r'href="https://engage\.example\.test/t/c/([^"]+)"', html)
    assert [shop.links.read(token, ClickToken) for token in clicks] == [
        ClickToken(7, 7, "https://shop.example.test/?a=1&b=2")
    ]
    assert html.count('href="https://engage.example.test/u/') == 1
    assert 'href="mailto:care@grocer.example.test"' in html
    pixel = re.search(r'<img src="https://engage\.example\.test/t/o/([^"]+)"[^>]*></body>', html)
    assert pixel and shop.links.read(pixel.group(1), OpenToken) == OpenToken(7, 7)


@pytest.mark.parametrize("address", ["nobody", "a@b\r\nBcc: c@d.example.test", "ö@example.test"])
def test_an_address_no_header_can_carry_fails_without_a_conversation(
    shop: Shop, address: str
) -> None:
    shop.queue(7, address=address)
    shop.send()
    assert shop.row(7)["state"] == "failed"
    assert shop.mails.count() == 0


@pytest.mark.parametrize(
    ("code", "text", "of_recipient", "expected"),
    [
        (450, "4.2.1 greylisted", True, Retry("450 4.2.1 greylisted", "4.2.1")),
        (421, "closing", False, Retry("421 closing", "421", True)),
        (530, "5.7.0 sign in first", False, Retry("530 5.7.0 sign in first", "5.7.0", True)),
        (550, "5.1.1 nobody", True, Failed("550 5.1.1 nobody", "5.1.1", True)),
        (550, "no such user", True, Failed("550 no such user", "550", True)),
        (550, "5.7.1 looks like spam", True, Failed("550 5.7.1 looks like spam", "5.7.1")),
        (552, "5.2.2 mailbox full", True, Failed("552 5.2.2 mailbox full", "5.2.2")),
        (550, "5.1.8 your domain", False, Failed("550 5.1.8 your domain", "5.1.8")),
        (554, "no", False, Failed("554 no", "554")),
    ],
)
def test_answers_mean_what_the_standards_say(
    code: int, text: str, of_recipient: bool, expected: object
) -> None:
    assert meaning(code, text, of_recipient=of_recipient) == expected


def test_a_server_address_is_read_and_its_password_not_shown() -> None:
    server = SmtpServer.parse("smtp://me:p%40ss@mail.example.test?starttls=required")
    assert (server.port, server.starttls, server.password) == (587, True, "p@ss")
    assert "p@ss" not in repr(server)
    assert SmtpServer.parse("smtps://mail.example.test").port == 465


@pytest.mark.parametrize(
    "url", ["", "mail.example.test", "http://x", "smtp://x?starttls=maybe", "smtp://x:port"]
)
def test_a_wrong_server_address_stops_the_start(url: str) -> None:
    with pytest.raises(InvalidInput) as error:
        SmtpServer.parse(url)
    assert error.value.field == "RAABTA_SMTP_URL"
