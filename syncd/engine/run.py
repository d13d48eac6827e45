"""One run of one link: what the store knew at its start, what was read since, and what was written so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection

from syncd.core import comments as texts
from syncd.core import consent
from syncd.core.causes import CUSTOMERS
from syncd.core.decision import Resting, Update
from syncd.core.facets import Seen as Described
from syncd.core.handoff import PACKET, WAITS
from syncd.core.impact import Impact
from syncd.core.life import Seen
from syncd.core.mapping import FieldRule, Mapping
from syncd.core.milestones import Milestone
from syncd.core.model import NO_FIELDS, Base, Fields, Pair, Side, Snapshot, Value
from syncd.core.review import REVIEW
from syncd.core.signals import Heard
from syncd.core.similar import Alike
from syncd.core.view import Known, last_seen
from syncd.engine import history
from syncd.engine.site import Site
from syncd.sdk.connector import ALL_PARTS, Changed, Connector, Part
from syncd.store import facets, hints, intents, links, milestones, parked, requests, standings, statements, twins
from syncd.store.records import (
    CommentTwin,
    FileTwin,
    Hint,
    Intent,
    IntentKind,
    IntentState,
    Lease,
    Link,
    LostLease,
    ParkedItem,
    Replaced,
    RequestRow,
)

ASKED = "asked by a person: "
"""How the token of a hint begins by which a person asked for a run; `APPLY` asks for drift to be settled as well."""
APPLY = f"{ASKED}apply "
LINKED = f"{ASKED}link "
"""How the token of a hint begins after which a person linked two tickets: no number of these pulls the brake."""
FOLLOWED = "followed "
"""How the token of a hint begins after which the link is about another ticket than before."""
RANG = "clock "
"""How the token of a hint begins that a clock of the contract gave."""
ANSWERED = "lookup "
"""How the token of a hint begins that a lookup gave which answers again."""
SECOND_LOOK = "second look "
"""How the token of a hint begins that asks whether the issue was made twice."""


@dataclass(frozen=True, slots=True)
class Blind:
    """An update whose outcome the vendor's answer does not prove: it is read back and compared.

    Attributes:
        revision: the version that the decision saw; edits since then may have been overwritten.
        intent: its number; ATTEMPTED until it was read back.
        target: the version that the answer named; "" for none.
        replaced: what the issue's other links took for agreed before it.
    """

    decision: Update
    revision: str
    intent: int
    target: str
    replaced: tuple[Replaced, ...] = ()


@dataclass(slots=True)
class Run:
    """The working state of one run; the engine changes it, `known` shows it to the pure core.

    Attributes:
        id: names this run in the audit.
        seen: what was read of each side; replaced by what our writes made of it.
        base: as `link.base`, moved on field by field as writes are proven.
        delays: of each landed write: its kind, its side, milliseconds since the hint that caused it.
        fields_at, thread_at: at which revision this run read a side's fields and its thread.
        touching: the side whose vendor was asked last, so that an error can name its connection.
        notes: items of notes that are announced and not yet written.
        shared: whether other tickets hang or hung on the issue.
        issue_fields: what was written on the issue; its other links take it as agreed too.
        settles_drift: a person asked for `syncd apply`: sides that differ though neither changed are settled too, once.
        seeks_duplicates: the issue was made some time ago, and it is time to see whether it was made once.
        history_until, customers, issue_told: see `Known`.
        followed: a merge was followed, or an issue taken that was made late: this is the first run with that ticket.
        facets: what the ticket was like last, as far as the metrics keep it.
        owed: items of notes that were promised and are not there yet (the handoff packet).
        requests: what other systems told of the ticket by the intake API.
        entries: ids of the comments with it on the ticket, which count as said by a person.
        heard: what is known of the ticket beside what was read, for the signals.
        unanswered_lookups: names of those whose answer did not come in this run.
        alike: issues that sound like the ticket; None where they were not looked for.
        impact: what hangs on the issue; None where nobody is told of it.
        still_apart: entries of the mapping whose other side is yet to be written, or to be read back, in this run.
        unchecked: sides with writes that are still to be read back; an empty list where only comments were written.
    """

    site: Site
    lease: Lease
    link: Link
    mapping: Mapping
    connectors: Pair[Connector]
    hints: list[Hint]
    comment_twins: list[CommentTwin]
    file_twins: list[FileTwin]
    parked: list[ParkedItem]
    intents: list[Intent]
    told: set[str]
    milestones: list[Milestone]
    statements: list[Milestone]
    siblings: tuple[Fields, ...]
    shared: bool
    base: Pair[Base | None]
    copies: Pair[frozenset[str]]
    file_copies: Pair[frozenset[str]]
    seen: Pair[Seen] = field(default_factory=lambda: Pair(None, None))
    id: str = field(default_factory=lambda: uuid4().hex[:12])
    writes: int = 0
    unchecked: dict[Side, list[Blind]] = field(default_factory=dict)
    still_apart: frozenset[str] = frozenset()
    delays: list[tuple[str, Side, float]] = field(default_factory=list)
    fields_at: dict[Side, str] = field(default_factory=dict)
    thread_at: dict[Side, str] = field(default_factory=dict)
    touching: Side = Side.SUPPORT
    notes: set[str] = field(default_factory=set)
    owed: set[str] = field(default_factory=set)
    issue_fields: dict[str, Value] = field(default_factory=dict)
    settles_drift: bool = False
    seeks_duplicates: bool = False
    followed: bool = False
    facets: Described | None = None
    history_until: datetime | None = None
    requests: list[RequestRow] = field(default_factory=list)
    entries: frozenset[str] = frozenset()
    heard: Heard = field(default_factory=Heard)
    unanswered_lookups: set[str] = field(default_factory=set)
    customers: frozenset[str] = frozenset()
    issue_told: frozenset[str] = frozenset()
    alike: tuple[Alike, ...] | None = None
    impact: Impact | None = None

    @property
    def known(self) -> Known:
        return Known(
            base=self.base,
            last=self.link.held,
            twins={(twin.from_side, twin.source_id): _comment_twin(twin) for twin in self.comment_twins},
            files=frozenset((twin.from_side, twin.source_id) for twin in self.file_twins),
            copies=self.copies,
            file_copies=self.file_copies,
            parked={f"{item.scope}:{item.item}": item.fingerprint for item in self.parked},
            told=frozenset(self.told),
            owed=frozenset(self.owed | self.notes),
            siblings=self.siblings,
            shared=self.shared,
            resting=resting_of(self.link),
            severity=self.link.severity,
            severity_rule=self.link.severity_rule,
            milestones=tuple(self.milestones),
            statements=tuple(self.statements),
            facets=self.facets,
            heard=self.heard,
            history_until=self.history_until,
            customers=self.customers,
            issue_told=self.issue_told,
            alike=self.alike or (),
            impact=self.impact,
        )

    @property
    def issue_rules(self) -> dict[str, str]:
        """The issue's fields -> the entries of the mapping that are about them."""
        return {rule.lenses.engineering.field: rule.name for rule in self.mapping.fields}

    @property
    def began(self) -> datetime:
        """When the first of the hints came that this run answers, for the delay."""
        return min((hint.received_at for hint in self.hints), default=self.site.now())

    @property
    def open_intents(self) -> list[Intent]:
        """Writes of an earlier run that may or may not have happened."""
        return [intent for intent in self.intents if intent.state is IntentState.ATTEMPTED]

    def snapshot(self, side: Side) -> Snapshot | None:
        seen = self.seen[side]
        return seen if isinstance(seen, Snapshot) else None

    def ref(self, side: Side) -> str:
        """The ticket of a side; a bug of ours where there is none."""
        ref = self.link.refs[side]
        if ref is None:
            raise LookupError(f"link {self.link.id} has no {side} ticket")
        return ref

    def fields(self, side: Side) -> Fields:
        snapshot, base = self.snapshot(side), self.base[side]
        if snapshot is not None:
            return snapshot.fields
        return {**base.fields, **last_seen(self.mapping, self.link.held, side)} if base else NO_FIELDS

    @property
    def waits_for_evidence(self) -> bool:
        """Whether a comment on the ticket may bring what keeps it in support."""
        policy = self.mapping.packet
        return policy is not None and policy.reads_comments and any(item.startswith(WAITS) for item in self.told)

    @property
    def waits_for_approval(self) -> bool:
        """Whether a comment on the ticket may let it pass."""
        return bool(self.mapping.escalation and self.mapping.escalation.approvals) and consent.waits(self.milestones)

    def revision(self, side: Side) -> str:
        now = self.snapshot(side) or self.base[side]
        return now.revision if now else ""

    def absorb(self, side: Side, revision: str) -> None:
        """Our own write has come back and named the version that it made."""
        base, seen = self.base[side], self.seen[side]
        if base is not None:
            self.base = self.base.put(side, replace(base, revision=revision))
        if isinstance(seen, Snapshot):
            self.seen = self.seen.put(side, replace(seen, revision=revision))

    def remember_comment(self, twin: CommentTwin) -> None:
        """A comment has a copy now, or is left out; later rounds of this run know."""
        self.comment_twins.append(twin)
        if twin.target_id:
            side = twin.from_side.other
            self.copies = self.copies.put(side, self.copies[side] | {twin.target_id})

    def remember_file(self, twin: FileTwin) -> None:
        self.file_twins.append(twin)
        if twin.target_id:
            side = twin.from_side.other
            self.file_copies = self.file_copies.put(side, self.file_copies[side] | {twin.target_id})

    @property
    def connection(self) -> str:
        """The connection that was asked last."""
        return self.mapping.connections[self.touching]

    def shown(self, side: Side, fields: Fields) -> None:
        """A vendor's answer to our write showed what stands there now."""
        seen = self.seen[side]
        if isinstance(seen, Snapshot):
            self.seen = self.seen.put(side, replace(seen, fields={**seen.fields, **fields}))

    def settle(self, side: Side, fields: Fields) -> None:
        """Take written fields as agreed: what this side shows now, and what the other side said when it was decided."""
        self.base = self.base.put(side, _with(self.base[side], fields))
        self.shown_on_issue(side, fields)
        others = {
            rule.lenses[side.other].field: self.fields(side.other).get(rule.lenses[side.other].field)
            for rule in self.mapping.fields
            if rule.lenses[side].field in fields
        }
        present = {name: value for name, value in others.items() if name in self.fields(side.other)}
        self.base = self.base.put(side.other, _with(self.base[side.other], present))
        settled = {rule.name for rule in self.mapping.fields if rule.lenses[side].field in fields}
        left = {name: values for name, values in self.link.held.items() if name not in settled}
        self.link = replace(self.link, held=left)

    def shown_on_issue(self, side: Side, fields: Fields) -> None:
        """What a write of ours made of the issue's fields."""
        if side is Side.ENGINEERING:
            self.issue_fields.update(fields)

    def as_said(self, ticket: Snapshot) -> Snapshot:
        """The ticket, on which what another system told looks as if a person had written it."""
        thread = ticket.thread
        if thread is None or not self.entries:
            return ticket
        said = tuple(replace(one, key=None) if one.id in self.entries else one for one in thread.comments)
        return replace(ticket, thread=replace(thread, comments=said))

    def agree(self, rule: FieldRule, values: Pair[Value]) -> None:
        """Take these values of one field as what both sides agreed on."""
        for side in Side:
            self.base = self.base.put(side, _with(self.base[side], {rule.lenses[side].field: values[side]}))

    def wanted_parts(self, side: Side) -> frozenset[Part]:
        """What the hints ask to read of a side; nothing for one that nobody spoke of."""
        parts: set[Part] = set()
        for hint in self.hints:
            if hint.side is side and not self._covered(hint):
                parts |= {Part(part) for part in hint.parts} or ALL_PARTS
        return frozenset(parts)

    def _covered(self, hint: Hint) -> bool:
        """Whether an earlier read shows already what this hint tells."""
        base, connector = self.base[hint.side], self.connectors[hint.side]
        if base is None or not hint.token or hint.token.startswith((ASKED, FOLLOWED, RANG, ANSWERED, SECOND_LOOK)):
            return False
        changed = Changed(ref=hint.ref, token=hint.token, revision=hint.revision)
        revisions = {"fields": base.fields_revision, "thread": base.thread_revision}
        return all(revisions[part] and connector.includes(revisions[part], changed) for part in hint.parts)


