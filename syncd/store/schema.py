"""The tables. A change here needs a migration beside it; a test compares both."""

from __future__ import annotations

import enum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.schema import SchemaItem
from sqlalchemy.sql.elements import TextClause

from syncd.core.deeds import Purpose
from syncd.core.intake import Act
from syncd.core.milestones import Happened
from syncd.core.model import Side, Visibility
from syncd.core.telling import Audience
from syncd.store.records import (
    DeliveryState,
    IntentKind,
    IntentState,
    LinkState,
    MessageState,
    ParkScope,
    PauseScope,
    RequestState,
    TwinState,
)
from syncd.store.types import Id, Instant, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def one_of(column: str, words: type[enum.Enum]) -> CheckConstraint:
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def key() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def link_key(*, optional: bool = False) -> Column[int]:
    return Column("link_id", Id, ForeignKey("link.id", ondelete="CASCADE"), nullable=optional)


def words(name: str, *, default: str | None = "") -> Column[str]:
    """Text that is never null; empty where nothing is given, unless `default` is None."""
    return Column(name, Words, nullable=False, server_default=default)


def partial(name: str, *columns: str, where: TextClause, unique: bool = False) -> Index:
    """An index over some rows only, so that a million resting links weigh nothing in it."""
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


CLAIMABLE = text("due IS NOT NULL AND state IN ('watched', 'linked')")
"""In these very words in the queries too: only so do both planners take the index."""

NAMED = text("what IN ('assigned', 'transferred')")
"""Whom the routing named."""

NOT_LINKED = text("state <> 'linked'")

link = Table(
    "link",
    metadata,
    key(),
    words("mapping", default=None),
    words("mapping_digest"),
    words("support_connection", default=None),
    words("engineering_connection", default=None),
    words("support_ref", default=None),
    Column("engineering_ref", Words),
    words("state", default=None),
    words("reason"),
    words("rule"),
    words("severity"),
    words("severity_rule"),
    Column("support_base", Words),
    Column("engineering_base", Words),
    words("held", default="{}"),
    Column("support_thread_read", Boolean(create_constraint=False), nullable=False, server_default=text("false")),
    Column("engineering_thread_read", Boolean(create_constraint=False), nullable=False, server_default=text("false")),
    Column("behind_since", Instant),
    Column("diverged_since", Instant),
    Column("converged_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("rings_at", Instant),
    Column("priority", Integer, nullable=False, server_default=text("5")),
    # the queue
    Column("due", Instant),
    Column("turn", Integer, nullable=False, server_default=text("5")),  # priority of the turn that waits now
    Column("dirty_since", Instant),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    words("error"),
    Column("epoch", BigInteger, nullable=False, server_default=text("0")),
    Column("seq", BigInteger, nullable=False, server_default=text("0")),
    Column("claimed_seq", BigInteger, nullable=False, server_default=text("0")),
    Column("leased_until", Instant),
    UniqueConstraint("mapping", "support_ref"),
    one_of("state", LinkState),
    CheckConstraint("state <> 'linked' OR engineering_ref IS NOT NULL", name="linked_has_an_issue"),
    CheckConstraint("state <> 'watched' OR engineering_ref IS NULL", name="watched_has_no_issue"),
    CheckConstraint("epoch >= 0 AND claimed_seq <= seq AND attempts >= 0", name="counters"),
    Index(None, "support_connection", "support_ref"),
    Index(None, "engineering_connection", "engineering_ref"),
    # not over the linked ones: it would be as large as the table, and SQLite would take it instead of those below
    partial("ix_link_state", "state", where=NOT_LINKED),
    partial("ix_link_due", "turn", "due", "id", where=CLAIMABLE),
    partial(
        "ix_link_leased", "engineering_connection", "engineering_ref", "leased_until",
        where=text("leased_until IS NOT NULL"),
    ),
    partial("ix_link_dirty", "dirty_since", where=text("dirty_since IS NOT NULL")),
    partial("ix_link_behind", "behind_since", where=text("behind_since IS NOT NULL")),
    partial("ix_link_rings", "rings_at", where=text("rings_at IS NOT NULL")),
    partial("ix_link_diverged", "diverged_since", where=text("diverged_since IS NOT NULL")),
    sqlite_autoincrement=True,  # an id is never given twice, or an old audit row would speak of a new link
)  # fmt: skip

# --- what comes in ---------------------------------------------------------------------------------------------------

hint = Table(
    "hint",
    metadata,
    key(),
    link_key(),
    words("side", default=None),
    words("connection", default=None),
    words("ref", default=None),
    words("token"),
    words("parts"),
    words("echo"),
    words("revision"),
    Column("at", Instant),
    Column("received_at", Instant, nullable=False),
    Column("event", BigInteger, nullable=False),  # the same for all links that one change was told to
    one_of("side", Side),
    Index(None, "link_id"),
    Index(None, "connection", "ref"),
    sqlite_autoincrement=True,
)

seen = Table(
    "seen",
    metadata,
    Column("connection", Words, primary_key=True),
    Column("ref", Words, primary_key=True),
    Column("token", Words, primary_key=True),
    Column("at", Instant, nullable=False),
    Index(None, "at"),
    sqlite_with_rowid=False,
)

foretold = Table(
    "foretold",
    metadata,
    key(),
    words("connection", default=None),
    words("ref", default=None),
    words("echo", default=None),
    Column("expires", Instant, nullable=False),
    Index(None, "connection", "ref", "echo"),
)

delivery = Table(
    "delivery",
    metadata,
    key(),
    words("connection", default=None),
    words("delivery_id", default=None),
    words("headers", default="{}"),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Instant, nullable=False),
    words("state", default=None),
    words("reason"),
    words("outcome"),
    UniqueConstraint("connection", "delivery_id"),
    one_of("state", DeliveryState),
    Index(None, "received_at"),
    partial("ix_delivery_open", "id", where=text("state IN ('received', 'bad')")),
    sqlite_autoincrement=True,
)

