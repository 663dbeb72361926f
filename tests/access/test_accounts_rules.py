"""Users, sessions and one-time links: what begins, what ends, and what must remain."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace

import pytest
from access_workspace import HERE, NOW, PASSWORD, Workspace
from argon2 import PasswordHasher
from sqlalchemy import select

from raabta.access.model import FIRST_LINK_LASTS, IDLE, LINK_LASTS, LONGEST_SESSION, SEEN_EVERY
from raabta.access.passwords import Passwords
from raabta.access.roles import ROLES, allows
from raabta.access.service import WELCOME, Accounts
from raabta.core.clock import DAY, HOUR
from raabta.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from raabta.storage.state import tables
from raabta.storage.state.users import Users

EMAIL = "amina@example.com"


def token_of(path: str | None) -> str:
    assert path is not None
    return path.removeprefix(WELCOME)


def test_each_role_may_do_what_those_before_it_may() -> None:
    assert [[allows(mine, needed) for needed in ROLES] for mine in ROLES] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


# --- the first owner ------------------------------------------------------------------------


def test_the_first_start_makes_a_link_and_the_next_replaces_it(workspace: Workspace) -> None:
    accounts = workspace.accounts
    old, new = (token_of(accounts.first_link(NOW)) for _ in range(2))
    with pytest.raises(NotFound):
        accounts.look_up(old, NOW)
    assert accounts.look_up(new, NOW) is None
    entered = accounts.accept(new, " Amina ", PASSWORD, HERE, NOW, email="Amina@Example.COM ")
    assert (entered.user.email, entered.user.name, entered.user.role) == (EMAIL, "Amina", "owner")
    assert accounts.first_link(NOW) is None
    assert accounts.sign_in("AMINA@example.com", PASSWORD, HERE, NOW).user == entered.user


def test_the_first_link_works_for_a_day_and_once(workspace: Workspace) -> None:
    accounts = workspace.accounts
    token = token_of(accounts.first_link(NOW))
    assert accounts.look_up(token, NOW + FIRST_LINK_LASTS - 1) is None
    with pytest.raises(NotFound):
        accounts.accept(token, "A", PASSWORD, HERE, NOW + FIRST_LINK_LASTS, email=EMAIL)
    accounts.accept(token, "Amina", PASSWORD, HERE, NOW, email=EMAIL)
    with pytest.raises(NotFound):
        accounts.accept(token, "Mallory", PASSWORD, HERE, NOW, email="mallory@example.com")


def test_a_link_that_was_refused_for_its_password_still_works(workspace: Workspace) -> None:
    token = token_of(workspace.accounts.first_link(NOW))
    for wrong in ({"email": EMAIL, "password": "short"}, {"email": "x", "password": PASSWORD}):
        with pytest.raises(InvalidInput):
            workspace.accounts.accept(token, "Amina", client=HERE, now=NOW, **wrong)  # type: ignore[arg-type]
    assert workspace.accounts.accept(token, "Amina", PASSWORD, HERE, NOW, email=EMAIL)


def test_somebody_invited_before_may_be_the_first_owner(workspace: Workspace) -> None:
    invited, link, _ = workspace.accounts.invite(EMAIL, "A", "viewer", "command line", NOW)
    entered = workspace.owner(EMAIL)
    assert (entered.user.id, entered.user.role) == (invited.id, "owner")
    with pytest.raises(NotFound):
        workspace.accounts.look_up(token_of(link), NOW)


def test_one_link_opened_twice_at_once_lets_one_in(workspace: Workspace) -> None:
    token = token_of(workspace.accounts.first_link(NOW))
    entered: list[str] = []

    def accept(email: str) -> None:
        with suppress(NotFound):
            accounts = workspace.elsewhere()
            entered.append(accounts.accept(token, "A", PASSWORD, HERE, NOW, email=email).user.email)

    threads = [threading.Thread(target=accept, args=(f"user-{n}@example.com",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(entered) == 1
    assert [u.email for u in workspace.accounts.users()] == entered


# --- users and links ------------------------------------------------------------------------


def test_an_invitation_lets_in_once_and_for_a_week(workspace: Workspace) -> None:
    workspace.owner()
    accounts = workspace.accounts
    user, path, expires = accounts.invite("b@example.com", "Bilal", "editor", "usr_x", NOW)
    token = token_of(path)
    assert expires == NOW + LINK_LASTS
    assert accounts.look_up(token, NOW) == user
    assert not user.is_active
    with pytest.raises(NotFound):
        accounts.look_up(token, NOW + LINK_LASTS)
    entered = accounts.accept(token, "Bilal", PASSWORD, HERE, NOW, email="m@example.com")
    assert (entered.user.email, entered.user.role) == ("b@example.com", "editor")
    with pytest.raises(NotFound):
        accounts.accept(token, "Mallory", PASSWORD, HERE, NOW)


def test_one_address_is_one_user(workspace: Workspace) -> None:
    workspace.owner()
    with pytest.raises(Conflict) as refused:
        workspace.accounts.invite("AMINA@Example.com", "Amina", "viewer", "usr_x", NOW)
    assert refused.value.field == "email"


@pytest.mark.parametrize(
    ("email", "name", "role", "field"),
    [
        ("no address", "A", "viewer", "email"),
        ("a@b", "A", "viewer", "email"),
        ("a\x00@example.com", "A", "viewer", "email"),
        ("a@example.com", "", "viewer", "name"),
        ("a@example.com", "two\nlines", "viewer", "name"),
        ("a@example.com", "right to \u202eleft", "viewer", "name"),
        ("a@example.com", "x" * 121, "viewer", "name"),
        ("a@example.com", "A", "root", "role"),
    ],
)
def test_what_is_no_user_is_refused_by_its_field(
    workspace: Workspace, email: str, name: str, role: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        workspace.accounts.invite(email, name, role, "usr_x", NOW)
    assert refused.value.field == field
    assert workspace.accounts.users() == []


def test_names_are_written_as_people_write_them(workspace: Workspace) -> None:
    for n, name in enumerate(["امینہ می\u200cخواہم", "Zoë O'Hara", "<b>李</b>"]):
        user, _, _ = workspace.accounts.invite(f"u{n}@example.com", name, "viewer", "x", NOW)
        assert workspace.accounts.user(user.id).name == name


def test_a_new_link_replaces_the_old_and_signs_out_everywhere(workspace: Workspace) -> None:
    accounts, owner = workspace.accounts, workspace.owner()
    old, new = (token_of(accounts.new_link(owner.user.id, "x", NOW)[0]) for _ in range(2))
    with pytest.raises(NotFound):
        accounts.look_up(old, NOW)
    assert accounts.authenticate(owner.token, NOW)  # asking for a link ends nothing yet
    accounts.accept(new, "Amina", "another long one", HERE, NOW)
    for refused in (
        lambda: accounts.authenticate(owner.token, NOW),
        lambda: accounts.sign_in(EMAIL, PASSWORD, HERE, NOW),
    ):
        with pytest.raises(NotAllowed):
            refused()


def test_the_last_owner_stays_one(workspace: Workspace) -> None:
    accounts, owner = workspace.accounts, workspace.owner().user
    accounts.invite("b@example.com", "Bilal", "owner", owner.id, NOW)  # has no password yet
    for refused in (
        lambda: accounts.change_user(owner.id, NOW, role="editor"),
        lambda: accounts.change_user(owner.id, NOW, disabled=True),
        lambda: accounts.remove(owner.id, NOW),
    ):
        with pytest.raises(Conflict):
            refused()
    second = workspace.user("c@example.com", "owner").user
    accounts.change_user(owner.id, NOW, role="viewer")
    with pytest.raises(Conflict):
        accounts.remove(second.id, NOW)


def test_two_owners_who_remove_each_other_at_once_leave_one(workspace: Workspace) -> None:
    one, other = workspace.owner().user, workspace.user("b@example.com", "owner").user

    def demote(user_id: str) -> None:
        with suppress(Conflict):
            workspace.elsewhere().change_user(user_id, NOW, role="viewer")

    threads = [threading.Thread(target=demote, args=(u.id,)) for u in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(u.role for u in workspace.accounts.users()) == ["owner", "viewer"]


@pytest.mark.parametrize("how", ["disabled", "deleted"])
def test_who_is_kept_out_is_out_at_once(workspace: Workspace, how: str) -> None:
    workspace.owner()
    accounts, editor = workspace.accounts, workspace.user("b@example.com", "editor")
    path, _ = accounts.new_link(editor.user.id, "x", NOW)
    if how == "disabled":
        accounts.change_user(editor.user.id, NOW, disabled=True)
    else:
        accounts.remove(editor.user.id, NOW)
    for kept_out in (
        lambda: accounts.authenticate(editor.token, NOW),
        lambda: workspace.elsewhere().authenticate(editor.token, NOW),
        lambda: accounts.sign_in("b@example.com", PASSWORD, HERE, NOW),
    ):
        with pytest.raises(NotAllowed):
            kept_out()
    with pytest.raises(NotFound):
        accounts.look_up(token_of(path), NOW)
    if how == "disabled":
        with pytest.raises(InvalidInput):
            accounts.new_link(editor.user.id, "x", NOW)
        accounts.change_user(editor.user.id, NOW, disabled=False)
        assert accounts.sign_in("b@example.com", PASSWORD, HERE, NOW)


def test_a_role_taken_away_is_gone_with_the_next_request(workspace: Workspace) -> None:
    workspace.owner()
    second = workspace.user("b@example.com", "owner")
    workspace.accounts.change_user(second.user.id, NOW, role="viewer")
    assert workspace.accounts.authenticate(second.token, NOW)[1].role == "viewer"


def test_an_unknown_user_is_not_found(workspace: Workspace) -> None:
    for asked in (
        lambda: workspace.accounts.user("usr_x"),
        lambda: workspace.accounts.find("x@example.com"),
        lambda: workspace.accounts.change_user("usr_x", NOW, role="owner"),
        lambda: workspace.accounts.remove("usr_x", NOW),
        lambda: workspace.accounts.new_link("usr_x", "x", NOW),
        lambda: workspace.accounts.end_sessions("usr_x"),
    ):
        with pytest.raises(NotFound):
            asked()


# --- sessions -------------------------------------------------------------------------------


def test_wrong_either_way_is_told_the_same(workspace: Workspace) -> None:
    workspace.owner()
    workspace.accounts.invite("b@example.com", "Bilal", "viewer", "x", NOW)
    told = set()
    for email, password in [
        (EMAIL, "wrong password"),
        ("nobody@example.com", PASSWORD),
        ("b@example.com", PASSWORD),
        ("no address at all", PASSWORD),
        ("\x00\ud800", "\ud800"),
        (EMAIL, "x" * 5000),
        ("", ""),
    ]:
        with pytest.raises(NotAllowed) as refused:
            workspace.accounts.sign_in(email, password, HERE, NOW)
        told.add(str(refused.value))
    assert len(told) == 1


def test_an_unused_session_ends_after_two_weeks_and_a_used_one_after_ninety_days(
    workspace: Workspace,
) -> None:
    accounts, token = workspace.accounts, workspace.owner().token
    assert accounts.authenticate(token, NOW + IDLE - 1)
    with pytest.raises(NotAllowed):
        accounts.authenticate(token, NOW + IDLE)
    for day in range(10, 90, 10):
        session, _ = accounts.authenticate(token, NOW + day * DAY)
        accounts.seen(session, NOW + day * DAY)
    assert accounts.authenticate(token, NOW + LONGEST_SESSION - 1)
    with pytest.raises(NotAllowed):
        accounts.authenticate(token, NOW + LONGEST_SESSION)


def test_being_seen_is_written_at_most_once_a_minute(workspace: Workspace) -> None:
    owner = workspace.owner()

    def seen_at() -> int:
        return workspace.accounts.sessions(owner.user.id, NOW)[0].seen_at

    for later, written in [(SEEN_EVERY - 1, 0), (SEEN_EVERY, 1), (2 * SEEN_EVERY - 1, 1)]:
        session, _ = workspace.accounts.authenticate(owner.token, NOW + later)
        workspace.accounts.seen(session, NOW + later)
        assert seen_at() == NOW + written * SEEN_EVERY
    # A request that was under way when another noted the use does not note it again.
    workspace.accounts.seen(owner.session, NOW + SEEN_EVERY + 1)
    assert seen_at() == NOW + SEEN_EVERY


def test_sessions_are_listed_and_ended_one_by_one(workspace: Workspace) -> None:
    accounts, owner = workspace.accounts, workspace.owner()
    second = accounts.sign_in(EMAIL, PASSWORD, replace(HERE, agent="a\nphone" * 99), NOW + HOUR)
    listed = accounts.sessions(owner.user.id, NOW + HOUR)
    assert [s.id for s in listed] == [second.session.id, owner.session.id]
    assert listed[0].agent.startswith("aphone")
    assert len(listed[0].agent) == 300
    editor = workspace.user("b@example.com", "editor")
    with pytest.raises(NotFound):
        accounts.end_session(owner.session.id, of=editor.user.id)
    accounts.end_session(owner.session.id, of=owner.user.id)
    with pytest.raises(NotAllowed):
        accounts.authenticate(owner.token, NOW)
    assert accounts.end_sessions(owner.user.id) == 1
    assert accounts.sessions(owner.user.id, NOW) == []


def test_a_new_password_ends_the_other_sessions(workspace: Workspace) -> None:
    accounts, owner = workspace.accounts, workspace.owner()
    other = accounts.sign_in(EMAIL, PASSWORD, HERE, NOW)
    with pytest.raises(InvalidInput) as refused:
        accounts.change_password(owner.session, "wrong password", "a new long one", HERE, NOW)
    assert refused.value.field == "password.current"
    assert accounts.authenticate(other.token, NOW)
    accounts.change_password(owner.session, PASSWORD, "a new long one", HERE, NOW)
    assert accounts.authenticate(owner.token, NOW)
    with pytest.raises(NotAllowed):
        accounts.authenticate(other.token, NOW)
    assert accounts.sign_in(EMAIL, "a new long one", HERE, NOW)


def test_a_hash_of_an_older_cost_is_renewed_at_sign_in(workspace: Workspace) -> None:
    owner = workspace.owner()
    dearer = Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    accounts = Accounts(Users(workspace.database), dearer)
    before = accounts.user(owner.user.id).password_hash
    accounts.sign_in(EMAIL, PASSWORD, HERE, NOW)
    after = accounts.user(owner.user.id).password_hash
    assert after != before and after is not None
    assert not dearer.is_stale(after)
    assert accounts.sign_in(EMAIL, PASSWORD, HERE, NOW)


def test_tokens_and_passwords_are_nowhere_in_the_store(workspace: Workspace) -> None:
    owner = workspace.owner()
    _, path, _ = workspace.accounts.invite("b@example.com", "Bilal", "viewer", "x", NOW)
    with workspace.database.read() as connection:
        kept = "".join(
            repr(connection.execute(select(table)).all())
            for table in (tables.users, tables.sessions, tables.invitations)
        )
    for secret in (owner.token, token_of(path), PASSWORD):
        assert secret not in kept
        assert secret not in repr((owner, workspace.accounts.users()))
