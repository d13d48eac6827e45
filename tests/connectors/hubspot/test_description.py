"""The check against HubSpot's description fails when a name is misspelt, on the way there and on the way back."""

from typing import Any

import httpx
import pytest

from syncd.core.model import Internal
from syncd.sdk.connector import Message
from syncd.sdk.multipart import Form
from syncd.sdk.testing.openapi import Violation
from syncd_hubspot import Hubspot, api
from syncd_hubspot.simulator import routes, state
from tests.connectors.hubspot.description import CORRECTIONS, description
from tests.connectors.hubspot.steps import file
from tests.connectors.hubspot.world import HubspotWorld


async def test_a_misspelt_field_of_a_request_is_noticed(
    hubspot: Hubspot, world: HubspotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("x")
    right = api.Api._write

    async def misspelt(self: api.Api, method: str, path: str, body: Any) -> Any:
        return await right(self, method, path, {"propertys": body["properties"]})

    monkeypatch.setattr(api.Api, "_write", misspelt)
    with pytest.raises(Violation, match="propert"):
        await hubspot.update(ref, {"subject": "y"}, expect="")


async def test_a_null_where_a_text_must_be_is_noticed(world: HubspotWorld, hubspot: Hubspot) -> None:
    """How one would empty a property in many other vendors' words."""
    ref = world.simulator.make("x")
    with pytest.raises(Violation, match="None is not of type 'string'"):
        await api.Api(hubspot._client).update("tickets", ref, {"severity": None})  # type: ignore[dict-item]


async def test_a_misspelt_part_of_a_form_is_noticed(
    hubspot: Hubspot, world: HubspotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("x")
    right = Form._part
    monkeypatch.setattr(Form, "_part", lambda self, name, file=None: right(self, name.replace("folder", "map"), file))
    with pytest.raises(Violation, match="mapPath"):
        await hubspot.comment(ref, Message(Internal("x"), (file("a.txt", b"x"),)), key="key-1", expect="")


async def test_a_misspelt_field_of_an_answer_is_noticed(
    hubspot: Hubspot, world: HubspotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("x")
    right = state.as_json
    monkeypatch.setattr(routes, "as_json", lambda *given: {**right(*given), "updateddAt": "2026-01-05T09:00:00Z"})
    with pytest.raises(Violation, match="updateddAt"):
        await hubspot.fetch(ref)


async def test_a_number_that_came_for_a_text_is_noticed(
    hubspot: Hubspot, world: HubspotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("x")
    right = state.as_json
    monkeypatch.setattr(routes, "as_json", lambda *given: {**right(*given), "id": int(ref)})
    with pytest.raises(Violation, match="string"):
        await hubspot.fetch(ref)


async def test_an_unknown_address_and_parameter_are_noticed(world: HubspotWorld) -> None:
    async with httpx.AsyncClient(transport=world.transport, base_url=world.simulator.url) as client:
        with pytest.raises(Violation, match="no such operation"):
            await client.get("/crm/v3/objects/tickettts")
        with pytest.raises(Violation, match="propertees"):
            await client.get("/crm/v3/objects/tickets/1", params={"propertees": "subject"})


def test_every_correction_says_why() -> None:
    assert description()
    assert all(len(correction.why) > 20 for correction in CORRECTIONS)
