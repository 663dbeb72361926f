"""Credit adds up, equals brute force, and reproduces the published toys."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raabta.core.clock import DAY
from raabta.core.errors import InvalidInput
from raabta.measurement.attribution import attribute, markov
from raabta.measurement.model import MODELS, Paths

Walk = tuple[str, bool]  # 'ABA', converted


def paths_of(walks: list[Walk], revenue: list[float] | None = None) -> Paths:
    """Paths of one-letter touches, each a day apart, the last a day before the conversion."""
    ordered = [w for w in walks if w[1]] + [w for w in walks if not w[1]]
    names = tuple(sorted(set("".join(w for w, _ in walks))))
    converting = sum(c for _, c in walks)
    return Paths(
        names=names,
        codes=np.array([names.index(x) for w, _ in ordered for x in w], np.int64),
        ages=np.array([(len(w) - i) * DAY for w, _ in ordered for i in range(len(w))], np.int64),
        offsets=np.cumsum([0, *(len(w) for w, _ in ordered)]).astype(np.int64),
        converting=converting,
        revenue=np.array(revenue if revenue is not None else [1.0] * converting),
    )


def by_removal(walks: list[Walk], values: list[float]) -> tuple[float, dict[str, float]]:
    """The chain's expected value a path and each removal effect, one linear system a removal."""
    names = sorted(set("".join(w for w, _ in walks)))
    index = {name: i for i, name in enumerate(names)}
    size = len(names)
    moves, start = np.zeros((size, size)), np.zeros(size)
    visits, reward = np.zeros(size), np.zeros(size)
    worth = iter(values)
    for walk, converted in [*(w for w in walks if w[1]), *(w for w in walks if not w[1])]:
        start[index[walk[0]]] += 1 / len(walks)
        for here in walk:
            visits[index[here]] += 1
        for here, there in pairwise(walk):
            moves[index[here], index[there]] += 1
        if converted:
            reward[index[walk[-1]]] += next(worth)
    moves /= visits[:, None]
    reward /= visits

    def value(without: int | None) -> float:
        q, s = moves.copy(), start.copy()
        if without is not None:
            q[:, without] = 0.0
            s[without] = 0.0
        return float(s @ np.linalg.solve(np.eye(size) - q, reward))

    whole = value(None)
    return whole, {name: 1 - value(i) / whole for name, i in index.items()}


walk = st.tuples(st.text("ABCDE", min_size=1, max_size=8), st.booleans())
walks = st.lists(walk, min_size=1, max_size=25).filter(lambda ws: any(c for _, c in ws))


def test_toy_1_one_converting_path_and_two_null_ones() -> None:
    # C1>C2>C3 converts, C1 null, C2>C3 null, one conversion in three paths.
    answer = markov(paths_of([("ABC", True), ("A", False), ("BC", False)]))
    assert answer.probability == pytest.approx(1 / 3, abs=1e-12)
    assert answer.removal == pytest.approx({"A": 0.5, "B": 1.0, "C": 1.0}, abs=1e-12)
    assert answer.credit == pytest.approx({"A": 0.2, "B": 0.4, "C": 0.4}, abs=1e-12)
    assert not answer.notes


def test_toy_2_without_null_paths_the_chance_is_one_and_the_result_says_so() -> None:
    answer = markov(paths_of([("ABABBA", True), ("ABBAA", True), ("AA", True)]))
    assert answer.probability == pytest.approx(1.0, abs=1e-12)
    assert answer.credit == pytest.approx({"A": 2.0, "B": 1.0}, abs=1e-12)
    assert "No null paths" in answer.notes[0]


def test_toy_3_google_and_mailing() -> None:
    walks = [("G", True), ("G", True), ("M", True), ("GM", True), ("G", False)]
    answer = markov(paths_of(walks))
    assert answer.probability == pytest.approx(0.8, abs=1e-12)
    assert answer.removal == pytest.approx({"G": 0.75, "M": 0.5}, abs=1e-12)
    assert answer.credit == pytest.approx({"G": 2.4, "M": 1.6}, abs=1e-12)


@given(walks)
def test_one_inverse_equals_removing_each_touch_by_brute_force(walks: list[Walk]) -> None:
    answer = markov(paths_of(walks))
    converting = sum(c for _, c in walks)
    probability, removal = by_removal(walks, [1.0] * converting)
    assert answer.probability == pytest.approx(probability, abs=1e-12)
    assert answer.removal == pytest.approx(removal, abs=1e-12)
    total = sum(removal.values())
    shares = {name: effect / total * converting for name, effect in removal.items()}
    assert answer.credit == pytest.approx(shares, rel=1e-12, abs=1e-12)


