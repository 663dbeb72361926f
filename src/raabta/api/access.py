"""Accounts over REST: signing in and out, oneself, users, sessions and one-time links."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Request, Response

from raabta.access.model import LONGEST_SESSION, Caller, Client, Entered, Session, User
from raabta.access.roles import require
from raabta.access.service import Accounts
from raabta.api.guard import Asker, cookie_name, is_secure, session_token
from raabta.api.schemas.access import (
    Acceptance,
    Gone,
    InvitationOut,
    InvitationToken,
    InvitedUser,
    Link,
    Me,
    MeChange,
    MeUser,
    SessionOut,
    SignIn,
    UserChange,
    UserIn,
    UserOut,
    WorkspaceInfo,
)
from raabta.core.clock import SECOND, iso
from raabta.core.errors import Forbidden
from raabta.runtime.engine import Engine


def access_router(engine: Engine, *, catches_mail: bool) -> APIRouter:
    """`catches_mail`: a mail catcher stands where the mail server would."""
    router = APIRouter(prefix="/api/v1", tags=["accounts"])
    desk = _Desk(engine, catches_mail)
    _session(router, desk)
    _oneself(router, desk)
    _sessions(router, desk)
    _users(router, desk)
    _links(router, desk)
    return router


class _Desk:
    """What the routes share: accounts, the time, cookies, and how one is told who one is."""

    def __init__(self, engine: Engine, catches_mail: bool) -> None:
        self._engine = engine
        self._catches_mail = catches_mail
        self._named: tuple[int, dict[str, str]] | None = None

    @property
    def accounts(self) -> Accounts:
        return self._engine.accounts

    def now(self) -> int:
        """Sessions live in real time, whatever the engine's clock says."""
        return self._engine.wall.now()

    def enter(self, entered: Entered, request: Request, response: Response) -> Me:
        """Set the cookie of a session just begun; the one it replaces is over."""
        base_url = self._engine.settings.base_url
        old = session_token(request, base_url)
        if old:
            self.accounts.forget(old, self.now())
        response.set_cookie(
            cookie_name(request, base_url),
            entered.token,
            max_age=LONGEST_SESSION // SECOND,
            path="/",
            secure=is_secure(request, base_url),
            httponly=True,
            samesite="lax",
        )
        return self.me(_caller(entered.user, entered.session))

    def leave(self, request: Request, response: Response) -> None:
        base_url = self._engine.settings.base_url
        response.delete_cookie(
            cookie_name(request, base_url),
            path="/",
            secure=is_secure(request, base_url),
            httponly=True,
            samesite="lax",
        )

    def me(self, caller: Caller) -> Me:
        user = caller.user
        said: dict[str, Any] = {
            "kind": caller.kind,
            "id": caller.id,
            "name": caller.name,
            "email": user.email if user else None,
            "role": caller.role,
            "locale": user.locale if user else "en",
            "theme": user.theme if user else "auto",
        }
        return Me(
            user=MeUser(**said),
            csrf=caller.session.csrf if caller.session else None,
            workspace=self._workspace(),
        )

    def _workspace(self) -> WorkspaceInfo:
        revision = self._engine.definitions.revision()
        if self._named is None or self._named[0] != revision:
            declared = self._engine.declared()
            policy, brand = declared.policy, declared.brand
            named = {
                "name": brand.title if brand else "Raabta",
                "timezone": policy.timezone,
                "locale": policy.locale,
            }
            self._named = (revision, named)
        return WorkspaceInfo(
            **self._named[1],
            catches_mail=self._catches_mail,
            sends_mail=bool(self._engine.settings.smtp_url) and not self._catches_mail,
            version=version("raabta"),
            is_empty=self._engine.tail() == 0,
        )


def _caller(user: User, session: Session) -> Caller:
    return Caller("user", user.id, user.name, user.role, session, user)


def _signed_in(caller: Caller) -> tuple[Session, User]:
    """Raises Forbidden for API keys, which have no profile and no session."""
    if caller.session is None or caller.user is None:
        raise Forbidden(
            "an API key has no session and no profile",
            field="authorization",
            remedy="sign in as a user",
        )
    return caller.session, caller.user


def _client(request: Request) -> Client:
    address = request.client.host if request.client else ""
    return Client(address, request.headers.get("user-agent", ""))


def _session(router: APIRouter, desk: _Desk) -> None:
    @router.post("/session", response_model=Me)
    def sign_in(body: SignIn, request: Request, response: Response) -> Any:
        """Sign in: sets the session's cookie. 401 says the same whatever was wrong; 429 says when
        the next attempt is heard."""
        entered = desk.accounts.sign_in(body.email, body.password, _client(request), desk.now())
        return desk.enter(entered, request, response)

    @router.get("/session", response_model=Me)
    def who_am_i(caller: Asker) -> Any:
        """Who asks, the token that changes need, and the workspace."""
        return desk.me(caller)

    @router.delete("/session", response_model=Gone)
    def sign_out(caller: Asker, request: Request, response: Response) -> Any:
        session, _ = _signed_in(caller)
        desk.accounts.sign_out(session.id)
        desk.leave(request, response)
        return Gone(id=session.id)


