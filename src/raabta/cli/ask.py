"""`raabta why` and `raabta report`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from raabta.cli.access import reach
from raabta.cli.console import AsJson, out, plain_errors, print_json, table
from raabta.core.clock import duration, instant
from raabta.runtime.settings import load


def why(
    person: Annotated[str, typer.Argument(help="User id, e-mail address or profile id.")],
    at: Annotated[
        str | None, typer.Option(help="As of this time, as 2026-11-20T18:00:00Z.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many decisions.")] = 5,
    *,
    json: AsJson = False,
) -> None:
    """Tell why a person got, waits for, or did not get their messages.

    Example: raabta why household-1 --at 2026-11-20T18:00:00Z
    """
    with plain_errors(as_json=json):
        with reach(load()) as workspace:
            found = workspace.why(person, instant(at, "at") if at else None, limit)
        if json:
            print_json(found)
            return
        for line in sentences(found):
            out.print(line, markup=False, highlight=False)


def sentences(found: dict[str, Any]) -> list[str]:
    """The answer as lines of text."""
    told = [d["sentence"] for d in found["decisions"]]
    lines = [found["sentence"]] if found["sentence"] else told
    lines += [place["sentence"] for place in found["inside"]]
    return [*lines, f"(Times are those of {found['timezone']}.)"]


def report(
    start: Annotated[str | None, typer.Option("--from", help="Default: all of history.")] = None,
    end: Annotated[str | None, typer.Option("--to")] = None,
    lift_window: Annotated[
        str, typer.Option(help="How long after entry an order counts for lift.")
    ] = "14d",
    *,
    json: AsJson = False,
) -> None:
    """Which campaign and journey earned what, and what the holdouts say.

    Example: raabta report --from 2026-01-01 --json
    """
    with plain_errors(as_json=json):
        with reach(load()) as workspace:
            found = workspace.report(
                instant(start, "from") if start else None,
                instant(end, "to") if end else None,
                duration(lift_window, "lift_window"),
            )
        if json:
            print_json(found)
        else:
            show(found)


def show(found: dict[str, Any]) -> None:
    attribution = found["attribution"]
    models = list(attribution)
    touches = sorted(
        {t for credit in attribution.values() for t in credit},
        key=lambda t: -attribution[models[0]].get(t, 0.0),
    )
    rows = [[t, *(float(attribution[m].get(t, 0.0)) for m in models)] for t in touches]
    table("Orders credited, by model", ["touch", *models], rows)
    out.print(
        f"Orders: {found['conversions']:,}; "
        f"without any touch: {found['unattributed']['conversions']:,}."
    )
    for lift in found["lift"]:
        out.print(f"{lift['journey']}: {lift_words(lift)}", markup=False)


def lift_words(lift: dict[str, Any]) -> str:
    """One line about a journey's effect."""
    verdict = str(lift["verdict"])
    if lift["low"] is None or lift["absolute"] is None:
        return str(lift["reason"] or verdict)
    low, high = lift["low"], lift["high"]
    return (
        f"{verdict}: {lift['absolute']:+.3f} orders a person "
        f"(95 % sure between {low:+.3f} and {high:+.3f})"
    )
