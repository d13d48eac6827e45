"""INSERT ... ON CONFLICT, which both engines have in the same words but SQLAlchemy in two dialects."""

from __future__ import annotations

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert(c: Connection, table: Table) -> postgresql.Insert:
    """An insert with `on_conflict_do_nothing`, `on_conflict_do_update` and `returning`."""
    if c.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)  # type: ignore[return-value]  # the same methods, without a common base
