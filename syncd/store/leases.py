"""A link's turn in the work queue: who may run it, and when it is looked at next.

Every claim gives the link a new epoch. Whoever writes with an older one has lost its lease and is refused, however late
it wakes up. Two links of one engineering issue are never leased together.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Row,
    Update,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.sql.functions import coalesce

from syncd.store.records import Lease, LinkState, LostLease
from syncd.store.schema import CLAIMABLE, hint, link
from syncd.store.types import Instant

q = link.c
DONE: dict[Any, Any] = {q.leased_until: None}


def _mark() -> Update:
    """`mark`, built once: to build it takes longer than to run it."""
    at, wanted = bindparam("at", type_=Instant()), bindparam("wanted", type_=Instant())
    forced = bindparam("forced", type_=Integer())
    turn = coalesce(bindparam("asked", type_=Integer()), q.priority)
    sooner = case((or_(q.due.is_(None), q.due > wanted), wanted), else_=q.due)
    keeps = and_(forced == 0, q.attempts > 0, q.due.is_not(None))
    values = {
        q.due: case((keeps, q.due), else_=sooner),
        q.turn: case((q.due.is_(None), turn), (q.turn > turn, turn), else_=q.turn),
        q.dirty_since: coalesce(q.dirty_since, at),
        q.seq: q.seq + forced,
    }
    return update(link).where(q.id.in_(bindparam("ids", expanding=True))).values(values)


MARK = _mark()


def mark(
    c: Connection,
    link_ids: Iterable[int],
    now: datetime,
    *,
    due: datetime | None = None,
    priority: int | None = None,
    hinted: bool = False,
) -> None:
    """Ask for one run of each link; twenty marks before it are one run, a mark while it runs is one more.

    Args:
        due: not before then; now where it is None. An earlier due stays.
        priority: of this turn, 0 first; the link's own where it is None. The more urgent of two marks counts.
        hinted: the reason is a row of `hints`. The row itself asks for the run, so that a hint which turns out to be
            our own write coming back takes its run with it; a link that is backing off from a failure keeps its due.
    """
    ids = list(link_ids)
    if ids:
        asked = {"ids": ids, "at": now, "wanted": due or now, "asked": priority, "forced": 0 if hinted else 1}
        c.execute(MARK, asked)


def claim(c: Connection, now: datetime, until: datetime, limit: int) -> list[Lease]:
    """Lease up to `limit` links that are due, most urgent first, then longest due."""
    if c.dialect.name == "postgresql":
        # two claims at once would each miss the sibling that the other one leases
        c.execute(text("SELECT pg_advisory_xact_lock(hashtext('syncd claim'))"))
    leases: list[Lease] = []
    while len(leases) < limit and (chosen := _candidates(c, now, limit - len(leases))):
        leases += _lease(c, chosen, until)
    return leases


def next_due(c: Connection) -> datetime | None:
    """When the next link can be claimed; None where none waits. A leased one, and its siblings, at the lease's end."""
    sibling = link.alias("sibling")
    busy = select(func.max(sibling.c.leased_until)).where(_on_same_issue(sibling), sibling.c.leased_until.is_not(None))
    free = coalesce(busy.scalar_subquery(), q.leased_until, q.due)
    moment = case((free > q.due, free), else_=q.due)
    found: datetime | None = c.scalar(select(func.min(moment, type_=Instant())).where(CLAIMABLE))
    return found


def renew(c: Connection, lease: Lease, until: datetime) -> Lease:
    """Hold the link until `until`. Raises LostLease."""
    _held(c, lease, {q.leased_until: until})
    return Lease(lease.link_id, lease.epoch, until)


def release(c: Connection, lease: Lease) -> None:
    """Give the link back unfinished: it is as due as before. Raises LostLease."""
    _held(c, lease, DONE)


def finish(c: Connection, lease: Lease, now: datetime, *, due: datetime | None = None) -> None:
    """End a run that did what there was to do. Raises LostLease.

    The link is due again now where a hint came or a mark was made since the claim; else at `due`.
    """
    waiting = select(func.min(hint.c.received_at)).where(hint.c.link_id == q.id).scalar_subquery()
    again = or_(waiting.is_not(None), q.seq != q.claimed_seq)
    values: dict[Any, Any] = {
        **DONE,
        q.due: case((again, literal(now, Instant())), else_=literal(due, Instant())),
        q.turn: q.priority,
        q.dirty_since: case((again, coalesce(waiting, literal(now, Instant()))), else_=literal(None, Instant())),
        q.attempts: 0,
        q.error: "",
    }
    if due is not None:
        values[q.seq] = q.seq + 1  # a timer is a mark: `unmark` must not take it for a hint's
    _held(c, lease, values)


