"""Counters beside what they count, and indexes that tell what is coming.

Existing stores are counted once. How enrollments went from step to step was not written down before:
each is given one move from the entry to where it stands, and one out of it where it has ended.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SLOT = 15 * 60 * 1_000_000
DAY = 96 * SLOT


def upgrade() -> None:
    _tables()
    with op.batch_alter_table("enrollments", schema=None) as batch_op:
        batch_op.drop_index("enrollments_due_at")
        batch_op.create_index(
            "enrollments_due_at",
            ["due_at", "journey", "version", "step"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.drop_index("memberships_next_at")
        batch_op.create_index(
            "memberships_next_at",
            ["segment", "next_at", "profile"],
            unique=False,
            sqlite_where=sa.text("next_at IS NOT NULL"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
        )
    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.drop_index("ledger_at")
        batch_op.create_index("ledger_at", ["at", "outcome", "class", "profile"], unique=False)
    for statement in COUNTS:
        op.execute(statement)
    found = op.get_bind().scalar(sa.text("SELECT value FROM meta WHERE key = 'tick'"))
    if found:
        since = json.dumps(json.loads(found)["at"])
        statement = sa.text("INSERT INTO meta (key, value) VALUES ('tallies_since', :at)")
        op.get_bind().execute(statement, {"at": since})


def _key(name: str, kind: type) -> sa.Column:
    return sa.Column(name, kind(), autoincrement=False, nullable=False)


def _tables() -> None:
    op.create_table(
        "ledger_tallies",
        _key("journey", sa.Text),
        _key("slot", sa.BigInteger),
        _key("version", sa.Integer),
        *[_key(name, sa.Text) for name in ("step", "channel", "class", "outcome", "rule")],
        _key("n", sa.BigInteger),
        sa.PrimaryKeyConstraint(
            "journey", "slot", "version", "step", "channel", "class", "outcome", "rule"
        ),
    )
    op.create_table(
        "member_tallies",
        _key("segment", sa.Text),
        _key("slot", sa.BigInteger),
        _key("entered", sa.BigInteger),
        _key("left", sa.BigInteger),
        sa.PrimaryKeyConstraint("segment", "slot"),
    )
    op.create_table(
        "step_tallies",
        _key("journey", sa.Text),
        _key("version", sa.Integer),
        _key("day", sa.BigInteger),
        _key("origin", sa.Integer),
        _key("target", sa.Integer),
        _key("exit", sa.Text),
        _key("n", sa.BigInteger),
        sa.PrimaryKeyConstraint("journey", "version", "day", "origin", "target", "exit"),
    )
    op.create_table(
        "journey_tallies",
        _key("journey", sa.Text),
        _key("slot", sa.BigInteger),
        _key("entered", sa.BigInteger),
        _key("left", sa.BigInteger),
        _key("goals", sa.BigInteger),
        sa.PrimaryKeyConstraint("journey", "slot"),
    )
    op.create_table(
        "profile_tallies",
        _key("slot", sa.BigInteger),
        _key("created", sa.BigInteger),
        _key("merged", sa.BigInteger),
        sa.PrimaryKeyConstraint("slot"),
    )


COUNTS = (
    f"""INSERT INTO ledger_tallies
        (journey, slot, version, step, channel, "class", outcome, rule, n)
      SELECT journey, at / {SLOT}, version, step, channel, "class", outcome,
        coalesce(rule, ''), count(*)
      FROM ledger GROUP BY 1, 2, 3, 4, 5, 6, 7, 8""",
    """INSERT INTO ledger_tallies
        (journey, slot, version, step, channel, "class", outcome, rule, n)
      SELECT journey, -1, version, step, channel, "class", outcome, rule, sum(n)
      FROM ledger_tallies GROUP BY 1, 2, 3, 4, 5, 6, 7, 8""",
    f"""INSERT INTO member_tallies (segment, slot, entered, "left")
      SELECT segment, since / {SLOT}, count(*), 0 FROM memberships WHERE member GROUP BY 1, 2""",
    f"""INSERT INTO step_tallies (journey, version, day, origin, target, exit, n)
      SELECT journey, version, entered_at / {DAY}, -1, step, '', count(*)
      FROM enrollments GROUP BY 1, 2, 3, 4, 5, 6""",
    f"""INSERT INTO step_tallies (journey, version, day, origin, target, exit, n)
      SELECT journey, version, ended_at / {DAY}, step, -1, coalesce(exit, ''), count(*)
      FROM enrollments WHERE ended_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6""",
    f"""INSERT INTO journey_tallies (journey, slot, entered, "left", goals)
      SELECT journey, slot, sum(entered), sum(gone), sum(goals) FROM (
        SELECT journey, entered_at / {SLOT} AS slot, 1 AS entered, 0 AS gone, 0 AS goals
          FROM enrollments
        UNION ALL
        SELECT journey, ended_at / {SLOT}, 0, 1, CASE WHEN exit = 'goal' THEN 1 ELSE 0 END
          FROM enrollments WHERE ended_at IS NOT NULL
      ) AS moves GROUP BY 1, 2""",
    # when two people became one was not written down: such a profile counts for nothing
    f"""INSERT INTO profile_tallies (slot, created, merged)
      SELECT created_at / {SLOT}, count(*), count(merged_into) FROM profiles GROUP BY 1""",
)
