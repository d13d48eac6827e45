"""What an operator does: link, unlink, retry, resolve, apply, resume, sweep. Each writes the store alone, with an audit
row that says who and why; the vendors are written by the runs that follow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import Connection

from syncd.core.decision import Resting
from syncd.core.mapping import Mapping
from syncd.core.milestones import Milestone
from syncd.core.model import Pair, Side, Snapshot
from syncd.engine import history as histories
from syncd.engine.brake import released
from syncd.engine.intake import look
from syncd.engine.readable import shown
from syncd.engine.run import APPLY, ASKED, LINKED
from syncd.engine.site import Site
from syncd.errors import SyncdError
from syncd.sdk.budget import BACKFILL
from syncd.store import audit, conflicts, intents, links, meta, overview, parked, pauses, statements, twins
from syncd.store.records import (
    AuditEntry,
    IntentState,
    Link,
    LinkState,
    ParkScope,
    PauseScope,
)

OPERATOR = "operator"
SWEPT = "swept_until"
KEPT_AWAY = frozenset({LinkState.PARKED, LinkState.HELD})


@dataclass(frozen=True, slots=True)
class By:
    """Who does it and why, for the audit."""

    who: str = OPERATOR
    reason: str = ""

    def entry(self, kind: str, link_id: int | None, item: str = "", *, side: Side | None = None) -> AuditEntry:
        return AuditEntry(kind=kind, link_id=link_id, side=side, item=item, outcome=self.reason, actor=self.who)


NOBODY = By()


class Refused(SyncdError):
    """What was asked for cannot be done as things stand; says why and what to do first."""


# --- linking ---------------------------------------------------------------------------------------------------------


async def link(
    site: Site,
    mapping: Mapping,
    ticket: str,
    issue: str,
    *,
    history: bool = False,
    priority: int | None = None,
    by: By = NOBODY,
) -> Link:
    """Link two tickets that exist. Both count as agreed as they look now, so nothing is overwritten.

    Args:
        ticket, issue: refs (or what the vendor also takes for one) on either side.
        history: also copy the comments and files that are there; else only what comes from now on.
        priority: how urgent the first run is; None for as urgent as any other, and of a history BACKFILL.

    Raises:
        Refused: one of them is linked to something else.
        ConnectorError: a vendor does not know it, or does not answer.
    """
    seen = await read_both(site, mapping, ticket, issue)
    made = await site.store.write(lambda c: _link(site, c, mapping, seen, history=history, priority=priority, by=by))
    site.queue.wake()
    return made


async def read_both(site: Site, mapping: Mapping, ticket: str, issue: str) -> Pair[Snapshot]:
    """All that a link is made from: both tickets with their threads."""
    names = Pair(ticket, issue)
    return Pair(*[await site.connectors[mapping.connections[side]].fetch(names[side]) for side in Side])


def _link(
    site: Site, c: Connection, mapping: Mapping, seen: Pair[Snapshot], *, history: bool, priority: int | None, by: By
) -> Link:
    now, refs = site.now(), seen.map(lambda snapshot: snapshot.ref)
    known = links.watch(c, mapping.name, mapping.digest, mapping.connections, refs.support, now)
    if known.refs.engineering is not None and not (
        known.state is LinkState.RESTING and known.reason.startswith(Resting.UNLINKED.value)
    ):
        same = known.refs.engineering == refs.engineering
        raise Refused(
            f"{_label(seen.support)} is linked to {_label(seen.engineering)} already: link {known.id}"
            if same
            else f"{_label(seen.support)} is linked to issue {known.refs.engineering}: `syncd unlink {known.id}` first"
        )
    links.fence(c, known.id)
    base = mapping.agreed(seen)
    made = links.point(c, known.id, engineering_ref=refs.engineering, base=base, digest=mapping.digest)
    (histories.carry if history else histories.leave)(c, made, seen, now)
    look(site, c, made, priority=BACKFILL if history else priority, token=f"{LINKED}{uuid4().hex[:8]}")
    audit.append(c, by.entry("link.made", made.id, f"{_label(seen.support)} - {_label(seen.engineering)}"), now)
    return made


async def state(site: Site, link: Link, fact: Milestone) -> bool:
    """Keep what a person told syncd itself about a ticket, and have its next run tell both sides; whether it was new.

    Args:
        fact: `source` names this very statement, so that a repeated one counts once; `who` is the person.
    """

    new = await site.store.write(lambda c: state_in(site, c, link, fact))
    site.queue.wake()
    return new


def state_in(site: Site, c: Connection, link: Link, fact: Milestone) -> bool:
    """`state` inside a transaction of the caller's, who wakes the queue after it."""
    if not statements.add(c, link.id, fact):
        return False
    look(site, c, link, token=f"{ASKED}{fact.what} {fact.source}")
    entry = AuditEntry(kind="stated", link_id=link.id, item=str(fact.what), outcome=fact.detail, actor=fact.who)
    audit.append(c, entry, site.now())
    return True


