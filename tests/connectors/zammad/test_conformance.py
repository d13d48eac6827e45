"""Zammad keeps every promise of a connector."""

import pytest

from syncd.sdk.testing.conformance import ConnectorTests
from syncd_zammad import Zammad
from tests.connectors.zammad.world import ZammadWorld


class TestZammad(ConnectorTests):
    @pytest.fixture
    def world(self) -> ZammadWorld:
        return ZammadWorld()

    @pytest.fixture
    def connector(self, world: ZammadWorld) -> Zammad:
        return world.connector()
