"""What Redmine says against a write, in sentences for people, and the field that the connector makes of it."""

from __future__ import annotations

import pytest

from syncd.sdk.connector import Draft
from syncd.sdk.errors import Rejected
from syncd_redmine.simulator import seed
from tests.connectors.redmine.world import LINK_FIELD, SimulatedWorld


@pytest.fixture
def world() -> SimulatedWorld:
    return SimulatedWorld()


@pytest.mark.parametrize("name", ["Customer_tier", "v1.tier", "_tier_id", "TIER of the customer"])
async def test_a_custom_field_is_named_though_rails_says_it_otherwise(
    world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(seed.CUSTOM_FIELDS, 3, seed.CustomField(3, name, options=("gold",)))
    ref = await world.open({"subject": "Export fails"})
    connector = world.connector()
    await connector.fetch(ref)
    with pytest.raises(Rejected) as refused:
        await connector.update(ref, {name: "silver"}, expect="")
    assert refused.value.field == name


async def test_a_text_that_is_too_long_for_its_field_is_named(world: SimulatedWorld) -> None:
    ref = await world.open({"subject": "Export fails"})
    with pytest.raises(Rejected) as refused:
        await world.connector().update(ref, {LINK_FIELD: "x" * 501}, expect="")
    assert refused.value.field == LINK_FIELD


@pytest.mark.parametrize("project", ["no-such-project", ""])
async def test_a_project_that_is_not_there_is_named(world: SimulatedWorld, project: str) -> None:
    """Redmine says that project, tracker and status cannot be blank, whatever was sent."""
    draft = Draft({"project": project, "tracker": "Bug"}, {"subject": "Export fails"})
    with pytest.raises(Rejected) as refused:
        await world.connector().create(draft, key="key-1")
    assert refused.value.field == "project"
