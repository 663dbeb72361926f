"""From identifiers to people: who is joined, who never is, and that the batch does not matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.core.ids import name_key
from raabta.profiles.resolve import IDENTIFIERS, resolve

#: user, device, and for an alias the earlier name
Call = tuple[str | None, str | None, str | None]


@dataclass
class People:
    """What the state store would hold: identifiers, and each profile's user."""

    identifiers: dict[tuple[str, str], int] = field(default_factory=dict)
    users: dict[int, str | None] = field(default_factory=dict)
    #: seq of each event -> its profile, merges applied
    subjects: dict[int, int] = field(default_factory=dict)
    seeds: dict[int, int] = field(default_factory=dict)

    def merge(self, loser: int, winner: int) -> None:
        for owned in (self.identifiers, self.subjects):
            for key, profile in owned.items():
                if profile == loser:
                    owned[key] = winner  # type: ignore[index]
        self.users.pop(loser)

    def take(self, calls: Sequence[tuple[int, Call]]) -> None:
        """Resolve a batch in as many pieces as its merges cut it into."""
        left = list(calls)
        while left:
            found = resolve(_frame(left), *self._known())
            for profile, seed, user in found.profiles.select("id", "seed", "user_id").rows():
                self.users[profile], self.seeds[profile] = user, seed
            for kind, value, profile, _ in found.identifiers.rows():
                self.identifiers[(kind, value)] = profile
            self.users.update(dict(found.taken_over.rows()))
            self.subjects.update(dict(found.events.select("seq", "subject").rows()))
            if found.cut is None:
                return
            assert found.events.height or found.merges.height, "it must come forward"
            if found.events.is_empty():
                for loser, winner in found.merges.rows():
                    self.merge(loser, winner)
            left = [call for call in left if call[0] >= found.cut]

    def _known(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        rows = [(kind, value, p) for (kind, value), p in self.identifiers.items()]
        owned = [p for p, user in self.users.items() if user is not None]
        return (
            pl.DataFrame(rows, schema=IDENTIFIERS, orient="row"),
            pl.DataFrame({"profile": owned}, schema={"profile": pl.Int64}),
        )


def _frame(calls: Sequence[tuple[int, Call]]) -> pl.DataFrame:
    texts = ("user_id", "anonymous_id", "previous_id", "kind")
    schema = {"seq": pl.Int64, "received_at": pl.Int64, "profile": pl.Int64}
    rows = [
        {
            "seq": seq,
            "received_at": seq * 10,
            "user_id": user,
            # the earlier name may be a device's as well as a user's
            "anonymous_id": device or previous,
            "previous_id": previous,
            "kind": "alias" if previous else "track",
            "profile": None,
        }
        for seq, (user, device, previous) in calls
    ]
    return pl.DataFrame(rows, schema={**schema, **dict.fromkeys(texts, pl.String)})


def people(*calls: Call, cuts: Sequence[int] = ()) -> People:
    found, numbered = People(), list(enumerate(calls, start=1))
    ends = [0, *sorted(cuts), len(numbered)]
    for start, end in pairwise(ends):
        found.take(numbered[start:end])
    return found


def one_at_a_time(*calls: Call) -> People:
    """The rules again, in plain Python."""
    p = People()
    for seq, (user, device, previous) in enumerate(calls, start=1):
        anonymous = device or previous
        a = p.identifiers.get(("anonymous_id", anonymous)) if anonymous else None
        u = p.identifiers.get(("user_id", user)) if user else None
        if user and u is None:
            free = a is not None and p.users[a] is None
            u = a if a is not None and free else seq
            if not free:
                p.seeds[seq] = name_key("user_id", user)
            p.users[u] = user
            p.identifiers[("user_id", user)] = u
        if user and u is not None and a is not None and a != u and p.users[a] is None:
            p.merge(a, u)
        if anonymous and a is None:
            if u is None:
                p.users[seq], p.seeds[seq] = None, name_key("anonymous_id", anonymous)
            p.identifiers[("anonymous_id", anonymous)] = u if u is not None else seq
        earlier = p.identifiers.get(("user_id", previous)) if previous else None
        if u is not None and earlier is not None and earlier != u:
            p.merge(earlier, u)
        subject = u if user else p.identifiers[("anonymous_id", str(anonymous))]
        assert subject is not None
        p.subjects[seq] = subject
    return p


SCENARIOS: list[tuple[str, list[Call], list[int]]] = [
    ("a user is one person", [("ann", None, None)] * 2, [1, 1]),
    ("two users are two", [("ann", None, None), ("bob", None, None)], [1, 2]),
    (
        "a visitor who gives a name was that person all along",
        [(None, "phone", None), (None, "phone", None), ("ann", "phone", None)],
        [1, 1, 1],
    ),
    (
        "a known person's new device is theirs",
        [("ann", None, None), ("ann", "phone", None), (None, "phone", None)],
        [1, 1, 1],
    ),
    (
        "a visitor who turns out to be known is joined to them",
        [("ann", None, None), (None, "phone", None), ("ann", "phone", None)],
        [1, 1, 1],
    ),
    (
        "two devices of one newcomer",
        [
            (None, "phone", None),
            (None, "tablet", None),
            ("ann", "phone", None),
            ("ann", "tablet", None),
        ],
        [1, 1, 1, 1],
    ),
    (
        "a shared device never joins two known people",
        [("ann", "till", None), ("bob", "till", None), (None, "till", None)],
        [1, 2, 1],
    ),
    (
        "a shared device belongs to whom it saw first",
        [(None, "till", None), ("ann", "till", None), ("bob", "till", None), (None, "till", None)],
        [1, 1, 3, 1],
    ),
    (
        "an alias joins two known people",
        [("ann", None, None), ("anna", None, None), ("anna", None, "ann"), ("ann", None, None)],
        [2, 2, 2, 2],
    ),
    (
        "an alias to a name never heard before takes the old one along",
        [
            ("ann", "phone", None),
            ("anna", None, "ann"),
            (None, "phone", None),
            ("bob", "phone", None),
        ],
        [2, 2, 2, 4],
    ),
    ("an alias names a visitor", [(None, "phone", None), ("ann", None, "phone")], [1, 1]),
    ("an alias of one's own name is nothing", [("ann", None, None), ("ann", None, "ann")], [1, 1]),
]


@pytest.mark.parametrize(
    ("calls", "subjects"), [s[1:] for s in SCENARIOS], ids=[s[0] for s in SCENARIOS]
)
def test_who_is_joined_and_who_is_not(calls: list[Call], subjects: list[int]) -> None:
    each = range(1, len(calls))
    for found in (one_at_a_time(*calls), people(*calls), people(*calls, cuts=list(each))):
        assert list(found.subjects.values()) == subjects


def test_a_person_keeps_the_seed_of_their_first_identifier() -> None:
    """So that holdouts survive an import of the same people again."""
    found = people((None, "phone", None), ("ann", "phone", None), ("bob", None, None))
    assert found.seeds == {1: name_key("anonymous_id", "phone"), 3: name_key("user_id", "bob")}
    assert found.users == {1: "ann", 3: "bob"}


_users = st.sampled_from(["ann", "bob", "cyd"])
_devices = st.sampled_from(["phone", "tablet", "till"])
_calls = st.lists(
    st.one_of(
        st.tuples(_users, st.none(), st.none()),
        st.tuples(st.none(), _devices, st.none()),
        st.tuples(_users, _devices, st.none()),
        st.tuples(_users, st.none(), st.one_of(_users, _devices)),
    ),
    min_size=1,
    max_size=9,
)


@settings(max_examples=150, deadline=None)
@given(_calls, st.lists(st.integers(1, 8), max_size=3))
def test_any_cut_of_the_log_gives_the_same_people(calls: list[Call], cuts: list[int]) -> None:
    plain = one_at_a_time(*calls)
    assert people(*calls) == plain
    assert people(*calls, cuts=[c for c in cuts if c < len(calls)]) == plain


@settings(max_examples=60, deadline=None)
@given(_calls)
def test_without_an_alias_no_two_known_users_are_ever_one_person(calls: list[Call]) -> None:
    plain = people(*[call for call in calls if call[2] is None] or [("ann", None, None)])
    names = {value: p for (kind, value), p in plain.identifiers.items() if kind == "user_id"}
    assert len(set(names.values())) == len(names)
