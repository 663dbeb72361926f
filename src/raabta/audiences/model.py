"""The nouns of audiences."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from raabta.query.model import Anniversary, Condition, Did, leaves, trait_keys


@dataclass(frozen=True)
class Segment:
    """A named condition; `condition` has every reference to other segments inlined."""

    name: str
    version: int
    description: str
    condition: Condition

    @cached_property
    def events(self) -> frozenset[str]:
        """Names of events that can change the answer."""
        found = {
            leaf.event for leaf in leaves(self.condition) if isinstance(leaf, Did | Anniversary)
        }
        return frozenset(found)

    @cached_property
    def traits(self) -> frozenset[str]:
        return trait_keys(self.condition)
