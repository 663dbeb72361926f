"""One file for each step kind. Each moves all the rows that stand at a step of its kind at once."""

from __future__ import annotations

from raabta.journeys.steps import branch, exit_, jump, send, set_traits, split, wait
from raabta.journeys.steps.context import Context, Run

#: What to do with the running rows at each kind of step, in the order in which kinds take turns:
#: `set` first, so that a branch of the same person at the same turn sees what was set.
STEPS: dict[str, Run] = {
    "set": set_traits.run,
    "jump": jump.run,
    "split": split.run,
    "branch": branch.run,
    "send": send.run,
    "wait_for": wait.run,
    "wait_until": wait.run,
    "exit": exit_.run,
}

__all__ = ["STEPS", "Context", "Run"]
