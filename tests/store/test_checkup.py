"""A large store starts at once, and damage in it stops all writing soon after."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from syncd.errors import StoreError
from syncd.store import meta
from syncd.store.checkup import SMALL
from syncd.store.store import Store


@pytest.fixture
def large(sqlite_url: str) -> str:
    with closing(sqlite3.connect(_path(sqlite_url))) as c:
        c.execute("INSERT INTO meta VALUES ('bulk', zeroblob(?))", (SMALL,))
        c.execute("DELETE FROM meta WHERE key = 'bulk'")  # the pages stay, free
        c.executemany("INSERT INTO meta VALUES (?, ?)", ((f"row-{n}", "x" * 2000) for n in range(SMALL // 3000)))
        c.commit()
    return sqlite_url


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


async def test_a_sound_store_is_written_to(large: str) -> None:
    store = await Store.open(large, daemon=True)
    await store.write(lambda c: meta.put(c, "key", "value"))
    await asyncio.sleep(0.3)
    assert store.damage is None
    await store.write(lambda c: meta.put(c, "key", "other"))
    await store.aclose()


async def test_damage_is_found_though_nobody_reads_that_page(large: str) -> None:
    data = bytearray(_path(large).read_bytes())
    middle = len(data) // 8192 * 4096
    data[middle : middle + 4096] = b"\xff" * 4096
    _path(large).write_bytes(data)
    store = await Store.open(large, daemon=True)
    for _ in range(200):
        if store.damage is not None:
            break
        await asyncio.sleep(0.05)
    with pytest.raises(StoreError, match=r"is damaged.*syncd db restore"):
        await store.write(lambda c: meta.put(c, "key", "value"))
    await store.aclose()


async def test_closing_does_not_wait_for_the_checkup(large: str) -> None:
    store = await Store.open(large, daemon=True)
    await asyncio.wait_for(store.aclose(), 2)
    assert store.damage is None
