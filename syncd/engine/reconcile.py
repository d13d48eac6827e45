"""Bring one link to agreement: read what the hints name, decide, apply, read back, until nothing is left to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from syncd import crash
from syncd.core.decide import decide
from syncd.core.decision import Decision, Note, Plan
from syncd.core.fields import STATUS
from syncd.core.handback import may_differ
from syncd.core.lens import Unsayable
from syncd.core.mapping import FieldRule
from syncd.core.merge import Maybe, Sides, drifted
from syncd.core.model import NO_FIELDS, Base, Fields, Kind, Life, Pair, Side, Snapshot, Value
from syncd.engine import (
    brake,
    carried,
    clocks,
    duplicates,
    entries,
    feedback,
    impact,
    owners,
    packet,
    record,
    related,
    relations,
    signals,
    talk,
)
from syncd.engine.apply import apply
from syncd.engine.recover import recover
from syncd.engine.run import Run, load, resting_of
from syncd.engine.sides import read, read_before_writing, read_hinted
from syncd.engine.site import Site
from syncd.engine.update import check_blind_writes, let_go
from syncd.sdk.budget import priority
from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, Capability
from syncd.sdk.errors import ConnectorError, Locked, NotFound, Stale
from syncd.store import conflicts, hints, intents, links, parked, pauses
from syncd.store.records import IntentState, Lease, LinkState, ParkScope, PauseScope

ROUNDS = 10
"""Rounds of read, decide and apply in one run. Two or three are usual; a link that needs more waits for its turn."""

EXACT = frozenset({Kind.CHOICE, Kind.NUMBER, Kind.DATE, Kind.MULTI_CHOICE})
"""Kinds in which a difference after a sync is drift, not a vendor's way of writing."""


