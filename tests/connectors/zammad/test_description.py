"""The vendor's pages are what is checked against: a misspelt name is noticed, on the way there and on the way back."""

from typing import Any

import httpx
import pytest

from syncd.sdk.testing.openapi import Violation
from syncd_zammad import Zammad, api
from syncd_zammad.wire import (
    ArticleJson,
    AttributeJson,
    LinksJson,
    PriorityJson,
    StateJson,
    TagsJson,
    TicketJson,
    UserJson,
    read,
)
from tests.connectors.zammad import pages
from tests.connectors.zammad.description import CORRECTIONS, description, document
from tests.connectors.zammad.world import ZammadWorld

READ = {"intro": 0, "ticket-index": 0, "ticket-articles": 0, "ticket-tags": 0, "ticket-links": 0} | {
    "ticket-states": 0,
    "ticket-priorities": 0,
    "user": 0,
    "object": 4,  # shortened in their middle
}


async def test_a_misspelt_field_of_a_request_is_noticed(
    zammad: Zammad, world: ZammadWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("Export fails")
    right = api.Api.update

    async def misspelt(self: api.Api, id: int, ticket: Any) -> Any:
        return await right(self, id, {"prioritty": ticket["priority"]})

    monkeypatch.setattr(api.Api, "update", misspelt)
    with pytest.raises(Violation, match="prioritty"):
        await zammad.update(ref, {"priority": "3 high"}, expect="")


@pytest.mark.parametrize("wrong", [{"updated_att": "x"}, {"updated_at": "2026-01-05 09:00"}, {"article_ids": ["1"]}])
async def test_a_wrong_field_of_an_answer_is_noticed(
    zammad: Zammad, world: ZammadWorld, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]
) -> None:
    ref = world.simulator.make("Export fails")
    shapes = world.simulator.desk.shapes
    right = shapes.ticket(world.ticket(ref))
    monkeypatch.setattr(shapes, "ticket", lambda ticket: {**right, **wrong})
    with pytest.raises(Violation, match=next(iter(wrong))):
        await zammad.fetch(ref)


async def test_a_field_that_every_example_shows_may_not_be_missing(
    zammad: Zammad, world: ZammadWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("Export fails")
    shapes = world.simulator.desk.shapes
    right = shapes.ticket(world.ticket(ref))
    monkeypatch.setattr(shapes, "ticket", lambda ticket: {key: right[key] for key in right if key != "checklist_id"})
    with pytest.raises(Violation, match="checklist_id"):
        await zammad.fetch(ref)


async def test_an_unknown_address_and_parameter_are_noticed(world: ZammadWorld) -> None:
    async with httpx.AsyncClient(transport=world.transport, base_url=world.simulator.url) as client:
        with pytest.raises(Violation, match="no such operation"):
            await client.get("/api/v1/tickettts/1")
        with pytest.raises(Violation, match="expandd"):
            await client.get("/api/v1/users/me", params={"expandd": "true"})


def test_every_correction_says_why() -> None:
    assert description()
    assert all(len(correction.why) > 20 for correction in CORRECTIONS)


# --- the pages themselves --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", READ)
def test_every_example_of_a_page_is_read(page: str) -> None:
    assert pages.examples(page)
    assert pages.unreadable(page) == READ[page]


def test_the_examples_on_the_pages_are_read_as_what_they_are() -> None:
    """The vendor's own answers, not the simulator's."""
    for each in pages.expanded("article_ids", "group", "state"):
        ticket = read(TicketJson, each, where="ticket")
        assert (ticket.group, ticket.priority, ticket.created_at) == (
            each["group"],
            each["priority"],
            each["created_at"],
        )
    for each in pages.expanded("roles", "login"):
        assert read(UserJson, each, where="user").name == "Christopher Miller"
    for each in pages.answers("ticket-articles", "POST /api/v1/ticket_articles"):
        assert [file.size for file in read(ArticleJson, each, where="article").attachments] in ([], [19], [3735])
    states = pages.answers("ticket-states", "GET /api/v1/ticket_states")
    assert [read(StateJson, each, where="state").name for each in states][-1] == "pending close"
    for each in pages.answers("ticket-priorities", "GET /api/v1/ticket_priorities"):
        assert read(PriorityJson, each, where="priority").active
    for each in pages.answers("object", "GET /api/v1/object_manager_attributes"):
        assert read(AttributeJson, each, where="attribute").object == "Ticket"
    [tags] = pages.answers("ticket-tags", "GET /api/v1/tags?object=Ticket&o_id={ticket id}")
    assert read(TagsJson, tags, where="tags").tags == ["americano", "complaint"]
    [links] = pages.answers("ticket-links", "GET /api/v1/links")
    assert read(LinksJson, links, where="links").links[0].link_object_value == 41


async def test_the_simulator_answers_key_by_key_as_the_pages_show(world: ZammadWorld) -> None:
    """Without the objects that an account adds; of the two tickets on the first page the newer one."""
    world.simulator.desk.attributes.clear()
    ref = world.simulator.make("Export fails")
    async with httpx.AsyncClient(transport=world.simulator.transport(), base_url=world.simulator.url) as client:
        client.headers["authorization"] = "Token token=zammad-token"

        async def ask(path: str) -> Any:
            found = (await client.get(f"/api/v1/{path}", params={"expand": "true"})).json()
            return found[0] if isinstance(found, list) else found

        ticket, article = await ask(f"tickets/{ref}"), await ask(f"ticket_articles/by_ticket/{ref}")
        assert ticket.keys() == pages.expanded("article_ids", "group", "state")[0].keys()
        newest = pages.answers("ticket-articles", "POST /api/v1/ticket_articles")[0]
        assert article.keys() == newest.keys()
        assert (await ask("users/me")).keys() == pages.expanded("roles", "login")[0].keys()
        for page, path in (("ticket-states", "ticket_states"), ("ticket-priorities", "ticket_priorities")):
            assert (await ask(path)).keys() == pages.answers(page, f"GET /api/v1/{path}")[0].keys()


def test_the_simulated_words_are_those_of_the_pages(world: ZammadWorld) -> None:
    shapes = world.simulator.desk.shapes
    kept = ("id", "name", "state_type_id", "next_state_id", "default_create", "default_follow_up", "active")
    told = pages.answers("ticket-states", "GET /api/v1/ticket_states")
    told = [{key: each[key] for key in kept} for each in told]
    assert [{key: each[key] for key in kept} for each in shapes.states()] == told
    words = pages.answers("ticket-priorities", "GET /api/v1/ticket_priorities")
    assert [(each["id"], each["name"]) for each in shapes.priorities()] == [
        (each["id"], each["name"]) for each in words
    ]


def test_the_description_is_made_of_the_pages_alone() -> None:
    assert set(document()["paths"]) >= {"/api/v1/tickets", "/api/v1/ticket_articles", "/api/v1/tags/add"}
    assert "severity" not in document()["components"]["schemas"]["Ticket"]["properties"]
