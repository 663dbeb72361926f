"""accounts: users, sessions, one-time links, failed sign-ins, and the roles of API keys"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('invitations',
    sa.Column('hash', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('user', sa.Text(), autoincrement=False, nullable=True),
    sa.Column('created_by', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('created_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('expires_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('used_at', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.PrimaryKeyConstraint('hash')
    )
    op.create_table('sessions',
    sa.Column('id', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('hash', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('user', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('csrf', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('created_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('seen_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('expires_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('address', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('agent', sa.Text(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('sessions', schema=None) as batch_op:
        batch_op.create_index('sessions_hash', ['hash'], unique=True)
        batch_op.create_index('sessions_user', ['user'], unique=False)

    op.create_table('signin_failures',
    sa.Column('subject', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('count', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('last_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('subject')
    )
    with op.batch_alter_table('signin_failures', schema=None) as batch_op:
        batch_op.create_index('signin_failures_last_at', ['last_at'], unique=False)

    op.create_table('users',
    sa.Column('id', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('email', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('name', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('role', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('password_hash', sa.Text(), autoincrement=False, nullable=True),
    sa.Column('locale', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('theme', sa.Text(), autoincrement=False, nullable=False),
    sa.Column('created_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('disabled_at', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.create_index('users_email', ['email'], unique=True)

    with op.batch_alter_table('keys', schema=None) as batch_op:
        batch_op.add_column(sa.Column('role', sa.Text(), autoincrement=False, nullable=True))
    # Keys made before there were roles could do everything, and scripts rely on it.
    op.execute("UPDATE keys SET role = 'owner' WHERE kind = 'api'")