cursor = Table(
    "cursor",
    metadata,
    Column("connection", Words, primary_key=True),
    Column("cursor", Words),
    Column("last_success", Instant, nullable=False),
)

# --- what goes out ---------------------------------------------------------------------------------------------------

intent = Table(
    "intent",
    metadata,
    key(),
    link_key(),
    words("kind", default=None),
    words("side", default=None),
    words("item", default=None),
    Column("number", BigInteger, nullable=False, unique=True),
    words("key", default=None),
    words("body_hash"),
    words("visibility", default=None),
    words("payload", default="{}"),
    words("state", default=None),
    Column("created_at", Instant, nullable=False),
    Column("attempted_at", Instant),
    Column("epoch", BigInteger, nullable=False, server_default=text("0")),
    Column("target", Words),
    Column("landed_at", Instant),
    words("revision_read"),
    words("reason"),
    one_of("kind", IntentKind),
    one_of("side", Side),
    one_of("visibility", Visibility),
    one_of("state", IntentState),
    CheckConstraint("state <> 'attempted' OR attempted_at IS NOT NULL", name="attempt_has_a_time"),
    CheckConstraint("state <> 'planned' OR attempted_at IS NULL", name="plan_was_not_sent"),
    CheckConstraint("target IS NULL OR state = 'landed'", name="target_is_proven"),
    # what makes a thing at the vendor happens once; an update may happen again, but not twice at a time
    partial(
        "uq_intent_once", "link_id", "kind", "side", "item", unique=True,
        where=text("kind IN ('create', 'comment', 'attach', 'note', 'link_back') AND state <> 'refused'"),
    ),
    partial(
        "uq_intent_open", "link_id", "kind", "side", "item", unique=True,
        where=text("state IN ('planned', 'attempted', 'parked')"),
    ),
    partial("ix_intent_open", "state", "id", where=text("state IN ('planned', 'attempted', 'parked')")),
    Index(None, "link_id"),
    sqlite_autoincrement=True,
)  # fmt: skip


def twin_columns() -> list[SchemaItem]:
    return [
        key(),
        link_key(),
        words("from_side", default=None),
        words("source_id", default=None),
        Column("target_id", Words),
        words("visibility", default=None),
        words("state", default=None),
        Column("at", Instant, nullable=False),
        UniqueConstraint("link_id", "from_side", "source_id"),
        UniqueConstraint("link_id", "from_side", "target_id"),
        one_of("from_side", Side),
        one_of("visibility", Visibility),
        one_of("state", TwinState),
    ]


