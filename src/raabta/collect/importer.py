"""Importing a file: piece by piece, resumable, each piece one transaction with its bookmark."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import polars as pl

from raabta.collect import files
from raabta.collect.encode import Encoded, encode
from raabta.collect.files import LINE, RECORD, Broken, Piece
from raabta.collect.mapping import Mapping
from raabta.collect.model import IMPORTED, Progress
from raabta.collect.ports import EventLog, Transactions
from raabta.core.clock import Clock

#: Records read at a time: bounds memory, and how much an interruption costs.
PIECE = 100_000

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class ImportResult:
    """What an import did, all its runs together. `records` are rows of the file read so far."""

    job: str
    records: int
    accepted: int
    duplicates: int
    rejected: int
    rejects: Path
    resumed_at: int = 0
    already_done: bool = False


def run_import(
    database: Transactions,
    log: EventLog,
    mapping: Mapping,
    file: Path,
    clock: Clock,
    progress: OnProgress | None = None,
    rejects_path: Path | None = None,
    piece: int = PIECE,
) -> ImportResult:
    """Import `file`. Interrupted, it goes on where it was; done, it does nothing again.

    `progress(records so far, records in the file)` is called after each transaction. Refused rows
    go to `rejects_path` (default: beside the file) as JSON lines with line, field, reason, remedy
    and row. Raises InvalidInput when the mapping and the file do not fit.
    """
    kind = files.kind_of(file, mapping)
    job = _job(mapping, file)
    rejects = rejects_path or file.with_name(file.name + ".rejected.jsonl")
    with database.begin() as connection:
        before = log.progress(connection, job)
    start = _Run(job, rejects) if before is None else _Run.resumed(job, rejects, before)
    if before is not None and before.state == "done":
        return replace(start.result(), already_done=True, resumed_at=0)
    total = files.count_records(file, kind)
    run = start
    run.open_rejects()
    source = f"import:{mapping.name}:{job.removeprefix('import-')}"
    for part in _whole_groups(files.read(file, kind, mapping, run.position, piece), mapping):
        encoded = encode(part.frame, mapping, job, source, clock.now())
        with database.begin() as connection:
            if mapping.lines:
                known = log.written_by(connection, encoded.rows["message_id"], source)
                _refuse_scattered(encoded, known, mapping.lines.group)
            now = clock.now()
            appended = log.append(connection, encoded.rows, now, IMPORTED)
            run.note([*part.broken, *encoded.broken])
            run.accepted += appended.accepted
            run.duplicates += appended.duplicates
            run.position = part.end
            log.save_progress(connection, run.bookmark("running", total), now)
        if progress:
            progress(run.position, max(total, run.position))
    with database.begin() as connection:
        log.save_progress(connection, run.bookmark("done", run.position), clock.now())
    if progress:
        progress(run.position, run.position)
    return run.result()


@dataclass
class _Run:
    """The counts of one import as they grow, and its file of refused rows."""

    job: str
    rejects: Path
    position: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    rejects_size: int = 0
    resumed_at: int = 0

    @classmethod
    def resumed(cls, job: str, rejects: Path, before: Progress) -> _Run:
        run = cls(job, rejects, position=before.position, resumed_at=before.position)
        run.accepted = before.detail["accepted"]
        run.duplicates = before.detail["duplicates"]
        run.rejected = before.detail["rejected"]
        run.rejects_size = before.detail["rejects_size"]
        return run

    def open_rejects(self) -> None:
        """Cut off what was noted after the last bookmark: those rows are read again."""
        if self.rejects.exists():
            os.truncate(self.rejects, min(self.rejects_size, self.rejects.stat().st_size))

    def note(self, broken: list[Broken]) -> None:
        if not broken:
            return
        broken.sort(key=lambda b: b.line)
        with self.rejects.open("ab") as handle:
            for row in broken:
                handle.write(json.dumps(asdict(row), ensure_ascii=False).encode() + b"\n")
            handle.flush()
            os.fsync(handle.fileno())
            self.rejects_size = handle.tell()
        self.rejected += len(broken)

    def bookmark(self, state: str, total: int) -> Progress:
        detail = {
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "rejected": self.rejected,
            "rejects_size": self.rejects_size,
        }
        return Progress(self.job, state, self.position, total, detail)

    def result(self) -> ImportResult:
        return ImportResult(
            self.job,
            self.position,
            self.accepted,
            self.duplicates,
            self.rejected,
            self.rejects,
            self.resumed_at,
        )


def _job(mapping: Mapping, file: Path) -> str:
    """The same mapping over the same bytes is the same job, whatever the file is called."""
    with file.open("rb") as handle:
        content = hashlib.file_digest(handle, "sha256").hexdigest()
    both = hashlib.sha256(f"{mapping.model_dump_json()}\n{content}".encode()).hexdigest()
    return f"import-{both[:16]}"


def _whole_groups(pieces: Iterator[Piece], mapping: Mapping) -> Iterator[Piece]:
    """Hold each piece's last group back until its next piece shows where it ends."""
    if mapping.lines is None:
        yield from pieces
        return
    group = mapping.lines.group
    held: pl.DataFrame | None = None
    broken: list[Broken] = []
    end = 0
    for piece in pieces:
        frame = piece.frame if held is None else pl.concat([held, piece.frame])
        end, broken = piece.end, [*broken, *piece.broken]
        if frame.is_empty():
            held = frame
            continue
        runs = frame[group].rle_id()
        kept = frame.filter(runs < runs[-1])
        held = frame.filter(runs == runs[-1])
        if kept.height:
            first = held[RECORD][0]
            line = held[LINE][0]
            yield Piece(kept, first, [b for b in broken if b.line < line])
            broken = [b for b in broken if b.line >= line]
    if held is not None:
        yield Piece(held, end, broken)


def _refuse_scattered(encoded: Encoded, known: pl.Series, group: str) -> None:
    """Refuse events of which this very import has written other lines already."""
    again = pl.col("message_id").is_in(known.implode())
    for line, key in encoded.lines.filter(again).select("line", "message_id").rows():
        encoded.broken.append(
            Broken(
                line,
                group,
                "an earlier event has this group already: its lines are not together",
                f"sort the file by {group}",
                key,
            )
        )
    encoded.rows = encoded.rows.filter(~again)
