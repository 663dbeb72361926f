"""`raabta plan` and `raabta apply`: definitions as code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from raabta.cli.access import reach
from raabta.cli.console import AsJson, out, plain_errors, print_json
from raabta.core.documents import Document
from raabta.runtime.definitions import load
from raabta.runtime.settings import Settings
from raabta.runtime.settings import load as load_settings

Folder = Annotated[
    Path | None,
    typer.Argument(help="The folder of YAML files. Default: RAABTA_DEFINITIONS, or ./definitions."),
]

_SIGNS = {"create": "[green]+[/]", "update": "[yellow]~[/]", "remove": "[red]-[/]"}


def documents_of(folder: Path | None, settings: Settings) -> list[Document]:
    """The folder's definitions, checked among themselves."""
    return list(load(folder or settings.definitions).documents.values())


def plan(folder: Folder = None, *, json: AsJson = False) -> None:
    """Show what applying a folder would change, and for whom. Writes nothing.

    Example: raabta plan examples/grocer
    """
    with plain_errors(as_json=json):
        settings = load_settings()
        documents = documents_of(folder, settings)
        with reach(settings) as workspace:
            changes = workspace.plan(documents)
        _show(changes, json=json, done=False)


def apply(folder: Folder = None, *, json: AsJson = False) -> None:
    """Put a folder of definitions in force; what is not in it is removed.

    Example: raabta apply examples/grocer
    """
    with plain_errors(as_json=json):
        settings = load_settings()
        documents = documents_of(folder, settings)
        with reach(settings) as workspace:
            changes = workspace.apply(documents)
        _show(changes, json=json, done=True)


def _show(changes: list[dict[str, Any]], *, json: bool, done: bool) -> None:
    if json:
        print_json({"changes": changes, "applied": done})
        return
    if not changes:
        out.print("Nothing to change: the workspace is as the folder says.")
        return
    for change in changes:
        name = f"{change['kind']} {change['name']}"
        effect = str(change["effect"]).replace("[", "\\[")
        out.print(f"{_SIGNS[change['action']]} {name} (version {change['version']})  {effect}")
    out.print()
    verb = "Applied" if done else "Would apply"
    out.print(f"{verb} {len(changes)} change{'s' if len(changes) != 1 else ''}.")
