"""The audit: what was decided, written and answered, in rows that nobody changes.

Each row's hash covers the row and the hash before it, and ids have no gaps; so a row that is edited, deleted or
slipped in breaks the chain (`verify`). Triggers refuse UPDATE, and DELETE but by retention, which keeps the hash of the
last row it removes as an anchor. Whoever can write the file can still cut off the newest rows: print `head` to a log
elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, delete, distinct, exists, func, select, text
from sqlalchemy import insert as plain_insert

from syncd.core.model import Side
from syncd.store import codec
from syncd.store.records import AuditEntry, AuditRow, Broken
from syncd.store.schema import audit, audit_anchor, link
from syncd.store.types import Words, micros

GENESIS = "0" * 64
BATCH = 1000


def append(c: Connection, entries: AuditEntry | Iterable[AuditEntry], now: datetime) -> list[AuditRow]:
    """Add rows at the end of the chain, in this transaction."""
    wanted = [entries] if isinstance(entries, AuditEntry) else list(entries)
    if not wanted:
        return []
    if c.dialect.name == "postgresql":
        c.execute(text("SELECT pg_advisory_xact_lock(hashtext('syncd audit'))"))  # one end, so one at a time
    last, hash_ = head(c)
    rows: list[dict[str, Any]] = []
    for number, entry in enumerate(wanted, start=last + 1):
        row = _columns(entry) | {"id": number, "at": now}
        hash_ = row["hash"] = _hash(hash_, row)
        rows.append(row)
    c.execute(plain_insert(audit), rows)
    return [AuditRow(row["id"], now, entry, row["hash"]) for row, entry in zip(rows, wanted, strict=True)]


def head(c: Connection) -> tuple[int, str]:
    """Id and hash of the newest row: what to print where the store's owner cannot change it."""
    row = c.execute(select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)).one_or_none()
    return (row.id, row.hash) if row is not None else _anchor(c)


def page(
    c: Connection, link_id: int | None = None, after: int = 0, limit: int = 100, *, newest_first: bool = False
) -> list[AuditRow]:
    """Rows above `after` (below it with `newest_first`, where 0 means the end), of one link or of all."""
    query = select(audit).limit(limit)
    if link_id is not None:
        query = query.where(audit.c.link_id == link_id)
    if newest_first:
        query = query.order_by(audit.c.id.desc())
        return [_record(row) for row in c.execute(query.where(audit.c.id < after) if after else query)]
    return [_record(row) for row in c.execute(query.order_by(audit.c.id).where(audit.c.id > after))]


def verify(c: Connection) -> Broken | None:
    """Walk the whole chain; None when it holds, else its first break."""
    last, hash_ = _anchor(c)
    for row in _all(c):
        if row.id != last + 1:
            return Broken(last + 1, f"row {last + 1} is missing" if row.id > last else f"row {row.id} was slipped in")
        if _hash(hash_, row._asdict()) != row.hash:
            return Broken(row.id, f"row {row.id} was changed, or follows another row than it did")
        last, hash_ = row.id, row.hash
    return None


def prune(c: Connection, before: datetime, limit: int = 10_000) -> int:
    """Delete the oldest rows, those from before `before` only, and keep the hash of the last one that goes."""
    first = c.scalar(select(func.min(audit.c.id)))
    kept = c.scalar(select(func.min(audit.c.id)).where(audit.c.at >= before))
    newest = c.scalar(select(func.max(audit.c.id)))
    if first is None or newest is None:
        return 0
    upto = min((kept or newest + 1) - 1, first + limit - 1)
    row = c.execute(select(audit.c.id, audit.c.hash, audit.c.at).where(audit.c.id == upto)).one_or_none()
    if row is None:
        return 0
    c.execute(delete(audit_anchor))
    c.execute(plain_insert(audit_anchor).values(id=row.id, hash=row.hash, at=row.at))
    return c.execute(delete(audit).where(audit.c.id <= upto)).rowcount


def _anchor(c: Connection) -> tuple[int, str]:
    row = c.execute(select(audit_anchor.c.id, audit_anchor.c.hash)).one_or_none()
    return (row.id, row.hash) if row is not None else (0, GENESIS)


def _all(c: Connection) -> Iterator[Row[Any]]:
    last = -1
    while rows := c.execute(select(audit).where(audit.c.id > last).order_by(audit.c.id).limit(BATCH)).all():
        yield from rows
        last = rows[-1].id


def _columns(entry: AuditEntry) -> dict[str, Any]:
    clean = Words().process_bind_param  # the hash is of what is stored
    row = {
        "link_id": entry.link_id,
        "run": entry.run,
        "side": entry.side.value if entry.side else None,
        "kind": entry.kind,
        "rule": entry.rule,
        "cause": entry.cause,
        "item": entry.item,
        "before": codec.dump(entry.before),
        "after": codec.dump(entry.after),
        "request": entry.request,
        "outcome": entry.outcome,
        "actor": entry.actor,
    }
    return {name: clean(value, None) if isinstance(value, str) else value for name, value in row.items()}  # type: ignore[arg-type]  # no dialect needed


def _hash(previous: str, row: dict[str, Any]) -> str:
    covered = {name: value for name, value in row.items() if name not in ("hash", "at")}
    return hashlib.sha256(codec.dump([previous, micros(row["at"]), covered]).encode()).hexdigest()


def _record(row: Row[Any]) -> AuditRow:
    entry = AuditEntry(
        kind=row.kind,
        link_id=row.link_id,
        run=row.run,
        side=Side(row.side) if row.side else None,
        rule=row.rule,
        cause=row.cause,
        item=row.item,
        before=json.loads(row.before),
        after=json.loads(row.after),
        request=row.request,
        outcome=row.outcome,
        actor=row.actor,
    )
    return AuditRow(row.id, row.at, entry, row.hash)


@dataclass(frozen=True, slots=True)
class Usage:
    """How much was written within a window: by one link, and under its mapping.

    `links` are those that were written without a person asking for it.
    """

    link_writes: int
    link_updates: int
    links: int
    creates: int
    gone: int


def usage(c: Connection, *, since: datetime, mapping: str, link_id: int, meant: str) -> Usage:
    """What the audit tells of writes since a moment, for the brake. Reads the rows of that window only.

    Args:
        meant: what stands in the cause of writes that a person asked for; their links are not counted.
    """
    # not a join: without statistics SQLite would begin it at the links, and read all that was ever said of them
    ours = exists().where(link.c.id == audit.c.link_id, link.c.mapping == mapping)
    rows = select(audit.c.link_id, audit.c.kind, audit.c.cause).where(audit.c.at >= since, ours).subquery()
    done = rows.c.kind.like("%.done")
    unmeant = done & ~rows.c.cause.contains(meant, autoescape=True)
    row = c.execute(
        select(
            func.count(case((done & (rows.c.link_id == link_id), 1))),
            func.count(case(((rows.c.kind == "update.done") & (rows.c.link_id == link_id), 1))),
            func.count(distinct(case((unmeant, rows.c.link_id)))),
            func.count(case((rows.c.kind == "create.done", 1))),
            func.count(case((rows.c.kind == "link.rests", 1))),
        )
    ).one()
    return Usage(*row)
