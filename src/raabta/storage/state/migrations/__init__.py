"""Alembic's migrations of the state store, run from within the package: no ini file, no shell."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from raabta.core.errors import Conflict
from raabta.storage.state.database import Database


def migrate(database: Database) -> None:
    """Bring a store to this version's tables, in one transaction.

    Raises Conflict when the store was written by a newer version.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    scripts = ScriptDirectory.from_config(config)
    with database.begin() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        known = {script.revision for script in scripts.walk_revisions()}
        if current is not None and current not in known:
            raise Conflict(
                "the state store was written by a newer version of Raabta",
                field="RAABTA_STATE_URL",
                remedy="update Raabta",
            )
        if current != scripts.get_current_head():
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
