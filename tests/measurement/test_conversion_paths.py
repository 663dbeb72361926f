"""Which touches belong to which conversion."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raabta.core.errors import InvalidInput
from raabta.measurement.model import CONVERSIONS, TOUCHES, Paths
from raabta.measurement.paths import build_paths

Touch = tuple[int, int, str, int]  # profile, at, touch, seq
Goal = tuple[int, int, int]  # profile, at, seq


def built(touches: list[Touch], goals: list[Goal], **options: object) -> Paths:
    return build_paths(
        pl.DataFrame([(p, at, "mail", t, s) for p, at, t, s in touches], TOUCHES, orient="row"),
        pl.DataFrame([(p, at, s, 10.0) for p, at, s in goals], CONVERSIONS, orient="row"),
        **{"lookback": 10, **options},  # type: ignore[arg-type]
    )


def words(paths: Paths) -> tuple[list[str], list[str]]:
    """Converting and null paths as words."""
    text = ["".join(paths.names[c] for c in part) for part in _parts(paths)]
    return text[: paths.converting], text[paths.converting :]


def _parts(paths: Paths) -> list[list[int]]:
    return [
        paths.codes[a:b].tolist()
        for a, b in zip(paths.offsets[:-1], paths.offsets[1:], strict=True)
    ]


def test_a_touch_exactly_one_lookback_old_is_out_and_one_at_the_order_is_in() -> None:
    paths = built([(1, 90, "A", 1), (1, 91, "B", 2), (1, 100, "C", 3)], [(1, 100, 4)])
    assert words(paths) == (["BC"], ["A"])
    assert paths.ages.tolist() == [9, 0, 0]


def test_at_the_same_instant_the_lower_seq_came_first() -> None:
    touches = [(1, 100, "B", 3), (1, 100, "A", 2), (1, 100, "C", 5)]
    paths = built(touches, [(1, 100, 4)])
    assert words(paths) == (["AB"], ["C"])


def test_each_order_is_a_conversion_of_its_own_and_a_touch_may_serve_several() -> None:
    touches, goals = [(1, 95, "A", 1), (1, 98, "B", 3)], [(1, 97, 2), (1, 100, 4)]
    assert words(built(touches, goals)) == (["A", "AB"], [])
    assert words(built(touches, goals, shared=False)) == (["A", "B"], [])


def test_an_order_without_any_touch_is_unattributed_and_counted() -> None:
    paths = built([(1, 95, "A", 1)], [(1, 100, 2), (1, 200, 3), (2, 100, 4)])
    assert paths.converting == 1
    assert (paths.unattributed, paths.unattributed_revenue) == (2, 20.0)
    assert paths.attributed_revenue == 10.0


def test_null_paths_are_cut_where_a_whole_lookback_lies_between() -> None:
    touches = [(1, 0, "A", 1), (1, 9, "B", 2), (1, 19, "C", 3), (2, 20, "D", 4)]
    assert words(built(touches, [])) == ([], ["AB", "C", "D"])


def test_a_report_of_a_period_sees_the_paths_of_the_whole_history() -> None:
    touches = [(1, 88, "A", 1), (1, 99, "B", 3), (1, 101, "C", 4), (2, 95, "X", 5)]
    goals = [(1, 89, 2), (1, 105, 6)]
    # A served an order before the period and X is older than it: neither is a null path of it.
    assert words(built(touches, goals, since=100)) == (["BC"], [])


def test_touches_can_be_read_by_channel() -> None:
    paths = built([(1, 95, "A", 1), (1, 96, "B", 2)], [(1, 100, 3)], by="channel")
    assert paths.names == ("mail",)
    assert paths.codes.tolist() == [0, 0]


def test_a_missing_column_and_an_empty_cell_are_named() -> None:
    goals = pl.DataFrame(schema=CONVERSIONS)
    with pytest.raises(InvalidInput) as missing:
        build_paths(pl.DataFrame(schema=TOUCHES).drop("seq"), goals)
    assert missing.value.field == "touches.seq"
    hole = pl.DataFrame([(1, None, "mail", "A", 1)], TOUCHES, orient="row")
    with pytest.raises(InvalidInput) as empty:
        build_paths(hole, goals)
    assert empty.value.field == "touches.at"


def test_an_order_without_revenue_counts_as_an_order_of_nothing() -> None:
    touches = pl.DataFrame([(1, 1, "mail", "A", 1)], TOUCHES, orient="row")
    goals = pl.DataFrame([(1, 2, 2, None), (1, 3, 3, 5.0)], CONVERSIONS, orient="row")
    paths = build_paths(touches, goals)
    assert (paths.converting, paths.attributed_revenue) == (2, 5.0)


def one_by_one(
    touches: list[Touch], goals: list[Goal], lookback: int, shared: bool
) -> tuple[list[str], list[str], int]:
    """The same rules, person by person and order by order."""
    converting, nulls, alone = [], [], 0
    for person in sorted({t[0] for t in touches} | {g[0] for g in goals}):
        mine = sorted((at, seq, name) for p, at, name, seq in touches if p == person)
        used: set[tuple[int, int, str]] = set()
        for at, seq in sorted((at, seq) for p, at, seq in goals if p == person):
            path = [t for t in mine if t[0] > at - lookback and t[:2] <= (at, seq)]
            if not shared:
                path = [t for t in path if t not in used]
            used |= set(path)
            alone += not path
            converting += ["".join(t[2] for t in path)] if path else []
        run: list[tuple[int, int, str]] = []
        for t in [t for t in mine if t not in used]:
            if run and t[0] - run[-1][0] >= lookback:
                nulls.append("".join(x[2] for x in run))
                run = []
            run.append(t)
        nulls += ["".join(x[2] for x in run)] if run else []
    return converting, nulls, alone


steps = st.tuples(st.integers(1, 3), st.integers(0, 40), st.sampled_from("ABC"), st.booleans())


@given(st.lists(steps, max_size=30), st.randoms(), st.integers(1, 15), st.booleans())
def test_paths_on_columns_equal_the_same_rules_one_by_one(
    rows: list[tuple[int, int, str, bool]], random: object, lookback: int, shared: bool
) -> None:
    seqs = list(range(len(rows)))
    random.shuffle(seqs)  # type: ignore[attr-defined]
    both = list(zip(rows, seqs, strict=True))
    touches = [(p, at, name, seq) for (p, at, name, goal), seq in both if not goal]
    goals = [(p, at, seq) for (p, at, _, goal), seq in both if goal]
    paths = built(touches, goals, lookback=lookback, shared=shared)
    assert (*words(paths), paths.unattributed) == one_by_one(touches, goals, lookback, shared)
    assert paths.converting + paths.unattributed == len(goals)
