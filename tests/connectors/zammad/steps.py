"""Steps that the tests of Zammad share."""

from collections.abc import AsyncIterator

from syncd.core.model import Internal, Thread
from syncd.sdk.connector import Backlink, Changed, File, Message
from syncd_zammad import Zammad

CORE_7 = Backlink(url="https://jira.example/browse/CORE-7", title="CORE-7 Export fails", label="CORE-7")


def file(name: str, data: bytes, *, size: int | None = None) -> File:
    async def read() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 7):  # no multiple of three: base64 must not be cut there
            yield data[start : start + 7]

    return File(name, "text/plain", len(data) if size is None else size, read)


def internal(text: str, *files: File) -> Message:
    return Message(Internal(text), files)


async def thread(zammad: Zammad, ref: str) -> Thread:
    found = (await zammad.fetch(ref)).thread
    assert found
    return found


async def poll(zammad: Zammad, cursor: str | None) -> tuple[list[Changed], str]:
    pages = [page async for page in zammad.changes(cursor)]
    return [hint for page in pages for hint in page.changed], pages[-1].cursor
