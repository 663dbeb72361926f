"""The whole engine for one person at a time: the oracle of the property tests.

It is written from the words of `docs/journeys.md`, holds everything in lists, and looks for changes
by trying every instant at which one could happen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from oracle.conditions import Event, Facts, holds, instants_of_change, matches
from oracle.decisions import Candidate, Sent, decide
from raabta.audiences.model import Segment
from raabta.core.ids import mixed_id, name_key, uniform
from raabta.decisioning.model import Policy
from raabta.journeys.model import (
    Branch,
    Exit,
    Journey,
    Jump,
    Send,
    SetTraits,
    Split,
    WaitFor,
    WaitUntil,
)


@dataclass
class Enrollment:
    id: int
    journey: Journey
    entered_at: int
    entry_seq: int | None
    holdout: bool
    deadline: int | None
    step: int = 0
    state: str = "running"
    arrived: int = 0
    due_at: int | None = None
    attempt: int = 0
    ended_at: int | None = None
    exit: str | None = None

    def end(self, reason: str, at: int) -> None:
        self.state, self.exit, self.ended_at, self.due_at = "ended", reason, at, None

    def go_on(self, step: int) -> None:
        self.step, self.state, self.due_at = step, "running", None

    def sleep(self, state: str, until: int) -> None:
        self.state = state
        self.due_at = until if self.deadline is None else min(until, self.deadline)

    @property
    def is_live(self) -> bool:
        return self.state != "ended"


@dataclass
class Person:
    """One person's life. `live` drives it up to an instant; the rest is there to be compared."""

    subject: int
    seed: int
    events: Sequence[Event]
    segments: Sequence[Segment]
    journeys: Sequence[Journey]
    policy: Policy
    suppressed: set[tuple[str, str]] = field(default_factory=set)
    ledger: list[tuple[Enrollment, Candidate, int]] = field(default_factory=list)
    enrollments: list[Enrollment] = field(default_factory=list)
    #: delivered memberships, and since when
    member: dict[str, bool] = field(default_factory=dict)
    since: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.facts = Facts(sorted(self.events, key=lambda e: (e.received_at, e.seq)))
        self.sent = Sent()
        self.last_entry: dict[str, int] = {}
        self.now = self.facts.events[0].received_at
        self.said = 2**62

    def live(self, until: int) -> None:
        """Take one stimulus after another, up to and including `until`."""
        matchers = [m for j in self.journeys for m in j.matchers()]
        todo = [e for e in self.facts.events if any(matches(m, e) for m in matchers)]
        while True:
            event = todo[0].received_at if todo else until + 1
            timer = min((e.due_at for e in self._live() if e.due_at is not None), default=until + 1)
            flip = self._next_flip(min(event, timer, until))
            now = min(event, timer, flip if flip is not None else until + 1)
            if now > until:
                return
            self.now = now
            if event == now:
                self._react(todo.pop(0))
            elif flip == now:
                self._react(None)
            else:
                self._fire()
            self._run()

    def _live(self) -> list[Enrollment]:
        return [e for e in self.enrollments if e.is_live]

    # --- memberships ------------------------------------------------------------------------

    def _flips(self, at: int) -> list[tuple[str, bool]]:
        answers = [(s.name, holds(s.condition, self.facts, at)) for s in self.segments]
        return [(name, yes) for name, yes in answers if yes != self.member.get(name, False)]

    def _next_flip(self, until: int) -> int | None:
        instants = {self.now} | {e.received_at for e in self.facts.events}
        for segment in self.segments:
            instants |= instants_of_change(segment.condition, self.facts)
        for at in sorted(i for i in instants if self.now <= i <= until):
            if self._flips(at):
                return at
        return None

    # --- one stimulus -----------------------------------------------------------------------

    def _fire(self) -> None:
        for enrollment in self._live():
            if enrollment.due_at is None or enrollment.due_at > self.now:
                continue
            if enrollment.deadline is not None and enrollment.deadline <= self.now:
                enrollment.end("timed out", self.now)
            elif enrollment.state == "deferred":
                enrollment.go_on(enrollment.step)
            else:
                step = enrollment.journey.steps[enrollment.step]
                enrollment.go_on(step.next if isinstance(step, WaitFor) else step.timeout)

    def _react(self, event: Event | None) -> None:
        entered = set()
        for name, yes in self._flips(self.now):
            self.member[name], self.since[name] = yes, self.now
            if yes:
                entered.add(name)
        if event is not None:
            for enrollment in self._live():
                self._told(enrollment, event)
        for journey in self.journeys:
            entry = journey.entry
            if entry.event is not None:
                called = event is not None and matches(entry.event, event)
            else:
                called = entry.segment in entered
            if called:
                by = event.seq if event is not None and entry.event is not None else None
                self._enter(journey, by)

    def _told(self, enrollment: Enrollment, event: Event) -> None:
        journey = enrollment.journey
        if journey.goal is not None and matches(journey.goal.event, event):
            enrollment.end("goal", self.now)
            return
        for way_out in journey.exits:
            if matches(way_out.event, event):
                enrollment.end(way_out.reason, self.now)
                return
        step = journey.steps[enrollment.step]
        waits = enrollment.state == "waiting" and isinstance(step, WaitUntil)
        if waits and matches(step.event, event):
            enrollment.go_on(step.met)

    def _enter(self, journey: Journey, seq: int | None) -> None:
        name, entry = journey.name, journey.entry
        last = self.last_entry.get(name)
        if any(e.journey.name == name for e in self._live()):
            return
        if last is not None and (entry.again == "never" or last == self.now):
            return
        if last is not None and isinstance(entry.again, int) and self.now - last < entry.again:
            return
        if entry.condition is not None and not holds(entry.condition, self.facts, self.now):
            return
        within = journey.goal.within if journey.goal else None
        key = name_key("journey", name)
        self.last_entry[name] = self.now
        self.enrollments.append(
            Enrollment(
                id=_hash(self.subject, key, self.now),
                journey=journey,
                entered_at=self.now,
                entry_seq=seq,
                holdout=self._chance(name_key("holdout", "global")) < self.policy.holdout
                or self._chance(key) < journey.holdout,
                deadline=None if within is None else self.now + within,
            )
        )

    # --- steps ------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            while running := [e for e in self._live() if e.state == "running"]:
                order = {j.name: n for n, j in enumerate(self.journeys)}
                running.sort(key=lambda e: order[e.journey.name])
                setting = [e for e in running if isinstance(_step(e), SetTraits)]
                others = [e for e in running if not isinstance(_step(e), SetTraits)]
                for enrollment in setting + others:
                    self._take(enrollment)
            standing = [e for e in self._live() if e.state == "candidate"]
            if not standing:
                return
            self._decide(standing)

    def _take(self, enrollment: Enrollment) -> None:
        step = _step(enrollment)
        match step:
            case WaitFor():
                enrollment.sleep("waiting", self.now + step.lasting)
            case WaitUntil():
                enrollment.sleep("waiting", self.now + step.within)
            case Branch():
                arms = [t for c, t in step.arms if holds(c, self.facts, self.now)]
                enrollment.step = arms[0] if arms else step.otherwise
            case Split():
                chance = self._chance(name_key("split", enrollment.journey.name, step.id))
                arms = [target for _, share, target in step.arms if chance < share]
                enrollment.step = arms[0] if arms else step.arms[-1][2]
            case SetTraits():
                for key, value in step.values:
                    self.said += 1
                    self.facts.traits.append((self.now, self.said, key, value))
                enrollment.step = step.next
            case Jump():
                enrollment.step = step.next
            case Exit():
                enrollment.end(step.reason, self.now)
            case Send():
                enrollment.state, enrollment.due_at = "candidate", None
                if enrollment.attempt == 0:
                    enrollment.arrived = self.now

    def _decide(self, standing: list[Enrollment]) -> None:
        candidates = {}
        for enrollment in standing:
            send = _step(enrollment)
            assert isinstance(send, Send)
            key = enrollment.step * 1_000_003 + enrollment.attempt
            number = _hash(enrollment.id, enrollment.arrived, key)
            candidates[number] = (
                enrollment,
                Candidate(number, self.now, enrollment.arrived, enrollment.holdout, send),
            )
        proposed = [c for _, c in candidates.values()]
        for decided in decide(proposed, self.facts, self.sent, self.suppressed, self.policy):
            enrollment = candidates[decided.id][0]
            self.ledger.append((enrollment, decided, enrollment.attempt))
            if decided.outcome == "deferred":
                assert decided.until is not None
                enrollment.attempt += 1
                enrollment.sleep("deferred", decided.until)
            else:
                enrollment.attempt = 0
                enrollment.go_on(decided.send.next)

    def _chance(self, key: int) -> float:
        return float(uniform(np.array([self.seed], dtype=np.int64), key)[0])


def _step(enrollment: Enrollment) -> object:
    return enrollment.journey.steps[enrollment.step]


def _hash(first: int, *keys: int) -> int:
    return int(mixed_id(np.array([first], dtype=np.int64), *keys)[0])
