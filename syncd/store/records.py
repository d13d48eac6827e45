"""The rows of the store as frozen values. What may be done with each is in the module of its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from syncd.core.intake import Act
from syncd.core.model import Base, Pair, Side, Value, Visibility, Word


class LostLease(Exception):
    """Somebody else holds this link now, or nobody: read it again, write nothing."""

    def __init__(self, link_id: int, epoch: int) -> None:
        super().__init__(f"link {link_id}: the lease of epoch {epoch} is gone")
        self.link_id = link_id
        self.epoch = epoch


class IllegalStep(Exception):
    """A row was asked to go from one state to another that does not follow: a bug of the caller."""


# --- links -----------------------------------------------------------------------------------------------------------


class LinkState(Word):
    """Where a link is in its life. Only WATCHED and LINKED are claimed."""

    WATCHED = "watched"  # a support ticket that has no issue (yet)
    LINKED = "linked"
    HELD = "held"  # waits for `syncd apply`
    PARKED = "parked"  # needs a person
    RESTING = "resting"  # tombstone, closed for good, unlinked; the reason says which


NO_BASES: Pair[Base | None] = Pair(None, None)
NOT_READ: Pair[bool] = Pair(False, False)


@dataclass(frozen=True, slots=True)
class Link:
    """Two refs kept consistent, with what each side showed after the last sync.

    Attributes:
        mapping_digest: the content of the mapping that `base` was made under.
        rule: the escalation rule that made the issue, or "" for a link made by hand.
        severity, severity_rule: how bad its ticket was found last, and by which rule; "" where none gives one.
        held: per field, both sides' values as they were refused or left alone (a conflict, a parked field), so that the
            same values are not tried again.
        thread_read: whether this side's thread was read since its last hint.
        due: when to look next; None when nothing is known to do.
        dirty_since: the oldest hint or mark that no run has answered yet.
        behind_since: since when a known change waits to be written.
        diverged_since: since when both sides differ and nothing automatic will change that.
        rings_at: when somebody is to be told something of its clocks, None for not at all.
        priority: how urgent this link is by itself, 0 first; a mark may make one turn more or less urgent.
        turn: how urgent the turn is that waits or runs now.
        attempts: failed runs in a row; `error` is what the last one said.
        epoch: counts the leases of this link and never falls.
        seq: counts the marks that ask for one more run.
    """

    id: int
    mapping: str
    mapping_digest: str
    connections: Pair[str]
    refs: Pair[str | None]
    state: LinkState = LinkState.WATCHED
    reason: str = ""
    rule: str = ""
    severity: str = ""
    severity_rule: str = ""
    base: Pair[Base | None] = NO_BASES
    held: Mapping[str, Pair[Value]] = field(default_factory=lambda: MappingProxyType({}))
    thread_read: Pair[bool] = NOT_READ
    behind_since: datetime | None = None
    diverged_since: datetime | None = None
    converged_at: datetime | None = None
    created_at: datetime | None = None
    rings_at: datetime | None = None
    priority: int = 5
    turn: int = 5
    # queue columns: `links.save` leaves them alone
    due: datetime | None = None
    dirty_since: datetime | None = None
    attempts: int = 0
    error: str = ""
    epoch: int = 0
    seq: int = 0
    leased_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to reconcile one link until `until`, fenced by `epoch`."""

    link_id: int
    epoch: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """Which links to list; what is None does not matter."""

    mapping: str | None = None
    state: LinkState | None = None
    connection: str | None = None  # on either side
    ref: str | None = None  # on either side
    behind: bool | None = None
    diverged: bool | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Links by how they stand. `converged + behind + diverged == linked`."""

    watched: int = 0
    linked: int = 0
    held: int = 0
    parked: int = 0
    resting: int = 0
    converged: int = 0
    behind: int = 0
    diverged: int = 0
    behind_since: datetime | None = None  # of the one that waits longest
    diverged_since: datetime | None = None

    @property
    def total(self) -> int:
        return self.watched + self.linked + self.held + self.parked + self.resting


# --- what comes in ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hint:
    """One change that a webhook or a poll told of, waiting at one link. `parts` as the connector named them."""

    id: int
    link_id: int
    side: Side
    connection: str
    ref: str
    token: str
    parts: frozenset[str]
    echo: str
    revision: str
    at: datetime | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Absorbed:
    """A hint that was our own write coming back. `revision` is the version the ticket had after it, or ""."""

    connection: str
    ref: str
    token: str
    echo: str
    revision: str


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one hint: stored for so many links, or absorbed, or neither because it was seen before."""

    hints: int = 0
    absorbed: Absorbed | None = None


class DeliveryState(Word):
    RECEIVED = "received"  # stored, not yet turned into hints
    DONE = "done"
    BAD = "bad"  # cannot be read; kept and shown
    IGNORED = "ignored"  # not our business


@dataclass(frozen=True, slots=True)
class RawDelivery:
    """A webhook as it came. Its body is whatever the vendor sent, private parts included: show it to operators only."""

    id: int
    connection: str
    delivery_id: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    received_at: datetime
    state: DeliveryState
    reason: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Cursor:
    connection: str
    cursor: str | None
    last_success: datetime


# --- what goes out ---------------------------------------------------------------------------------------------------


class IntentKind(Word):
    CREATE = "create"
    UPDATE = "update"
    COMMENT = "comment"
    ATTACH = "attach"
    LINK_BACK = "link_back"
    NOTE = "note"
    EDIT = "edit"
    DELETE = "delete"


