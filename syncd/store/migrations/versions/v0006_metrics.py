"""What tickets were like and how much was carried for them, for the metrics."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "facet",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("link_id", ID, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=True),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("severity", sa.Text(), server_default="", nullable=False),
        sa.Column("service", sa.Text(), server_default="", nullable=False),
        sa.Column("tier", sa.Text(), server_default="", nullable=False),
        sa.Column("team", sa.Text(), server_default="", nullable=False),
        sa.Column("category", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_facet_link_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facet")),
        sa.UniqueConstraint("link_id", "since", name=op.f("uq_facet_link_id_since")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_facet_opened"), "facet", ["opened"])
    op.create_table(
        "propagated",
        sa.Column("link_id", ID, autoincrement=False, nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_propagated_link_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("link_id", "day", name=op.f("pk_propagated")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_propagated_day"), "propagated", ["day"])
    op.create_index(op.f("ix_milestone_what_at_link_id"), "milestone", ["what", "at", "link_id"])
