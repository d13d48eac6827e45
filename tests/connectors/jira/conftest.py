"""A simulated site of either deployment, and a connector that has checked in."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from syncd_jira import Jira
from tests.connectors.jira.world import JiraWorld


@pytest.fixture(params=["cloud", "data_center"])
def world(request: pytest.FixtureRequest) -> JiraWorld:
    return JiraWorld(request.param)


@pytest.fixture
def cloud() -> JiraWorld:
    return JiraWorld("cloud")


@pytest_asyncio.fixture
async def jira(world: JiraWorld) -> AsyncIterator[Jira]:
    connector = world.connector()
    await connector.check()
    yield connector
    await connector.aclose()
