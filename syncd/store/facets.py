"""What each ticket was like and since when, and how many changes were carried for it each day: the metrics' own rows.

Neither is removed by retention; both go with their link.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from syncd.core.facets import Facets, Seen
from syncd.store.insert import insert
from syncd.store.schema import facet
from syncd.store.schema import propagated as days

NAMES = ("severity", "service", "tier", "team", "category", "opened", "closed")


def add(c: Connection, link_id: int, seen: Seen) -> None:
    """Keep what a ticket is like from a moment on; what was kept for that very moment gives way."""
    values = {name: getattr(seen.facets, name) for name in NAMES}
    statement = insert(c, facet).values(link_id=link_id, since=seen.since, **values)
    c.execute(statement.on_conflict_do_update(index_elements=["link_id", "since"], set_=values))


def last(c: Connection, link_id: int) -> Seen | None:
    """What it was like at the last look."""
    query = select(facet).where(facet.c.link_id == link_id).order_by(facet.c.since.desc()).limit(1)
    row = c.execute(query).one_or_none()
    return record(row) if row is not None else None


def record(row: Row[Any]) -> Seen:
    return Seen(Facets(**{name: getattr(row, name) for name in NAMES}), row.since)


def propagated(c: Connection, link_id: int, day: datetime) -> None:
    """Count one change that was carried to the other side."""
    statement = insert(c, days).values(link_id=link_id, day=day, changes=1)
    c.execute(statement.on_conflict_do_update(index_elements=["link_id", "day"], set_={"changes": days.c.changes + 1}))
