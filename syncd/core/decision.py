"""The decisions: everything that a run may do, as plain values.

A dry run prints them, the audit keeps them, a test compares them, and `engine.apply` alone carries them out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import TypeAlias

from syncd.core.deeds import Purpose
from syncd.core.escalation import Assessment
from syncd.core.facets import Seen
from syncd.core.mapping import EscalationRule
from syncd.core.merge import Clash
from syncd.core.milestones import Happened, Milestone
from syncd.core.model import Attachment, Body, Comment, Fields, Internal, Person, Side, Value, Word
from syncd.core.severity import Severity


@dataclass(frozen=True, slots=True)
class Grade:
    """The ticket is as bad as `given` says from now on; what it was before is `before`, "" for nothing."""

    given: Assessment
    before: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Keep a fact about the way of this escalation."""

    fact: Milestone


@dataclass(frozen=True, slots=True)
class Describe:
    """Keep what the ticket is like from now on, for the metrics."""

    seen: Seen


@dataclass(frozen=True, slots=True)
class Route:
    """Name somebody for the issue: who it is depends on what everybody has in hand at that moment.

    Attributes:
        what: ASSIGNED or TRANSFERRED.
        team: where the line begins; `person` is the only one who is meant, "" for whoever fits best.
        skills: what the work needs.
        why: for people and the audit, "rule payments".
        tried: names of those who were asked already.
        number: counts the namings of a link; `cause` names the comment that asks for it.
    """

    what: Happened
    team: str
    why: str
    number: int
    person: str = ""
    severity: Severity | None = None
    skills: frozenset[str] = frozenset()
    tried: frozenset[str] = frozenset()
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """Write on the issue whom the routing named. `who` is a name of the policy, `before` what stood there."""

    who: str
    field: str
    person: Person
    before: Value
    side: Side = Side.ENGINEERING


@dataclass(frozen=True, slots=True)
class Create:
    """Make the issue of a ticket, with these fields in the tracker's words."""

    rule: EscalationRule
    fields: Fields


@dataclass(frozen=True, slots=True)
class Update:
    """Write these fields of one side in one request.

    Attributes:
        rules: vendor's field -> the rule that wants it written.
        clashes: rule -> what both sides said; stored before anything is overwritten.
        before: what stood there as far as we know, for the audit and for the check of a blind write.
        facts: vendor's field -> what has happened once it is written.
    """

    side: Side
    fields: Fields
    rules: MappingOf[str, str]
    clashes: MappingOf[str, Clash]
    before: Fields
    facts: MappingOf[str, Milestone] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AddComment:
    """Copy one comment to `side`, with those of its files that may cross."""

    side: Side
    original: Comment
    body: Body
    files: tuple[Attachment, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class EditComment:
    """The original of a copy was edited: say so on `side`."""

    side: Side
    original: Comment
    target: str
    body: Body  # never INTERNAL where the copy is public
    rule: str


@dataclass(frozen=True, slots=True)
class SkipComment:
    """A comment stays where it is, by a rule or for want of one; remembered, so that it is looked at once."""

    original: Comment
    origin: Side
    why: str


@dataclass(frozen=True, slots=True)
class AddFile:
    """Copy a file that hangs on no comment. `body` is the comment that carries it where files need one."""

    side: Side
    original: Attachment
    body: Body
    rule: str


@dataclass(frozen=True, slots=True)
class SkipFile:
    original: Attachment
    origin: Side
    why: str


@dataclass(frozen=True, slots=True)
class LinkBack:
    """Show the other ticket on `side` in the vendor's own primitive; `item` names this very link and its label."""

    side: Side
    url: str
    label: str  # "CORE-7"
    title: str  # "CORE-7 Export fails"
    customer: Person | None
    item: str


@dataclass(frozen=True, slots=True)
class Note:
    """Our own words to the people of one side; `item` names the occasion, and each occasion is told once.

    Signed links for these purposes are made and written below them as the note is sent, and stand nowhere before.
    """

    side: Side
    body: Internal
    item: str
    links: tuple[Purpose, ...] = ()


class Scope(Word):
    FIELD = "field"
    COMMENT = "comment"
    FILE = "file"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Flag:
    """Park one item until a person or a new value frees it. The rest of the ticket goes on.

    `fingerprint` names the very thing that cannot be done; another one is tried again by itself.
    """

    scope: Scope
    item: str
    fingerprint: str
    reason: str
    remedy: str
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Undecided:
    """Both sides changed a field and a person must choose (`syncd resolve`)."""

    rule: str
    clash: Clash

    @property
    def item(self) -> str:
        """Names this very pair of values, so that it is told once."""
        return f"conflict:{self.rule}:{fingerprint(*self.clash.values.both())}"


class Resting(Word):
    """Why a link is at rest; only the first four wake up by themselves."""

    DELETED = "deleted"
    CLOSED = "closed"
    MERGED = "merged"
    MOVED = "moved"
    UNLINKED = "unlinked"  # by a person


@dataclass(frozen=True, slots=True)
class Rest:
    """The link stops here."""

    why: Resting
    detail: str


@dataclass(frozen=True, slots=True)
class Resume:
    """A resting link goes on."""

    detail: str


@dataclass(frozen=True, slots=True)
class Follow:
    """The ticket of one side is another one now: it was merged."""

    side: Side
    ref: str


Decision: TypeAlias = (
    Grade
    | Mark
    | Describe
    | Route
    | Name
    | Create
    | Update
    | AddComment
    | EditComment
    | SkipComment
    | AddFile
    | SkipFile
    | LinkBack
    | Note
    | Flag
    | Undecided
    | Rest
    | Resume
    | Follow
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The decisions of one run, in the order in which they are carried out.

    `held` names the fields whose bases must stay as they are, because what changed in them is still to be carried.
    """

    decisions: tuple[Decision, ...] = ()
    held: frozenset[str] = frozenset()

    @property
    def writes(self) -> tuple[Decision, ...]:
        """Those decisions that reach a vendor."""
        kinds = (Create, Name, Update, AddComment, EditComment, AddFile, LinkBack, Note)
        return tuple(decision for decision in self.decisions if isinstance(decision, kinds))


def fingerprint(*parts: Value | str | Side) -> str:
    """A short stable name of what is to be done or cannot be done; equal parts give equal names."""
    return hashlib.sha256("\0".join(_named(part) for part in parts).encode()).hexdigest()[:24]


def _named(part: Value | str | Side) -> str:
    if isinstance(part, frozenset):
        return "{" + "\1".join(sorted(part)) + "}"
    return f"{type(part).__name__}:{part!r}"
