"""Linear keeps every promise of a connector, as a member of the workspace and as an application.

No customer reads anything there: what is public elsewhere is internal here, whoever wrote it.
"""

import pytest

from syncd.sdk.testing.conformance import ConnectorTests
from syncd_linear import Linear
from tests.connectors.linear.world import LinearWorld


class TestLinear(ConnectorTests):
    @pytest.fixture
    def world(self) -> LinearWorld:
        return LinearWorld()

    @pytest.fixture
    def connector(self, world: LinearWorld) -> Linear:
        return world.connector()


class TestLinearAsAnApplication(TestLinear):
    """An application writes as a bot, not as a user."""

    @pytest.fixture
    def world(self) -> LinearWorld:
        return LinearWorld(app=True)


class TestLinearTheOtherWay(TestLinear):
    """What Linear does not document is the other way round: orders of lists, stamps, the error of a second create."""

    @pytest.fixture
    def world(self) -> LinearWorld:
        world = LinearWorld()
        world.space.newest_first = False
        world.space.comments_move_issues = True
        world.space.twin_error = ("INTERNAL_SERVER_ERROR", "internal error")
        return world
