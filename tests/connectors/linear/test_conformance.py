"""Linear keeps every promise of a connector, as a member of the workspace and as an application.

No customer reads anything there: what is public elsewhere is internal here, whoever wrote it.
"""

import pytest

from syncd.core.model import Internal, Public
from syncd.sdk.connector import Message
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

    async def test_a_public_comment_reaches_the_customer(self, connector: Linear, world: LinearWorld) -> None:  # type: ignore[override]
        ref = await world.open({"title": "Export fails"})
        posted = await connector.comment(ref, Message(Public("Fixed.")), key="key-1", expect="")
        assert posted.comment.body == Internal("Fixed.")
        assert (await world.look(ref)).public == ()

    async def test_a_persons_comment_is_read_as_visible_as_it_is(self, connector: Linear, world: LinearWorld) -> None:  # type: ignore[override]
        ref = await world.open({"title": "Export fails"})
        await world.say(ref, "for all who work here", public=True)
        thread = (await connector.fetch(ref)).thread
        assert thread is not None
        assert [comment.body for comment in thread.comments] == [Internal("for all who work here")]

    async def test_our_comment_can_be_edited_and_stays_as_visible_as_it_was(  # type: ignore[override]
        self, connector: Linear, world: LinearWorld
    ) -> None:
        ref = await world.open({"title": "Export fails"})
        posted = await connector.comment(ref, Message(Internal("frist")), key="key-1", expect="")
        edited = await connector.edit_comment(ref, posted.comment, Internal("first"), key="key-2")
        assert (edited.id, edited.body) == (posted.comment.id, Internal("first"))


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
