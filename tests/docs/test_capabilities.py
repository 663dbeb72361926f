"""The checklist is whole, and nothing on it is called done without a page and a test."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_ROW = re.compile(r"^\| (\d+)(?:-(\d+))? \|(.*)\|(.*)\|(.*)\|(.*)\|$")


def _rows() -> list[tuple[int, int, list[str]]]:
    found = []
    for line in (ROOT / "docs" / "capabilities.md").read_text("utf-8").splitlines():
        match = _ROW.match(line)
        if match:
            first = int(match[1])
            cells = [match[n].strip() for n in (3, 4, 5, 6)]
            found.append((first, int(match[2] or first), cells))
    return found


def test_every_capability_has_exactly_one_row() -> None:
    numbers = [n for first, last, _ in _rows() for n in range(first, last + 1)]
    assert numbers == list(range(1, 111))


def test_what_is_done_names_a_page_and_a_test_that_exist() -> None:
    for first, _, (name, state, page, test) in _rows():
        assert state.split(":")[0] in ("done", "part", "planned"), (first, state)
        if state == "planned":
            continue
        target = re.search(r"\((.+?)\)", page)
        assert target, f"{first} {name} names no page"
        assert (ROOT / "docs" / target[1]).is_file(), f"{first}: no page {target[1]}"
        place = ROOT / test
        tests = [place] if place.is_file() else sorted(place.rglob("test_*.py"))
        assert tests, f"{first} {name}: no test at {test}"
        assert any("def test_" in t.read_text("utf-8") for t in tests)


def test_what_is_partly_done_says_which_part() -> None:
    for first, _, (name, state, _page, _test) in _rows():
        if state.startswith("part"):
            assert len(state) > len("part: "), f"{first} {name} does not say which part"
