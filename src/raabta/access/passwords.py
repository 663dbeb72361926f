"""Passwords: what is good enough, and Argon2id (RFC 9106) hashes of them."""

from __future__ import annotations

import threading
import unicodedata
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from raabta.core.errors import InvalidInput

FEWEST_CHARACTERS = 10
MOST_BYTES = 1024
#: Each hash takes 64 MiB and a few cores for a moment: strangers must not start many at once.
AT_ONCE = 2


def check_password(text: str, email: str, field: str = "password") -> None:
    """Raises InvalidInput if it is too short, too long, or the e-mail address itself."""
    password = unicodedata.normalize("NFKC", text)
    if len(password) < FEWEST_CHARACTERS:
        raise InvalidInput(
            "the password is too short",
            field=field,
            remedy=f"{FEWEST_CHARACTERS} characters or more",
        )
    if len(_bytes(text)) > MOST_BYTES:
        raise InvalidInput(
            "the password is too long", field=field, remedy=f"at most {MOST_BYTES} bytes"
        )
    if password.strip().casefold() == email.casefold():
        raise InvalidInput(
            "the password is the e-mail address", field=field, remedy="choose another"
        )


class Passwords:
    """Hashes and verifies. Thread-safe. The cost is the library's recommended one, unless given."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = threading.BoundedSemaphore(AT_ONCE)

    @cached_property
    def _nobody(self) -> str:
        """A hash that no password has: verified where there is none, so that it takes as long."""
        return self._hasher.hash("nobody's")

    def hash(self, text: str) -> str:
        with self._turn:
            return self._hasher.hash(_bytes(text))

    def verify(self, stored: str | None, text: str) -> bool:
        """Whether `text` is the password; takes the same time where `stored` is None."""
        password = _bytes(text)
        fits = len(password) <= MOST_BYTES
        with self._turn:
            nobody = self._nobody  # made by the first attempt, whoever it is for
            try:
                good = self._hasher.verify(stored or nobody, password if fits else b"")
            except (VerificationError, InvalidHashError):
                return False
        return good and fits and stored is not None

    def is_stale(self, stored: str) -> bool:
        """Whether it was hashed at another cost than today's."""
        return self._hasher.check_needs_rehash(stored)


def _bytes(text: str) -> bytes:
    """One form for what keyboards spell in several (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass")
