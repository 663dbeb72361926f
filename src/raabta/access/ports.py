"""What access needs from the state store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from raabta.access.model import Invitation, Session, User
from raabta.core.clock import Instant

#: From the user and the number of *other* owners who can sign in: the user as it shall be, or None
#: to delete it. Raises what must not be.
Decide = Callable[[User, int], User | None]


class UserStore(Protocol):
    """Users, their sessions and links, and failed sign-ins. Tokens are given as their hashes."""

    def users(self) -> list[User]:
        """Everybody, oldest first."""
        ...

    def user(self, user_id: str) -> User | None: ...

    def by_email(self, email: str) -> User | None: ...

    def has_owner(self) -> bool:
        """Whether an owner can sign in."""
        ...

    def add(self, user: User) -> None:
        """Raises Conflict where the address is another user's."""
        ...

    def change(self, user_id: str, decide: Decide, now: Instant) -> User | None:
        """Decide and write with all owners locked. A user disabled or deleted loses sessions and
        links; one with a new password loses links. Raises NotFound."""
        ...

    def open(self, session: Session, digest: str) -> None:
        """Keep a new session, and forget those that are over."""
        ...

    def session(self, digest: str, now: Instant) -> tuple[Session, User] | None:
        """A session that is not over, of a user who can sign in."""
        ...

    def sessions(self, user_id: str, now: Instant) -> list[Session]:
        """Those that are not over, newest use first."""
        ...

    def touch(self, session_id: str, seen_at: Instant, expires_at: Instant) -> None: ...

    def end(self, session_id: str, user_id: str | None = None) -> bool:
        """End one session, of that user where one is named; whether there was one."""
        ...

    def end_all(self, user_id: str, keep: str | None = None) -> int:
        """End the user's sessions but `keep`; how many."""
        ...

    def invite(self, invitation: Invitation, digest: str) -> None:
        """Keep a link; those for the same user (or the first owner) work no more."""
        ...

    def invitation(self, digest: str, now: Instant) -> Invitation | None:
        """A link that still works."""
        ...

    def redeem(self, digest: str, user: User, now: Instant) -> None:
        """Use up a link and write its user; ends the user's sessions. All or nothing.

        Raises NotFound where the link works no more, Conflict where the address is another's.
        """
        ...

    def attempt(self, subjects: Mapping[str, str], now: Instant) -> Instant:
        """Count one failure for each subject in advance, unless one of them has to wait: then
        nothing is counted, and the instant from which it may try is returned; else 0."""
        ...

    def forgive(self, subjects: Mapping[str, str]) -> None:
        """The attempt succeeded: accounts begin anew, addresses lose the one failure counted."""
        ...
