"""A store is migrated as a whole, agrees with the tables in `schema`, and refuses what it does not understand."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, text

from syncd.core.milestones import Happened
from syncd.errors import StoreError
from syncd.store import engines, links, migrate, milestones
from syncd.store.generation import mark_file
from syncd.store.migrations import HEAD, REVISIONS
from syncd.store.schema import metadata
from syncd.store.store import Store


def test_the_migrations_make_the_tables_of_the_schema(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    engine = engines.writing(empty_url)
    with engine.connect() as c:
        defaults = c.dialect.name == "postgresql"  # Alembic does not know SQLite's empty text again
        differences = compare_metadata(
            MigrationContext.configure(c, opts={"compare_server_default": defaults}), metadata
        )
        constraints = _constraints(c)
    engine.dispose()
    assert differences == []
    assert constraints == {
        f"{table.name}.{constraint.name}"
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }


def _constraints(c: Connection) -> set[str]:
    """The names of all CHECK constraints, which Alembic does not compare."""
    if c.dialect.name == "sqlite":
        rows = c.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all()
        return {f"{row.name}.{name}" for row in rows for name in re.findall(r"CONSTRAINT (ck_\w+) CHECK", row.sql)}
    query = "SELECT relname, conname FROM pg_constraint JOIN pg_class t ON t.oid = conrelid WHERE contype = 'c'"
    return {f"{table}.{name}" for table, name in c.execute(text(query))}


def test_every_revision_is_named_in_order() -> None:
    folder = Path(migrate.__file__).parent / "migrations" / "versions"
    named = sorted(re.search(r'^revision = "(\w+)"', file.read_text(), re.M)[1] for file in folder.glob("v*.py"))  # type: ignore[index]  # a migration without one is a failure
    assert tuple(named) == REVISIONS


def test_upgrading_again_changes_nothing(store_url: str) -> None:
    migrate.upgrade(store_url)
    migrate.upgrade(store_url)
    migrate.check(store_url)


async def test_a_newer_store_is_refused_with_both_versions(store_url: str) -> None:
    _execute(store_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=rf"9999.*{HEAD}"):
        await Store.open(store_url)
    with pytest.raises(StoreError, match="9999"):
        migrate.check(store_url)


async def test_another_programs_database_is_refused(empty_url: str) -> None:
    _execute(empty_url, "CREATE TABLE theirs (id INTEGER)")
    with pytest.raises(StoreError, match="no store of syncd"):
        await Store.open(empty_url)


async def test_without_upgrade_an_old_store_is_refused_with_the_command(empty_url: str) -> None:
    with pytest.raises(StoreError, match="syncd db upgrade"):
        await Store.open(empty_url, upgrade=False)


async def test_a_damaged_file_is_refused_and_left_alone(sqlite_url: str) -> None:
    file = engines.file_of(sqlite_url)
    assert file is not None
    data = bytearray(file.read_bytes())
    data[5000:9000] = b"\xff" * 4000
    file.write_bytes(data)
    with pytest.raises(StoreError, match=r"syncd\.db is damaged.*syncd db restore"):
        await Store.open(sqlite_url)
    assert file.read_bytes() == data


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "syncd.db").write_bytes(b"not a database, but long enough to look like something" * 50)
    with pytest.raises(StoreError, match=r"syncd\.db is damaged.*restore"):
        await Store.open(f"sqlite:///{tmp_path / 'syncd.db'}")


async def test_a_store_that_is_gone_is_not_begun_anew(sqlite_url: str) -> None:
    store = await Store.open(sqlite_url, daemon=True)
    await store.aclose()
    file = engines.file_of(sqlite_url)
    assert file is not None
    file.unlink()
    with pytest.raises(StoreError, match=r"is gone.*restore"):
        await Store.open(sqlite_url)
    mark_file(file).unlink()
    await (await Store.open(sqlite_url)).aclose()


async def test_a_new_store_is_for_its_owner_only(tmp_path: Path) -> None:
    await (await Store.open(f"sqlite:///{tmp_path / 'sub' / 'syncd.db'}", daemon=True)).aclose()
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "sub").iterdir()}
    assert set(modes.values()) == {0o600}, modes


def test_a_migration_that_dies_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    """Killed in the last statement; the next start begins from the empty file again."""
    kill = (
        "import os, signal, sys\n"
        "from alembic.operations import Operations\n"
        "from syncd.store import migrate\n"
        "execute = Operations.execute\n"
        "def die(self, *args, **kwargs):\n"
        "    execute(self, *args, **kwargs)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "Operations.execute = die\n"
        "migrate.upgrade(sys.argv[1])\n"
    )
    path = tmp_path / "syncd.db"
    done = subprocess.run([sys.executable, "-c", kill, f"sqlite:///{path}"], check=False)
    assert done.returncode == -9
    with closing(sqlite3.connect(path)) as c:
        assert c.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    migrate.upgrade(f"sqlite:///{path}")
    migrate.check(f"sqlite:///{path}")


def test_a_store_is_copied_aside_before_it_is_migrated(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With another migration to come, which is made up."""
    folder = tmp_path / "migrations"
    shutil.copytree(Path(migrate.__file__).parent / "migrations", folder)
    (folder / "versions" / "v9998_more.py").write_text(
        f'from alembic import op\nrevision = "9998"\ndown_revision = "{HEAD}"\n'
        'def upgrade() -> None:\n    op.execute("CREATE TABLE more (id INTEGER)")\n'
    )
    monkeypatch.setattr(migrate, "FOLDER", folder)
    monkeypatch.setattr(migrate, "HEAD", "9998")
    monkeypatch.setattr(migrate, "REVISIONS", (*REVISIONS, "9998"))
    told: list[str] = []
    migrate.upgrade(sqlite_url, notice=told.append)
    (aside,) = tmp_path.glob("syncd.db.before-9998-*")
    assert str(aside) in told[0]
    with closing(sqlite3.connect(aside)) as c:
        assert c.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)


