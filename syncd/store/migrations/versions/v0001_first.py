"""The first schema, and the triggers that keep the audit append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# A row may go only once retention has kept the hash of the last one that goes.
SQLITE = """
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
WHEN NOT EXISTS (SELECT 1 FROM audit_anchor WHERE audit_anchor.id >= OLD.id)
BEGIN SELECT RAISE(ABORT, 'audit rows are deleted by retention only'); END
"""
POSTGRESQL = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM audit_anchor WHERE audit_anchor.id >= OLD.id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'audit rows are never changed, and deleted by retention only';
END $$;
CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()
"""


def upgrade() -> None:
    _tables()
    if op.get_bind().dialect.name == "sqlite":
        first, second = SQLITE.split("END;")
        op.execute(first + "END;")
        op.execute(second + ";")
    else:
        op.execute(POSTGRESQL)


def _tables() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("link_id", sa.BigInteger(), nullable=True),
        sa.Column("run", sa.Text(), server_default="", nullable=False),
        sa.Column("side", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), server_default="", nullable=False),
        sa.Column("cause", sa.Text(), server_default="", nullable=False),
        sa.Column("item", sa.Text(), server_default="", nullable=False),
        sa.Column("before", sa.Text(), server_default="null", nullable=False),
        sa.Column("after", sa.Text(), server_default="null", nullable=False),
        sa.Column("request", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("actor", sa.Text(), server_default="", nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_index(op.f("ix_audit_link_id_id"), "audit", ["link_id", "id"], unique=False)
    op.create_table(
        "audit_anchor",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_anchor")),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "cursor",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("last_success", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection", name=op.f("pk_cursor")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("headers", sa.Text(), server_default="{}", nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("state IN ('received', 'done', 'bad', 'ignored')", name=op.f("ck_delivery_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("connection", "delivery_id", name=op.f("uq_delivery_connection_delivery_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_delivery_open",
        "delivery",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state IN ('received', 'bad')"),
        postgresql_where=sa.text("state IN ('received', 'bad')"),
    )
    op.create_index(op.f("ix_delivery_received_at"), "delivery", ["received_at"], unique=False)
    op.create_table(
        "foretold",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("echo", sa.Text(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_foretold")),
    )
    op.create_index(op.f("ix_foretold_connection_ref_echo"), "foretold", ["connection", "ref", "echo"], unique=False)
    op.create_table(
        "link",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("mapping_digest", sa.Text(), server_default="", nullable=False),
        sa.Column("support_connection", sa.Text(), nullable=False),
        sa.Column("engineering_connection", sa.Text(), nullable=False),
        sa.Column("support_ref", sa.Text(), nullable=False),
        sa.Column("engineering_ref", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("rule", sa.Text(), server_default="", nullable=False),
        sa.Column("support_base", sa.Text(), nullable=True),
        sa.Column("engineering_base", sa.Text(), nullable=True),
        sa.Column("held", sa.Text(), server_default="{}", nullable=False),
        sa.Column("support_thread_read", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("engineering_thread_read", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("behind_since", sa.BigInteger(), nullable=True),
        sa.Column("diverged_since", sa.BigInteger(), nullable=True),
        sa.Column("converged_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.Integer(), server_default=sa.text("5"), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("turn", sa.Integer(), server_default=sa.text("5"), nullable=False),
        sa.Column("dirty_since", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("claimed_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state <> 'linked' OR engineering_ref IS NOT NULL", name=op.f("ck_link_linked_has_an_issue")
        ),
        sa.CheckConstraint("state <> 'watched' OR engineering_ref IS NULL", name=op.f("ck_link_watched_has_no_issue")),
        sa.CheckConstraint(
            "state IN ('watched', 'linked', 'held', 'parked', 'resting')", name=op.f("ck_link_state_known")
        ),
        sa.CheckConstraint("epoch >= 0 AND claimed_seq <= seq AND attempts >= 0", name=op.f("ck_link_counters")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint("mapping", "support_ref", name=op.f("uq_link_mapping_support_ref")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_link_behind",
        "link",
        ["behind_since"],
        unique=False,
        sqlite_where=sa.text("behind_since IS NOT NULL"),
        postgresql_where=sa.text("behind_since IS NOT NULL"),
    )
    op.create_index(
        "ix_link_dirty",
        "link",
        ["dirty_since"],
        unique=False,
        sqlite_where=sa.text("dirty_since IS NOT NULL"),
        postgresql_where=sa.text("dirty_since IS NOT NULL"),
    )
    op.create_index(
        "ix_link_diverged",
        "link",
        ["diverged_since"],
        unique=False,
        sqlite_where=sa.text("diverged_since IS NOT NULL"),
        postgresql_where=sa.text("diverged_since IS NOT NULL"),
    )
    op.create_index(
        "ix_link_due",
        "link",
        ["turn", "due", "id"],
        unique=False,
        sqlite_where=sa.text("due IS NOT NULL AND state IN ('watched', 'linked')"),
        postgresql_where=sa.text("due IS NOT NULL AND state IN ('watched', 'linked')"),
    )
    op.create_index(
        op.f("ix_link_engineering_connection_engineering_ref"),
        "link",
        ["engineering_connection", "engineering_ref"],
        unique=False,
    )
    op.create_index(
        "ix_link_leased",
        "link",
        ["engineering_connection", "engineering_ref", "leased_until"],
        unique=False,
        sqlite_where=sa.text("leased_until IS NOT NULL"),
        postgresql_where=sa.text("leased_until IS NOT NULL"),
    )
    op.create_index(
        "ix_link_state",
        "link",
        ["state"],
        unique=False,
        sqlite_where=sa.text("state <> 'linked'"),
        postgresql_where=sa.text("state <> 'linked'"),
    )
    op.create_index(
        op.f("ix_link_support_connection_support_ref"), "link", ["support_connection", "support_ref"], unique=False
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "own_account",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "account", name=op.f("pk_own_account")),
    )
    op.create_table(
        "pause",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("scope IN ('connection', 'mapping')", name=op.f("ck_pause_scope_known")),
        sa.PrimaryKeyConstraint("scope", "name", name=op.f("pk_pause")),
    )
    op.create_table(
        "seen",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "ref", "token", name=op.f("pk_seen")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_seen_at"), "seen", ["at"], unique=False)
    op.create_table(
        "comment_twin",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("link_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_side", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=True),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source_digest", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("from_side IN ('support', 'engineering')", name=op.f("ck_comment_twin_from_side_known")),
        sa.CheckConstraint(
            "state IN ('mirrored', 'stub', 'skipped', 'deleted')", name=op.f("ck_comment_twin_state_known")
        ),
        sa.CheckConstraint("visibility IN ('public', 'internal')", name=op.f("ck_comment_twin_visibility_known")),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_comment_twin_link_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_twin")),
        sa.UniqueConstraint(
            "link_id", "from_side", "source_id", name=op.f("uq_comment_twin_link_id_from_side_source_id")
        ),
        sa.UniqueConstraint(
            "link_id", "from_side", "target_id", name=op.f("uq_comment_twin_link_id_from_side_target_id")
        ),
    )
    op.create_table(
        "conflict",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("link_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("base_values", sa.Text(), nullable=False),
        sa.Column("now_values", sa.Text(), nullable=False),
        sa.Column("winner", sa.Text(), nullable=True),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("resolution", sa.Text(), server_default="", nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "winner IS NULL OR winner IN ('support', 'engineering')", name=op.f("ck_conflict_winner_known")
        ),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_conflict_link_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_conflict_link_id"), "conflict", ["link_id"], unique=False)
    op.create_index(
        "uq_conflict_open",
        "conflict",
        ["link_id", "field"],
        unique=True,
        sqlite_where=sa.text("open"),
        postgresql_where=sa.text("open"),
    )
    op.create_table(
        "file_twin",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("link_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_side", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=True),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), server_default="", nullable=False),
        sa.Column("comment_id", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("from_side IN ('support', 'engineering')", name=op.f("ck_file_twin_from_side_known")),
        sa.CheckConstraint(
            "state IN ('mirrored', 'stub', 'skipped', 'deleted')", name=op.f("ck_file_twin_state_known")
        ),
        sa.CheckConstraint("visibility IN ('public', 'internal')", name=op.f("ck_file_twin_visibility_known")),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_file_twin_link_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_twin")),
        sa.UniqueConstraint("link_id", "from_side", "source_id", name=op.f("uq_file_twin_link_id_from_side_source_id")),
        sa.UniqueConstraint("link_id", "from_side", "target_id", name=op.f("uq_file_twin_link_id_from_side_target_id")),
    )
    op.create_table(
        "hint",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("link_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), server_default="", nullable=False),
        sa.Column("parts", sa.Text(), server_default="", nullable=False),
        sa.Column("echo", sa.Text(), server_default="", nullable=False),
        sa.Column("revision", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("side IN ('support', 'engineering')", name=op.f("ck_hint_side_known")),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_hint_link_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hint")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_hint_connection_ref"), "hint", ["connection", "ref"], unique=False)
    op.create_index(op.f("ix_hint_link_id"), "hint", ["link_id"], unique=False)
    op.create_table(
        "intent",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("link_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), server_default="{}", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("attempted_at", sa.BigInteger(), nullable=True),
        sa.Column("epoch", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("landed_at", sa.BigInteger(), nullable=True),
        sa.Column("revision_read", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "kind IN ('create', 'update', 'comment', 'attach', 'link_back', 'note', 'edit', 'delete')",
            name=op.f("ck_intent_kind_known"),
        ),
        sa.CheckConstraint("side IN ('support', 'engineering')", name=op.f("ck_intent_side_known")),
        sa.CheckConstraint(
            "state <> 'attempted' OR attempted_at IS NOT NULL", name=op.f("ck_intent_attempt_has_a_time")
        ),
        sa.CheckConstraint("state <> 'planned' OR attempted_at IS NULL", name=op.f("ck_intent_plan_was_not_sent")),
        sa.CheckConstraint(
            "state IN ('planned', 'attempted', 'landed', 'refused', 'parked')", name=op.f("ck_intent_state_known")
        ),
        sa.CheckConstraint("target IS NULL OR state = 'landed'", name=op.f("ck_intent_target_is_proven")),
        sa.CheckConstraint("visibility IN ('public', 'internal')", name=op.f("ck_intent_visibility_known")),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_intent_link_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intent")),
        sa.UniqueConstraint("number", name=op.f("uq_intent_number")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_intent_link_id"), "intent", ["link_id"], unique=False)
    op.create_index(
        "ix_intent_open",
        "intent",
        ["state", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('planned', 'attempted', 'parked')"),
        postgresql_where=sa.text("state IN ('planned', 'attempted', 'parked')"),
    )
    op.create_index(
        "uq_intent_once",
        "intent",
        ["link_id", "kind", "side", "item"],
        unique=True,
        sqlite_where=sa.text("kind IN ('create', 'comment', 'attach', 'note', 'link_back') AND state <> 'refused'"),
        postgresql_where=sa.text("kind IN ('create', 'comment', 'attach', 'note', 'link_back') AND state <> 'refused'"),
    )
    op.create_index(
        "uq_intent_open",
        "intent",
        ["link_id", "kind", "side", "item"],
        unique=True,
        sqlite_where=sa.text("state IN ('planned', 'attempted', 'parked')"),
        postgresql_where=sa.text("state IN ('planned', 'attempted', 'parked')"),
    )
    op.create_table(
        "parked",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("link_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), server_default="", nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "scope IN ('field', 'comment', 'file', 'link', 'connection', 'mapping')", name=op.f("ck_parked_scope_known")
        ),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_parked_link_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_parked_alone",
        "parked",
        ["scope", "item"],
        unique=True,
        sqlite_where=sa.text("link_id IS NULL"),
        postgresql_where=sa.text("link_id IS NULL"),
    )
    op.create_index(
        "uq_parked_in_link",
        "parked",
        ["link_id", "scope", "item"],
        unique=True,
        sqlite_where=sa.text("link_id IS NOT NULL"),
        postgresql_where=sa.text("link_id IS NOT NULL"),
    )