async def unlink(site: Site, found: Link, *, by: By = NOBODY) -> None:
    """End a link; both tickets stay as they are, and nothing goes from one to the other any more."""
    reason = f"{Resting.UNLINKED}: {by.reason or f'by {by.who}'}"

    def store(c: Connection) -> None:
        links.fence(c, found.id)
        links.rest(c, found.id, reason)
        audit.append(c, by.entry("link.ended", found.id), site.now())

    await site.store.write(store)


# --- freeing what waits ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Freed:
    """What a retry put back to work."""

    links: int = 0
    items: int = 0


async def retry(site: Site, ids: Iterable[int] | None = None, *, by: By = NOBODY) -> Freed:
    """Put what is parked of these links (None: of all) back to work, and have each looked at now."""

    def store(c: Connection) -> Freed:
        chosen = list(ids) if ids is not None else overview.stuck(c)
        return Freed(len(chosen), sum(_free(site, c, links.get(c, link_id), by) for link_id in chosen))

    freed = await site.store.write(store)
    site.queue.wake()
    return freed


def _free(site: Site, c: Connection, stuck: Link, by: By) -> int:
    """Free one link; how many of its items waited."""
    items = parked.of(c, stuck.id)
    for item in items:
        if item.scope is ParkScope.FILE:
            twins.forget_skipped_file(c, stuck.id, item.item)
        parked.release(c, item.id)
    waiting = [intent for intent in intents.open_of(c, stuck.id) if intent.state is IntentState.PARKED]
    for intent in waiting:
        intents.unpark(c, intent.id)
    if stuck.state in KEPT_AWAY or stuck.attempts:
        links.wake(c, stuck.id, site.now())
        meta.put(c, released("link", stuck.id), site.now().isoformat())
    look(site, c, stuck, token=_token("retry"))
    audit.append(c, by.entry("link.retried", stuck.id, f"{len(items) + len(waiting)} items"), site.now())
    return len(items) + len(waiting)


async def resume(site: Site, scope: PauseScope, name: str, *, by: By = NOBODY) -> bool:
    """Let a paused connection or mapping go on; False where it was not paused. The brake counts anew from here."""

    def store(c: Connection) -> bool:
        if not pauses.resume(c, scope, name):
            return False
        meta.put(c, released(scope.value, name), site.now().isoformat())
        if account := meta.get(c, _asked(name)):
            meta.add_own_accounts(c, name, [account])
            meta.drop(c, _asked(name))
        audit.append(c, by.entry(f"{scope}.resumed", None, name), site.now())
        return True

    done = await site.store.write(store)
    site.queue.wake()
    return done


def ask_account(c: Connection, connection: str, account: str) -> None:
    """Remember an account that a person has to confirm; `resume` of its connection does."""
    meta.put(c, _asked(connection), account)


def _asked(connection: str) -> str:
    return f"asked_account:{connection}"


# --- deciding --------------------------------------------------------------------------------------------------------


