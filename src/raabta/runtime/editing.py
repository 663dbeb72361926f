"""One definition at a time: read, checked among those in force, changed."""

from __future__ import annotations

import threading
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import select

from raabta.core.clock import iso
from raabta.core.documents import Document, read_text, to_yaml
from raabta.core.errors import Conflict, InvalidDefinitions, InvalidInput, NotFound, Problem
from raabta.query.parse import nearest
from raabta.runtime import workspace
from raabta.runtime.definitions import KINDS, Declared, declare
from raabta.runtime.engine import Engine
from raabta.storage.state import tables as t

_D = t.definitions.c


class Editing:
    """Edits are made one after the other, so that nobody's is overwritten unseen."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()

    def read(self, kind: str, name: str) -> dict[str, Any]:
        """A definition with its versions, newest first. Raises NotFound."""
        with self._engine.database.read() as connection:
            rows = connection.execute(
                select(_D.version, _D.applied_at, _D.active)
                .where(_D.kind == kind, _D.name == name)
                .order_by(_D.version.desc())
            ).all()
        if not rows:
            raise NotFound(f"there is no {kind} {name!r}", field="name", remedy="check its name")
        current = next((r for r in rows if r.active), rows[0])
        document = self._engine.definitions.version(kind, name, current.version).document
        return {
            "kind": kind,
            "name": name,
            "version": current.version,
            "active": bool(current.active),
            "file": document.file,
            "yaml": to_yaml(document.body),
            "body": document.body,
            "versions": [
                {"version": r.version, "applied_at": iso(r.applied_at), "active": bool(r.active)}
                for r in rows
            ],
        }

    def put(
        self, kind: str, name: str, yaml: str, *, dry_run: bool, base: int | None
    ) -> dict[str, Any]:
        """Change or add one definition; the others stay as they are.

        Raises InvalidDefinitions with every problem (a dry run returns them), Conflict when
        `base` is not the version in force.
        """
        if kind not in KINDS:
            raise InvalidInput(f"{kind!r} is not a kind", field="kind", remedy=nearest(kind, KINDS))
        with self._lock:
            standing = self._engine.definitions.active()
            mine = next(
                (s for s in standing if (s.document.kind, s.document.name) == (kind, name)), None
            )
            version = mine.version if mine else 0
            if base is not None and base != version:
                raise Conflict(
                    f"{kind} {name!r} is at version {version}, and version {base} was edited",
                    field="base_version",
                    remedy="load it again and repeat the edit",
                )
            file = mine.document.file if mine else f"{kind}s/{name}.yaml"
            document, problems = _read(yaml, file, kind, name)
            others = [s.document for s in standing if s is not mine]
            if document is not None:
                declared, problems = self._checked(
                    document, others, mine.document if mine else None
                )
            if problems and dry_run:
                return {"changes": [], "problems": [asdict(p) for p in problems]}
            if problems:
                raise InvalidDefinitions(problems)
            assert document is not None
            changes = self._engine.definitions.changes([*others, document])
            planned = workspace.effects(self._engine, declared, changes)
            if not dry_run:
                self._engine.definitions.apply([*others, document], self._engine.clock.now())
        return {"changes": [c.to_json() for c in planned], "problems": []}

    def _checked(
        self, document: Document, others: list[Document], before: Document | None
    ) -> tuple[Declared, list[Problem]]:
        """Everything as it would be, and the problems the edit would bring.

        What was wrong without it is not held against it, or two broken definitions could never be
        mended one by one.
        """
        catalog = self._engine.catalog()
        known = catalog if catalog.events else None
        declared, problems = declare([*others, document], known)
        if not problems:
            return declared, []
        _, old = declare([*others, before] if before else others, known)
        stood = {(p.file, p.field, p.message) for p in old if p.file != document.file}
        new = [p for p in problems if (p.file, p.field, p.message) not in stood]
        return declared, sorted(new, key=lambda p: (p.file != document.file, p.file, p.line))


def _read(yaml: str, file: str, kind: str, name: str) -> tuple[Document | None, list[Problem]]:
    """The one definition of a text, which must be the one that is edited."""
    documents, problems = read_text(yaml, file, KINDS)
    if problems:
        return None, problems
    if len(documents) != 1:
        return None, [Problem(file, 1, kind, "must be one definition", f"start with `{kind}:`")]
    document = documents[0]
    if (document.kind, document.name) != (kind, name):
        wrong = document.problem(
            document.kind,
            f"is {document.kind} {document.name!r}, and {kind} {name!r} is edited",
            f"write `{kind}: {name}`",
        )
        return None, [wrong]
    return replace(document, file=file), []
