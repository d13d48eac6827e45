"""The store: opens the database, and runs work in transactions without blocking the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine

from syncd.errors import StoreError
from syncd.store import checkup, engines, meta, migrate
from syncd.store.engines import Damaged
from syncd.store.generation import Generation
from syncd.store.lock import Tell, hold
from syncd.store.writer import GroupedWriter, ParallelWriter, Work, Writer

T = TypeVar("T")
READERS = 3


def utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """One database with its writer and its readers.

    Attributes:
        id: a random name, made once; it is in every marker that is left at a vendor.
        restored: why this store may be older than what it wrote at the vendors, as it was found at the start, or None.
    """

    id: str
    restored: str | None

    def __init__(self, url: str, writer: Writer, readers: Engine, *, now: Callable[[], datetime]) -> None:
        """Use `open`."""
        self.url = url
        self.where = f"store {engines.shown(url)}"
        self.now = now
        self._writer = writer
        self._readers = readers
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="syncd-store-reader")
        self._on_close = ExitStack()
        self._generation: Generation | None = None  # the daemon's, on SQLite
        self._checkup: checkup.Checkup | None = None

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        upgrade: bool = True,
        daemon: bool = False,
        now: Callable[[], datetime] = utc_now,
        notice: Tell = lambda text: None,
    ) -> Store:
        """Open the store, and make or migrate it where `upgrade` allows.

        Args:
            daemon: take the lock of a SQLite store and count its generation, for the one process that writes to
                vendors. Commands that look, or that only write rows, go without.
            notice: told of what a person may want to know: a lock taken over, a migration.

        Raises:
            StoreError: the schema is newer than this program (both versions named), the file is damaged or gone (file
                and `syncd db restore` named), or another daemon holds it.
        """
        with ExitStack() as stack:
            file = engines.file_of(url)
            if file and daemon:
                file.parent.mkdir(parents=True, exist_ok=True)
                stack.enter_context(hold(file, notice=notice))
            await asyncio.to_thread(_prepare, url, upgrade=upgrade, now=now, notice=notice)
            store = cls(url, _writer(url), engines.reading(url, connections=READERS), now=now)
            try:
                await store._start(file, daemon=daemon)
            except BaseException:
                await store._shut()
                raise
            store._on_close = stack.pop_all()
            return store

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction and return after the commit.

        `work` must only use its connection: it runs in another thread, and on PostgreSQL again after a deadlock. What
        it raises comes out here, and then nothing of it was written.

        Raises:
            StoreError: nothing was written (disk full, locked, no server), or the store is closed.
        """
        return await self._writer.write(work)

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one consistent view of what is committed; it cannot write."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, work)

    async def aclose(self) -> None:
        """Commit what was handed in, then let go of everything. Calling it again does nothing."""
        with self._on_close:
            try:
                await self.count_generation()
            finally:
                self._generation = None
                await self._shut()

    async def count_generation(self) -> None:
        """Tell later copies of the file from this one; the daemon does it now and then (see `generation`)."""
        if self._generation is not None and self.damage is None:
            await self.write(self._generation.step)
            self._generation.keep()

    async def _start(self, file: Path | None, *, daemon: bool) -> None:
        if file and daemon:
            self._generation = Generation(file)
            await self.write(self._generation.check)
            await self.count_generation()
            self._checkup = checkup.after_start(file, self._writer.stop_for)
        self.id = await self.read(_store_id)
        self.restored = await self.read(meta.restored)

    def _read(self, work: Work[T]) -> T:
        with engines.told(self.where), self._readers.connect() as connection, connection.begin():
            return work(connection)

    @property
    def damage(self) -> Damaged | None:
        """Why nothing is written any more, or None; for the health check."""
        return self._writer.damaged

    async def _shut(self) -> None:
        if self._checkup is not None:
            await asyncio.to_thread(self._checkup.stop)
        await self._writer.aclose()
        await asyncio.to_thread(self._threads.shutdown)
        self._readers.dispose()


def _prepare(url: str, *, upgrade: bool, now: Callable[[], datetime], notice: Tell) -> None:
    if upgrade:
        migrate.upgrade(url, now=now, notice=notice)
    else:
        migrate.check(url)


def _store_id(c: Connection) -> str:
    known = meta.get(c, "store_id")
    if known is None:
        raise StoreError("the store has no id: it was not made by syncd")
    return known


def _writer(url: str) -> Writer:
    where = f"store {engines.shown(url)}"
    if engines.file_of(url):
        return GroupedWriter(engines.writing(url), where=where)
    return ParallelWriter(engines.writing(url, connections=4), where=where, threads=4)
