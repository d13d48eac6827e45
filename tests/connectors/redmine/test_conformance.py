"""The promises of every connector, kept on the simulated Redmine: as syncd's own account, and as an administrator."""

from __future__ import annotations

import pytest

from syncd.sdk.connector import Connector
from syncd.sdk.testing.promises.base import opened
from syncd.sdk.testing.world import World
from syncd_redmine import Redmine
from tests.connectors.redmine.promises import RedmineTests
from tests.connectors.redmine.world import SimulatedWorld


class TestSimulatedRedmine(RedmineTests):
    @pytest.fixture
    def world(self) -> SimulatedWorld:
        return SimulatedWorld()

    @pytest.fixture
    def connector(self, world: SimulatedWorld) -> Redmine:
        return world.connector()


class TestAsAdministrator(TestSimulatedRedmine):
    @pytest.fixture
    def world(self) -> SimulatedWorld:
        return SimulatedWorld("ADMIN")

    async def test_a_read_of_the_fields_alone_shows_the_same_fields(self, connector: Connector, world: World) -> None:
        """The first sight of a person costs a request more, whatever the parts: it asks for the address."""
        await connector.fetch(await opened(world))
        await super().test_a_read_of_the_fields_alone_shows_the_same_fields(connector, world)
