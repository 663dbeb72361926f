"""Printing for people and for programs, and turning errors into one clear line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from raabta.core.errors import RaabtaError

# Lines are not broken where nobody looks: a program may read them.
out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value for programs.")]


def configure_logs(level: str) -> None:
    """Logs on standard error: lines for people on a terminal, else JSON for programs."""
    is_seen = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=is_seen)
            if is_seen
            else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Looked up at each call: whoever replaces standard error gets the lines.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


@contextmanager
def plain_errors(*, as_json: bool = False) -> Iterator[None]:
    """Exit with status 1 and what to do; a defect keeps its traceback."""
    try:
        yield
    except RaabtaError as error:
        if as_json:
            said: dict[str, Any] = {
                "error": error.code,
                "message": error.message,
                "field": error.field,
                "remedy": error.remedy,
                "retry": error.retry,
            }
            problems = getattr(error, "problems", None)
            if problems:
                said["problems"] = [vars(p) for p in problems]
            print_json(said)
        else:
            err.print(f"[bold red]error[/] {_escape(str(error))}")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        err.print("stopped; run the same command to go on")
        raise typer.Exit(130) from None


def _escape(text: str) -> str:
    return text.replace("[", "\\[")


@contextmanager
def progress(title: str, *, quiet: bool) -> Iterator[Callable[[float, float], None]]:
    """A bar on standard error; call the result with (done, total)."""
    if quiet or not err.is_terminal:
        yield lambda _done, _total: None
        return
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    )
    with bar:
        task = bar.add_task(title, total=None)

        def update(done: float, total: float) -> None:
            bar.update(task, completed=int(done), total=int(total))

        yield update


def table(title: str, columns: list[str], rows: list[list[Any]]) -> None:
    """A quiet table; numbers to the right."""
    shown = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for n, column in enumerate(columns):
        numeric = all(isinstance(row[n], int | float) for row in rows) and bool(rows)
        shown.add_column(column, justify="right" if numeric else "left")
    for row in rows:
        shown.add_row(*(_cell(value) for value in row))
    out.print(shown, soft_wrap=not out.is_terminal)
    out.print()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.1f}"
    return _escape(str(value))
