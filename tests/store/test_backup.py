"""A backup is a whole store; a restore takes only what fits, and tells that what it brought back is old."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from syncd.errors import StoreError
from syncd.store import meta
from syncd.store.backup import backup, read_label, restore
from syncd.store.generation import mark_file
from syncd.store.lock import hold
from syncd.store.migrations import HEAD
from syncd.store.store import Store
from tests.store.samples import NOW


async def put(url: str, value: str) -> None:
    store = await Store.open(url, daemon=True)
    await store.write(lambda c: meta.put(c, "key", value))
    await store.aclose()


async def test_a_restore_brings_back_what_was_there_and_says_so(sqlite_url: str, tmp_path: Path) -> None:
    await put(sqlite_url, "old")
    label = backup(sqlite_url, tmp_path / "copy", now=NOW)
    await put(sqlite_url, "new")
    restore(sqlite_url, tmp_path / "copy", now=NOW)

    store = await Store.open(sqlite_url, daemon=True)
    assert await store.read(lambda c: meta.get(c, "key")) == "old"
    assert store.id == label.store
    assert store.restored == f"restored from a backup of {NOW.isoformat()}"
    assert await store.read(meta.backup_time) == NOW
    assert await store.read(lambda c: meta.count(c, meta.GENERATION)) > label.generation + 1
    await store.write(meta.leave_restored)
    await store.aclose()

    again = await Store.open(sqlite_url, daemon=True)
    assert again.restored is None
    await again.aclose()
    (kept,) = tmp_path.glob("syncd.db.before-restore-*")
    with closing(sqlite3.connect(kept)) as c:
        assert c.execute("SELECT value FROM meta WHERE key = 'key'").fetchone() == ("new",)


async def test_a_backup_is_taken_while_the_daemon_writes(sqlite_url: str, tmp_path: Path) -> None:
    store = await Store.open(sqlite_url, daemon=True)
    await store.write(lambda c: meta.put(c, "key", "value"))
    label = backup(sqlite_url, tmp_path / "copy", now=NOW)
    await store.aclose()
    assert label == read_label(tmp_path / "copy")
    assert label.schema == HEAD
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(tmp_path / "copy")) as c:
        assert c.execute("SELECT value FROM meta WHERE key = 'key'").fetchone() == ("value",)


async def test_a_backup_overwrites_nothing(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("precious")
    with pytest.raises(StoreError, match="there already"):
        backup(sqlite_url, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "precious"


class TestRefusals:
    """Each names its reason and leaves the store as it was (reliability.md, C5)."""

    @pytest.fixture
    async def url(self, sqlite_url: str) -> str:
        await put(sqlite_url, "mine")
        return sqlite_url

    def refused(self, url: str, source: Path, reason: str) -> None:
        file = Path(url.removeprefix("sqlite:///"))
        before = file.read_bytes()
        with pytest.raises(StoreError, match=reason):
            restore(url, source)
        assert file.read_bytes() == before
        assert not list(file.parent.glob("*.partial*"))

    def test_no_such_file(self, url: str, tmp_path: Path) -> None:
        self.refused(url, tmp_path / "nothing", "is no file")

    def test_no_backup(self, url: str, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("hello" * 1000)
        self.refused(url, tmp_path / "text", "is no backup")

    def test_a_bare_copy_of_a_store(self, url: str, tmp_path: Path) -> None:
        shutil.copy(tmp_path / "syncd.db", tmp_path / "copy")
        self.refused(url, tmp_path / "copy", "is no backup")

    async def test_another_store(self, url: str, tmp_path: Path) -> None:
        other = f"sqlite:///{tmp_path / 'other.db'}"
        await put(other, "theirs")
        backup(other, tmp_path / "copy")
        self.refused(url, tmp_path / "copy", "is of store")

    def test_a_newer_schema(self, url: str, tmp_path: Path) -> None:
        backup(url, tmp_path / "copy")
        with closing(sqlite3.connect(tmp_path / "copy")) as c:
            c.execute("UPDATE backup_label SET schema = '9999'")
            c.commit()
        self.refused(url, tmp_path / "copy", f"9999.*{HEAD}")

    def test_a_damaged_backup(self, url: str, tmp_path: Path) -> None:
        backup(url, tmp_path / "copy")
        data = bytearray((tmp_path / "copy").read_bytes())
        data[8192:16000] = b"\xff" * (16000 - 8192)
        (tmp_path / "copy").write_bytes(data)
        self.refused(url, tmp_path / "copy", "damaged|no backup")

    def test_a_running_daemon(self, url: str, tmp_path: Path) -> None:
        backup(url, tmp_path / "copy")
        with hold(tmp_path / "syncd.db"):
            self.refused(url, tmp_path / "copy", "held by another syncd")


async def test_a_damaged_store_is_replaced_and_kept(sqlite_url: str, tmp_path: Path) -> None:
    await put(sqlite_url, "value")
    backup(sqlite_url, tmp_path / "copy", now=NOW)
    (tmp_path / "syncd.db").write_bytes(b"\xff" * 20000)
    restore(sqlite_url, tmp_path / "copy", now=NOW)
    store = await Store.open(sqlite_url, daemon=True)
    assert await store.read(lambda c: meta.get(c, "key")) == "value"
    await store.aclose()
    (kept,) = tmp_path.glob("syncd.db.before-restore-*")
    assert kept.read_bytes() == b"\xff" * 20000


async def test_an_older_copy_put_back_by_hand_is_noticed(sqlite_url: str, tmp_path: Path) -> None:
    """F9: no command told us; the count beside the file does."""
    await put(sqlite_url, "old")
    shutil.copy(tmp_path / "syncd.db", tmp_path / "copy")
    await put(sqlite_url, "new")
    shutil.copy(tmp_path / "copy", tmp_path / "syncd.db")
    store = await Store.open(sqlite_url, daemon=True)
    assert store.restored is not None
    assert "older copy" in store.restored
    await store.aclose()
    again = await Store.open(sqlite_url, daemon=True)
    assert again.restored is not None  # until a person says otherwise
    await again.write(meta.leave_restored)
    await again.aclose()
    third = await Store.open(sqlite_url, daemon=True)
    assert third.restored is None
    await third.aclose()


async def test_a_copy_from_within_a_run_is_noticed_once_it_was_counted(sqlite_url: str, tmp_path: Path) -> None:
    store = await Store.open(sqlite_url, daemon=True)
    backup(sqlite_url, tmp_path / "copy")
    await store.count_generation()
    await store.aclose()
    shutil.copy(tmp_path / "copy", tmp_path / "syncd.db")
    again = await Store.open(sqlite_url, daemon=True)
    assert again.restored is not None
    await again.aclose()


async def test_a_crash_between_the_two_counts_means_nothing(sqlite_url: str, tmp_path: Path) -> None:
    await put(sqlite_url, "value")
    mark = mark_file(tmp_path / "syncd.db").read_text()
    await put(sqlite_url, "value")
    mark_file(tmp_path / "syncd.db").write_text(mark)
    store = await Store.open(sqlite_url, daemon=True)
    assert store.restored is None
    await store.aclose()


async def test_looking_counts_nothing(sqlite_url: str, tmp_path: Path) -> None:
    """I27: `status` and its like leave no trace."""
    await put(sqlite_url, "value")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    store = await Store.open(sqlite_url, upgrade=False)
    assert await store.read(lambda c: meta.get(c, "key")) == "value"
    await store.aclose()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


RESTORE = """
import pathlib, sys
from syncd.store.backup import restore
restore(sys.argv[1], pathlib.Path(sys.argv[2]))
"""


def killed(url: str, source: Path, nth: int) -> bool:
    """Restore in a process of its own that dies at the nth passage of H15; False when it lived to the end."""
    at = {**os.environ, "SYNCD_CRASH_AT": f"H15:{nth}"}
    ended = subprocess.run([sys.executable, "-c", RESTORE, url, str(source)], env=at, check=False)
    assert ended.returncode in (0, -signal.SIGKILL)
    return ended.returncode != 0


async def test_a_restore_that_is_killed_anywhere_leaves_the_old_store_or_the_new(
    sqlite_url: str, tmp_path: Path
) -> None:
    """H15: whichever it is can be opened whole, what came back says that it is old, and once more completes it."""
    file, deaths = Path(sqlite_url.removeprefix("sqlite:///")), 0
    await put(sqlite_url, "old")
    backup(sqlite_url, tmp_path / "copy", now=NOW)
    for nth in count(1):
        for left in tmp_path.glob(f"{file.name}*"):
            if left.is_file():
                left.unlink()
        restore(sqlite_url, tmp_path / "copy", now=NOW)
        await put(sqlite_url, "new")
        store = await Store.open(sqlite_url, daemon=True)
        await store.write(meta.leave_restored)
        await store.aclose()
        if not killed(sqlite_url, tmp_path / "copy", nth):
            break
        deaths += 1
        with closing(sqlite3.connect(file)) as c:
            assert c.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        store = await Store.open(sqlite_url, daemon=True)
        stands = await store.read(lambda c: meta.get(c, "key"))
        assert (stands, bool(store.restored)) in (("new", False), ("old", True)), nth
        await store.aclose()
        restore(sqlite_url, tmp_path / "copy", now=NOW)
        store = await Store.open(sqlite_url, daemon=True)
        assert await store.read(lambda c: meta.get(c, "key")) == "old"
        assert store.restored
        await store.aclose()
    assert deaths >= 8


def test_postgresql_has_its_own_tools(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="pg_dump"):
        backup("postgresql://host/name", tmp_path / "copy")
    with pytest.raises(StoreError, match="pg_restore"):
        restore("postgresql://host/name", tmp_path / "copy")
