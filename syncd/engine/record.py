"""Decisions that write only to the store: parked items, open conflicts, what is left out on purpose."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from syncd.core import comments as texts
from syncd.core.decision import Flag, Grade, Note, Scope, SkipComment, SkipFile, Undecided, fingerprint
from syncd.core.facets import Seen
from syncd.core.merge import Clash
from syncd.core.milestones import Happened, Milestone, latest
from syncd.core.model import Attachment, Comment, Fields, Internal, Pair, Side, Value
from syncd.engine import outbox
from syncd.engine.run import Run
from syncd.engine.send import Order, announce
from syncd.store import audit, codec, conflicts, facets, links, milestones, parked, twins
from syncd.store.records import (
    AuditEntry,
    CommentTwin,
    FileTwin,
    IntentKind,
    IntentState,
    ParkedItem,
    ParkScope,
    TwinState,
)


async def flag(run: Run, decision: Flag) -> None:
    """Park one item with its reason; the rest of the ticket goes on.

    The note that tells of it on the ticket is announced in the same transaction, and written at the end of the run.
    """

    def store(c: Connection) -> None:
        item = parked.park(
            c,
            link_id=run.link.id,
            scope=ParkScope(decision.scope.value),
            item=decision.item,
            fingerprint=decision.fingerprint,
            reason=decision.reason,
            remedy=decision.remedy,
            now=run.site.now(),
        )
        run.parked = [other for other in run.parked if other.id != item.id] + [item]
        entry = told(run, f"{decision.scope}.parked", decision.item, side=decision.side, outcome=decision.reason)
        audit.append(c, entry, run.site.now())

    if run.link.refs.engineering is None:
        await run.site.store.write(store)
        return
    sending = await announce(run, note_order(note_of(decision)), store)
    if sending.intent.state is IntentState.PLANNED:
        run.notes.add(sending.intent.item)


def note_of(parked: Flag | ParkedItem) -> Note:
    """What the people who work on a ticket are told about something that is parked."""
    text = (
        f"syncd could not bring over {parked.scope} `{parked.item}`: {parked.reason}.\n\nWhat helps: {parked.remedy}."
    )
    return Note(Side.SUPPORT, Internal(text), f"parked:{parked.scope}:{parked.item}:{parked.fingerprint}")


async def unsaid(run: Run, note: Note) -> None:
    """A note for people of a side that has no place for it."""
    outcome = f"{run.mapping.connections[note.side]} has no internal comments"
    entry = told(run, "note.unsaid", note.item, side=note.side, outcome=outcome)
    await run.site.store.write(lambda c: audit.append(c, entry, run.site.now()))


def note_order(note: Note) -> Order:
    return Order(kind=IntentKind.NOTE, side=note.side, item=note.item, rule="note")


def refused_field(run: Run, side: Side, name: str, *, value: Value, rule: str, reason: str, remedy: str) -> Flag:
    """The flag for a field that a vendor does not take; another value, or another state of it, is tried by itself."""
    return Flag(
        scope=Scope.FIELD,
        item=rule.removeprefix("fields."),
        fingerprint=fingerprint(side, value, run.fields(side).get(name)),
        reason=reason,
        remedy=remedy or f"change `{name}` on either ticket, or the mapping; then `syncd retry {run.link.id}`",
        side=side,
    )


async def undecided(run: Run, decision: Undecided) -> None:
    """Keep what both sides say until a person decides; the same pair of values is told once."""
    await run.site.store.write(lambda c: keep_clash(run, c, decision.rule, decision.clash))
    run.told.add(decision.item)


def keep_clashes(run: Run, c: Connection, clashes: MappingOf[str, Clash]) -> None:
    for name, clash in clashes.items():
        keep_clash(run, c, name, clash)


def keep_clash(run: Run, c: Connection, rule_name: str, clash: Clash, *, why: str = "") -> None:
    """Keep both values verbatim, before anything is overwritten (I10).

    Args:
        why: how it was settled, where not by the field's owner.
    """
    rule = run.mapping.rule(rule_name)
    if rule is None:
        return
    base: Pair[Value] = Pair(*(_base_value(run, side, rule.lenses[side].field) for side in Side))
    known = conflicts.of(c, run.link.id, open_only=False)
    if any(row.field == rule_name and row.now == clash.values and row.base == base for row in known):
        return
    conflicts.add(
        c,
        link_id=run.link.id,
        field=rule_name,
        base=base,
        values=clash.values,
        now=run.site.now(),
        winner=clash.winner,
        resolution=why or (f"owner of {rule.where}" if clash.winner else ""),
    )
    loser = clash.winner.other if clash.winner else None
    entry = told(
        run,
        "field.conflict",
        rule_name,
        side=loser,
        before={str(side): codec.to_json(base[side]) for side in Side},
        after={str(side): codec.to_json(clash.values[side]) for side in Side},
        outcome=f"{clash.winner} wins" if clash.winner else "a person decides: syncd resolve",
    )
    audit.append(c, entry, run.site.now())


async def grade(run: Run, decision: Grade) -> None:
    """Keep how bad the ticket is. An agent's word counts as such, and what the rules say beside it is kept as well."""
    given = decision.given
    severity = str(given.severity or "")

    def store(c: Connection) -> None:
        links.grade(c, run.lease, severity, given.rule)
        entry = AuditEntry(
            kind="severity.given",
            link_id=run.link.id,
            run=run.id,
            side=Side.SUPPORT,
            rule=given.rule,
            item="severity",
            before=decision.before or None,
            after={"severity": severity or None, "by_rule": str(given.ruled) if given.ruled else None},
            outcome=given.why,
        )
        audit.append(c, entry, run.site.now())

    await run.site.store.write(store)
    run.link = replace(run.link, severity=severity, severity_rule=given.rule)


