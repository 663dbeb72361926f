"""The engine moves everybody at once; the oracle moves one person at a time. They agree."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from oracle.strategies import END, definitions, logs
from oracle.worlds import Definitions, Said, engine, oracle, stores
from raabta.audiences.model import Segment
from raabta.core.clock import DAY
from raabta.decisioning.model import Policy
from raabta.journeys.parse import parse_journey
from raabta.query.parse import parse
from raabta.storage.state.database import Database


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(definitions(), logs())
def test_the_engine_does_to_everybody_what_the_oracle_does_to_each(
    defined: Definitions, said: list[Said]
) -> None:
    ours = engine(defined, said, [END])
    theirs = oracle(defined, said, END)
    assert ours.ledger == theirs.ledger
    assert ours.enrollments == theirs.enrollments
    assert ours.members == theirs.members


def test_both_state_stores_tell_the_same_story(database: Database) -> None:
    """Waits, a cap, a set trait, a segment by time, a merge of a visitor: on each engine."""
    segments = (
        Segment("lapsed", 1, "", parse({"all": [{"did": "Order"}, _SILENT]})),
        Segment("tried", 1, "", parse({"trait": "tried", "is": True})),
    )
    back = parse_journey(
        {
            "journey": "back",
            "entry": {"segment": "lapsed"},
            "goal": {"event": "Order", "within": "9d"},
            "steps": [
                {"send": {"template": "a", "topic": "news"}},
                {"send": {"template": "b", "topic": "news"}},
                {"set": {"tried": True}},
                {"wait": {"until": {"event": "View"}, "within": "3d"}, "met": {"exit": "came"}},
            ],
        }
    )
    tried = parse_journey(
        {"journey": "tried", "entry": {"segment": "tried"}, "steps": [{"wait": "1d"}]}
    )
    policy = Policy.model_validate({"caps": {"promotional": {"max": 1, "window": "2d"}}})
    defined = Definitions(segments, (back, tried), policy)
    said = [
        Said(DAY, "ann", "identify", "identify", {"email": "ann@x.test"}),
        Said(DAY + 1, "ann", "track", "Consent Updated", {"granted": True}),
        Said(2 * DAY, "ann", "track", "Order", {"total": 3}),
        Said(3 * DAY, "bob", "track", "Order", {"total": 5}),
        Said(16 * DAY, "bob", "track", "View"),
    ]
    with stores(defined, database) as world:
        world.append(said)
        for day in (2, 12, 13, 40):
            world.tick(day * DAY)
        found = world.result()
        plain = oracle(defined, said, 40 * DAY)
        assert found.ledger == plain.ledger
        assert found.enrollments == plain.enrollments
        assert found.members == plain.members
        assert {row[14] for row in found.ledger} == {"sent", "deferred", "withheld"}
        visit = Said(41 * DAY, None, "track", "Order", anonymous_id="phone")
        known = Said(42 * DAY, "ann", "track", "View", anonymous_id="phone")
        world.append([visit, known])
        world.tick(43 * DAY)
        assert ("lapsed", 1) not in {row[:2] for row in world.result().members}


_SILENT = {"did_not": "Order", "within": "10d"}
