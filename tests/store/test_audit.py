"""The audit only grows, and a row that somebody touched is found."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Executable, delete, event, select, text, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.exc import DBAPIError

from syncd.core.model import Side
from syncd.errors import StoreError
from syncd.store import audit, retention
from syncd.store.records import AuditEntry, Broken
from syncd.store.schema import audit as table
from syncd.store.schema import audit_anchor
from syncd.store.store import Store
from tests.store.samples import NOW, at

ENTRY = AuditEntry(
    kind="update.done",
    link_id=7,
    run="r1",
    side=Side.SUPPORT,
    rule="fields.priority",
    cause="x1",
    item="priority",
    before={"priority": "höher\0\ud800"},
    after=["low", None, 1.5],
    request="key",
    outcome="ok\0",
)


def rows(count: int) -> list[AuditEntry]:
    return [AuditEntry(kind="note", item=str(number), link_id=number % 2) for number in range(count)]


async def test_a_row_is_kept_whole(store: Store) -> None:
    (written,) = await store.write(lambda c: audit.append(c, ENTRY, NOW))
    (row,) = await store.read(audit.page)
    assert (row.id, row.at, row.hash) == (1, NOW, written.hash)
    assert (row.entry.before, row.entry.after) == (ENTRY.before, ENTRY.after)
    assert row.entry.outcome == "ok\\u0000"
    assert await store.read(audit.verify) is None


async def test_the_brake_reads_the_last_hour_and_not_all_that_was_ever_said(sqlite_store: Store) -> None:
    def plan(c: Connection) -> list[str]:
        asked: list[tuple[str, tuple[object, ...]]] = []

        def note(_: Connection, __: object, statement: str, values: tuple[object, ...], *___: object) -> None:
            asked.append((statement, values))

        event.listen(c, "before_cursor_execute", note)
        audit.usage(c, since=NOW, mapping="desk-tracker", link_id=7, meant="linked by")
        ((statement, values),) = asked
        return [row.detail for row in c.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]

    (way,) = [step for step in await sqlite_store.read(plan) if "audit" in step]
    assert "ix_audit_at (at>?)" in way


async def test_pages_go_on_where_the_last_one_ended(store: Store) -> None:
    await store.write(lambda c: audit.append(c, rows(10), NOW))
    first = await store.read(lambda c: audit.page(c, limit=6))
    second = await store.read(lambda c: audit.page(c, after=first[-1].id, limit=6))
    assert [row.entry.item for row in (*first, *second)] == [str(number) for number in range(10)]
    assert [row.entry.item for row in await store.read(lambda c: audit.page(c, 1, limit=2))] == ["1", "3"]
    newest = await store.read(lambda c: audit.page(c, limit=3, newest_first=True))
    older = await store.read(lambda c: audit.page(c, after=newest[-1].id, limit=2, newest_first=True))
    assert [row.id for row in (*newest, *older)] == [10, 9, 8, 7, 6]


async def test_many_writers_make_one_chain(store: Store) -> None:
    await asyncio.gather(*(store.write(lambda c: audit.append(c, rows(2), NOW)) for _ in range(30)))
    assert await store.read(audit.verify) is None
    assert (await store.read(audit.head))[0] == 60


async def test_a_rolled_back_row_leaves_no_gap(store: Store) -> None:
    def fail(c: Connection) -> None:
        audit.append(c, rows(3), NOW)
        raise LookupError

    with pytest.raises(LookupError):
        await store.write(fail)
    await store.write(lambda c: audit.append(c, rows(1), NOW))
    assert await store.read(audit.verify) is None


@pytest.mark.parametrize("statement", [delete(table), update(table).values(outcome="better"), text("TRUNCATE audit")])
async def test_no_statement_changes_a_row(store: Store, statement: Executable) -> None:
    await store.write(lambda c: audit.append(c, rows(3), NOW))
    with pytest.raises((DBAPIError, StoreError)):  # SQLite does not even know TRUNCATE
        await store.write(lambda c: c.execute(statement))
    assert len(await store.read(audit.page)) == 3


def without_triggers(c: Connection) -> None:
    """As somebody would who owns the database."""
    if c.dialect.name == "sqlite":
        c.execute(text("DROP TRIGGER audit_no_update"))
        c.execute(text("DROP TRIGGER audit_no_delete"))
    else:
        c.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))


@pytest.mark.parametrize("number", [1, 4, 7])
async def test_a_deleted_row_is_missed(store: Store, number: int) -> None:
    await store.write(lambda c: audit.append(c, rows(8), NOW))

    def tamper(c: Connection) -> Broken | None:
        without_triggers(c)
        c.execute(delete(table).where(table.c.id == number))
        return audit.verify(c)

    assert await store.write(tamper) == Broken(number, f"row {number} is missing")


@pytest.mark.parametrize("column", sorted({column.name for column in table.columns} - {"id", "at", "link_id"}))
async def test_an_edited_row_is_found(store: Store, column: str) -> None:
    await store.write(lambda c: audit.append(c, [*rows(3), ENTRY, *rows(3)], NOW))

    def tamper(c: Connection) -> Broken | None:
        without_triggers(c)
        c.execute(update(table).where(table.c.id == 4).values({column: '"else"'}))
        return audit.verify(c)

    broken = await store.write(tamper)
    assert broken is not None
    assert broken.id == 4


async def test_a_row_rewritten_with_a_hash_that_fits_it_breaks_the_next(store: Store) -> None:
    """By somebody who knows how the hash is made: the rows after it still cover the old one."""
    written = await store.write(lambda c: audit.append(c, rows(6), NOW))

    def tamper(c: Connection) -> Broken | None:
        without_triggers(c)
        c.execute(update(table).where(table.c.id == 4).values(outcome="better"))
        row = c.execute(select(table).where(table.c.id == 4)).one()
        fitting = audit._hash(written[2].hash, row._asdict())
        c.execute(update(table).where(table.c.id == 4).values(hash=fitting))
        return audit.verify(c)

    broken = await store.write(tamper)
    assert broken is not None
    assert broken.id == 5


async def test_a_row_that_was_slipped_in_is_found(store: Store) -> None:
    await store.write(lambda c: audit.append(c, rows(3), NOW))
    await store.write(lambda c: c.execute(plain_insert(table).values(id=4, at=NOW, kind="forged", hash="0" * 64)))
    assert (await store.read(audit.verify)) == Broken(4, "row 4 was changed, or follows another row than it did")


async def test_retention_takes_the_oldest_and_the_chain_still_holds(store: Store) -> None:
    for day in range(5):
        await store.write(lambda c, day=day: audit.append(c, rows(4), NOW + timedelta(days=day)))  # type: ignore[misc]  # a loop variable
    ages = retention.Ages(audit=timedelta(days=2))
    now = NOW + timedelta(days=4)
    gone = await store.write(lambda c: retention.prune(c, now, ages))
    assert gone["audit"] == 8
    assert [row.id for row in await store.read(audit.page)] == list(range(9, 21))
    assert await store.read(audit.verify) is None
    await store.write(lambda c: audit.append(c, rows(1), now))
    assert await store.read(audit.verify) is None

    everything = retention.Ages(audit=timedelta(0))
    await store.write(lambda c: retention.prune(c, now + timedelta(days=1), everything))
    await store.write(lambda c: audit.append(c, rows(1), now))
    assert [row.id for row in await store.read(audit.page)] == [22]
    assert await store.read(audit.verify) is None


async def test_an_anchor_lets_no_younger_row_go(store: Store) -> None:
    await store.write(lambda c: audit.append(c, rows(4), NOW))
    await store.write(lambda c: c.execute(plain_insert(audit_anchor).values(id=2, hash="x", at=at(0))))
    with pytest.raises(DBAPIError):
        await store.write(lambda c: c.execute(delete(table).where(table.c.id == 3)))
