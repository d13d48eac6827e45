"""The check against Redmine's description fails when a name is misspelt, on the way there and on the way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from syncd.core.model import Public
from syncd.sdk.connector import Message
from syncd.sdk.testing.openapi import CheckedTransport, Violation
from syncd.sdk.testing.promises.base import file
from syncd_redmine.api import Api
from syncd_redmine.simulator.shapes import Shapes
from tests.connectors.redmine.description import CORRECTIONS, description
from tests.connectors.redmine.world import SimulatedWorld

RIGHT = {"custom_fields": [{"id": 2, "value": "S1"}], "uploads": [{"token": "1.a"}], "notes": "x", "priority_id": "3"}


@pytest.fixture(autouse=True)
def described() -> None:
    """Skips, with the reason, where the description is absent."""
    assert description()


@pytest.fixture
def world() -> SimulatedWorld:
    return SimulatedWorld()


async def test_a_misspelt_field_of_a_request_is_noticed(world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    ref, right = await world.open({"subject": "Export fails"}), Api.write

    async def misspelt(self: Api, ref: str, values: Mapping[str, Any]) -> None:
        await right(self, ref, {"subjekt": values["subject"]})

    monkeypatch.setattr(Api, "write", misspelt)
    with pytest.raises(Violation, match="subjekt"):
        await world.connector().update(ref, {"subject": "x"}, expect="")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("custom_fields", [{"id": 2, "valeu": "S1"}]),
        ("uploads", [{"token": "1.a", "file_name": "x"}]),
        ("private_note", True),
        ("priority_id", "high"),
    ],
)
async def test_what_the_original_left_open_is_checked_as_well(world: SimulatedWorld, name: str, value: object) -> None:
    def wrong(issue: Mapping[str, object]) -> list[str]:
        body = httpx.Request("PUT", "http://x/issues/1.json", json={"issue": issue})
        return description().check_request("PUT", str(body.url), body.headers, body.content)

    assert wrong(RIGHT) == []
    assert wrong({**RIGHT, name: value})


@pytest.mark.parametrize("place", ["issue", "custom_fields", "journals", "attachments"])
async def test_a_misspelt_field_of_an_answer_is_noticed(
    world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    ref, connector, right = await world.open({"subject": "Export fails"}), world.connector(), Shapes.issue
    await connector.comment(ref, Message(Public("x"), (file("a.txt", b"x"),)), key="key-1", expect="")

    def misspelt(self: Shapes, *given: Any) -> dict[str, Any]:
        shown = right(self, *given)
        (shown if place == "issue" else shown[place][0])["creatd_on"] = "now"
        return shown

    monkeypatch.setattr(Shapes, "issue", misspelt)
    with pytest.raises(Violation, match="creatd_on"):
        await connector.fetch(ref)


async def test_an_unknown_address_and_parameter_are_noticed(world: SimulatedWorld) -> None:
    with pytest.raises(Violation, match="no such operation"):
        await world.alice.get("/isues/1.json")
    with pytest.raises(Violation, match="updated_in"):
        await world.alice.get("/issues.json", params={"updated_in": ">=2026-01-01"})


async def test_the_description_is_used(world: SimulatedWorld) -> None:
    await world.connector().fetch(await world.open({"subject": "Export fails"}))
    assert isinstance(world.transport, CheckedTransport)
    assert world.transport.seen["GET /issues/{issue_id}.{format}"] == 1
    assert world.transport.seen["GET /roles/{role_id}.{format}"] == 1


def test_every_correction_says_why() -> None:
    assert all(len(correction.why) > 20 for correction in CORRECTIONS)
