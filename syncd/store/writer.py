"""Who commits: on SQLite one thread that commits what waits together, on PostgreSQL a few with a transaction each.

SQLite has one writer at a time and pays a disk flush for every commit, so a shared commit is the only way to be both
durable and fast. PostgreSQL already shares flushes between transactions that commit together, and a shared transaction
would hold the locks of strangers until the slowest piece is done; so there every piece has its own.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from syncd.errors import StoreError
from syncd.store.engines import Damaged, told

T = TypeVar("T")
Work = Callable[[Connection], T]

LARGEST_GROUP = 256
TRIES = 5
RERUN = frozenset({"40001", "40P01"})  # PostgreSQL: serialization failure, deadlock


@dataclass(slots=True)
class Piece:
    """One caller's work, where its result goes, and what came of it."""

    work: Work[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def resume(self) -> None:
        if self.future.done():
            return  # the caller was cancelled while we wrote
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Writer(Protocol):
    damaged: Damaged | None

    def stop_for(self, damage: Damaged) -> None:
        """Refuse everything from now on."""

    async def write(self, work: Work[T]) -> T: ...

    async def aclose(self) -> None: ...


class _Threads:
    """Threads that take pieces from one list until it ends."""

    def __init__(self, engine: Engine, *, where: str, threads: int) -> None:
        self.engine = engine
        self.where = where
        self.waiting: queue.SimpleQueue[Piece | None] = queue.SimpleQueue()
        self.closed = False
        self.damaged: Damaged | None = None
        self.threads = [
            threading.Thread(target=self.run, name=f"syncd-store-{number}", daemon=True) for number in range(threads)
        ]
        for thread in self.threads:
            thread.start()

    async def write(self, work: Work[T]) -> T:
        if self.closed:
            raise StoreError(f"{self.where}: the store is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self.waiting.put(Piece(work, loop, future))
        return await future

    def stop_for(self, damage: Damaged) -> None:
        self.damaged = damage

    async def aclose(self) -> None:
        """Write what was handed in before, then end the threads."""
        self.closed = True
        for _ in self.threads:
            self.waiting.put(None)
        await asyncio.to_thread(self._join)

    def _join(self) -> None:
        for thread in self.threads:
            thread.join()
        self.engine.dispose()

    def run(self) -> None:
        raise NotImplementedError


class GroupedWriter(_Threads):
    """SQLite's writer. Who comes in an idle moment is committed at once; who comes meanwhile shares the next one."""

    def __init__(self, engine: Engine, *, where: str) -> None:
        super().__init__(engine, where=where, threads=1)

    def run(self) -> None:
        last = False
        while not last:
            group, last = self._wait()
            if group:
                self._commit(group)
                _resume(group)

    def _wait(self) -> tuple[list[Piece], bool]:
        group: list[Piece] = []
        piece = self.waiting.get()
        while piece is not None:
            if not piece.future.cancelled():
                group.append(piece)
            if len(group) == LARGEST_GROUP:
                return group, False
            try:
                piece = self.waiting.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _commit(self, group: list[Piece]) -> None:
        """Run every piece in one transaction. Should the transaction itself be lost, no piece was written."""
        if self.damaged is not None:
            _fail(group, self.damaged)
            return
        try:
            with told(self.where), self.engine.connect() as connection:
                if len(group) == 1:
                    self._alone(connection, group[0])
                else:
                    self._together(connection, group)
        except Damaged as error:
            self.damaged = error
            _fail(group, error)
        except Exception as error:
            _fail(group, error)

    def _alone(self, connection: Connection, piece: Piece) -> None:
        with connection.begin():
            piece.result = piece.work(connection)

    def _together(self, connection: Connection, group: list[Piece]) -> None:
        with connection.begin():
            for piece in group:
                try:
                    with told(self.where), connection.begin_nested():
                        piece.result = piece.work(connection)
                except Exception as error:
                    if isinstance(error, Damaged) or _transaction_lost(connection):
                        raise
                    piece.error = error


class ParallelWriter(_Threads):
    """PostgreSQL's writer. Work that the server broke off to end a deadlock is run again, so it must have no effect of
    its own beside the database."""

    def __init__(self, engine: Engine, *, where: str, threads: int = 4) -> None:
        super().__init__(engine, where=where, threads=threads)

    def run(self) -> None:
        while (piece := self.waiting.get()) is not None:
            if not piece.future.cancelled():
                self._commit(piece)
                _resume([piece])

    def _commit(self, piece: Piece) -> None:
        for _ in range(TRIES):
            try:
                with told(self.where):
                    piece.error = None
                    self._once(piece)
                return
            except Exception as error:
                piece.error = error
                if not _rerun(error):
                    return

    def _once(self, piece: Piece) -> None:
        with self.engine.begin() as connection:
            piece.result = piece.work(connection)


def _rerun(error: BaseException) -> bool:
    cause = error.__cause__ if isinstance(error, StoreError) else error
    return isinstance(cause, DBAPIError) and getattr(cause.orig, "sqlstate", None) in RERUN


def _transaction_lost(connection: Connection) -> bool:
    """Whether SQLite gave up the whole transaction (disk full, I/O error) and not only this piece."""
    driver = connection.connection.dbapi_connection
    return driver is None or not driver.in_transaction


def _fail(group: list[Piece], error: BaseException) -> None:
    for piece in group:
        piece.error = error


def _resume(group: list[Piece]) -> None:
    """Wake the callers, after the commit, with one message to each loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Piece]] = {}
    for piece in group:
        by_loop.setdefault(piece.loop, []).append(piece)
    for loop, pieces in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resume_all, pieces)


def _resume_all(pieces: list[Piece]) -> None:
    for piece in pieces:
        piece.resume()
