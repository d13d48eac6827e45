"""GitLab keeps every promise of a connector."""

import pytest

from syncd.sdk.testing.conformance import ConnectorTests
from syncd.sdk.testing.promises.life import LifePromises
from syncd_gitlab import Gitlab
from tests.connectors.gitlab.world import GitlabWorld


class TestGitlab(ConnectorTests):
    @pytest.fixture
    def world(self) -> GitlabWorld:
        return GitlabWorld()

    @pytest.fixture
    def connector(self, world: GitlabWorld) -> Gitlab:
        return world.connector()


class TestElsewhere(LifePromises):
    """A connection that sees a second project, to which people move issues."""

    @pytest.fixture
    def world(self) -> GitlabWorld:
        return GitlabWorld(elsewhere=True)

    @pytest.fixture
    def connector(self, world: GitlabWorld) -> Gitlab:
        return world.connector()
