"""A condition that cannot be read says where, and which word was meant."""

from __future__ import annotations

from typing import Any

import pytest

from raabta.core.clock import DAY
from raabta.core.errors import InvalidInput
from raabta.query.compile import inline
from raabta.query.model import (
    All,
    Anniversary,
    Did,
    Filter,
    InSegment,
    Matcher,
    Measure,
    Not,
    Test,
    Trait,
)
from raabta.query.parse import MAX_DEPTH, parse, parse_matcher
from raabta.query.spell import spell

READ = [
    ({"did": "Order"}, Did("Order")),
    ({"did": "Order", "within": "30d"}, Did("Order", within=30 * DAY)),
    ({"did_not": "Order"}, Did("Order", count=(Test("at_most", 0.0),))),
    (
        {"did": "Order", "at_least": 2, "at_most": 4},
        Did("Order", count=(Test("at_least", 2.0), Test("at_most", 4.0))),
    ),
    ({"did": "Order", "exactly": 1}, Did("Order", count=(Test("is", 1.0),))),
    (
        {"did": "Order", "where": {"category": "tea", "total": {"more_than": 3}}},
        Did(
            "Order",
            (Filter("category", Test("is", "tea")), Filter("total", Test("more_than", 3.0))),
        ),
    ),
    (
        {"did": "Order", "where": {"category": ["tea", "coffee"]}},
        Did("Order", (Filter("category", Test("in", ("tea", "coffee"))),)),
    ),
    (
        {"did": "Order", "sum": {"of": "total", "at_least": 100}},
        Did("Order", measure=Measure("sum", "total", (Test("at_least", 100.0),))),
    ),
    ({"trait": "vip", "is": True}, Trait("vip", Test("is", True))),
    ({"segment": "buyers"}, InSegment("buyers")),
    ({"anniversary": "Order", "for": "2d"}, Anniversary("Order", 2 * DAY)),
    ({"anniversary": "Order"}, Anniversary("Order", DAY)),
    ({"not": {"segment": "buyers"}}, Not(InSegment("buyers"))),
    (
        [{"segment": "a"}, {"segment": "b"}],
        All((InSegment("a"), InSegment("b"))),
    ),
]


@pytest.mark.parametrize(("source", "meant"), READ)
def test_a_condition_is_read_as_it_is_written(source: Any, meant: object) -> None:
    assert parse(source) == meant


BROKEN = [
    ({"didd": "Order"}, "where.didd", "'did'"),
    ({"did": "Order", "withn": "3d"}, "where.withn", "'within'"),
    ({"did": "Order", "within": "soon"}, "where.within", "7d"),
    ({"did_not": "Order", "at_least": 2}, "where.at_least", "within"),
    ({"did": "Order", "at_least": "two"}, "where.at_least", ""),
    ({"did": "Order", "at_least": True}, "where.at_least", ""),
    ({"did": "Order", "where": ["tea"]}, "where.where", "coffee"),
    ({"did": "Order", "where": {"total": {"atleast": 3}}}, "where.where.total.atleast", "at_least"),
    ({"did": "Order", "where": {"total": {}}}, "where.where.total", "is_not"),
    ({"did": "Order", "where": {"total": None}}, "where.where.total", ""),
    ({"did": "Order", "sum": {"at_least": 3}}, "where.sum", "of"),
    ({"did": "Order", "sum": {"of": "total"}}, "where.sum", "at_least"),
    (
        {
            "did": "Order",
            "sum": {"of": "a", "at_least": 1},
            "lowest": {"of": "a", "at_least": 1},
        },
        "where.lowest",
        "all",
    ),
    ({"trait": "vip"}, "where", "is_not"),
    ({"trait": "vip", "is": True, "is_not": 3}, "where", "all"),
    ({"trait": "vip", "in": "gold"}, "where.in", ""),
    ({"trait": "vip", "is_set": "yes"}, "where.is_set", ""),
    ({"all": []}, "where.all", ""),
    ({"any": [{"did": "A"}, {"tait": "b"}]}, "where.any[1].tait", "'trait'"),
    ({"not": "vip"}, "where.not", "did"),
    ({"segment": ""}, "where.segment", ""),
    ({}, "where", "did"),
    ("vip", "where", "did"),
]


@pytest.mark.parametrize(("source", "field", "remedy"), BROKEN)
def test_an_error_names_the_field_and_the_nearest_word(
    source: Any, field: str, remedy: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(source)
    assert caught.value.field == field
    assert remedy in caught.value.remedy


def test_a_condition_nested_without_end_is_refused() -> None:
    source: Any = {"did": "Order"}
    for _ in range(MAX_DEPTH + 1):
        source = {"not": source}
    with pytest.raises(InvalidInput, match="too deeply"):
        parse(source)


def test_a_matcher_is_a_bare_name_or_a_name_with_filters() -> None:
    assert parse_matcher("Order", "goal") == Matcher("Order")
    found = parse_matcher({"event": "Order", "where": {"total": {"at_least": 3}}}, "goal")
    assert found == Matcher("Order", (Filter("total", Test("at_least", 3.0)),))
    with pytest.raises(InvalidInput) as caught:
        parse_matcher({"event": "Order", "were": {}}, "goal")
    assert caught.value.field == "goal.were"
    assert "'where'" in caught.value.remedy


def test_a_segment_stands_for_its_own_condition_and_never_for_itself() -> None:
    segments = {
        "buyers": parse({"did": "Order"}),
        "guests": parse({"not": {"segment": "buyers"}}),
        "ring": parse({"any": [{"segment": "gnir"}, {"did": "Order"}]}),
        "gnir": parse({"segment": "ring"}),
    }
    assert inline(parse({"segment": "guests"}), segments) == Not(Did("Order"))
    with pytest.raises(InvalidInput, match="ring -> gnir -> ring"):
        inline(InSegment("ring"), segments)
    with pytest.raises(InvalidInput, match="no segment 'nobody'"):
        inline(InSegment("nobody"), segments)


def test_a_condition_can_be_read_aloud() -> None:
    condition = parse(
        {
            "all": [
                {"did": "Order", "at_least": 2, "within": "30d"},
                {"any": [{"trait": "vip", "is": True}, {"did_not": "View", "within": "1d"}]},
            ]
        }
    )
    assert spell(condition) == (
        "did Order at least 2 times in the last 30d and "
        "(vip is True or did not do View in the last 1d)"
    )
