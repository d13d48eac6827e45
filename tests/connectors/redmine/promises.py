"""The promises of every connector, as Redmine can keep them."""

from __future__ import annotations

import pytest

from syncd.core.model import Internal
from syncd.sdk.connector import Capability, Connector, Message
from syncd.sdk.errors import Rejected
from syncd.sdk.testing.conformance import ConnectorTests, World
from syncd.sdk.testing.promises.base import comments, file, needs, opened


class RedmineTests(ConnectorTests):
    @needs(Capability.FILES)
    async def test_a_file_is_never_more_visible_than_its_comment(
        self, connector: Connector, world: World, able: object
    ) -> None:
        """Redmine shows every file of an issue to all who see it, so none goes with a private note."""
        ref = await opened(world)
        message = Message(Internal("see the log"), (file("kestrel-4711.log", b"secret"),))
        with pytest.raises(Rejected) as refused:
            await connector.comment(ref, message, key="key-1", expect="")
        assert refused.value.field == "files"
        assert await comments(connector, ref) == ()
        assert not any("kestrel-4711" in text for text in (await world.look(ref)).public)
