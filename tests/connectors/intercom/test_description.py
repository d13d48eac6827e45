"""The check against Intercom's description fails when a name is misspelt, on the way there and on the way back."""

from typing import Any

import httpx
import pytest

from syncd.core.model import Internal
from syncd.sdk.connector import Message
from syncd.sdk.json_files import FileNames
from syncd.sdk.testing.openapi import Description, Violation
from syncd_intercom import Intercom, api
from syncd_intercom.simulator.shapes import Shapes
from tests.connectors.intercom.description import CORRECTIONS, description
from tests.connectors.intercom.steps import file
from tests.connectors.intercom.world import IntercomWorld
from tests.specs import spec


async def test_a_misspelt_field_of_a_request_is_noticed(
    intercom: Intercom, world: IntercomWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref, right = world.simulator.make("Export fails"), api.Api.update_ticket

    async def misspelt(self: api.Api, id: str, ticket: Any) -> Any:
        return await right(self, id, {"ticket_attribute": ticket["ticket_attributes"]})

    monkeypatch.setattr(api.Api, "update_ticket", misspelt)
    with pytest.raises(Violation, match="ticket_attribute"):
        await intercom.update(ref, {"title": "x"}, expect="")


async def test_a_misspelt_name_of_a_files_part_is_noticed(
    intercom: Intercom, world: IntercomWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "FILE_NAMES", FileNames("attachment_files", "filename", "content_type", "data"))
    message = Message(Internal("x"), (file("a.txt", b"x"),))
    with pytest.raises(Violation, match="filename"):
        await intercom.comment(world.simulator.begin(), message, key="key-1", expect="")


async def test_a_file_for_a_ticket_is_no_part_of_the_description(intercom: Intercom, world: IntercomWorld) -> None:
    """Why tickets take no files, though conversations do."""
    said = {"message_type": "note", "type": "admin", "admin_id": "991000001", "body": "x"}
    async with httpx.AsyncClient(transport=world.transport, base_url=world.simulator.url) as client:
        with pytest.raises(Violation, match="attachment_files"):
            await client.post("/tickets/7/reply", json={**said, "attachment_files": []})


async def test_a_misspelt_field_of_an_answer_is_noticed(
    intercom: Intercom, world: IntercomWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref, right = world.simulator.make("Export fails"), Shapes.ticket
    monkeypatch.setattr(Shapes, "ticket", lambda *args, **more: {**right(*args, **more), "updated": 1767603600})
    with pytest.raises(Violation, match="updated"):
        await intercom.fetch(ref)


async def test_a_time_that_came_as_a_word_is_noticed(
    intercom: Intercom, world: IntercomWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref, right = world.simulator.begin(), Shapes.row
    monkeypatch.setattr(Shapes, "row", lambda self, given: {**right(self, given), "updated_at": "2026-01-05T09:00:00Z"})
    with pytest.raises(Violation, match="updated_at"):
        await intercom.fetch(ref)


async def test_an_unknown_address_and_version_are_noticed(world: IntercomWorld) -> None:
    async with httpx.AsyncClient(transport=world.transport, base_url=world.simulator.url) as client:
        with pytest.raises(Violation, match="no such operation"):
            await client.get("/tickettts/7")
        with pytest.raises(Violation, match="Intercom-Version"):
            await client.get("/tickets/7", headers={"intercom-version": "2.99"})


def test_every_correction_says_why_and_puts_something_right() -> None:
    assert description()
    assert all(len(correction.why) > 20 for correction in CORRECTIONS)


def test_without_the_corrections_the_examples_shape_is_refused(world: IntercomWorld) -> None:
    bare = Description.load(spec("intercom/api-2.15.openapi.json"))
    shown = httpx.Response(200, json=world.simulator.desk.shapes.ticket(_ticket(world)))
    found = bare.check_response("GET", "/tickets/7", 200, shown.headers, shown.content)
    assert any("is_internal" in each for each in found)
    assert description().check_response("GET", "/tickets/7", 200, shown.headers, shown.content) == []


def _ticket(world: IntercomWorld) -> Any:
    return world.item(world.simulator.make("Export fails"))
