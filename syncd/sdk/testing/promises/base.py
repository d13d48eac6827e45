"""What every group of promises uses: fixtures, a skip that says why, and texts that are hard to keep."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import pytest
import pytest_asyncio

from syncd.core.model import Attachment, Body, Comment, Fields, Internal, Public, Snapshot, Thread, Value
from syncd.sdk.connector import Backlink, Capability, Changed, Connector, Draft, File
from syncd.sdk.testing.world import Deed, World

T = TypeVar("T")
Test = TypeVar("Test", bound=Callable[..., Any])

ALL_BYTES = bytes(range(256)) * 300  # more than one piece of a download
PIECE = 16_384
BACKLINK = Backlink(url="https://tracker.example/browse/CORE-7", title="CORE-7 Export fails", label="CORE-7")
NOWHERE = "999999999"  # as no vendor numbers a ticket of a test
SCRIPTS = "Größe café naïve Ελλάδα Москва עברית العربية हिन्दी ไทย 中文 日本語 한국어 e\u0301 👩🏽\u200d🚀🇺🇦 𝔘𝔫𝔦 ¿«€»?"


def needs(capability: Capability) -> Callable[[Test], Test]:
    """Run the test where the connector has this capability; elsewhere it is skipped, and says for want of what."""

    def decorate(test: Test) -> Test:
        parametrised: Test = pytest.mark.parametrize("able", [capability], ids=str, indirect=True)(test)
        return parametrised

    return decorate


def where_people(deed: Deed) -> Callable[[Test], Test]:
    """Run the test where a person can do this; elsewhere it is skipped, and says for want of what."""

    def decorate(test: Test) -> Test:
        parametrised: Test = pytest.mark.parametrize("done_by_people", [deed], ids=str, indirect=True)(test)
        return parametrised

    return decorate


def has(word: T | None, what: str) -> T:
    """A word of the vendor, or a skip that says what it does not have."""
    if word is None:
        pytest.skip(f"this vendor has no {what}")
    return word


class Promises:
    """A group of tests. A subclass gives the fixtures `world` and `connector`."""

    pytestmark = pytest.mark.asyncio

    @pytest.fixture
    def able(self, request: pytest.FixtureRequest, connector: Connector) -> Capability:
        capability: Capability = request.param
        if capability not in connector.capabilities:
            pytest.skip(f"{connector.name} has no capability: {capability}")
        return capability

    @pytest.fixture
    def done_by_people(self, request: pytest.FixtureRequest, world: World) -> Deed:
        deed: Deed = request.param
        if deed not in world.words.deeds:
            pytest.skip(f"here people cannot {deed}")
        return deed

    @pytest_asyncio.fixture(autouse=True)
    async def checked(self, connector: Connector) -> AsyncIterator[None]:
        """`check` comes first, as in the daemon, and everything is closed after."""
        await connector.check()
        yield
        await connector.aclose()


# -- steps that the tests share


async def opened(world: World, **more: Value) -> str:
    """A ticket that a person made."""
    return await world.open({**world.words.required, world.words.title: "Export fails", **more})


def draft(world: World, fields: Fields | None = None) -> Draft:
    words = world.words
    return Draft(words.place, {**words.required, words.title: "Export fails", **(fields or {})})


async def write(connector: Connector, ref: str, fields: Fields) -> Snapshot:
    """Write as the engine does, on what was just read, and read again."""
    await connector.update(ref, fields, expect=(await connector.fetch(ref)).revision)
    return await connector.fetch(ref)


def for_all(world: World, text: str) -> Body:
    """What a person says to everybody, as it is there: without customers, what all read is internal."""
    return Public(text) if world.words.customers else Internal(text)


def sayable(connector: Connector, world: World, text: str) -> Body:
    """The most public body that can be written there."""
    return Internal(text) if Capability.ONLY_INTERNAL_COMMENTS in connector.capabilities else for_all(world, text)


async def thread(connector: Connector, ref: str) -> Thread:
    snapshot = await connector.fetch(ref)
    assert snapshot.thread is not None, "a fetch of all parts shows the thread"
    return snapshot.thread


async def comments(connector: Connector, ref: str) -> tuple[Comment, ...]:
    return (await thread(connector, ref)).comments


async def poll(connector: Connector, cursor: str | None) -> tuple[list[Changed], str]:
    """All hints since the cursor, and where to go on."""
    hints: list[Changed] = []
    last = cursor
    async for page in connector.changes(cursor):
        hints += page.changed
        last = page.cursor
    assert last is not None, "a poll from now gives at least one page"
    return hints, last


async def now(connector: Connector, world: World) -> str:
    """A cursor after everything that happened so far."""
    await world.settle()
    _, cursor = await poll(connector, None)
    _, cursor = await poll(connector, cursor)
    return cursor


async def downloaded(connector: Connector, attachment: Attachment) -> bytes:
    return b"".join([piece async for piece in connector.download(attachment)])


def file(name: str, data: bytes, media_type: str = "application/octet-stream") -> File:
    async def read() -> AsyncIterator[bytes]:
        for start in range(0, len(data), PIECE):
            yield data[start : start + PIECE]

    return File(name, media_type, len(data), read)