def load(site: Site, c: Connection, lease: Lease) -> Run | None:
    """All that the store knows of a link, in one read; None when its mapping is gone from the configuration.

    Raises:
        LostLease: the link has given way to another one meanwhile.
    """
    if not links.exists(c, lease.link_id):
        raise LostLease(lease.link_id, lease.epoch)
    link = links.get(c, lease.link_id)
    mapping = site.mappings.get(link.mapping)
    if mapping is None:
        return None
    waiting, announced = hints.of(c, link.id), intents.open_of(c, link.id)
    kin = links.sibling_bases(c, link)
    return Run(
        site=site,
        lease=lease,
        link=link,
        mapping=mapping,
        connectors=site.pair(mapping),
        hints=waiting,
        settles_drift=any(hint.token.startswith(APPLY) for hint in waiting),
        followed=any(hint.token.startswith(FOLLOWED) for hint in waiting),
        seeks_duplicates=any(hint.token.startswith(SECOND_LOOK) for hint in waiting),
        comment_twins=twins.comments(c, link.id),
        file_twins=twins.files(c, link.id),
        parked=parked.of(c, link.id),
        intents=announced,
        notes={intent.item for intent in announced if intent.kind is IntentKind.NOTE},
        told=set(intents.told(c, link.id)),
        milestones=milestones.of(c, link.id),
        statements=statements.of(c, link.id),
        facets=facets.last(c, link.id) if mapping.metrics else None,
        owed={PACKET} if mapping.packet and intents.was_announced(c, link.id, PACKET) else set(),
        siblings=tuple(base.fields for base in kin.values()),
        shared=links.is_shared(c, link),
        base=link.base,
        history_until=history.until(c, link.id),
        requests=(told := requests.told_of(c, link.id)),
        entries=entries_of(c, link.id, told) if told else frozenset(),
        heard=heard_before(c, mapping, link.id),
        customers=frozenset(one.requester.id for id_, one in kin.items() if id_ < link.id and one.requester),
        issue_told=intents.told_of(c, kin, (CUSTOMERS, REVIEW))
        if kin and (mapping.feedback or mapping.review)
        else frozenset(),
        copies=_copies(c, link, twins.copied_comments),
        file_copies=_copies(c, link, twins.copied_files),
    )


