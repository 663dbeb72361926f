"""`raabta init`, `raabta doctor`, `raabta key`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from raabta.cli.access import serving
from raabta.cli.console import AsJson, out, plain_errors, print_json, table
from raabta.core.clock import SystemClock, iso
from raabta.core.errors import Conflict, RaabtaError
from raabta.runtime.settings import FILE, Settings, load
from raabta.storage.history.duck import DuckHistory
from raabta.storage.state.database import Database
from raabta.storage.state.engine import EngineState
from raabta.storage.state.keys import Keys
from raabta.storage.state.migrations import migrate

key_app = typer.Typer(help="Keys: 'write' to send events, 'api' to manage.", no_args_is_help=True)

_SETTINGS = """# Raabta's settings; each can also be an environment variable, RAABTA_PORT and so on.
# state_url = "postgresql://user:password@host/raabta"   # default: SQLite in `home`
# smtp_url = "smtp://user:password@host:587"             # without it nothing is sent
# base_url = "https://crm.example.com"                   # where mails' links lead
home = "raabta-data"
definitions = "definitions"
"""

_POLICY = """policy: default
timezone: UTC
locale: en
caps:
  promotional: {max: 2, window: 7d}
quiet_hours: {start: "21:00", end: "08:00"}
holdout: 10%
"""

_SEGMENT = """segment: lapsed-60-days
description: Bought before, but not in the last sixty days.
where:
  all:
    - did: Order Completed
    - did_not: Order Completed
      within: 60d
"""


def init(
    folder: Annotated[Path, typer.Argument(help="Where to begin.")] = Path(),
    *,
    json: AsJson = False,
) -> None:
    """Begin a workspace: settings, a folder of definitions, the stores, and a first write key.

    Example: raabta init my-shop
    """
    with plain_errors(as_json=json):
        if (folder / FILE).exists():
            raise Conflict(
                f"{folder / FILE} is there already",
                field="folder",
                remedy="go on with `raabta serve` there, or choose an empty folder",
            )
        load(folder=folder)  # a wrong setting in the environment, before anything is written
        (folder / "definitions" / "segments").mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(_SETTINGS, "utf-8")
        for name, text in (("policy.yaml", _POLICY), ("segments/lapsed.yaml", _SEGMENT)):
            file = folder / "definitions" / name
            if not file.exists():
                file.write_text(text, "utf-8")
        settings = _absolute(load(folder=folder), folder)
        database = _opened(settings)
        key, token = Keys(database).create("write", "first", SystemClock().now())
        database.close()
        if json:
            print_json({"folder": str(folder), "write_key": token, "key_id": key.id})
            return
        out.print(f"A workspace stands in {folder.resolve()}.", markup=False, highlight=False)
        out.print(f"Write key for your SDK, shown this once: [bold]{token}[/]", highlight=False)
        there = "" if folder == Path() else f"cd {folder}, "
        out.print(f"Next: {there}raabta apply, then raabta serve.", highlight=False)


def _absolute(settings: Settings, folder: Path) -> Settings:
    """Settings as seen from the workspace's own folder."""
    home = folder / settings.home
    return replace(
        settings,
        home=home,
        state_url=settings.state_url.replace(str(settings.home), str(home)),
        history_url=settings.history_url.replace(str(settings.home), str(home)),
    )


def _opened(settings: Settings) -> Database:
    database = Database.open(settings.state_url)
    migrate(database)
    return database


def doctor(*, json: AsJson = False) -> None:
    """Look the workspace over: settings, stores, server, mail, keys.

    Example: raabta doctor
    """
    with plain_errors(as_json=json):
        settings = load()
        found = [
            _checked("settings", lambda: f"home {settings.home}"),
            _checked("state", lambda: _state(settings)),
            _checked("history", lambda: _history(settings)),
            _checked("server", lambda: _server(settings)),
            _checked("mail", lambda: _mail(settings)),
            _checked("network", lambda: _network(settings)),
        ]
        if json:
            print_json({"checks": found, "healthy": all(c["ok"] for c in found)})
        else:
            table("", ["check", "ok", "finding"], [[c["check"], c["ok"], c["said"]] for c in found])
        if not all(c["ok"] for c in found):
            raise typer.Exit(1)


def _checked(name: str, ask: Any) -> dict[str, Any]:
    try:
        return {"check": name, "ok": True, "said": ask()}
    except RaabtaError as error:
        return {"check": name, "ok": False, "said": str(error)}


def _state(settings: Settings) -> str:
    database = _opened(settings)
    state = EngineState(database)
    position, reached = state.position()
    tail = int((state.get_meta("log_tail") or {"seq": 0})["seq"])
    database.close()
    if not reached:
        return f"log at {tail:,}; no tick yet"
    return f"log at {tail:,}, taken in to {position:,}; last tick {iso(reached)[:19]}Z"


def _history(settings: Settings) -> str:
    if serving(settings.home):
        return "held by the running server"
    history = DuckHistory.open(settings.history_url)
    events = sum(history.counts().values())
    history.close()
    return f"{events:,} events"


def _server(settings: Settings) -> str:
    found = serving(settings.home)
    return f"answers at {found[0]}" if found else "not running"


def _mail(settings: Settings) -> str:
    return "set" if settings.smtp_url else "no RAABTA_SMTP_URL: messages wait in the outbox"


def _network(settings: Settings) -> str:
    if settings.is_loopback:
        return "listens on this machine only"
    if not settings.base_url:
        return f"listens on {settings.host}; set RAABTA_BASE_URL so that mails' links work"
    return f"listens on {settings.host}, reached as {settings.base_url}"


@key_app.command("create")
def key_create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    kind: Annotated[str, typer.Option(help="write or api")] = "write",
    role: Annotated[
        str | None, typer.Option(help="Of an api key: viewer, editor (the default) or owner.")
    ] = None,
    *,
    json: AsJson = False,
) -> None:
    """Make a key; it is shown once.

    Example: raabta key create "web shop"
    """
    with plain_errors(as_json=json):
        database = _opened(load())
        key, token = Keys(database).create(kind, name, SystemClock().now(), role)
        database.close()
        if json:
            said = {"id": key.id, "kind": key.kind, "name": key.name, "role": key.role}
            print_json(said | {"token": token})
        else:
            out.print(f"{key.kind} key {key.id} ({key.name}), shown this once: [bold]{token}[/]")


@key_app.command("list")
def key_list(*, json: AsJson = False) -> None:
    """List keys; tokens are not kept.

    Example: raabta key list
    """
    with plain_errors(as_json=json):
        database = _opened(load())
        keys = Keys(database).list()
        database.close()
        rows = [
            {
                "id": k.id,
                "kind": k.kind,
                "name": k.name,
                "role": k.role,
                "created_at": iso(k.created_at),
                "revoked": k.revoked_at is not None,
            }
            for k in keys
        ]
        if json:
            print_json({"keys": rows})
        else:
            names = ["id", "kind", "name", "role", "created_at", "revoked"]
            table(
                "Keys", names, [[r[n] or "" if n == "role" else r[n] for n in names] for r in rows]
            )


@key_app.command("revoke")
def key_revoke(
    key: Annotated[str, typer.Argument(help="The key's id.")], *, json: AsJson = False
) -> None:
    """Withdraw a key.

    Example: raabta key revoke key_0123456789ab
    """
    with plain_errors(as_json=json):
        database = _opened(load())
        Keys(database).revoke(key, SystemClock().now())
        database.close()
        if json:
            print_json({"revoked": key})
        else:
            out.print(f"{key} is withdrawn.")
