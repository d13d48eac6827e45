"""What other systems told by the intake API, and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPENING = sa.text("act = 'open'")
OPEN = sa.text("state IN ('received', 'attempted')")


def upgrade() -> None:
    op.create_table(
        "request",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("escalation", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("link_id", ID),
        sa.Column("attempted_at", sa.BigInteger()),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("refused", sa.Text(), server_default="{}", nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("leased_until", sa.BigInteger()),
        sa.Column("settled_at", sa.BigInteger()),
        sa.CheckConstraint("act IN ('open', 'enrich')", name=op.f("ck_request_act_known")),
        sa.CheckConstraint(
            "state IN ('received', 'attempted', 'opened', 'done', 'parked')", name=op.f("ck_request_state_known")
        ),
        sa.CheckConstraint(
            "state <> 'attempted' OR attempted_at IS NOT NULL", name=op.f("ck_request_attempt_has_a_time")
        ),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_request_link_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
        sa.UniqueConstraint("client", "key", name=op.f("uq_request_client_key")),
        sqlite_autoincrement=True,
    )
    for name, columns, unique, where in (
        ("uq_request_opening", ["escalation"], True, OPENING),
        ("uq_request_source", ["client", "source_id"], True, OPENING),
        ("ix_request_open", ["due", "id"], False, OPEN),
        ("ix_request_link_id", ["link_id"], False, sa.text("link_id IS NOT NULL")),
    ):
        op.create_index(name, "request", columns, unique=unique, sqlite_where=where, postgresql_where=where)
    op.create_index(op.f("ix_request_escalation"), "request", ["escalation"])
    op.create_index(op.f("ix_request_received_at"), "request", ["received_at"])
