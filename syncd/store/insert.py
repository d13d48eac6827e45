"""INSERT ... ON CONFLICT, which both engines have in the same words but SQLAlchemy in two dialects."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert(c: Connection, table: Table) -> postgresql.Insert:
    """An insert with `on_conflict_do_nothing`, `on_conflict_do_update` and `returning`."""
    if c.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)  # type: ignore[return-value]  # the same methods, without a common base


def add_new(c: Connection, table: Table, returning: str) -> postgresql.Insert:
    """An insert that leaves what is there already, and returns one column of what was new; values come at execution.

    The row tells whether it was new: SQLAlchemy keeps no count of inserted rows on PostgreSQL.
    """
    return _add_new(c.dialect.name == "postgresql", table, returning)


@cache
def _add_new(on_postgresql: bool, table: Table, returning: str) -> postgresql.Insert:
    """Built once: to build a statement takes longer than to run it."""
    statement = postgresql.insert(table) if on_postgresql else sqlite.insert(table)
    return statement.on_conflict_do_nothing().returning(table.c[returning])  # type: ignore[return-value]  # see above
