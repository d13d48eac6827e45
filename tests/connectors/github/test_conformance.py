"""GitHub keeps every promise of a connector, in a public repository and in a private one; all traffic is checked."""

import pytest

from syncd.sdk.testing.conformance import ConnectorTests
from syncd.sdk.testing.promises.life import LifePromises
from syncd_github import GitHub
from tests.connectors.github.world import GitHubWorld


class TestPublic(ConnectorTests):
    @pytest.fixture
    def world(self) -> GitHubWorld:
        return GitHubWorld(public=True)

    @pytest.fixture
    def connector(self, world: GitHubWorld) -> GitHub:
        return world.connector()


class TestPrivate(TestPublic):
    """A private repository has no customers: what is public elsewhere is internal here, whoever wrote it."""

    @pytest.fixture
    def world(self) -> GitHubWorld:
        return GitHubWorld()


class TestElsewhere(LifePromises):
    """A connection that sees a second repository, to which people move issues."""

    @pytest.fixture
    def world(self) -> GitHubWorld:
        return GitHubWorld(elsewhere=True)

    @pytest.fixture
    def connector(self, world: GitHubWorld) -> GitHub:
        return world.connector()
