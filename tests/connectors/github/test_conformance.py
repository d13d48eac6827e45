"""GitHub keeps every promise of a connector, in a public repository and in a private one; all traffic is checked."""

import pytest

from syncd.core.model import Internal, Public
from syncd.sdk.connector import Message
from syncd.sdk.testing.conformance import ConnectorTests
from syncd.sdk.testing.promises.life import LifePromises
from syncd_github import GitHub
from tests.connectors.github.world import GitHubWorld


class TestPublic(ConnectorTests):
    @pytest.fixture
    def world(self) -> GitHubWorld:
        return GitHubWorld(public=True)

    @pytest.fixture
    def connector(self, world: GitHubWorld) -> GitHub:
        return world.connector()


class TestPrivate(TestPublic):
    """A private repository has no customers: what is public elsewhere is internal here, whoever wrote it."""

    @pytest.fixture
    def world(self) -> GitHubWorld:
        return GitHubWorld()

    async def test_a_public_comment_reaches_the_customer(self, connector: GitHub, world: GitHubWorld) -> None:  # type: ignore[override]
        ref = await world.open({"title": "Export fails"})
        posted = await connector.comment(ref, Message(Public("Fixed.")), key="key-1", expect="")
        assert posted.comment.body == Internal("Fixed.")
        assert (await world.look(ref)).public == ()

    async def test_a_persons_comment_is_read_as_visible_as_it_is(self, connector: GitHub, world: GitHubWorld) -> None:  # type: ignore[override]
        ref = await world.open({"title": "Export fails"})
        await world.say(ref, "for all who work here", public=True)
        thread = (await connector.fetch(ref)).thread
        assert thread is not None
        assert [comment.body for comment in thread.comments] == [Internal("for all who work here")]

    async def test_our_comment_can_be_edited_and_stays_as_visible_as_it_was(  # type: ignore[override]
        self, connector: GitHub, world: GitHubWorld
    ) -> None:
        ref = await world.open({"title": "Export fails"})
        posted = await connector.comment(ref, Message(Internal("frist")), key="key-1", expect="")
        edited = await connector.edit_comment(ref, posted.comment, Internal("first"), key="key-2")
        assert (edited.id, edited.body) == (posted.comment.id, Internal("first"))


class TestElsewhere(LifePromises):
    """A connection that sees a second repository, to which people move issues."""

    @pytest.fixture
    def world(self) -> GitHubWorld:
        return GitHubWorld(elsewhere=True)

    @pytest.fixture
    def connector(self, world: GitHubWorld) -> GitHub:
        return world.connector()
