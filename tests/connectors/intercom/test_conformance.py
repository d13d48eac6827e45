"""Intercom keeps every promise of a connector with tickets, and with conversations all that do not make one."""

import pytest

from syncd.sdk.testing.conformance import ConnectorTests
from syncd_intercom import Intercom
from tests.connectors.intercom.world import IntercomWorld

MAKING = frozenset(
    {
        "test_a_create_returns_what_a_read_returns",
        "test_another_key_makes_another_ticket",
        "test_a_ticket_can_be_made_with_its_other_half",
    }
)


class TestIntercom(ConnectorTests):
    @pytest.fixture
    def world(self) -> IntercomWorld:
        return IntercomWorld()

    @pytest.fixture
    def connector(self, world: IntercomWorld) -> Intercom:
        return world.connector()


class TestConversations(ConnectorTests):
    """What makes a ticket is refused here: the API begins a conversation in the customer's name only."""

    @pytest.fixture
    def world(self) -> IntercomWorld:
        return IntercomWorld("conversations")

    @pytest.fixture
    def connector(self, world: IntercomWorld) -> Intercom:
        return world.connector()

    @pytest.fixture(autouse=True)
    def makes_no_ticket(self, request: pytest.FixtureRequest) -> None:
        if request.function.__name__ in MAKING:
            pytest.skip("a conversation is not made by syncd")
