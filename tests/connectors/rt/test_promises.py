"""The promises of every connector, kept on a real Request Tracker and on the simulated one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.core.model import Public
from syncd.sdk.connector import Capability, Connector, Message
from syncd.sdk.errors import Stale
from syncd.sdk.testing.conformance import ConnectorTests, World
from syncd.sdk.testing.promises.base import comments, draft, needs, opened, poll, write
from syncd_rt import RequestTracker
from tests.connectors.rt.simulated import SimulatedWorld


class RequestTrackerTests(ConnectorTests):
    """Every promise; three are said here in the way in which RT can keep them."""

    @needs(Capability.GUARDED)
    async def test_the_answer_to_a_guarded_write_is_good_for_the_next(
        self, connector: Connector, world: World, able: object
    ) -> None:
        """RT answers a write without the new revision; the echo that it foretold brings it."""
        made = await connector.create(draft(world), key="key-1")
        _, cursor = await poll(connector, None)
        written = await connector.update(made.ref, {"subject": "Second"}, expect=made.revision)
        assert dict(written.fields) == {"subject": "Second"}
        [echo] = (await poll(connector, cursor))[0]
        assert (echo.echo,) == written.echoes
        await connector.update(made.ref, {"subject": "Third"}, expect=echo.revision)
        assert (await connector.fetch(made.ref)).fields["subject"] == "Third"

    async def test_the_answer_to_a_comment_is_what_a_read_shows(self, connector: Connector, world: World) -> None:
        """All but the moment: that RT's answer names by its own Date, and a call for the exact one is not worth it."""
        ref = await opened(world)
        posted = await connector.comment(ref, Message(Public("Hello")), key="key-1", expect="")
        [comment] = await comments(connector, ref)
        assert replace(posted.comment, created=comment.created) == comment
        assert abs(posted.comment.created - comment.created) <= timedelta(seconds=5)

    @needs(Capability.HISTORY)
    async def test_the_history_tells_a_persons_edit_from_ours(
        self, connector: Connector, world: World, able: object
    ) -> None:
        """The same for a guarded write: it is refused first, and made on what was read then."""
        ref = await opened(world)
        seen = await connector.fetch(ref)
        await world.edit(ref, {"subject": "By a person"})
        with pytest.raises(Stale):
            await connector.update(ref, {"subject": "By syncd"}, expect=seen.revision)
        await write(connector, ref, {"subject": "By syncd"})
        history = (await connector.fetch(ref, since=seen.revision)).history
        edits = [(edit.old, edit.new, edit.ours) for edit in history if edit.field == "subject"]
        assert edits == [("Export fails", "By a person", False), ("By a person", "By syncd", True)]


@pytest.mark.e2e
class TestRequestTracker(RequestTrackerTests):
    """With the world and the connector of `conftest`, at the real server."""


class TestSimulated(RequestTrackerTests):
    @pytest.fixture
    def world(self) -> SimulatedWorld:
        return SimulatedWorld()

    @pytest.fixture
    def connector(self, world: SimulatedWorld) -> RequestTracker:
        return world.connector()
