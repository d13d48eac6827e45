"""What happened on the way of an escalation, and when somebody is to be told of a clock."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WHATS = (
    "escalated", "owned", "unowned", "accepted", "returned", "resubmitted", "told", "reviewed", "done", "reopened",
    "paused", "resumed", "reminded", "breached",
)  # fmt: skip


def upgrade() -> None:
    op.add_column("link", sa.Column("rings_at", sa.BigInteger(), nullable=True))
    _partial("ix_link_rings", "link", ["rings_at"], "rings_at IS NOT NULL")
    whats = ", ".join(f"'{what}'" for what in WHATS)
    op.create_table(
        "milestone",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("link_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("noticed_at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(f"what IN ({whats})", name=op.f("ck_milestone_what_known")),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_milestone_link_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_milestone_link_id_id"), "milestone", ["link_id", "id"])
    _partial("uq_milestone_once", "milestone", ["link_id", "what", "source"], "source <> ''", unique=True)


def _partial(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    some = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=some, postgresql_where=some)
