"""Steps that the tests of HubSpot share."""

from collections.abc import AsyncIterator
from typing import Any

from syncd.core.model import Comment, Internal, Thread
from syncd.sdk.connector import Backlink, Draft, File, Message
from syncd_hubspot import Hubspot
from tests.connectors.hubspot.world import HubspotWorld

CORE_7 = Backlink(url="https://jira.example/browse/CORE-7", title="CORE-7 Export fails", label="CORE-7")
DRAFT = Draft({"pipeline": "Support Pipeline"}, {"subject": "Export fails"})
TICKETS, NOTES, MAILS = (f"/crm/v3/objects/{kind}" for kind in ("tickets", "notes", "emails"))


def file(name: str, data: bytes, *, media_type: str = "text/plain") -> File:
    async def read() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 1000):
            yield data[start : start + 1000]

    return File(name, media_type, len(data), read)


async def thread(hubspot: Hubspot, ref: str) -> Thread:
    found = (await hubspot.fetch(ref)).thread
    assert found
    return found


async def comments(hubspot: Hubspot, ref: str) -> tuple[Comment, ...]:
    return (await thread(hubspot, ref)).comments


async def said(hubspot: Hubspot, ref: str, text: str, *files: File, key: str = "key-1") -> Comment:
    """A note of ours."""
    return (await hubspot.comment(ref, Message(Internal(text), files), key=key, expect="")).comment


def bodies(world: HubspotWorld, operation: str) -> list[Any]:
    """What was sent by these requests."""
    return [each.json() for each in world.simulator.requests if each.operation == operation]
