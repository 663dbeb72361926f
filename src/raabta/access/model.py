"""The nouns of access: a user, a session, an invitation, and whoever is calling."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from email_validator import EmailNotValidError, validate_email

from raabta.core.clock import DAY, HOUR, MINUTE, Instant
from raabta.core.errors import InvalidInput

#: A session unused this long is over; used or not, it is over after LONGEST_SESSION.
IDLE = 14 * DAY
LONGEST_SESSION = 90 * DAY
#: `seen_at` is written at most this often.
SEEN_EVERY = MINUTE
#: How long a one-time link works: an invitation's, and the very first owner's.
LINK_LASTS = 7 * DAY
FIRST_LINK_LASTS = 24 * HOUR

Role = Literal["viewer", "editor", "owner"]

NAME_LENGTH = 120
LOCALES = ("en", "ur")
THEMES = ("light", "dark", "auto")


@dataclass(frozen=True)
class User:
    """`email` is folded. Without a `password_hash` the invitation was not accepted yet."""

    id: str
    email: str
    name: str
    role: Role
    created_at: Instant
    password_hash: str | None = field(default=None, repr=False)
    locale: str = "en"
    theme: str = "auto"
    disabled_at: Instant | None = None

    @property
    def is_active(self) -> bool:
        """Whether this user can sign in."""
        return self.password_hash is not None and self.disabled_at is None


@dataclass(frozen=True)
class Session:
    """One browser, signed in. The token itself is only in that browser's cookie."""

    id: str
    user: str
    csrf: str = field(repr=False)
    created_at: Instant
    seen_at: Instant
    expires_at: Instant
    address: str
    agent: str


@dataclass(frozen=True)
class Invitation:
    """A one-time link to set a password. `user` is None for the first owner, who is nobody yet."""

    user: str | None
    created_by: str
    created_at: Instant
    expires_at: Instant


@dataclass(frozen=True)
class Client:
    """Where a request comes from, as far as it says."""

    address: str
    agent: str = ""


@dataclass(frozen=True)
class Caller:
    """Who makes a request: a signed-in user, an API key, or this machine's own command line."""

    kind: Literal["user", "key", "machine"]
    id: str
    name: str
    role: Role
    session: Session | None = None
    user: User | None = None


@dataclass(frozen=True)
class Entered:
    """A session just begun; `token` goes into the cookie and is kept nowhere else."""

    user: User
    session: Session
    token: str = field(repr=False)


def expiry(created_at: Instant, seen_at: Instant) -> Instant:
    """When a session used last at `seen_at` ends."""
    return min(seen_at + IDLE, created_at + LONGEST_SESSION)


def fold_email(text: str) -> str:
    """One spelling for an address, so that one person is one user. Raises InvalidInput."""
    try:
        # Reserved test domains pass, as they do in a shop's definitions.
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InvalidInput(
            f"not an e-mail address: {error}", field="email", remedy="write it as name@example.com"
        ) from None
    return found.normalized.casefold()


def clean_name(text: str) -> str:
    """A person's name: one line, spaces trimmed. Raises InvalidInput."""
    name = text.strip()
    if not name or len(name) > NAME_LENGTH or any(not c.isprintable() for c in _visible(name)):
        raise InvalidInput(
            "is not a name", field="name", remedy=f"one line of 1 to {NAME_LENGTH} characters"
        )
    return name


def _visible(name: str) -> str:
    """Without the joiners that Urdu and other scripts spell with."""
    return name.replace("\u200c", "").replace("\u200d", "")
