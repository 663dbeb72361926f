"""What every question needs: the stores, who people are, and pages that skip nothing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from sqlalchemy import Select, select

from raabta.core.clock import Instant
from raabta.core.errors import InvalidInput, NotFound
from raabta.storage.history.duck import DuckHistory
from raabta.storage.history.people import PeopleHistory
from raabta.storage.state import tables as t
from raabta.storage.state.database import Database

#: The traits that a person can be called by, and those that say how to speak to them.
NAME_TRAITS = ("name", "first_name", "last_name", "firstName", "lastName", "full_name")
_KNOWN_TRAITS = (*NAME_TRAITS, "email", "timezone", "locale")


@dataclass(frozen=True)
class Stores:
    db: Database
    history: DuckHistory
    #: Each journey version's sending steps, numbered; versions do not change.
    numbers: dict[tuple[str, int], dict[str, int]] = field(default_factory=dict, compare=False)

    def past(self) -> PeopleHistory:
        """The history, for one question of one thread."""
        return PeopleHistory(self.history)


@dataclass(frozen=True)
class Person:
    """`name` is the identifier by which the person is known to the shop's own systems."""

    id: int
    name: str


@dataclass(frozen=True)
class Known:
    """Who a profile is, as far as a list has to show it."""

    id: int
    user_id: str | None
    anonymous_id: str | None
    created_at: Instant
    traits: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What to call them: their name, e-mail address, user id, device, or profile id."""
        said = self.text("name") or self.text("full_name")
        if not said:
            first = self.text("first_name") or self.text("firstName")
            last = self.text("last_name") or self.text("lastName")
            said = " ".join(part for part in (first, last) if part)
        return said or self.email or self.user_id or self.anonymous_id or str(self.id)

    @property
    def email(self) -> str | None:
        return self.text("email")

    def text(self, key: str) -> str | None:
        """A trait that is text and says something."""
        value = self.traits.get(key)
        return (value.strip() or None) if isinstance(value, str) else None

    def ref(self) -> dict[str, str]:
        return {"id": str(self.id), "name": self.name}


def known(stores: Stores, ids: Collection[int]) -> dict[int, Known]:
    """Who these profiles are; those that are gone are left out."""
    if not ids:
        return {}
    wanted = pl.Series(list(dict.fromkeys(ids)), dtype=pl.Int64)
    p, tr, among = t.profiles.c, t.traits.c, stores.db.among
    with stores.db.read() as connection:
        rows = connection.execute(select(t.profiles).where(among(p.id, wanted))).all()
        traits: dict[int, dict[str, Any]] = {r.id: {} for r in rows}
        said = select(tr.profile, tr.key, tr.value).where(
            among(tr.profile, wanted), tr.key.in_(_KNOWN_TRAITS)
        )
        for profile, key, value in connection.execute(said):
            traits.setdefault(profile, {})[key] = json.loads(value)
    return {r.id: Known(r.id, r.user_id, r.anonymous_id, r.created_at, traits[r.id]) for r in rows}


def find(stores: Stores, who: str) -> Person:
    """A person by user id, anonymous id, e-mail address or profile id. Raises NotFound."""
    i, p = t.identifiers.c, t.profiles.c
    with stores.db.read() as connection:
        profile = connection.scalar(
            select(i.profile)
            .where(i.value == who, i.kind.in_(("user_id", "anonymous_id")))
            .order_by(i.kind.desc())  # a user's name goes before a device's
            .limit(1)
        )
        if profile is None and _is_number(who):
            profile = connection.scalar(select(p.id).where(p.id == int(who)))
        if profile is None:
            profile = connection.scalar(_having_email(stores, who))
        if profile is None:
            raise NotFound(
                f"nobody is known as {who!r}",
                field="person",
                remedy="name a user id, an anonymous id, an e-mail address or a profile id",
            )
        row = connection.execute(select(t.profiles).where(p.id == profile)).one()
        while row.merged_into is not None:
            row = connection.execute(select(t.profiles).where(p.id == row.merged_into)).one()
    return Person(row.id, row.user_id or row.anonymous_id or str(row.id))


def _having_email(stores: Stores, email: str) -> Select[tuple[int]]:
    """Who has this address now. The history finds those who ever had it: it reads by columns,
    where the state would have to look at every trait of everybody."""
    tr = t.traits.c
    ids = pl.Series(stores.past().once_said("email", email), dtype=pl.Int64)
    return (
        select(tr.profile)
        .where(stores.db.among(tr.profile, ids), tr.key == "email", tr.value == json.dumps(email))
        .order_by(tr.at.desc(), tr.profile)
        .limit(1)
    )


def _is_number(text: str) -> bool:
    """Whether a text can be a profile's id: 63 bits."""
    return text.isascii() and text.isdigit() and len(text) <= 19 and int(text) < 2**63


# --- pages ------------------------------------------------------------------------------------


def to_cursor(*place: str | int | None) -> str:
    """Where a page ended, as text that a reader passes back unread."""
    raw = json.dumps(place, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_cursor(text: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """The place of a cursor, whose parts have these kinds. Raises InvalidInput."""
    if not text:
        return None
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        place = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, binascii.Error):
        place = None
    if (
        not isinstance(place, list)
        or len(place) != len(kinds)
        or not all(isinstance(part, kind) for part, kind in zip(place, kinds, strict=True))
        or any(isinstance(part, int) and not -(2**63) <= part < 2**63 for part in place)
    ):
        raise InvalidInput(
            "is not the cursor of a page", field="cursor", remedy="pass `next` of the page before"
        )
    return tuple(place)
