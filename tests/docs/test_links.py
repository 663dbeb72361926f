"""Every relative link of the documentation leads somewhere, and every setting is documented."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from raabta.runtime.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "operate.md").read_text("utf-8")
    for field in fields(Settings):
        assert f"RAABTA_{field.name.upper()}" in text
    assert "RAABTA_SECRET" in text


def test_every_dependency_has_its_line() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text("utf-8").lower()
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    block = project[project.index("\ndependencies = [") :]
    block = block[: block.index("\n]")]
    for name in re.findall(r'"([a-zA-Z0-9_.-]+)', block):
        assert name.lower() in text, f"{name} is missing from docs/dependencies.md"
