"""Fixtures for what only ServiceNow does."""

from collections.abc import AsyncIterator

import pytest

from syncd_servicenow import ServiceNow
from tests.connectors.servicenow.world import ServiceNowWorld


@pytest.fixture
def world() -> ServiceNowWorld:
    return ServiceNowWorld()


@pytest.fixture
async def now(world: ServiceNowWorld) -> AsyncIterator[ServiceNow]:
    """A connector that has checked its account, as in the daemon."""
    connector = world.connector()
    await connector.check()
    yield connector
    await connector.aclose()
