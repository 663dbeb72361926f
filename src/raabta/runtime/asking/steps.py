"""Where a step stands in each version of its journey that still holds people."""

from __future__ import annotations

import json

from sqlalchemy import select

from raabta.core.errors import NotFound
from raabta.journeys.parse import parse_journey
from raabta.runtime.asking.stores import Stores
from raabta.storage.state import tables as t


def step_places(stores: Stores, journey: str, step: str) -> list[tuple[int, int]]:
    """(version, index) of a step by its id. Raises NotFound when no version has it."""
    d = t.definitions.c
    with stores.db.read() as connection:
        rows = connection.execute(
            select(d.version, d.body).where(d.kind == "journey", d.name == journey)
        ).all()
    found = [
        (version, index)
        for version, body in rows
        for index, each in enumerate(parse_journey(json.loads(body)).steps)
        if each.id == step
    ]
    if not found:
        raise NotFound(f"there is no step {step!r} in journey {journey!r}", field="step")
    return found
