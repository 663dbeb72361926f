"""Incremental equals recomputed: members after every tick are those of a full rebuild."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle.strategies import cuts, definitions, logs, visits
from oracle.worlds import Definitions, Said, stores
from raabta.audiences import timeline as audiences


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(definitions(), st.one_of(logs(), visits()), cuts())
def test_members_after_every_tick_are_those_of_a_rebuild_at_that_instant(
    defined: Definitions, said: list[Said], ends: list[int]
) -> None:
    with stores(defined) as world:
        world.append(said)
        for end in ends:
            world.tick(end)
            everybody = world.world.state.everybody()
            # the tick's own view: the log gives back what journeys set only in the next tick
            asked = world.world._history
            rebuilt = audiences.as_of(defined.segments, asked, everybody, end)
            kept = world.frame("SELECT segment, profile FROM memberships WHERE member")
            assert set(kept) == set(rebuilt.filter("member").select("segment", "profile").rows())
            due = world.frame("SELECT 1 FROM memberships WHERE next_at <= " + str(end))
            assert due == [], "every answer that could change by now has been asked again"
