"""A small shop to try the whole product on: a folder of definitions, and a server of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from raabta.core.documents import Document
from raabta.runtime.definitions import load
from raabta.runtime.settings import Settings
from raabta.runtime.settings import load as load_settings

RAABTA = Path(sys.executable).with_name("raabta")

POLICY = """policy: default
timezone: UTC
caps:
  promotional: {max: 1, window: 7d}
"""
BRAND = """brand: corner-shop
title: The Corner Shop
sender: {name: The Corner Shop, email: hello@shop.example.test}
address: 1 Mall Road, Lahore
links: {shop: "https://shop.example.test/"}
"""
TEMPLATE = """template: %s
locales:
  en:
    subject: "%s, {{ profile.first_name | default: 'friend' }}"
    body: |
      <mj-section><mj-column>
        <mj-text>%s {{ profile.first_name | default: 'friend' }}</mj-text>
        <mj-button href="{{ links.shop }}">Shop</mj-button>
        <mj-text><a href="{{ links.unsubscribe }}">Unsubscribe</a></mj-text>
      </mj-column></mj-section>
"""
SEGMENT = """segment: buyers
description: Bought at least once.
where: {did: Order Completed}
"""
WELCOME = """journey: welcome
entry: {event: Signed Up, again: never}
steps:
  - send: {template: welcome, class: triggered, topic: welcome}
  - wait: 1s
  - send: {template: offer, topic: offers}
"""
THANKS = """journey: thanks
entry: {event: Order Completed, again: after exit}
steps:
  - send: {template: thanks, topic: offers, patience: 8d}
  - wait: {until: {event: Order Completed}, within: 3d}
"""
FILES = {
    "policy.yaml": POLICY,
    "brand.yaml": BRAND,
    "segments/buyers.yaml": SEGMENT,
    "templates/welcome.yaml": TEMPLATE % ("welcome", "Welcome", "Good to see you,"),
    "templates/offer.yaml": TEMPLATE % ("offer", "An offer", "This week's offer is yours,"),
    "templates/thanks.yaml": TEMPLATE % ("thanks", "Thank you", "Thank you for your order,"),
    "journeys/welcome.yaml": WELCOME,
    "journeys/thanks.yaml": THANKS,
}


def definitions(folder: Path, changed: Mapping[str, str | None] | None = None) -> Path:
    """Write the shop's definitions; `changed` replaces files, or leaves out those that are None."""
    for name, text in {**FILES, **(changed or {})}.items():
        if text is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
    return folder


def documents(folder: Path) -> list[Document]:
    return list(load(folder).documents.values())


def settings(home: Path, **values: object) -> Settings:
    """Settings that look at no environment: stores in `home`."""
    environment = {"RAABTA_HOME": str(home), "RAABTA_PORT": "0"}
    environment |= {f"RAABTA_{k.upper()}": str(v) for k, v in values.items()}
    return load_settings(environment, folder=home)


def track(user: str, name: str, **properties: Any) -> dict[str, Any]:
    return {"type": "track", "userId": user, "event": name, "properties": properties}


def person(user: str, **traits: Any) -> list[dict[str, Any]]:
    """Somebody who can be written to: an address and a consent."""
    traits = {"email": f"{user}@example.test", "first_name": user.title()} | traits
    return [
        {"type": "identify", "userId": user, "traits": traits},
        track(user, "Consent Updated", channel="email", topic="*", granted=True),
    ]


@dataclass
class Shop:
    """A workspace of its own and the `raabta` command in it, as a user has them."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    announced: dict[str, Any] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "raabta-data"

    def env(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("RAABTA_")}
        return kept | {"PYTHONUNBUFFERED": "1", "COLUMNS": "80"} | self.environment

    def run(self, *arguments: object, fails: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; it must succeed, or fail where that is expected."""
        done = subprocess.run(
            [RAABTA, *map(str, arguments)],
            cwd=self.folder,
            env=self.env(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode != 0) == fails, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *arguments: object, fails: bool = False) -> Any:
        """Run a command with `--json`; what it prints must be one JSON value."""
        return json.loads(self.run(*arguments, "--json", fails=fails).stdout)

    # --- the server -------------------------------------------------------------------------

    def launch(self, *arguments: object) -> None:
        """Start `raabta serve` and return at once."""
        with (self.folder / "serve.log").open("a") as log:
            self.process = subprocess.Popen(
                [RAABTA, "serve", *map(str, arguments)],
                cwd=self.folder,
                env=self.env(),
                stdout=log,
                stderr=log,
                text=True,
            )

    def serve(self, *arguments: object) -> str:
        """Start `raabta serve`; returns its address once it answers."""
        self.launch(*arguments)
        self.until_up()
        return str(self.announced["url"])

    def until_up(self, seconds: float = 60) -> None:
        assert self.process is not None
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, (self.folder / "serve.log").read_text()
            try:
                said = json.loads((self.home / "serving.json").read_text())
                if said["pid"] == self.process.pid:
                    httpx.get(f"{said['url']}/api/v1/health", timeout=2).raise_for_status()
                    self.announced = said
                    return
            except (OSError, ValueError, httpx.HTTPError):
                pass
            time.sleep(0.02)
        raise AssertionError((self.folder / "serve.log").read_text())

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; returns the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def api(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.announced['token']}"}
        return httpx.request(
            method, f"{self.announced['url']}/api/v1{path}", headers=headers, timeout=60, **kwargs
        )

    def send(self, key: str, events: list[dict[str, Any]]) -> None:
        """Events over the Segment API, and wait until the engine has taken them in."""
        answer = httpx.post(
            f"{self.announced['url']}/v1/batch", json={"batch": events}, auth=(key, ""), timeout=30
        )
        assert answer.status_code == 200, answer.text
        goal = self.api("GET", "/health").json()["tail"]
        eventually(lambda: self.api("GET", "/health").json()["position"] >= goal)


def eventually(holds: Any, seconds: float = 30) -> None:
    """Poll until `holds()` is true."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)
