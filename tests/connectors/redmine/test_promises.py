"""The promises of every connector, kept on a real Redmine and on the simulated one, there as an administrator too."""

import pytest

from syncd.sdk.testing.conformance import ConnectorTests
from syncd_redmine import Redmine
from tests.connectors.redmine.world import SimulatedWorld


@pytest.mark.e2e
class TestRedmine(ConnectorTests):
    """With the world and the connector of `conftest`, at the real server."""


class TestSimulated(ConnectorTests):
    @pytest.fixture
    def world(self) -> SimulatedWorld:
        return SimulatedWorld()

    @pytest.fixture
    def connector(self, world: SimulatedWorld) -> Redmine:
        return world.connector()


class TestSimulatedAsAdministrator(TestSimulated):
    @pytest.fixture
    def world(self) -> SimulatedWorld:
        return SimulatedWorld("ADMIN")
