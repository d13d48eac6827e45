"""Parked items: what was taken out of automatic work, why, and what frees it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from syncd.store.insert import insert
from syncd.store.records import ParkedItem, ParkScope
from syncd.store.schema import parked


def park(
    c: Connection,
    *,
    scope: ParkScope,
    item: str,
    reason: str,
    now: datetime,
    link_id: int | None = None,
    fingerprint: str = "",
    remedy: str = "",
) -> ParkedItem:
    """Park an item, or count one more try of one that is parked; it is parked since the first.

    Args:
        item: a field's name, a comment's or file's id, a connection's or mapping's name.
        fingerprint: of the value that was refused, so that another value is tried at once.
    """
    if (known := find(c, link_id, scope, item)) is not None:
        values = {"fingerprint": fingerprint, "reason": reason, "remedy": remedy, "tries": known.tries + 1}
        c.execute(update(parked).where(parked.c.id == known.id).values(values))
        return get(c, known.id)
    statement = insert(c, parked).values(
        link_id=link_id,
        scope=scope.value,
        item=item,
        fingerprint=fingerprint,
        reason=reason,
        remedy=remedy,
        since=now,
    )
    return get(c, c.execute(statement.returning(parked.c.id)).scalar_one())


def release(c: Connection, parked_id: int) -> None:
    """Let automatic work try it again; the audit keeps that it was parked."""
    c.execute(delete(parked).where(parked.c.id == parked_id))


def get(c: Connection, parked_id: int) -> ParkedItem:
    row = c.execute(select(parked).where(parked.c.id == parked_id)).one_or_none()
    if row is None:
        raise KeyError(f"nothing is parked as {parked_id}")
    return _record(row)


def find(c: Connection, link_id: int | None, scope: ParkScope, item: str) -> ParkedItem | None:
    where = (_in_link(link_id), parked.c.scope == scope.value, parked.c.item == item)
    row = c.execute(select(parked).where(*where)).one_or_none()
    return None if row is None else _record(row)


def of(c: Connection, link_id: int) -> list[ParkedItem]:
    """What is parked of one link, oldest first."""
    query = select(parked).where(parked.c.link_id == link_id).order_by(parked.c.id)
    return [_record(row) for row in c.execute(query)]


def list_parked(
    c: Connection, *, scope: ParkScope | None = None, limit: int = 100, offset: int = 0
) -> list[ParkedItem]:
    """Everything that is parked, oldest first."""
    query = select(parked).order_by(parked.c.since, parked.c.id).limit(limit).offset(offset)
    if scope is not None:
        query = query.where(parked.c.scope == scope.value)
    return [_record(row) for row in c.execute(query)]


def count(c: Connection) -> int:
    return c.scalar(select(func.count()).select_from(parked)) or 0


def _in_link(link_id: int | None) -> ColumnElement[bool]:
    return parked.c.link_id.is_(None) if link_id is None else parked.c.link_id == link_id


def _record(row: Any) -> ParkedItem:
    return ParkedItem(**{**row._mapping, "scope": ParkScope(row.scope)})
