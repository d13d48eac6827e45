"""What is remembered of a ticket for its signals, who wrote which ticket, and what other systems answered."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _link_id() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("link_id", kind, autoincrement=False, nullable=False)


def upgrade() -> None:
    op.create_table(
        "standing",
        _link_id(),
        sa.Column("moved_at", sa.BigInteger(), nullable=True),
        sa.Column("support_status", sa.Text(), server_default="", nullable=False),
        sa.Column("engineering_status", sa.Text(), server_default="", nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.Column("signals", sa.Text(), server_default="{}", nullable=False),
        sa.Column("waits_for", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_standing_link_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_standing")),
    )
    waits = sa.text("waits_for <> ''")
    op.create_index("ix_standing_waits", "standing", ["link_id"], sqlite_where=waits, postgresql_where=waits)
    op.create_table(
        "contact",
        _link_id(),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_contact_link_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_contact")),
    )
    op.create_index(op.f("ix_contact_customer"), "contact", ["customer", "opened_at"])
    op.create_table(
        "lookup",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("retry_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", "key", name=op.f("pk_lookup")),
    )
    failing = sa.text("retry_at IS NOT NULL")
    op.create_index("ix_lookup_retry", "lookup", ["retry_at"], sqlite_where=failing, postgresql_where=failing)