comment_twin = Table("comment_twin", metadata, *twin_columns(), words("source_digest"))

file_twin = Table(
    "file_twin",
    metadata,
    *twin_columns(),
    words("name"),
    Column("size", BigInteger, nullable=False),
    words("media_type"),
    words("comment_id"),
)

# --- what people read ------------------------------------------------------------------------------------------------

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),  # without gaps: a missing number is a missing row
    Column("at", Instant, nullable=False),
    Column("link_id", BigInteger),  # no foreign key: the audit outlives what it tells of
    words("run"),
    Column("side", Words),
    words("kind", default=None),
    words("rule"),
    words("cause"),
    words("item"),
    words("before", default="null"),
    words("after", default="null"),
    words("request"),
    words("outcome"),
    words("actor"),
    words("hash", default=None),
    Index(None, "link_id", "id"),
    Index(None, "at"),
)

audit_anchor = Table(
    "audit_anchor",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),  # of the last row that retention removed
    words("hash", default=None),
    Column("at", Instant, nullable=False),
)

parked = Table(
    "parked",
    metadata,
    key(),
    link_key(optional=True),
    words("scope", default=None),
    words("item", default=None),
    words("fingerprint"),
    words("reason", default=None),
    words("remedy"),
    Column("since", Instant, nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("1")),
    one_of("scope", ParkScope),
    partial("uq_parked_in_link", "link_id", "scope", "item", unique=True, where=text("link_id IS NOT NULL")),
    partial("uq_parked_alone", "scope", "item", unique=True, where=text("link_id IS NULL")),
    sqlite_autoincrement=True,
)

milestone = Table(
    "milestone",
    metadata,
    key(),
    link_key(),
    words("what", default=None),
    Column("at", Instant, nullable=False),
    Column("noticed_at", Instant, nullable=False),
    words("who"),
    words("detail"),
    words("source"),
    one_of("what", Happened),
    Index(None, "link_id", "id"),
    Index(None, "what", "at", "link_id"),
    partial("ix_milestone_named", "who", "at", where=NAMED),
    partial("uq_milestone_once", "link_id", "what", "source", unique=True, where=text("source <> ''")),
    sqlite_autoincrement=True,
)

statement = Table(
    "statement",
    metadata,
    key(),
    link_key(),
    words("what", default=None),
    Column("at", Instant, nullable=False),
    words("who"),
    words("detail"),
    words("source", default=None),
    one_of("what", Happened),
    UniqueConstraint("link_id", "source"),
    sqlite_autoincrement=True,
)

request = Table(
    "request",
    metadata,
    key(),
    words("act", default=None),
    words("escalation", default=None),
    words("client", default=None),
    words("mapping", default=None),
    words("source_id", default=None),
    words("key", default=None),
    words("digest", default=None),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Instant, nullable=False),
    words("state", default=None),
    Column("link_id", Id, ForeignKey("link.id", ondelete="SET NULL")),
    Column("attempted_at", Instant),
    Column("due", Instant, nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    words("reason"),
    words("refused", default="{}"),
    Column("epoch", BigInteger, nullable=False, server_default=text("0")),
    Column("leased_until", Instant),
    Column("settled_at", Instant),
    UniqueConstraint("client", "key"),
    one_of("act", Act),
    one_of("state", RequestState),
    CheckConstraint("state <> 'attempted' OR attempted_at IS NOT NULL", name="attempt_has_a_time"),
    partial("uq_request_opening", "escalation", unique=True, where=text("act = 'open'")),
    partial("uq_request_source", "client", "source_id", unique=True, where=text("act = 'open'")),
    partial("ix_request_open", "due", "id", where=text("state IN ('received', 'attempted')")),
    partial("ix_request_link_id", "link_id", where=text("link_id IS NOT NULL")),
    Index(None, "escalation"),
    Index(None, "received_at"),
    sqlite_autoincrement=True,
)

facet = Table(
    "facet",
    metadata,
    key(),
    link_key(),
    Column("since", Instant, nullable=False),
    Column("opened", Instant),
    Column("closed", Boolean(create_constraint=False), nullable=False),
    words("severity"),
    words("service"),
    words("tier"),
    words("team"),
    words("category"),
    UniqueConstraint("link_id", "since"),
    Index(None, "opened"),
    sqlite_autoincrement=True,
)

