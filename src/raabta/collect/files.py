"""Reading files piece by piece: CSV, Parquet and JSON lines, with the line number of every row.

CSV and JSON lines are read by Python's own readers, because a row that cannot be read must be
named by its line and must not cost its neighbours; Parquet has no broken rows and goes to Polars.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from polars.exceptions import PolarsError
from rapidfuzz import process

from raabta.collect.mapping import Mapping
from raabta.core.errors import InvalidInput, NotFound

#: Prefix of a column that holds JSON text instead of plain text.
JSON = "json:"
#: The place of a row: its record's index from 0, and its line as an editor counts from 1.
RECORD, LINE = "#record", "#line"


@dataclass(frozen=True)
class Broken:
    """A row that could not be read or made into an event."""

    line: int
    field: str
    reason: str
    remedy: str
    row: str


@dataclass
class Piece:
    """Some rows of a file. `end` is how many records were read up to here, broken ones too."""

    frame: pl.DataFrame
    end: int
    broken: list[Broken] = field(default_factory=list)


def kind_of(file: Path, mapping: Mapping) -> str:
    """csv, parquet or jsonl, as the mapping says or the file's name shows."""
    if not file.is_file():
        raise NotFound(f"there is no file {file}", field="file")
    by_name = {".csv": "csv", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl"}
    kind = mapping.format or by_name.get(file.suffix.lower())
    if kind is None:
        raise InvalidInput(
            f"the format of {file.name} is not known",
            field="format",
            remedy="add `format: csv`, `parquet` or `jsonl` to the mapping",
        )
    return kind


def count_records(file: Path, kind: str) -> int:
    """How many records the file holds; for text files at most (a record may span lines)."""
    if kind == "parquet":
        return int(_scan(file).select(pl.len()).collect().item())
    lines, last = 0, b"\n"
    with file.open("rb") as handle:
        while block := handle.read(1 << 20):
            lines, last = lines + block.count(b"\n"), block[-1:]
    return lines + (last != b"\n") - (kind == "csv")


def read(file: Path, kind: str, mapping: Mapping, start: int, size: int) -> Iterator[Piece]:
    """Pieces of `size` records from record `start` on, with the mapping's columns as text
    (CSV, JSON lines; empty cells are null) or as they are typed (Parquet)."""
    if kind == "parquet":
        yield from _parquet(file, mapping, start, size)
    elif kind == "csv":
        yield from _csv(file, mapping, start, size)
    else:
        yield from _jsonl(file, mapping, start, size)


def check_columns(mapping: Mapping, present: Sequence[str]) -> None:
    """Raises InvalidInput naming the first column the file lacks, and the nearest it has."""
    for column, where in mapping.uses():
        if column not in present:
            near = process.extractOne(column, present, score_cutoff=60)
            raise InvalidInput(
                f"the file has no column {column!r}",
                field=where,
                remedy=f"did you mean {near[0]!r}?" if near else "it has: " + ", ".join(present),
            )


def _parquet(file: Path, mapping: Mapping, start: int, size: int) -> Iterator[Piece]:
    scan = _scan(file)
    check_columns(mapping, scan.collect_schema().names())
    scan = scan.select(mapping.columns()).with_row_index(RECORD)
    while True:
        frame = scan.slice(start, size).collect()
        if frame.is_empty():
            return
        start += frame.height
        record = pl.col(RECORD).cast(pl.Int64)
        yield Piece(frame.with_columns(record, (record + 1).alias(LINE)), start)


def _scan(file: Path) -> pl.LazyFrame:
    try:
        scan = pl.scan_parquet(file)
        scan.collect_schema()
    except PolarsError as error:
        raise InvalidInput(f"{file.name} is not Parquet: {error}", field="file") from None
    return scan


class _Rows:
    """Gathers rows of text until there are enough for a piece."""

    def __init__(self, columns: list[str], start: int) -> None:
        self.columns = columns
        self.start = start
        self.record = 0
        self.rows: list[tuple[Any, ...]] = []
        self.broken: list[Broken] = []

    def add(self, line: int, cells: Sequence[str | None]) -> None:
        if self.record >= self.start:
            self.rows.append((self.record, line, *cells))
        self.record += 1

    def refuse(self, line: int, reason: str, remedy: str, row: str) -> None:
        if self.record >= self.start:
            self.broken.append(Broken(line, "row", reason, remedy, row))
        self.record += 1

    def ready(self, size: int) -> bool:
        return len(self.rows) + len(self.broken) >= size

    def piece(self) -> Piece:
        schema: dict[str, Any] = {RECORD: pl.Int64, LINE: pl.Int64}
        schema |= dict.fromkeys(self.columns, pl.String)
        frame = pl.DataFrame(self.rows, schema=schema, orient="row")
        done = Piece(frame, self.record, self.broken)
        self.rows, self.broken = [], []
        return done


def _csv(file: Path, mapping: Mapping, start: int, size: int) -> Iterator[Piece]:
    # surrogateescape: a row that is not UTF-8 can then be named instead of ending the import
    with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as handle:
        reader = csv.reader(handle, delimiter=mapping.separator, strict=True)
        try:
            header = next(reader, [])
        except csv.Error as error:
            raise InvalidInput(f"the header is not CSV: {error}", field="line 1") from None
        check_columns(mapping, header)
        rows = _Rows(mapping.columns(), start)
        places = [header.index(column) for column in rows.columns]
        before = reader.line_num
        while True:
            try:
                for cells in reader:
                    line, before = before + 1, reader.line_num
                    _csv_row(rows, line, cells, len(header), places)
                    if rows.ready(size):
                        yield rows.piece()
                break
            except csv.Error as error:  # the reader starts afresh at the next line
                lines = f"lines {before + 1} to {reader.line_num}: {error}"
                rows.refuse(before + 1, lines, "close every quote; double quotes inside cells", "")
                before = reader.line_num
        if rows.ready(1):
            yield rows.piece()


def _csv_row(rows: _Rows, line: int, cells: list[str], width: int, places: list[int]) -> None:
    if not cells:
        rows.record += 1  # an empty line is no row
        return
    if len(cells) != width:
        reason = f"the row has {len(cells)} cells, the header {width}"
        rows.refuse(line, reason, "quote cells that hold the separator", _shown(cells))
        return
    chosen = [cells[i] or None for i in places]
    if not "".join(filter(None, chosen)).isascii():
        try:
            "".join(cells).encode()
        except UnicodeEncodeError:
            rows.refuse(line, "the row is not UTF-8", "save the file as UTF-8", _shown(cells))
            return
    rows.add(line, chosen)


def _shown(cells: list[str]) -> str:
    return ",".join(cells).encode("utf-8", "backslashreplace").decode()


def _jsonl(file: Path, mapping: Mapping, start: int, size: int) -> Iterator[Piece]:
    wanted = mapping.columns()
    rows = _Rows([*wanted, *(JSON + c for c in wanted)], start)
    decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
    with file.open("rb") as handle:
        for line, text in enumerate(handle, 1):
            if not text.strip():
                rows.record += 1
                continue
            try:
                found = decoder.decode(text)
                raws = [bytes(found.get(c, b"null")).decode() for c in wanted]
                plain = [_plain(raw) for raw in raws]
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                shown = text.decode("utf-8", "backslashreplace").rstrip("\n")
                rows.refuse(line, f"not a JSON object: {error}", "write one object a line", shown)
            else:
                rows.add(line, [*plain, *(None if raw == "null" else raw for raw in raws)])
            if rows.ready(size):
                yield rows.piece()
    if rows.ready(1):
        yield rows.piece()


def _plain(raw: str) -> str | None:
    """A JSON value as the text a CSV cell would hold."""
    value = msgspec.json.decode(raw)
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else raw
