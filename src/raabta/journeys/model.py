"""The nouns of journeys. A journey's steps are a flat program: `next` and targets are indices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from raabta.decisioning.model import MessageClass
from raabta.query.model import Condition, Matcher, Scalar

Again = Literal["never", "after exit"]


@dataclass(frozen=True)
class Entry:
    """What brings people in: an event, or coming into a segment."""

    event: Matcher | None
    segment: str | None
    condition: Condition | None  # asked at the instant of entry
    again: Again | int  # an int: not before so many microseconds after the last entry


@dataclass(frozen=True)
class Goal:
    event: Matcher
    within: int | None  # after entry; then the journey ends unmet


@dataclass(frozen=True)
class ExitOn:
    event: Matcher
    reason: str


@dataclass(frozen=True)
class WaitFor:
    id: str
    lasting: int
    next: int


@dataclass(frozen=True)
class WaitUntil:
    """Until a matching event (`met`) or until `within` is over (`timeout`)."""

    id: str
    event: Matcher
    within: int
    met: int
    timeout: int


@dataclass(frozen=True)
class Branch:
    """The first arm whose condition holds at the instant; else `otherwise`."""

    id: str
    arms: tuple[tuple[Condition, int], ...]
    otherwise: int


@dataclass(frozen=True)
class Split:
    """Keyed chance: the same person takes the same arm, whenever and wherever it is asked."""

    id: str
    arms: tuple[tuple[str, float, int], ...]  # name, cumulative share, target


@dataclass(frozen=True)
class Send:
    id: str
    template: str
    channel: str
    cls: MessageClass
    topic: str
    priority: int
    value: float
    patience: int
    next: int


@dataclass(frozen=True)
class SetTraits:
    id: str
    values: tuple[tuple[str, Scalar], ...]
    next: int


@dataclass(frozen=True)
class Jump:
    id: str
    next: int


@dataclass(frozen=True)
class Exit:
    id: str
    reason: str


Step = WaitFor | WaitUntil | Branch | Split | Send | SetTraits | Jump | Exit

KIND: dict[type, str] = {
    WaitFor: "wait_for",
    WaitUntil: "wait_until",
    Branch: "branch",
    Split: "split",
    Send: "send",
    SetTraits: "set",
    Jump: "jump",
    Exit: "exit",
}


@dataclass(frozen=True)
class Journey:
    """One version of one journey."""

    name: str
    version: int
    description: str
    entry: Entry
    goal: Goal | None
    exits: tuple[ExitOn, ...]
    holdout: float
    steps: tuple[Step, ...]

    def matchers(self) -> list[Matcher]:
        found = [self.entry.event] if self.entry.event else []
        if self.goal:
            found.append(self.goal.event)
        found += [e.event for e in self.exits]
        found += [s.event for s in self.steps if isinstance(s, WaitUntil)]
        return found

    def conditions(self) -> list[Condition]:
        found = [self.entry.condition] if self.entry.condition else []
        return found + [c for s in self.steps if isinstance(s, Branch) for c, _ in s.arms]

    def set_keys(self) -> set[str]:
        """Traits that this journey writes."""
        return {k for s in self.steps if isinstance(s, SetTraits) for k, _ in s.values}


#: Reasons the engine gives itself.
COMPLETED = "completed"
GOAL_MET = "goal"
TIMED_OUT = "timed out"
