"""`docs/why.md` is what `raabta why` says. WRITE_DOCS=1 writes the transcripts anew."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from raabta.channels.catcher.server import Catcher
from raabta.channels.catcher.store import MailStore
from raabta.cli.main import app
from raabta.core.clock import HOUR, SECOND, FixedClock, instant
from raabta.runtime import workspace
from smallshop import WELCOME, definitions, documents, person, track
from smallshop.life import Life

PAGE = Path(__file__).parents[2] / "docs" / "why.md"
POLICY = """policy: default
timezone: Asia/Karachi
caps:
  promotional: {max: 1, window: 7d}
quiet_hours: {start: "21:00", end: "08:00"}
holdout: 10%
"""
HELD_OUT = "yasmin"
BLOCK = re.compile(r"<!-- transcript: (.*?) -->\n(?:\n```text\n.*?```\n)?", re.DOTALL)


def ask(home: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The command and what it prints."""
    with monkeypatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("RAABTA_")]:
            patch.delenv(name)
        patch.setenv("RAABTA_HOME", str(home))
        patch.chdir(home)
        result = CliRunner().invoke(app, command.split()[1:], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return f"$ {command}\n{result.output}"


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    """The shop on a Monday morning, with five people it may or may not write to."""
    changed = {
        "policy.yaml": POLICY,
        "journeys/welcome.yaml": WELCOME.replace("topic: offers}", "topic: offers, patience: 7d}"),
    }
    mails = MailStore(tmp_path / "mails.db")
    with Catcher(mails, FixedClock(0)) as catcher:
        life = Life(
            tmp_path, FixedClock(instant("2026-03-02T09:00:00+05:00")), smtp_url=catcher.url
        )
        folder = definitions(tmp_path / "definitions", changed)
        workspace.apply(life.engine, documents(folder))
        for user in ("amina", "tariq", HELD_OUT):
            life.happens(*person(user))
        address = {"email": "dania@example.test"}
        life.happens({"type": "identify", "userId": "dania", "traits": address})
        life.happens(*person("farid", timezone="America/New_York"))
        yield life
        life.close()
    mails.close()


def until(life: Life, time: str) -> None:
    """Tick every half minute or hour until a local time, sending what is decided."""
    goal = instant(f"{time}+05:00")
    while life.clock.at < goal:
        life.clock.at = min(life.clock.at + HOUR, goal)
        work(life)


def work(life: Life) -> None:
    """A few seconds of the engine's life."""
    for _ in range(3):
        life.engine.step()
        life.clock.at += 2 * SECOND
        life.send()


def test_the_transcripts_are_what_the_command_says(
    life: Life, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: dict[str, str] = {}

    def hear(command: str, title: str | None = None) -> None:
        said[title or command] = ask(tmp_path, command, monkeypatch)

    until(life, "2026-03-02T10:00")
    for user in ("amina", HELD_OUT, "dania", "farid"):
        life.happens(track(user, "Signed Up"))
    life.happens(track("tariq", "Order Completed", total=12))
    work(life)
    hear("raabta why amina")
    hear(f"raabta why {HELD_OUT}")
    hear("raabta why dania")
    hear("raabta why farid")
    until(life, "2026-03-04T10:00")
    life.happens(track("tariq", "Signed Up"))
    work(life)
    hear("raabta why tariq")
    hear("raabta why tariq --at 2026-03-03T06:00:00Z")
    hear("raabta why farid", "raabta why farid (two days later)")

    written = BLOCK.sub(lambda m: block(m[1], said[m[1]]), PAGE.read_text("utf-8"))
    if os.environ.get("WRITE_DOCS") == "1":
        PAGE.write_text(written, "utf-8")
    assert set(BLOCK.findall(written)) == set(said)
    assert PAGE.read_text("utf-8") == written, "run this test with WRITE_DOCS=1"


def block(title: str, text: str) -> str:
    return f"<!-- transcript: {title} -->\n\n```text\n{text.strip()}\n```\n"
