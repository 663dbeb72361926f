"""The tracking spec, read: what is taken, what is refused, and with which words."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raabta.collect.model import MAX_BODY, MAX_EVENT
from raabta.collect.segment import Moment, Parsed, parse, write_key
from raabta.core.clock import DAY, HOUR, MINUTE, SECOND, instant, iso
from raabta.core.errors import InvalidInput, TooLarge

NOW = instant("2026-03-01T12:00:00Z")
WALL = instant("2026-03-08T12:00:00Z")  # the engine's clock may run behind the wall's


def read(body: object, kind: str = "batch", now: int = NOW, wall: int = WALL) -> Parsed:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse(raw, kind, source="key:k", moment=Moment(wall, now), new_id=lambda: "made-up")


def track(**fields: Any) -> dict[str, Any]:
    return {"type": "track", "userId": "u1", "event": "Order Completed"} | fields


def only_reason(parsed: Parsed) -> tuple[str, str]:
    assert parsed.rows == []
    (rejected,) = parsed.rejected
    assert rejected.remedy
    return rejected.field, rejected.reason


def test_each_of_the_six_calls_becomes_a_row() -> None:
    calls = [
        {"type": "identify", "userId": 7, "traits": {"email": "a@example.test"}},
        track(properties={"total": 3.5, "products": [{"product_id": "1"}]}),
        {"type": "page", "anonymousId": "d", "name": "Home", "category": "Shop"},
        {"type": "screen", "anonymousId": "d", "name": "Cart", "properties": {"n": 1}},
        {"type": "group", "userId": "u1", "groupId": "acme", "traits": {"plan": "gold"}},
        {"type": "alias", "userId": "u1", "previousId": "d"},
    ]
    rows = read({"batch": calls}).rows
    assert [(r.kind, r.name) for r in rows] == [
        ("identify", "identify"),
        ("track", "Order Completed"),
        ("page", "Page"),
        ("screen", "Screen"),
        ("group", "group"),
        ("alias", "alias"),
    ]
    assert rows[0].user_id == "7"
    assert [json.loads(r.properties) for r in rows] == [
        {"email": "a@example.test"},
        {"total": 3.5, "products": [{"product_id": "1"}]},
        {"name": "Home", "category": "Shop"},
        {"name": "Cart", "n": 1},
        {"plan": "gold"},
        {"previous_id": "d"},
    ]
    assert json.loads(rows[4].context or "")["groupId"] == "acme"
    assert json.loads(rows[5].context or "")["previousId"] == "d"
    assert {r.message_id for r in rows} == {"made-up"}


def test_nothing_a_sender_says_is_lost_but_the_write_key_is_not_kept() -> None:
    event = track(
        messageId="m1",
        timestamp="2026-03-01T09:30:00+05:00",
        context={"ip": "192.0.2.1"},
        integrations={"All": False},
        novel={"deep": [1, 2]},
        traits={"odd": True},
        writeKey="rbw_secret",
    )
    body = {"batch": [event], "sentAt": iso(WALL), "context": {"library": {"name": "x"}}}
    (row,) = read(body).rows
    assert json.loads(row.context or "") == {
        "context": {"library": {"name": "x"}, "ip": "192.0.2.1"},
        "integrations": {"All": False},
        "originalTimestamp": "2026-03-01T09:30:00+05:00",
        "sentAt": iso(WALL),
        "novel": {"deep": [1, 2]},
        "traits": {"odd": True},
    }
    assert row.timestamp == instant("2026-03-01T04:30:00Z")


@pytest.mark.parametrize("skew", [-MINUTE, 0, 59 * SECOND])
def test_a_healthy_clock_keeps_its_exact_times(skew: int) -> None:
    (row,) = read(track(timestamp=iso(NOW - HOUR), sentAt=iso(WALL - skew)), "track").rows
    assert row.timestamp == NOW - HOUR


@pytest.mark.parametrize("skew", [-3 * DAY, 2 * HOUR])
def test_a_wrong_clock_is_set_right(skew: int) -> None:
    event = track(originalTimestamp=iso(NOW - HOUR - skew), sentAt=iso(WALL - skew))
    (row,) = read(event, "track").rows
    assert row.timestamp == NOW - HOUR


def test_a_time_slightly_ahead_is_now_and_one_far_ahead_is_refused() -> None:
    (row,) = read(track(timestamp=iso(NOW + DAY)), "track").rows
    assert row.timestamp == NOW
    field, reason = only_reason(read(track(timestamp=iso(NOW + DAY + 1)), "track"))
    assert field == "timestamp"
    assert "24 hours in the future" in reason


def test_history_keeps_its_times_and_must_have_them() -> None:
    old = track(timestamp="2001-01-01", sentAt="2001-01-01")
    parsed = read({"batch": [old, track()]}, "import")
    assert parsed.rows[0].timestamp == instant("2001-01-01")
    assert [(r.index, r.field) for r in parsed.rejected] == [(1, "timestamp")]


BAD: list[tuple[object, str, str]] = [
    ({"type": "track", "event": "x"}, "userId", "neither who nor which device"),
    ({"type": "track", "userId": "", "event": "x"}, "userId", "neither who"),
    ({"type": "track", "userId": "u"}, "event", "missing"),
    ({"type": "track", "userId": "u", "event": "  "}, "event", "empty"),
    ({"type": "track", "userId": "u", "event": 3}, "event", "Expected `str`"),
    ({"type": "track", "userId": ["u"], "event": "x"}, "userId", "Expected `int | str | null`"),
    (track(properties=[1]), "properties", "Expected `object | null`"),
    (track(messageId="m" * 256), "messageId", "256 characters"),
    (track(userId="u" * 256), "userId", "256 characters"),
    (track(timestamp="yesterday"), "timestamp", "not a date"),
    (track(timestamp=1760000000), "timestamp", "Expected `str | null`"),
    (track(properties={"a": [{"b": "x\x00y"}]}), "properties", "NUL"),
    (track(properties={"a\x00": 1}), "properties", "NUL"),
    (track(properties={"a": "\ud800"}), "event", "not JSON"),
    (track(properties={"a": float("nan")}), "event", "not JSON"),
    (track(properties={"a": "x" * MAX_EVENT}), "event", "32,768"),
    ({"type": "buy", "userId": "u"}, "type", "'buy'"),
    ({"type": "group", "userId": "u"}, "groupId", "missing"),
    ({"type": "alias", "userId": "u", "previousId": ""}, "previousId", "no former id"),
    ({"type": "alias", "anonymousId": "u", "previousId": "v"}, "userId", "alias"),
    ("text", "event", "not a JSON object"),
    (None, "event", "not a JSON object"),
]


@pytest.mark.parametrize(("event", "field", "reason"), BAD)
def test_a_bad_event_is_named_and_never_costs_the_good_ones(
    event: object, field: str, reason: str
) -> None:
    parsed = read({"batch": [track(messageId="a"), event, track(messageId="b")]})
    assert [row.message_id for row in parsed.rows] == ["a", "b"]
    (rejected,) = parsed.rejected
    assert (rejected.index, rejected.field) == (1, field)
    assert reason in rejected.reason
    assert rejected.remedy
    assert rejected.body


def test_text_that_only_looks_like_nul_is_taken() -> None:
    (row,) = read(track(properties={"a": "\\u0000", "b": "اردو"}), "track").rows
    assert json.loads(row.properties) == {"a": "\\u0000", "b": "اردو"}


def test_bytes_that_are_not_utf8_cost_their_own_event_only() -> None:
    bad = json.dumps(track(event="A")).encode().replace(b'"A"', b'"\xff"')
    body = b'{"batch": [' + bad + b"," + json.dumps(track()).encode() + b"]}"
    parsed = read(body)
    assert len(parsed.rows) == 1
    assert [r.index for r in parsed.rejected] == [0]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1]", b"{}", b'{"batch": 3}', b"\xff", b"[" * 100_000, b'{"batch":[' * 50_000],
)
def test_a_body_that_cannot_be_read_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(body)
    assert caught.value.remedy
    with pytest.raises(InvalidInput):
        parsed = read(body, "track")
        raise InvalidInput(parsed.rejected[0].reason)


def test_too_much_at_once_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLarge, match="500 KB"):
        read(b" " * (MAX_BODY + 1))
    with pytest.raises(TooLarge, match="2,501 events"):
        read({"batch": [{}] * 2_501})


def test_the_write_key_may_be_in_the_body() -> None:
    assert write_key(b'{"writeKey": "rbw_1", "batch": []}') == "rbw_1"
    for body in (b"{}", b"nonsense", b'{"writeKey": 3}', b"\xff", b"[" * 100_000):
        assert write_key(body) is None


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | TEXT
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner),
    max_leaves=8,
)


@given(st.dictionaries(TEXT, JSON, max_size=5))
def test_properties_come_through_unchanged(properties: dict[str, Any]) -> None:
    parsed = parse(
        json.dumps(track(properties=properties)).encode(),
        "track",
        source="s",
        moment=Moment(WALL, NOW),
        new_id=lambda: "m",
    )
    (row,) = parsed.rows
    assert msgspec.json.decode(row.properties) == properties


@given(st.binary(max_size=200) | JSON.map(lambda v: json.dumps(v).encode()))
def test_no_body_whatever_breaks_the_reader(body: bytes) -> None:
    for kind in ("track", "alias", "batch", "import"):
        try:
            parsed = parse(body, kind, source="s", moment=Moment(WALL, NOW), new_id=lambda: "m")
        except InvalidInput:
            continue
        for rejected in parsed.rejected:
            assert "\x00" not in rejected.body
            rejected.body.encode()
