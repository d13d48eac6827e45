"""What Redmine says against a write, in sentences for people, and the field that the connector makes of it."""

from __future__ import annotations

import pytest

from syncd.core.model import Internal, Public, RichText, Value
from syncd.sdk.connector import Draft, Message
from syncd.sdk.errors import Rejected
from syncd.sdk.testing.promises.base import comments
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


async def test_a_character_that_no_database_holds_is_not_sent(world: SimulatedWorld) -> None:
    """Redmine answers it with 500, which would be tried again for ever."""
    ref, connector = await world.open({"subject": "Export fails"}), world.connector()
    fields: dict[str, Value] = {"subject": "a\0b", LINK_FIELD: "c\0d", "description": RichText.of("e\0f")}
    await connector.update(ref, fields, expect="")
    await connector.comment(ref, Message(Public("g\0h")), key="key-1", expect="")
    read = await connector.fetch(ref)
    assert (read.fields["subject"], read.fields[LINK_FIELD]) == ("ab", "cd")
    issue = await world.read(ref)
    texts = (issue["description"], issue["journals"][-1]["notes"].split()[0])
    assert texts == ("e\ufffdf", "g\ufffdh"), "as CommonMark has it"


async def test_a_note_that_came_out_public_is_taken_back(world: SimulatedWorld) -> None:
    """The right to private notes went after it was looked up; Redmine answers 204 and makes the note public."""
    ref, connector = await world.open({"subject": "Export fails"}), world.connector()
    await connector.check()
    role = world.simulator.instance.state.roles[seed.SYNC_BOT]
    role.permissions = tuple(name for name in role.permissions if name != "set_notes_private")
    with pytest.raises(Rejected, match="taken back"):
        await connector.comment(ref, Message(Internal("secret")), key="key-1", expect="")
    assert await comments(connector, ref) == ()
    assert not any("secret" in text for text in (await world.look(ref)).public)
