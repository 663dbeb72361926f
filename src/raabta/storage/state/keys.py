"""Write keys (collection) and API keys (management). Only a hash of each is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from raabta.access.model import Role
from raabta.access.roles import check_role
from raabta.core.clock import SECOND, Instant
from raabta.core.errors import InvalidInput, NotAllowed, NotFound
from raabta.storage.state.database import Database
from raabta.storage.state.tables import keys

PREFIXES = {"write": "rbw_", "api": "rba_"}

#: How long a key that was good is taken as good unasked, and how many are remembered.
REMEMBER = 10 * SECOND
REMEMBERED = 1_024


@dataclass(frozen=True)
class Key:
    """A key as it may be shown: never the token itself."""

    id: str
    kind: str  # write | api
    name: str
    created_at: Instant
    revoked_at: Instant | None = None
    role: Role | None = None  # what an api key may do; write keys have none


class Keys:
    """Makes, lists, withdraws and checks keys. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._good: dict[str, tuple[Key, Instant]] = {}

    def create(
        self, kind: str, name: str, now: Instant, role: str | None = None
    ) -> tuple[Key, str]:
        """A new key and its token, which is shown this once and cannot be shown again.

        `role` is an api key's; without one it is an editor. Raises InvalidInput.
        """
        if kind not in PREFIXES:
            raise InvalidInput(
                f"{kind!r} is not a kind of key",
                field="kind",
                remedy="use 'write' to send events or 'api' to manage",
            )
        if kind == "write" and role is not None:
            raise InvalidInput(
                "a write key has no role", field="role", remedy="leave it out, or make an api key"
            )
        held = None if kind == "write" else check_role(role or "editor")
        token = PREFIXES[kind] + secrets.token_urlsafe(32)
        key = Key(f"key_{secrets.token_hex(6)}", kind, name, now, role=held)
        with self._database.begin() as connection:
            connection.execute(
                insert(keys).values(
                    id=key.id,
                    kind=kind,
                    name=name,
                    hash=_digest(token),
                    created_at=now,
                    role=held,
                )
            )
        return key, token

    def list(self, kind: str | None = None) -> list[Key]:
        """All keys, oldest first, withdrawn ones included."""
        query = select(keys).order_by(keys.c.created_at, keys.c.id)
        if kind is not None:
            query = query.where(keys.c.kind == kind)
        with self._database.read() as connection:
            return [
                Key(row.id, row.kind, row.name, row.created_at, row.revoked_at, row.role)
                for row in connection.execute(query)
            ]

    def revoke(self, key_id: str, now: Instant) -> None:
        """Withdraw a key: at once in this process, within `REMEMBER` in others."""
        with self._database.begin() as connection:
            changed = connection.execute(
                update(keys)
                .where(keys.c.id == key_id, keys.c.revoked_at.is_(None))
                .values(revoked_at=now)
            )
        if changed.rowcount == 0:
            raise NotFound(
                f"no key in force has the id {key_id!r}",
                field="id",
                remedy="see `raabta key list`",
            )
        self._good.clear()

    def remembered(self, token: str, kind: str, now: Instant) -> Key | None:
        """The key, if it was good within the last seconds; asks no database."""
        found = self._good.get(_digest(token))
        if found is None or found[0].kind != kind or not 0 <= now - found[1] < REMEMBER:
            return None
        return found[0]

    def verify(self, token: str, kind: str, now: Instant) -> Key:
        """The key that `token` is. Raises NotAllowed if unknown, withdrawn or of another kind.

        Only good keys are remembered, so guesses cannot push them out.
        """
        known = self.remembered(token, kind, now)
        if known is not None:
            return known
        digest = _digest(token)
        with self._database.read() as connection:
            row = connection.execute(select(keys).where(keys.c.hash == digest)).first()
        good = row is not None and hmac.compare_digest(row.hash, digest)
        if row is None or not good or row.revoked_at is not None or row.kind != kind:
            raise NotAllowed(
                f"this {kind} key is not known or was withdrawn",
                field="authorization",
                remedy=f"make one with `raabta key create --kind {kind}`",
            )
        key = Key(row.id, row.kind, row.name, row.created_at, role=row.role)
        if len(self._good) >= REMEMBERED:
            self._good.clear()
        self._good[digest] = (key, now)
        return key


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
