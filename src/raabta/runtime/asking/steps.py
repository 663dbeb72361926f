"""Steps by their ids: what they are called, and where they stand in each version."""

from __future__ import annotations

import json

from sqlalchemy import select

from raabta.core.errors import InvalidInput, NotFound
from raabta.core.text import Lang, plain
from raabta.journeys.ahead import reached
from raabta.journeys.model import Send
from raabta.journeys.parse import parse_journey
from raabta.runtime.asking.stores import Stores
from raabta.runtime.words import step_words
from raabta.storage.state import tables as t


def step_label(
    stores: Stores, journey: str, version: int, step: str, *, template: str, lang: Lang
) -> str:
    """A step that sends in words, '2nd message: offer', numbered as the drawn journey reads.

    Where that version cannot be read any more, `template` alone.
    """
    numbers = stores.numbers.get((journey, version))
    if numbers is None:
        numbers = stores.numbers[journey, version] = _numbered(stores, journey, version)
    number = numbers.get(step)
    return plain(template) if number is None else step_words(number, template, lang)


def _numbered(stores: Stores, journey: str, version: int) -> dict[str, int]:
    """Each sending step's number among the messages of its journey."""
    d = t.definitions.c
    with stores.db.read() as connection:
        body = connection.scalar(
            select(d.body).where(d.kind == "journey", d.name == journey, d.version == version)
        )
    try:
        parsed = parse_journey(json.loads(body)) if body is not None else None
    except InvalidInput:  # valid when it was applied; a newer version may be stricter
        parsed = None
    steps = [parsed.steps[index] for index in reached(parsed)] if parsed else []
    sends = [step.id for step in steps if isinstance(step, Send)]
    return {step: number for number, step in enumerate(sends, start=1)}


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
