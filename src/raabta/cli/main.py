"""`raabta`: every command in one place. Each has `--json`, and an example in its help."""

from __future__ import annotations

import logging
import sys

import structlog
import typer

from raabta.cli import ask, definitions, demo, imports, serve, setup, simulate

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


def main() -> None:
    """Entry point: logs go to standard error as lines a person or a program can read."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
            if sys.stderr.isatty()
            else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    app()
