"""Fixtures for tests that need a store: each runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import Connection, Engine, create_engine, event, text

from syncd.store import engines, migrate
from syncd.store.store import Store
from tests import pg

# the steps of a pair stand in modules of their own; pytest explains their assertions too
pytest.register_assert_rewrite("tests.pairs.fields", "tests.pairs.threads", "tests.pairs.lives")
pytest.register_assert_rewrite("tests.scenes.case", "tests.scenes.story", "tests.scenes.stage")

NUMBERS = itertools.count(1)

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)  # the same cases for everybody
settings.register_profile("soak", deadline=None, print_blob=True)  # other cases every time
settings.load_profile("ci")

COUNTED = {"histories": "histories of two vendors and a dying daemon", "kills": "kills at a crash point"}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many histories and kills the run was made of."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    told = [(name, value) for report in reports for name, value in report.user_properties]
    for name, words in COUNTED.items():
        if number := sum(value for other, value in told if other == name):
            terminalreporter.write_line(f"{number} {words}")


class Compiled(dict[Any, Any]):
    """What any engine of this process made of a statement, for all of them.

    Every test opens engines of its own, which would compile the same few hundred statements again: a seventh of the
    time that the engine's tests take. SQLAlchemy's key begins with the dialect object; here its name stands for it.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_named(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(_named(key), compiled)


def _named(key: Any) -> Any:
    dialect, *others = key
    return (dialect.name, *others)


COMPILED = Compiled()


@event.listens_for(Engine, "engine_connect")
def _share(connection: Connection) -> None:
    connection.execution_options(compiled_cache=COMPILED)


@pytest.fixture(scope="session")
def pg_server() -> Iterator[str]:
    """The URL of a PostgreSQL server; skips, with the reason, where none can be started."""
    try:
        with pg.server() as url:
            yield url
    except pg.Absent as absent:
        pytest.skip(str(absent))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that is migrated and empty, so that not every test has to migrate its own."""
    path = tmp_path_factory.mktemp("store") / "template.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of an empty SQLite store, for tests of what does not hang on the database."""
    return copied(sqlite_template, tmp_path)


@pytest.fixture(scope="session")
def pg_template(pg_server: str) -> str:
    database(pg_server, "CREATE DATABASE template_store")
    migrate.upgrade(named(pg_server, "template_store"))
    return "template_store"


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty store of this test's own."""
    if request.param == "sqlite":
        yield copied(request.getfixturevalue("sqlite_template"), tmp_path)
        return
    with pg_database(request.getfixturevalue("pg_server"), request.getfixturevalue("pg_template")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database that holds nothing yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'syncd.db'}"
        return
    with pg_database(request.getfixturevalue("pg_server"), "template1") as url:
        yield url


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    opened = await Store.open(store_url)
    yield opened
    await opened.aclose()


def copied(template: Path, folder: Path) -> str:
    return f"sqlite:///{shutil.copy(template, folder / 'syncd.db')}"


def named(server: str, name: str) -> str:
    return engines.parse(server).set(database=name).render_as_string(hide_password=False)


@contextmanager
def pg_database(server: str, template: str) -> Iterator[str]:
    """A database that is a copy of another, as long as it is needed: it may be in memory."""
    name = f"store_{next(NUMBERS)}"
    database(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield named(server, name)
    finally:
        database(server, f"DROP DATABASE {name} WITH (FORCE)")


def database(server: str, statement: str) -> None:
    engine = create_engine(engines.parse(server), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
