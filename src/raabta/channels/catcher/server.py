"""The SMTP side of the catcher, by aiosmtpd."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from raabta.channels.catcher.store import MailStore
from raabta.core.clock import Clock
from raabta.core.errors import InvalidInput


@dataclass(frozen=True)
class Answer:
    """How to treat a recipient: wait, then answer `reply` ('550 5.1.1 nobody'), or accept."""

    reply: str | None = None
    delay: float = 0.0


Answers = Callable[[str], Answer | None]


class Catcher:
    """Listens on the loopback interface only; `port` 0 takes a free one.

    `answers` decides for each recipient; without it, or where it says None, mail is accepted.
    """

    def __init__(
        self, store: MailStore, clock: Clock, *, port: int = 0, answers: Answers | None = None
    ) -> None:
        self._socket = _listen(port)
        self.port: int = self._socket.getsockname()[1]
        self._controller = _Controller(_Handler(store, clock, answers), self._socket)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?starttls=never"

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop(no_assert=True)
        self._socket.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise InvalidInput(
            f"port {port} cannot be listened on: {error.strerror}",
            field="catcher port",
            remedy="stop what uses it, or choose another",
        ) from None
    return listener


class _Controller(Controller):
    def __init__(self, handler: _Handler, listener: socket.socket) -> None:
        self._listener = listener
        super().__init__(
            handler,
            hostname="127.0.0.1",
            port=listener.getsockname()[1],
            server_hostname="catcher.raabta.test",
            ident="Raabta catcher",
        )

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listener)


class _Handler:
    """aiosmtpd's hooks; their names are its own."""

    def __init__(self, store: MailStore, clock: Clock, answers: Answers | None) -> None:
        self._store = store
        self._clock = clock
        self._answers = answers

    async def handle_RCPT(
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        answer = self._answers(address) if self._answers else None
        if answer and answer.delay:
            await asyncio.sleep(answer.delay)
        if answer and answer.reply:
            return answer.reply
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        await asyncio.to_thread(
            self._store.add,
            self._clock.now(),
            envelope.mail_from or "",
            list(envelope.rcpt_tos),
            content,
        )
        return "250 2.0.0 caught"