def later(c: Connection, lease: Lease, due: datetime, error: str) -> None:
    """End a run that failed; the next one is at `due`. Marks since the claim do not hasten it. Raises LostLease."""
    _held(c, lease, {**DONE, q.due: due, q.attempts: q.attempts + 1, q.error: error})


def park(c: Connection, holder: Lease | int, reason: str) -> None:
    """Take a link out of automatic work until a person frees it (`wake`)."""
    _stop(c, holder, LinkState.PARKED, reason)


def rest(c: Connection, holder: Lease | int, reason: str) -> None:
    """End a link's work for good: a tombstone, a ticket closed for good, an unlinked pair; `wake` takes it up again."""
    _stop(c, holder, LinkState.RESTING, reason)


def wake(c: Connection, link_id: int, now: datetime, *, reason: str = "") -> None:
    """Put a parked, held or resting link back to work, due at once and with no failure counted.

    `reason` stays on the link, for a run that has to know why it rested.
    """
    state = case((q.engineering_ref.is_(None), LinkState.WATCHED.value), else_=LinkState.LINKED.value)
    values = {q.state: state, q.reason: reason, q.error: "", q.attempts: 0}
    c.execute(update(link).where(q.id == link_id).values(values))
    mark(c, [link_id], now)


def unmark(c: Connection, link_ids: Iterable[int]) -> None:
    """Forget the turn of links that only hints asked for, now that those are gone."""
    idle = and_(q.leased_until.is_(None), q.attempts == 0, q.seq == q.claimed_seq)
    no_hint = ~exists().where(hint.c.link_id == q.id)
    c.execute(update(link).where(q.id.in_(list(link_ids)), idle, no_hint).values({q.due: None, q.dirty_since: None}))


def holds(lease: Lease) -> ColumnElement[bool]:
    """True of the link's row while the lease is good: nobody gave it back, nobody claimed the link after it ran out."""
    return and_(q.id == lease.link_id, q.epoch == lease.epoch, q.leased_until.is_not(None))


def _candidates(c: Connection, now: datetime, limit: int) -> list[int]:
    """Ids to lease next, of each issue at most one. Empty only when nothing can be leased."""
    sibling = link.alias("sibling")
    busy = exists().where(_on_same_issue(sibling), sibling.c.leased_until > now)
    query = (
        select(q.id, q.engineering_connection, q.engineering_ref)
        .where(CLAIMABLE, q.due <= now, or_(q.leased_until.is_(None), q.leased_until <= now), ~busy)
        .order_by(q.turn, q.due, q.id)
        .limit(limit)
    )
    if c.dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=True, of=link)
    return _one_of_each_issue(c.execute(query).all())


def _on_same_issue(sibling: FromClause) -> ColumnElement[bool]:
    return and_(
        sibling.c.engineering_connection == q.engineering_connection,
        sibling.c.engineering_ref == q.engineering_ref,
    )


def _one_of_each_issue(rows: Iterable[Row[Any, Any, Any]]) -> list[int]:
    chosen: dict[object, int] = {}
    for row in rows:
        issue = (row.engineering_connection, row.engineering_ref) if row.engineering_ref is not None else row.id
        chosen.setdefault(issue, row.id)
    return list(chosen.values())


def _lease(c: Connection, ids: list[int], until: datetime) -> list[Lease]:
    values = {q.epoch: q.epoch + 1, q.leased_until: until, q.claimed_seq: q.seq}
    rows = c.execute(update(link).where(q.id.in_(ids)).values(values).returning(q.id, q.epoch)).all()
    epochs = {row.id: row.epoch for row in rows}
    return [Lease(link_id, epochs[link_id], until) for link_id in ids]


def _held(c: Connection, lease: Lease, values: dict[Any, Any]) -> None:
    if c.execute(update(link).where(holds(lease)).values(values)).rowcount == 0:
        raise LostLease(lease.link_id, lease.epoch)


def _stop(c: Connection, holder: Lease | int, state: LinkState, reason: str) -> None:
    values = {**DONE, q.state: state.value, q.reason: reason, q.due: None, q.dirty_since: None}
    if isinstance(holder, Lease):
        _held(c, holder, values)
    else:
        c.execute(update(link).where(q.id == holder).values(values))
