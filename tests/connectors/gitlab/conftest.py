"""Fixtures for what only GitLab does."""

from collections.abc import AsyncIterator

import pytest

from syncd_gitlab import Gitlab
from tests.connectors.gitlab.world import GitlabWorld


@pytest.fixture
def world() -> GitlabWorld:
    return GitlabWorld()


@pytest.fixture
async def gitlab(world: GitlabWorld) -> AsyncIterator[Gitlab]:
    """A connector that has checked its account, as in the daemon."""
    connector = world.connector()
    await connector.check()
    yield connector
    await connector.aclose()