propagated = Table(
    "propagated",
    metadata,
    Column("link_id", Id, ForeignKey("link.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("day", Instant, primary_key=True),
    Column("changes", Integer, nullable=False),
    Index(None, "day"),
    sqlite_with_rowid=False,
)

token = Table(
    "token",
    metadata,
    key(),
    link_key(),
    words("purpose", default=None),
    words("digest", default=None),
    words("who"),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("opened_at", Instant),
    Column("done_at", Instant),
    Column("revoked_at", Instant),
    one_of("purpose", Purpose),
    UniqueConstraint("digest"),
    Index(None, "link_id"),
    sqlite_autoincrement=True,
)

message = Table(
    "message",
    metadata,
    key(),
    link_key(),
    words("fact", default=None),
    words("rule", default=None),
    words("recipient", default=None),
    words("channel", default=None),
    words("address"),
    words("audience", default=None),
    words("severity"),
    words("subject"),
    words("body"),
    words("links", default="[]"),
    words("event", default="{}"),
    words("state", default=None),
    words("bundle"),
    Column("created_at", Instant, nullable=False),
    Column("due", Instant, nullable=False),
    Column("attempted_at", Instant),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    words("reason"),
    UniqueConstraint("link_id", "fact", "rule", "recipient"),
    one_of("audience", Audience),
    one_of("state", MessageState),
    CheckConstraint("state <> 'sending' OR (attempted_at IS NOT NULL AND bundle <> '')", name="sending_is_known"),
    partial("ix_message_open", "channel", "due", where=text("state IN ('waiting', 'sending', 'parked')")),
    Index(None, "attempted_at"),
    sqlite_autoincrement=True,
)

conflict = Table(
    "conflict",
    metadata,
    key(),
    link_key(),
    words("field", default=None),
    words("base_values", default=None),
    words("now_values", default=None),
    Column("winner", Words),
    Column("open", Boolean(create_constraint=False), nullable=False),
    Column("at", Instant, nullable=False),
    words("resolution"),
    Column("settled_at", Instant),
    CheckConstraint("winner IS NULL OR winner IN ('support', 'engineering')", name="winner_known"),
    Index(None, "link_id"),
    partial("uq_conflict_open", "link_id", "field", unique=True, where=text("open")),
    sqlite_autoincrement=True,
)

pause = Table(
    "pause",
    metadata,
    Column("scope", Words, primary_key=True),
    Column("name", Words, primary_key=True),
    words("reason", default=None),
    Column("since", Instant, nullable=False),
    one_of("scope", PauseScope),
)

# --- signals ---------------------------------------------------------------------------------------------------------


def of_link() -> Column[int]:
    """One row for each link."""
    return Column("link_id", Id, ForeignKey("link.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)


standing = Table(
    "standing",
    metadata,
    of_link(),
    Column("moved_at", Instant),
    words("support_status"),
    words("engineering_status"),
    Column("done", Boolean(create_constraint=False), nullable=False),
    Column("unanswered", Integer, nullable=False),
    Column("said", Words),
    Column("due_at", Instant),
    Column("looked_at", Instant, nullable=False),
    words("signals", default="{}"),
    words("waits_for"),
    partial("ix_standing_waits", "link_id", where=text("waits_for <> ''")),
)

contact = Table(
    "contact",
    metadata,
    of_link(),
    words("connection", default=None),
    words("ref", default=None),
    words("customer", default=None),
    Column("opened_at", Instant, nullable=False),
    Index("ix_contact_customer", "customer", "opened_at"),
)

lookup = Table(
    "lookup",
    metadata,
    Column("name", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("value", Words),
    Column("answered_at", Instant),
    words("problem"),
    Column("since", Instant),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("retry_at", Instant),
    partial("ix_lookup_retry", "retry_at", where=text("retry_at IS NOT NULL")),
)

meta = Table("meta", metadata, Column("key", Words, primary_key=True), words("value", default=None))

counter = Table(
    "counter", metadata, Column("name", Words, primary_key=True), Column("value", BigInteger, nullable=False)
)

own_account = Table(
    "own_account",
    metadata,
    Column("connection", Words, primary_key=True),
    Column("account", Words, primary_key=True),
)
