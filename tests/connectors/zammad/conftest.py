"""Fixtures for what only Zammad does."""

from collections.abc import AsyncIterator

import pytest

from syncd_zammad import Zammad
from tests.connectors.zammad.world import ZammadWorld


@pytest.fixture
def world() -> ZammadWorld:
    return ZammadWorld()


@pytest.fixture
async def zammad(world: ZammadWorld) -> AsyncIterator[Zammad]:
    """A connector that has checked its account, as in the daemon."""
    connector = world.connector()
    await connector.check()
    yield connector
    await connector.aclose()