@dataclass(frozen=True, slots=True)
class Done:
    """The link is as far as it can be; what waits for a person is parked."""

    writes: int
    delays: tuple[tuple[str, Side, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Again:
    """Not this time: come again at `due`."""

    due: datetime | None
    reason: str


Outcome = Done | Again


async def reconcile(site: Site, lease: Lease) -> tuple[Run | None, Outcome]:
    """One run of one link.

    Raises:
        ConnectorError, LostLease, brake.Braked, brake.TooManyWrites: the worker decides what becomes of the link.
        RunFailed: any of these, with the run they happened in.
    """
    run = await site.store.read(lambda c: load(site, c, lease))
    if run is None:
        return None, Again(None, "its mapping is not in the configuration any more")
    priority.set(run.link.turn)  # what the vendor's quota keeps in reserve depends on it
    if paused := await site.store.read(lambda c: _paused(c, run)):
        return run, Again(None, paused)
    try:
        return run, await _reconcile(run)
    except Exception as error:
        raise RunFailed(run) from error


class RunFailed(Exception):
    """A run ended with the error that is its cause."""

    def __init__(self, run: Run) -> None:
        super().__init__(f"link {run.link.id}")
        self.run = run


def _paused(c: Connection, run: Run) -> str:
    for pause in pauses.list_pauses(c):
        names = {run.mapping.name} if pause.scope is PauseScope.MAPPING else set(run.mapping.connections.both())
        if pause.name in names:
            return f"{pause.scope} {pause.name} is paused: {pause.reason}"
    return ""


async def _reconcile(run: Run) -> Outcome:
    crash.point("H4")
    if due := await recover(run):
        return Again(due, "an earlier write has no answer yet")
    if run.seeks_duplicates:
        await duplicates.put_away(run)
    await entries.write(run)
    await read_hinted(run)
    await relations.complete(run, await duplicates.created(run) if relations.lacks_bases(run) else None)
    await packet.read_thread(run)
    if run.followed:
        await carried.know_again(run)
        await relations.texts_apart(run)
    if any(run.seen[side] is not None for side in Side):
        plan = await _until_quiet(run)
        if plan is not None and await _took_unasked(run):
            plan = await _until_quiet(run)
        while plan is not None and await _tell_parked(run, plan):
            plan = await _until_quiet(run)  # what was read behind a note may ask for more
        if plan is None:
            return Done(run.writes, tuple(run.delays))
        await run.site.store.write(lambda c: _conclude(run, c, plan))
    else:
        await run.site.store.write(lambda c: hints.consume(c, [hint.id for hint in run.hints]))
    return Done(run.writes, tuple(run.delays))


async def _took_unasked(run: Run) -> bool:
    """A create without an answer, which no rule asks for any more, is looked for; whether the link has an issue now."""
    if run.link.refs.engineering is not None or Capability.FIND not in run.connectors.engineering.capabilities:
        return False
    made = await duplicates.created(run)
    if made is None or made.state is not IntentState.ATTEMPTED:
        return False
    return await relations.adopt_unasked(run, made)


async def _until_quiet(run: Run) -> Plan | None:
    """Rounds until a plan is empty; None when the link came to rest or became another one on the way."""
    linked = run.link.refs.engineering is not None
    for _ in range(ROUNDS):
        await check_blind_writes(run)  # however the last round ended: decide by what stands there
        await _read_first_threads(run, linked=linked)
        linked = run.link.refs.engineering is not None
        await signals.listen(run)
        plan = decide(run.known, run.seen, run.mapping, assert_owner=run.settles_drift, now=run.site.now())
        more = (packet.read_thread, owners.read_issue, feedback.read_more, related.look, impact.look)
        if any([await read_more(run, plan) for read_more in more]):
            continue
        if not plan.decisions:
            return plan
        await brake.check(run, plan)
        if await _read_what_it_writes(run, plan):
            continue
        try:
            if not await apply(run, plan):
                await run.site.store.write(lambda c: _end(run, c))
                return None
        except (Stale, NotFound):
            await _reread(run, plan)
            continue
        except Locked:
            if not await _is_locked(run):
                raise
            continue
        run.settles_drift = False  # once: what a vendor then still words in its own way is no drift
    raise Unsettled(f"not at rest after {ROUNDS} rounds: is somebody changing it all the time?")


def _end(run: Run, c: Connection) -> None:
    """The link rests, or gave way to another one: this run has nothing more to say of it."""
    hints.consume(c, [hint.id for hint in run.hints])
    let_go(run, c)


class Unsettled(ConnectorError):
    """The tickets changed faster than they could be reconciled; the next turn goes on."""


def _written(decisions: Iterable[Decision]) -> list[Side]:
    return [side for side in Side if any(getattr(decision, "side", None) is side for decision in decisions)]


async def _read_what_it_writes(run: Run, plan: Plan) -> bool:
    """Read the sides that the plan writes where the vendor needs it; the plan is then decided anew."""
    read_any = False
    for side in _written(plan.writes):
        if run.link.refs[side] is not None:
            read_any = await read_before_writing(run, side) or read_any
    return read_any


async def _reread(run: Run, plan: Plan) -> None:
    """A ticket moved on, or away, between our read and our write: look again, with its thread where that was read."""
    for side in _written(plan.writes):
        if run.link.refs[side] is not None:
            before = run.snapshot(side)
            await read(run, side, ALL_PARTS if before and before.thread is not None else ONLY_FIELDS)


async def _is_locked(run: Run) -> bool:
    """Whether the vendor also shows that the ticket takes no changes; the next round then decides by policy."""
    await read(run, run.touching, ONLY_FIELDS)
    snapshot = run.snapshot(run.touching)
    return snapshot is not None and snapshot.life is not Life.ACTIVE


async def _read_first_threads(run: Run, *, linked: bool) -> None:
    """The threads interest from the moment the ticket has an issue.

    The issue is read again now that hints about it find the link: who, or what automation, commented on it at once was
    told of while nobody knew it, and its revision since may be one of our own.
    """
    if linked or run.link.refs.engineering is None:
        return
    await read(run, Side.ENGINEERING, ALL_PARTS)
    ticket = run.snapshot(Side.SUPPORT)
    if ticket is None or ticket.thread is None:
        await read(run, Side.SUPPORT, ALL_PARTS)


# --- the end of a run ------------------------------------------------------------------------------------------------


async def _tell_parked(run: Run, plan: Plan) -> bool:
    """What is parked is told on the ticket too, to the people who work on it; failing to do so stops nothing.

    A note that a run before this one announced and did not come to write is written now. True when any was.
    """
    told = False
    for note in _notes(run, plan):
        if note.item not in run.notes:
            continue
        run.notes.discard(note.item)
        try:
            await talk.note(run, note)
            told = True
            await check_blind_writes(run)
        except ConnectorError:
            run.unchecked = {side: blinds for side, blinds in run.unchecked.items() if blinds}  # of fields alone
            return told
    return told


def _notes(run: Run, plan: Plan) -> list[Note]:
    """The notes about what stays parked after this run."""
    stays = [item for item in run.parked if item.scope is not ParkScope.FIELD or item.item in plan.held]
    return [record.note_of(item) for item in stays]


def _conclude(run: Run, c: Connection, plan: Plan) -> None:
    """What both sides look like now is their base, but for what is still to be carried."""
    now = run.site.now()
    hints.consume(c, [hint.id for hint in run.hints])
    if resting_of(run.link) is not None:
        links.rest(c, run.lease, run.link.reason)  # looked at, and still resting: what changed meanwhile stays a change
        return
    linked = run.link.refs.engineering is not None
    base = Pair(*(_new_base(run, side, plan.held, linked=linked) for side in Side))
    diverged = linked and (bool(plan.held) or _drifts(run, base))
    run.link = replace(
        run.link,
        base=base,
        held={name: pair for name in plan.held if (pair := _values(run, name)) is not None},
        mapping_digest=run.mapping.digest,
        state=LinkState.LINKED if linked else LinkState.WATCHED,
        behind_since=None,
        diverged_since=(run.link.diverged_since or now) if diverged else None,
        converged_at=None if diverged else now,
        rings_at=clocks.first(
            clocks.next_ring(run.mapping, run.link.severity, run.milestones, now, linked=linked),
            signals.remember(run, c),
        ),
    )
    links.save(c, run.link, run.lease)
    if run.issue_fields:
        links.agree(c, run.link, run.issue_fields, run.issue_rules)
    _let_go(run, c, plan)
    intents.forget_notes(c, run.link.id, keep={note.item for note in _notes(run, plan)})


def _let_go(run: Run, c: Connection, plan: Plan) -> None:
    """Fields that agree again wait for nobody any more, whoever brought that about."""
    for item in run.parked:
        if item.scope is ParkScope.FIELD and item.item not in plan.held:
            parked.release(c, item.id)
    packet.free(run, c)
    owners.free(run, c)
    for clash in conflicts.of(c, run.link.id):
        rule = run.mapping.rule(clash.field)
        if clash.field not in plan.held and (rule is None or not _drift(run, rule, run.link.base)):
            conflicts.settle(c, clash.id, winner=None, resolution="both sides agree", now=run.site.now())


def _values(run: Run, name: str) -> Pair[Value] | None:
    """What both sides say now of a field that is held back."""
    rule = run.mapping.rule(name)
    if rule is None or any(rule.lenses[side].field not in run.fields(side) for side in Side):
        return None
    return Pair(*(run.fields(side)[rule.lenses[side].field] for side in Side))


def _new_base(run: Run, side: Side, held: frozenset[str], *, linked: bool) -> Base | None:
    snapshot, old = run.snapshot(side), run.base[side]
    if snapshot is None:
        return _agreed_meanwhile(run, side, old, held) if old else None
    base = replace(
        Base.of(snapshot),
        fields_revision=run.fields_at.get(side) or (old.fields_revision if old else ""),
        thread_revision=run.thread_at.get(side) or (old.thread_revision if old else ""),
    )
    if not linked:
        return replace(base, fields={})
    return replace(base, fields=dict(_base_fields(run, side, snapshot, held)))


def _agreed_meanwhile(run: Run, side: Side, old: Base, held: frozenset[str]) -> Base:
    """The base of a side that was not read: a field that is held back no more is as it was last seen."""
    names = [rule.lenses[side].field for rule in run.mapping.fields if rule.name in run.link.held.keys() - held]
    return replace(old, fields={**old.fields, **{name: run.fields(side)[name] for name in names}})


def _base_fields(run: Run, side: Side, snapshot: Snapshot, held: frozenset[str]) -> Iterable[tuple[str, Value]]:
    """The mapped fields as they are now; of a held one what it was."""
    old = run.base[side]
    for rule in run.mapping.fields:
        name = rule.lenses[side].field
        source: Fields = old.fields if rule.name in held and old is not None else snapshot.fields
        if name in source:
            yield name, source[name]


def _drifts(run: Run, base: Pair[Base | None]) -> bool:
    apart = may_differ(run.mapping, run.milestones, base.engineering.fields if base.engineering else NO_FIELDS)
    rules = (rule for rule in run.mapping.fields if rule.kind in EXACT and not (apart and rule.name == STATUS))
    return any(_drift(run, rule, base) for rule in rules)


def _drift(run: Run, rule: FieldRule, base: Pair[Base | None]) -> bool:
    """Whether the sides differ though neither changed: nothing automatic will settle it."""
    fields = base.map(lambda one: one.fields if one else NO_FIELDS)
    names = rule.lenses.map(lambda lens: lens.field)
    if any(names[side] not in fields[side] for side in Side):
        return False
    pair: Pair[Value] = Pair(*(fields[side][names[side]] for side in Side))
    base_pair: Pair[Maybe] = Pair(*pair.both())
    siblings = tuple(other.get(names.support) for other in run.siblings)
    try:
        return drifted(rule, Sides(base=base_pair, now=pair, siblings=siblings))
    except Unsayable:
        return True
