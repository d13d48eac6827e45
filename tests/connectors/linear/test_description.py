"""The check against Linear's schema fails when a name is misspelt, on the way there and on the way back."""

from typing import Any

import httpx
import pytest
from graphql import parse, validate

from syncd.sdk.testing.openapi import Violation
from syncd_linear import Linear, documents
from syncd_linear.simulator.shapes import Shapes
from tests.connectors.linear.description import CORRECTIONS, schema
from tests.connectors.linear.world import LinearWorld

DOCUMENTS = {name: text for name, text in vars(documents).items() if name.isupper() and not name.startswith("_")}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_fits_the_schema(name: str) -> None:
    assert validate(schema(), parse(DOCUMENTS[name])) == []


@pytest.mark.parametrize(
    ("type", "names"),
    {
        "IssueCreateInput": ("id", "teamId", "labelIds", "stateId", "estimate", "dueDate", "assigneeId"),
        "IssueUpdateInput": ("addedLabelIds", "removedLabelIds", "teamId", "stateId"),
        "CommentCreateInput": ("id", "issueId", "body", "doNotSubscribeToIssue"),
        "AttachmentCreateInput": ("issueId", "url", "title", "subtitle"),
        "WebhookCreateInput": ("url", "secret", "resourceTypes", "allPublicTeams"),
    }.items(),
)
def test_what_is_written_is_in_the_schema(type: str, names: tuple[str, ...]) -> None:
    """Ids of ours are what makes a create repeatable, so their being there is worth a test of its own."""
    fields: Any = schema().type_map[type]
    assert set(names) <= fields.fields.keys()
    if "id" in names:
        assert "UUID v4" in fields.fields["id"].description


async def test_a_misspelt_field_of_a_request_is_noticed(
    linear: Linear, world: LinearWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("Export fails")
    monkeypatch.setattr(documents, "LINK", documents.LINK.replace("url }", "urll }"))
    with pytest.raises(Violation, match="urll"):
        await linear._api.link({"issueId": ref, "url": "https://e", "title": "x"})
    with pytest.raises(Violation, match="descriptionn"):
        await linear._api.update(ref, {"descriptionn": "x"})
    with pytest.raises(Violation, match="estimate"):
        await linear._api.update(ref, {"estimate": 1.5})
    world.transport.violations.clear()


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"updatedAtt": "2026-01-05T09:00:00.000Z", "updatedAt": ...}, "updatedAt"),
        ({"identifier": None}, "identifier"),
        ({"priority": "High"}, "High"),
        ({"url": 7}, "another type"),
        ({"state": {"id": "1", "name": "Todo"}}, "type"),
    ],
)
async def test_a_wrong_field_of_an_answer_is_noticed(
    linear: Linear, world: LinearWorld, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any], match: str
) -> None:
    ref = world.simulator.make("Export fails")
    right = Shapes.issue

    def misspelt(self: Shapes, issue: Any) -> dict[str, Any]:
        shown = {**right(self, issue), **wrong}
        return {name: value for name, value in shown.items() if value is not ...}

    monkeypatch.setattr(Shapes, "issue", misspelt)
    monkeypatch.setattr("syncd_linear.simulator.graphql.Execution._object", _careless)
    with pytest.raises(Violation, match=match):
        await linear.fetch(ref)
    world.transport.violations.clear()


def _careless(self: Any, value: Any, selection: Any) -> dict[str, Any]:
    """Says what it has, and leaves out what it has not."""
    found = {}
    for each in self._fields(selection):
        if each.name in value:
            child = value[each.name]
            child = (
                child({name: self._given(given) for name, given in each.arguments.items()})
                if callable(child)
                else child
            )
            found[each.alias] = self._complete(child, each)
    return found


async def test_more_than_was_asked_for_is_noticed(world: LinearWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncd_linear.simulator.graphql.Execution._complete", lambda self, value, selected: value)
    with pytest.raises(Violation, match="more than was asked for"):
        await world.connector().check()


async def test_the_simulator_itself_refuses_what_it_does_not_know(world: LinearWorld) -> None:
    """It has no schema, and still a misspelt name is an error and no empty answer."""
    headers = {"authorization": str(world.settings["api_key"])}
    async with httpx.AsyncClient(
        transport=world.simulator.transport(), base_url=world.simulator.url, headers=headers
    ) as client:
        for query in (
            "query A { viewerr { id } }",
            "query A { viewer { idd } }",
            "query A { viewer { id }",
            "query A { viewer { ...Nowhere } }",
            "query A { viewer { organization } }",
            "subscription A { viewer { id } }",
            "query A { ? }",
        ):
            answer = await client.post("/graphql", json={"query": query})
            assert (answer.status_code, "data" in answer.json()) == (400, False), query
        answer = await client.post("/graphql", json={"query": "query A { viewer { id } }", "variables": {"x": 1}})
        assert answer.status_code == 400


async def test_a_query_that_costs_too_much_is_refused(world: LinearWorld) -> None:
    query = "query A { issues(first: 250) { nodes { id comments(first: 250) { nodes { id body } } } } }"
    headers = {"authorization": str(world.settings["api_key"])}
    async with httpx.AsyncClient(
        transport=world.simulator.transport(), base_url=world.simulator.url, headers=headers
    ) as client:
        answer = await client.post("/graphql", json={"query": query})
    assert answer.status_code == 400
    assert float(answer.headers["x-complexity"]) > 10_000


def test_every_correction_says_why() -> None:
    assert all(len(why) > 20 for why in CORRECTIONS.values())
