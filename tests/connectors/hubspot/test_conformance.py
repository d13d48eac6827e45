"""HubSpot keeps every promise of a connector."""

import pytest

from syncd.sdk.testing.conformance import ConnectorTests
from syncd_hubspot import Hubspot
from tests.connectors.hubspot.world import HubspotWorld


class TestHubspot(ConnectorTests):
    @pytest.fixture
    def world(self) -> HubspotWorld:
        return HubspotWorld()

    @pytest.fixture
    def connector(self, world: HubspotWorld) -> Hubspot:
        return world.connector()
