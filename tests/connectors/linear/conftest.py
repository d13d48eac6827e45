"""Fixtures for what only Linear does."""

from collections.abc import AsyncIterator

import pytest

from syncd_linear import Linear
from tests.connectors.linear.world import LinearWorld


@pytest.fixture
def world() -> LinearWorld:
    return LinearWorld()


@pytest.fixture
async def linear(world: LinearWorld) -> AsyncIterator[Linear]:
    """A connector that has checked its account, as in the daemon."""
    connector = world.connector()
    await connector.check()
    yield connector
    await connector.aclose()
    assert world.transport.violations == []
