"""`raabta user`: who may sign in. Works on the state store, beside a running server or without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from raabta.access.model import User
from raabta.access.service import Accounts
from raabta.cli.access import serving
from raabta.cli.console import AsJson, out, plain_errors, print_json, table
from raabta.core.clock import SystemClock, iso
from raabta.runtime.settings import Settings, load
from raabta.storage.state.database import Database
from raabta.storage.state.migrations import migrate
from raabta.storage.state.users import Users

user_app = typer.Typer(help="Users: who may sign in, and as what.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="The user's e-mail address.")]


@contextmanager
def _opened(*, as_json: bool) -> Iterator[tuple[Accounts, Settings]]:
    with plain_errors(as_json=as_json):
        settings = load()
        database = Database.open(settings.state_url)
        try:
            migrate(database)
            yield Accounts(Users(database)), settings
        finally:
            database.close()


def _now() -> int:
    return SystemClock().now()


def link_address(settings: Settings, path: str) -> str:
    """A one-time link as it is opened: where the server runs, or will by these settings."""
    found = None if settings.base_url else serving(settings.home)
    return (found[0] if found else settings.public_url) + path


def _shown(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "created_at": iso(user.created_at),
        "invited": user.password_hash is None,
        "disabled": user.disabled_at is not None,
    }


@user_app.command("list")
def user_list(*, json: AsJson = False) -> None:
    """List users.

    Example: raabta user list
    """
    with _opened(as_json=json) as (accounts, _):
        rows = [_shown(user) for user in accounts.users()]
        if json:
            print_json({"users": rows})
        else:
            names = ["email", "name", "role", "invited", "disabled"]
            table("Users", names, [[row[n] for n in names] for row in rows])


@user_app.command("invite")
def user_invite(
    email: Email,
    name: Annotated[str, typer.Option(help="How the user is called.")] = "",
    role: Annotated[str, typer.Option(help="viewer, editor or owner")] = "viewer",
    *,
    json: AsJson = False,
) -> None:
    """Make a user, and a one-time link with which they set their password.

    Example: raabta user invite amina@example.com --name Amina --role editor
    """
    with _opened(as_json=json) as (accounts, settings):
        called = name or email.partition("@")[0]
        user, path, expires = accounts.invite(email, called, role, "command line", _now())
        _tell_link(settings, user, path, expires, as_json=json)


@user_app.command("link")
def user_link(email: Email, *, json: AsJson = False) -> None:
    """A new one-time link to set a password: for one who forgot it, an owner as well.

    Example: raabta user link amina@example.com
    """
    with _opened(as_json=json) as (accounts, settings):
        user = accounts.find(email)
        path, expires = accounts.new_link(user.id, "command line", _now())
        _tell_link(settings, user, path, expires, as_json=json)


def _tell_link(settings: Settings, user: User, path: str, expires: int, *, as_json: bool) -> None:
    link = link_address(settings, path)
    if as_json:
        print_json(_shown(user) | {"link": link, "expires_at": iso(expires)})
        return
    out.print(f"{user.email} ({user.role}) sets a password here, once, by {iso(expires)[:10]}:")
    out.print(f"  {link}", markup=False, highlight=False)


@user_app.command("role")
def user_role(
    email: Email,
    role: Annotated[str, typer.Argument(help="viewer, editor or owner")],
    *,
    json: AsJson = False,
) -> None:
    """Give a user another role, at once. The last owner stays one.

    Example: raabta user role amina@example.com owner
    """
    with _opened(as_json=json) as (accounts, _):
        user = accounts.change_user(accounts.find(email).id, _now(), role=role)
        _tell(user, f"{user.email} is {user.role} now.", as_json=json)


@user_app.command("disable")
def user_disable(email: Email, *, json: AsJson = False) -> None:
    """Keep a user out: ends their sessions at once.

    Example: raabta user disable amina@example.com
    """
    with _opened(as_json=json) as (accounts, _):
        user = accounts.change_user(accounts.find(email).id, _now(), disabled=True)
        _tell(user, f"{user.email} cannot sign in any more.", as_json=json)


@user_app.command("enable")
def user_enable(email: Email, *, json: AsJson = False) -> None:
    """Let a disabled user in again.

    Example: raabta user enable amina@example.com
    """
    with _opened(as_json=json) as (accounts, _):
        user = accounts.change_user(accounts.find(email).id, _now(), disabled=False)
        _tell(user, f"{user.email} can sign in again.", as_json=json)


def _tell(user: User, words: str, *, as_json: bool) -> None:
    if as_json:
        print_json(_shown(user))
    else:
        out.print(words, markup=False, highlight=False)


@user_app.command("sessions")
def user_sessions(email: Email, *, json: AsJson = False) -> None:
    """Where a user is signed in.

    Example: raabta user sessions amina@example.com
    """
    with _opened(as_json=json) as (accounts, _):
        rows = [
            {
                "id": s.id,
                "created_at": iso(s.created_at),
                "seen_at": iso(s.seen_at),
                "expires_at": iso(s.expires_at),
                "address": s.address,
                "agent": s.agent,
            }
            for s in accounts.sessions(accounts.find(email).id, _now())
        ]
        if json:
            print_json({"sessions": rows})
        else:
            names = ["id", "seen_at", "address", "agent"]
            table("Sessions", names, [[row[n] for n in names] for row in rows])


@user_app.command("sign-out")
def user_sign_out(email: Email, *, json: AsJson = False) -> None:
    """End all sessions of a user, at once.

    Example: raabta user sign-out amina@example.com
    """
    with _opened(as_json=json) as (accounts, _):
        ended = accounts.end_sessions(accounts.find(email).id)
        if json:
            print_json({"ended": ended})
        else:
            out.print(f"{ended} sessions ended.", highlight=False)
