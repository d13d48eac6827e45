"""Links: find them, save them, list and count them. Their turn in the work queue is in `leases`, re-exported here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, delete, func, or_, select, union, update
from sqlalchemy.sql.elements import TextClause

from syncd.core.model import Base, Fields, Pair, Side
from syncd.store import codec
from syncd.store.insert import insert
from syncd.store.leases import claim, finish, later, mark, next_due, park, release, renew, rest, wake
from syncd.store.records import Counts, Filter, Lease, Link, LinkState, LostLease, Replaced
from syncd.store.schema import NOT_LINKED
from syncd.store.schema import link as links
from syncd.store.types import Words

__all__ = [
    "add",
    "advance",
    "agree",
    "by_issue",
    "by_ref",
    "claim",
    "counts",
    "drop",
    "exists",
    "fence",
    "finish",
    "get",
    "grade",
    "is_shared",
    "later",
    "list_links",
    "mark",
    "next_due",
    "park",
    "point",
    "release",
    "renew",
    "rest",
    "ring_all",
    "ring_at",
    "ringing",
    "save",
    "settle",
    "sibling_bases",
    "wake",
    "watch",
]

# the queries of the hot path, built once: to build one takes longer than to run it
ON = bindparam("on", type_=Words())
TICKET = bindparam("ticket", type_=Words())
BY_ID = select(links).where(links.c.id == bindparam("link_id"))
OF_TICKET = select(links).where(links.c.mapping == bindparam("of_mapping"), links.c.support_ref == TICKET)
ON_SUPPORT = select(links).where(links.c.support_connection == ON, links.c.support_ref == TICKET)
ON_ISSUE = (
    select(links).where(links.c.engineering_connection == ON, links.c.engineering_ref == TICKET).order_by(links.c.id)
)


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


def exists(c: Connection, link_id: int) -> bool:
    """Whether the link is there; one without an issue may have given way to another (`drop`)."""
    return c.execute(select(links.c.id).where(links.c.id == link_id)).first() is not None


def get(c: Connection, link_id: int) -> Link:
    """One link by its id; KeyError where there is none."""
    row = c.execute(BY_ID, {"link_id": link_id}).one_or_none()
    if row is None:
        raise KeyError(f"there is no link {link_id}")
    return record(row)


def by_ref(c: Connection, connection: str, ref: str) -> list[Link]:
    """Every link that this ticket is in, on either side."""
    ticket = {"on": connection, "ticket": ref}
    found = {row.id: row for row in (*c.execute(ON_SUPPORT, ticket), *c.execute(ON_ISSUE, ticket))}
    return [record(found[link_id]) for link_id in sorted(found)]


def by_issue(c: Connection, connection: str, engineering_ref: str) -> list[Link]:
    """The links of every ticket that hangs on this issue, whatever their state."""
    return [record(row) for row in c.execute(ON_ISSUE, {"on": connection, "ticket": engineering_ref})]


def sibling_bases(c: Connection, link: Link) -> Mapping[int, Base]:
    """What the other tickets on the same issue looked like after their last sync, by link id: for the aggregates.

    Only those that are LINKED under the same mapping and were synced once. One that rests has no say, not either while
    it is woken to be looked at: it keeps the reason for which it rests until a run finds it back.
    """
    if link.refs.engineering is None:
        return MappingProxyType({})
    columns = select(links.c.id, links.c.support_base).where(
        links.c.engineering_connection == link.connections.engineering,
        links.c.engineering_ref == link.refs.engineering,
        links.c.mapping == link.mapping,
        links.c.state == LinkState.LINKED.value,
        links.c.reason == "",
        links.c.id != link.id,
    )
    found = {row.id: codec.load_base(row.support_base) for row in c.execute(columns.order_by(links.c.id))}
    return MappingProxyType({link_id: base for link_id, base in found.items() if base is not None})


def is_shared(c: Connection, link: Link) -> bool:
    """Whether any other link, in whatever state, is about the same issue."""
    others = select(links.c.id).where(
        links.c.engineering_connection == link.connections.engineering,
        links.c.engineering_ref == link.refs.engineering,
        links.c.id != link.id,
    )
    return link.refs.engineering is not None and c.execute(others.limit(1)).first() is not None


def save(c: Connection, link: Link, lease: Lease) -> None:
    """Write the whole row but for the queue's columns.

    Raises:
        LostLease: the lease was released, or it ran out and somebody else has claimed the link since.
    """
    held = and_(links.c.id == link.id, links.c.epoch == lease.epoch, links.c.leased_until.is_not(None))
    if c.execute(update(links).where(held).values(**_columns(link))).rowcount == 0:
        raise LostLease(link.id, lease.epoch)


def grade(c: Connection, lease: Lease, severity: str, rule: str) -> None:
    """Note how bad the ticket is. Raises LostLease as `save` does."""
    held = and_(links.c.id == lease.link_id, links.c.epoch == lease.epoch, links.c.leased_until.is_not(None))
    if c.execute(update(links).where(held).values(severity=severity, severity_rule=rule)).rowcount == 0:
        raise LostLease(lease.link_id, lease.epoch)


def ringing(c: Connection, now: datetime, limit: int) -> list[Link]:
    """Tickets of which somebody is to be told something by now, or that time has made worse; the oldest first."""
    at_work = links.c.state.in_((LinkState.LINKED.value, LinkState.WATCHED.value))
    due = (links.c.rings_at.is_not(None), links.c.rings_at <= now, at_work)
    return [record(row) for row in c.execute(select(links).where(*due).order_by(links.c.rings_at).limit(limit))]


def ring_at(c: Connection, link_id: int, at: datetime | None) -> None:
    """When to look at its clocks again. Needs no lease: a run that ends sets it anew."""
    c.execute(update(links).where(links.c.id == link_id).values(rings_at=at))


def ring_all(c: Connection, now: datetime) -> None:
    """Look at every clock again: the contract may be another one."""
    c.execute(update(links).where(links.c.rings_at.is_not(None)).values(rings_at=now))


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


def agree(c: Connection, link: Link, fields: Fields, rules: Mapping[str, str]) -> list[Replaced]:
    """Take what was written on an issue as agreed in its other links too, so that none of them takes it for an edit.

    What they hold back was seen before it: a run that does not read the issue must not go back to that. The caller
    holds a lease on `link`, and so nobody runs the others (see `leases`).

    Args:
        rules: the issue's fields -> the entries of the mapping that are about them.

    Returns:
        What they took for agreed until then, for `disagree`.
    """
    replaced: list[Replaced] = []
    written = {rules[name]: value for name, value in fields.items() if name in rules}
    for other in by_issue(c, link.connections.engineering, link.refs.engineering or ""):
        base = other.base.engineering
        if other.id == link.id or base is None:
            continue
        known = {name: value for name, value in fields.items() if name in base.fields}
        moved = codec.dump_base(replace(base, fields={**base.fields, **known}))
        of_both = written if other.mapping == link.mapping else {}
        held = {
            rule: Pair(pair.support, of_both[rule]) if rule in of_both else pair for rule, pair in other.held.items()
        }
        values = {"engineering_base": moved, "held": codec.dump_held(held)}
        c.execute(update(links).where(links.c.id == other.id).values(values))
        replaced += [
            Replaced(other.id, name, base.fields[name], rule := rules.get(name, ""), other.held.get(rule))
            for name in known
        ]
    return replaced


def disagree(c: Connection, replaced: Iterable[Replaced]) -> None:
    """Take `agree` back: the issue did not become what was written. The caller still holds the lease of that time."""
    for before in replaced:
        other = get(c, before.link_id)
        base = other.base.engineering
        if base is None:
            continue
        moved = replace(base, fields={**base.fields, before.name: before.value})
        held = {**other.held, before.rule: before.held} if before.held is not None else dict(other.held)
        values = {"engineering_base": codec.dump_base(moved), "held": codec.dump_held(held)}
        c.execute(update(links).where(links.c.id == other.id).values(values))


def prove(c: Connection, lease: Lease, agreed: Pair[Fields], rules: Collection[str]) -> None:
    """Take these fields of both sides as agreed at once, before the run is over: one that dies must not take what it

    wrote for somebody's edit. Somebody who has claimed the link since knows better, and nothing is changed.

    Args:
        rules: entries of the mapping that these fields are about; what was held back of them is no more.
    """
    held = and_(links.c.id == lease.link_id, links.c.epoch == lease.epoch, links.c.leased_until.is_not(None))
    row = c.execute(select(links).where(held)).one_or_none()
    if row is None:
        return
    known = record(row)
    bases = {side: base for side in Side if (base := known.base[side]) is not None}
    moved = {side: replace(base, fields={**base.fields, **agreed[side]}) for side, base in bases.items()}
    left = {rule: pair for rule, pair in known.held.items() if rule not in rules}
    values = {f"{side}_base": codec.dump_base(base) for side, base in moved.items()}
    c.execute(update(links).where(held).values({**values, "held": codec.dump_held(left)}))


def fence(c: Connection, link_id: int) -> None:
    """Take a link away from whoever runs it now: its run ends with LostLease and writes nothing more to this row."""
    c.execute(update(links).where(links.c.id == link_id).values(epoch=links.c.epoch + 1, leased_until=None))


def point(c: Connection, link_id: int, *, engineering_ref: str, base: Pair[Base], digest: str) -> Link:
    """Begin a link anew between its ticket and this issue, with both as they look now for its bases.

    The caller has fenced it (`fence`) in this transaction.
    """
    values = {
        "engineering_ref": engineering_ref,
        "state": LinkState.LINKED.value,
        "reason": "",
        "mapping_digest": digest,
        "support_base": codec.dump_base(base.support),
        "engineering_base": codec.dump_base(base.engineering),
        "behind_since": None,
        "diverged_since": None,
    }
    c.execute(update(links).where(links.c.id == link_id).values(**values))
    return get(c, link_id)


def settle(c: Connection, link: Link, side: Side, fields: Fields) -> None:
    """Take what one side says in these fields as agreed on. The caller has fenced the link in this transaction."""
    base = link.base[side]
    if base is None:
        return
    column = links.c.support_base if side is Side.SUPPORT else links.c.engineering_base
    moved = codec.dump_base(replace(base, fields={**base.fields, **fields}))
    c.execute(update(links).where(links.c.id == link.id).values({column: moved}))


def list_links(
    c: Connection,
    filters: Filter = Filter(),  # noqa: B008 # frozen
    limit: int = 100,
    offset: int = 0,
    *,
    newest: bool = False,
) -> list[Link]:
    """Links that match, by id, the newest first where asked; `limit` bounds what a page holds."""
    order = links.c.id.desc() if newest else links.c.id
    query = select(links).where(*_conditions(filters)).order_by(order).limit(limit).offset(offset)
    return [record(row) for row in c.execute(query)]


def with_issues(c: Connection, mapping: str, *, limit: int) -> list[Link]:
    """Links of a mapping that have an issue, the newest first; they may rest."""
    query = select(links).where(links.c.mapping == mapping, links.c.engineering_ref.is_not(None))
    return [record(row) for row in c.execute(query.order_by(links.c.id.desc()).limit(limit))]


def counts(c: Connection, mapping: str | None = None) -> Counts:
    """How all links stand. Only the total is counted over all of them, in an index (see benchmarks/counts.py)."""
    mine = [] if mapping is None else [links.c.mapping == mapping]
    total = c.scalar(select(func.count()).select_from(links).where(*mine)) or 0
    others = select(links.c.state, func.count()).where(NOT_LINKED, *mine).group_by(links.c.state)
    by_state: dict[str, int] = {state: number for state, number in c.execute(others)}  # noqa: C416 # rows are no pairs
    linked = [links.c.state == LinkState.LINKED.value, *mine]
    diverged, diverged_since = _count(c, links.c.diverged_since, *linked)
    dirty, dirty_since = _count(c, links.c.dirty_since, links.c.diverged_since.is_(None), *linked)
    clean = (links.c.dirty_since.is_(None), links.c.diverged_since.is_(None))
    behind, behind_since = _count(c, links.c.behind_since, *clean, *linked)
    here = total - sum(by_state.values())
    return Counts(
        **by_state,
        linked=here,
        diverged=diverged,
        behind=dirty + behind,
        converged=here - diverged - dirty - behind,
        behind_since=min((moment for moment in (dirty_since, behind_since) if moment), default=None),
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
        severity=row.severity,
        severity_rule=row.severity_rule,
        base=Pair(codec.load_base(row.support_base), codec.load_base(row.engineering_base)),
        held=codec.load_held(row.held),
        thread_read=Pair(row.support_thread_read, row.engineering_thread_read),
        behind_since=row.behind_since,
        diverged_since=row.diverged_since,
        converged_at=row.converged_at,
        created_at=row.created_at,
        rings_at=row.rings_at,
        priority=row.priority,
        turn=row.turn,
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
        "severity": link.severity,
        "severity_rule": link.severity_rule,
        "support_base": codec.dump_base(link.base.support),
        "engineering_base": codec.dump_base(link.base.engineering),
        "held": codec.dump_held(link.held),
        "support_thread_read": link.thread_read.support,
        "engineering_thread_read": link.thread_read.engineering,
        "behind_since": link.behind_since,
        "diverged_since": link.diverged_since,
        "converged_at": link.converged_at,
        "rings_at": link.rings_at,
        "priority": link.priority,
    }


def _of_ticket(c: Connection, mapping: str, support_ref: str) -> Link | None:
    row = c.execute(OF_TICKET, {"of_mapping": mapping, "ticket": support_ref}).one_or_none()
    return None if row is None else record(row)


def _insert(c: Connection, connections: Pair[str], values: dict[str, Any]) -> Link:
    sides = {"support_connection": connections.support, "engineering_connection": connections.engineering}
    statement = insert(c, links).values(**values, **sides, turn=values["priority"])
    c.execute(statement.on_conflict_do_nothing(index_elements=["mapping", "support_ref"]))
    made = _of_ticket(c, values["mapping"], values["support_ref"])
    if made is None:
        raise RuntimeError("a link that was just made is not there")
    return made


def _count(c: Connection, since: ColumnElement[Any], *where: ColumnElement[bool]) -> tuple[int, datetime | None]:
    row = c.execute(select(func.count(), func.min(since)).where(since.is_not(None), *where)).one()
    return row[0], row[1]


def _conditions(filters: Filter) -> list[ColumnElement[bool] | TextClause]:
    found: list[ColumnElement[bool] | TextClause] = []
    if filters.mapping is not None:
        found.append(links.c.mapping == filters.mapping)
    if filters.state is not None:
        found.append(links.c.state == filters.state.value)
        if filters.state is not LinkState.LINKED:
            found.append(NOT_LINKED)  # so that the partial index serves
    if filters.connection is not None:
        found.append(
            or_(links.c.support_connection == filters.connection, links.c.engineering_connection == filters.connection)
        )
    if filters.ref is not None:
        found.append(or_(links.c.support_ref == filters.ref, links.c.engineering_ref == filters.ref))
    if filters.behind is not None:
        behind = union(_ids(links.c.dirty_since), _ids(links.c.behind_since))
        neither = and_(links.c.dirty_since.is_(None), links.c.behind_since.is_(None))
        found.append(links.c.id.in_(behind) if filters.behind else neither)
    if filters.diverged is not None:
        since = links.c.diverged_since
        found.append(links.c.id.in_(_ids(since)) if filters.diverged else since.is_(None))
    return found


def _ids(since: ColumnElement[Any]) -> Select[tuple[int]]:
    """Ids of links with such a moment, out of its partial index: few, however many links there are."""
    return select(links.c.id).where(since.is_not(None))
