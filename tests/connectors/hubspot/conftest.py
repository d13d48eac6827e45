"""Fixtures for what only HubSpot does."""

from collections.abc import AsyncIterator

import pytest

from syncd_hubspot import Hubspot
from tests.connectors.hubspot.world import HubspotWorld


@pytest.fixture
def world() -> HubspotWorld:
    return HubspotWorld()


@pytest.fixture
async def hubspot(world: HubspotWorld) -> AsyncIterator[Hubspot]:
    """A connector that has checked its account, as in the daemon."""
    connector = world.connector()
    await connector.check()
    yield connector
    await connector.aclose()
