"""Azure DevOps keeps every promise of a connector, in public projects and in private ones; all traffic is checked."""

from dataclasses import replace

import pytest

from syncd.core.model import Internal, Public, Visibility
from syncd.sdk.connector import Message
from syncd.sdk.errors import BadSignature
from syncd.sdk.testing.conformance import ConnectorTests
from syncd_azuredevops import AzureDevOps
from syncd_azuredevops.hook import authorization
from tests.connectors.azuredevops.world import AzureDevOpsWorld


class TestPublic(ConnectorTests):
    @pytest.fixture
    def world(self) -> AzureDevOpsWorld:
        return AzureDevOpsWorld(public=True)

    @pytest.fixture
    def connector(self, world: AzureDevOpsWorld) -> AzureDevOps:
        return world.connector()

    async def test_a_body_that_was_tampered_with_is_not_believed(  # type: ignore[override]
        self, connector: AzureDevOps, world: AzureDevOpsWorld
    ) -> None:
        """Service hooks sign nothing; the header carries the secret."""
        await world.open({"title": "Export fails"})
        [webhook, *_] = await world.webhooks()
        for headers in ({}, {"authorization": ""}, {"authorization": authorization("another-secret-of-24-bytes")}):
            with pytest.raises(BadSignature):
                connector.receive(replace(webhook, headers=headers))


class TestPrivate(TestPublic):
    """A private project has no customers: what is public elsewhere is internal here, whoever wrote it."""

    @pytest.fixture
    def world(self) -> AzureDevOpsWorld:
        return AzureDevOpsWorld()

    async def test_a_public_comment_reaches_the_customer(  # type: ignore[override]
        self, connector: AzureDevOps, world: AzureDevOpsWorld
    ) -> None:
        ref = await world.open({"title": "Export fails"})
        posted = await connector.comment(ref, Message(Public("Fixed.")), key="key-1", expect="")
        assert posted.comment.body == Internal("Fixed.")
        assert (await world.look(ref)).public == ()

    async def test_a_persons_comment_is_read_as_visible_as_it_is(  # type: ignore[override]
        self, connector: AzureDevOps, world: AzureDevOpsWorld
    ) -> None:
        ref = await world.open({"title": "Export fails"})
        await world.say(ref, "for all who work here", public=True)
        thread = (await connector.fetch(ref)).thread
        assert thread is not None
        assert [comment.body for comment in thread.comments] == [Internal("for all who work here")]

    async def test_our_comment_can_be_edited_and_stays_as_visible_as_it_was(  # type: ignore[override]
        self, connector: AzureDevOps, world: AzureDevOpsWorld
    ) -> None:
        ref = await world.open({"title": "Export fails"})
        posted = await connector.comment(ref, Message(Internal("frist")), key="key-1", expect="")
        edited = await connector.edit_comment(ref, posted.comment, Internal("first"), key="key-2")
        assert (edited.id, edited.body) == (posted.comment.id, Internal("first"))

    async def test_a_persons_file_is_read_as_visible_as_it_is(  # type: ignore[override]
        self, connector: AzureDevOps, world: AzureDevOpsWorld
    ) -> None:
        ref = await world.open({"title": "Export fails"})
        await world.attach(ref, "all bytes.bin", bytes(range(256)) * 300, public=False)
        thread = (await connector.fetch(ref)).thread
        assert thread is not None
        [attachment] = thread.attachments
        assert (attachment.name, attachment.visibility) == ("all bytes.bin", Visibility.INTERNAL)
        assert b"".join([piece async for piece in connector.download(attachment)]) == bytes(range(256)) * 300
