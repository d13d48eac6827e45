"""Azure DevOps keeps every promise of a connector, in public projects and in private ones; all traffic is checked."""

import pytest

from syncd.sdk.testing.conformance import ConnectorTests
from syncd_azuredevops import AzureDevOps
from tests.connectors.azuredevops.world import AzureDevOpsWorld


class TestPublic(ConnectorTests):
    @pytest.fixture
    def world(self) -> AzureDevOpsWorld:
        return AzureDevOpsWorld(public=True)

    @pytest.fixture
    def connector(self, world: AzureDevOpsWorld) -> AzureDevOps:
        return world.connector()


class TestPrivate(TestPublic):
    """A private project has no customers: what is public elsewhere is internal here, whoever wrote it."""

    @pytest.fixture
    def world(self) -> AzureDevOpsWorld:
        return AzureDevOpsWorld()
