"""`raabta serve`: API, engine and senders in one process."""

from __future__ import annotations

import json as jsonlib
import os
import secrets
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI

from raabta.api.app import create_app
from raabta.api.live import Server as LiveServer
from raabta.channels.catcher.server import Catcher
from raabta.channels.catcher.store import MailStore
from raabta.cli.access import SERVING
from raabta.cli.console import AsJson, configure_logs, out, plain_errors, print_json
from raabta.core.clock import SystemClock
from raabta.core.errors import Conflict
from raabta.runtime.engine import Engine
from raabta.runtime.settings import Settings, load
from raabta.web.pages import add_web


def serve(
    port: Annotated[int | None, typer.Option(help="Default: RAABTA_PORT or 8620.")] = None,
    host: Annotated[str | None, typer.Option(help="Default: this machine only, 127.0.0.1.")] = None,
    *,
    catch_mails: Annotated[
        bool, typer.Option(help="Send no mail out: keep them for reading over REST.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Run API, engine and senders until stopped.

    Example: raabta serve --port 8620
    """
    with plain_errors(as_json=json):
        settings = _with(load(), port=port, host=host)
        configure_logs(settings.log_level)
        with (
            listening(settings) as (listener, bound),
            catching(bound, catch_mails) as (settings, mails),
        ):
            engine = Engine(settings)
            token = secrets.token_urlsafe(32)
            app = add_web(create_app(engine, local_token=token, mails=mails))
            engine.start()
            with announced(settings, token):
                link = owner_link(engine, settings)
                if json:
                    said = {"url": address(settings), "pid": os.getpid(), "owner_link": link}
                    print_json(said)
                else:
                    out.print(f"Raabta listens at [bold]{address(settings)}[/]; stop with Ctrl-C.")
                    tell_owner_link(link)
                Server(uvicorn_config(app)).run(sockets=[listener])


class Server(LiveServer):
    """Ends in order on SIGINT and SIGTERM. Uvicorn's own raises the signal again when all is done,
    which would end the process before it has tidied up."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


def _with(settings: Settings, **changes: object) -> Settings:
    return replace(settings, **{k: v for k, v in changes.items() if v is not None})  # type: ignore[arg-type]


def address(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def owner_link(engine: Engine, settings: Settings) -> str | None:
    """Where the first owner sets a password, once; None where there is an owner."""
    path = engine.accounts.first_link(engine.wall.now())
    return (settings.base_url or address(settings)) + path if path else None


def tell_owner_link(link: str | None) -> None:
    if link:
        out.print("Nobody can sign in yet. The owner sets a password here, once, within a day:")
        out.print(f"  {link}", markup=False, highlight=False, soft_wrap=True)


def uvicorn_config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=10)


@contextmanager
def listening(settings: Settings) -> Iterator[tuple[socket.socket, Settings]]:
    """A listening socket, taken before anything else is opened; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise Conflict(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror}",
            field="RAABTA_PORT",
            remedy="choose another with --port; 0 takes a free one",
        ) from None
    listener.listen(2048)
    try:
        yield listener, _with(settings, port=int(listener.getsockname()[1]))
    finally:
        listener.close()


@contextmanager
def catching(settings: Settings, wanted: bool) -> Iterator[tuple[Settings, MailStore | None]]:
    """With `wanted`, a mail catcher in place of the mail server."""
    if not wanted:
        yield settings, None
        return
    settings.home.mkdir(parents=True, exist_ok=True)
    store = MailStore(settings.home / "mails.db")
    with Catcher(store, SystemClock()) as catcher:
        yield _with(settings, smtp_url=catcher.url), store
    store.close()


@contextmanager
def announced(settings: Settings, token: str) -> Iterator[None]:
    """Let commands on this machine find the server: a file only its user can read."""
    path = settings.home / SERVING
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        jsonlib.dump({"url": address(settings), "token": token, "pid": os.getpid()}, file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
