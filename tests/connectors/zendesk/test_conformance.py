"""Zendesk keeps every promise of a connector."""

import pytest

from syncd.sdk.testing.conformance import ConnectorTests
from syncd_zendesk import Zendesk
from tests.connectors.zendesk.world import ZendeskWorld


class TestZendesk(ConnectorTests):
    @pytest.fixture
    def world(self) -> ZendeskWorld:
        return ZendeskWorld()

    @pytest.fixture
    def connector(self, world: ZendeskWorld) -> Zendesk:
        return world.connector()
