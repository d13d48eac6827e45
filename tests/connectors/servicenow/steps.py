"""Steps that the tests of ServiceNow share."""

from collections.abc import AsyncIterator

from syncd.core.model import Internal, Public, Thread
from syncd.sdk.connector import Backlink, Changed, File, Message
from syncd_servicenow import ServiceNow

CORE_7 = Backlink(url="https://jira.example/browse/CORE-7", title="CORE-7 Export fails", label="CORE-7")


def file(name: str, data: bytes, media_type: str = "text/plain") -> File:
    async def read() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 7):
            yield data[start : start + 7]

    return File(name, media_type, len(data), read)


def internal(text: str, *files: File) -> Message:
    return Message(Internal(text), files)


def public(text: str, *files: File) -> Message:
    return Message(Public(text), files)


async def thread(now: ServiceNow, ref: str) -> Thread:
    found = (await now.fetch(ref)).thread
    assert found
    return found


async def poll(now: ServiceNow, cursor: str | None) -> tuple[list[Changed], str]:
    pages = [page async for page in now.changes(cursor)]
    return [hint for page in pages for hint in page.changed], pages[-1].cursor
