"""The example with one mistake each, as the guide shows what comes of it; run by test_guide, never by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from syncd.core.model import Public, Snapshot
from syncd.sdk.connector import Capability, Page
from syncd.sdk.testing.conformance import ConnectorTests
from syncd_gitea import Gitea
from syncd_gitea.world import GiteaWorld


class Leaking(Gitea):
    """Takes every comment for public."""

    async def fetch(self, ref: str, **more: Any) -> Snapshot:
        snapshot = await super().fetch(ref, **more)
        assert snapshot.thread is not None
        said = tuple(replace(comment, body=Public(comment.body.text)) for comment in snapshot.thread.comments)
        return replace(snapshot, thread=replace(snapshot.thread, comments=said))


class Forgetting(Gitea):
    """Moves its cursor on before all pages were told."""

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        async for page in super().changes(cursor):
            yield replace(page, changed=page.changed[:1])


class Boasting(Gitea):
    """Claims what it has no method for."""

    capabilities: ClassVar[frozenset[Capability]] = Gitea.capabilities | {Capability.EDIT_COMMENTS}


class Promised(ConnectorTests):
    kind: type[Gitea]

    @pytest.fixture
    def world(self) -> GiteaWorld:
        return GiteaWorld()

    @pytest.fixture
    def connector(self, world: GiteaWorld) -> Gitea:
        return world.connector(self.kind)


class TestLeaking(Promised):
    kind = Leaking


class TestForgetting(Promised):
    kind = Forgetting


class TestBoasting(Promised):
    kind = Boasting
