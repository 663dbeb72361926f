"""The ledger tells of every candidate, and what it says adds up."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, given, settings

from oracle.strategies import END, definitions, logs
from oracle.worlds import Definitions, Said, stores

_ROWS = (
    "SELECT id, at, profile, class, enrollment, step, attempt, outcome, rule, until, rival "
    "FROM ledger ORDER BY at, id"
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(definitions(), logs())
def test_every_candidate_has_a_row_and_every_row_is_explained(
    defined: Definitions, said: list[Said]
) -> None:
    with stores(defined) as world:
        world.append(said)
        decided = sum(frame.height for frame in world.tick(END))
        rows = world.frame(_ROWS)
        assert len(rows) == decided == len({row[0] for row in rows})
        sent = [row for row in rows if row[7] == "sent"]
        assert {row[0] for row in sent} == {r[0] for r in world.frame("SELECT id FROM outbox")}
        assert all(row[8] is None for row in sent), "a message that was sent met no rule"
        assert all(row[8] for row in rows if row[7] != "sent"), "all others name the rule"
        _within_caps(defined, sent)
        _deferred_ones_go_on(world.frame(_ENDS), rows)
        known = {row[0] for row in rows}
        assert all(row[10] in known for row in rows if row[10] is not None)


_ENDS = "SELECT id, state, due_at, ended_at, exit FROM enrollments"


def _within_caps(defined: Definitions, sent: list[tuple[object, ...]]) -> None:
    for cls, cap in defined.policy.caps.items():
        mine = [(row[2], row[1]) for row in sent if row[3] == cls]
        for person, at in mine:
            window = [
                other
                for who, other in mine
                if who == person and int(str(at)) - cap.window < int(str(other)) <= int(str(at))
            ]
            assert len(window) <= cap.max


def _deferred_ones_go_on(
    enrollments: list[tuple[object, ...]], rows: list[tuple[object, ...]]
) -> None:
    """Each has one next attempt at the very instant it waited for, waits still, or ended."""
    attempts = Counter((row[4], row[5], row[6], row[1]) for row in rows)
    ends = {row[0]: row[1:] for row in enrollments}
    for row in rows:
        if row[7] != "deferred":
            continue
        enrollment, step, attempt, until = row[4], row[5], int(str(row[6])), row[9]
        state, due_at, ended_at, reason = ends[enrollment]
        again = attempts[(enrollment, step, attempt + 1, until)]
        waits = state == "deferred" and due_at is not None
        ended = state == "ended" and reason is not None and int(str(ended_at)) <= int(str(until))
        assert again == 1 or (again == 0 and (waits or ended))
