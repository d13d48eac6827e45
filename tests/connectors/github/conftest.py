"""A simulated GitHub, and a connector that has checked in."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from syncd_github import GitHub
from tests.connectors.github.world import GitHubWorld


@pytest.fixture
def world() -> GitHubWorld:
    return GitHubWorld()


@pytest.fixture
def public() -> GitHubWorld:
    return GitHubWorld(public=True)


@pytest_asyncio.fixture
async def github(world: GitHubWorld) -> AsyncIterator[GitHub]:
    connector = world.connector()
    await connector.check()
    yield connector
    await connector.aclose()
