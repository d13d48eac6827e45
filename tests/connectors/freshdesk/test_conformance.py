"""Freshdesk keeps every promise of a connector, whether public comments are replies or notes."""

import pytest

from syncd.sdk.testing.conformance import ConnectorTests
from syncd_freshdesk import Freshdesk
from tests.connectors.freshdesk.world import FreshdeskWorld


class TestFreshdesk(ConnectorTests):
    @pytest.fixture(params=["reply", "note"])
    def world(self, request: pytest.FixtureRequest) -> FreshdeskWorld:
        return FreshdeskWorld(public_comments=request.param)

    @pytest.fixture
    def connector(self, world: FreshdeskWorld) -> Freshdesk:
        return world.connector()
