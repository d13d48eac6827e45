"""Copy a SQLite store while it is in use, and put a copy back (reliability.md, 5.8).

PostgreSQL has its own tools, which do it better: `pg_dump`, `pg_basebackup`, and archives of its log.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from syncd import crash
from syncd.errors import StoreError
from syncd.store import engines
from syncd.store.generation import Mark, read_mark, write_mark
from syncd.store.lock import hold
from syncd.store.migrations import HEAD, REVISIONS

LABEL = "backup_label"


@dataclass(frozen=True, slots=True)
class Label:
    """What a backup says of itself, in a table of its own."""

    store: str
    schema: str
    generation: int
    made_at: datetime


def backup(url: str, to: Path, *, now: datetime | None = None) -> Label:
    """Write a copy of the store to a new file, readable by its owner only; the store may be in use.

    Raises:
        StoreError: the file is there already, the disk is full (nothing is left then), or the store is no SQLite file.
    """
    return copy_to(url, to, now=now or datetime.now(UTC))


def copy_to(url: str, to: Path, *, now: datetime) -> Label:
    source = _file(url, "`pg_dump`")
    if to.exists():
        raise StoreError(f"{to} is there already; name a new file")
    if not source.exists():
        raise StoreError(f"there is no store at {source}")
    fresh = _fresh(to)
    try:
        with _told(source):
            label = _copy(source, fresh, now)
        fresh.replace(to)
        _sync_folder(to)
    finally:
        _remove(fresh)
    return label


def read_label(path: Path) -> Label:
    """What the backup says of itself.

    Raises:
        StoreError: it is no backup, or it is damaged.
    """
    if not path.is_file():
        raise StoreError(f"{path} is no file")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as c:
            if c.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise StoreError(f"{path} is damaged; take another backup")
            row = c.execute(f"SELECT store, schema, generation, made_at FROM {LABEL}").fetchone()  # noqa: S608 # ours
    except sqlite3.DatabaseError:
        raise StoreError(f"{path} is no backup of syncd") from None
    return Label(row[0], row[1], row[2], datetime.fromisoformat(row[3]))


def restore(url: str, source: Path, *, now: datetime | None = None) -> Label:
    """Put a backup in the store's place; what was there stays beside it. Nothing is written to a vendor afterwards
    until a person has seen the plan: the store says `restored` until `meta.leave_restored`.

    Raises:
        StoreError: no backup, of another store, from a newer schema, or a daemon runs; the store is then untouched.
    """
    target = _file(url, "`pg_restore`")
    label = read_label(source)
    if label.schema not in REVISIONS:
        raise StoreError(f"{source} has schema {label.schema}, newer than {HEAD}, the newest that this syncd knows")
    with hold(target):
        here = _here(target)
        if here is not None and here.store != label.store:
            raise StoreError(f"{source} is of store {label.store}; {target} is store {here.store}")
        generation = max(label.generation, here.generation if here else 0) + 1
        fresh = _fresh(target)
        try:
            with _told(target):
                moment = now or datetime.now(UTC)
                _fill(source, fresh, label=label, generation=generation, now=moment)
                _exchange(fresh, target, moment)
        finally:
            _remove(fresh)
        crash.point("H15")
        write_mark(target, Mark(label.store, generation))
    crash.point("H15")
    return label


def _file(url: str, instead: str) -> Path:
    file = engines.file_of(url)
    if file is None:
        raise StoreError(f"a PostgreSQL store is kept with PostgreSQL's own tools: {instead}")
    return file


def _fresh(path: Path) -> Path:
    """An empty file beside `path` that only its owner can read, before anything is in it."""
    fresh = path.with_name(path.name + ".partial")
    _remove(fresh)
    fresh.touch(mode=0o600)
    return fresh


def _copy(source: Path, fresh: Path, now: datetime) -> Label:
    with closing(sqlite3.connect(source, timeout=engines.BUSY_SECONDS)) as old, closing(sqlite3.connect(fresh)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        label = Label(
            store=_one(new, "SELECT value FROM meta WHERE key = 'store_id'"),
            schema=_one(new, "SELECT version_num FROM alembic_version"),
            generation=int(_one(new, "SELECT coalesce(max(value), 0) FROM counter WHERE name = 'generation'")),
            made_at=now,
        )
        new.execute(f"CREATE TABLE {LABEL} (store TEXT, schema TEXT, generation INTEGER, made_at TEXT)")
        new.execute(
            f"INSERT INTO {LABEL} VALUES (?, ?, ?, ?)",  # noqa: S608 # our own name
            (label.store, label.schema, label.generation, label.made_at.isoformat()),
        )
        new.commit()
    return label


def _one(c: sqlite3.Connection, query: str) -> str:
    row = c.execute(query).fetchone()
    if row is None:
        raise StoreError("the store is empty: there is nothing to back up")
    return str(row[0])


def _fill(source: Path, fresh: Path, *, label: Label, generation: int, now: datetime) -> None:
    """The new store, complete before it takes the old one's place: a crash leaves the one or the other."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(fresh)) as new:
        old.backup(new)
        crash.point("H15")
        new.execute(f"DROP TABLE {LABEL}")
        put = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        new.execute(put, ("restored", f"restored from a backup of {label.made_at.isoformat()}"))
        new.execute(put, ("restored_from", label.made_at.isoformat()))
        new.execute(put, ("restored_at", now.isoformat()))
        new.execute(
            "INSERT INTO counter (name, value) VALUES ('generation', ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (generation,),
        )
        new.commit()
    with fresh.open("rb") as file:
        os.fsync(file.fileno())


def _here(target: Path) -> Mark | None:
    """Which store is in the place now, by itself or, where it is damaged or gone, by the mark beside it."""
    mark = read_mark(target)
    if not target.exists() or not target.stat().st_size:
        return mark
    try:
        with closing(sqlite3.connect(f"{target.as_uri()}?mode=ro", uri=True)) as c:
            store = _one(c, "SELECT value FROM meta WHERE key = 'store_id'")
            generation = int(_one(c, "SELECT coalesce(max(value), 0) FROM counter WHERE name = 'generation'"))
    except (sqlite3.DatabaseError, StoreError):
        return mark
    return Mark(store, max(generation, mark.generation if mark and mark.store == store else 0))


def _exchange(fresh: Path, target: Path, now: datetime) -> None:
    """The old file's log must be gone before the new file comes, or SQLite would replay it into the wrong one."""
    kept = target.with_name(f"{target.name}.before-restore-{now:%Y%m%dT%H%M%S}")
    crash.point("H15")
    if target.exists():
        _fold_log(target)
        crash.point("H15")
        for ending in ("-wal", "-shm"):
            log = target.with_name(target.name + ending)
            if log.exists():  # a damaged file does not take its log back; it stays beside it
                log.replace(kept.with_name(kept.name + ending))
        crash.point("H15")
        os.link(target, kept)
    crash.point("H15")
    fresh.replace(target)
    crash.point("H15")
    _sync_folder(target)


def _fold_log(target: Path) -> None:
    try:
        with closing(sqlite3.connect(target, timeout=engines.BUSY_SECONDS)) as c:
            c.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.DatabaseError:
        return  # damaged: the caller keeps the log as it is


def _remove(path: Path) -> None:
    for ending in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{path}: {error}; nothing was changed") from error
