"""The ledger's pages, counts and exports: nothing skipped, nothing twice, nothing run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raabta.core.clock import HOUR, MINUTE, FixedClock, instant
from raabta.core.errors import InvalidInput
from raabta.runtime import workspace
from raabta.runtime.asking import Asking, LedgerFilters
from raabta.storage.history.duck import DuckHistory
from raabta.storage.state import tables as t
from raabta.storage.state.database import Database
from smallshop import WELCOME, definitions, documents, eventually, person, track
from smallshop.life import Life
from smallshop.served import Served

START = instant("2026-03-02T09:00:00")
JOURNEYS = ("welcome", "thanks")


@pytest.fixture
def asking(database: Database) -> Iterator[Asking]:
    history = DuckHistory.open("duckdb://")
    with database.begin() as connection:
        for name in JOURNEYS:
            connection.execute(
                t.definitions.insert().values(
                    kind="journey", name=name, version=1, body='{"steps": [{"send": '
                    f'{{"template": "{name}-mail"}}}}]}}', hash="", file="", applied_at=0,
                    active=True,
                )
            )  # fmt: skip
    yield Asking(database, history)
    history.close()


def fill(database: Database, rows: list[tuple[int, int, int, int]]) -> list[int]:
    """Ledger rows and their tallies: (minutes, person, journey, outcome)."""
    outcomes = (("sent", None), ("deferred", "cap"), ("withheld", "cap"), ("withheld", "holdout"))
    frame = pl.DataFrame(
        [
            {
                "id": number * 7_919 % 100_003,
                "at": START + minutes * MINUTE,
                "profile": who,
                "journey": JOURNEYS[journey],
                "version": 1,
                "step": "send",
                "enrollment": number,
                "attempt": 1,
                "channel": "email",
                "class": "promotional",
                "topic": "offers",
                "template": f"{JOURNEYS[journey]}-mail",
                "priority": 50,
                "value": 1.0,
                "outcome": outcomes[outcome][0],
                "rule": outcomes[outcome][1],
            }
            for number, (minutes, who, journey, outcome) in enumerate(rows, 1)
        ],
        schema_overrides={"rule": pl.String},
    )
    keys = ["journey", "slot", "version", "step", "channel", "class", "outcome", "rule"]
    tallies = (
        frame.with_columns(slot=pl.col("at") // (15 * MINUTE), rule=pl.col("rule").fill_null(""))
        .group_by(keys)
        .agg(n=pl.len().cast(pl.Int64))
    )
    with database.begin() as connection:
        connection.execute(t.ledger.delete())
        connection.execute(t.ledger_tallies.delete())
        database.insert(connection, t.ledger, frame)
        database.insert(connection, t.ledger_tallies, tallies)
        ever = (
            tallies.with_columns(slot=pl.lit(-1, pl.Int64())).group_by(keys).agg(pl.col("n").sum())
        )
        database.insert(connection, t.ledger_tallies, ever)
    return frame.sort("at", "id")["id"].to_list()


def walk(asking: Asking, asked: LedgerFilters, limit: int, **how: Any) -> list[int]:
    """Every page's ids, one after another."""
    found: list[int] = []
    cursor = None
    for _ in range(1_000):
        page = asking.ledger(asked, cursor=cursor, limit=limit, **how)
        assert len(page["ledger"]) <= limit
        found += [int(row["id"]) for row in page["ledger"]]
        cursor = page["next"]
        if cursor is None:
            return found
    raise AssertionError("the pages do not end")


