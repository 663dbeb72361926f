"""Accounts: who is signed in, who else may, and with which keys."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from raabta.access.model import Role

Locale = Literal["en", "ur"]
Theme = Literal["light", "dark", "auto"]
#: Longer than any password that is taken; what is really allowed is said by `access.passwords`.
Secret = Annotated[str, Field(max_length=4096)]
Words = Annotated[str, Field(max_length=320)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignIn(_In):
    email: Words
    password: Secret


class MeUser(BaseModel):
    """Who asks. An API key (`key`) and this machine's command line (`machine`) have no e-mail."""

    kind: Literal["user", "key", "machine"]
    id: str
    name: str
    email: str | None
    role: Role
    locale: Locale
    theme: Theme


class WorkspaceInfo(BaseModel):
    name: str = Field(description="the brand's title, or 'Raabta'")
    timezone: str = Field(description="IANA name, from the policy")
    locale: str = Field(description="language of messages, from the policy")
    catches_mail: bool = Field(description="mails are kept for reading and none leaves")
    sends_mail: bool = Field(description="a mail server is set, and mails leave")
    version: str
    is_empty: bool = Field(description="nothing has come in yet")


class Me(BaseModel):
    user: MeUser
    csrf: str | None = Field(
        description="send it as X-CSRF-Token with every change; null for keys, which need none"
    )
    workspace: WorkspaceInfo


class PasswordChange(_In):
    current: Secret
    new: Secret


class MeChange(_In):
    """What is left out or null stays as it is."""

    name: Words | None = None
    locale: Locale | None = None
    theme: Theme | None = None
    password: PasswordChange | None = Field(
        default=None, description="ends the user's other sessions"
    )


class SessionOut(BaseModel):
    id: str
    user: str = Field(description="the user's id")
    created_at: str
    seen_at: str = Field(description="exact to about a minute")
    expires_at: str = Field(description="moves on with use, up to 90 days after `created_at`")
    address: str
    agent: str = Field(description="the browser's own words")
    is_current: bool


class UserOut(BaseModel):
    id: str
    email: str
    name: str
    role: Role
    created_at: str
    disabled_at: str | None
    is_invited: bool = Field(description="has not set a password yet")


class UserIn(_In):
    email: Words
    name: Words
    role: Role


class UserChange(_In):
    """What is left out or null stays as it is."""

    name: Words | None = None
    role: Role | None = None
    disabled: bool | None = None


class Link(BaseModel):
    link: str = Field(description="a path, /welcome#TOKEN; shown this once, works once")
    expires_at: str


class InvitedUser(UserOut):
    link: str = Field(description="a path, /welcome#TOKEN; shown this once, works once")
    expires_at: str = Field(description="when the link stops working")


class InvitationToken(_In):
    token: Words


class InvitationOut(BaseModel):
    email: str | None = Field(description="null for the first owner, who chooses it")
    name: str
    role: Role
    is_first_owner: bool


class Acceptance(_In):
    token: Words
    name: Words
    password: Secret
    email: Words | None = Field(default=None, description="the first owner's only; else it is set")
    locale: Locale | None = None


class Gone(BaseModel):
    """What was ended or removed."""

    id: str


class KeyOut(BaseModel):
    id: str
    kind: str = Field(description="write (events) or api (management)")
    name: str
    role: Role | None = Field(description="null for write keys")
    created_at: str
    revoked_at: str | None


class KeyList(BaseModel):
    keys: list[KeyOut]


class NewKey(BaseModel):
    id: str
    kind: str
    name: str
    role: Role | None
    token: str = Field(description="shown this once")


class RevokedKey(BaseModel):
    revoked: str


class Health(BaseModel):
    """A caller who is not signed in gets `status` alone."""

    status: Literal["ok", "failing"]
    reached: str | None = Field(default=None, description="engine time up to which all is decided")
    now: str | None = None
    position: int | None = Field(default=None, description="the last log row taken in")
    tail: int | None = Field(default=None, description="the log's last row")
    ticks: int | None = None
    error: str | None = Field(default=None, description="the last tick's")
