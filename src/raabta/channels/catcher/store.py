"""Caught mails in a SQLite file of their own."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path

from raabta.core.clock import Instant
from raabta.core.errors import NotFound

_SCHEMA = """
CREATE TABLE IF NOT EXISTS mails (
    id INTEGER PRIMARY KEY,
    received_at INTEGER NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    message_id TEXT NOT NULL,
    raw BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS mails_recipient ON mails (recipient, id);
"""
_LISTED = "id, received_at, sender, recipient, subject, message_id"
#: SQLite's own LIKE and lower() know the letter case of ASCII alone.
_CONTAINS = "(instr(casefold(recipient), ?) > 0 OR instr(casefold(subject), ?) > 0)"


@dataclass(frozen=True)
class CaughtMail:
    """One mail to one recipient, as the envelope said."""

    id: int
    received_at: Instant
    sender: str
    recipient: str
    subject: str
    message_id: str


@dataclass(frozen=True)
class MailContent:
    """`headers` in the mail's order, decoded; `raw` exactly as it came."""

    mail: CaughtMail
    headers: list[tuple[str, str]]
    text: str
    html: str
    raw: bytes


class MailStore:
    """Thread-safe; any number of processes may read while one catches."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, timeout=30)
        self._connection.create_function("casefold", 1, str.casefold, deterministic=True)
        self._connection.executescript(
            f"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; {_SCHEMA}"
        )

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def add(self, at: Instant, sender: str, recipients: list[str], raw: bytes) -> None:
        mail = BytesHeaderParser(policy=policy.default).parsebytes(raw)
        subject, key = str(mail["Subject"] or ""), str(mail["Message-ID"] or "").strip()
        rows = [(at, sender, to.lower(), subject, key, raw) for to in recipients]
        with self._lock, self._connection:
            self._connection.executemany(
                "INSERT INTO mails (received_at, sender, recipient, subject, message_id, raw) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )

    def page(
        self,
        *,
        limit: int = 50,
        before: int | None = None,
        recipient: str | None = None,
        text: str = "",
    ) -> list[CaughtMail]:
        """Newest first; `before` is the last id of the page before. `text` is contained in the
        recipient or the subject, in any letter case."""
        sql = f"SELECT {_LISTED} FROM mails WHERE 1 = 1"
        values: list[int | str] = []
        if text:
            sql, values = f"{sql} AND {_CONTAINS}", [text.casefold()] * 2
        if before is not None:
            sql, values = f"{sql} AND id < ?", [*values, before]
        if recipient is not None:
            sql, values = f"{sql} AND recipient = ?", [*values, recipient.lower()]
        with self._lock:
            rows = self._connection.execute(f"{sql} ORDER BY id DESC LIMIT ?", [*values, limit])
            return [CaughtMail(*row) for row in rows]

    def count(self, recipient: str | None = None, text: str = "") -> int:
        sql, values = "SELECT count(*) FROM mails WHERE 1 = 1", list[str]()
        if recipient is not None:
            sql, values = f"{sql} AND recipient = ?", [recipient.lower()]
        if text:
            sql, values = f"{sql} AND {_CONTAINS}", [*values, *[text.casefold()] * 2]
        with self._lock:
            row = self._connection.execute(sql, values).fetchone()
        return int(row[0])

    def read(self, mail_id: int) -> MailContent:
        """Raises NotFound."""
        with self._lock:
            row = self._connection.execute(
                f"SELECT {_LISTED}, raw FROM mails WHERE id = ?", (mail_id,)
            ).fetchone()
        if row is None:
            raise NotFound(f"there is no mail {mail_id}", field="id", remedy="list the mails")
        *listed, raw = row
        mail = parse(raw)
        headers = [(name, str(value)) for name, value in mail.items()]
        return MailContent(
            CaughtMail(*listed), headers, _part(mail, "plain"), _part(mail, "html"), raw
        )


def parse(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""
