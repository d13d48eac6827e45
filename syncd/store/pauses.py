"""Paused connections and mappings (the brake, a refused credential): nothing is written there until resumed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from syncd.store.insert import insert
from syncd.store.records import Pause, PauseScope
from syncd.store.schema import pause as pauses


def pause(c: Connection, scope: PauseScope, name: str, reason: str, *, now: datetime) -> bool:
    """Pause it; False where it is paused already, whose reason and time then stay."""
    statement = insert(c, pauses).values(scope=scope.value, name=name, reason=reason, since=now)
    return c.execute(statement.on_conflict_do_nothing().returning(pauses.c.since)).one_or_none() is not None


def resume(c: Connection, scope: PauseScope, name: str) -> bool:
    """Let it go on; False where it was not paused."""
    return c.execute(delete(pauses).where(pauses.c.scope == scope.value, pauses.c.name == name)).rowcount == 1


def find(c: Connection, scope: PauseScope, name: str) -> Pause | None:
    return next((found for found in list_pauses(c) if (found.scope, found.name) == (scope, name)), None)


def list_pauses(c: Connection) -> list[Pause]:
    rows = c.execute(select(pauses).order_by(pauses.c.since, pauses.c.scope, pauses.c.name))
    return [Pause(PauseScope(row.scope), row.name, row.reason, row.since) for row in rows]
