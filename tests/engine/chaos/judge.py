"""What a history is judged by: both vendors as they stand, what the store shows to a person, the oracle's verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from syncd.core.model import Life, Side, Visibility
from syncd.engine import record
from syncd.sdk.testing import oracle
from syncd.sdk.testing.character import Character
from syncd.sdk.testing.evidence import Evidence, FieldTable, Kept, Linked, Listed, Record, Said, canaries, plain, seen
from syncd.sdk.testing.vendor import MemoryVendor
from syncd.store import audit, conflicts, intents, links, parked, pauses
from syncd.store.records import Link, LinkState
from tests.engine.world import PRIORITY, STATUS

TEXTS = ("title", "description")
SETS = frozenset({"labels"})
"""Fields in which both sides' edits are joined, so that writing one loses nothing of the other."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the store shows to a person.

    Attributes:
        recovered: what stood there when a write of ours was looked for that said just the same. Nobody can tell whose
            word it is where the vendor has no history, and the audit says what it was.
    """

    links: tuple[Linked, ...]
    listed: tuple[Listed, ...]
    kept: tuple[Kept, ...]
    recovered: tuple[Kept, ...]
    open_intents: tuple[str, ...]
    states: tuple[tuple[str, str, str], ...]  # ticket, state, the first word of its reason


def show(c: Connection) -> Shown:
    """Read it out of the store's tables."""
    found = links.list_links(c, limit=1000)
    listed, kept, recovered = [], [], []
    for link in found:
        listed += list(_listed(c, link))
        kept += list(_kept(c, link))
        recovered += list(_recovered(c, link))
    listed += [Listed("*", reason=pause.reason) for pause in pauses.list_pauses(c)]
    return Shown(
        links=tuple(_linked(link) for link in found if link.refs.engineering is not None),
        listed=tuple(listed),
        kept=tuple(kept),
        recovered=tuple(recovered),
        open_intents=tuple(f"{intent.kind} {intent.side} {intent.state}" for intent in intents.list_open(c)),
        states=tuple(
            sorted((str(link.refs.support), str(link.state), link.reason.partition(":")[0]) for link in found)
        ),
    )


def _state(link: Link) -> tuple[str, str, str]:
    return str(link.refs.support), str(link.state), link.reason.partition(":")[0]


def _linked(link: Link) -> Linked:
    return Linked(str(link.refs.support), str(link.refs.engineering), link.state is LinkState.RESTING)


def _listed(c: Connection, link: Link) -> Iterable[Listed]:
    for side in Side:
        ref = link.refs[side] or ""
        if link.state in (LinkState.PARKED, LinkState.HELD):
            yield Listed(ref, reason=link.reason)
        for item in parked.of(c, link.id):
            yield Listed(ref, item.item, item.reason)
        for row in conflicts.of(c, link.id):
            yield Listed(ref, row.field, "nobody decided yet")
        for intent in intents.open_of(c, link.id):
            yield Listed(ref, intent.item, intent.reason)


def _kept(c: Connection, link: Link) -> Iterable[Kept]:
    for row in conflicts.of(c, link.id, open_only=False):
        for side in Side:
            yield Kept(link.refs[side] or "", row.field, row.now[side])


def _recovered(c: Connection, link: Link) -> Iterable[Kept]:
    for entry in (row.entry for row in audit.page(c, link.id, limit=10_000)):
        if entry.kind == "update.recovered" and entry.side:
            for name, value in record.from_json(entry.after).items():
                yield Kept(link.refs[entry.side] or "", name, value)