COLUMNS = "mapping, support_connection, engineering_connection, support_ref, state, created_at"


def _upgrade_to(revision: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store as an older syncd left it."""
    folder = tmp_path / "older"
    shutil.copytree(Path(migrate.__file__).parent / "migrations", folder)
    for file in (folder / "versions").glob("v*.py"):
        if file.name > f"v{revision}_~":
            file.unlink()
    with monkeypatch.context() as older:
        older.setattr(migrate, "FOLDER", folder)
        older.setattr(migrate, "HEAD", revision)
        migrate.upgrade(url)


def test_a_link_of_the_first_schema_has_no_severity_and_no_clock_yet(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _upgrade_to("0001", empty_url, tmp_path, monkeypatch)
    engine = engines.writing(empty_url)
    with engine.begin() as c:
        c.execute(text(f"INSERT INTO link ({COLUMNS}) VALUES ('m', 'desk', 'tracker', '1', 'watched', 0)"))
    migrate.upgrade(empty_url)
    migrate.check(empty_url)
    with engine.connect() as c:
        (link,) = links.list_links(c)
    engine.dispose()
    assert (link.refs.support, link.severity, link.severity_rule, link.rings_at) == ("1", "", "", None)


def test_milestones_outlive_that_more_can_have_happened(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _upgrade_to("0003", empty_url, tmp_path, monkeypatch)
    engine = engines.writing(empty_url)
    with engine.begin() as c:
        c.execute(text(f"INSERT INTO link ({COLUMNS}) VALUES ('m', 'desk', 'tracker', '1', 'watched', 0)"))
        c.execute(text("INSERT INTO milestone (link_id, what, at, noticed_at, source) VALUES (1, 'told', 5, 6, 'c9')"))
    migrate.upgrade(empty_url)
    with engine.begin() as c:
        (fact,) = milestones.of(c, 1)
        assert (fact.what, fact.source) == (Happened.TOLD, "c9")
        assert not milestones.add(c, 1, fact, fact.at), "the same fact is new again: its index is lost"
        assert milestones.add(c, 1, replace(fact, what=Happened.CLOSED), fact.at)
    engine.dispose()


def test_a_start_with_nothing_to_migrate_does_not_import_alembic(sqlite_url: str) -> None:
    script = (
        "import asyncio, sys\n"
        "from syncd.store.store import Store\n"
        "async def main():\n"
        "    await (await Store.open(sys.argv[1])).aclose()\n"
        "asyncio.run(main())\n"
        "assert 'alembic' not in sys.modules\n"
        "assert 'psycopg' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script, sqlite_url], check=True)


def _execute(url: str, statement: str) -> None:
    engine = engines.writing(url)
    with engine.begin() as c:
        c.execute(text(statement))
    engine.dispose()
