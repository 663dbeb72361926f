"""Every version of every definition, as it was applied."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl
from sqlalchemy import func, select, update

from raabta.core.clock import Instant
from raabta.core.documents import Document, canonical
from raabta.core.errors import NotFound
from raabta.storage.state import tables as t
from raabta.storage.state.database import Database

_D = t.definitions.c


@dataclass(frozen=True)
class Stored:
    """One version in the store."""

    document: Document
    version: int
    hash: str


@dataclass(frozen=True)
class Change:
    """What applying a set of documents does to one definition."""

    kind: str
    name: str
    action: str  # create | update | remove
    version: int  # the version it will be (for remove: that it was)
    file: str = ""


def digest(document: Document) -> str:
    return hashlib.sha256(canonical(document.body).encode()).hexdigest()


class Definitions:
    def __init__(self, database: Database) -> None:
        self._db = database

    def revision(self) -> int:
        """Rises with each apply; 0 before the first."""
        with self._db.read() as connection:
            value = connection.scalar(select(t.meta.c.value).where(t.meta.c.key == "revision"))
        return int(json.loads(value)) if value else 0

    def active(self) -> list[Stored]:
        with self._db.read() as connection:
            rows = connection.execute(
                select(t.definitions).where(_D.active).order_by(_D.kind, _D.name)
            ).all()
        return [
            Stored(Document(r.file, r.kind, r.name, json.loads(r.body)), r.version, r.hash)
            for r in rows
        ]

    def retired(self, kind: str) -> list[Stored]:
        """The last version of each definition of a kind that is in force no more."""
        active = {s.document.name for s in self.active() if s.document.kind == kind}
        gone = [(k, n, v) for (k, n), v in self._newest().items() if k == kind and n not in active]
        return [self.version(*key) for key in sorted(gone)]

    def version(self, kind: str, name: str, version: int) -> Stored:
        """One version, in force or not. Raises NotFound."""
        with self._db.read() as connection:
            row = connection.execute(
                select(t.definitions).where(_D.kind == kind, _D.name == name, _D.version == version)
            ).first()
        if row is None:
            raise NotFound(f"there is no version {version} of {kind} {name!r}")
        document = Document(row.file, row.kind, row.name, json.loads(row.body))
        return Stored(document, row.version, row.hash)

    def changes(self, documents: Iterable[Document]) -> list[Change]:
        """How the documents differ from what is in force; nothing where they are the same."""
        standing = {(s.document.kind, s.document.name): s for s in self.active()}
        newest = self._newest()
        found = []
        wanted = {(d.kind, d.name): d for d in documents}
        for key, document in wanted.items():
            old = standing.get(key)
            if old is None or old.hash != digest(document):
                action = "create" if old is None else "update"
                found.append(Change(*key, action, newest.get(key, 0) + 1, document.file))
        for key, old in standing.items():
            if key not in wanted:
                found.append(Change(*key, "remove", old.version, old.document.file))
        return sorted(found, key=lambda c: (c.kind, c.name))

    def _newest(self) -> dict[tuple[str, str], int]:
        with self._db.read() as connection:
            rows = connection.execute(
                select(_D.kind, _D.name, func.max(_D.version)).group_by(_D.kind, _D.name)
            )
            return {(kind, name): int(version) for kind, name, version in rows}

    def apply(self, documents: Iterable[Document], now: Instant) -> list[Change]:
        """Put the documents in force in one transaction; older versions stay readable."""
        documents = list(documents)
        changes = self.changes(documents)
        if not changes:
            return []
        by_key = {(d.kind, d.name): d for d in documents}
        rows = [
            {
                "kind": c.kind,
                "name": c.name,
                "version": c.version,
                "body": canonical(by_key[(c.kind, c.name)].body),
                "hash": digest(by_key[(c.kind, c.name)]),
                "file": c.file,
                "applied_at": now,
                "active": True,
            }
            for c in changes
            if c.action != "remove"
        ]
        revision = self.revision() + 1
        with self._db.begin() as connection:
            for change in changes:
                connection.execute(
                    update(t.definitions)
                    .where(_D.kind == change.kind, _D.name == change.name)
                    .values(active=False)
                )
            if rows:
                self._db.insert(connection, t.definitions, pl.DataFrame(rows))
            self._db.merge(
                connection,
                t.meta,
                pl.DataFrame({"key": ["revision"], "value": [json.dumps(revision)]}),
            )
        return changes
