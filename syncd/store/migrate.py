"""Make or migrate the schema, and refuse a database that this program does not understand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy.exc import DBAPIError

from syncd.errors import StoreError
from syncd.store import engines, meta
from syncd.store.backup import copy_to
from syncd.store.checkup import SMALL, damaged
from syncd.store.generation import read_mark
from syncd.store.lock import Tell
from syncd.store.migrations import HEAD, REVISIONS

FOLDER = Path(__file__).parent / "migrations"
VERSION = text("SELECT version_num FROM alembic_version")


def upgrade(
    url: str,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    notice: Tell = lambda text: None,
) -> None:
    """Bring the database to this program's schema; a SQLite store is copied aside before it is migrated.

    Raises:
        StoreError: see `check`.
    """
    file = engines.file_of(url)
    if file:
        _make_room(file)
    engine = engines.writing(url)
    try:
        with engines.told(f"store {engines.shown(url)}"):
            found = _examine(engine, url)
            if found == HEAD:
                return
            if file and found:
                kept = _aside(url, file, now())
                notice(f"migrating from schema {found} to {HEAD}; the store as it was: {kept}")
            _migrate(engine, now())
    finally:
        engine.dispose()


def check(url: str) -> None:
    """Raise StoreError where the database is damaged, missing or not of this program's schema; write nothing."""
    file = engines.file_of(url)
    if file and not file.exists():
        raise StoreError(f"there is no store at {file}; `syncd db upgrade` makes one")
    engine = engines.reading(url, connections=1)
    try:
        with engines.told(f"store {engines.shown(url)}"):
            found = _examine(engine, url)
    finally:
        engine.dispose()
    if found != HEAD:
        raise StoreError(
            f"{engines.shown(url)} has schema {found or 'none'}, this syncd needs {HEAD}: run `syncd db upgrade`"
        )


def _make_room(file: Path) -> None:
    """A missing file is made anew only where no store has been before: an empty one would create every issue again."""
    if not file.exists() and read_mark(file):
        raise StoreError(
            f"{file} is gone, but there was a store here; bring it back with `syncd db restore`, "
            f"or delete {file.name}.generation to begin an empty one"
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        file.touch(mode=0o600)


def _examine(engine: Engine, url: str) -> str | None:
    """The database's revision; None for an empty one."""
    try:
        with engine.connect() as c:
            if c.dialect.name == "sqlite":
                _quick_check(c, url)
            return _revision(c, url)
    except DBAPIError as error:
        if engines.is_damage(error):
            raise damaged(engines.shown(url), str(error.orig)) from error
        raise


def _quick_check(c: Connection, url: str) -> None:
    """Read every page: a damaged store must not be written on. A large one is left to `checkup`, after the start."""
    file = engines.file_of(url)
    if file and file.stat().st_size > SMALL:
        return
    problem = c.execute(text("PRAGMA quick_check(1)")).scalar_one()
    if problem != "ok":
        raise damaged(engines.shown(url), str(problem))


def _revision(c: Connection, url: str) -> str | None:
    tables = inspect(c).get_table_names()
    if "alembic_version" not in tables:
        if tables:
            raise StoreError(f"{engines.shown(url)} holds other tables and is no store of syncd")
        return None
    found = c.scalar(VERSION)
    if found is not None and found not in REVISIONS:
        raise StoreError(
            f"{engines.shown(url)} has schema {found}, which is newer than {HEAD}, the newest that this syncd knows: "
            "install a newer syncd, or restore a backup from before"
        )
    return None if found is None else str(found)


def _aside(url: str, file: Path, now: datetime) -> Path:
    target = file.with_name(f"{file.name}.before-{HEAD}-{now:%Y%m%dT%H%M%S}")
    copy_to(url, target, now=now)
    return target


def _migrate(engine: Engine, now: datetime) -> None:
    # here and not at the top: Alembic costs a tenth of a second, and a start with nothing to migrate does not need it
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with engine.begin() as c:
        if c.dialect.name == "postgresql":
            c.execute(select(text("pg_advisory_xact_lock(hashtext('syncd migration'))")))  # two daemons start at once
            if c.scalar(text("SELECT to_regclass('alembic_version')")) and c.scalar(VERSION) == HEAD:
                return
        config.attributes["connection"] = c
        command.upgrade(config, "head")
        meta.store_id(c)
        if meta.get(c, "created_at") is None:
            meta.put(c, "created_at", now.isoformat())
