"""What a reader remembers of days gone by is what a reader that has just begun finds."""

from __future__ import annotations

import json

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from raabta.core.frames import SLOT
from raabta.storage.state import tables as t
from raabta.storage.state.database import Database
from raabta.storage.state.migrations import migrate
from raabta.storage.state.tallies import EVER, SLOTS_A_DAY, Tallies, TallyReader

DAYS = 12
KEY = ["day", "journey", "channel", "outcome", "rule"]


def decided(slots: list[int]) -> pl.DataFrame:
    """One decision in each slot."""
    return pl.DataFrame(
        {"at": [slot * SLOT for slot in slots]}, schema={"at": pl.Int64}
    ).with_columns(
        journey=pl.lit("welcome"),
        version=pl.lit(1, pl.Int64()),
        step=pl.lit("first"),
        channel=pl.lit("email"),
        outcome=pl.lit("sent"),
        rule=pl.lit(None, pl.String()),
        **{"class": pl.lit("triggered")},
    )


def found(reader: TallyReader, bounds: list[int]) -> list[tuple[object, ...]]:
    frame = reader.decisions(bounds).filter(pl.col("n") > 0)
    return sorted(frame.select(*KEY, "n").rows())


#: Where a day begins, in slots: days of a zone are not those of UTC.
starts = st.integers(0, SLOTS_A_DAY - 1)
parts = st.lists(
    st.lists(st.integers(0, SLOTS_A_DAY * 3), min_size=1, max_size=6), min_size=1, max_size=5
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(parts, starts)
def test_days_gone_by_are_remembered_as_they_are(deltas: list[list[int]], first: int) -> None:
    database = Database.open("sqlite://")
    migrate(database)
    with database.begin() as connection:
        connection.execute(
            t.definitions.insert().values(
                kind="journey",
                name="welcome",
                version=1,
                body="{}",
                hash="",
                file="",
                applied_at=0,
                active=True,
            )
        )
    reader, slot = TallyReader(database), 0
    local = [first + day * SLOTS_A_DAY for day in range(DAYS)]
    questions = ([*local, EVER], [first + 7, EVER], [SLOTS_A_DAY, EVER])
    for steps in deltas:
        slots = sorted(slot + step for step in steps)
        slot = slots[-1]
        with database.begin() as connection:
            Tallies(database).decided(connection, decided(slots))
            connection.execute(text("DELETE FROM meta WHERE key = 'tick'"))
            tick = json.dumps({"seq": 1, "at": slot * SLOT})
            connection.execute(t.meta.insert().values(key="tick", value=tick))
        for bounds in questions:
            assert found(reader, bounds) == found(TallyReader(database), bounds)
        assert reader.outcomes()["n"].sum() == TallyReader(database).decisions([0, EVER])["n"].sum()
    database.close()
