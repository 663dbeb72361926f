"""Reading a journey's YAML into a flat program. Every error names its field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast, get_args

from raabta.core.clock import duration
from raabta.core.errors import InvalidInput
from raabta.decisioning.model import PATIENCE, MessageClass
from raabta.journeys.ahead import instant_targets
from raabta.journeys.model import (
    COMPLETED,
    Again,
    Branch,
    Entry,
    Exit,
    ExitOn,
    Goal,
    Journey,
    Jump,
    Send,
    SetTraits,
    Split,
    Step,
    WaitFor,
    WaitUntil,
)
from raabta.query.model import Condition
from raabta.query.parse import nearest, parse, parse_matcher

STEP_KINDS = ("wait", "branch", "split", "send", "set", "exit", "goto")
MAX_STEPS = 10_000
_FIELDS = (
    "journey",
    "description",
    "subject",
    "entry",
    "goal",
    "exit_on",
    "holdout",
    "priority",
    "steps",
)


def parse_journey(source: Mapping[str, Any], version: int = 1) -> Journey:
    """A journey from its YAML mapping. Raises InvalidInput naming the field."""
    _only(source, _FIELDS, "")
    name = _text(source.get("journey"), "journey")
    if source.get("subject", "profile") != "profile":
        raise InvalidInput("is not a subject", field="subject", remedy="write profile")
    for field in ("entry", "steps"):
        if field not in source:
            raise InvalidInput("is missing", field=field, remedy="every journey needs it")
    priority = _whole(source.get("priority", 50), "priority")
    builder = _Builder(priority)
    steps = builder.build(source["steps"])
    _no_idle_ring(steps)
    return Journey(
        name=name,
        version=version,
        description=str(source.get("description", "")),
        entry=_entry(source["entry"]),
        goal=_goal(source["goal"]) if source.get("goal") else None,
        exits=_exits(source.get("exit_on", [])),
        holdout=_share(source.get("holdout", 0.0), "holdout"),
        steps=steps,
    )


def _entry(source: Any) -> Entry:
    if not isinstance(source, Mapping) or ("event" in source) == ("segment" in source):
        raise InvalidInput(
            "must name one event or one segment",
            field="entry",
            remedy="{event: Order Completed} or {segment: lapsed-60-days}",
        )
    _only(source, ("event", "where", "segment", "if", "again"), "entry")
    event = None
    if "event" in source:
        event = parse_matcher({k: source[k] for k in ("event", "where") if k in source}, "entry")
    condition = parse(source["if"], "entry.if") if "if" in source else None
    again = source.get("again", "after exit")
    rule: Again | int
    if again in get_args(Again):
        rule = cast(Again, again)
    elif isinstance(again, Mapping) and set(again) == {"after"}:
        rule = duration(again["after"], "entry.again.after")
    else:
        raise InvalidInput(
            "is not a rule for coming in again",
            field="entry.again",
            remedy="write never, 'after exit' or {after: 30d}",
        )
    segment = _text(source["segment"], "entry.segment") if "segment" in source else None
    return Entry(event, segment, condition, rule)


def _goal(source: Any) -> Goal:
    if not isinstance(source, Mapping):
        raise InvalidInput("must name an event", field="goal", remedy="{event: Order Completed}")
    _only(source, ("event", "where", "within"), "goal")
    matcher = parse_matcher({k: source[k] for k in ("event", "where") if k in source}, "goal")
    within = _lasting(source["within"], "goal.within") if "within" in source else None
    return Goal(matcher, within)


def _exits(source: Any) -> tuple[ExitOn, ...]:
    if not isinstance(source, list):
        raise InvalidInput("must be a list", field="exit_on", remedy="[{event: ..., reason: ...}]")
    found = []
    for n, item in enumerate(source):
        at = f"exit_on[{n}]"
        if not isinstance(item, Mapping):
            raise InvalidInput("must name an event and a reason", field=at)
        _only(item, ("event", "where", "reason"), at)
        matcher = parse_matcher({k: v for k, v in item.items() if k != "reason"}, at)
        found.append(ExitOn(matcher, _text(item.get("reason"), f"{at}.reason")))
    return tuple(found)


class _Builder:
    """Lays nested steps out flat. Each step is reserved first, so that targets are known."""

    def __init__(self, priority: int) -> None:
        self.priority = priority
        self.steps: list[Step | None] = []
        self.ids: dict[str, int] = {}
        self.gotos: list[tuple[int, str, str, str]] = []

    def build(self, source: Any) -> tuple[Step, ...]:
        end = self._reserve("end")
        self.steps[end] = Exit("end", COMPLETED)
        first = self._block(source, end, "steps")
        for index, step_id, target, at in self.gotos:
            if target not in self.ids:
                raise InvalidInput(
                    f"there is no step {target!r}",
                    field=at,
                    remedy=nearest(target, sorted(self.ids)),
                )
            self.steps[index] = Jump(step_id, self.ids[target])
        return self._first_first(first)

    def _first_first(self, first: int) -> tuple[Step, ...]:
        """Index 0 is where people start."""
        steps = [cast(Step, s) for s in self.steps]
        steps.append(Jump("start", first))
        last = len(steps) - 1
        order = {last: 0} | {n: n + 1 for n in range(last)}
        return (_moved(steps[last], order), *(_moved(s, order) for s in steps[:last]))

    def _reserve(self, step_id: str) -> int:
        if len(self.steps) >= MAX_STEPS:
            raise InvalidInput("has too many steps", field="steps", remedy=f"at most {MAX_STEPS}")
        self.steps.append(None)
        self.ids[step_id] = len(self.steps) - 1
        return len(self.steps) - 1

    def _block(self, source: Any, after: int, at: str) -> int:
        """Lay out a list of steps that goes on at `after`; returns the index of its first step."""
        if not isinstance(source, list):
            raise InvalidInput("must be a list of steps", field=at)
        entries = []
        for n, item in enumerate(source):
            here = f"{at}[{n}]"
            if not isinstance(item, Mapping):
                raise InvalidInput("must be a step", field=here, remedy=_kinds())
            kind = next((k for k in item if k in STEP_KINDS), None)
            if kind is None:
                word = str(next(iter(item), ""))
                raise InvalidInput(
                    "unknown step", field=f"{here}.{word}", remedy=nearest(word, STEP_KINDS)
                )
            step_id = str(item.get("id", here))
            if step_id in self.ids:
                raise InvalidInput("is used twice", field=f"{here}.id", remedy="ids are unique")
            entries.append((self._reserve(step_id), step_id, kind, item, here))
        starts = [e[0] for e in entries] + [after]
        for n, (index, step_id, kind, item, here) in enumerate(entries):
            make = getattr(self, f"_{kind}")
            self.steps[index] = make(step_id, item, starts[n + 1], here, index)
        return starts[0]

    def _target(self, source: Any, after: int, at: str) -> int:
        """`{goto: id}`, `{exit: reason}` or a list of steps; nothing at all goes on."""
        if source is None:
            return after
        return self._block([source] if isinstance(source, Mapping) else source, after, at)

    def _wait(
        self, step_id: str, item: Mapping[str, Any], after: int, at: str, _index: int
    ) -> Step:
        value = item["wait"]
        if isinstance(value, str):
            _only(item, ("wait", "id"), at)
            return WaitFor(step_id, _lasting(value, f"{at}.wait"), after)
        if not isinstance(value, Mapping) or "until" not in value:
            raise InvalidInput(
                "must be a duration or wait for an event",
                field=f"{at}.wait",
                remedy="wait: 3d, or wait: {until: {event: ...}, within: 10d}",
            )
        _only(item, ("wait", "id", "met", "timeout"), at)
        _only(value, ("until", "within"), f"{at}.wait")
        if "within" not in value:
            raise InvalidInput("needs an end", field=f"{at}.wait.within", remedy="within: 10d")
        return WaitUntil(
            step_id,
            parse_matcher(value["until"], f"{at}.wait.until"),
            _lasting(value["within"], f"{at}.wait.within"),
            self._target(item.get("met"), after, f"{at}.met"),
            self._target(item.get("timeout"), after, f"{at}.timeout"),
        )

    def _branch(
        self, step_id: str, item: Mapping[str, Any], after: int, at: str, _index: int
    ) -> Step:
        _only(item, ("branch", "id"), at)
        arms: list[tuple[Condition, int]] = []
        otherwise = after
        source = item["branch"]
        if not isinstance(source, list) or not source:
            raise InvalidInput("must be a list of arms", field=f"{at}.branch")
        for n, arm in enumerate(source):
            here = f"{at}.branch[{n}]"
            if isinstance(arm, Mapping) and "otherwise" in arm:
                _only(arm, ("otherwise",), here)
                otherwise = self._target(arm["otherwise"], after, f"{here}.otherwise")
                continue
            if not isinstance(arm, Mapping) or "if" not in arm or "then" not in arm:
                raise InvalidInput("needs `if` and `then`", field=here)
            _only(arm, ("if", "then"), here)
            target = self._target(arm["then"], after, f"{here}.then")
            arms.append((parse(arm["if"], f"{here}.if"), target))
        return Branch(step_id, tuple(arms), otherwise)

    def _split(
        self, step_id: str, item: Mapping[str, Any], after: int, at: str, _index: int
    ) -> Step:
        _only(item, ("split", "id"), at)
        source = item["split"]
        if not isinstance(source, list) or not source:
            raise InvalidInput("must be a list of arms", field=f"{at}.split")
        arms: list[tuple[str, float, int]] = []
        total = 0.0
        for n, arm in enumerate(source):
            here = f"{at}.split[{n}]"
            if not isinstance(arm, Mapping) or "share" not in arm:
                raise InvalidInput("needs a share", field=here, remedy="share: 50%")
            _only(arm, ("name", "share", "then"), here)
            total += _share(arm["share"], f"{here}.share")
            target = self._target(arm.get("then"), after, f"{here}.then")
            arms.append((str(arm.get("name", n + 1)), total, target))
        if abs(total - 1) > 1e-9:
            raise InvalidInput(
                f"shares add up to {total:.1%}", field=f"{at}.split", remedy="make them 100%"
            )
        return Split(step_id, tuple(arms))

    def _send(
        self, step_id: str, item: Mapping[str, Any], after: int, at: str, _index: int
    ) -> Step:
        _only(item, ("send", "id"), at)
        value, here = item["send"], f"{at}.send"
        if not isinstance(value, Mapping):
            raise InvalidInput("must name a template", field=here, remedy="{template: ...}")
        _only(
            value,
            ("template", "channel", "class", "topic", "priority", "value", "patience"),
            here,
        )
        cls = value.get("class", "promotional")
        if cls not in get_args(MessageClass):
            raise InvalidInput(
                f"{cls!r} is not a class",
                field=f"{here}.class",
                remedy=nearest(str(cls), get_args(MessageClass)),
            )
        if "topic" not in value and cls != "transactional":
            raise InvalidInput(
                "is missing", field=f"{here}.topic", remedy="people choose topics: name one"
            )
        patience = value.get("patience")
        return Send(
            step_id,
            _text(value.get("template"), f"{here}.template"),
            _text(value.get("channel", "email"), f"{here}.channel"),
            cls,
            _text(value.get("topic", "service"), f"{here}.topic"),
            _whole(value.get("priority", self.priority), f"{here}.priority"),
            _number(value.get("value", 0.0), f"{here}.value"),
            duration(patience, f"{here}.patience") if patience is not None else PATIENCE[cls],
            after,
        )

    def _set(self, step_id: str, item: Mapping[str, Any], after: int, at: str, _index: int) -> Step:
        _only(item, ("set", "id"), at)
        value = item["set"]
        if not isinstance(value, Mapping) or not value:
            raise InvalidInput("must map traits to values", field=f"{at}.set", remedy="{vip: true}")
        for key, content in value.items():
            if not isinstance(content, str | int | float | bool):
                raise InvalidInput("must be text, a number, true or false", field=f"{at}.set.{key}")
        return SetTraits(step_id, tuple((str(k), v) for k, v in value.items()), after)

    def _exit(
        self, step_id: str, item: Mapping[str, Any], _after: int, at: str, _index: int
    ) -> Step:
        _only(item, ("exit", "id"), at)
        return Exit(step_id, _text(item["exit"], f"{at}.exit"))

    def _goto(
        self, step_id: str, item: Mapping[str, Any], _after: int, at: str, index: int
    ) -> Step:
        _only(item, ("goto", "id"), at)
        self.gotos.append((index, step_id, _text(item["goto"], f"{at}.goto"), f"{at}.goto"))
        return Jump(step_id, index)


def _moved(step: Step, order: dict[int, int]) -> Step:
    match step:
        case WaitFor():
            return WaitFor(step.id, step.lasting, order[step.next])
        case WaitUntil():
            met, timeout = order[step.met], order[step.timeout]
            return WaitUntil(step.id, step.event, step.within, met, timeout)
        case Branch():
            arms = tuple((c, order[t]) for c, t in step.arms)
            return Branch(step.id, arms, order[step.otherwise])
        case Split():
            return Split(step.id, tuple((n, s, order[t]) for n, s, t in step.arms))
        case Send():
            return Send(
                step.id,
                step.template,
                step.channel,
                step.cls,
                step.topic,
                step.priority,
                step.value,
                step.patience,
                order[step.next],
            )
        case SetTraits():
            return SetTraits(step.id, step.values, order[step.next])
        case Jump():
            return Jump(step.id, order[step.next])
        case Exit():
            return step


def _no_idle_ring(steps: tuple[Step, ...]) -> None:
    """A ring of steps in which nobody waits would never end."""
    state = [0] * len(steps)
    for root in range(len(steps)):
        stack = [(root, iter(instant_targets(steps[root])))] if not state[root] else []
        if stack:
            state[root] = 1
        while stack:
            index, targets = stack[-1]
            target = next(targets, None)
            if target is None:
                state[index] = 2
                stack.pop()
            elif state[target] == 1:
                raise InvalidInput(
                    f"step {steps[target].id!r} comes back to itself without a wait",
                    field="steps",
                    remedy="put a wait into the ring",
                )
            elif not state[target]:
                state[target] = 1
                stack.append((target, iter(instant_targets(steps[target]))))


def _only(source: Mapping[str, Any], allowed: tuple[str, ...], at: str) -> None:
    for key in source:
        if key not in allowed:
            field = f"{at}.{key}" if at else str(key)
            raise InvalidInput("unknown field", field=field, remedy=nearest(str(key), allowed))


def _lasting(value: Any, at: str) -> int:
    """A duration longer than nothing: a ring of waits for nothing would never end."""
    found = duration(value, at)
    if found == 0:
        raise InvalidInput("is no time at all", field=at, remedy="write at least 1s")
    return found


def _text(value: Any, at: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput("must be text", field=at)
    return value


def _whole(value: Any, at: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput(f"{value!r} is not a whole number", field=at)
    return value


def _number(value: Any, at: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput(f"{value!r} is not a number", field=at)
    return float(value)


def _share(value: Any, at: str) -> float:
    if isinstance(value, str) and value.endswith("%"):
        try:
            value = float(value[:-1]) / 100
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidInput("is not a share", field=at, remedy="write 10% or 0.1")
    return float(value)


def _kinds() -> str:
    return "a step starts with one of: " + ", ".join(STEP_KINDS)
