"""The check against Zendesk's description fails when a name is misspelt, on the way there and on the way back."""

from typing import Any

import httpx
import pytest

from syncd.sdk.testing.openapi import Violation
from syncd_zendesk import Zendesk, api
from tests.connectors.zendesk.description import CORRECTIONS, description
from tests.connectors.zendesk.world import ZendeskWorld


async def test_a_misspelt_field_of_a_request_is_noticed(
    zendesk: Zendesk, world: ZendeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("Export fails")
    right = api.Api.update

    async def misspelt(self: api.Api, id: int, ticket: Any) -> Any:
        return await right(self, id, {"prioritty": ticket.get("priority")})

    monkeypatch.setattr(api.Api, "update", misspelt)
    with pytest.raises(Violation, match="prioritty"):
        await zendesk.update(ref, {"priority": "high"}, expect="")


async def test_a_misspelt_field_of_an_answer_is_noticed(
    zendesk: Zendesk, world: ZendeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("Export fails")
    desk = world.simulator.desk
    right = desk.show(desk.ticket(ref))
    monkeypatch.setattr(desk, "show", lambda ticket: {**right, "updated_att": right["updated_at"]})
    with pytest.raises(Violation, match="updated_att"):
        await zendesk.fetch(ref)


async def test_an_unknown_address_and_parameter_are_noticed(world: ZendeskWorld) -> None:
    async with httpx.AsyncClient(transport=world.transport, base_url=world.simulator.url) as client:
        with pytest.raises(Violation, match="no such operation"):
            await client.get("/api/v2/tickettts")
        with pytest.raises(Violation, match="extern_id"):
            await client.get("/api/v2/tickets", params={"extern_id": "1"})


def test_every_correction_says_why() -> None:
    assert description()
    assert all(len(correction.why) > 20 for correction in CORRECTIONS)
