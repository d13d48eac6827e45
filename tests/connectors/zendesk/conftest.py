"""Fixtures for what only Zendesk does."""

from collections.abc import AsyncIterator

import pytest

from syncd_zendesk import Zendesk
from tests.connectors.zendesk.world import ZendeskWorld


@pytest.fixture
def world() -> ZendeskWorld:
    return ZendeskWorld()


@pytest.fixture
async def zendesk(world: ZendeskWorld) -> AsyncIterator[Zendesk]:
    """A connector that has checked its account, as in the daemon."""
    connector = world.connector()
    await connector.check()
    yield connector
    await connector.aclose()
