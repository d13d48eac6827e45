"""What one run of one link looks at: the store's knowledge, what was read, the mapping, and the course of life."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from datetime import datetime

from syncd.core.comments import CommentTwin
from syncd.core.decision import Flag, Resting
from syncd.core.facets import Seen as Described
from syncd.core.impact import Impact
from syncd.core.life import Course, Seen
from syncd.core.mapping import Mapping
from syncd.core.milestones import Milestone
from syncd.core.model import NO_FIELDS, Base, Comment, Fields, Pair, Side, Snapshot, Value
from syncd.core.signals import Heard
from syncd.core.similar import Alike


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a link.

    Attributes:
        base: None for a side that never was read or, for engineering, does not exist yet.
        last: rule -> both sides' values when they were last read, of fields whose bases were held back then. A side
            that this run does not read looks as its base says, but for these.
        twins, files: by side and id of the original.
        copies, file_copies: ids on each side that syncd put there, for this link or for another one on that ticket.
        parked: "field:priority" -> fingerprint of what could not be done.
        told: items of notes and backlinks that are already there.
        owed: items of notes that were promised and are not there yet, as far as nobody else remembers them.
        siblings: what the other tickets on the same issue looked like last.
        shared: whether other tickets hang or hung on the issue.
        severity, severity_rule: how bad the ticket was found last, and by which rule; "" for not at all.
        milestones: what happened on the way of its escalation, in the order in which it was noted.
        statements: what people told syncd itself about it, by a command or a signed link.
        facets: what the ticket was like last, as far as the metrics keep it.
        heard: what is known of the ticket and its customer beside what was read, for the signals.
        customers: ids of who asked for the tickets that hung on the issue before this one.
        issue_told: items of notes on the issue that tell of all its tickets, as far as another ticket's run wrote them.
        alike: issues that sound like the ticket, as far as they were looked for.
        impact: what hangs on the issue, where its engineers are told of it.
        history_until: what was said until this moment was there when the tickets were linked.
    """

    base: Pair[Base | None]
    last: MappingOf[str, Pair[Value]] = field(default_factory=dict)
    twins: MappingOf[tuple[Side, str], CommentTwin] = field(default_factory=dict)
    files: frozenset[tuple[Side, str]] = frozenset()
    copies: Pair[frozenset[str]] = field(default_factory=lambda: Pair(frozenset(), frozenset()))
    file_copies: Pair[frozenset[str]] = field(default_factory=lambda: Pair(frozenset(), frozenset()))
    parked: MappingOf[str, str] = field(default_factory=dict)
    told: frozenset[str] = frozenset()
    owed: frozenset[str] = frozenset()
    siblings: tuple[Fields, ...] = ()
    shared: bool = False
    resting: Resting | None = None
    severity: str = ""
    severity_rule: str = ""
    milestones: tuple[Milestone, ...] = ()
    statements: tuple[Milestone, ...] = ()
    facets: Described | None = None
    heard: Heard = field(default_factory=Heard)
    customers: frozenset[str] = frozenset()
    issue_told: frozenset[str] = frozenset()
    alike: tuple[Alike, ...] = ()
    impact: Impact | None = None
    history_until: datetime | None = None

    def is_history(self, comment: Comment) -> bool:
        return self.history_until is not None and comment.created <= self.history_until


@dataclass(frozen=True, slots=True)
class View:
    """Everything that the decisions about fields, comments and files depend on."""

    known: Known
    seen: Pair[Seen]
    mapping: Mapping
    course: Course

    def snapshot(self, side: Side) -> Snapshot | None:
        """What was read of a side in this run."""
        seen = self.seen[side]
        return seen if isinstance(seen, Snapshot) else None

    def now(self, side: Side) -> Base | None:
        """What a side looks like now: as read, or else as its base says."""
        snapshot, base = self.snapshot(side), self.known.base[side]
        if snapshot:
            return Base.of(snapshot)
        return replace(base, fields={**base.fields, **last_seen(self.mapping, self.known.last, side)}) if base else None

    def fields(self, side: Side) -> Fields:
        now = self.now(side)
        return now.fields if now else NO_FIELDS

    def takes_writes(self, side: Side) -> bool:
        return side not in self.course.closed

    def unless_parked(self, flag: Flag) -> tuple[Flag, ...]:
        """The flag, unless the very same thing is parked already."""
        parked = self.known.parked.get(f"{flag.scope}:{flag.item}")
        return () if parked == flag.fingerprint else (flag,)


def last_seen(mapping: Mapping, last: MappingOf[str, Pair[Value]], side: Side) -> Fields:
    """The values of held fields in a side's own names."""
    return {rule.lenses[side].field: last[rule.name][side] for rule in mapping.fields if rule.name in last}
