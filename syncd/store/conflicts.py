"""Conflicts: both sides changed one field. The row is committed before either value is overwritten."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from syncd.core.model import Pair, Side, Value
from syncd.store import codec
from syncd.store.insert import insert
from syncd.store.records import ConflictRow
from syncd.store.schema import conflict


def add(
    c: Connection,
    *,
    link_id: int,
    field: str,
    base: Pair[Value],
    values: Pair[Value],
    now: datetime,
    winner: Side | None = None,
    resolution: str = "",
) -> ConflictRow:
    """Keep what both sides say. With a winner it is settled by its rule; without, it is open until a person decides.

    While one is open the field's newer values take the place of the older ones in it.
    """
    row = {"base_values": codec.dump_pair(base), "now_values": codec.dump_pair(values)}
    if winner is None and (known := _open(c, link_id, field)) is not None:
        c.execute(update(conflict).where(conflict.c.id == known).values(row))
        return get(c, known)
    settled = {"winner": winner.value if winner else None, "open": winner is None, "resolution": resolution}
    statement = insert(c, conflict).values(
        **row, **settled, link_id=link_id, field=field, at=now, settled_at=now if winner else None
    )
    return get(c, c.execute(statement.returning(conflict.c.id)).scalar_one())


def settle(c: Connection, conflict_id: int, *, winner: Side | None, resolution: str, now: datetime) -> ConflictRow:
    """Close it; `winner` is None where both sides have come to agree by themselves."""
    values = {"open": False, "winner": winner.value if winner else None, "resolution": resolution, "settled_at": now}
    c.execute(update(conflict).where(conflict.c.id == conflict_id).values(values))
    return get(c, conflict_id)


def get(c: Connection, conflict_id: int) -> ConflictRow:
    row = c.execute(select(conflict).where(conflict.c.id == conflict_id)).one_or_none()
    if row is None:
        raise KeyError(f"there is no conflict {conflict_id}")
    return _record(row)


def of(c: Connection, link_id: int, *, open_only: bool = True) -> list[ConflictRow]:
    query = select(conflict).where(conflict.c.link_id == link_id).order_by(conflict.c.id)
    return [_record(row) for row in c.execute(query.where(conflict.c.open) if open_only else query)]


def list_open(c: Connection, limit: int = 100, offset: int = 0) -> list[ConflictRow]:
    """What waits for `syncd resolve`, oldest first."""
    query = select(conflict).where(conflict.c.open).order_by(conflict.c.id).limit(limit).offset(offset)
    return [_record(row) for row in c.execute(query)]


def count_open(c: Connection) -> int:
    return c.scalar(select(func.count()).where(conflict.c.open)) or 0


def _open(c: Connection, link_id: int, field: str) -> int | None:
    where = (conflict.c.link_id == link_id, conflict.c.field == field, conflict.c.open)
    return c.scalar(select(conflict.c.id).where(*where))


def _record(row: Row[Any]) -> ConflictRow:
    return ConflictRow(
        id=row.id,
        link_id=row.link_id,
        field=row.field,
        base=codec.load_pair(row.base_values),
        now=codec.load_pair(row.now_values),
        winner=Side(row.winner) if row.winner else None,
        open=row.open,
        at=row.at,
        resolution=row.resolution,
        settled_at=row.settled_at,
    )
