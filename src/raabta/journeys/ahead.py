"""What lies ahead of a step, without anybody having to go there."""

from __future__ import annotations

from collections import deque

from raabta.journeys.model import (
    Branch,
    Journey,
    Jump,
    Send,
    SetTraits,
    Split,
    Step,
    WaitFor,
    WaitUntil,
)


def instant_targets(step: Step) -> list[int]:
    """Where people may go on to from a step without waiting."""
    match step:
        case Branch():
            return [t for _, t in step.arms] + [step.otherwise]
        case Split():
            return [t for _, _, t in step.arms]
        case Send() | SetTraits() | Jump():
            return [step.next]
        case _:
            return []


def targets(step: Step) -> list[int]:
    """Where people may go on to from a step, in the order in which it names them."""
    match step:
        case WaitFor():
            return [step.next]
        case WaitUntil():
            return [step.met, step.timeout]
        case _:
            return instant_targets(step)


def reached(journey: Journey) -> list[int]:
    """Steps in the order in which a reader comes to them, jumps left out."""
    order: dict[int, None] = {}
    ahead = deque([landing(journey, 0)])
    while ahead:
        index = ahead.popleft()
        if index not in order:
            order[index] = None
            ahead.extend(landing(journey, target) for target in targets(journey.steps[index]))
    return list(order)


def sends_after(journey: Journey, step: int) -> bool:
    """Whether some path from the end of a wait reaches a message before the next wait."""
    wait = journey.steps[step]
    if isinstance(wait, WaitFor):
        ahead = [wait.next]
    else:
        ahead = [wait.timeout] if isinstance(wait, WaitUntil) else []
    seen: set[int] = set()
    while ahead:
        index = ahead.pop()
        if index in seen:
            continue
        seen.add(index)
        if isinstance(journey.steps[index], Send):
            return True
        ahead += instant_targets(journey.steps[index])
    return False


def landing(journey: Journey, step: int) -> int:
    """The step itself, or where the jumps that start at it lead."""
    here = journey.steps[step]
    while isinstance(here, Jump):
        step = here.next
        here = journey.steps[step]
    return step
