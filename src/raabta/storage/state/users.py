"""Users, sessions, one-time links and failed sign-ins. Of tokens only a hash is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from raabta.access.model import Invitation, Session, User
from raabta.access.ports import Decide
from raabta.access.throttle import FORGET, Failures, after, next_allowed
from raabta.core.clock import Instant
from raabta.core.errors import Conflict, NotFound
from raabta.storage.state.database import Database
from raabta.storage.state.tables import invitations, sessions, signin_failures, users

_U, _S, _I, _F = users.c, sessions.c, invitations.c, signin_failures.c
_IS_ACTIVE = and_(_U.password_hash.is_not(None), _U.disabled_at.is_(None))
_IS_OWNER = and_(_U.role == "owner", _IS_ACTIVE)


class Users:
    """Implements `access.ports.UserStore`. Thread-safe, and safe beside other processes."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # --- users ------------------------------------------------------------------------------

    def users(self) -> list[User]:
        with self._db.read() as connection:
            rows = connection.execute(select(users).order_by(_U.created_at, _U.id)).all()
        return [_user(row) for row in rows]

    def user(self, user_id: str) -> User | None:
        with self._db.read() as connection:
            row = connection.execute(select(users).where(_U.id == user_id)).first()
        return _user(row) if row else None

    def by_email(self, email: str) -> User | None:
        with self._db.read() as connection:
            row = connection.execute(select(users).where(_U.email == email)).first()
        return _user(row) if row else None

    def has_owner(self) -> bool:
        with self._db.read() as connection:
            return _has_owner(connection)

    def add(self, user: User) -> None:
        try:
            with self._db.begin() as connection:
                connection.execute(insert(users).values(asdict(user)))
        except IntegrityError:
            raise Conflict(
                f"{user.email} is a user already",
                field="email",
                remedy="give the user there another role, or a new link",
            ) from None

    def change(self, user_id: str, decide: Decide, now: Instant) -> User | None:
        with self._db.begin() as connection:
            # Two owners who demote each other at the same moment must not both succeed.
            owners = connection.scalars(select(_U.id).where(_IS_OWNER).with_for_update()).all()
            row = connection.execute(
                select(users).where(_U.id == user_id).with_for_update()
            ).first()
            if row is None:
                raise NotFound(
                    f"there is no user {user_id!r}", field="user", remedy="see the list of users"
                )
            before = _user(row)
            changed = decide(before, len(set(owners) - {user_id}))
            if changed is None:
                connection.execute(delete(users).where(_U.id == user_id))
            elif changed != before:
                connection.execute(update(users).where(_U.id == user_id).values(asdict(changed)))
            if changed is None or changed.disabled_at is not None:
                connection.execute(delete(sessions).where(_S.user == user_id))
            if changed is None or (changed.disabled_at, changed.password_hash) != (
                before.disabled_at,
                before.password_hash,
            ):
                connection.execute(delete(invitations).where(_I.user == user_id))
            return changed

    # --- sessions ---------------------------------------------------------------------------

    def open(self, session: Session, digest: str) -> None:
        with self._db.begin() as connection:
            connection.execute(delete(sessions).where(_S.expires_at <= session.created_at))
            connection.execute(insert(sessions).values(hash=digest, **asdict(session)))

    def session(self, digest: str, now: Instant) -> tuple[Session, User] | None:
        with self._db.read() as connection:
            kept = connection.execute(
                select(sessions).where(_S.hash == digest, _S.expires_at > now)
            ).first()
            if kept is None:
                return None
            row = connection.execute(select(users).where(_U.id == kept.user, _IS_ACTIVE)).first()
        return (_session(kept), _user(row)) if row else None

    def sessions(self, user_id: str, now: Instant) -> list[Session]:
        query = select(sessions).where(_S.user == user_id, _S.expires_at > now)
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(_S.seen_at.desc(), _S.id)).all()
        return [_session(row) for row in rows]

    def touch(self, session_id: str, seen_at: Instant, expires_at: Instant) -> None:
        with self._db.begin() as connection:
            connection.execute(
                update(sessions)
                .where(_S.id == session_id, _S.seen_at < seen_at)
                .values(seen_at=seen_at, expires_at=expires_at)
            )

    def end(self, session_id: str, user_id: str | None = None) -> bool:
        query = delete(sessions).where(_S.id == session_id)
        if user_id is not None:
            query = query.where(_S.user == user_id)
        with self._db.begin() as connection:
            return connection.execute(query).rowcount > 0

    def end_all(self, user_id: str, keep: str | None = None) -> int:
        query = delete(sessions).where(_S.user == user_id)
        if keep is not None:
            query = query.where(_S.id != keep)
        with self._db.begin() as connection:
            return connection.execute(query).rowcount

    # --- one-time links ---------------------------------------------------------------------

    def invite(self, invitation: Invitation, digest: str) -> None:
        with self._db.begin() as connection:
            connection.execute(
                delete(invitations).where(
                    or_(
                        _I.user.is_not_distinct_from(invitation.user),
                        _I.expires_at <= invitation.created_at,
                    )
                )
            )
            connection.execute(insert(invitations).values(hash=digest, **asdict(invitation)))

    def invitation(self, digest: str, now: Instant) -> Invitation | None:
        with self._db.read() as connection:
            row = connection.execute(select(invitations).where(_works(digest, now))).first()
        if row is None:
            return None
        return Invitation(row.user, row.created_by, row.created_at, row.expires_at)

    def redeem(self, digest: str, user: User, now: Instant) -> None:
        try:
            with self._db.begin() as connection:
                used = connection.execute(
                    update(invitations)
                    .where(_works(digest, now))
                    .values(used_at=now)
                    .returning(_I.user)
                ).first()
                if used is None:
                    raise _too_late()
                if used.user is not None:
                    self._let_in(connection, user)
                else:
                    self._found(connection, user)
                connection.execute(delete(sessions).where(_S.user == user.id))
                connection.execute(
                    delete(invitations).where(
                        or_(_I.user.is_not_distinct_from(used.user), _I.user == user.id),
                        _I.hash != digest,
                    )
                )
        except IntegrityError:
            raise Conflict(
                f"{user.email} is a user already", field="email", remedy="choose another"
            ) from None

    def _let_in(self, connection: Connection, user: User) -> None:
        """Write what the user said alone: an owner may have changed the rest meanwhile."""
        done = connection.execute(
            update(users)
            .where(_U.id == user.id, _U.disabled_at.is_(None))
            .values(name=user.name, password_hash=user.password_hash, locale=user.locale)
        )
        if done.rowcount == 0:
            raise _too_late()

    def _found(self, connection: Connection, user: User) -> None:
        """The first owner; somebody invited already, perhaps."""
        if _has_owner(connection):
            raise _too_late()
        values = asdict(user)
        if connection.execute(update(users).where(_U.id == user.id).values(values)).rowcount == 0:
            connection.execute(insert(users).values(values))

    # --- failed sign-ins --------------------------------------------------------------------

    def attempt(self, subjects: Mapping[str, str], now: Instant) -> Instant:
        insert_row: Any = sqlite.insert if self._db.is_sqlite else postgresql.insert
        with self._db.begin() as connection:
            connection.execute(delete(signin_failures).where(_F.last_at < now - FORGET))
            found: dict[str, Failures | None] = {}
            for subject in sorted(subjects):  # in one order, so that no two wait for each other
                # The row is made first: there must be one to lock, or two first guesses pass as one.
                connection.execute(
                    insert_row(signin_failures)
                    .values(subject=subject, count=0, last_at=now)
                    .on_conflict_do_nothing()
                )
                row = connection.execute(
                    select(signin_failures).where(_F.subject == subject).with_for_update()
                ).one()
                found[subject] = Failures(row._mapping["count"], row.last_at)
            allowed = max(next_allowed(subjects[s], f) for s, f in found.items())
            if allowed > now:
                made = and_(_F.subject.in_(found), _F.count == 0)
                connection.execute(delete(signin_failures).where(made))
                return allowed
            for subject, failures in found.items():
                counted = after(failures, now)
                connection.execute(
                    update(signin_failures)
                    .where(_F.subject == subject)
                    .values(count=counted.count, last_at=counted.last)
                )
        return 0

    def forgive(self, subjects: Mapping[str, str]) -> None:
        with self._db.begin() as connection:
            for subject, kind in sorted(subjects.items()):
                this = _F.subject == subject
                if kind == "account":
                    connection.execute(delete(signin_failures).where(this))
                else:
                    connection.execute(
                        update(signin_failures).where(this, _F.count > 0).values(count=_F.count - 1)
                    )


def _works(digest: str, now: Instant) -> Any:
    return and_(_I.hash == digest, _I.used_at.is_(None), _I.expires_at > now)


def _has_owner(connection: Connection) -> bool:
    return bool(connection.scalar(select(func.count()).select_from(users).where(_IS_OWNER)))


def _user(row: Any) -> User:
    return User(**row._mapping)


def _session(row: Any) -> Session:
    return Session(**{key: value for key, value in row._mapping.items() if key != "hash"})


def _too_late() -> NotFound:
    return NotFound(
        "this link does not work: it was used, replaced, or is too old",
        field="token",
        remedy="ask an owner for a new one; `raabta user link` makes one too",
    )
