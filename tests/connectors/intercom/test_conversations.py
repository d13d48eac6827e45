"""What only Intercom does with conversations, and what becomes of them; checked against the description."""

from typing import Any

import pytest
from pydantic import ValidationError

from syncd.core.model import Internal, Life, RichText
from syncd.sdk.connector import Message
from syncd.sdk.errors import (
    NotFound,
    Rejected,
    Unavailable,
)
from syncd.sdk.testing.faults import Status
from syncd_intercom import Intercom
from syncd_intercom.simulator import ANA, LINK
from syncd_intercom.simulator.state import BUG, TITLE
from tests.connectors.intercom.steps import conversation, polled, ticket
from tests.connectors.intercom.world import IntercomWorld

# --- conversations ---------------------------------------------------------------------------------------------------


async def test_a_conversation_without_a_title_has_a_summary(intercom: Intercom, world: IntercomWorld) -> None:
    ref = world.simulator.begin("The export " + "fails " * 30)
    fields = (await intercom.fetch(ref)).fields
    summary = fields["summary"]
    assert fields["title"] is None
    assert isinstance(summary, str)
    assert (summary[:17], summary[-1], len(summary)) == ("The export fails ", "…", 80)
    await intercom.update(ref, {"title": "Export"}, expect="")
    fields = (await intercom.fetch(ref)).fields
    assert (fields["title"], fields["summary"]) == ("Export", "Export")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "snoozed"),
        ("priority", "priority"),
        ("description", RichText.of("x")),
        ("summary", "x"),
        ("open", "true"),
        ("tags", frozenset({" "})),
        ("Severity", "no such"),
        (LINK, "https://elsewhere.example"),
    ],
)
async def test_what_a_conversation_cannot_be_told_is_refused_and_nothing_is_sent(
    intercom: Intercom, world: IntercomWorld, name: str, value: Any
) -> None:
    ref = world.simulator.begin()
    before = world.requests
    with pytest.raises(Rejected) as caught:
        await intercom.update(ref, {"title": "x", name: value}, expect="")
    assert caught.value.field == name
    assert world.requests == before


@pytest.mark.shows("labels")
async def test_tags_are_the_same_in_any_case(intercom: Intercom, world: IntercomWorld) -> None:
    ref = world.simulator.begin()
    with world.simulator.acting(ANA):
        world.simulator.desk.set_tag(world.item(ref), world.simulator.desk.tag("Escalate"), on=True)
    before = world.requests
    await intercom.update(ref, {"tags": frozenset({"escalate"})}, expect="")
    assert world.calls(since=before) == [f"GET /conversations/{world.item(ref).id}"]
    assert (await intercom.fetch(ref)).fields["tags"] == {"Escalate"}


@pytest.mark.shows("labels of others stay")
async def test_a_tag_that_somebody_adds_meanwhile_stays(intercom: Intercom, world: IntercomWorld) -> None:
    ref, desk = world.simulator.begin(), world.simulator.desk
    await intercom.update(ref, {"tags": frozenset({"old"})}, expect="")
    await intercom.fetch(ref)
    with world.simulator.acting(ANA):
        desk.set_tag(world.item(ref), desk.tag("theirs"), on=True)
    await intercom.update(ref, {"tags": frozenset({"ours"})}, expect="")
    assert (await intercom.fetch(ref)).fields["tags"] == {"ours", "theirs"}


async def test_a_second_request_that_fails_is_no_write_that_did_not_happen(
    intercom: Intercom, world: IntercomWorld
) -> None:
    ref = world.simulator.begin()
    world.simulator.faults.on("POST /conversations/*/parts", Status(403))
    with pytest.raises(Unavailable) as caught:
        await intercom.update(ref, {"title": "x", "status": "closed"}, expect="")
    assert caught.value.sent
    assert conversation(world, ref).title == "x"


async def test_an_attribute_that_the_config_does_not_name_is_neither_read_nor_written(world: IntercomWorld) -> None:
    intercom, ref = world.connector(conversation_attributes={}), world.simulator.begin()
    world.simulator.edit(ref, {"custom_attributes": {"Severity": "High"}})
    assert "Severity" not in (await intercom.fetch(ref)).fields
    with pytest.raises(Rejected):
        await intercom.update(ref, {"Severity": "Low"}, expect="")


@pytest.mark.parametrize("given", [{"type": "list"}, {"options": ["a"]}, {"type": "boolean"}])
def test_a_declared_attribute_is_of_a_kind_that_the_api_takes(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        IntercomWorld("both", conversation_attributes={"x": given}).connector()


# --- converted, deleted ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [True, False])
async def test_a_conversation_that_became_a_ticket_is_followed(
    intercom: Intercom, world: IntercomWorld, kept: bool
) -> None:
    world.simulator.desk.keeps_converted = kept
    ref = world.simulator.begin("The export fails", title="Export")
    world.simulator.write(ref, "a note", public=False)
    await intercom.fetch(ref)
    _, cursor = await polled(intercom, None)
    world.clock.advance(60)
    with world.simulator.acting(ANA):
        world.simulator.desk.convert(conversation(world, ref), BUG, {TITLE: "Export"})
    await world.settle()
    found = await intercom.fetch(ref)
    assert found.ref == f"ticket:{ref.removeprefix('conversation:')}"
    assert (found.fields["title"], found.container) == ("Export", BUG.name)
    assert found.thread
    assert [comment.body.text for comment in found.thread.comments] == ["The export fails", "a note"]
    assert found.ref in {hint.ref for hint in (await polled(intercom, cursor))[0]}


async def test_a_ticket_that_only_has_the_number_of_a_lost_conversation_is_not_it(
    intercom: Intercom, world: IntercomWorld
) -> None:
    """Whether tickets and conversations are numbered together is not said; nobody's words may come by chance."""
    ref = world.simulator.begin()
    await intercom.fetch(ref)
    world.clock.advance(60)
    other = ticket(world, world.simulator.make("Another matter"))
    lost = world.simulator.desk.conversations.pop(world.item(ref).id)
    world.simulator.desk.tickets[lost.id] = other
    with pytest.raises(NotFound):
        await intercom.fetch(ref)
    with pytest.raises(NotFound):
        await world.connector().fetch(ref)


async def test_what_is_deleted_is_gone_for_good(intercom: Intercom, world: IntercomWorld) -> None:
    for ref in (world.simulator.make("Export fails"), world.simulator.begin()):
        assert (await intercom.fetch(ref)).life is Life.ACTIVE
        await world.delete(ref)
        with pytest.raises(NotFound):
            await intercom.fetch(ref)
        with pytest.raises(NotFound):
            await intercom.comment(ref, Message(Internal("x")), key="key-1", expect="")


@pytest.mark.parametrize("ref", ["", "7", "ticket:", "ticket:0", "ticket:1/../2", "ticket:١", "user:7", "ticket:1?x"])
async def test_what_is_no_ref_is_not_found_and_asks_nothing(intercom: Intercom, world: IntercomWorld, ref: str) -> None:
    before = world.requests
    with pytest.raises(NotFound):
        await intercom.fetch(ref)
    assert world.requests == before
