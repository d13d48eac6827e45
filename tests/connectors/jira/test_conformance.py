"""Every promise of a connector, on Cloud and on Data Center, with and without customers; all traffic is checked."""

import pytest

from syncd.sdk.testing.conformance import ConnectorTests
from syncd_jira import Jira
from tests.connectors.jira.desk import DeskWorld
from tests.connectors.jira.world import STEPS, JiraWorld


class TestCloudServiceProject(ConnectorTests):
    @pytest.fixture
    def world(self) -> JiraWorld:
        return DeskWorld("cloud")

    @pytest.fixture
    def connector(self, world: JiraWorld) -> Jira:
        return world.connector()


class TestDataCenterServiceProject(TestCloudServiceProject):
    """Data Center signs nothing; the address that an admin gave it carries the secret."""

    @pytest.fixture
    def world(self) -> JiraWorld:
        return DeskWorld("data_center")


class TestCloud(TestCloudServiceProject):
    """A software project has no customers: what is public elsewhere is internal here, whoever wrote it."""

    @pytest.fixture
    def world(self) -> JiraWorld:
        return JiraWorld("cloud", workflow=STEPS)


class TestDataCenter(TestCloud):
    @pytest.fixture
    def world(self) -> JiraWorld:
        return JiraWorld("data_center", workflow=STEPS)
