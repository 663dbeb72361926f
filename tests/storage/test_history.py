"""The history takes whatever people send, keeps all of it, and answers about what it can type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.query.parse import parse
from raabta.storage.history.duck import DuckHistory

_COLUMNS = (
    "seq",
    "profile",
    "received_at",
    "timestamp",
    "kind",
    "name",
    "properties",
    "source",
    "origin",
)


def _events(first: int, name: str, *properties: Any, kind: str = "track") -> pl.DataFrame:
    rows = [
        (first + n, 1, first + n, first + n, kind, name, json.dumps(p), "test", 0)
        for n, p in enumerate(properties)
    ]
    return pl.DataFrame(rows, schema=_COLUMNS, orient="row")


class Feed:
    """A history and the next free `seq`."""

    def __init__(self, history: DuckHistory) -> None:
        self.history = history
        self.seq = 0

    def put(self, name: str, *properties: Any, kind: str = "track") -> None:
        events = _events(self.seq + 1, name, *properties, kind=kind)
        self.seq += events.height
        with self.history.transaction():
            self.history.append(events, self.seq)

    def holds(self, condition: dict[str, Any]) -> bool:
        asked = pl.DataFrame({"subject": [1], "at": [10**9]})
        return bool(self.history.ask(parse(condition), asked)["answer"][0])

    def rest(self, table: str) -> list[Any]:
        rows = self.history._con.execute(f'SELECT rest FROM "{table}" ORDER BY seq').fetchall()
        return [None if text is None else json.loads(text) for (text,) in rows]


@pytest.fixture
def feed() -> Feed:
    return Feed(DuckHistory.open("duckdb://"))


@pytest.mark.parametrize(
    ("name", "properties"),
    [
        ("two cases", {"a": 1, "A": 2}),
        ("no name", {"": 1}),
        ("quotes", {'a"b': 1, "c'd": 2, "g\\h": 4}),
        ("dots", {"a.b": 1, "a": {"b": 2}}),
        ("nested cases", {"a": {"B": 1, "b": 2}}),
        ("object cases", {"p": [{"X": 1, "x": 2}]}),
        ("huge", {"n": 2**70, "m": 1e308}),
        ("arrays in arrays", {"a": [[1, 2], [3]]}),
        ("mixed array", {"a": [1, "x", {"b": 1}]}),
        ("long key", {"k" * 3000: 1}),
        ("many keys", {f"k{n}": n for n in range(600)}),
        ("not latin", {"نام": "علی", "😀": 1}),
        ("nothing", {}),
    ],
)
def test_what_has_no_typed_column_is_kept_whole(
    feed: Feed, name: str, properties: dict[str, Any]
) -> None:
    feed.put(name, properties)
    table = feed.history.catalog().events[name]
    kept = feed.rest(table.name)[0]
    named = {path.split(".")[0] for path in [*table.columns, *table.arrays]}
    assert kept == properties or (kept is None and set(properties) <= named)


@pytest.mark.parametrize(
    "name",
    [
        "tracks",
        "traits",
        "registry",
        "mark",
        "shaped",
        "incoming",
        "asked",
        "select",
        "",
        "it's",
        '"; DROP TABLE tracks; --',
        "x" * 255,
        "123",
        "😀",
    ],
)
def test_an_event_may_have_any_name(feed: Feed, name: str) -> None:
    feed.put(name, {"from": 1, "seq": 2, "profile": 3})
    assert feed.holds({"did": name or "x", "where": {"from": 1, "profile": 3}}) is bool(name)
    assert feed.history.counts() == {name: 1}


def test_a_property_that_changes_its_type_is_kept_as_it_came(feed: Feed) -> None:
    for value in (1, "x", True, None, [1], {"b": 2}, [{"c": 1}]):
        feed.put("Changed", {"a": value})
    assert feed.rest("changed")[1:3] == [{"a": "x"}, {"a": True}]
    assert feed.holds({"did": "Changed", "where": {"a": 1}})
    assert feed.history.counts() == {"Changed": 7}


def test_two_names_that_differ_only_in_case_are_two_events(feed: Feed) -> None:
    feed.put("Order Completed", {"products": [{"a": 1}]})
    feed.put("order completed", {"a": 1})
    feed.put("order completed__products", {"a": 2})
    assert len(feed.history.counts()) == 3
    assert feed.holds({"did": "order completed", "where": {"a": 1}})
    assert feed.holds({"did": "order completed__products", "where": {"a": 2}})
    assert feed.holds({"did": "Order Completed", "where": {"products.a": 1}})


def test_traits_may_have_any_key(feed: Feed) -> None:
    said = {'a"b': 1, "c.d": "x", "": 2, "e": {"f": 1}, "A": True, "a": "y", "x*": [1]}
    feed.put("identify", said, kind="identify")
    rows = feed.history.traits_since(0)
    assert {key: json.loads(value) for key, value in rows.select("key", "value").rows()} == said
    assert feed.holds({"trait": 'a"b', "is": 1})
    assert feed.holds({"trait": "A", "is": True})
    assert not feed.holds({"trait": "a", "is": True})


def test_appending_again_changes_nothing(feed: Feed) -> None:
    events = _events(1, "Order Completed", {"total": 5}, {"total": 7})
    for _ in range(2):
        with feed.history.transaction():
            feed.history.append(events, 2)
    assert feed.history.counts() == {"Order Completed": 2}
    assert feed.history.high_water() == 2


def test_a_failed_append_leaves_no_trace(feed: Feed) -> None:
    feed.put("Kept", {"a": 1})
    with pytest.raises(RuntimeError), feed.history.transaction():
        feed.history.append(_events(2, "Lost", {"b": 1}), 2)
        raise RuntimeError("the process dies")
    assert feed.history.counts() == {"Kept": 1}
    assert "Lost" not in feed.history.catalog().events
    feed.put("Lost", {"b": 2})
    assert feed.holds({"did": "Lost", "where": {"b": 2}})


def test_a_merge_gives_all_rows_to_the_winner(feed: Feed) -> None:
    feed.put("Order Completed", {"products": [{"a": 1}]})
    feed.put("identify", {"age": 3}, kind="identify")
    merges = pl.DataFrame({"loser": [1], "winner": [9]})
    with feed.history.transaction():
        feed.history.merge_profiles(merges)
    assert not feed.holds({"did": "Order Completed"})
    asked = pl.DataFrame({"subject": [9], "at": [10**9]})
    both = {
        "all": [{"did": "Order Completed", "where": {"products.a": 1}}, {"trait": "age", "is": 3}]
    }
    assert feed.history.ask(parse(both), asked)["answer"][0]


_scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=5)
_keys = st.sampled_from(["a", "A", "b", "", "a.b", "seq", "é", "É"]) | st.text(max_size=4)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3),
    max_leaves=6,
)
_properties = st.dictionaries(_keys, _values, max_size=4)


def _storable(value: Any) -> bool:
    """What collection lets through: no NUL and no lone surrogates."""
    text = json.dumps(value, ensure_ascii=False)
    return "\\u0000" not in text and not any(0xD800 <= ord(c) < 0xE000 for c in text)


@given(st.lists(st.lists(_properties.filter(_storable), min_size=1, max_size=3), max_size=5))
@settings(max_examples=120)
def test_no_json_stops_the_history(batches: list[list[dict[str, Any]]]) -> None:
    feed = Feed(DuckHistory.open("duckdb://"))
    for n, batch in enumerate(batches):
        feed.put("Anything", *batch)
        feed.put("identify", *batch, kind="identify")
        if n % 2:
            feed.history.reload()
    sent = sum(len(batch) for batch in batches)
    assert sum(feed.history.counts().values()) == 2 * sent
    feed.history.close()


def test_a_history_opened_again_knows_its_tables(tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path}/history.duckdb"
    feed = Feed(DuckHistory.open(url))
    feed.put("Order Completed", {"total": 5, "Total": 6, "products": [{"category": "MILK"}]})
    before = feed.history.catalog().events
    feed.history.close()
    again = Feed(DuckHistory.open(url))
    again.seq = feed.seq
    assert again.history.catalog().events == before
    again.put("Order Completed", {"total": 7, "products": [{"category": "MILK"}]})
    assert again.holds(
        {"did": "Order Completed", "where": {"products.category": "MILK"}, "at_least": 2}
    )
