"""The promises of every connector, kept on a real Request Tracker and on the simulated one."""

import pytest

from syncd.sdk.testing.conformance import ConnectorTests
from syncd_rt import RequestTracker
from tests.connectors.rt.simulated import SimulatedWorld


@pytest.mark.e2e
class TestRequestTracker(ConnectorTests):
    """With the world and the connector of `conftest`, at the real server."""


class TestSimulated(ConnectorTests):
    @pytest.fixture
    def world(self) -> SimulatedWorld:
        return SimulatedWorld()

    @pytest.fixture
    def connector(self, world: SimulatedWorld) -> RequestTracker:
        return world.connector()
