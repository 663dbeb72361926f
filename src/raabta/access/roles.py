"""Roles, least first: what each may do, and that one owner always remains."""

from __future__ import annotations

from raabta.access.model import Role, User
from raabta.core.errors import Conflict, Forbidden, InvalidInput

ROLES: tuple[Role, ...] = ("viewer", "editor", "owner")


def check_role(text: str) -> Role:
    """`text`, if it is a role. Raises InvalidInput."""
    for role in ROLES:
        if role == text:
            return role
    raise InvalidInput(f"{text!r} is not a role", field="role", remedy="viewer, editor or owner")


def allows(role: Role, needed: Role) -> bool:
    """Whether `role` may do what needs `needed`."""
    return ROLES.index(role) >= ROLES.index(needed)


def require(role: Role, needed: Role) -> None:
    """Raises Forbidden, naming the role needed."""
    if not allows(role, needed):
        raise Forbidden(
            f"this needs the role {needed}, and yours is {role}",
            field="role",
            remedy="ask an owner of this workspace",
        )


def keep_an_owner(before: User, after: User | None, other_owners: int) -> None:
    """Raises Conflict if the last owner who can sign in would be one no more (None: deleted)."""
    remains = after is not None and after.role == "owner" and after.is_active
    if before.role == "owner" and before.is_active and not remains and not other_owners:
        raise Conflict(
            f"{before.email} is the last owner",
            field="user",
            remedy="make somebody else an owner first",
        )
