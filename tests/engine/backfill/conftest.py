"""A pair of vendors in memory, on SQLite: what touches the database in its own way is tested with the store."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.engine.world import World, world


@pytest.fixture
async def pair(url: str) -> AsyncIterator[World]:
    async with world(url) as made:
        yield made
