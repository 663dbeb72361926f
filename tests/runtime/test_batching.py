"""Batching is invisible: however the log is cut into ticks, the same things happen."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from oracle.strategies import END, cuts, definitions, logs, visits
from oracle.worlds import Definitions, Said, engine, stores
from raabta.audiences.model import Segment
from raabta.core.clock import DAY, HOUR
from raabta.decisioning.model import Policy
from raabta.journeys.parse import parse_journey
from raabta.query.parse import parse


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(definitions(), logs(), cuts())
def test_a_log_cut_anywhere_gives_the_same_ledger_enrollments_and_members(
    defined: Definitions, said: list[Said], ends: list[int]
) -> None:
    assert engine(defined, said, ends) == engine(defined, said, [END])


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(definitions(), logs(most=10))
def test_a_tick_for_each_event_and_a_restart_between_any_two_changes_nothing(
    defined: Definitions, said: list[Said]
) -> None:
    each = [*(one.at for one in said), END]
    assert engine(defined, said, each, restarting=True) == engine(defined, said, [END])


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(definitions(), visits(), cuts())
def test_people_who_are_known_late_are_the_same_however_the_log_is_cut(
    defined: Definitions, said: list[Said], ends: list[int]
) -> None:
    assert engine(defined, said, ends, restarting=True) == engine(defined, said, [END])


def test_what_a_journey_set_is_known_in_the_next_tick_while_the_log_is_behind() -> None:
    """The row that tells of it stands in the log after events that are still to come."""
    setting = parse_journey(
        {"journey": "setting", "entry": {"event": "Order"}, "steps": [{"set": {"tried": True}}]}
    )
    asking = parse_journey(
        {
            "journey": "asking",
            "entry": {"event": "View", "if": {"trait": "tried", "is": True}},
            "steps": [{"wait": "1d"}],
        }
    )
    defined = Definitions((), (setting, asking), Policy())
    said = [
        Said(DAY, "ann", "track", "Order"),
        Said(2 * DAY, "ann", "track", "View"),
        Said(9 * DAY, "bob", "track", "View"),
    ]
    for ends in ([10 * DAY], [DAY, 2 * DAY, 10 * DAY], [DAY, 36 * HOUR, 5 * DAY, 10 * DAY]):
        for restarting in (False, True):
            result = engine(defined, said, ends, restarting=restarting)
            assert [row[1] for row in result.enrollments] == ["setting", "asking"] or [
                row[1] for row in result.enrollments
            ] == ["asking", "setting"]


def test_two_people_become_one_at_the_same_instant_however_the_log_is_cut() -> None:
    """A wait of the nameless visitor that ends before they are known ends for them; one that ends
    later goes on with the person they turn out to be."""
    journey = parse_journey(
        {
            "journey": "look",
            "entry": {"event": "View"},
            "steps": [{"wait": "2d"}, {"send": {"template": "t", "topic": "news"}}],
        }
    )
    segment = Segment("viewer", 1, "", parse({"did": "View", "within": "20d"}))
    said = [
        Said(DAY, "ann", "track", "Order"),
        Said(2 * DAY, None, "track", "View", anonymous_id="phone"),
        Said(3 * DAY, "ann", "track", "View"),
        Said(3 * DAY + HOUR, None, "track", "View", anonymous_id="tablet"),
        Said(4 * DAY + HOUR, "ann", "track", "Idle", anonymous_id="phone"),
        Said(4 * DAY + 2 * HOUR, "ann", "track", "Idle", anonymous_id="tablet"),
    ]
    defined = Definitions((segment,), (journey,), Policy())
    whole = engine(defined, said, [30 * DAY])
    assert {row[-1] for row in whole.enrollments} == {"completed", "merged"}
    assert {row[2] for row in whole.ledger} == {1}
    for ends in (
        [one.at for one in said],
        [3 * DAY + 2 * HOUR],
        [3 * DAY + 12 * HOUR, 4 * DAY, 4 * DAY + HOUR - 1],
    ):
        assert engine(defined, said, [*ends, 30 * DAY]) == whole
        assert engine(defined, said, [*ends, 30 * DAY], restarting=True) == whole


def test_a_merge_asks_the_person_anew_whatever_the_event_that_brought_it() -> None:
    segment = Segment("viewer", 1, "", parse({"did": "View"}))
    with stores(Definitions((segment,), (), Policy())) as world:
        world.append(
            [
                Said(DAY, "ann", "track", "Order"),
                Said(2 * DAY, None, "track", "View", anonymous_id="phone"),
                Said(3 * DAY, "ann", "track", "Idle", anonymous_id="phone"),
            ]
        )
        world.tick(4 * DAY)
        assert world.result().members == {("viewer", 1, 3 * DAY)}


def test_imported_history_makes_members_but_moves_nobody() -> None:
    segment = Segment("buyer", 1, "", parse({"did": "Order", "within": "10d"}))
    journey = parse_journey(
        {"journey": "thanks", "entry": {"segment": "buyer"}, "steps": [{"wait": "1d"}]}
    )
    defined = Definitions((segment,), (journey,), Policy())
    said = [
        Said(DAY, "ann", "track", "Order", origin=1),
        Said(5 * DAY, "bob", "track", "Order", origin=1),
        Said(8 * DAY, "cyd", "track", "Order"),
    ]
    for ends in ([9 * DAY], [7 * DAY, 9 * DAY], [7 * DAY, 8 * DAY, 9 * DAY]):
        with stores(defined) as world:
            world.append(said)
            for end in ends:
                world.tick(end)
            assert {m[1] for m in world.result().members} == {1, 2, 3}
            assert [row[3] for row in world.result().enrollments] == [3]
            world.tick(30 * DAY)
            assert world.result().members == set()
            assert [row[3] for row in world.result().enrollments] == [3]


def test_a_member_by_history_leaves_within_the_tick_that_takes_the_history() -> None:
    """The window of an imported order closes between two events of one tick."""
    segment = Segment("silent", 1, "", parse({"did_not": "Order", "within": "10d"}))
    journey = parse_journey(
        {"journey": "back", "entry": {"segment": "silent"}, "steps": [{"wait": "1d"}]}
    )
    defined = Definitions((segment,), (journey,), Policy())
    said = [
        Said(5 * DAY, "ann", "track", "Order", origin=1),
        Said(8 * DAY, "bob", "track", "Order"),
        Said(20 * DAY, "bob", "track", "Order"),
    ]
    whole = engine(defined, said, [7 * DAY, 40 * DAY])
    assert [(row[3], row[4]) for row in whole.enrollments if row[3] == 1] == [(1, 15 * DAY)]
    for ends in ([7 * DAY, 8 * DAY, 20 * DAY, 40 * DAY], [40 * DAY]):
        assert engine(defined, said, ends) == whole
