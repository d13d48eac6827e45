"""A simulated organisation, and a connector that has checked in."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from syncd_azuredevops import AzureDevOps
from tests.connectors.azuredevops.world import AzureDevOpsWorld


@pytest.fixture
def world() -> AzureDevOpsWorld:
    return AzureDevOpsWorld()


@pytest_asyncio.fixture
async def boards(world: AzureDevOpsWorld) -> AsyncIterator[AzureDevOps]:
    connector = world.connector()
    await connector.check()
    yield connector
    await connector.aclose()
