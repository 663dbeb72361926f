"""A workspace's accounts, to try things on."""

from __future__ import annotations

from dataclasses import dataclass

from argon2 import PasswordHasher

from raabta.access.model import Client, Entered
from raabta.access.passwords import Passwords
from raabta.access.service import WELCOME, Accounts
from raabta.core.clock import DAY
from raabta.storage.state.database import Database
from raabta.storage.state.users import Users

PASSWORD = "correct horse battery"
HERE = Client("192.0.2.7", "a browser")
NOW = 20_000 * DAY


def cheap() -> Passwords:
    """Real Argon2 at the least cost, so that tests are quick."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@dataclass
class Workspace:
    """One workspace's accounts, and a second process on the same store."""

    database: Database
    accounts: Accounts

    def elsewhere(self) -> Accounts:
        return Accounts(Users(self.database), cheap())

    def owner(self, email: str = "amina@example.com") -> Entered:
        """The first owner, signed in."""
        link = self.accounts.first_link(NOW)
        assert link is not None
        token = link.removeprefix(WELCOME)
        return self.accounts.accept(token, "Amina", PASSWORD, HERE, NOW, email=email)

    def user(self, email: str, role: str) -> Entered:
        _, link, _ = self.accounts.invite(email, email.partition("@")[0], role, "test", NOW)
        return self.accounts.accept(link.removeprefix(WELCOME), "Somebody", PASSWORD, HERE, NOW)
