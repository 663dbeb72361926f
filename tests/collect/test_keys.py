"""Keys: shown once, kept as a hash, withdrawn at once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from raabta.core.errors import InvalidInput, NotAllowed, NotFound
from raabta.storage.state import keys as module
from raabta.storage.state import tables
from raabta.storage.state.database import Database
from raabta.storage.state.keys import Keys


def test_a_key_opens_only_what_it_was_made_for(database: Database) -> None:
    keys = Keys(database)
    key, token = keys.create("write", "shop", now=1)
    assert token.startswith("rbw_")
    assert keys.create("api", "ops", now=2)[1].startswith("rba_")
    assert keys.verify(token, "write", now=3) == key
    for wrong in (token + "x", "", key.id):
        with pytest.raises(NotAllowed):
            keys.verify(wrong, "write", now=3)
    with pytest.raises(NotAllowed):
        keys.verify(token, "api", now=3)
    assert [k.name for k in keys.list()] == ["shop", "ops"]
    assert [k.name for k in keys.list("api")] == ["ops"]
    with pytest.raises(InvalidInput):
        keys.create("master", "x", now=1)


def test_the_token_itself_is_nowhere_in_the_store(database: Database) -> None:
    _, token = Keys(database).create("write", "shop", now=1)
    with database.read() as connection:
        (row,) = connection.execute(select(tables.keys)).all()
    assert token not in repr(row)
    assert len(row.hash) == 64


def test_a_withdrawn_key_is_refused_at_once_here_and_soon_elsewhere(database: Database) -> None:
    here, elsewhere = Keys(database), Keys(database)
    key, token = here.create("write", "shop", now=0)
    for keys in (here, elsewhere):
        keys.verify(token, "write", now=0)
    here.revoke(key.id, now=1)
    with pytest.raises(NotAllowed):
        here.verify(token, "write", now=1)
    assert elsewhere.verify(token, "write", now=module.REMEMBER - 1) == key
    with pytest.raises(NotAllowed):
        elsewhere.verify(token, "write", now=module.REMEMBER)
    with pytest.raises(NotFound):
        here.revoke(key.id, now=2)


def test_memory_of_keys_is_bounded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 2)
    keys = Keys(database)
    tokens = [keys.create("write", str(i), now=0)[1] for i in range(5)]
    for token in tokens:
        keys.verify(token, "write", now=0)
    assert sum(keys.remembered(t, "write", 0) is not None for t in tokens) <= 2
