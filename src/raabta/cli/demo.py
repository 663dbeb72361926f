"""`raabta demo`: the whole loop on real households, then the application until stopped."""

from __future__ import annotations

import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
import uvicorn
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from raabta.api.app import create_app
from raabta.api.live import Server
from raabta.channels.catcher.server import Catcher
from raabta.channels.catcher.store import MailStore
from raabta.cli.ask import lift_words
from raabta.cli.console import AsJson, err, out, plain_errors, print_json, table
from raabta.cli.serve import (
    address,
    announced,
    listening,
    owner_link,
    tell_owner_link,
    uvicorn_config,
)
from raabta.core.clock import SystemClock, iso
from raabta.core.errors import Unavailable
from raabta.decisioning.model import RULE_WORDS
from raabta.lab.demo import Demo, fresh_home
from raabta.runtime.engine import Engine
from raabta.runtime.settings import Settings, load
from raabta.web.pages import add_web


def demo(
    *,
    no_serve: Annotated[bool, typer.Option(help="Stop when the work is done.")] = False,
    home: Annotated[Path, typer.Option(help="Where the demo lives; made anew each time.")] = Path(
        "raabta-data/demo"
    ),
    port: Annotated[int | None, typer.Option(help="Default: RAABTA_PORT or 8620.")] = None,
    json: AsJson = False,
) -> None:
    """Import a year of 2,469 real households, live their last week, and show what was done.

    Example: raabta demo --no-serve --json
    """
    with plain_errors(as_json=json):
        _ends_in_order()
        settings = _settings(home, 0 if no_serve and port is None else port)
        fresh_home(home)
        with bars(quiet=json) as (say, bar):
            run = Demo(settings, say, bar)
            _run(run, no_serve=no_serve, as_json=json)


def _settings(home: Path, port: int | None) -> Settings:
    """The demo's own stores, whatever the environment says of others."""
    base = load({}, folder=home)
    return replace(
        base,
        home=home,
        state_url=f"sqlite:///{home / 'state.db'}",
        history_url=f"duckdb:///{home / 'history.duckdb'}",
        port=load().port if port is None else port,
    )