@given(walks, st.data())
def test_markov_revenue_equals_removing_each_touch_from_the_revenue(
    walks: list[Walk], data: st.DataObject
) -> None:
    converting = sum(c for _, c in walks)
    money = st.floats(0.01, 500)
    revenue = data.draw(st.lists(money, min_size=converting, max_size=converting))
    _, removal = by_removal(walks, revenue)
    total = sum(removal.values())
    shares = {name: effect / total * sum(revenue) for name, effect in removal.items()}
    assert markov(paths_of(walks, revenue)).revenue == pytest.approx(shares, rel=1e-9, abs=1e-9)


@given(walks, st.booleans(), st.data())
def test_every_model_credits_exactly_the_attributed_conversions_and_revenue(
    walks: list[Walk], collapse: bool, data: st.DataObject
) -> None:
    converting = sum(c for _, c in walks)
    money = st.floats(-20, 500)
    revenue = data.draw(st.lists(money, min_size=converting, max_size=converting))
    answers = attribute(paths_of(walks, revenue), collapse_repeats=collapse)
    assert set(answers) == set(MODELS)
    for answer in answers.values():
        assert sum(answer.credit.values()) == pytest.approx(converting, abs=1e-9)
        assert sum(answer.revenue.values()) == pytest.approx(sum(revenue), abs=1e-9)
        assert min(answer.credit.values()) >= -1e-12


def one_by_one(walks: list[Walk], revenue: list[float], model: str) -> dict[str, float]:
    """The heuristics path by path, as one would explain them."""
    credit: dict[str, float] = defaultdict(float)
    for (walk, _), money in zip([w for w in walks if w[1]], revenue, strict=True):
        size = len(walk)
        weights = {
            "first": [1.0] + [0.0] * (size - 1),
            "last": [0.0] * (size - 1) + [1.0],
            "linear": [1.0] * size,
            "position": {1: [1.0], 2: [0.5, 0.5]}.get(
                size, [0.4, *[0.2 / max(size - 2, 1)] * (size - 2), 0.4]
            ),
            "time_decay": [2 ** (-(size - i) / 7) for i in range(size)],
        }[model]
        for name, weight in zip(walk, weights, strict=True):
            credit[name] += weight / sum(weights) * money
    return credit


@given(walks, st.data())
def test_heuristics_on_columns_equal_the_same_rules_path_by_path(
    walks: list[Walk], data: st.DataObject
) -> None:
    converting = sum(c for _, c in walks)
    money = st.floats(0, 500)
    revenue = data.draw(st.lists(money, min_size=converting, max_size=converting))
    answers = attribute(paths_of(walks, revenue))
    for model in MODELS[:-1]:
        counts = one_by_one(walks, [1.0] * converting, model)
        sums = one_by_one(walks, revenue, model)
        for name in answers[model].credit:
            assert answers[model].credit[name] == pytest.approx(counts[name], abs=1e-9)
            assert answers[model].revenue[name] == pytest.approx(sums[name], abs=1e-9)


@given(walks)
def test_dropping_repeats_leaves_markov_as_it_was(walks: list[Walk]) -> None:
    def single(path: str) -> str:
        return "".join(x for i, x in enumerate(path) if not i or path[i - 1] != x)

    once = [(single(path), converted) for path, converted in walks]
    expected = markov(paths_of(once))
    assert markov(paths_of(walks)).credit == pytest.approx(expected.credit, abs=1e-9)
    answers = attribute(paths_of(walks), ["linear", "markov"], collapse_repeats=True)
    assert answers["linear"].credit == pytest.approx(
        attribute(paths_of(once), ["linear"])["linear"].credit, abs=1e-9
    )


def test_a_collapsed_run_keeps_its_latest_touch_for_time_decay() -> None:
    # A, A, B at 3, 2 and 1 days: collapsed, A stands at 2 days, one half-life before B.
    credit = attribute(
        paths_of([("AAB", True)]), ["time_decay"], half_life=DAY, collapse_repeats=True
    )["time_decay"].credit
    assert credit == pytest.approx({"A": 1 / 3, "B": 2 / 3})


def test_touches_many_half_lives_old_still_share_their_conversion() -> None:
    credit = attribute(paths_of([("AB", True)]), ["time_decay"], half_life=1)["time_decay"].credit
    assert credit == pytest.approx({"A": 0.0, "B": 1.0})
    assert sum(credit.values()) == 1.0


def test_nothing_converted_means_nothing_credited() -> None:
    for answer in attribute(paths_of([("AB", False)])).values():
        assert answer.credit == {"A": 0.0, "B": 0.0}
    for answer in attribute(paths_of([])).values():
        assert answer.credit == {}


def test_an_unknown_model_is_named_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="first, last, linear"):
        attribute(paths_of([("A", True)]), ["middle"])  # type: ignore[list-item]
