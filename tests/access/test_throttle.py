"""Waits after failures: they grow, they end, and they hold for accounts and for addresses."""

from __future__ import annotations

import threading

import pytest
from access_workspace import HERE, NOW, PASSWORD, Workspace
from hypothesis import given
from hypothesis import strategies as st

from raabta.access.model import Client
from raabta.access.throttle import (
    FORGET,
    FREE,
    LONGEST,
    Failures,
    after,
    network,
    next_allowed,
    subjects,
)
from raabta.core.clock import MINUTE, SECOND
from raabta.core.errors import NotAllowed, Throttled

KINDS = st.sampled_from(["account", "address"])


@given(KINDS, st.integers(0, 10_000))
def test_each_failure_waits_at_least_as_long_as_the_one_before(kind: str, count: int) -> None:
    one, more = (next_allowed(kind, Failures(n, 0)) for n in (count, count + 1))
    assert 0 <= one <= more <= LONGEST


@given(KINDS, st.integers(0, 10_000), st.integers(0, 2 * FORGET))
def test_what_is_long_past_is_forgotten(kind: str, count: int, later: int) -> None:
    counted = after(Failures(count, 0), later)
    assert counted.count == (1 if later > FORGET else count + 1)
    assert counted.last == later


def test_waits_double_from_a_second() -> None:
    waits = [next_allowed("account", Failures(FREE["account"] + n, 0)) for n in range(5)]
    assert waits == [0, SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND]
    assert next_allowed("account", None) == 0


@pytest.mark.parametrize(
    ("address", "taken_for"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("a socket", "a socket"),
    ],
)
def test_a_client_is_its_network(address: str, taken_for: str) -> None:
    assert network(address) == taken_for


def test_what_is_typed_is_not_kept() -> None:
    assert "amina" not in str(subjects("amina@example.com", "192.0.2.7"))


def fail(workspace: Workspace, times: int, *, email: str, address: str = "192.0.2.7") -> None:
    for _ in range(times):
        with pytest.raises(NotAllowed):
            workspace.accounts.sign_in(email, "wrong password", Client(address), NOW)


def test_a_guessed_at_account_waits_wherever_the_guesses_come_from(workspace: Workspace) -> None:
    workspace.owner()
    for n in range(FREE["account"] + 1):
        fail(workspace, 1, email="amina@example.com", address=f"192.0.2.{n}")
    with pytest.raises(Throttled) as refused:
        workspace.accounts.sign_in(
            "Amina@Example.com", PASSWORD, Client("198.51.100.1"), NOW + SECOND // 2
        )
    assert refused.value.retry_after == 1
    assert workspace.accounts.sign_in("amina@example.com", PASSWORD, HERE, NOW + SECOND)


def test_the_wait_survives_a_restart_and_holds_in_other_processes(workspace: Workspace) -> None:
    workspace.owner()
    fail(workspace, FREE["account"] + 1, email="amina@example.com")
    with pytest.raises(Throttled):
        workspace.elsewhere().sign_in("amina@example.com", PASSWORD, HERE, NOW)


def test_one_address_guessing_at_many_accounts_waits(workspace: Workspace) -> None:
    workspace.owner()
    for n in range(FREE["address"] + 1):
        fail(workspace, 1, email=f"user-{n}@example.com")
    with pytest.raises(Throttled):
        workspace.accounts.sign_in("amina@example.com", PASSWORD, HERE, NOW)
    elsewhere = Client("198.51.100.1")
    assert workspace.accounts.sign_in("amina@example.com", PASSWORD, elsewhere, NOW)


def test_signing_in_clears_the_account_and_never_the_address(workspace: Workspace) -> None:
    """Who has an account of their own must not buy new guesses at others with it."""
    workspace.owner()
    for n in range(FREE["address"] + 1):
        fail(workspace, 1, email=f"user-{n}@example.com")
        if n < FREE["address"]:
            workspace.accounts.sign_in("amina@example.com", PASSWORD, HERE, NOW)
    with pytest.raises(Throttled):
        workspace.accounts.sign_in("amina@example.com", PASSWORD, HERE, NOW)


def test_many_right_sign_ins_from_one_office_never_wait(workspace: Workspace) -> None:
    workspace.owner()
    for _ in range(2 * FREE["address"]):
        workspace.accounts.sign_in("amina@example.com", PASSWORD, HERE, NOW)


def test_guesses_at_the_same_moment_are_all_counted(workspace: Workspace) -> None:
    workspace.owner()
    heard: list[type[Exception]] = []

    def guess() -> None:
        try:
            workspace.elsewhere().sign_in("amina@example.com", "wrong password", HERE, NOW)
        except (NotAllowed, Throttled) as error:
            heard.append(type(error))

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert heard.count(NotAllowed) == FREE["account"] + 1
    assert heard.count(Throttled) == 12 - FREE["account"] - 1


def test_a_locked_out_user_gets_in_by_a_link(workspace: Workspace) -> None:
    owner = workspace.owner()
    fail(workspace, FREE["account"] + 1, email="amina@example.com")
    path, _ = workspace.accounts.new_link(owner.user.id, "command line", NOW)
    token = path.partition("#")[2]
    workspace.accounts.accept(token, "Amina", "another long one", HERE, NOW)
    assert workspace.accounts.sign_in("amina@example.com", "another long one", HERE, NOW)


def test_failures_long_past_are_deleted(workspace: Workspace) -> None:
    from sqlalchemy import func, select

    from raabta.storage.state.tables import signin_failures

    for n in range(5):
        fail(workspace, 1, email=f"user-{n}@example.com")
    later = NOW + FORGET + MINUTE
    with pytest.raises(NotAllowed):
        workspace.accounts.sign_in("new@example.com", "wrong password", HERE, later)
    with workspace.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(signin_failures)) == 2
