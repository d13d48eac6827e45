"""Links: find them, save them, list and count them. Their turn in the work queue is in `leases`, re-exported here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, or_, select, update

from syncd.core.model import Base, Fields, Pair, Side
from syncd.store import codec
from syncd.store.insert import insert
from syncd.store.leases import claim, finish, later, mark, next_due, park, release, renew, rest, wake
from syncd.store.records import Counts, Filter, Lease, Link, LinkState, LostLease
from syncd.store.schema import link as links

__all__ = [
    "add",
    "advance",
    "agree",
    "by_issue",
    "by_ref",
    "claim",
    "counts",
    "drop",
    "finish",
    "get",
    "later",
    "list_links",
    "mark",
    "next_due",
    "park",
    "release",
    "renew",
    "rest",
    "save",
    "sibling_bases",
    "wake",
    "watch",
]


def watch(  # noqa: PLR0917 # read in this order it is one sentence
    c: Connection,
    mapping: str,
    digest: str,
    connections: Pair[str],
    support_ref: str,
    now: datetime,
    priority: int = 5,
) -> Link:
    """The link of a support ticket under a mapping, made WATCHED where there is none yet. It is not due by itself."""
    if (known := _of_ticket(c, mapping, support_ref)) is not None:
        return known
    fresh = {"mapping": mapping, "mapping_digest": digest, "support_ref": support_ref, "priority": priority}
    return _insert(c, connections, {**fresh, "state": LinkState.WATCHED.value, "created_at": now})


def add(
    c: Connection, mapping: str, digest: str, *, connections: Pair[str], refs: Pair[str], now: datetime, rule: str = ""
) -> Link:
    """A link between two tickets that exist already, as `syncd link` makes it; LINKED at once.

    Where the support ticket is WATCHED, its link becomes this one. A link that has an issue is returned as it is, and
    the caller compares.
    """
    known = watch(c, mapping, digest, connections, refs.support, now)
    if known.refs.engineering is not None:
        return known
    values = {"engineering_ref": refs.engineering, "state": LinkState.LINKED.value, "rule": rule, "reason": ""}
    c.execute(update(links).where(links.c.id == known.id).values(**values))
    return get(c, known.id)


def get(c: Connection, link_id: int) -> Link:
    """One link by its id; KeyError where there is none."""
    row = c.execute(select(links).where(links.c.id == link_id)).one_or_none()
    if row is None:
        raise KeyError(f"there is no link {link_id}")
    return record(row)


def by_ref(c: Connection, connection: str, ref: str) -> list[Link]:
    """Every link that this ticket is in, on either side."""
    support = select(links).where(links.c.support_connection == connection, links.c.support_ref == ref)
    found = {row.id: row for row in c.execute(support)}
    found.update({row.id: row for row in c.execute(_on_issue(connection, ref))})
    return [record(found[link_id]) for link_id in sorted(found)]


def by_issue(c: Connection, connection: str, engineering_ref: str) -> list[Link]:
    """The links of every ticket that hangs on this issue, whatever their state."""
    return [record(row) for row in c.execute(_on_issue(connection, engineering_ref).order_by(links.c.id))]


def sibling_bases(c: Connection, link: Link) -> Mapping[int, Base]:
    """What the other tickets on the same issue looked like after their last sync, by link id: for the aggregates.

    Only those that are LINKED under the same mapping and were synced once.
    """
    if link.refs.engineering is None:
        return MappingProxyType({})
    columns = select(links.c.id, links.c.support_base).where(
        links.c.engineering_connection == link.connections.engineering,
        links.c.engineering_ref == link.refs.engineering,
        links.c.mapping == link.mapping,
        links.c.state == LinkState.LINKED.value,
        links.c.id != link.id,
    )
    found = {row.id: codec.load_base(row.support_base) for row in c.execute(columns.order_by(links.c.id))}
    return MappingProxyType({link_id: base for link_id, base in found.items() if base is not None})


def save(c: Connection, link: Link, lease: Lease) -> None:
    """Write the whole row but for the queue's columns.

    Raises:
        LostLease: the lease was released, or it ran out and somebody else has claimed the link since.
    """
    held = and_(links.c.id == link.id, links.c.epoch == lease.epoch, links.c.leased_until.is_not(None))
    if c.execute(update(links).where(held).values(**_columns(link))).rowcount == 0:
        raise LostLease(link.id, lease.epoch)


def drop(c: Connection, link_id: int) -> None:
    """Delete a link that has no issue, with what waits at it; a link with an issue is never deleted."""
    c.execute(delete(links).where(links.c.id == link_id, links.c.engineering_ref.is_(None)))


def advance(c: Connection, link_ids: Iterable[int], side: Side, revision: str) -> None:
    """Note that one side's version moved to `revision` by our own write, so that nobody reads the ticket because of it.

    Needs no lease: a run that holds one and saves an older version only costs a read.
    """
    column = links.c.support_base if side is Side.SUPPORT else links.c.engineering_base
    for row in c.execute(select(links.c.id, column.label("base")).where(links.c.id.in_(list(link_ids)))).all():
        base = codec.load_base(row.base)
        if base is not None and base.revision != revision:
            moved = codec.dump_base(replace(base, revision=revision))
            c.execute(update(links).where(links.c.id == row.id).values({column: moved}))


def agree(c: Connection, link: Link, fields: Fields) -> None:
    """Take what was written on an issue as agreed in its other links too, so that none of them takes it for an edit.

    The caller holds a lease on `link`, and so nobody runs the others (see `leases`).
    """
    for other in by_issue(c, link.connections.engineering, link.refs.engineering or ""):
        base = other.base.engineering
        if other.id == link.id or base is None:
            continue
        known = {name: value for name, value in fields.items() if name in base.fields}
        moved = codec.dump_base(replace(base, fields={**base.fields, **known}))
        c.execute(update(links).where(links.c.id == other.id).values(engineering_base=moved))


def list_links(c: Connection, filters: Filter = Filter(), limit: int = 100, offset: int = 0) -> list[Link]:  # noqa: B008 # frozen
    """Links that match, by id; `limit` bounds what a page holds."""
    query = select(links).where(*_conditions(filters)).order_by(links.c.id).limit(limit).offset(offset)
    return [record(row) for row in c.execute(query)]


def counts(c: Connection, mapping: str | None = None) -> Counts:
    """How all links stand. Four indexed queries; only the first grows with their number (see benchmarks/counts.py)."""
    mine = [] if mapping is None else [links.c.mapping == mapping]
    states = select(links.c.state, func.count()).where(*mine).group_by(links.c.state)
    by_state: dict[str, int] = {state: number for state, number in c.execute(states)}  # noqa: C416 # rows are no pairs
    linked = links.c.state == LinkState.LINKED.value
    diverged, diverged_since = _count(c, links.c.diverged_since, linked, *mine)
    behind_rows = or_(links.c.dirty_since.is_not(None), links.c.behind_since.is_not(None))
    behind = c.scalar(select(func.count()).where(behind_rows, links.c.diverged_since.is_(None), linked, *mine)) or 0
    oldest = [_count(c, column, linked, *mine)[1] for column in (links.c.dirty_since, links.c.behind_since)]
    return Counts(
        **by_state,
        diverged=diverged,
        behind=behind,
        converged=by_state.get("linked", 0) - behind - diverged,
        behind_since=min((moment for moment in oldest if moment), default=None),
        diverged_since=diverged_since,
    )


def record(row: Row[Any]) -> Link:
    return Link(
        id=row.id,
        mapping=row.mapping,
        mapping_digest=row.mapping_digest,
        connections=Pair(row.support_connection, row.engineering_connection),
        refs=Pair(row.support_ref, row.engineering_ref),
        state=LinkState(row.state),
        reason=row.reason,
        rule=row.rule,
        base=Pair(codec.load_base(row.support_base), codec.load_base(row.engineering_base)),
        held=codec.load_held(row.held),
        thread_read=Pair(row.support_thread_read, row.engineering_thread_read),
        behind_since=row.behind_since,
        diverged_since=row.diverged_since,
        converged_at=row.converged_at,
        created_at=row.created_at,
        priority=row.priority,
        due=row.due,
        dirty_since=row.dirty_since,
        attempts=row.attempts,
        error=row.error,
        epoch=row.epoch,
        seq=row.seq,
        leased_until=row.leased_until,
    )


def _columns(link: Link) -> dict[str, Any]:
    return {
        "mapping": link.mapping,
        "mapping_digest": link.mapping_digest,
        "support_connection": link.connections.support,
        "engineering_connection": link.connections.engineering,
        "support_ref": link.refs.support,
        "engineering_ref": link.refs.engineering,
        "state": link.state.value,
        "reason": link.reason,
        "rule": link.rule,
        "support_base": codec.dump_base(link.base.support),
        "engineering_base": codec.dump_base(link.base.engineering),
        "held": codec.dump_held(link.held),
        "support_thread_read": link.thread_read.support,
        "engineering_thread_read": link.thread_read.engineering,
        "behind_since": link.behind_since,
        "diverged_since": link.diverged_since,
        "converged_at": link.converged_at,
        "priority": link.priority,
    }


def _of_ticket(c: Connection, mapping: str, support_ref: str) -> Link | None:
    query = select(links).where(links.c.mapping == mapping, links.c.support_ref == support_ref)
    row = c.execute(query).one_or_none()
    return None if row is None else record(row)


def _insert(c: Connection, connections: Pair[str], values: dict[str, Any]) -> Link:
    sides = {"support_connection": connections.support, "engineering_connection": connections.engineering}
    statement = insert(c, links).values(**values, **sides, turn=values["priority"])
    c.execute(statement.on_conflict_do_nothing(index_elements=["mapping", "support_ref"]))
    made = _of_ticket(c, values["mapping"], values["support_ref"])
    if made is None:
        raise RuntimeError("a link that was just made is not there")
    return made


def _on_issue(connection: str, ref: str) -> Select[Any]:
    return select(links).where(links.c.engineering_connection == connection, links.c.engineering_ref == ref)


def _count(c: Connection, since: ColumnElement[Any], *where: ColumnElement[bool]) -> tuple[int, datetime | None]:
    row = c.execute(select(func.count(), func.min(since)).where(since.is_not(None), *where)).one()
    return row[0], row[1]


def _conditions(filters: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.mapping is not None:
        found.append(links.c.mapping == filters.mapping)
    if filters.state is not None:
        found.append(links.c.state == filters.state.value)
    if filters.connection is not None:
        found.append(
            or_(links.c.support_connection == filters.connection, links.c.engineering_connection == filters.connection)
        )
    if filters.ref is not None:
        found.append(or_(links.c.support_ref == filters.ref, links.c.engineering_ref == filters.ref))
    if filters.behind is not None:
        behind = or_(links.c.dirty_since.is_not(None), links.c.behind_since.is_not(None))
        found.append(behind if filters.behind else ~behind)
    if filters.diverged is not None:
        wanted = links.c.diverged_since
        found.append(wanted.is_not(None) if filters.diverged else wanted.is_(None))
    return found
