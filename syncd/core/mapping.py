"""A mapping as a value: which tickets become issues, and how each thing is said on the other side.

Read from YAML by `syncd.mapping`, which also checks it; nothing here can be wrong any more.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace

from syncd.core.conditions import Condition
from syncd.core.contract import Contract
from syncd.core.facets import MetricsPolicy
from syncd.core.feedback import FeedbackPolicy, ReviewPolicy
from syncd.core.lens import Fallback, Lens
from syncd.core.model import Base, Kind, Pair, Side, Snapshot, Visibility
from syncd.core.packet import PacketPolicy
from syncd.core.policy import EscalationPolicy
from syncd.core.signals import SignalPolicy


class Owner(enum.Enum):
    """Who wins when both sides changed a field."""

    SUPPORT = "support"
    ENGINEERING = "engineering"
    NEWEST = "newest"  # the later edit, by each vendor's own clock
    ASK = "ask"  # a conflict that a person resolves

    @property
    def side(self) -> Side | None:
        return Side(self.value) if self in (Owner.SUPPORT, Owner.ENGINEERING) else None


class Aggregate(enum.Enum):
    """What an issue says when several tickets hang on it. Choices are ordered as the mapping lists them."""

    HIGHEST = "highest"  # the meaning listed first; of numbers and dates the greatest
    LOWEST = "lowest"  # the meaning listed last; of numbers and dates the least
    ALL = "all"  # the least advanced: "done" only when all are; of labels those that all have
    ANY = "any"  # the most advanced: "done" as soon as one is; of labels those that any has
    NEWEST = "newest"  # whatever changed last
    UNION = "union"  # labels: those that any ticket has


class Direction(enum.Enum):
    BOTH = "both"
    TO_ENGINEERING = "to_engineering"
    TO_SUPPORT = "to_support"

    def reaches(self, side: Side) -> bool:
        """Whether this side is ever written."""
        match self:
            case Direction.BOTH:
                return True
            case Direction.TO_ENGINEERING:
                return side is Side.ENGINEERING
            case Direction.TO_SUPPORT:
                return side is Side.SUPPORT


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One entry under `fields`.

    Attributes:
        order: the meanings of a choice, highest (or least advanced) first, as the support side lists them.
        note_on: a side whose vendor cannot rewrite this field (a description that is the first message of the
            thread): a change is told there as an internal comment.
    """

    name: str
    kind: Kind
    lenses: Pair[Lens]
    owner: Owner = Owner.SUPPORT
    aggregate: Aggregate = Aggregate.NEWEST
    direction: Direction = Direction.BOTH
    order: tuple[str, ...] = ()
    note_on: frozenset[Side] = frozenset()

    @property
    def where(self) -> str:
        """The rule's name, for the audit and for `why`."""
        return f"fields.{self.name}"


# --- which tickets become issues -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EscalationRule:
    """One entry under `escalate`: all conditions true, and the ticket becomes an issue at `place`."""

    name: str
    when: tuple[Condition, ...]
    place: MappingOf[str, str]  # the `create` block, in the tracker's words

    @property
    def where(self) -> str:
        return f"escalate.{self.name}"


# --- comments, files, people, life -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CommentRule:
    """Which comments cross, and how visible they are there. The first rule that matches a comment decides.

    Attributes:
        source: the visibility it speaks of; None for both.
        starts_with: a word that the comment must begin with; it is cut off before the text crosses.
        visibility: there.
        discloses: the mapping says, with a reason, that internal text may become public by this rule. Without it a
            rule with `visibility` PUBLIC never takes an internal comment.
    """

    name: str
    side: Side
    source: Visibility | None
    visibility: Visibility
    starts_with: str = ""
    discloses: bool = False

    @property
    def where(self) -> str:
        return f"comments.{self.name}"


@dataclass(frozen=True, slots=True)
class AttachmentRule:
    max_size: int = 20 * 1024 * 1024  # bytes
    types: tuple[str, ...] = ("*/*",)  # patterns of media types: image/*, application/pdf
    per_comment: int = 10