async def mark(run: Run, fact: Milestone) -> None:
    """Keep a fact about the escalation, once."""
    await run.site.store.write(lambda c: mark_in(run, c, fact))
    run.milestones.append(fact)


def mark_in(run: Run, c: Connection, fact: Milestone) -> None:
    """`mark` in a transaction of the caller's, who remembers it in the run: the fact, its messages, its audit row."""
    if milestones.add(c, run.link.id, fact, run.site.now()):
        outbox.put(run, c, fact)
        entry = told(run, f"escalation.{fact.what}", fact.detail, after=fact.who or None, outcome=fact.source)
        audit.append(c, entry, run.site.now())


async def describe(run: Run, seen: Seen) -> None:
    """Keep what the ticket is like from now on."""
    await run.site.store.write(lambda c: facets.add(c, run.link.id, seen))
    run.facets = seen


def customer_told(run: Run, c: Connection, original: Comment, copy: str) -> None:
    """A copy of ours told the customer something; nobody reads the thread again because of it."""
    if run.mapping.contract is None or latest(run.milestones, Happened.ESCALATED) is None:
        return
    now = run.site.now()
    fact = Milestone(Happened.TOLD, now, original.author.name or original.author.id, source=copy)
    if milestones.add(c, run.link.id, fact, now):
        outbox.put(run, c, fact)
        run.milestones.append(fact)


async def skip_comment(run: Run, decision: SkipComment) -> None:
    twin = CommentTwin(
        link_id=run.link.id,
        from_side=decision.origin,
        source_id=decision.original.id,
        target_id=None,
        source_digest=texts.digest(decision.original),
        visibility=decision.original.visibility,
        state=TwinState.SKIPPED,
        at=run.site.now(),
    )
    await run.site.store.write(lambda c: twins.put_comment(c, twin))
    run.remember_comment(twin)


async def skip_file(run: Run, decision: SkipFile) -> None:
    twin = file_twin(run, decision.origin, decision.original, target=None, state=TwinState.SKIPPED)

    def store(c: Connection) -> None:
        twins.put_file(c, twin)
        entry = told(run, "file.skipped", decision.original.id, side=decision.origin, outcome=decision.why)
        audit.append(c, entry, run.site.now())

    await run.site.store.write(store)
    run.remember_file(twin)


def file_twin(
    run: Run,
    side: Side,
    file: Attachment,
    *,
    target: str | None,
    state: TwinState = TwinState.MIRRORED,
    comment_id: str = "",
) -> FileTwin:
    """The twin of an attachment that stands on `side`."""
    return FileTwin(
        link_id=run.link.id,
        from_side=side,
        source_id=file.id,
        target_id=target,
        name=file.name,
        size=file.size,
        media_type=file.media_type,
        visibility=file.visibility,
        state=state,
        at=run.site.now(),
        comment_id=comment_id,
    )


def told(
    run: Run,
    kind: str,
    item: str,
    *,
    side: Side | None = None,
    before: Any = None,
    after: Any = None,
    outcome: str = "",
) -> AuditEntry:
    """An audit row about this run that is no write."""
    return AuditEntry(
        kind=kind, link_id=run.link.id, run=run.id, side=side, item=item, before=before, after=after, outcome=outcome
    )


def as_json(fields: Fields) -> dict[str, Any]:
    """Fields for the audit and for an intent's payload."""
    return {name: codec.to_json(value) for name, value in fields.items()}


def from_json(fields: MappingOf[str, Any]) -> Fields:
    """Fields as an intent's payload keeps them."""
    return {name: codec.from_json(value) for name, value in fields.items()}


def _base_value(run: Run, side: Side, name: str) -> Value:
    base = run.base[side]
    return base.fields.get(name) if base else None
