from __future__ import annotations

import pytest
from access_workspace import Workspace, cheap

from raabta.access.service import Accounts
from raabta.storage.state.database import Database
from raabta.storage.state.users import Users


@pytest.fixture
def workspace(database: Database) -> Workspace:
    return Workspace(database, Accounts(Users(database), cheap()))
