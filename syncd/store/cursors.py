"""Where each connection's polling resumes. A cursor is put in the transaction that stores its page's hints."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from syncd.store.insert import insert
from syncd.store.records import Cursor
from syncd.store.schema import cursor as cursors


def get(c: Connection, connection: str) -> str | None:
    """The stored cursor; None before the first poll."""
    return c.scalar(select(cursors.c.cursor).where(cursors.c.connection == connection))


def put(c: Connection, connection: str, cursor: str | None, now: datetime) -> None:
    """Resume here next time; `now` is when this poll succeeded, by our own clock."""
    values = {"cursor": cursor, "last_success": now}
    statement = insert(c, cursors).values(connection=connection, **values)
    c.execute(statement.on_conflict_do_update(index_elements=["connection"], set_=values))


def last_success(c: Connection, connection: str) -> datetime | None:
    """When this connection was last polled without an error."""
    return c.scalar(select(cursors.c.last_success).where(cursors.c.connection == connection))


def list_cursors(c: Connection) -> list[Cursor]:
    return [Cursor(*row) for row in c.execute(select(cursors).order_by(cursors.c.connection))]
