"""A whole application on a real server: engine, API, senders and a mail catcher."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from raabta.api.app import create_app
from raabta.api.live import Server
from raabta.channels.catcher.server import Catcher
from raabta.channels.catcher.store import MailStore
from raabta.core.clock import SystemClock
from raabta.runtime import workspace
from raabta.runtime.engine import Engine
from raabta.web.pages import add_web
from smallshop import definitions, documents, eventually, settings


@dataclass
class Served:
    """A running application, its keys, and how to ask it."""

    url: str
    engine: Engine
    mails: MailStore
    api_key: str
    write_key: str
    folder: Path
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.api_key}"} | kwargs.pop("headers", {})
        return httpx.request(
            method, f"{self.url}/api/v1{path}", headers=headers, timeout=30, **kwargs
        )

    def get(self, path: str, **kwargs: Any) -> Any:
        answer = self.ask("GET", path, **kwargs)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, *events: dict[str, Any]) -> None:
        """Events over the Segment API; returns once the engine has taken them in."""
        answer = httpx.post(
            f"{self.url}/v1/batch", json={"batch": events}, auth=(self.write_key, ""), timeout=30
        )
        assert answer.json() == {"success": True}
        goal = self.engine.tail()
        eventually(lambda: self.engine.world.position >= goal)

    def mail_to(self, user: str, subject: str) -> dict[str, Any]:
        """The one mail with this subject, read over REST."""

        def found() -> list[dict[str, Any]]:
            page = self.get("/mails", params={"recipient": f"{user}@example.test"})
            return [item for item in page["items"] if item["subject"].startswith(subject)]

        eventually(found)
        (item,) = found()
        mail: dict[str, Any] = self.get(f"/mails/{item['id']}")
        return mail

    def decided(self, user: str) -> dict[str, tuple[str, str | None]]:
        """Template -> (outcome, rule) of the latest decision about it."""
        rows = self.get("/ledger", params={"person": user})["ledger"]
        return {row["template"]: (row["outcome"], row["rule"]) for row in reversed(rows)}


@contextmanager
def served(tmp_path: Path) -> Iterator[Served]:
    """The application on a real server, with the shop's definitions in force."""
    mails = MailStore(tmp_path / "mails.db")
    folder = definitions(tmp_path / "definitions")
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    with Catcher(mails, SystemClock()) as catcher:
        engine = Engine(settings(tmp_path / "home", smtp_url=catcher.url, port=port))
        workspace.apply(engine, documents(folder))
        now = engine.wall.now()
        _, api_key = engine.keys.create("api", "test", now, "owner")
        _, write_key = engine.keys.create("write", "test", now)
        app = add_web(create_app(engine, local_token="only this machine", mails=mails))
        server = Server(uvicorn.Config(app, log_level="warning"))
        engine.start()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        eventually(lambda: server.started)
        try:
            yield Served(f"http://127.0.0.1:{port}", engine, mails, api_key, write_key, folder)
        finally:
            server.should_exit = True
            thread.join(60)
    mails.close()