@dataclass(slots=True)
class Case:
    """One history to be judged.

    Attributes:
        private: the words of what no stranger may read on the other side.
        in_scope: tickets that a rule takes.
        joined: tickets that a person linked.
        repeated: values that were on the other side before a person said them here.
        followed: links that went on with another ticket, whose earlier thread stands on the one they left.
    """

    support: MemoryVendor
    engineering: MemoryVendor
    shown: Shown
    private: set[str] = field(default_factory=set)
    in_scope: set[str] = field(default_factory=set)
    followed: set[str] = field(default_factory=set)
    joined: frozenset[str] = frozenset()
    repeated: tuple[Kept, ...] = ()
    crashes: int = 0

    @property
    def evidence(self) -> Evidence:
        return Evidence(
            support=seen(self.support),
            engineering=seen(self.engineering),
            fields=tables((self.support.character, self.engineering.character)),
            links=self.shown.links,
            listed=self.shown.listed,
            kept=(*self.shown.kept, *self.shown.recovered, *self.repeated),
            crashes=self.crashes,
            customer_fields={},
        )

    def _put_away(self, record: Record) -> bool:
        """Whether an issue was closed as a duplicate: it stands so, a person locked it before we could, or we said so
        there, whatever people did then."""
        told = any(said.ours and "this issue twice" in said.text for said in record.comments)
        locked = self.engineering.ticket(record.ref).life is Life.LOCKED
        return told or locked or record.fields["status"] == "solved"

    def findings(self) -> list[str]:
        """Everything that is wrong; nothing when the history ended well."""
        if any(line.ref == "*" for line in self.shown.listed):
            return oracle.leaks(self.evidence, self.private)  # a person stopped it, or has to let it go on
        evidence = self.evidence
        # a ticket that others were merged into said what it says before it had an issue: no edit of the pair
        told = replace(evidence, links=tuple(link for link in evidence.links if link.support not in self.followed))
        alone = replace(evidence, fields=tuple(table for table in evidence.fields if table.name not in SETS))
        return [
            *oracle.convergence(evidence),
            *(
                line
                for table in evidence.fields
                if table.name in SHARED
                for line in oracle.newest(evidence, table, told.links)
            ),
            *oracle.customers_apart(evidence, {"title", "description"}),
            *oracle.one_twin(evidence, closed=self._put_away, joined=self.joined),
            *oracle.at_least_one(evidence, self.in_scope),
            *oracle.comments_once_in_order(told, lambda side, said: True, stub=lambda said: None),
            *stale_copies(told),
            *lost_files(told),
            *oracle.leaks(evidence, self.private),
            *oracle.no_lost_update(alone, told.links),
            *oracle.nothing_destroyed(evidence),
        ]


SHARED = frozenset({"title", "description", "estimate", "assignee"})
"""Fields of which an issue with several tickets says what was said last."""


def tables(characters: tuple[Character, Character]) -> tuple[FieldTable, ...]:
    """The fields of `world.mapping`, written out for the oracle."""
    return (
        FieldTable("title", "title", "title", loss=_blunt, aggregated=True),
        FieldTable("description", "description", "description", aggregated=True),
        FieldTable("priority", "priority", "priority", (PRIORITY, PRIORITY), aggregated=True),
        FieldTable("status", "status", "status", (STATUS, STATUS), aggregated=True),
        FieldTable("labels", "labels", "labels", aggregated=True),
        FieldTable("estimate", "estimate", "estimate", aggregated=True),
        FieldTable("assignee", "assignee", "assignee", aggregated=True),
    )


def _blunt(value: object) -> object:
    """What every vendor here keeps of a title."""
    return " ".join(value[:60].split()) if isinstance(value, str) else value


def stale_copies(evidence: Evidence) -> list[str]:
    """An edit of a comment reaches its copy, or is listed: the copy holds the comment's present text."""
    found: list[str] = []
    for link in evidence.links:
        for side in Side:
            source = evidence.vendor(side).records.get(link.ref(side))
            target = evidence.vendor(side.other).records.get(link.ref(side.other))
            if link.resting or not (source and target and source.open and target.open):
                continue
            copies = " ".join(str(plain(said.text)) for said in target.comments if said.ours)
            for said in source.comments:
                text = str(plain(said.text.removeprefix("/customer")))
                if not said.ours and text not in copies and not _excused(evidence, link, said):
                    found.append(f"I7: the copy of {said.id} says something else than `{text}`")
    return found


def _excused(evidence: Evidence, link: Linked, said: Said) -> bool:
    return evidence.is_listed((link.support, link.engineering), said.id)


def lost_files(evidence: Evidence) -> list[str]:
    """Each file of a person stands on the other side once."""
    found: list[str] = []
    for link in evidence.links:
        for side in Side:
            source = evidence.vendor(side).records.get(link.ref(side))
            target = evidence.vendor(side.other).records.get(link.ref(side.other))
            if link.resting or not (source and target and source.open and target.open):
                continue
            there = [*target.files, *(name for said in target.comments for name in said.files)]
            own = [name for said in source.comments if not said.ours for name in said.files]
            found += [
                f"I7: the file {name} of {source.ref} stands {there.count(name)} times on {target.ref}"
                for name in own
                if there.count(name) != 1 and not evidence.is_listed((link.support, link.engineering))
            ]
    return found


def private_words(vendor: MemoryVendor, side: Side) -> set[str]:
    """Words of comments by people that no rule lets a stranger read on the other side."""
    words: set[str] = set()
    for ticket in vendor.tickets.values():
        for comment in ticket.comments:
            disclosed = side is Side.ENGINEERING and comment.body.text.startswith("/customer")
            public = side is Side.SUPPORT and comment.visibility is Visibility.PUBLIC
            if comment.author.id != "syncd" and not (disclosed or public):
                words.update(canaries(comment.body.text))
    return words