class IntentState(Word):
    """PLANNED: not sent. ATTEMPTED: may have happened. LANDED: proven. REFUSED: surely not. PARKED: ask a person."""

    PLANNED = "planned"
    ATTEMPTED = "attempted"
    LANDED = "landed"
    REFUSED = "refused"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Intent:
    """A write, announced before it is sent and proven afterwards (reliability.md, 5.1).

    Attributes:
        side: the side that is written.
        item: what it is made from: a source id, or the digest of a set of fields.
        number: counts all intents of this store and never falls, not even after a restore.
        target: the id that the vendor gave, once landed.
        revision_read: the version of the target that the decision saw.
    """

    id: int
    link_id: int
    kind: IntentKind
    side: Side
    item: str
    number: int
    key: str
    body_hash: str
    visibility: Visibility
    payload: Mapping[str, Any]
    state: IntentState
    created_at: datetime
    attempted_at: datetime | None = None
    epoch: int = 0
    target: str | None = None
    revision_read: str = ""
    reason: str = ""
    landed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Replaced:
    """What another link took for agreed of one field of the issue, before `links.agree`.

    Attributes:
        held: what that link held back of the entry `rule`; None for nothing.
    """

    link_id: int
    name: str
    value: Value
    rule: str
    held: Pair[Value] | None


class TwinState(Word):
    MIRRORED = "mirrored"
    STUB = "stub"  # a short notice stands in its place
    SKIPPED = "skipped"  # no rule lets it cross
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class CommentTwin:
    """A comment and its copy on the other side. `target_id` is None where there is no copy."""

    link_id: int
    from_side: Side
    source_id: str
    target_id: str | None
    source_digest: str
    visibility: Visibility
    state: TwinState
    at: datetime


@dataclass(frozen=True, slots=True)
class FileTwin:
    """A file and its copy on the other side. `comment_id` is the source comment that it hangs on, or ""."""

    link_id: int
    from_side: Side
    source_id: str
    target_id: str | None
    name: str
    size: int
    media_type: str
    visibility: Visibility
    state: TwinState
    at: datetime
    comment_id: str = ""


# --- what people read ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One decision, write or answer, before it has its place in the chain. `before` and `after` are JSON values."""

    kind: str
    link_id: int | None = None
    run: str = ""
    side: Side | None = None
    rule: str = ""
    cause: str = ""
    item: str = ""
    before: Any = None
    after: Any = None
    request: str = ""
    outcome: str = ""
    actor: str = "syncd"


@dataclass(frozen=True, slots=True)
class AuditRow:
    id: int
    at: datetime
    entry: AuditEntry
    hash: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the audit chain does not hold."""

    id: int
    problem: str


class ParkScope(Word):
    FIELD = "field"
    COMMENT = "comment"
    FILE = "file"
    LINK = "link"
    CONNECTION = "connection"
    MAPPING = "mapping"
    CHANNEL = "channel"  # of `channels`: nothing goes out through it
    MESSAGE = "message"  # its bundle


@dataclass(frozen=True, slots=True)
class ParkedItem:
    """Something taken out of automatic work. `fingerprint` names the refused value: another value is tried again."""

    id: int
    link_id: int | None
    scope: ParkScope
    item: str
    fingerprint: str
    reason: str
    remedy: str
    since: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """Both sides changed one field. Written before anything is overwritten, so that no edit is lost."""

    id: int
    link_id: int
    field: str
    base: Pair[Value]
    now: Pair[Value]
    winner: Side | None
    open: bool
    at: datetime
    resolution: str = ""
    settled_at: datetime | None = None


class PauseScope(Word):
    CONNECTION = "connection"
    MAPPING = "mapping"


@dataclass(frozen=True, slots=True)
class Pause:
    scope: PauseScope
    name: str
    reason: str
    since: datetime


# --- what other systems told ------------------------------------------------------------------------------------------


class RequestState(Word):
    RECEIVED = "received"  # kept, and nothing is written of it so far
    ATTEMPTED = "attempted"  # the ticket may be there
    OPENED = "opened"  # the ticket is there, what was told stands not on it yet
    DONE = "done"
    PARKED = "parked"  # a person is needed


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request of the intake API.

    Attributes:
        escalation: the public name of the case; one that enriches has that of the one that opened it.
        key: the client's own key of idempotency; `digest` is of the raw body.
        body: as it came; empty when it was dropped for its age.
        link_id: of the ticket, from the moment it is there.
        refused: fields that the helpdesk did not take, with its reason.
    """

    id: int
    act: Act
    escalation: str
    client: str
    mapping: str
    source_id: str
    key: str
    digest: str
    body: bytes = field(repr=False)
    received_at: datetime
    state: RequestState
    link_id: int | None
    attempted_at: datetime | None
    due: datetime
    tries: int
    reason: str
    refused: Mapping[str, str]
    epoch: int
    leased_until: datetime | None
    settled_at: datetime | None


class MessageState(Word):
    """How far a message to people outside of the two tickets is."""

    WAITING = "waiting"
    SENDING = "sending"  # noted before the request: after a crash it is in doubt
    SENT = "sent"
    PARKED = "parked"
    FORGOTTEN = "forgotten"  # by a person


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message in the outbox.

    Attributes:
        bundle: the id with which it was first sent, alone or with others; "" before. It never changes afterwards.
        links: label and address; `event` the same message for programs.
    """

    id: int
    link_id: int
    fact: str
    rule: str
    recipient: str
    channel: str
    address: str
    severity: str
    subject: str
    body: str
    links: tuple[tuple[str, str], ...]
    event: Mapping[str, Any]
    state: MessageState
    bundle: str
    created_at: datetime
    due: datetime
    attempts: int
    reason: str
