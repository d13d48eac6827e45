"""ServiceNow keeps every promise of a connector, whether its tickets are incidents or cases."""

import pytest

from syncd.sdk.testing.conformance import ConnectorTests
from syncd_servicenow import ServiceNow
from tests.connectors.servicenow.world import ServiceNowWorld


class TestServiceNow(ConnectorTests):
    @pytest.fixture(params=["incident", "sn_customerservice_case"])
    def world(self, request: pytest.FixtureRequest) -> ServiceNowWorld:
        return ServiceNowWorld(table=request.param)

    @pytest.fixture
    def connector(self, world: ServiceNowWorld) -> ServiceNow:
        return world.connector()
