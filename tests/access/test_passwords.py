"""Passwords: what is taken, how it is kept, and that costs can rise later."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from raabta.access.passwords import Passwords, check_password
from raabta.core.errors import InvalidInput

EMAIL = "amina@example.com"


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("nine char", "too short"),
        ("x" * 1025, "too long"),
        ("ط" * 513, "too long"),
        (EMAIL, "the e-mail address"),
        (" AMINA@example.com ", "the e-mail address"),
    ],
)
def test_a_poor_password_is_refused_with_its_reason(password: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        check_password(password, EMAIL, "password.new")
    assert refused.value.field == "password.new"
    assert refused.value.remedy


@pytest.mark.parametrize("password", ["ten chars.", "x" * 1024, "دس حروف والا لفظ", "🐎🔋" * 5])
def test_any_words_of_any_language_will_do(passwords: Passwords, password: str) -> None:
    check_password(password, EMAIL)
    stored = passwords.hash(password)
    assert stored.startswith("$argon2id$")
    assert password not in stored
    assert passwords.verify(stored, password)
    assert not passwords.verify(stored, password + "x")


def test_one_password_typed_on_two_keyboards_is_one(passwords: Passwords) -> None:
    assert passwords.verify(passwords.hash("caf\u00e9 au lait"), "cafe\u0301 au lait")


@pytest.mark.parametrize("wrong", ["", "x" * 100_000, "\ud800", "\x00"])
def test_what_cannot_be_a_password_is_only_wrong(passwords: Passwords, wrong: str) -> None:
    assert not passwords.verify(passwords.hash("ten chars."), wrong)


def test_nobody_has_a_password(passwords: Passwords) -> None:
    assert not passwords.verify(None, "nobody's")
    assert not passwords.verify("not a hash", "nobody's")


def test_a_hash_of_another_cost_is_stale(passwords: Passwords) -> None:
    dearer = Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    stored = passwords.hash("ten chars.")
    assert not passwords.is_stale(stored)
    assert dearer.is_stale(stored)
    assert dearer.verify(stored, "ten chars.")
