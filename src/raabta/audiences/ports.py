"""What audiences need from outside: a history that answers conditions."""

from __future__ import annotations

from typing import Protocol

import polars as pl

from raabta.query.model import Condition


class Answers(Protocol):
    def ask(self, condition: Condition, asked: pl.DataFrame) -> pl.DataFrame:
        """asked(subject, at) -> subject, at, answer, next_at, one row a question."""
        ...