class OnReopened(enum.Enum):
    REOPEN = "reopen"  # as any change of status
    NOTE = "note"  # the status stays, an internal comment tells
    IGNORE = "ignore"


class OnMerged(enum.Enum):
    FOLLOW = "follow"  # the link moves to the ticket it was merged into
    NOTE = "note"
    STOP = "stop"


class OnMoved(enum.Enum):
    FOLLOW = "follow"
    STOP = "stop"


class OnDeleted(enum.Enum):
    NOTE = "note"  # an internal comment on the other side; the link rests as a tombstone
    STOP = "stop"  # the link rests, nobody is told


class OnRestored(enum.Enum):
    RESUME = "resume"
    STOP = "stop"


class OnClosed(enum.Enum):
    STOP = "stop"  # a ticket that takes no more changes: the link rests
    NOTE = "note"  # and an internal comment tells the other side of later changes


@dataclass(frozen=True, slots=True)
class Lifecycle:
    reopened: OnReopened = OnReopened.REOPEN
    merged: OnMerged = OnMerged.FOLLOW
    moved: OnMoved = OnMoved.FOLLOW
    deleted: OnDeleted = OnDeleted.NOTE
    restored: OnRestored = OnRestored.RESUME
    closed: OnClosed = OnClosed.STOP
    done: frozenset[str] = frozenset({"done"})  # meanings of the field `status` that count as done


@dataclass(frozen=True, slots=True)
class People:
    table: MappingOf[str, str] = field(default_factory=dict)  # support address -> the tracker's id or address
    fallback: str = Fallback.LEAVE


@dataclass(frozen=True, slots=True)
class Brake:
    """When to stop and ask. Counts are per mapping and hour, but for `writes_per_link`."""

    links: int = 1000  # links written in one hour
    creates: int = 200  # issues made in one hour
    gone: int = 5  # links whose ticket vanished in one hour, or 2 % of all, whichever is more
    writes_per_link: int = 20


@dataclass(frozen=True, slots=True)
class Mapping:
    """One pair of connections and every rule for it. `digest` names its content: a changed file is another mapping."""

    name: str
    connections: Pair[str]
    fields: tuple[FieldRule, ...] = ()
    escalate: tuple[EscalationRule, ...] = ()
    comments: tuple[CommentRule, ...] = ()
    attachments: AttachmentRule = AttachmentRule()
    people: People = People()
    lifecycle: Lifecycle = Lifecycle()
    brake: Brake = Brake()
    escalation: EscalationPolicy | None = None  # as `config/escalation.yaml` says, in this mapping's words
    digest: str = ""

    def agreed(self, seen: Pair[Snapshot]) -> Pair[Base]:
        """Two tickets as read and now taken for agreed: the mapped fields of each, and nothing counts as read yet,

        so that the first run looks at both of them again.
        """
        return Pair(*(self._agreed(side, seen[side]) for side in Side))

    def _agreed(self, side: Side, snapshot: Snapshot) -> Base:
        names = {rule.lenses[side].field for rule in self.fields}
        fields = {name: value for name, value in snapshot.fields.items() if name in names}
        return replace(Base.of(snapshot), fields=fields, fields_revision="")

    @property
    def contract(self) -> Contract | None:
        return self.escalation.contract if self.escalation else None

    @property
    def packet(self) -> PacketPolicy | None:
        return self.escalation.packet if self.escalation else None

    @property
    def metrics(self) -> MetricsPolicy | None:
        return self.escalation.metrics if self.escalation else None

    @property
    def signals(self) -> SignalPolicy | None:
        return self.escalation.signals if self.escalation else None

    @property
    def feedback(self) -> FeedbackPolicy | None:
        return self.escalation.feedback if self.escalation else None

    @property
    def review(self) -> ReviewPolicy | None:
        return self.escalation.review if self.escalation else None

    def rule(self, name: str) -> FieldRule | None:
        return next((rule for rule in self.fields if rule.name == name), None)
