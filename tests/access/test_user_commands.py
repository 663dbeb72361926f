"""`raabta user`: the way in that needs no browser, also for an owner who is locked out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from access_workspace import HERE, PASSWORD, cheap
from typer.testing import CliRunner

from raabta.access.service import Accounts
from raabta.cli.main import app
from raabta.core.clock import SystemClock
from raabta.storage.state.database import Database
from raabta.storage.state.users import Users


def test_users_are_kept_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAABTA_HOME", str(tmp_path))
    email, now = "amina@example.com", SystemClock().now()

    def user(*arguments: str, status: int = 0) -> Any:
        result = CliRunner().invoke(app, ["user", *arguments, "--json"], catch_exceptions=False)
        assert result.exit_code == status, result.output
        assert CliRunner().invoke(app, ["user", "list"]).exit_code == 0
        return json.loads(result.stdout)

    made = user("invite", email, "--name", "Amina", "--role", "owner")
    assert made["invited"] is True
    assert made["link"].startswith("http://127.0.0.1:8620/welcome#")
    again = user("link", email)["link"]
    database = Database.open(f"sqlite:///{tmp_path}/state.db")
    accounts = Accounts(Users(database), cheap())
    accounts.accept(again.partition("#")[2], "Amina", PASSWORD, HERE, now)
    assert [s["address"] for s in user("sessions", email)["sessions"]] == [HERE.address]
    assert user("sign-out", email) == {"ended": 1}
    assert user("sessions", email) == {"sessions": []}
    assert user("role", email, "viewer", status=1)["error"] == "conflict"
    assert user("disable", email, status=1)["field"] == "user"
    assert user("invite", "b@example.com", "--role", "root", status=1)["field"] == "role"
    assert user("invite", "b@example.com")["role"] == "viewer"
    assert user("role", "B@example.com", "editor")["role"] == "editor"
    assert user("disable", "b@example.com")["disabled"] is True
    assert user("enable", "b@example.com")["disabled"] is False
    assert [u["email"] for u in user("list")["users"]] == [email, "b@example.com"]
    assert user("role", "nobody@example.com", "editor", status=1)["error"] == "not-found"
    database.close()
