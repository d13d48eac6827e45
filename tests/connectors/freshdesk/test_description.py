"""The check against Freshdesk's description fails when a name is misspelt, on the way there and on the way back."""

from typing import Any

import httpx
import pytest

from syncd.core.model import Internal
from syncd.sdk.connector import Message
from syncd.sdk.testing.openapi import Violation
from syncd_freshdesk import Freshdesk, api, multipart
from syncd_freshdesk.simulator.state import Json, Ticket
from tests.connectors.freshdesk.description import CORRECTIONS, description
from tests.connectors.freshdesk.steps import file
from tests.connectors.freshdesk.world import FreshdeskWorld


async def test_a_misspelt_field_of_a_request_is_noticed(
    freshdesk: Freshdesk, world: FreshdeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("Export fails")
    right = api.Api.update

    async def misspelt(self: api.Api, id: int, fields: Any) -> Any:
        return await right(self, id, {"prioritty": fields["priority"]})

    monkeypatch.setattr(api.Api, "update", misspelt)
    with pytest.raises(Violation, match="prioritty"):
        await freshdesk.update(ref, {"priority": "High"}, expect="")


async def test_a_misspelt_part_of_a_form_is_noticed(
    freshdesk: Freshdesk, world: FreshdeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("Export fails")
    right = multipart.Form._part

    def misspelt(self: multipart.Form, name: str, file: Any = None) -> bytes:
        return right(self, name.replace("private", "privat"), file)

    monkeypatch.setattr(multipart.Form, "_part", misspelt)
    with pytest.raises(Violation, match="privat"):
        await freshdesk.comment(ref, Message(Internal("x"), (file("a.txt", b"x"),)), key="key-1", expect="")


async def test_a_misspelt_field_of_an_answer_is_noticed(
    freshdesk: Freshdesk, world: FreshdeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("Export fails")
    right = Json.ticket

    def misspelt(self: Json, ticket: Ticket) -> dict[str, Any]:
        return {**right(self, ticket), "updated_att": "2026-01-05T09:00:00Z"}

    monkeypatch.setattr(Json, "ticket", misspelt)
    with pytest.raises(Violation, match="updated_att"):
        await freshdesk.fetch(ref)


async def test_a_number_that_came_as_a_word_is_noticed(
    freshdesk: Freshdesk, world: FreshdeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.desk.ticket(ref).values["status"] = "Open"
    with pytest.raises(Violation, match="status"):
        await freshdesk.fetch(ref)


async def test_an_unknown_address_and_parameter_are_noticed(world: FreshdeskWorld) -> None:
    async with httpx.AsyncClient(transport=world.transport, base_url=world.simulator.url) as client:
        with pytest.raises(Violation, match="no such operation"):
            await client.get("/api/v2/tickettts")
        with pytest.raises(Violation, match="update_since"):
            await client.get("/api/v2/tickets", params={"update_since": "2026-01-05T09:00:00Z"})


def test_every_correction_says_why() -> None:
    assert description()
    assert all(len(correction.why) > 20 for correction in CORRECTIONS)
