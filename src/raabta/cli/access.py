"""Reaching a workspace: over REST where a server runs, else by opening its stores."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import httpx

from raabta.core.clock import Instant, iso
from raabta.core.documents import Document
from raabta.core.errors import (
    Conflict,
    Forbidden,
    InvalidDefinitions,
    InvalidInput,
    NotAllowed,
    NotFound,
    Problem,
    RaabtaError,
    Unavailable,
)
from raabta.lab.simulations import Order, run
from raabta.runtime import workspace
from raabta.runtime.engine import Engine
from raabta.runtime.settings import Settings

SERVING = "serving.json"

Watch = Callable[[float, int], bool]
_POLL = 0.25
#: How long an error of the server's engine may stand before a command gives up on it, seconds.
_PATIENCE = 15
_ERRORS: dict[int, type[RaabtaError]] = {
    401: NotAllowed,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    422: InvalidInput,
}


class Access(Protocol):
    """What the commands need, whichever way the workspace is reached."""

    def plan(self, documents: list[Document]) -> list[dict[str, Any]]: ...

    def apply(self, documents: list[Document]) -> list[dict[str, Any]]: ...

    def simulate(self, order: Order, watch: Watch | None) -> dict[str, Any]: ...

    def why(self, who: str, at: Instant | None, limit: int) -> dict[str, Any]: ...

    def report(
        self, start: Instant | None, end: Instant | None, lift_window: int
    ) -> dict[str, Any]: ...

    def summary(self) -> dict[str, Any]: ...

    def settle(self, watch: Callable[[int, int], None] | None) -> None:
        """Return once everything in the log is taken in."""
        ...


class Local:
    """Opens the stores itself: only where no server runs."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def plan(self, documents: list[Document]) -> list[dict[str, Any]]:
        return [c.to_json() for c in workspace.plan(self.engine, documents)]

    def apply(self, documents: list[Document]) -> list[dict[str, Any]]:
        found = [c.to_json() for c in workspace.apply(self.engine, documents)]
        self.engine.step()  # memberships of new segments stand at once
        return found

    def simulate(self, order: Order, watch: Watch | None) -> dict[str, Any]:
        return run(self.engine, order, watch)

    def why(self, who: str, at: Instant | None, limit: int) -> dict[str, Any]:
        return self.engine.asking.why(who, at, limit)

    def report(
        self, start: Instant | None, end: Instant | None, lift_window: int
    ) -> dict[str, Any]:
        return workspace.measure(self.engine, start, end, lift_window=lift_window).to_json()

    def summary(self) -> dict[str, Any]:
        return workspace.summary(self.engine)

    def settle(self, watch: Callable[[int, int], None] | None) -> None:
        self.engine.catch_up(watch)


class Remote:
    """Asks a running server."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx.Client(
            base_url=url,
            headers={"authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(60, connect=3),
        )

    def close(self) -> None:
        self._http.close()

    def _call(self, method: str, path: str, **kwargs: Any) -> Any:
        try:
            response = self._http.request(method, f"/api/v1{path}", **kwargs)
        except httpx.HTTPError as error:
            raise Unavailable(
                f"the server did not answer: {error}", remedy="is `raabta serve` still running?"
            ) from error
        if response.is_success:
            return response.json()
        try:
            body = response.json()
        except ValueError:
            body = {}
        if body.get("problems"):
            raise InvalidDefinitions([Problem(**each) for each in body["problems"]])
        kind = _ERRORS.get(response.status_code, Unavailable)
        message = str(body.get("detail") or body.get("title") or response.reason_phrase)
        raise kind(message, field=body.get("field"), remedy=str(body.get("remedy") or ""))

    def plan(self, documents: list[Document]) -> list[dict[str, Any]]:
        return list(self._call("POST", "/plan", json=_body(documents))["changes"])

    def apply(self, documents: list[Document]) -> list[dict[str, Any]]:
        return list(self._call("POST", "/apply", json=_body(documents))["changes"])

    def simulate(self, order: Order, watch: Watch | None) -> dict[str, Any]:
        body: dict[str, Any] = {
            "journey": order.journey,
            "from": iso(order.start),
            "to": iso(order.end),
            "set": order.settings,
        }
        if order.documents is not None:
            body |= _body(order.documents)
        job = self._call("POST", "/simulations", json=body)
        path = f"/simulations/{job['id']}"
        try:
            while job["state"] in ("waiting", "running"):
                if watch and not watch(job["progress"], job["messages"]):
                    self._call("DELETE", path)
                time.sleep(_POLL)
                job = self._call("GET", path)
        except KeyboardInterrupt:
            self._call("DELETE", path)
            raise
        if job["state"] == "failed":
            raise InvalidInput(str(job["error"]))
        return dict(job["result"])

    def why(self, who: str, at: Instant | None, limit: int) -> dict[str, Any]:
        params = {"limit": limit} | ({"at": iso(at)} if at is not None else {})
        return dict(self._call("GET", f"/profiles/{quote(who, safe='')}/why", params=params))

    def report(
        self, start: Instant | None, end: Instant | None, lift_window: int
    ) -> dict[str, Any]:
        params = {"lift_window": f"{lift_window // 1_000_000}s"}
        params |= {"from": iso(start)} if start is not None else {}
        params |= {"to": iso(end)} if end is not None else {}
        return dict(self._call("GET", "/report", params=params))

    def summary(self) -> dict[str, Any]:
        return dict(self._call("GET", "/summary"))

    def settle(self, watch: Callable[[int, int], None] | None) -> None:
        goal, standing = int(self._call("GET", "/health")["tail"]), 0
        while (health := self._call("GET", "/health"))["position"] < goal:
            standing = standing + 1 if health["error"] else 0
            if standing * _POLL > _PATIENCE:
                raise Unavailable(
                    f"the server cannot take the log in: {health['error']}",
                    remedy="nothing is lost; it goes on by itself once that is mended",
                )
            if watch:
                watch(health["position"], goal)
            time.sleep(_POLL)


def _body(documents: list[Document]) -> dict[str, Any]:
    return {
        "definitions": [
            {"file": d.file, "kind": d.kind, "name": d.name, "body": d.body, "lines": d.lines}
            for d in documents
        ]
    }


@contextmanager
def reach(settings: Settings) -> Iterator[Access]:
    """The workspace of these settings: the running server's, or its stores."""
    found = serving(settings.home)
    if found is not None:
        remote = Remote(*found)
        try:
            yield remote
        finally:
            remote.close()
        return
    engine = Engine(settings)
    try:
        yield Local(engine)
    finally:
        engine.close()


def serving(home: Path) -> tuple[str, str] | None:
    """Address and token of the server that runs on this workspace, if one answers."""
    path = home / SERVING
    try:
        said = json.loads(path.read_text("utf-8"))
        response = httpx.get(f"{said['url']}/api/v1/health", timeout=2)
    except (OSError, ValueError, KeyError, httpx.HTTPError):
        return None
    return (said["url"], said["token"]) if response.is_success else None
