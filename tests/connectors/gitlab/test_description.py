"""The check against GitLab's descriptions fails when a name is misspelt, on the way there and on the way back."""

from typing import Any

import httpx
import pytest

from syncd.core.model import Public
from syncd.sdk.connector import Message
from syncd.sdk.testing.openapi import CheckedTransport, Violation
from syncd_gitlab import Gitlab, api
from syncd_gitlab.simulator.shapes import Shapes
from tests.connectors.gitlab.description import GENERATED, HANDWRITTEN, description
from tests.connectors.gitlab.world import GitlabWorld


@pytest.fixture(autouse=True)
def described() -> None:
    """Skips, with the reason, where the descriptions are absent."""
    assert description()


async def test_a_misspelt_field_of_a_request_is_noticed(
    gitlab: Gitlab, world: GitlabWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = api.Api.write

    async def misspelt(self: api.Api, place: Any, body: Any) -> Any:
        return await right(self, place, {"titel": body["title"]})

    monkeypatch.setattr(api.Api, "write", misspelt)
    with pytest.raises(Violation, match="titel"):
        await gitlab.update(world.made().ref, {"title": "x"}, expect="")


async def test_a_misspelt_field_of_an_answer_is_noticed(
    gitlab: Gitlab, world: GitlabWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Shapes.issue
    monkeypatch.setattr(Shapes, "issue", lambda self, issue: {**right(self, issue), "updated": "now"})
    with pytest.raises(Violation, match="updated"):
        await gitlab.fetch(world.made().ref)


async def test_the_handwritten_half_is_checked_as_well(
    gitlab: Gitlab, world: GitlabWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.made().ref
    right = Shapes.note
    with monkeypatch.context() as broken:
        broken.setattr(Shapes, "note", lambda self, note, issue: {**right(self, note, issue), "internl": True})
        with pytest.raises(Violation, match="internl"):
            await gitlab.comment(ref, Message(Public("x")), key="key-1", expect="")

    async def misspelt(self: api.Api, place: Any, body: str, *, internal: bool) -> Any:
        return await self.client.json("POST", api.issue_path(place, "notes"), json={"body": body, "internl": internal})

    monkeypatch.setattr(api.Api, "add_note", misspelt)
    with pytest.raises(Violation, match="internl"):
        await gitlab.comment(ref, Message(Public("x")), key="key-1", expect="")


async def test_an_unknown_address_and_parameter_are_noticed(world: GitlabWorld) -> None:
    async with httpx.AsyncClient(transport=world.transport, base_url=world.simulator.url) as client:
        with pytest.raises(Violation, match="no such operation"):
            await client.get("/api/v4/projekts/14")
        with pytest.raises(Violation, match="updated_behind"):
            await client.get("/api/v4/projects/14/issues", params={"updated_behind": "2026-01-01T00:00:00Z"})


async def test_both_descriptions_are_used(gitlab: Gitlab, world: GitlabWorld) -> None:
    await gitlab.fetch(world.made().ref)
    assert isinstance(world.transport, CheckedTransport)
    assert world.transport.seen["GET /api/v4/projects/{id}/issues/{issue_iid}"] == 1
    assert world.transport.seen["GET /projects/{id}/issues/{issue_iid}/notes"] == 1


def test_every_correction_says_why() -> None:
    assert all(len(correction.why) > 20 for correction in (*GENERATED, *HANDWRITTEN))