def _ends_in_order() -> None:
    """Ctrl-C and SIGTERM end it alike, also where a shell started it with SIGINT turned off."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def _run(run: Demo, *, no_serve: bool, as_json: bool) -> None:
    clock = run.prepare()
    store = MailStore(run.settings.home / "mails.db")
    with listening(run.settings) as (listener, bound), Catcher(store, SystemClock()) as catcher:
        settings = run.settings = bound
        engine = Engine(replace(settings, smtp_url=catcher.url), clock=clock)
        run.load_history(engine)
        run.declare(engine)
        run.backtest(engine)
        run.shown.write_key = engine.keys.create("write", "demo", engine.wall.now())[1]
        run.shown.api_key = engine.keys.create("api", "demo", engine.wall.now())[1]
        token = secrets.token_urlsafe(32)
        app = add_web(create_app(engine, local_token=token, mails=store))
        server = Server(uvicorn_config(app))
        engine.start()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            with announced(settings, token):
                _until_up(server)
                run.live(engine, clock, address(settings))
                found, _ = run.finish(engine)
                link = None if no_serve else owner_link(engine, settings)
                if as_json:
                    print_json(found | {"owner_link": link})
                else:
                    show(found, settings, run)
                if not no_serve:
                    _serve(settings, run, thread, link, quiet=as_json)
        except KeyboardInterrupt:
            out.print("Stopped.")
        finally:
            server.should_exit = True
            thread.join(timeout=60)
    store.close()


def _until_up(server: uvicorn.Server) -> None:
    for _ in range(200):
        if server.started:
            return
        time.sleep(0.05)
    raise Unavailable("the server did not start")


def _serve(
    settings: Settings, run: Demo, thread: threading.Thread, link: str | None, *, quiet: bool
) -> None:
    if not quiet:
        url = address(settings)
        out.print(f"\nRaabta goes on, now in real time, at [bold]{url}[/]; stop with Ctrl-C.")
        tell_owner_link(link)
        out.print(f"  API key (shown this once): {run.shown.api_key}", highlight=False)
        out.print(f"  Write key for an SDK:      {run.shown.write_key}", highlight=False)
        out.print(
            f"  RAABTA_HOME={settings.home} .venv/bin/raabta why household-1\n"
            f"  curl -H 'Authorization: Bearer {run.shown.api_key}' {url}/api/v1/mails",
            highlight=False,
            soft_wrap=True,
        )
    thread.join()


@contextmanager
def bars(
    *, quiet: bool
) -> Iterator[tuple[Callable[[str], None], Callable[[str, float, float], None]]]:
    """One line of progress on standard error: what is being done, and how far it is."""
    if quiet or not err.is_terminal:
        last = [""]

        def tell(text: str) -> None:
            if not quiet and text != last[0]:
                last[0] = text
                err.print(text)

        yield tell, lambda text, _done, _total: tell(text)
        return
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=None)

        def say(text: str) -> None:
            bar.update(task, description=text, completed=0, total=None)

        def update(text: str, done: float, total: float) -> None:
            bar.update(task, description=text, completed=done, total=total)
            if done >= total and "present" in text:
                bar.update(task, visible=False)

        yield say, update


def show(found: dict[str, Any], settings: Settings, run: Demo) -> None:
    """The summary a shop owner reads."""
    assert run.prepared is not None
    out.print()
    out.rule("[bold]What came in")
    out.print(
        f"{found['profiles']:,} households, {found['orders']:,} baskets, "
        f"{found['touches']:,} letters, {found['redemptions']:,} coupons redeemed."
    )
    out.print(
        f"Real purchases, their dates moved by {found['dates_shifted_weeks']} whole weeks so that "
        f"the last falls on {iso(run.prepared.last)[:10]}. "
        "Made up: addresses, consents, languages, time zones."
    )
    out.print(
        f"A year was imported in {found['seconds']['import']:.0f} s; the last seven days were sent "
        f"by the Segment SDK in {found['seconds']['live']:.0f} s.\n"
    )
    table(
        "Who is in which segment",
        ["segment", "households"],
        [[k, n] for k, n in found["segments"].items()],
    )
    _show_decisions(found)
    _show_backtest(found["backtest"])
    _show_earned(found)


def _show_decisions(found: dict[str, Any]) -> None:
    out.rule("[bold]What was said, and what was not")
    out.print(
        f"{found['candidates']:,} messages were considered: {found['messages_sent']:,} sent, "
        f"{found['deferred']:,} put off, {sum(found['withheld'].values()):,} withheld."
    )
    table(
        "Sent, by journey",
        ["journey", "messages"],
        [[k, n] for k, n in found["sent_by_journey"].items()],
    )
    reasons = [
        [
            rule,
            RULE_WORDS.get(rule, rule),
            found["withheld"].get(rule, 0),
            found["deferred_by"].get(rule, 0),
        ]
        for rule in sorted({*found["withheld"], *found["deferred_by"]})
    ]
    table("Not sent, and why", ["rule", "the household ...", "withheld", "put off"], reasons)
    out.print(f"{found['simulated_answers']:,} opens and clicks were [italic]simulated[/].\n")


def _show_backtest(backtest: dict[str, Any]) -> None:
    one = backtest["as_declared"]
    out.rule("[bold]The ninety days before, replayed under these rules")
    out.print(
        f"{one['messages']:,} messages to {one['people_reached']:,} households; "
        f"{sum(one['withheld'].values()):,} withheld, {one['deferred']:,} put off. "
        "Try another cap: raabta simulate --all --set caps.promotional.max=3 --from ... --to ...\n"
    )


def _show_earned(found: dict[str, Any]) -> None:
    out.rule("[bold]Which campaign earned what")
    models = ("first", "last", "linear", "time_decay", "markov")
    attribution = found["attribution"]
    names = sorted(attribution["linear"], key=lambda n: -attribution["linear"][n])[:12]
    rows = [[n, *(float(attribution[m].get(n, 0.0)) for m in models)] for n in names]
    table("Orders credited, by model (the twelve largest)", ["campaign or journey", *models], rows)
    out.print(
        f"{found['unattributed']:,} orders had no message before them in 30 days. "
        "Credits and these add up to all orders."
    )
    for lift in found["lift"]:
        out.print(f"Lift of {lift['journey']}: {lift_words(lift)}", markup=False)
    out.print(
        "The orders were made in a world without these messages, so the true lift here is zero."
    )
