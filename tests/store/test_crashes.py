"""Killed or out of space at any moment: what was answered is there, and nothing by halves."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from syncd.errors import StoreError
from syncd.store import meta
from syncd.store.engines import Damaged
from syncd.store.store import Store
from tests import pg

WRITE = """
import asyncio, sys
from syncd.store import meta
from syncd.store.store import Store
from tests import pg

async def main(url):
    store = await Store.open(url)
    async def work(name):
        for number in range(100_000):
            def both(c, n=number):
                meta.put(c, f"{name}-{n}-a", "x")
                meta.put(c, f"{name}-{n}-b", "x")
            await store.write(both)
            print(f"{name}-{number}", flush=True)
    await asyncio.gather(*(work(name) for name in "abcdefgh"))

asyncio.run(main(sys.argv[1]))
"""


async def keys(url: str) -> set[str]:
    store = await Store.open(url)
    try:
        found = await store.read(lambda c: c.scalars(text("SELECT key FROM meta WHERE key <> 'store_id'")).all())
        return {key for key in found if "-" in key}
    finally:
        await store.aclose()


@pytest.mark.parametrize("seed", range(4))
async def test_sigkill_in_the_middle_of_writing(store_url: str, seed: int) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITE, store_url], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        first = child.stdout.readline().strip()
        time.sleep(random.Random(seed).uniform(0.02, 0.25))
        os.kill(child.pid, signal.SIGKILL)
        answered = {first, *(line.strip() for line in child.stdout if line.endswith("\n"))}
    stored = await keys(store_url)
    assert {f"{name}-{end}" for name in answered for end in "ab"} <= stored
    assert {key[:-2] for key in stored if key.endswith("-a")} == {key[:-2] for key in stored if key.endswith("-b")}
    if store_url.startswith("sqlite"):
        with closing(sqlite3.connect(store_url.removeprefix("sqlite:///"))) as c:
            assert c.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this user may not mount a small file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_a_full_disk_refuses_and_goes_on_when_there_is_room(small_disk: Path, sqlite_template: Path) -> None:
    shutil.copy(sqlite_template, small_disk / "syncd.db")
    store = await Store.open(f"sqlite:///{small_disk / 'syncd.db'}")
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 1_000_000)
    answers = await _fill(store)
    refused = [answer for answer in answers if answer is not None]
    assert refused, "the disk never filled up"
    assert all(isinstance(answer, StoreError) and "disk is full" in str(answer) for answer in refused)
    expected = {f"{n}-{end}" for n, answer in enumerate(answers) if answer is None for end in "ab"}

    filler.unlink()
    await store.write(lambda c: meta.put(c, "room-again", "x"))
    await store.aclose()
    assert await keys(f"sqlite:///{small_disk / 'syncd.db'}") == expected | {"room-again"}


async def _fill(store: Store) -> list[BaseException | None]:
    """200 pieces of two rows of 8 KB, in groups: what each of them was answered."""

    def both(c: Connection, n: int) -> None:
        meta.put(c, f"{n}-a", "x" * 8000)
        meta.put(c, f"{n}-b", "x" * 8000)

    answers: list[BaseException | None] = []
    for start in range(0, 200, 10):
        group = (store.write(partial(both, n=n)) for n in range(start, start + 10))
        answers += await asyncio.gather(*group, return_exceptions=True)
    return answers


LIMITED = """
import asyncio, resource, sys
from syncd.errors import StoreError
from syncd.store import meta
from syncd.store.store import Store
from tests import pg

async def main(url):
    store = await Store.open(url)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
    for number in range(200):
        def both(c, n=number):
            meta.put(c, f"{n}-a", "x" * 8000)
            meta.put(c, f"{n}-b", "x" * 8000)
        try:
            await store.write(both)
        except StoreError as error:
            print(type(error).__name__, "Nothing of this was written" in str(error))
            break
        print(number)
    try:
        await store.write(lambda c: meta.put(c, "after-all", "x"))
    except StoreError as error:
        print(type(error).__name__)
    await store.aclose()

asyncio.run(main(sys.argv[1]))
"""


async def test_an_io_error_stops_all_writing_until_a_restart(sqlite_url: str) -> None:
    """F5: after a failed write nobody can be sure what the file is like, so nothing more is written to it."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, sqlite_url], capture_output=True, text=True, check=True, timeout=60
    )
    *numbers, first, second = done.stdout.split("\n")[:-1]
    assert (first, second) == (f"{Damaged.__name__} True", Damaged.__name__)
    stored = await keys(sqlite_url)
    assert {f"{n}-{end}" for n in numbers for end in "ab"} == stored


async def test_a_server_that_comes_back_is_written_to_again() -> None:
    """F12: PostgreSQL killed and started again; the pieces in between fail, nothing that was answered is lost."""
    try:
        with pg.server() as url:
            store = await Store.open(url)
            await store.write(lambda c: meta.put(c, "before-a", "x"))
            pg.restart(url)
            answers = [await _try(store, f"after-{number}") for number in range(12)]
            assert answers[-1] is None
            assert all(isinstance(answer, StoreError) for answer in answers if answer is not None)
            expected = {f"after-{number}" for number, answer in enumerate(answers) if answer is None}
            await store.aclose()
            assert await keys(url) >= expected | {"before-a"}
    except pg.Absent as absent:
        pytest.skip(str(absent))


async def _try(store: Store, key: str) -> BaseException | None:
    try:
        await store.write(lambda c: meta.put(c, key, "x"))
    except StoreError as error:
        return error
    return None