ENTRY = "intake:"
"""How the item of the note begins with which what another system told is written; the request's number follows."""


def entries_of(c: Connection, link_id: int, told: Sequence[RequestRow]) -> frozenset[str]:
    """The ids of the comments with what other systems told."""
    return intents.targets(c, link_id, {f"{ENTRY}{row.id}" for row in told})


def heard_before(c: Connection, mapping: Mapping, link_id: int) -> Heard:
    """What an earlier look remembered of a ticket."""
    found = standings.of(c, link_id) if mapping.signals else None
    return Heard(standing=found[0]) if found else Heard()


def _copies(c: Connection, link: Link, find: Callable[[Connection, str, str], frozenset[str]]) -> Pair[frozenset[str]]:
    return Pair(*(find(c, link.connections[side], link.refs[side] or "") for side in Side))


def resting_of(link: Link) -> Resting | None:
    """Why a link rests or did until now, by the first word of its reason."""
    word = link.reason.partition(":")[0]
    return next((why for why in Resting if why.value == word), None)


def _comment_twin(twin: CommentTwin) -> texts.CommentTwin:
    return texts.CommentTwin(twin.from_side, twin.source_id, twin.target_id or "", twin.source_digest, twin.visibility)


def _with(base: Base | None, fields: Fields) -> Base | None:
    return replace(base, fields={**base.fields, **fields}) if base else None
