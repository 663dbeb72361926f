"""`raabta import`: history from files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from raabta.cli.access import reach
from raabta.cli.console import AsJson, out, plain_errors, print_json, progress
from raabta.collect.importer import run_import
from raabta.collect.mapping import read_mapping
from raabta.core.clock import SystemClock
from raabta.core.errors import InvalidInput
from raabta.runtime.settings import load
from raabta.storage.state.database import Database
from raabta.storage.state.log import Log
from raabta.storage.state.migrations import migrate


def import_(
    mapping: Annotated[Path, typer.Argument(help="YAML that says which column is what.")],
    file: Annotated[Path, typer.Argument(help="CSV, Parquet or JSON lines.")],
    rejects: Annotated[
        Path | None, typer.Option(help="Where refused rows go. Default: beside the file.")
    ] = None,
    *,
    json: AsJson = False,
) -> None:
    """Import people or events of the past. Interrupted, it goes on where it was.

    Nobody enters a journey because of an import. Rows that cannot be taken are written to a file
    with line, field and reason.

    Example: raabta import examples/grocer/import/orders.yaml orders.parquet
    """
    with plain_errors(as_json=json):
        for path, field in ((mapping, "mapping"), (file, "file")):
            if not path.is_file():
                raise InvalidInput(f"there is no file {path}", field=field, remedy="check the path")
        settings = load()
        plan = read_mapping(mapping)
        database = Database.open(settings.state_url)
        migrate(database)
        with progress(f"reading {file.name}", quiet=json) as bar:
            result = run_import(
                database, Log(database), plan, file, SystemClock(), bar, rejects_path=rejects
            )
        database.close()
        with progress("taking it in", quiet=json) as bar, reach(settings) as workspace:
            workspace.settle(bar)
        if json:
            print_json({**vars(result), "rejects": str(result.rejects)})
            return
        if result.already_done:
            out.print(f"{file.name} was imported before; nothing was done.", markup=False)
            return
        out.print(
            f"{result.accepted:,} taken from {result.records:,} rows; "
            f"{result.duplicates:,} were there already; {result.rejected:,} refused."
        )
        if result.rejected:
            out.print(f"Refused rows, with reasons: {result.rejects}", markup=False)
