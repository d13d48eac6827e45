"""More that can have happened, and what somebody told syncd itself."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WHATS = (
    "held", "approval_asked", "approved", "refused", "escalated", "overruled", "assigned", "transferred", "owned",
    "unowned", "accepted", "returned", "resubmitted", "told", "reviewed", "done", "reopened", "paused", "resumed",
    "reminded", "breached", "classified", "handed_back", "closed", "surveyed", "rated", "follow_up", "review_opened",
)  # fmt: skip


def upgrade() -> None:
    whats = ", ".join(f"'{what}'" for what in WHATS)
    with op.batch_alter_table("milestone", table_kwargs={"sqlite_autoincrement": True}) as milestone:
        milestone.drop_constraint(op.f("ck_milestone_what_known"), type_="check")
        milestone.create_check_constraint(op.f("ck_milestone_what_known"), f"what IN ({whats})")
    op.create_table(
        "statement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("link_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint(f"what IN ({whats})", name=op.f("ck_statement_what_known")),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_statement_link_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
        sa.UniqueConstraint("link_id", "source", name=op.f("uq_statement_link_id_source")),
        sqlite_autoincrement=True,
    )
