"""Steps that the tests of Freshdesk share."""

from collections.abc import AsyncIterator
from typing import Any

from syncd.core.model import Comment, Thread
from syncd.sdk.connector import Backlink, Draft, File
from syncd_freshdesk import Freshdesk
from tests.connectors.freshdesk.world import FreshdeskWorld

CORE_7 = Backlink(url="https://jira.example/browse/CORE-7", title="CORE-7 Export fails", label="CORE-7")
DRAFT = Draft({"group": "Support"}, {"subject": "Export fails"})


def file(name: str, data: bytes, *, size: int | None = None, media_type: str = "text/plain") -> File:
    async def read() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 1000):
            yield data[start : start + 1000]

    return File(name, media_type, len(data) if size is None else size, read)


async def thread(freshdesk: Freshdesk, ref: str) -> Thread:
    found = (await freshdesk.fetch(ref)).thread
    assert found
    return found


async def comments(freshdesk: Freshdesk, ref: str) -> tuple[Comment, ...]:
    return (await thread(freshdesk, ref)).comments


def bodies(world: FreshdeskWorld, operation: str) -> list[Any]:
    """What was sent by these requests."""
    return [each.json() for each in world.simulator.requests if each.operation == operation]