def _oneself(router: APIRouter, desk: _Desk) -> None:
    @router.patch("/me", response_model=Me)
    def change_me(body: MeChange, caller: Asker, request: Request) -> Any:
        """Change one's own name, language, theme or password."""
        session, user = _signed_in(caller)
        now = desk.now()
        if body.password is not None:
            desk.accounts.change_password(
                session, body.password.current, body.password.new, _client(request), now
            )
        changed = desk.accounts.change_own(
            user.id, now, name=body.name, locale=body.locale, theme=body.theme
        )
        return desk.me(_caller(changed, session))


def _sessions(router: APIRouter, desk: _Desk) -> None:
    @router.get("/sessions", response_model=list[SessionOut])
    def sessions(caller: Asker, user: str | None = None) -> Any:
        """One's own sessions, used last first; an owner may ask for another `user`'s."""
        if user is not None and user != caller.id:
            require(caller.role, "owner")
            desk.accounts.user(user)
        current = caller.session.id if caller.session else None
        return [
            _session_out(each, each.id == current)
            for each in desk.accounts.sessions(user or caller.id, desk.now())
        ]

    @router.delete("/sessions/{session_id}", response_model=Gone)
    def end_session(session_id: str, caller: Asker) -> Any:
        """End one's own session, or anybody's for an owner. Another's is not found."""
        desk.accounts.end_session(session_id, None if caller.role == "owner" else caller.id)
        return Gone(id=session_id)


def _users(router: APIRouter, desk: _Desk) -> None:
    @router.get("/users", response_model=list[UserOut])
    def users() -> Any:
        """Everybody who may sign in or is invited, oldest first."""
        return [_user_out(user) for user in desk.accounts.users()]

    @router.post("/users", response_model=InvitedUser, status_code=201)
    def invite(body: UserIn, caller: Asker) -> Any:
        """A new user, and the one-time link that lets them in (7 days)."""
        user, link, expires = desk.accounts.invite(
            body.email, body.name, body.role, caller.id, desk.now()
        )
        return InvitedUser(**_user_out(user).model_dump(), link=link, expires_at=iso(expires))

    @router.patch("/users/{user_id}", response_model=UserOut)
    def change_user(user_id: str, body: UserChange) -> Any:
        """Change role or name, disable or enable. The last owner stays one: 409."""
        return _user_out(
            desk.accounts.change_user(
                user_id, desk.now(), role=body.role, name=body.name, disabled=body.disabled
            )
        )

    @router.post("/users/{user_id}/link", response_model=Link, status_code=201)
    def new_link(user_id: str, caller: Asker) -> Any:
        """A new one-time link to set a password (7 days); older ones work no more."""
        link, expires = desk.accounts.new_link(user_id, caller.id, desk.now())
        return Link(link=link, expires_at=iso(expires))

    @router.delete("/users/{user_id}", response_model=Gone)
    def remove(user_id: str) -> Any:
        """Delete a user and end their sessions. The last owner stays: 409."""
        desk.accounts.remove(user_id, desk.now())
        return Gone(id=user_id)


def _links(router: APIRouter, desk: _Desk) -> None:
    @router.post("/invitation", response_model=InvitationOut)
    def look_up(body: InvitationToken) -> Any:
        """Whom a one-time link is for; 404 where it works no more."""
        user = desk.accounts.look_up(body.token, desk.now())
        return InvitationOut(
            email=user.email if user else None,
            name=user.name if user else "",
            role=user.role if user else "owner",
            is_first_owner=user is None,
        )

    @router.post("/invitation/accept", response_model=Me)
    def accept(body: Acceptance, request: Request, response: Response) -> Any:
        """Set name and password by a one-time link, which is used up, and sign in."""
        entered = desk.accounts.accept(
            body.token,
            body.name,
            body.password,
            _client(request),
            desk.now(),
            email=body.email,
            locale=body.locale,
        )
        return desk.enter(entered, request, response)


def _user_out(user: User) -> UserOut:
    return UserOut(
        id=user.id,
        email=user.email,
        name=user.name,
        role=user.role,
        created_at=iso(user.created_at),
        disabled_at=iso(user.disabled_at) if user.disabled_at is not None else None,
        is_invited=user.password_hash is None,
    )


def _session_out(session: Session, is_current: bool) -> SessionOut:
    return SessionOut(
        id=session.id,
        user=session.user,
        created_at=iso(session.created_at),
        seen_at=iso(session.seen_at),
        expires_at=iso(session.expires_at),
        address=session.address,
        agent=session.agent,
        is_current=is_current,
    )
