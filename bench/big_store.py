"""A workspace of a million people and twenty million events, built once and kept.

Written in the stores' own formats by their own writers where these are fast enough: the history by
its feed, definitions by applying the grocer's, memberships by asking the segments' conditions, the
tallies by the migration that counts existing stores. Everything is drawn by keyed chance.

    python -m bench.big_store [--scale 0.02]
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import sqlite3
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl

from bench.big_people import (
    BATCH,
    NOW,
    TRAITS,
    Size,
    acts,
    answered,
    identified,
    keyed,
    people,
    within,
)
from raabta.audiences import timeline as audiences
from raabta.channels.catcher.store import MailStore
from raabta.core.clock import DAY, HOUR, SECOND
from raabta.core.ids import uniform
from raabta.journeys.model import Journey, Send, WaitFor, WaitUntil
from raabta.lab.demo import examples
from raabta.runtime.definitions import Declared, load, rules
from raabta.runtime.settings import Settings
from raabta.runtime.settings import load as load_settings
from raabta.storage.history.duck import DuckHistory
from raabta.storage.state.database import Database
from raabta.storage.state.definitions import Definitions
from raabta.storage.state.engine import EngineState
from raabta.storage.state.migrations import migrate

#: Raised when the store's contents change: an older one is built anew.
VERSION = "1"
FOLDER = Path("raabta-data/bench-web")
SPAN = 60 * DAY
MAILS = 5_000
_EXITS = ("completed", "goal", "timed out", "bought in time", "silent")
#: Outcome, rule and share of the decisions. The last one is rare.
_OUTCOMES = (
    ("sent", None, 0.5),
    ("deferred", "cap", 0.14),
    ("deferred", "quiet_hours", 0.12),
    ("withheld", "cap", 0.08),
    ("withheld", "holdout", 0.09),
    ("withheld", "no_consent", 0.06),
    ("withheld", "no_address", 0.009_99),
    ("withheld", "suppressed", 0.000_01),
)
_SOURCE = "import:grocer"


def settings(folder: Path) -> Settings:
    return load_settings({"RAABTA_HOME": str(folder)}, folder)


def ready(scale: float = 1.0) -> Path:
    """The folder of a store that is as this file says; built where it is not."""
    folder = FOLDER if scale == 1 else FOLDER.with_name(f"{FOLDER.name}-{scale:g}")
    stamp = folder / "version"
    if not stamp.exists() or stamp.read_text() != VERSION:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _Build(folder, Size(scale)).run()
        stamp.write_text(VERSION)
    return folder


class _Build:
    def __init__(self, folder: Path, size: Size) -> None:
        self._size = size
        self._settings = settings(folder)
        self._mails = folder / "mails.db"
        self._file = folder / "state.db"
        self._began = time.perf_counter()

    def _say(self, words: str) -> None:
        print(f"{time.perf_counter() - self._began:6.1f} s  {words}", file=sys.stderr, flush=True)

    def run(self) -> None:
        database = Database.open(self._settings.state_url)
        migrate(database)
        history = DuckHistory.open(self._settings.history_url, memory_limit="6GB")
        documents = load(examples())
        Definitions(database).apply(list(documents.documents.values()), NOW - SPAN - DAY)
        database.close()
        everybody = people(self._size)
        self._state = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000"):
            self._state.execute(f"PRAGMA {pragma}")
        indexes = self._unindexed()
        self._say("who they are")
        self._who(everybody)
        self._say("journeys and decisions")
        enrolled = self._enrollments(documents)
        decided = self._decisions(documents, enrolled, everybody)
        self._say("events")
        tail = self._events(history, everybody, decided)
        self._say("memberships")
        self._memberships(documents, history, everybody["id"])
        history.close()
        self._say("indexes and tallies")
        for index in indexes:
            self._state.execute(index)
        migration = "raabta.storage.state.migrations.versions.0003_tallies"
        for statement in importlib.import_module(migration).COUNTS:
            self._state.execute(statement)
        self._state.close()
        self._stand(tail, documents)
        self._say("mails")
        self._catch()
        self._say("built")

    def _unindexed(self) -> list[str]:
        """Large tables are filled first and indexed then."""
        rows = self._state.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
            "AND tbl_name IN ('log', 'identifiers', 'memberships', 'enrollments', 'ledger', "
            "'outbox', 'profiles')"
        ).fetchall()
        for name, _ in rows:
            self._state.execute(f"DROP INDEX {name}")
        return [sql for _, sql in rows]

    def _insert(self, table: str, frame: pl.DataFrame) -> None:
        names = ", ".join(f'"{c}"' for c in frame.columns)
        marks = ", ".join("?" * frame.width)
        self._state.execute("BEGIN")
        for piece in frame.iter_slices(200_000):
            self._state.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", piece.rows())
        self._state.execute("COMMIT")

    def _who(self, everybody: pl.DataFrame) -> None:
        seeds = pl.Series(keyed(everybody.height, 11))
        self._insert(
            "profiles",
            everybody.select("id", "user_id", "anonymous_id", "created_at", seed=seeds),
        )
        for kind in ("anonymous_id", "user_id"):
            found = everybody.filter(pl.col(kind).is_not_null()).select(
                kind=pl.lit(kind), value=kind, profile="id", linked_at="created_at"
            )
            self._insert("identifiers", found)
        keys = sorted(TRAITS)
        for piece in everybody.iter_slices(100_000):
            long = (
                piece.unpivot(keys, index=["id", "created_at"], variable_name="key")
                .sort("id", "key")
                .select(
                    "key",
                    profile="id",
                    value=pl.concat_str(pl.lit('"'), "value", pl.lit('"')),
                    at="created_at",
                    source=pl.lit(_SOURCE),
                )
            )
            self._insert("traits", long)
        agreed = pl.Series(uniform(everybody["id"].to_numpy(), 12) < 0.92).cast(pl.Int64)
        self._insert(
            "consents",
            everybody.select(
                profile="id",
                channel=pl.lit("email"),
                topic=pl.lit("*"),
                granted=agreed,
                at="created_at",
                source=pl.lit(_SOURCE),
            ),
        )

    # --- journeys ---------------------------------------------------------------------------

    def _enrollments(self, declared: Declared) -> pl.DataFrame:
        """A fifth is inside, at steps where one can wait, due within five days."""
        n = self._size.enrollments
        places = np.arange(n, dtype=np.int64)
        journeys = sorted(declared.journeys.values(), key=lambda j: j.name)
        which = (uniform(places, 21) ** 2 * len(journeys)).astype(np.int64)
        inside = uniform(places, 22) < 0.2
        drawn = uniform(places, 23)
        steps, names, states = [], [], []
        for number, is_inside, share in zip(which, inside, drawn, strict=True):
            journey = journeys[number]
            chosen = _stops(journey)
            step = chosen[int(share * len(chosen))]
            is_put_off = isinstance(journey.steps[step], Send)
            steps.append(step)
            names.append(journey.name)
            states.append("ended" if not is_inside else "deferred" if is_put_off else "waiting")
        ended = pl.Series(~inside)
        entered = NOW - within(uniform(places, 24), 2 * SPAN) - HOUR
        held = within(uniform(places, 25) * 0.9, 1_000_000)
        since = entered + ((NOW - entered) * held) // 1_000_000
        exits = pl.Series(_EXITS).gather((uniform(places, 26) * len(_EXITS)).astype(np.int64))
        # nobody is in a journey twice: people are taken in turn
        who = 1 + places * 7 % self._size.people
        found = pl.DataFrame(
            {
                "id": keyed(n, 20),
                "journey": names,
                "version": 1,
                "profile": who,
                "entered_at": entered,
                "entry_seq": pl.Series([None] * n, dtype=pl.Int64),
                "holdout": (uniform(places, 27) < 0.1).astype(np.int64),
                "step": steps,
                "state": states,
                "since": since,
                "due_at": NOW + HOUR + within(uniform(places, 28), 5 * DAY),
                "attempt": 0,
                "ended_at": since,
                "exit": exits,
            }
        ).with_columns(
            due_at=pl.when(~ended).then("due_at"),
            ended_at=pl.when(ended).then("ended_at"),
            exit=pl.when(ended).then("exit"),
        )
        self._insert("enrollments", found)
        return found

    def _decisions(
        self, declared: Declared, enrolled: pl.DataFrame, everybody: pl.DataFrame
    ) -> pl.DataFrame:
        """Ledger and outbox; returns the ledger's rows."""
        n = self._size.decisions
        places = np.arange(n, dtype=np.int64)
        sends = _sends(declared)
        chosen = (uniform(places, 41) * enrolled.height).astype(np.int64)
        kinds = pl.DataFrame(_OUTCOMES, schema=["outcome", "rule", "share"], orient="row")
        ends = kinds["share"].cum_sum().to_numpy()
        which = np.minimum(np.searchsorted(ends, uniform(places, 42), "right"), len(ends) - 1)
        frame = enrolled[chosen].select("profile", "journey", "version", enrollment="id")
        frame = frame.with_columns(
            id=pl.Series(keyed(n, 40)),
            at=NOW - SPAN + pl.Series(places * ((SPAN - HOUR) // n)),
            pick=pl.Series(uniform(places, 43)),
            attempt=pl.Series((uniform(places, 44) * 3).astype(np.int64)),
            later=within(uniform(places, 45), 2 * DAY),
            outcome=kinds["outcome"].gather(which),
            rule=kinds["rule"].gather(which),
        )
        counts = sends.group_by("journey").agg(of=pl.len())
        frame = frame.join(counts, on="journey", maintain_order="left").with_columns(
            number=(pl.col("pick") * pl.col("of")).cast(pl.Int64)
        )
        frame = frame.join(sends, on=["journey", "number"], maintain_order="left").sort("at")
        sent = pl.col("outcome") == "sent"
        before = pl.when(sent).then("id").forward_fill().over("profile")
        rows = frame.with_columns(
            rival=pl.when(pl.col("rule") == "cap").then(before),
            until=pl.when(pl.col("outcome") == "deferred").then(pl.col("at") + pl.col("later")),
        ).drop("pick", "of", "number", "later")
        self._insert("ledger", rows)
        self._insert("outbox", _outbox(rows.filter(sent), everybody))
        return rows

    # --- events -----------------------------------------------------------------------------

    def _events(self, history: DuckHistory, everybody: pl.DataFrame, decided: pl.DataFrame) -> int:
        """All events into the log and the history, side by side; returns the log's tail."""
        sent = decided.filter(pl.col("outcome") == "sent")
        ours = answered(sent, 0)
        n = self._size.events - everybody.height - ours.height
        ours = ours.with_columns(pl.col("seq") + everybody.height + n + 1)
        tail = 0
        with ThreadPoolExecutor(1) as writer:
            written: Future[None] | None = None
            for part in (identified(everybody), acts(self._size, n), ours.iter_slices(BATCH)):
                for piece in part:
                    is_ours = "message_id" in piece.columns
                    rows = piece.with_columns(
                        received_at="timestamp",
                        origin=pl.lit(0 if is_ours else 1, pl.Int64()),
                        source=pl.lit("channels" if is_ours else _SOURCE),
                    )
                    if written is not None:
                        written.result()
                    written = writer.submit(self._log, rows)
                    tail = int(rows["seq"][-1])
                    with history.transaction():
                        history.append(rows, tail)
                    self._say(f"{tail:,} events")
            if written is not None:
                written.result()
        return tail

    def _log(self, rows: pl.DataFrame) -> None:
        if "message_id" not in rows.columns:
            number = pl.col("seq").cast(pl.String).str.zfill(10)
            rows = rows.with_columns(message_id=pl.lit("import-") + number)
        self._insert("log", rows.drop("profile"))

    def _memberships(self, declared: Declared, history: DuckHistory, ids: pl.Series) -> None:
        """By the segments' own conditions; since when somebody is a member is drawn."""
        versions = dict.fromkeys(declared.documents, 1)
        for segment in sorted(rules(declared, versions, 1, [], {}).segments, key=lambda s: s.name):
            found = audiences.as_of([segment], history, ids, NOW).sort("profile")
            days = uniform(found["profile"].to_numpy(), len(segment.name))
            since = NOW - within(days**2, SPAN) - 1
            frame = found.with_columns(pl.col("member").cast(pl.Int64), since=since)
            self._insert("memberships", frame)
            self._say(f"{segment.name}: {found['member'].sum():,} members")

    # --- the rest ---------------------------------------------------------------------------

    def _stand(self, tail: int, declared: Declared) -> None:
        """The engine stands at the log's end and knows all definitions."""
        database = Database.open(self._settings.state_url)
        state = EngineState(database)
        filled = {name: 1 for kind, name in declared.documents if kind == "segment"}
        with database.begin() as connection:
            state.put_meta(connection, "log_tail", {"seq": tail, "at": NOW})
            state.save_position(connection, tail, NOW)
            state.put_meta(connection, "segments", filled)
        database.close()

    def _catch(self) -> None:
        store = MailStore(self._mails)
        for number in range(MAILS):
            to = f"customer-{number:08}@example.test"
            mail = (
                f"From: shop@example.test\r\nTo: {to}\r\nSubject: Your list number {number}\r\n"
                f"Message-ID: <{number}@example.test>\r\nContent-Type: text/html\r\n\r\n"
                f"<h1>Hello</h1><p>{'Milk, bread, coffee. ' * 100}</p>\r\n"
            )
            store.add(
                NOW - (MAILS - number) * 60 * SECOND, "shop@example.test", [to], mail.encode()
            )
        store.close()


def _stops(journey: Journey) -> list[int]:
    """The steps at which people can be found."""
    stays = WaitFor | WaitUntil | Send
    return [n for n, step in enumerate(journey.steps) if isinstance(step, stays)]


def _sends(declared: Declared) -> pl.DataFrame:
    rows = []
    for journey in declared.journeys.values():
        found = [step for step in journey.steps if isinstance(step, Send)]
        for number, step in enumerate(found):
            rows.append(
                {
                    "journey": journey.name,
                    "number": number,
                    "step": step.id,
                    "channel": step.channel,
                    "class": step.cls,
                    "topic": step.topic,
                    "template": step.template,
                    "priority": step.priority,
                    "value": step.value,
                }
            )
    return pl.DataFrame(rows)


def _outbox(sent: pl.DataFrame, everybody: pl.DataFrame) -> pl.DataFrame:
    named = sent.join(
        everybody.select("locale", profile="id", address="email"),
        on="profile",
        maintain_order="left",
    )
    failed = pl.Series(uniform(sent["id"].to_numpy(), 51) < 0.002)
    return named.select(
        "id",
        "profile",
        "channel",
        "address",
        "locale",
        "template",
        "journey",
        "topic",
        "class",
        decided_at="at",
        state=pl.when(failed).then(pl.lit("failed")).otherwise(pl.lit("sent")),
        next_at="at",
        attempts=pl.lit(1),
        sent_at=pl.when(~failed).then(pl.col("at") + 2 * SECOND),
        error=pl.when(failed).then(pl.lit("550 no such mailbox")),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=float, default=1.0)
    print(ready(parser.parse_args().scale))
