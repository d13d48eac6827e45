"""Fixtures for what only Freshdesk does."""

from collections.abc import AsyncIterator

import pytest

from syncd_freshdesk import Freshdesk
from tests.connectors.freshdesk.world import FreshdeskWorld


@pytest.fixture
def world() -> FreshdeskWorld:
    return FreshdeskWorld()


@pytest.fixture
async def freshdesk(world: FreshdeskWorld) -> AsyncIterator[Freshdesk]:
    """A connector that has checked its account, as in the daemon."""
    connector = world.connector()
    await connector.check()
    yield connector
    await connector.aclose()
