"""Counters kept by the tick are those of a recount, however the log is cut."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from oracle.strategies import END, cuts, definitions, logs, visits
from oracle.worlds import Definitions, Said, Stores, stores
from raabta.audiences.model import Segment
from raabta.core.clock import DAY, HOUR
from raabta.core.frames import SLOT
from raabta.decisioning.model import Policy
from raabta.journeys.parse import parse_journey
from raabta.query.parse import parse
from raabta.storage.state.database import Database

#: What the migration counts a store with.
COUNTS = import_module("raabta.storage.state.migrations.versions.0003_tallies").COUNTS

TALLIES = (
    "SELECT * FROM ledger_tallies",
    "SELECT * FROM member_tallies",
    "SELECT * FROM step_tallies",
    "SELECT * FROM journey_tallies",
    "SELECT * FROM profile_tallies",
)


def tallies(world: Stores) -> list[list[tuple[Any, ...]]]:
    return [sorted(world.frame(query), key=str) for query in TALLIES]


def recounted(world: Stores) -> None:
    """Every tally equals a count of the rows it counts."""
    ledger = Counter(
        (journey, at // SLOT, version, step, channel, cls, outcome, rule or "")
        for journey, at, version, step, channel, cls, outcome, rule in world.frame(
            'SELECT journey, at, version, step, channel, "class", outcome, rule FROM ledger'
        )
    )
    ever: Counter[tuple[Any, ...]] = Counter()
    for (journey, _, *rest), n in ledger.items():
        ever[(journey, -1, *rest)] += n
    assert {row[:-1]: row[-1] for row in world.frame(TALLIES[0])} == ledger | ever
    members = Counter(
        segment for (segment,) in world.frame("SELECT segment FROM memberships WHERE member")
    )
    kept = {
        segment: int(n)
        for segment, n in world.frame(
            'SELECT segment, sum(entered - "left") FROM member_tallies GROUP BY 1'
        )
        if n
    }
    assert kept == members
    enrollments = world.frame(
        "SELECT journey, version, step, entered_at, ended_at, exit FROM enrollments"
    )
    at_step: Counter[tuple[str, int, int]] = Counter()
    entered: Counter[tuple[str, int, int]] = Counter()
    left: Counter[tuple[str, int, int, str]] = Counter()
    for journey, version, day, origin, target, why, n in world.frame(TALLIES[2]):
        at_step[(journey, version, target)] += n if target >= 0 else 0
        at_step[(journey, version, origin)] -= n if origin >= 0 else 0
        if origin == -1:
            entered[(journey, version, day)] += n
        if target == -1:
            left[(journey, version, day, why)] += n
    live = Counter((j, v, step) for j, v, step, _, ended, _ in enrollments if ended is None)
    assert +at_step == live
    assert -at_step == Counter()
    assert entered == Counter((j, v, at // DAY) for j, v, _, at, _, _ in enrollments)
    ends = Counter(
        (j, v, ended // DAY, why) for j, v, _, _, ended, why in enrollments if ended is not None
    )
    assert left == ends
    whole: dict[tuple[str, int], list[int]] = {}
    for journey, _, _, came, ended, why in enrollments:
        whole.setdefault((journey, came // SLOT), [0, 0, 0])[0] += 1
        if ended is not None:
            one = whole.setdefault((journey, ended // SLOT), [0, 0, 0])
            one[1] += 1
            one[2] += why == "goal"
    assert {(j, slot): list(rest) for j, slot, *rest in world.frame(TALLIES[3])} == whole
    people = world.frame("SELECT created_at, merged_into FROM profiles")
    created = Counter(at // SLOT for at, _ in people)
    rows = world.frame("SELECT slot, created, merged FROM profile_tallies")
    assert +Counter({slot: n for slot, n, _ in rows}) == created
    assert sum(n for _, _, n in rows) == sum(into is not None for _, into in people)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(definitions(), st.one_of(logs(), visits()), cuts())
def test_after_every_tick_each_tally_is_a_recount_of_what_it_counts(
    defined: Definitions, said: list[Said], ends: list[int]
) -> None:
    with stores(defined) as world:
        world.append(said)
        for end in ends:
            world.tick(end)
            recounted(world)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(definitions(), st.one_of(logs(), visits()), cuts())
def test_a_log_cut_anywhere_gives_the_same_tallies(
    defined: Definitions, said: list[Said], ends: list[int]
) -> None:
    found = []
    for cut, restarting in (([END], False), (ends, False), (ends, True)):
        with stores(defined) as world:
            world.append(said)
            for end in cut:
                if restarting:
                    world.restart()
                world.tick(end)
            found.append(tallies(world))
    assert found[1] == found[0]
    assert found[2] == found[0]


def test_two_who_become_one_are_counted_once(database: Database) -> None:
    """On every store: the enrollment that ends for it, the membership and the profile that go."""
    journey = parse_journey(
        {"journey": "look", "entry": {"event": "View"}, "steps": [{"wait": "9d"}]}
    )
    segment = Segment("viewer", 1, "", parse({"did": "View"}))
    with stores(Definitions((segment,), (journey,), Policy()), database) as world:
        world.append(
            [
                Said(DAY, "ann", "track", "View"),
                Said(2 * DAY, None, "track", "View", anonymous_id="phone"),
                Said(3 * DAY, "ann", "track", "Idle", anonymous_id="phone"),
            ]
        )
        world.tick(2 * DAY + HOUR)
        recounted(world)
        world.tick(4 * DAY)
        recounted(world)
        assert sum(n for _, _, n in world.frame("SELECT * FROM profile_tallies")) == 1
        ended = world.frame("SELECT exit, n FROM step_tallies WHERE target = -1")
        assert ended == [("merged", 1)]


def test_a_new_definition_brings_in_everybody_it_holds_for() -> None:
    first = Segment("buyer", 1, "", parse({"did": "Order"}))
    said = [Said(DAY, "ann", "track", "Order"), Said(DAY + 1, "bob", "track", "View")]
    with stores(Definitions((first,), (), Policy())) as world:
        world.append(said)
        world.tick(2 * DAY)
        for version, condition in ((2, {"did": "View"}), (3, {"did_not": "Idle"})):
            changed = Segment("buyer", version, "", parse(condition))
            world.world.use(Definitions((changed,), (), Policy()).rules())
            world.tick((1 + version) * DAY)
            recounted(world)
        rows = sorted(world.frame("SELECT * FROM member_tallies"))
        assert [(entered, left) for _, _, entered, left in rows] == [(1, 0), (1, 1), (1, 0)]


def test_imported_people_are_counted_as_members() -> None:
    segment = Segment("buyer", 1, "", parse({"did": "Order", "within": "10d"}))
    said = [
        Said(DAY, "ann", "track", "Order", origin=1),
        Said(8 * DAY, "cyd", "track", "Order"),
        Said(8 * DAY + 1, "dan", "track", "Order", origin=1),
    ]
    for ends in ([9 * DAY], [7 * DAY, 9 * DAY]):
        with stores(Definitions((segment,), (), Policy())) as world:
            world.append(said)
            for end in (*ends, 40 * DAY):
                world.tick(end)
                recounted(world)


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(definitions(), logs(), cuts())
def test_the_migration_counts_what_a_store_already_holds(
    defined: Definitions, said: list[Said], ends: list[int]
) -> None:
    """All but the ways between steps, which nobody wrote down: each gets one move to where it is."""
    with stores(defined) as world:
        world.append(said)
        for end in ends:
            world.tick(end)
        with world.database.begin() as connection:
            for statement in (*(q.replace("SELECT *", "DELETE") for q in TALLIES), *COUNTS):
                connection.execute(text(statement))
        recounted(world)
