"""`raabta`: every command in one place. Each has `--json`, and an example in its help."""

from __future__ import annotations

import typer

from raabta.cli import ask, definitions, demo, imports, serve, setup, simulate, users
from raabta.cli.console import configure_logs

app = typer.Typer(
    name="raabta",
    help="Omnichannel marketing orchestration: every send, and every non-send, explained.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

app.command()(setup.init)
app.command()(serve.serve)
app.command()(demo.demo)
app.command()(definitions.plan)
app.command()(definitions.apply)
app.command("import")(imports.import_)
app.command()(simulate.simulate)
app.command()(ask.why)
app.command()(ask.report)
app.command()(setup.doctor)
app.add_typer(setup.key_app, name="key")
app.add_typer(users.user_app, name="user")


def main() -> None:
    """Entry point. Logs go to standard error; `serve` asks for more of them."""
    configure_logs("warning")
    app()
