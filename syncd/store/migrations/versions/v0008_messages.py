"""What people outside of the two tickets are told: an outbox; and a channel or a message that is parked."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SCOPES = "'field', 'comment', 'file', 'link', 'connection', 'mapping', 'channel', 'message'"
AUDIENCES = "'agent', 'engineer', 'executive', 'customer_draft'"
STATES = "'waiting', 'sending', 'sent', 'parked', 'forgotten'"
ONCE = ("link_id", "fact", "rule", "recipient")
OPEN = sa.text("state IN ('waiting', 'sending', 'parked')")


def upgrade() -> None:
    with op.batch_alter_table("parked", table_kwargs={"sqlite_autoincrement": True}) as parked:
        parked.drop_constraint(op.f("ck_parked_scope_known"), type_="check")
        parked.create_check_constraint(op.f("ck_parked_scope_known"), f"scope IN ({SCOPES})")
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("link_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("links", sa.Text(), server_default="[]", nullable=False),
        sa.Column("event", sa.Text(), server_default="{}", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("bundle", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("attempted_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(f"audience IN ({AUDIENCES})", name=op.f("ck_message_audience_known")),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_message_state_known")),
        sa.CheckConstraint(
            "state <> 'sending' OR (attempted_at IS NOT NULL AND bundle <> '')",
            name=op.f("ck_message_sending_is_known"),
        ),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_message_link_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint(*ONCE, name=op.f("uq_message_link_id_fact_rule_recipient")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_message_attempted_at"), "message", ["attempted_at"])
    op.create_index("ix_message_open", "message", ["channel", "due"], sqlite_where=OPEN, postgresql_where=OPEN)
