"""A journey that cannot be read any more keeps its people, and keeps nobody else busy."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import text

from raabta.core.clock import DAY, FixedClock, instant
from raabta.runtime import workspace
from raabta.storage.state import tables as t
from smallshop import definitions, documents, person, track
from smallshop.life import Life


def test_due_timers_of_a_broken_journey_rest_until_it_is_mended(
    tmp_path: Path, state_url: str
) -> None:
    life = Life(tmp_path, FixedClock(instant("2026-03-02T10:00:00Z")), state_url=state_url)
    folder = definitions(tmp_path / "definitions")
    workspace.apply(life.engine, documents(folder))
    life.hour()
    life.happens(*person("amina"), track("amina", "Order Completed"))
    life.hour()
    body = life.engine.definitions.version("journey", "thanks", 1).document.body

    def stored(steps: object, revision: int) -> None:
        """As a stricter version of the engine would find it."""
        with life.engine.database.begin() as connection:
            connection.execute(
                text("UPDATE definitions SET body = :body WHERE name = 'thanks'"),
                {"body": json.dumps(body | {"steps": steps})},
            )
            connection.execute(
                text("UPDATE meta SET value = :revision WHERE key = 'revision'"),
                {"revision": str(revision)},
            )

    stored([{"wait": "never"}], 2)
    life.engine.step()
    assert set(life.engine.broken) == {("journey", "thanks")}
    life.clock.at += 5 * DAY  # the wait of three days is over
    life.engine.step()
    assert life.engine._is_idle()
    assert life.engine.state.versions_inside() == [("thanks", 1)]

    life.happens(*person("bilal"), track("bilal", "Signed Up"))
    assert not life.engine._is_idle()  # others go on
    life.hour()
    assert life.count(t.ledger) == 3

    stored(body["steps"], 3)
    assert not life.engine._is_idle()
    life.hour()
    assert not [name for name, _ in life.engine.state.versions_inside() if name == "thanks"]
    life.close()
