"""Importing files: what comes out, what is refused, and what an interruption costs (nothing)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import event, select

from raabta.collect import importer
from raabta.collect.importer import ImportResult, run_import
from raabta.collect.mapping import Mapping, read_mapping
from raabta.collect.model import IMPORTED
from raabta.core.clock import FixedClock, instant
from raabta.core.errors import InvalidDefinitions, InvalidInput, NotFound, Unavailable
from raabta.storage.state import tables
from raabta.storage.state.database import Database
from raabta.storage.state.log import Log
from raabta.storage.state.tables import metadata

CLOCK = FixedClock(instant("2026-03-01T12:00:00Z"))

ORDERS = {
    "import": "orders",
    "event": "Order Completed",
    "user_id": "customer",
    "timestamp": "time",
    "properties": {
        "order_id": "basket",
        "currency": {"value": "USD"},
        "total": {"sum": "price"},
        "items": {"count": "sku"},
    },
    "lines": {
        "group": "basket",
        "as": "products",
        "properties": {
            "product_id": "sku",
            "price": {"column": "price", "type": "number"},
            "note": "note",
        },
    },
}
HEADER = "basket,customer,time,sku,price,note"
LINES = [
    "b1,u1,2026-02-01T10:00:00Z,s1,1.10,",
    'b1,u1,2026-02-01T10:00:00Z,s2,2.20,"say ""hi"", اردو"',
    "b2,u2,2026-02-01T11:00:00+05:00,s1,3,",
    "b3,u1,2026-02-02,s3,0.5,",
    "b3,u1,2026-02-02,s4,0.25,x",
    "b3,u1,2026-02-02,s5,0.25,",
]


def mapping(**changes: Any) -> Mapping:
    return Mapping.model_validate(ORDERS | changes)


def csv(path: Path, lines: list[str] = LINES, header: str = HEADER) -> Path:
    file = path / "orders.csv"
    file.write_text("\n".join([header, *lines]) + "\n", "utf-8")
    return file


def load(database: Database, use: Mapping, file: Path, **kwargs: Any) -> ImportResult:
    return run_import(database, Log(database), use, file, CLOCK, **kwargs)


def log(database: Database) -> pl.DataFrame:
    with database.read() as connection:
        return database.frame(connection, select(tables.log).order_by(tables.log.c.seq))


def refused(result: ImportResult) -> list[tuple[int, str]]:
    rows = [json.loads(line) for line in result.rejects.read_text("utf-8").splitlines()]
    assert all(row["reason"] and row["remedy"] for row in rows)
    assert len(rows) == result.rejected
    return [(row["line"], row["field"]) for row in rows]


def test_lines_that_belong_together_become_one_event(database: Database, tmp_path: Path) -> None:
    result = load(database, mapping(), csv(tmp_path))
    assert (result.records, result.accepted, result.rejected) == (6, 3, 0)
    rows = log(database)
    assert rows["message_id"].to_list() == ["orders:b1", "orders:b2", "orders:b3"]
    assert rows["user_id"].to_list() == ["u1", "u2", "u1"]
    assert rows["origin"].unique().to_list() == [IMPORTED]
    assert rows["received_at"].to_list() == rows["timestamp"].to_list()
    assert rows["timestamp"][1] == instant("2026-02-01T06:00:00Z")
    assert json.loads(rows["properties"][0]) == {
        "order_id": "b1",
        "currency": "USD",
        "total": 3.3,
        "items": 2,
        "products": [
            {"product_id": "s1", "price": 1.1},
            {"product_id": "s2", "price": 2.2, "note": 'say "hi", اردو'},
        ],
    }


def test_every_format_gives_the_same_events(database: Database, tmp_path: Path) -> None:
    file = csv(tmp_path)
    load(database, mapping(), file)
    expected = log(database).drop("seq", "message_id", "source").rows()
    frame = pl.read_csv(file, schema_overrides={"price": pl.Float64})
    frame.write_parquet(tmp_path / "orders.parquet")
    frame.write_ndjson(tmp_path / "orders.jsonl")
    for suffix in ("parquet", "jsonl"):
        use = mapping(**{"import": suffix})
        assert load(database, use, tmp_path / f"orders.{suffix}").accepted == 3
        got = log(database).filter(pl.col("message_id").str.starts_with(suffix))
        assert got.drop("seq", "message_id", "source").rows() == expected


@pytest.mark.parametrize("piece", [1, 2, 3, 4, 5, 100])
def test_a_group_is_never_split_however_the_file_is_cut(
    database: Database, tmp_path: Path, piece: int
) -> None:
    result = load(database, mapping(), csv(tmp_path), piece=piece)
    assert (result.records, result.accepted) == (6, 3)
    counts = [len(json.loads(p)["products"]) for p in log(database)["properties"]]
    assert counts == [2, 1, 3]


def test_a_broken_row_is_named_by_its_line_and_the_others_are_taken(
    database: Database, tmp_path: Path
) -> None:
    lines = [
        LINES[0],
        "b9,u1,2026-02-01",  # line 3: too few cells
        LINES[2],
        "b4,u1,2026-02-01,s1,cheap,",  # 5: not a number
        "b4,u1,2026-02-01,s2,1,",  #      6: belongs to the same order
        "b5,,2026-02-01,s1,1,",  #        7: nobody
        "b6,u1,someday,s1,1,",  #         8: no time
        "b7,u1,2030-01-01,s1,1,",  #      9: far future
        "b8,u1,2026-02-01,s\x00,1,",  #  10: NUL
        'b8,u1,2026-02-01,"a"b,1,',  #   11: a quote out of place
        ",u1,2026-02-01,s1,1,",  #       12: no group
        *LINES[3:],
    ]
    result = load(database, mapping(), csv(tmp_path, lines))
    assert log(database)["message_id"].to_list() == ["orders:b1", "orders:b2", "orders:b3"]
    assert refused(result) == [
        (3, "row"),
        (5, "price"),
        (7, "customer"),
        (8, "time"),
        (9, "time"),
        (10, "row"),
        (11, "row"),
        (12, "basket"),
    ]
    assert result.records == len(lines)


def test_a_row_that_is_not_utf8_is_refused_alone(database: Database, tmp_path: Path) -> None:
    file = csv(tmp_path)
    file.write_bytes(file.read_bytes().replace(b",s4,", b",s\xff,"))
    result = load(database, mapping(), file)
    assert refused(result) == [(6, "row")]
    assert result.accepted == 3


def test_a_broken_json_line_is_refused_alone(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    rows = ['{"id": 7, "at": "2026-01-01", "tags": ["a", {"b": null}], "vip": true}', "{", "[1]"]
    file.write_text("\n".join([*rows, "", '{"id": "8", "at": "2026-01-01"}']))
    use: dict[str, Any] = {"import": "people", "user_id": "id", "timestamp": "at"}
    use["traits"] = {"tags": "tags", "vip": "vip"}
    result = load(database, Mapping.model_validate(use), file)
    assert refused(result) == [(2, "row"), (3, "row")]
    rows_ = log(database)
    assert rows_["kind"].unique().to_list() == ["identify"]
    assert rows_["user_id"].to_list() == ["7", "8"]
    assert json.loads(rows_["properties"][0]) == {"tags": ["a", {"b": None}], "vip": True}
    assert json.loads(rows_["properties"][1]) == {}


def test_lines_of_a_group_that_are_not_together_are_refused_not_lost(
    database: Database, tmp_path: Path
) -> None:
    lines = [*LINES, "b1,u1,2026-02-01T10:00:00Z,s9,1,", "b4,u1,2026-02-03,s1,1,"]
    result = load(database, mapping(), csv(tmp_path, lines), piece=2)
    assert refused(result) == [(8, "basket")]
    assert result.accepted == 4


def test_importing_a_file_twice_changes_nothing(database: Database, tmp_path: Path) -> None:
    file = csv(tmp_path)
    first = load(database, mapping(), file)
    again = load(database, mapping(), file)
    assert again == replace(first, already_done=True)
    more = csv(tmp_path, [*LINES, "b4,u1,2026-02-03,s1,1,"])
    third = load(database, mapping(), more)
    assert (third.accepted, third.duplicates) == (1, 3)
    assert log(database).height == 4


def test_an_interrupted_import_goes_on_where_it_was(database: Database, tmp_path: Path) -> None:
    lines = [f"b{i // 3},u{i % 7},2026-02-01,s{i},{'x' if i % 50 == 4 else i}," for i in range(300)]
    file = csv(tmp_path, lines)
    whole = [
        f"orders:b{i}" for i in range(100) if not any(j % 50 == 4 for j in range(3 * i, 3 * i + 3))
    ]

    def interrupt(done: int, _total: int) -> None:
        if done > 100:
            raise KeyboardInterrupt

    seen = []
    with pytest.raises(KeyboardInterrupt):
        load(database, mapping(), file, piece=40, progress=interrupt)
    half = log(database).height
    assert 0 < half < len(whole)
    rejects = file.with_name("orders.csv.rejected.jsonl")
    with rejects.open("a") as handle:
        handle.write('{"line": 1, "half": "writ')  # noted, but its transaction never came
    result = load(
        database, mapping(), file, piece=40, progress=lambda done, total: seen.append((done, total))
    )
    assert log(database)["message_id"].to_list() == whole
    assert (result.accepted, result.duplicates) == (len(whole), 0)
    assert result.resumed_at > 100 - 40
    assert refused(result) == [(i + 2, "price") for i in range(300) if i % 50 == 4]
    assert seen[-1] == (300, 300)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_a_full_disk_stops_an_import_which_then_goes_on(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/state.db")
    metadata.create_all(database.engine)
    limit = {"pages": 70}
    event.listen(
        database.engine,
        "checkout",
        lambda c, _r, _p: c.execute(f"PRAGMA max_page_count = {limit['pages']}"),
    )
    lines = [f"b{i},u1,2026-02-01,s{i},1,{'x' * 500}" for i in range(500)]
    file = csv(tmp_path, lines)
    with pytest.raises(Unavailable, match="disk is full"):
        load(database, mapping(), file, piece=50)
    limit["pages"] = 1_000_000
    result = load(database, mapping(), file, piece=50)
    assert (result.accepted, result.duplicates) == (500, 0)
    assert log(database).height == 500
    database.close()


def test_rows_without_a_key_are_named_by_file_and_place(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "visits.csv"
    file.write_text("who;when\nu1;01/02/2026 10:30\nu1;01/02/2026 10:30\nu2;31/02/2026 10:30\n")
    use = Mapping.model_validate(
        {
            "import": "visits",
            "event": "Visited",
            "separator": ";",
            "user_id": "who",
            "timestamp": "when",
            "timestamp_format": "%d/%m/%Y %H:%M",
            "timezone": "Asia/Karachi",
        }
    )
    result = load(database, use, file)
    assert refused(result) == [(4, "when")]
    rows = log(database)
    assert rows["timestamp"].to_list() == [instant("2026-02-01T05:30:00Z")] * 2
    assert rows["message_id"].n_unique() == 2


def test_a_column_the_file_lacks_is_named_with_the_nearest(
    database: Database, tmp_path: Path
) -> None:
    file = csv(tmp_path)
    with pytest.raises(InvalidInput, match="no column 'custmer'") as caught:
        load(database, mapping(user_id="custmer"), file)
    assert (caught.value.field, caught.value.remedy) == ("user_id", "did you mean 'customer'?")
    with pytest.raises(NotFound):
        load(database, mapping(), tmp_path / "nothing.csv")
    with pytest.raises(InvalidInput, match="format"):
        load(database, mapping(), file.rename(tmp_path / "orders.txt"))
    (tmp_path / "x.parquet").write_text("no")
    with pytest.raises(InvalidInput, match="not Parquet"):
        load(database, mapping(), tmp_path / "x.parquet")


def test_an_empty_file_is_imported_as_nothing(database: Database, tmp_path: Path) -> None:
    result = load(database, mapping(), csv(tmp_path, []))
    assert (result.records, result.accepted, result.rejected) == (0, 0, 0)


BAD_MAPPINGS = [
    ("import: x\nuser_id: u\ntimestamp: t\nevnt: y\n", 4, "evnt"),
    ("import: x\ntimestamp: t\n", 1, "user_id"),
    ("import: x\nuser_id: u\n", 1, "timestamp"),
    ("import: x\nuser_id: u\ntimestamp: t\ntraits:\n  a:\n    sum: b\n", 1, "only lines"),
    ("import: x\nuser_id: u\ntimestamp: t\ntraits:\n  a:\n    colum: b\n", 6, "colum"),
    ("import: x\nuser_id: [\n", 3, "mapping"),
    ("- 1\n", 1, "mapping"),
]


@pytest.mark.parametrize(("text", "line", "words"), BAD_MAPPINGS)
def test_a_mistake_in_a_mapping_is_shown_with_its_line(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(text)
    with pytest.raises(InvalidDefinitions) as caught:
        read_mapping(file)
    assert caught.value.problems[0].line == line
    assert words in str(caught.value)


def test_the_piece_size_bounds_what_is_read_at_once() -> None:
    assert importer.PIECE <= 100_000
