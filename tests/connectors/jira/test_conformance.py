"""Every promise of a connector, on Cloud and on Data Center, with and without customers; all traffic is checked."""

from dataclasses import replace

import pytest

from syncd.core.model import Internal, Public
from syncd.sdk.connector import Message
from syncd.sdk.errors import BadSignature
from syncd.sdk.testing.conformance import ConnectorTests
from syncd_jira import Jira
from tests.connectors.jira.world import STEPS, JiraWorld


class TestCloudServiceProject(ConnectorTests):
    @pytest.fixture
    def world(self) -> JiraWorld:
        return JiraWorld("cloud", service_project=True, workflow=STEPS)

    @pytest.fixture
    def connector(self, world: JiraWorld) -> Jira:
        return world.connector()


class Unsigned:
    """Data Center signs nothing; the address that an admin gave it carries the secret."""

    async def test_a_body_that_was_tampered_with_is_not_believed(self, connector: Jira, world: JiraWorld) -> None:
        await world.open({"summary": "Export fails"})
        [webhook, *_] = await world.webhooks()
        for query in ({}, {"secret": ""}, {"secret": "another-secret-of-24-bytes"}):
            with pytest.raises(BadSignature):
                connector.receive(replace(webhook, query=query))


class TestDataCenterServiceProject(Unsigned, TestCloudServiceProject):  # type: ignore[misc]
    @pytest.fixture
    def world(self) -> JiraWorld:
        return JiraWorld("data_center", service_project=True, workflow=STEPS)


class TestCloud(TestCloudServiceProject):
    """A software project has no customers: what is public elsewhere is internal here, whoever wrote it."""

    @pytest.fixture
    def world(self) -> JiraWorld:
        return JiraWorld("cloud", workflow=STEPS)

    async def test_a_public_comment_reaches_the_customer(self, connector: Jira, world: JiraWorld) -> None:  # type: ignore[override]
        ref = await world.open({"summary": "Export fails"})
        posted = await connector.comment(ref, Message(Public("Fixed.")), key="key-1", expect="")
        assert posted.comment.body == Internal("Fixed.")
        assert (await world.look(ref)).public == ()

    async def test_a_persons_comment_is_read_as_visible_as_it_is(self, connector: Jira, world: JiraWorld) -> None:  # type: ignore[override]
        ref = await world.open({"summary": "Export fails"})
        await world.say(ref, "for all who work here", public=True)
        thread = (await connector.fetch(ref)).thread
        assert thread is not None
        assert [comment.body for comment in thread.comments] == [Internal("for all who work here")]

    async def test_our_comment_can_be_edited_and_stays_as_visible_as_it_was(  # type: ignore[override]
        self, connector: Jira, world: JiraWorld
    ) -> None:
        ref = await world.open({"summary": "Export fails"})
        posted = await connector.comment(ref, Message(Internal("frist")), key="key-1", expect="")
        edited = await connector.edit_comment(ref, posted.comment, Internal("first"), key="key-2")
        assert (edited.id, edited.body) == (posted.comment.id, Internal("first"))


class TestDataCenter(Unsigned, TestCloud):  # type: ignore[misc]
    @pytest.fixture
    def world(self) -> JiraWorld:
        return JiraWorld("data_center", workflow=STEPS)
