"""Whom the routing named, found by person and time."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NAMED = sa.text("what IN ('assigned', 'transferred')")


def upgrade() -> None:
    op.create_index("ix_milestone_named", "milestone", ["who", "at"], sqlite_where=NAMED, postgresql_where=NAMED)