async def resolve(site: Site, conflict_id: int, winner: Side, *, by: By = NOBODY) -> Link:
    """Decide a conflict: what the winner says now is carried to the other side by the next run.

    Raises:
        Refused: there is no such conflict, or it is settled.
    """
    made = await site.store.write(lambda c: _resolve(site, c, conflict_id, winner, by))
    site.queue.wake()
    return made


def _resolve(site: Site, c: Connection, conflict_id: int, winner: Side, by: By) -> Link:
    try:
        row = conflicts.get(c, conflict_id)
    except KeyError:
        raise Refused(f"there is no conflict {conflict_id}; `syncd conflicts` lists them") from None
    if not row.open:
        raise Refused(f"conflict {conflict_id} is settled: {row.resolution}")
    found = links.get(c, row.link_id)
    mapping = site.mappings.get(found.mapping)
    rule = mapping.rule(row.field) if mapping else None
    if rule is None:
        raise Refused(f"mapping {found.mapping} has no field `{row.field}` any more; nothing carries it")
    conflicts.settle(c, conflict_id, winner=winner, resolution=f"{by.who} chose {winner}", now=site.now())
    links.fence(c, found.id)
    loser = winner.other  # as it is now it counts as agreed; only the winner's value is a change then
    links.settle(c, found, loser, {rule.lenses[loser].field: row.now[loser]})
    name, base = rule.lenses[winner].field, found.base[winner]
    if base is not None and base.fields.get(name) == row.now[winner]:  # it was changed before the store was restored
        links.settle(c, found, winner, {name: None if row.now[winner] is not None else ""})
    look(site, c, found, token=_token("resolve"))
    said = f"{row.field}: {shown(row.now[winner])} instead of {shown(row.now[loser])}"
    audit.append(c, by.entry("conflict.resolved", found.id, said, side=winner), site.now())
    return links.get(c, found.id)


async def apply(site: Site, ids: Iterable[int], *, by: By = NOBODY) -> int:
    """Have the drift of these links settled by each field's owner, and release those that were held; how many."""
    chosen = list(ids)

    def store(c: Connection) -> None:
        for link_id in chosen:
            found = links.get(c, link_id)
            if found.state is LinkState.HELD:
                links.wake(c, link_id, site.now())
            look(site, c, found, token=f"{APPLY}{uuid4().hex[:8]}")
            audit.append(c, by.entry("link.applied", link_id), site.now())

    await site.store.write(store)
    site.queue.wake()
    return len(chosen)


async def look_at(site: Site, refs: Iterable[tuple[Mapping, str]], *, by: By = NOBODY) -> list[int]:
    """Have tickets looked at that may be in no link yet, as if they had just changed; their links' ids."""

    def store(c: Connection) -> list[int]:
        made: list[int] = []
        for mapping, ref in refs:
            found = links.watch(c, mapping.name, mapping.digest, mapping.connections, ref, site.now())
            look(site, c, found, token=_token("look"))
            audit.append(c, by.entry("link.applied", found.id, ref), site.now())
            made.append(found.id)
        return made

    made = await site.store.write(store)
    site.queue.wake()
    return made


# --- housekeeping ----------------------------------------------------------------------------------------------------


async def sweep(site: Site, *, back: timedelta) -> int:
    """Ask for one more run, at the lowest priority, of each link that was written about `back` ago; how many.

    Each write is followed by one such look, however often the daemon was restarted in between.
    """
    until = site.now() - back

    def mark(c: Connection) -> int:
        chosen = overview.written_between(c, meta.move_on(c, SWEPT, until, first=until - timedelta(hours=2)), until)
        for link_id in chosen:
            look(site, c, links.get(c, link_id), priority=BACKFILL)
        return len(chosen)

    looked = await site.store.write(mark)
    if looked:
        site.queue.wake()
    return looked


def _token(what: str) -> str:
    return f"{ASKED}{what} {uuid4().hex[:8]}"


def _label(snapshot: Snapshot) -> str:
    return snapshot.label or f"#{snapshot.ref}"
