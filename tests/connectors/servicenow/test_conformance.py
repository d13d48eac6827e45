"""ServiceNow keeps every promise of a connector."""

import pytest

from syncd.sdk.testing.conformance import ConnectorTests
from syncd_servicenow import ServiceNow
from tests.connectors.servicenow.world import ServiceNowWorld


class TestServiceNow(ConnectorTests):
    @pytest.fixture
    def world(self) -> ServiceNowWorld:
        return ServiceNowWorld()

    @pytest.fixture
    def connector(self, world: ServiceNowWorld) -> ServiceNow:
        return world.connector()
