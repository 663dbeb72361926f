"""The migrations build exactly the tables that the code uses."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from raabta.core.errors import Conflict, InvalidInput
from raabta.storage.state.database import Database
from raabta.storage.state.migrations import migrate
from raabta.storage.state.tables import metadata


def test_a_migrated_store_has_the_tables_of_the_code(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrating_again_changes_nothing(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text("INSERT INTO meta (key, value) VALUES ('kept', '1')"))
    migrate(database)
    with database.read() as connection:
        assert connection.scalar(text("SELECT value FROM meta WHERE key = 'kept'")) == "1"


def test_a_store_of_a_newer_version_is_refused(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Conflict, match="newer version"):
        migrate(database)


@pytest.mark.parametrize("url", ["mysql://x/y", "not a url", "duckdb:///x"])
def test_an_address_that_is_no_state_store_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="RAABTA_STATE_URL"):
        Database.open(url)
