"""The real store in memory and without threads, so that thousands of histories fit into a test run.

Its SQL, its constraints and its transactions are the product's; only the durable file and the writer's thread are left
out. What a process loses when it is killed is lost here too: whatever was not committed.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from syncd.engine.site import utc_now
from syncd.sdk.testing.clock import Clock
from syncd.store import meta, migrate
from syncd.store.engines import Damaged
from syncd.store.store import Store

T = TypeVar("T")


class Killed(BaseException):
    """The process is dead; nothing that it had in memory does anything any more."""


class QuickStore(Store):
    """A store that lives as long as one history, across the deaths of its daemons."""

    def __init__(self, clock: Clock) -> None:
        self.url = "sqlite://"
        self.where = "store of a history"
        self.now = clock
        self.restored = None
        self.dead = False
        self._connection = _connection()
        self.id = meta.get(self._connection, "store_id") or ""
        self._connection.rollback()

    async def write(self, work: Callable[[Connection], T]) -> T:
        return await self._run(work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await self._run(work)

    async def _run(self, work: Callable[[Connection], T]) -> T:
        await asyncio.sleep(0)
        if self.dead:
            raise Killed
        with self._connection.begin():
            return work(self._connection)

    @property
    def damage(self) -> Damaged | None:
        return None

    async def aclose(self) -> None:
        """Nothing to let go of: the connection serves the next history."""


def _connection() -> Connection:
    """The one connection of this process, to an empty store."""
    connection = _opened()
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    raw.deserialize(_template())
    connection.rollback()
    return connection


@cache
def _opened() -> Connection:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    connection = engine.connect()
    connection.exec_driver_sql("PRAGMA foreign_keys = ON")
    connection.commit()
    return connection


@cache
def _template() -> bytes:
    """A store that is migrated and empty."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.db"
        migrate.upgrade(f"sqlite:///{file}", now=utc_now)
        connection = sqlite3.connect(file)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.close()
        return file.read_bytes()
