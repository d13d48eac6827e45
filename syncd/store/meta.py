"""What the store knows of itself: its id, its generation, counters, and our own account ids at each vendor."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from syncd.store.insert import insert
from syncd.store.schema import counter, meta, own_account

GENERATION = "generation"
NUMBER = "number"


def get(c: Connection, key: str) -> str | None:
    return c.scalar(select(meta.c.value).where(meta.c.key == key))


def put(c: Connection, key: str, value: str) -> None:
    statement = insert(c, meta).values(key=key, value=value)
    c.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def drop(c: Connection, key: str) -> None:
    c.execute(delete(meta).where(meta.c.key == key))


def move_on(c: Connection, key: str, until: datetime, *, first: datetime) -> datetime:
    """Note that everything before `until` is looked after; returns from when on it was not. It never moves back.

    Args:
        first: the answer of a store that has no note yet.
    """
    said = get(c, key)
    after = datetime.fromisoformat(said) if said else first
    if after < until:
        put(c, key, until.isoformat())
    return after


def store_id(c: Connection) -> str:
    """The random name of this store, made at the first call and kept for ever."""
    if (known := get(c, "store_id")) is not None:
        return known
    c.execute(insert(c, meta).values(key="store_id", value=uuid.uuid4().hex).on_conflict_do_nothing())
    return get(c, "store_id") or ""


def count(c: Connection, name: str) -> int:
    """A counter as it stands; 0 before its first step."""
    return c.scalar(select(counter.c.value).where(counter.c.name == name)) or 0


def step(c: Connection, name: str) -> int:
    """The next number of a counter. Never given twice; a transaction that is rolled back gives its number back."""
    statement = insert(c, counter).values(name=name, value=1)
    statement = statement.on_conflict_do_update(index_elements=["name"], set_={"value": counter.c.value + 1})
    return int(c.execute(statement.returning(counter.c.value)).scalar_one())


def jump(c: Connection, name: str, past: int) -> None:
    """Let a counter go on above `past`, where it is not there already."""
    c.execute(insert(c, counter).values(name=name, value=0).on_conflict_do_nothing())
    c.execute(update(counter).where(counter.c.name == name, counter.c.value < past).values(value=past))


def restored(c: Connection) -> str | None:
    """Why this store may be older than what it wrote at the vendors, or None. While it says so, nothing is written."""
    return get(c, "restored")


def set_restored(c: Connection, reason: str) -> None:
    put(c, "restored", reason)


def leave_restored(c: Connection) -> None:
    drop(c, "restored")


def backup_time(c: Connection) -> datetime | None:
    """When the backup was made that this store was restored from: cursors go back to it."""
    text = get(c, "restored_from")
    return datetime.fromisoformat(text) if text else None


def own_accounts(c: Connection, connection: str) -> frozenset[str]:
    """Every account id that ever was ours there: after a change of the bot account, its old comments stay ours."""
    rows = c.scalars(select(own_account.c.account).where(own_account.c.connection == connection))
    return frozenset(rows)


def add_own_accounts(c: Connection, connection: str, accounts: Iterable[str]) -> None:
    for account in accounts:
        c.execute(insert(c, own_account).values(connection=connection, account=account).on_conflict_do_nothing())
