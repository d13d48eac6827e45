"""A pair of vendors in memory, on SQLite: what touches the database in its own way is tested with the store."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engine.world import World, world


@pytest.fixture
async def pair(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[World]:
    shutil.copy(sqlite_template, tmp_path / "syncd.db")
    async with world(f"sqlite:///{tmp_path / 'syncd.db'}") as made:
        yield made
