"""Questions about people and decisions: `Asking` answers them all."""

from raabta.runtime.asking.filters import LedgerFilters
from raabta.runtime.asking.people import PeopleQuery
from raabta.runtime.asking.service import Asking
from raabta.runtime.asking.stores import Person

__all__ = ["Asking", "LedgerFilters", "PeopleQuery", "Person"]
