"""What parameters of several screens have in common."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from raabta.core.clock import Instant, instant
from raabta.core.text import Lang

__all__ = ["Lang", "Limit", "moment"]

#: How many rows one answer holds.
Limit = Annotated[int, Query(ge=1, le=500)]


def moment(text: str | None, field: str) -> Instant | None:
    """The instant of an optional parameter. Raises InvalidInput naming `field`."""
    return instant(text, field) if text else None
