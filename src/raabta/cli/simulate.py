"""`raabta simulate`: last year under these definitions, or under others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from raabta.cli.access import reach
from raabta.cli.console import AsJson, out, plain_errors, print_json, progress, table
from raabta.cli.definitions import documents_of
from raabta.core.clock import instant
from raabta.core.errors import InvalidInput
from raabta.lab.settings import parse_setting
from raabta.lab.simulations import Order
from raabta.runtime.settings import load


def simulate(
    journey: Annotated[str | None, typer.Argument(help="One journey's name.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All journeys together.")] = False,
    start: Annotated[str, typer.Option("--from", help="First day, as 2026-08-01.")],
    end: Annotated[str, typer.Option("--to", help="Last instant, as 2026-11-01.")],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Run again under a changed policy and compare."),
    ] = None,
    definitions: Annotated[
        Path | None, typer.Option(help="Take definitions from this folder, not those in force.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Replay history through the engine: who would have got what. Writes nothing.

    Example: raabta simulate --all --from 2026-08-01 --to 2026-11-01 --set caps.promotional.max=3
    """
    with plain_errors(as_json=json):
        if (journey is None) != every:
            raise InvalidInput("name one journey, or say --all", field="journey")
        here = load()
        order = Order(
            start=instant(start, "from"),
            end=instant(end, "to"),
            journey=journey,
            settings=dict(parse_setting(text) for text in settings or []),
            documents=documents_of(definitions, here) if definitions else None,
        )
        with progress("replaying", quiet=json) as bar, reach(here) as workspace:

            def watch(share: float, _messages: int) -> bool:
                bar(share * 100, 100)
                return True

            found = workspace.simulate(order, watch)
        if json:
            print_json(found)
        else:
            show(found)


def show(found: dict[str, Any]) -> None:
    """Tables of one run, or of two side by side."""
    one, other = found["as_declared"], found.get("changed")
    runs = [one] + ([other] if other else [])
    heads = ["as declared"]
    if other:
        heads.append(", ".join(f"{k}={v}" for k, v in other["settings"].items()))
        heads.append("difference")

    def rows(values: list[dict[str, int]]) -> list[list[Any]]:
        keys = sorted({k for v in values for k in v})
        found = []
        for key in keys:
            numbers = [v.get(key, 0) for v in values]
            found.append([key, *numbers] + ([numbers[1] - numbers[0]] if other else []))
        return found

    out.print(f"{one['from'][:10]} to {one['to'][:10]}, {one['events']:,} events replayed.\n")
    plain = ("candidates", "messages", "people_reached", "deferred", "entered", "still_inside")
    table("", ["", *heads], rows([{k: r[k] for k in plain} for r in runs]))
    table("Messages by journey", ["journey", *heads], rows([r["by_journey"] for r in runs]))
    table("Messages by channel", ["channel", *heads], rows([r["by_channel"] for r in runs]))
    table("Withheld, by rule", ["rule", *heads], rows([r["withheld"] for r in runs]))
    table("Messages by day", ["day", *heads], rows([r["by_day"] for r in runs]))
    out.print(
        "Contacts are exact. Answers are not simulated: waits for an open or a click time out."
    )
