"""Fixtures for what only Intercom does."""

from collections.abc import AsyncIterator

import pytest

from syncd_intercom import Intercom
from tests.connectors.intercom.world import IntercomWorld


@pytest.fixture
def world() -> IntercomWorld:
    """One that works with tickets and conversations."""
    return IntercomWorld("both")


@pytest.fixture
async def intercom(world: IntercomWorld) -> AsyncIterator[Intercom]:
    """A connector that has checked its workspace, as in the daemon."""
    connector = world.connector()
    await connector.check()
    yield connector
    await connector.aclose()
