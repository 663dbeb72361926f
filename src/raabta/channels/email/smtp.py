"""Talking to the SMTP server, and what its answers mean for a message."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused

from raabta.channels.model import Delivery, Failed, Retry, Sent
from raabta.core.errors import InvalidInput

_SETTING = "RAABTA_SMTP_URL"
_ENHANCED = re.compile(r"^\s*([245]\.\d{1,3}\.\d{1,3})\b")
#: RFC 3463: no such mailbox, no such system, bad syntax, moved, null MX; and a disabled mailbox.
_NOBODY = frozenset(["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"])
_UNKNOWN_RECIPIENT = frozenset([550, 551, 553])
#: Answers about us (not signed in, must encrypt), which will change when a setting does.
_OURS = frozenset([530, 534, 535, 538])
_PERMANENT = 500
_CLOSING = 421
#: After these a conversation is not used again.
_BROKEN = frozenset(["connection", "timeout", str(_CLOSING)])


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed over. `starttls` None: encrypt where the server offers it."""

    host: str
    port: int
    tls: bool = False
    starttls: bool | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> SmtpServer:
        """Read `smtp://user:password@host:port?starttls=required` or `smtps://host`.

        `starttls` is `auto` (as offered), `required` or `never`. Raises InvalidInput.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        wish = parse_qs(parts.query).get("starttls", ["auto"])[0]
        choices = {"auto": None, "required": True, "never": False}
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or wish not in choices:
            raise InvalidInput(
                "the SMTP server's address cannot be read",
                field=_SETTING,
                remedy="write smtp://user:password@host:port?starttls=auto|required|never, "
                "or smtps://user:password@host",
            )
        tls = parts.scheme == "smtps"
        usual = 465 if tls else 587 if wish == "required" else 25
        return cls(
            host=parts.hostname,
            port=port or usual,
            tls=tls,
            starttls=False if tls else choices[wish],
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )


class SmtpPool:
    """Up to `connections` open conversations, kept for as long as a batch lasts."""

    def __init__(
        self,
        server: SmtpServer,
        *,
        connections: int = 4,
        timeout: float = 30.0,
        conversation: float = 90.0,
    ) -> None:
        """`timeout` bounds one answer, `conversation` everything for one mail; seconds."""
        self._server = server
        self._timeout = timeout
        self._conversation = conversation
        self._free: asyncio.LifoQueue[SMTP | None] = asyncio.LifoQueue()
        for _ in range(connections):
            self._free.put_nowait(None)

    async def send(self, mail: EmailMessage, sender: str, recipient: str) -> Delivery:
        """Hand over one mail; waits for a free conversation."""
        client = await self._free.get()
        settled = False
        try:
            async with asyncio.timeout(self._conversation):
                if client is None or not client.is_connected:
                    client = self._client()
                    await client.connect()
                answer = await _converse(client, mail, sender, recipient)
            settled = isinstance(answer, Sent | Failed) or answer.code not in _BROKEN
            return answer
        except TimeoutError:
            return Retry("the server took too long", "timeout", not _ready(client))
        except (aiosmtplib.SMTPException, OSError) as error:
            return Retry(_short(f"no connection: {error}"), "connection", True)
        finally:
            if client is not None and not settled:
                client.close()
            self._free.put_nowait(client if settled else None)

    async def close(self) -> None:
        """Say goodbye on every free conversation; the pool can be used again."""
        free = [self._free.get_nowait() for _ in range(self._free.qsize())]
        for client in free:
            if client is not None and client.is_connected:
                try:
                    await client.quit(timeout=2)
                except (aiosmtplib.SMTPException, OSError):
                    client.close()
            self._free.put_nowait(None)

    def _client(self) -> SMTP:
        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.tls,
            start_tls=server.starttls,
            timeout=self._timeout,
        )


async def _converse(client: SMTP, mail: EmailMessage, sender: str, recipient: str) -> Delivery:
    try:
        _, answer = await client.sendmail(sender, [recipient], mail.as_bytes())
    except SMTPRecipientsRefused as error:
        refused = error.recipients[0]
        return meaning(refused.code, refused.message, of_recipient=True)
    except SMTPSenderRefused as error:
        return meaning(error.code, error.message, of_recipient=False)
    except SMTPResponseException as error:
        return meaning(error.code, error.message, of_recipient=False)
    except aiosmtplib.SMTPTimeoutError:
        return Retry("the server took too long to answer", "timeout")
    except (aiosmtplib.SMTPServerDisconnected, OSError) as error:
        return Retry(_short(f"the connection broke: {error}"), "connection")
    except (aiosmtplib.SMTPNotSupported, ValueError) as error:
        return Failed(_short(str(error)), "address")
    return Sent(_short(answer))


def meaning(code: int, text: str, *, of_recipient: bool) -> Delivery:
    """What a refusal means: RFC 5321 4.2.1 (4xx, 5xx) refined by RFC 3463's detail.

    A hard bounce is a refused recipient of whom the server says that he does not exist; a plain
    550 without detail is taken as that, a 5.7.1 (policy) or a full mailbox is not.
    """
    found = _ENHANCED.match(text)
    detail = found.group(1) if found else None
    reason = _short(f"{code} {text}")
    if code < _PERMANENT or code in _OURS:
        return Retry(reason, detail or str(code), code in _OURS or code == _CLOSING)
    gone = detail in _NOBODY if detail else code in _UNKNOWN_RECIPIENT
    return Failed(reason, detail or str(code), of_recipient and gone)


def _ready(client: SMTP | None) -> bool:
    return client is not None and client.is_connected


def _short(text: str) -> str:
    return " ".join(text.split())[:300]
