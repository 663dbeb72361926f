"""Hypothesis strategies: logs of a few people, and definitions that make much happen to them.

Instants lie on a grid and waits are multiples of it, so that events meet time-outs, deadlines,
ends of quiet hours and vacated places under caps at the very same instant.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from oracle.worlds import Definitions, Said
from raabta.audiences.model import Segment
from raabta.core.clock import DAY, HOUR, instant
from raabta.core.errors import InvalidInput
from raabta.decisioning.model import Policy
from raabta.journeys.parse import parse_journey
from raabta.query.parse import parse

#: A Thursday before Europe changes its clocks.
START = instant("2026-03-26T00:00:00Z")
SPAN = 12 * DAY
END = START + 20 * DAY
PEOPLE = ("ann", "bob", "cyd")
_ZONES = ("Europe/Berlin", "Asia/Karachi", "America/New_York", "Mars/Olympus")

#: Chance that leans to the dull side, so that the rule that has most to say is reached often.
_rarely = st.sampled_from([False] * 7 + [True])
_sometimes = st.sampled_from([False, False, True])

hours = st.sampled_from(
    # mostly six hours apart, as the waits and windows are, and now and then in between
    [START + h * HOUR for h in range(0, SPAN // HOUR, 6)]
    + [START + h * HOUR for h in range(5, SPAN // HOUR, 19)]
)


def _durations(*choices: str) -> st.SearchStrategy[str]:
    return st.sampled_from(choices)


def _traits() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "email": st.sampled_from(["a@x.test", "b@x.test", "Bad@x.test", None]),
            "timezone": st.sampled_from(_ZONES),
            "vip": st.booleans(),
            "tier": st.sampled_from(["gold", "silver"]),
            "points": st.integers(0, 3),
        },
    )


def _order() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"total": st.integers(1, 40)},
        optional={"category": st.sampled_from(["tea", "coffee"]), "gift": st.booleans()},
    )


def _consent() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"granted": st.booleans()},
        optional={"channel": st.just("email"), "topic": st.sampled_from(["news", "*"])},
    )


_calls = st.one_of(
    st.tuples(st.just("track"), st.just("Order"), _order()),
    st.tuples(st.just("track"), st.just("Order"), _order()),
    st.tuples(st.just("track"), st.just("View"), st.just({})),
    st.tuples(st.just("track"), st.just("Idle"), st.just({})),
    st.tuples(st.just("identify"), st.just("identify"), _traits()),
    st.tuples(st.just("track"), st.just("Consent Updated"), _consent()),
)
_lateness = st.sampled_from([0, 0, 0, 0, 5 * HOUR, 3 * DAY, 364 * DAY, 355 * DAY])


@st.composite
def logs(draw: st.DrawFn, most: int = 16) -> list[Said]:
    """A log in order. Most people can be reached by mail from early on."""
    said = []
    for n, user in enumerate(PEOPLE):
        if draw(_rarely):
            continue
        at = START + n * 7
        traits = {**draw(_traits()), "email": f"{user}@x.test"}
        said.append(Said(at, user, "identify", "identify", traits))
        granted = {"channel": "email", "topic": "*", "granted": True}
        said.append(Said(at + 1, user, "track", "Consent Updated", granted))
    times = draw(st.lists(hours, min_size=6, max_size=most, unique=True))
    for at in sorted(times):
        kind, name, properties = draw(_calls)
        late = draw(_lateness) if name == "Order" else 0
        said.append(
            Said(max(at, START + 100), draw(st.sampled_from(PEOPLE)), kind, name, properties, late)
        )
    return said


@st.composite
def visits(draw: st.DrawFn) -> list[Said]:
    """A log of people who are not always known: devices, names given later, aliases."""
    devices = st.sampled_from(["phone", "till"])
    found = []
    for one in draw(logs(most=12)):
        match draw(st.sampled_from(["known", "known", "nameless", "both", "alias"])):
            case "nameless":
                one = replace(one, user_id=None, anonymous_id=draw(devices))  # noqa: PLW2901
            case "both":
                one = replace(one, anonymous_id=draw(devices))  # noqa: PLW2901
            case "alias":
                earlier = {"previous_id": draw(st.sampled_from([*PEOPLE, "phone"]))}
                one = replace(  # noqa: PLW2901
                    one, kind="alias", name="alias", properties=earlier, late=0
                )
        found.append(one)
    return found


_where = st.one_of(
    st.none(),
    st.sampled_from(
        [
            {"category": "tea"},
            {"category": {"is_not": "tea"}},
            {"total": {"at_least": 20}},
            {"gift": {"is_set": False}},
            {"category": ["tea", "coffee"], "total": {"less_than": 30}},
        ]
    ),
)


@st.composite
def _did(draw: st.DrawFn) -> dict[str, Any]:
    event = draw(st.sampled_from(["Order", "Order", "View", "Never Seen"]))
    found: dict[str, Any] = {draw(st.sampled_from(["did", "did", "did_not"])): event}
    where = draw(_where)
    if where and event == "Order":
        found["where"] = where
    within = draw(st.sampled_from([None, "12h", "1d", "3d", "6d"]))
    if within:
        found["within"] = within
    if "did" in found:
        found |= draw(
            st.sampled_from(
                [{}, {}, {"at_least": 2}, {"exactly": 1}, {"at_most": 1}, {"more_than": 1}]
            )
        )
        if event == "Order":
            found |= draw(
                st.sampled_from(
                    [
                        {},
                        {},
                        {"sum": {"of": "total", "at_least": 30}},
                        {"average": {"of": "total", "at_most": 20}},
                        {"highest": {"of": "total", "more_than": 25}},
                        {"lowest": {"of": "total", "less_than": 10}},
                        {"distinct": {"of": "category", "at_least": 2}},
                    ]
                )
            )
    return found


_leaf = st.one_of(
    _did(),
    _did(),
    st.sampled_from(
        [
            {"trait": "vip", "is": True},
            {"trait": "tier", "in": ["gold"]},
            {"trait": "points", "at_least": 2},
            {"trait": "mood", "is": "good"},
            {"trait": "mood", "is": "bad"},
            {"trait": "mood", "is_set": False},
            {"anniversary": "Order", "for": "1d"},
        ]
    ),
)


def conditions() -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        _leaf,
        st.builds(lambda a, b: {"all": [a, b]}, _leaf, _leaf),
        st.builds(lambda a, b: {"any": [a, b]}, _leaf, _leaf),
        st.builds(lambda a: {"not": a}, _leaf),
    )


@st.composite
def _matcher(draw: st.DrawFn) -> dict[str, Any]:
    event = draw(st.sampled_from(["Order", "View"]))
    where = draw(_where) if event == "Order" else None
    return {"event": event, "where": where} if where else {"event": event}


_classes = st.sampled_from(["promotional", "promotional", "triggered", "transactional"])


@st.composite
def _step(draw: st.DrawFn, depth: int) -> dict[str, Any]:
    kinds = ["send", "send", "wait", "until", "set", "split", "branch", "exit", "goto"]
    match draw(st.sampled_from(kinds if depth else kinds[:5])):
        case "send":
            send: dict[str, Any] = {
                "template": "t",
                "topic": draw(st.sampled_from(["news", "offers"])),
                "class": draw(_classes),
                "priority": draw(st.sampled_from([10, 50, 90])),
            }
            if draw(st.booleans()):
                send["patience"] = draw(_durations("2h", "1d", "5d"))
            return {"send": send}
        case "wait":
            return {"wait": draw(_durations("12h", "1d", "3d"))}
        case "until":
            found: dict[str, Any] = {
                "wait": {
                    "until": draw(_matcher()),
                    "within": draw(_durations("12h", "1d", "3d")),
                }
            }
            for way in ("met", "timeout"):
                target = draw(_targets(depth))
                if target is not None:
                    found[way] = target
            return found
        case "set":
            mood = draw(st.sampled_from(["good", "bad"]))
            more = draw(st.sampled_from([{}, {}, {"vip": True}, {"timezone": "Asia/Karachi"}]))
            return {"set": {"mood": mood, **more}}
        case "split":
            return {
                "split": [
                    {"share": "40%", "then": draw(_steps(depth - 1))},
                    {"share": "60%"},
                ]
            }
        case "branch":
            arms: list[dict[str, Any]] = [
                {"if": draw(conditions()), "then": draw(_steps(depth - 1))}
                for _ in range(draw(st.integers(1, 2)))
            ]
            if draw(st.booleans()):
                arms.append({"otherwise": draw(_steps(depth - 1))})
            return {"branch": arms}
        case "exit":
            return {"exit": "left"}
        case _:
            return {"goto": "again"}


def _targets(depth: int) -> st.SearchStrategy[Any]:
    simple = st.sampled_from([None, None, {"exit": "so"}, {"goto": "again"}])
    return st.one_of(simple, _steps(depth - 1)) if depth else simple


def _steps(depth: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(_step(max(depth, 0)), min_size=1, max_size=3)


@st.composite
def journeys(draw: st.DrawFn, name: str, segments: tuple[str, ...]) -> dict[str, Any]:
    entry: dict[str, Any]
    if segments and draw(st.booleans()):
        entry = {"segment": draw(st.sampled_from(segments))}
    else:
        entry = draw(_matcher())
    again = draw(st.sampled_from([None, "after exit", {"after": "2d"}, "never"]))
    if again is not None:
        entry["again"] = again
    if draw(_rarely):
        entry["if"] = draw(conditions())
    found: dict[str, Any] = {"journey": name, "entry": entry}
    if draw(_sometimes):
        found["goal"] = draw(_matcher())
        if draw(st.booleans()):
            found["goal"]["within"] = draw(_durations("1d", "3d", "36h"))
    if draw(_rarely):
        found["exit_on"] = [
            {**draw(_matcher()), "reason": f"reason {n}"} for n in range(draw(st.integers(1, 2)))
        ]
    if draw(_rarely):
        found["holdout"] = "50%"
    found["priority"] = draw(st.sampled_from([20, 50, 80]))
    steps = draw(_steps(2))
    found["steps"] = [*steps[:1], {"wait": "1d", "id": "again"}, *steps[1:]]
    return found


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {}
    caps = {
        cls: {
            "max": draw(st.sampled_from([1, 1, 2, 3, 0])),
            "window": draw(_durations("12h", "2d", "4d")),
        }
        for cls in ("promotional", "triggered")
        if draw(st.integers(0, 2))
    }
    if caps:
        found["caps"] = caps
    if draw(st.booleans()):
        start, end = draw(
            st.sampled_from([("21:00", "08:00"), ("01:00", "02:30"), ("12:00", "15:00")])
        )
        found["quiet_hours"] = {"start": start, "end": end}
    if draw(_rarely):
        found["holdout"] = 0.4
    found["timezone"] = draw(st.sampled_from(["UTC", "Europe/Berlin"]))
    return found


@st.composite
def definitions(draw: st.DrawFn) -> Definitions:
    names = ("first", "second")
    segments = tuple(
        Segment(name, 1, "", parse(draw(conditions()))) for name in names[: draw(st.integers(0, 2))]
    )
    known = tuple(s.name for s in segments)
    parsed = []
    for name in ("one", "two", "three")[: draw(st.integers(1, 3))]:
        try:
            parsed.append(parse_journey(draw(journeys(name, known))))
        except InvalidInput as error:
            assume("comes back to itself" not in error.message)
            raise
    policy = Policy.model_validate(draw(policies()))
    return Definitions(segments, tuple(parsed), policy, (("email", "bad@x.test"),))


def cuts(end: int = END) -> st.SearchStrategy[list[int]]:
    """Ends of ticks, the last of them the end of the story."""
    return st.lists(hours, max_size=8, unique=True).map(lambda found: [*sorted(found), end])
