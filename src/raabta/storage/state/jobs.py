"""Finished jobs in the state store: what each was asked and what it came to."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import delete, insert, select

from raabta.core.clock import Instant
from raabta.core.errors import NotFound
from raabta.storage.state import tables as t
from raabta.storage.state.database import Database

_J = t.jobs.c


class KeptJobs:
    """The newest `most` jobs of a kind; each a JSON object with `id`, `state` and `result`."""

    def __init__(self, database: Database, kind: str, most: int) -> None:
        self._db = database
        self._kind = kind
        self._most = most

    def save(self, job: dict[str, Any], now: Instant) -> None:
        """Keep a finished job; the oldest beyond `most` go."""
        head = {name: value for name, value in job.items() if name != "result"}
        with self._db.begin() as connection:
            connection.execute(delete(t.jobs).where(_J.id == self._key(job["id"])))
            connection.execute(
                insert(t.jobs).values(
                    id=self._key(job["id"]),
                    kind=self._kind,
                    state=job["state"],
                    position=0,
                    detail=json.dumps({"head": head, "result": job["result"]}),
                    updated_at=now,
                )
            )
            old = (
                select(_J.id)
                .where(_J.kind == self._kind)
                .order_by(_J.updated_at.desc(), _J.id)
                .limit(10_000)
                .offset(self._most)
            )
            connection.execute(delete(t.jobs).where(_J.id.in_(connection.scalars(old).all())))

    def list(self) -> list[dict[str, Any]]:
        """All of the kind without their results, newest first."""
        with self._db.read() as connection:
            details = connection.scalars(
                select(_J.detail).where(_J.kind == self._kind).order_by(_J.updated_at.desc(), _J.id)
            ).all()
        return [dict(json.loads(detail)["head"]) for detail in details]

    def read(self, job: str) -> dict[str, Any]:
        """One with its result. Raises NotFound."""
        with self._db.read() as connection:
            detail = connection.scalar(select(_J.detail).where(_J.id == self._key(job)))
        if detail is None:
            raise NotFound(
                f"there is no {self._kind} {job!r}", field=self._kind, remedy="list them"
            )
        kept = json.loads(detail)
        return {**kept["head"], "result": kept["result"]}

    def _key(self, job: str) -> str:
        return f"{self._kind}-{job}"
