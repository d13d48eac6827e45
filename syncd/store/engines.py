"""How to reach the database: URLs, SQLite's pragmas, and a driver's error as a sentence for a person."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from syncd.errors import StoreError

BUSY_SECONDS = 3.0  # how long SQLite waits for another process's lock
OLDEST_SQLITE = (3, 35)  # the first with RETURNING


class Damaged(StoreError):
    """The disk failed in the middle of a write: what SQLite believes of its file may be wrong. Only a restart helps."""


def parse(url: str) -> URL:
    """An SQLAlchemy URL with our driver named: `sqlite:///var/syncd.db` or `postgresql://user@host/name`."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError("the store's URL cannot be read; expected sqlite:///file or postgresql://host/name") from None
    match parsed.get_backend_name():
        case "sqlite":
            if parsed.database in (None, "", ":memory:"):
                raise StoreError("the store needs a file: sqlite:////var/lib/syncd/syncd.db")
            return parsed.set(drivername="sqlite+pysqlite")
        case "postgresql":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise StoreError(f"the store cannot be a {other} database; expected sqlite or postgresql")


def file_of(url: str) -> Path | None:
    """The file of a SQLite store; None for PostgreSQL."""
    parsed = parse(url)
    return Path(str(parsed.database)).absolute() if parsed.get_backend_name() == "sqlite" else None


def shown(url: str) -> str:
    """The URL without its password, for messages."""
    file = file_of(url)
    return str(file) if file else parse(url).render_as_string(hide_password=True)


def writing(url: str, *, connections: int = 1) -> Engine:
    return _engine(url, connections=connections, begin="BEGIN IMMEDIATE")


def reading(url: str, *, connections: int = 3) -> Engine:
    return _engine(url, connections=connections, begin="BEGIN", read_only=True)


def _engine(url: str, *, connections: int, begin: str, read_only: bool = False) -> Engine:
    parsed = parse(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(
            parsed,
            pool_size=connections,
            max_overflow=0,
            pool_pre_ping=False,  # a round trip each; a lost server is met by one failing piece and a new connection
            hide_parameters=True,  # an error must not quote a ticket
            execution_options={"postgresql_readonly": True} if read_only else {},
            connect_args={"connect_timeout": 5, "application_name": "syncd"},
        )
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreError(f"SQLite {sqlite3.sqlite_version} is too old; syncd needs 3.35 or newer")
    engine = create_engine(
        parsed,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    _prepare(engine, begin=begin, read_only=read_only)
    return engine


def _prepare(engine: Engine, *, begin: str, read_only: bool) -> None:
    """SQLite as we need it: our own BEGIN (the driver's would leave DDL outside), durable, with foreign keys."""

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
            return
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn what the driver says into a StoreError; errors of the work itself (a broken constraint) pass as they are."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreError(f"{where}: no free connection") from error
    except OperationalError as error:
        raise _sentence(where, error) from error
    except DBAPIError as error:
        if error.connection_invalidated or is_damage(error):
            raise _sentence(where, error) from error
        raise _without_values(error) from None


def _sentence(where: str, error: DBAPIError) -> StoreError:
    code = _primary_code(error)
    match code:
        case sqlite3.SQLITE_FULL:
            return StoreError(f"{where}: the disk is full; nothing of this was written")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreError(f"{where}: another process has locked the file for more than {BUSY_SECONDS:.0f} s")
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return Damaged(
                f"{where}: {error.orig}. Nothing of this was written. Check the disk, then start again; "
                "if it says so again: `syncd db restore`"
            )
    return StoreError(f"{where}: {str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else 'no answer'}")


def _without_values(error: DBAPIError) -> DBAPIError:
    """PostgreSQL's DETAIL quotes the row that it refuses, which may be a ticket's text; only its first line is kept."""
    diagnosis = getattr(error.orig, "diag", None)
    if error.orig is None or diagnosis is None:
        return error
    bare = type(error.orig)(diagnosis.message_primary or str(error.orig).partition("\n")[0])
    return type(error)(error.statement or "", None, bare, hide_parameters=True)


def _primary_code(error: DBAPIError) -> int | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def is_damage(error: DBAPIError) -> bool:
    return _primary_code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR)
