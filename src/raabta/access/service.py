"""The shell of access: makes tokens, asks the store, decides by the pure files beside it."""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Callable
from dataclasses import replace

from raabta.access.model import (
    FIRST_LINK_LASTS,
    LINK_LASTS,
    LOCALES,
    SEEN_EVERY,
    THEMES,
    Client,
    Entered,
    Invitation,
    Session,
    User,
    clean_name,
    expiry,
    fold_email,
)
from raabta.access.passwords import Passwords, check_password
from raabta.access.ports import UserStore
from raabta.access.roles import check_role, keep_an_owner
from raabta.access.throttle import subjects
from raabta.core.clock import SECOND, Instant, iso
from raabta.core.errors import InvalidInput, NotAllowed, NotFound, Throttled

#: Where a one-time link leads; what follows is never sent to a server by a browser.
WELCOME = "/welcome#"
_AGENT_LENGTH = 300


class Accounts:
    """Users of one workspace and their sessions. Thread-safe; nothing is remembered between calls
    but what spares writes, so that whatever is withdrawn is withdrawn at once everywhere."""

    def __init__(self, store: UserStore, passwords: Passwords | None = None) -> None:
        self._store = store
        self._passwords = passwords or Passwords()
        self._touched: dict[str, Instant] = {}

    # --- sessions ---------------------------------------------------------------------------

    def sign_in(self, email: str, password: str, client: Client, now: Instant) -> Entered:
        """Begin a session. Raises NotAllowed, the same whatever was wrong, or Throttled."""
        try:
            address = fold_email(email)
            user = self._store.by_email(address)
        except InvalidInput:
            address, user = email, None  # nobody's; and it takes as long
        if not self._proves(user, address, password, client, now) or user is None:
            raise NotAllowed(
                "the e-mail address or the password is wrong",
                field="password",
                remedy="try again, or ask an owner for a new link",
            )
        return self._enter(user, client, now)

    def _proves(
        self, user: User | None, email: str, password: str, client: Client, now: Instant
    ) -> bool:
        """Whether the password is that user's; failures are counted and make the next ones wait."""
        counted = subjects(email, client.address)
        allowed = self._store.attempt(counted, now)
        if allowed > now:
            raise Throttled(
                f"too many attempts; the next one is heard from {iso(allowed)[:19].rstrip('Z')}Z",
                field="password",
                remedy="wait, or ask an owner for a new link",
                retry_after=math.ceil((allowed - now) / SECOND),
            )
        stored = user.password_hash if user else None
        good = self._passwords.verify(stored, password)
        if not good or user is None or not user.is_active:
            return False
        self._store.forgive(counted)
        if stored and self._passwords.is_stale(stored):
            fresh = self._passwords.hash(password)
            self._store.change(
                user.id,
                # Only if it is still that password: another may have been set meanwhile.
                lambda u, _: replace(u, password_hash=fresh) if u.password_hash == stored else u,
                now,
            )
        return True

    def _enter(self, user: User, client: Client, now: Instant) -> Entered:
        token = secrets.token_urlsafe(32)
        session = Session(
            id=f"ses_{secrets.token_hex(8)}",
            user=user.id,
            csrf=secrets.token_urlsafe(32),
            created_at=now,
            seen_at=now,
            expires_at=expiry(now, now),
            address=client.address[:64],
            agent="".join(c for c in client.agent if c.isprintable())[:_AGENT_LENGTH],
        )
        self._store.open(session, digest(token))
        return Entered(user, session, token)

    def authenticate(self, token: str, now: Instant) -> tuple[Session, User]:
        """The session and user of a cookie's token. Raises NotAllowed when it is over."""
        found = self._store.session(digest(token), now)
        if found is None:
            raise NotAllowed(
                "you are signed out", field="session", remedy="sign in; nothing was changed"
            )
        return found

    def seen(self, session: Session, now: Instant) -> None:
        """Note that a session was used, at most once in `SEEN_EVERY`. May wait for other writers:
        call it after the answer is given."""
        last = max(session.seen_at, self._touched.get(session.id, 0))
        if now - last < SEEN_EVERY:
            return
        if len(self._touched) > 10_000:
            self._touched.clear()
        self._touched[session.id] = now
        self._store.touch(session.id, now, expiry(session.created_at, now))

    def sign_out(self, session_id: str) -> None:
        self._store.end(session_id)

    def forget(self, token: str, now: Instant) -> None:
        """End the session of a cookie that is about to be replaced, if there is one."""
        found = self._store.session(digest(token), now)
        if found is not None:
            self._store.end(found[0].id)

    def sessions(self, user_id: str, now: Instant) -> list[Session]:
        return self._store.sessions(user_id, now)

    def end_session(self, session_id: str, of: str | None = None) -> None:
        """End a session: anybody's, or only one of that user's. Raises NotFound."""
        if not self._store.end(session_id, of):
            raise NotFound(
                f"there is no session {session_id!r}", field="id", remedy="see the list of sessions"
            )

    def end_sessions(self, user_id: str) -> int:
        """Sign a user out everywhere; how many sessions that were."""
        return self._store.end_all(self.user(user_id).id)

    # --- oneself ----------------------------------------------------------------------------

    def change_own(
        self,
        user_id: str,
        now: Instant,
        *,
        name: str | None = None,
        locale: str | None = None,
        theme: str | None = None,
    ) -> User:
        """Change what is given of one's own profile."""
        _check_choice(locale, LOCALES, "locale")
        _check_choice(theme, THEMES, "theme")
        said = None if name is None else clean_name(name)

        def decide(user: User, _others: int) -> User:
            return replace(
                user,
                name=said or user.name,
                locale=locale or user.locale,
                theme=theme or user.theme,
            )

        return self._changed(user_id, decide, now)

    def change_password(
        self, session: Session, current: str, new: str, client: Client, now: Instant
    ) -> None:
        """Set a new password and end the user's other sessions. Raises InvalidInput, Throttled."""
        user = self.user(session.user)
        check_password(new, user.email, "password.new")
        if not self._proves(user, user.email, current, client, now):
            raise InvalidInput(
                "this is not your present password",
                field="password.current",
                remedy="try again, or ask an owner for a new link",
            )
        hashed = self._passwords.hash(new)
        self._changed(user.id, lambda u, _: replace(u, password_hash=hashed), now)
        self._store.end_all(user.id, keep=session.id)

    # --- users ------------------------------------------------------------------------------

    def users(self) -> list[User]:
        return self._store.users()

    def user(self, user_id: str) -> User:
        """Raises NotFound."""
        return _found(self._store.user(user_id), user_id)

    def find(self, email: str) -> User:
        """Raises NotFound, or InvalidInput for what is no address."""
        return _found(self._store.by_email(fold_email(email)), email)

    def invite(
        self, email: str, name: str, role: str, by: str, now: Instant
    ) -> tuple[User, str, Instant]:
        """A new user, the path of the link that lets them in, and when it ends."""
        user = User(
            id=_new_user_id(),
            email=fold_email(email),
            name=clean_name(name),
            role=check_role(role),
            created_at=now,
        )
        self._store.add(user)
        return user, *self.new_link(user.id, by, now)

    def new_link(self, user_id: str, by: str, now: Instant) -> tuple[str, Instant]:
        """The path of a new one-time link to set a password, and when it ends; older ones of this
        user work no more."""
        user = self.user(user_id)
        if user.disabled_at is not None:
            raise InvalidInput(
                f"{user.email} is disabled", field="user", remedy="enable the user first"
            )
        invitation = Invitation(user.id, by, now, now + LINK_LASTS)
        return self._link(invitation), invitation.expires_at

    def first_link(self, now: Instant) -> str | None:
        """The path of a one-time link for the first owner; None where an owner can sign in.

        Each call replaces the link of the one before.
        """
        if self._store.has_owner():
            return None
        return self._link(Invitation(None, "start", now, now + FIRST_LINK_LASTS))

    def _link(self, invitation: Invitation) -> str:
        token = secrets.token_urlsafe(32)
        self._store.invite(invitation, digest(token))
        return WELCOME + token

    def change_user(
        self,
        user_id: str,
        now: Instant,
        *,
        role: str | None = None,
        name: str | None = None,
        disabled: bool | None = None,
    ) -> User:
        """Change what is given. Raises Conflict where no owner would remain."""
        held = None if role is None else check_role(role)
        said = None if name is None else clean_name(name)

        def decide(user: User, others: int) -> User:
            disabled_at = user.disabled_at
            if disabled is not None:
                disabled_at = (disabled_at or now) if disabled else None
            changed = replace(
                user, role=held or user.role, name=said or user.name, disabled_at=disabled_at
            )
            keep_an_owner(user, changed, others)
            return changed

        return self._changed(user_id, decide, now)

    def remove(self, user_id: str, now: Instant) -> None:
        """Delete a user with their sessions. Raises Conflict where no owner would remain."""

        def decide(user: User, others: int) -> None:
            keep_an_owner(user, None, others)

        self._store.change(user_id, decide, now)

    def _changed(self, user_id: str, decide: Callable[[User, int], User], now: Instant) -> User:
        return _found(self._store.change(user_id, decide, now), user_id)

    # --- links ------------------------------------------------------------------------------

    def look_up(self, token: str, now: Instant) -> User | None:
        """Whom a link is for; None is the first owner. Raises NotFound if it works no more."""
        invitation = self._store.invitation(digest(token), now)
        if invitation is None:
            raise _no_link()
        if invitation.user is not None:
            user = self._store.user(invitation.user)
            if user is None or user.disabled_at is not None:
                raise _no_link()
            return user
        if self._store.has_owner():
            raise _no_link()
        return None

    def accept(
        self,
        token: str,
        name: str,
        password: str,
        client: Client,
        now: Instant,
        *,
        email: str | None = None,
        locale: str | None = None,
    ) -> Entered:
        """Set name and password by a link, which is used up, and sign in.

        `email` is the first owner's; for others it is fixed. Raises NotFound, InvalidInput.
        """
        invited = self.look_up(token, now)
        _check_choice(locale, LOCALES, "locale")
        said = clean_name(name)
        if invited is None:
            address = fold_email(email or "")
            known = self._store.by_email(address)
            invited = replace(
                known or User(_new_user_id(), address, said, "owner", now),
                role="owner",
                disabled_at=None,
            )
        check_password(password, invited.email)
        hashed = self._passwords.hash(password)
        user = replace(invited, name=said, password_hash=hashed, locale=locale or invited.locale)
        self._store.redeem(digest(token), user, now)
        counted = subjects(user.email, client.address)
        self._store.forgive({s: kind for s, kind in counted.items() if kind == "account"})
        return self._enter(user, client, now)


def digest(token: str) -> str:
    """What is kept of a token: it has 256 bits of chance, so a plain hash cannot be undone."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _new_user_id() -> str:
    return f"usr_{secrets.token_hex(8)}"


def _found(user: User | None, who: str) -> User:
    if user is None:
        raise NotFound(f"there is no user {who!r}", field="user", remedy="see the list of users")
    return user


def _no_link() -> NotFound:
    return NotFound(
        "this link does not work: it was used, replaced, or is too old",
        field="token",
        remedy="ask an owner for a new one; `raabta user link` makes one too",
    )


def _check_choice(value: str | None, known: tuple[str, ...], field: str) -> None:
    if value is not None and value not in known:
        raise InvalidInput(f"{value!r} is not known", field=field, remedy=" or ".join(known))
