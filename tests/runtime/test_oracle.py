"""The engine moves everybody at once; the oracle moves one person at a time. They agree."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from oracle.strategies import END, definitions, logs
from oracle.worlds import Definitions, Said, engine, oracle


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
