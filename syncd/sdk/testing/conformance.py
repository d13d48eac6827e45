"""The promises of a connector as tests: a connector is right when all of them pass.

    class TestAcme(ConnectorTests):
        @pytest.fixture
        def world(self):
            return AcmeWorld()                                     # world.World: a person at the vendor

        @pytest.fixture
        def connector(self, world):
            return Acme(world.config, transport=world.transport)

What a vendor cannot do is skipped by name; that the connector then says so is a promise too.
"""

from __future__ import annotations

from syncd.sdk.testing.promises.hints import HintPromises
from syncd.sdk.testing.promises.hooks import HookPromises
from syncd.sdk.testing.promises.life import LifePromises
from syncd.sdk.testing.promises.people import PeoplePromises
from syncd.sdk.testing.promises.threads import ThreadPromises
from syncd.sdk.testing.promises.tickets import TicketPromises
from syncd.sdk.testing.world import Deed, Deeds, Shown, Words, World

__all__ = ["ConnectorTests", "Deed", "Deeds", "Shown", "Words", "World"]


class ConnectorTests(TicketPromises, ThreadPromises, LifePromises, HintPromises, HookPromises, PeoplePromises):
    """Every promise. A subclass gives the fixtures `world` and `connector`, and adds what only its vendor does."""
