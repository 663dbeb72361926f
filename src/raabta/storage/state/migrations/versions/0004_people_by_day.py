"""An index that finds the people who became known in a span of time."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("profiles", schema=None) as batch_op:
        batch_op.create_index("profiles_created_at", ["created_at", "id"], unique=False)
