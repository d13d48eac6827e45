"""The check against the vendor's descriptions notices a misspelt name, both ways; and their examples are read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from syncd.core.model import Internal
from syncd.sdk.testing.openapi import CheckedTransport, Violation
from syncd_azuredevops import AzureDevOps
from syncd_azuredevops.api import Api
from syncd_azuredevops.refusals import sent_at
from syncd_azuredevops.simulator.shapes import Shapes
from syncd_azuredevops.wire import (
    BatchJson,
    CommentJson,
    CommentsJson,
    DeletedJson,
    FoundJson,
    StateJson,
    UploadedJson,
    WorkItemJson,
)
from tests.connectors.azuredevops.description import corrections, description
from tests.connectors.azuredevops.steps import commented
from tests.connectors.azuredevops.world import AzureDevOpsWorld
from tests.specs import SHARED, spec

EXAMPLES = "azure-devops/http-examples"


@pytest.fixture(autouse=True)
def described() -> None:
    """Skips, with the reason, where the descriptions are absent."""
    assert description()


async def test_a_misspelt_step_of_a_patch_is_noticed(
    boards: AzureDevOps, world: AzureDevOpsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Api.write

    async def misspelt(self: Api, id: int, patch: Any) -> Any:
        return await right(
            self, id, [{"paht" if name == "path" else name: step[name] for name in step} for step in patch]
        )

    monkeypatch.setattr(Api, "write", misspelt)
    with pytest.raises(Violation, match="paht"):
        await boards.update(world.made().ref, {"title": "x"}, expect="1")


async def test_a_misspelt_member_of_a_request_is_noticed(
    boards: AzureDevOps, world: AzureDevOpsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def misspelt(self: Api, wiql: str) -> Any:
        return await self._ask("POST", "/_apis/wit/wiql", json={"qeury": wiql})

    monkeypatch.setattr(Api, "query", misspelt)
    with pytest.raises(Violation, match="qeury"):
        await boards.find("key-1")


@pytest.mark.parametrize("shape", ["item", "comment", "project", "type"])
async def test_a_misspelt_member_of_an_answer_is_noticed(
    boards: AzureDevOps, world: AzureDevOpsWorld, monkeypatch: pytest.MonkeyPatch, shape: str
) -> None:
    right = getattr(Shapes, shape)
    monkeypatch.setattr(Shapes, shape, lambda *args, **more: {**right(*args, **more), "updatd": "now"})
    ref = world.made().ref
    with pytest.raises(Violation, match="updatd"):
        await checked_and_commented(boards, ref)


async def checked_and_commented(boards: AzureDevOps, ref: str) -> None:
    await boards.check()
    await commented(boards, ref, "x")


async def test_an_unknown_address_and_parameter_are_noticed(world: AzureDevOpsWorld) -> None:
    async with httpx.AsyncClient(transport=world.transport, base_url="https://dev.azure.com/fabrikam") as client:
        with pytest.raises(Violation, match="no such operation"):
            await client.get("/_apis/wit/workitem/1?api-version=7.1")
        with pytest.raises(Violation, match="expnad"):
            await client.get("/_apis/wit/workitems/1", params={"expnad": "all", "api-version": "7.1"})
        with pytest.raises(Violation, match="api-version"):
            await client.get("/_apis/wit/workitems/1")


async def test_all_parts_of_the_description_are_used(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref = world.made().ref
    await boards.fetch(ref)
    await boards.person("x@example.com")
    await boards.hooks()
    assert isinstance(world.transport, CheckedTransport)
    for name in (
        "GET /{organization}/_apis/wit/workitems/{id}",
        "GET /{organization}/{project}/_apis/wit/workItems/{workItemId}/comments",
        "GET /{organization}/_apis/identities",
        "GET /{organization}/_apis/hooks/subscriptions",
    ):
        assert world.transport.seen[name] == 1, name


def test_every_correction_says_why() -> None:
    assert all(len(correction.why) > 20 for correction in corrections())


# --- the examples ----------------------------------------------------------------------------------------------------


def bodies(pattern: str) -> Iterator[tuple[str, Any]]:
    found = sorted((SHARED / "specs" / EXAMPLES).glob(pattern))
    assert found, pattern
    for path in found:
        for answer in json.loads(path.read_text(encoding="utf-8"))["responses"].values():
            yield path.name, answer["body"]


@pytest.mark.parametrize(
    ("pattern", "model"),
    [
        ("workItems__P*", WorkItemJson),
        ("workItems__GET*", WorkItemJson),
        ("recycleBin__GET__wit_recyclebin__id_.json", DeletedJson),
        ("recycleBin__PATCH*", DeletedJson),
        ("comments__P*", CommentJson),
        ("comments__DELETE*", CommentJson),
        ("comments__GET__wit_workitems__issueId__comments_1.json", CommentsJson),
        ("comments__GET__wit_workitems__issueId__comments__commentId_1.json", CommentJson),
        ("workItemRevisions__*", BatchJson),
        ("wiql__GET__wit_get_id_workitems.json", FoundJson),
        ("attachments__POST__*", UploadedJson),
    ],
)
def test_an_example_of_the_vendor_is_read(pattern: str, model: Any) -> None:
    for name, body in bodies(pattern):
        assert model.model_validate(body), name


def test_the_example_of_states_has_the_categories_that_closing_looks_for() -> None:
    [(_, body)] = bodies("workItemTypeStates*")
    assert [StateJson.model_validate(row).category for row in body["value"]] == [
        "Proposed",
        "InProgress",
        "InProgress",
        "Resolved",
        "Completed",
    ]


def test_people_of_deleted_work_items_are_texts() -> None:
    [(_, body)] = bodies("recycleBin__PATCH*")
    person = DeletedJson.model_validate(body).resource.system.created_by.person()
    assert (person.name, person.email) == ("Jamal Hartnett", "fabrikamfiber4@hotmail.com")


def test_the_descriptions_are_where_the_tests_look() -> None:
    assert isinstance(spec(EXAMPLES), Path)
    with pytest.raises(Exception, match="when it was sent"):
        sent_at(httpx.Response(200))


async def test_a_comment_with_the_number_of_the_examples_is_read(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    [(_, body)] = bodies("comments__P*create*")
    assert CommentJson.model_validate(body).id == 50
    assert Internal("x") == (await commented(boards, world.made().ref, "x")).body
