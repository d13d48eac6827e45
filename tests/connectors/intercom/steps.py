"""Steps that the tests of Intercom share."""

from collections.abc import AsyncIterator
from typing import Any

from syncd.core.model import Comment, Thread
from syncd.sdk.connector import Backlink, Changed, Draft, File
from syncd_intercom import Intercom
from syncd_intercom.simulator.state import Conversation, Ticket
from tests.connectors.intercom.world import PLACE, IntercomWorld

CORE_7 = Backlink(url="https://jira.example/browse/CORE-7", title="CORE-7 Export fails", label="CORE-7")
DRAFT = Draft(PLACE, {"title": "Export fails"})


def file(name: str, data: bytes, *, size: int | None = None, media_type: str = "text/plain") -> File:
    async def read() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 1000):
            yield data[start : start + 1000]

    return File(name, media_type, len(data) if size is None else size, read)


async def thread(intercom: Intercom, ref: str) -> Thread:
    found = (await intercom.fetch(ref)).thread
    assert found
    return found


async def comments(intercom: Intercom, ref: str) -> tuple[Comment, ...]:
    return (await thread(intercom, ref)).comments


async def polled(intercom: Intercom, cursor: str | None) -> tuple[list[Changed], str]:
    """All hints of one poll, and where to go on."""
    hints: list[Changed] = []
    last = ""
    async for page in intercom.changes(cursor):
        hints += page.changed
        last = page.cursor
    return hints, last


def bodies(world: IntercomWorld, operation: str) -> list[Any]:
    """What was sent by these requests."""
    return [each.json() for each in world.simulator.requests if each.operation == operation]


def ticket(world: IntercomWorld, ref: str) -> Ticket:
    found = world.item(ref)
    assert isinstance(found, Ticket)
    return found


def conversation(world: IntercomWorld, ref: str) -> Conversation:
    found = world.item(ref)
    assert isinstance(found, Conversation)
    return found
