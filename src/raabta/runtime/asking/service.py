"""Questions about people and decisions, answered from the state store and the history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date as Date
from typing import Any

from raabta.core.clock import Instant
from raabta.core.text import Lang
from raabta.runtime.asking import ledger, person, score
from raabta.runtime.asking.counts import Happened, counts
from raabta.runtime.asking.decision import decision
from raabta.runtime.asking.filters import LedgerFilters
from raabta.runtime.asking.groups import Groups
from raabta.runtime.asking.people import People, PeopleQuery
from raabta.runtime.asking.stores import Person, Stores, find, known
from raabta.runtime.asking.timeline import timeline
from raabta.storage.history.duck import DuckHistory
from raabta.storage.state.database import Database


class Asking:
    """Read-only, safe from any thread and beside a running engine."""

    def __init__(self, database: Database, history: DuckHistory) -> None:
        self._stores = Stores(database, history)
        self._people = People(self._stores)
        self._groups = Groups(self._stores)
        self._happened = Happened(self._stores)

    # --- people -----------------------------------------------------------------------------

    def find(self, who: str) -> Person:
        """A person by user id, anonymous id, e-mail address or profile id. Raises NotFound."""
        return find(self._stores, who)

    def names(self, people: list[int]) -> dict[int, str]:
        """What to call these profiles; those that are gone are left out."""
        return {one.id: one.name for one in known(self._stores, people).values()}

    def people(self, asked: PeopleQuery, now: Instant) -> dict[str, Any]:
        return self._people.page(asked, now)

    def profile(self, who: str, now: Instant, *, lang: Lang = "en") -> dict[str, Any]:
        return person.profile(self._stores, who, now, lang)

    def why(
        self, who: str, at: Instant | None = None, limit: int = 10, *, lang: Lang = "en"
    ) -> dict[str, Any]:
        """The last decisions about a person up to `at`, each in a sentence, newest first."""
        return person.why(self._stores, who, at, limit, lang)

    def timeline(
        self,
        who: str,
        *,
        cursor: str | None = None,
        limit: int = 50,
        show: str = "events,decisions,segments",
        lang: Lang = "en",
    ) -> dict[str, Any]:
        return timeline(self._stores, who, cursor=cursor, limit=limit, show=show, lang=lang)

    # --- scores -----------------------------------------------------------------------------

    def score(
        self,
        who: str,
        start: Instant | None,
        end: Instant | None,
        now: Instant,
        *,
        lang: Lang = "en",
    ) -> dict[str, Any]:
        return score.person_score(self._stores, who, start, end, now, lang)

    def account_score(
        self,
        group: str,
        start: Instant | None,
        end: Instant | None,
        now: Instant,
        *,
        lang: Lang = "en",
    ) -> dict[str, Any]:
        return score.account_score(self._stores, self._groups, group, start, end, now, lang)

    def day_score(self, date: Date | None, now: Instant) -> dict[str, Any]:
        return score.day_score(self._stores, date, now)

    # --- the ledger -------------------------------------------------------------------------

    def ledger(
        self,
        asked: LedgerFilters,
        *,
        cursor: str | None = None,
        before: Instant | None = None,
        limit: int = 50,
        oldest_first: bool = False,
        lang: Lang = "en",
    ) -> dict[str, Any]:
        return ledger.page(
            self._stores,
            asked,
            cursor=cursor,
            before=before,
            limit=limit,
            oldest_first=oldest_first,
            lang=lang,
        )

    def facets(self, asked: LedgerFilters) -> dict[str, Any]:
        return ledger.facets(self._stores, asked)

    def export(
        self, asked: LedgerFilters, *, oldest_first: bool = False, lang: Lang = "en"
    ) -> Iterator[str]:
        return ledger.export(self._stores, asked, oldest_first=oldest_first, lang=lang)

    def decision(self, decision_id: str, *, lang: Lang = "en") -> dict[str, Any]:
        return decision(self._stores, decision_id, lang)

    # --- the whole --------------------------------------------------------------------------

    def counts(self) -> dict[str, Any]:
        """What a summary shows: people, members by segment, candidates by outcome and rule."""
        return counts(self._stores.db)

    def events(self) -> tuple[dict[str, int], tuple[Instant, Instant] | None]:
        """How many events of each name there are, and the first and the last event time."""
        return self._happened.now()