ROWS = st.lists(
    st.tuples(
        # few instants, so that many rows share one
        st.sampled_from([0, 1, 14, 15, 60, 3_000]),
        st.integers(1, 3),
        st.integers(0, 1),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(rows=ROWS, limit=st.integers(1, 9))
def test_pages_of_any_size_give_each_row_once_in_order(
    asking: Asking, database: Database, rows: list[tuple[int, int, int, int]], limit: int
) -> None:
    ids = fill(database, rows)
    everything = LedgerFilters()
    assert walk(asking, everything, limit, oldest_first=True) == ids
    assert walk(asking, everything, limit) == ids[::-1]
    by_id = {number * 7_919 % 100_003: row for number, row in enumerate(rows, 1)}
    for asked, holds in (
        (LedgerFilters(rule=("holdout",)), lambda row: row[3] == 3),
        (LedgerFilters(journey=("thanks",), outcome=("withheld",)), lambda row: row[2:] in
         ((1, 2), (1, 3))),
        (LedgerFilters(template=("thanks-mail",)), lambda row: row[2] == 1),
        (LedgerFilters(profile=2), lambda row: row[1] == 2),
        (LedgerFilters(outcome=("sent", "deferred"), start=START + MINUTE, end=START + HOUR),
         lambda row: row[3] < 2 and 1 <= row[0] < 60),
    ):  # fmt: skip
        wanted = [one for one in ids if holds(by_id[one])]
        assert walk(asking, asked, limit, oldest_first=True) == wanted
        assert walk(asking, asked, limit) == wanted[::-1]


def test_a_page_that_must_look_long_goes_on_where_it_stopped(
    asking: Asking, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(database, [(minutes, 1, 0, minutes % 4) for minutes in range(0, 600, 7)])
    monkeypatch.setattr("raabta.runtime.asking.ledger.read.__kwdefaults__", {
        "oldest_first": False, "patience": -1.0
    })  # fmt: skip
    wanted = [one for n, one in enumerate(ids) if (n * 7) % 4 == 3]
    held = LedgerFilters(rule=("holdout",))
    assert walk(asking, held, 5, oldest_first=True) == wanted
    assert walk(asking, held, 5) == wanted[::-1]


def test_facets_count_what_another_choice_would_give(asking: Asking, database: Database) -> None:
    fill(database, [(0, 1, 0, 0), (0, 1, 0, 3), (20, 2, 1, 2), (20, 2, 1, 0), (40, 3, 1, 1)])
    found = asking.facets(LedgerFilters(outcome=("sent",)))
    assert found["total"] == 2
    assert found["outcome"] == [
        {"value": "sent", "n": 2},
        {"value": "withheld", "n": 2},
        {"value": "deferred", "n": 1},
    ]
    assert found["journey"] == [{"value": "thanks", "n": 1}, {"value": "welcome", "n": 1}]
    assert found["rule"] == []
    mine = asking.facets(LedgerFilters(profile=2))
    assert (mine["total"], mine["is_partial"]) == (2, False)
    assert mine["rule"] == [{"value": "cap", "n": 1}]


def test_a_cursor_that_is_none_is_refused(asking: Asking) -> None:
    for cursor in ("x", "WzFd", "%%%", "ünïcode", "WzFlOTk5LDFd"):
        with pytest.raises(InvalidInput) as refused:
            asking.ledger(LedgerFilters(), cursor=cursor)
        assert refused.value.field == "cursor"


# --- over REST --------------------------------------------------------------------------------


def decided(served: Served) -> dict[str, dict[str, Any]]:
    """A shop with two people of whom each gets a welcome and has an offer withheld."""
    for user in ("amina", "bilal"):
        traits = {"name": "=HYPERLINK(1)" if user == "bilal" else "Amina Khan"}
        # in one batch: the order must come within the second that the welcome waits
        order = track(user, "Order Completed", total=5)
        served.send(*person(user, **traits), track(user, "Signed Up"), order)
    eventually(lambda: len(served.get("/ledger")["ledger"]) == 6)
    return {f"{r['person']['name']} {r['template']}": r for r in served.get("/ledger")["ledger"]}


def test_a_row_opens_the_whole_decision(served: Served) -> None:
    rows = decided(served)
    sent, withheld = rows["Amina Khan welcome"], rows["Amina Khan offer"]
    eventually(lambda: served.get(f"/ledger/{sent['id']}")["delivery"]["state"] == "sent")
    whole = served.get(f"/ledger/{sent['id']}")
    assert whole["delivery"]["address"] == "amina@example.test"
    assert {c["rule"]: c["outcome"] for c in whole["checks"]} == {
        "holdout": "passed",
        "no_address": "passed",
        "suppressed": "passed",
        "no_consent": "passed",
        "quiet_hours": "not_applicable",
        "cap": "not_applicable",
    }
    assert whole["policy"]["caps"] == {"promotional": {"max": 1, "window": "7d"}}
    other = served.get(f"/ledger/{withheld['id']}")
    assert other["checks"][-1]["outcome"] == "stopped"
    assert other["rival"]["template"] == "thanks"
    assert withheld["rival"]["id"] == other["rival"]["id"]
    assert other["delivery"] is None
    by_rival = served.get("/ledger", params={"rival": other["rival"]["id"]})["ledger"]
    assert [row["id"] for row in by_rival] == [withheld["id"]]
    by_journey = served.get("/ledger", params={"rival": "thanks"})["ledger"]
    assert {row["template"] for row in by_journey} == {"offer"}
    assert len(by_journey) == 2


@pytest.mark.parametrize("unknown", ["0", "1", "9" * 19, "9" * 40, "x", "-1", "٣"])
def test_a_decision_that_is_not_there_is_a_404(served: Served, unknown: str) -> None:
    answer = served.ask("GET", f"/ledger/{unknown}")
    assert answer.status_code == 404
    assert answer.json()["field"] == "decision"


def test_several_values_of_a_filter_all_count(served: Served) -> None:
    decided(served)
    found = served.get("/ledger?template=welcome&template=thanks&outcome=sent")["ledger"]
    assert {row["template"] for row in found} == {"welcome", "thanks"}
    assert served.ask("GET", "/ledger?outcome=lost").status_code == 422
    assert served.ask("GET", "/ledger?nonsense=1").status_code == 422


def test_an_export_holds_every_row_and_no_formula(served: Served) -> None:
    rows = decided(served)
    answer = served.ask("GET", "/ledger/export", params={"format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert [line["id"] for line in table] == [row["id"] for row in rows.values()]
    assert {line["person"] for line in table} == {"Amina Khan", "'=HYPERLINK(1)"}
    assert not any(cell.startswith(tuple("=+-@\t")) for line in table for cell in line.values())


def test_a_step_is_named_in_words_wherever_its_decision_is_shown(served: Served) -> None:
    rows = decided(served)
    second = rows["Amina Khan offer"]
    assert (second["step"], second["step_label"]) == ("steps[2]", "2nd message: offer")
    assert served.get(f"/ledger/{second['id']}")["row"]["step_label"] == "2nd message: offer"
    urdu = served.get("/profiles/amina/timeline", params={"lang": "ur", "show": "decisions"})
    assert {item["step_label"] for item in urdu["items"]} == {
        "پہلا پیغام: \u2068welcome\u2069",
        "دوسرا پیغام: \u2068offer\u2069",
        "پہلا پیغام: \u2068thanks\u2069",
    }
    others = served.get(f"/ledger/{second['id']}")["others"]
    assert all(other["step_label"] for other in others)


def test_sentences_come_in_urdu(served: Served) -> None:
    decided(served)
    rows = served.get("/ledger", params={"lang": "ur", "template": "offer"})["ledger"]
    assert all("نہیں بھیجا گیا" in row["sentence"] for row in rows)
    assert served.ask("GET", "/ledger?lang=fr").status_code == 422


def test_a_deferred_decision_names_its_next_attempt(tmp_path: Path) -> None:
    life = Life(tmp_path, FixedClock(START))
    policy = "policy: default\ntimezone: UTC\nquiet_hours: {start: '10:30', end: '13:00'}\n"
    folder = definitions(tmp_path / "d", {"policy.yaml": policy, "journeys/welcome.yaml": WELCOME})
    workspace.apply(life.engine, documents(folder))
    life.hour()
    life.clock.at += 45 * MINUTE
    life.happens(*person("amina"), track("amina", "Order Completed"))
    life.hour(5)
    rows = life.engine.asking.ledger(LedgerFilters(journey=("thanks",)), oldest_first=True)[
        "ledger"
    ]
    assert [row["outcome"] for row in rows] == ["deferred", "sent"]
    whole = life.engine.asking.decision(rows[0]["id"])
    assert whole["next_attempt"]["id"] == rows[1]["id"]
    assert whole["checks"][4] == {
        "rule": "quiet_hours",
        "words": "would have been disturbed in the quiet hours of their time zone",
        "outcome": "stopped",
    }
    assert whole["checks"][5]["outcome"] == "not_asked"
    life.close()
