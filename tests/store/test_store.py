"""The store commits what it answers for, together where it can, and says plainly when it cannot."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError

from syncd.errors import StoreError
from syncd.store import engines, meta
from syncd.store.store import Store
from syncd.store.writer import GroupedWriter


async def test_what_is_written_is_read_and_outlives_the_store(store_url: str) -> None:
    first = await Store.open(store_url)
    await first.write(lambda c: meta.put(c, "key", "value"))
    assert await first.read(lambda c: meta.get(c, "key")) == "value"
    await first.aclose()

    second = await Store.open(store_url)
    assert await second.read(lambda c: meta.get(c, "key")) == "value"
    assert second.id == first.id
    await second.aclose()


async def test_a_failing_piece_takes_nobody_with_it(store: Store) -> None:
    def fail(c: Connection) -> None:
        meta.put(c, "bad", "half")
        raise LookupError("mine")

    def put(key: str) -> asyncio.Future[None]:
        return asyncio.ensure_future(store.write(lambda c: meta.put(c, key, "here")))

    answers = await asyncio.gather(put("a"), store.write(fail), put("b"), return_exceptions=True)
    assert [type(answer) for answer in answers] == [type(None), LookupError, type(None)]
    assert await store.read(lambda c: [meta.get(c, key) for key in ("a", "bad", "b")]) == ["here", None, "here"]


async def test_a_broken_constraint_in_a_group_reaches_its_caller_only(store: Store) -> None:
    def broken(c: Connection) -> None:
        c.execute(
            text("INSERT INTO hint (link_id, side, connection, ref, received_at, event) VALUES (9,'x','','',1,1)")
        )

    answers = await asyncio.gather(
        *(store.write(broken if n == 3 else partial(meta.put, key=str(n), value="x")) for n in range(8)),
        return_exceptions=True,
    )
    assert [isinstance(answer, DBAPIError) for answer in answers] == [n == 3 for n in range(8)]
    assert await store.read(lambda c: sum(meta.get(c, str(n)) is not None for n in range(8))) == 7


async def test_readers_cannot_write(store: Store) -> None:
    with pytest.raises((StoreError, DBAPIError)):
        await store.read(lambda c: meta.put(c, "key", "value"))
    assert await store.read(lambda c: meta.get(c, "key")) is None


async def test_a_reader_sees_one_moment(store: Store) -> None:
    """On PostgreSQL each statement sees what is committed by then; one query is one moment on both."""
    entered, go_on = threading.Event(), threading.Event()

    def read(c: Connection) -> str | None:
        entered.set()
        go_on.wait(5)
        return meta.get(c, "key")

    reading = asyncio.ensure_future(store.read(read))
    await asyncio.to_thread(entered.wait, 5)
    await store.write(lambda c: meta.put(c, "key", "value"))  # not held up by the reader
    go_on.set()
    assert await reading == "value"


async def test_who_waits_together_is_committed_together(sqlite_store: Store) -> None:
    """One flush for all who came while the writer was busy; who comes alone does not wait for company."""
    writer = sqlite_store._writer
    assert isinstance(writer, GroupedWriter)
    commits = 0

    @event.listens_for(writer.engine, "commit")
    def count(_: Connection) -> None:
        nonlocal commits
        commits += 1

    busy = asyncio.ensure_future(sqlite_store.write(lambda c: threading.Event().wait(0.2)))
    await asyncio.sleep(0.05)
    await asyncio.gather(*(sqlite_store.write(partial(meta.put, key=str(n), value="x")) for n in range(100)), busy)
    assert commits == 2

    await sqlite_store.write(lambda c: meta.put(c, "alone", "x"))
    assert commits == 3


async def test_callers_go_on_only_after_the_commit(store_url: str) -> None:
    store = await Store.open(store_url)
    other = engines.reading(store_url, connections=1)

    async def write_and_look(n: int) -> str | None:
        await store.write(lambda c: meta.put(c, str(n), "x"))
        with other.connect() as c:  # another connection sees what is committed, and nothing else
            return meta.get(c, str(n))

    assert await asyncio.gather(*(write_and_look(n) for n in range(20))) == ["x"] * 20
    other.dispose()
    await store.aclose()


async def test_a_cancelled_caller_disturbs_nobody(store: Store) -> None:
    started = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(c: Connection) -> None:
        loop.call_soon_threadsafe(started.set)
        threading.Event().wait(0.1)
        meta.put(c, "slow", "x")

    task = asyncio.ensure_future(store.write(slow))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await store.write(lambda c: meta.put(c, "next", "x"))
    assert await store.read(lambda c: meta.get(c, "next")) == "x"


async def test_closing_commits_what_was_handed_in(store_url: str) -> None:
    store = await Store.open(store_url)
    waiting = [asyncio.ensure_future(store.write(partial(meta.put, key=str(n), value="x"))) for n in range(50)]
    await asyncio.sleep(0)
    await store.aclose()
    await asyncio.gather(*waiting)
    with pytest.raises(StoreError, match="closed"):
        await store.write(lambda c: None)
    again = await Store.open(store_url)
    assert await again.read(lambda c: sum(meta.get(c, str(n)) is not None for n in range(50))) == 50
    await again.aclose()


async def test_an_error_quotes_nothing_that_was_to_be_written(store: Store) -> None:
    def broken(c: Connection) -> None:
        c.execute(text("INSERT INTO meta (key, value) VALUES (:key, NULL)"), {"key": "customer's words"})

    with pytest.raises(DBAPIError) as caught:
        await store.write(broken)
    assert "customer's words" not in str(caught.value)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/name", "nonsense"])
async def test_a_url_that_cannot_be_a_store_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="sqlite"):
        await Store.open(url)


async def test_sqlite_is_durable_and_checks_foreign_keys(sqlite_store: Store) -> None:
    def settings(c: Connection) -> list[object]:
        return [c.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous", "foreign_keys")]

    assert await sqlite_store.write(settings) == ["wal", 2, 1]


async def test_a_locked_file_is_told_after_three_seconds(sqlite_store: Store) -> None:
    other = engines.writing(sqlite_store.url)
    with other.connect() as c, c.begin():
        meta.put(c, "held", "x")
        with pytest.raises(StoreError, match="locked"):
            await sqlite_store.write(lambda c: meta.put(c, "key", "value"))
    other.dispose()
    await sqlite_store.write(lambda c: meta.put(c, "key", "value"))
