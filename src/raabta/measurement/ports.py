"""What measurement needs from outside."""

from __future__ import annotations

from typing import Protocol

import polars as pl

from raabta.core.clock import Instant


class MeasurementHistory(Protocol):
    """Touches and conversions, from wherever events are kept."""

    def touches(self, start: Instant, end: Instant) -> pl.DataFrame:
        """What reached people in [start, end): `model.TOUCHES`, in any order."""
        ...

    def conversions(
        self, event: str, revenue_property: str, start: Instant, end: Instant
    ) -> pl.DataFrame:
        """Events of that name in [start, end): `model.CONVERSIONS`, in any order."""
        ...


class Assignments(Protocol):
    """Who entered which journey, and who of them was held out."""

    def assignments(self, journey: str) -> pl.DataFrame:
        """Every entry into the journey: `model.ASSIGNMENTS`, in any order.

        Logged when the person qualified, before caps, consent or anything else could remove them.
        """
        ...
