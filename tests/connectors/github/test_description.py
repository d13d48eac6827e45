"""The check against GitHub's description fails when a name is misspelt, on the way there and on the way back."""

import json
from typing import Any

import httpx
import pytest

from syncd.sdk.testing.openapi import Violation
from syncd_github import GitHub, api
from syncd_github.simulator.shapes import Shapes
from tests.connectors.github.description import CORRECTIONS, description
from tests.connectors.github.world import GitHubWorld
from tests.specs import spec

TITLE = {"title": "Export fails"}


async def test_a_misspelt_field_of_an_answer_is_noticed(
    github: GitHub, world: GitHubWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert description()
    ref, right = await world.open(TITLE), Shapes.issue
    monkeypatch.setattr(Shapes, "issue", lambda self, issue: {**right(self, issue), "updated_att": "x"})
    with pytest.raises(Violation, match="updated_att"):
        await github.fetch(ref)


async def test_a_missing_field_of_an_answer_is_noticed(
    github: GitHub, world: GitHubWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert description()
    ref, right = await world.open(TITLE), Shapes.issue
    without = lambda self, issue: {n: v for n, v in right(self, issue).items() if n != "html_url"}  # noqa: E731
    monkeypatch.setattr(Shapes, "issue", without)
    with pytest.raises(Violation, match="html_url"):
        await github.fetch(ref)


async def test_a_misspelt_parameter_of_a_request_is_noticed(
    github: GitHub, world: GitHubWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert description()
    right = api.Api._get

    async def misspelt(self: api.Api, path: str, **more: Any) -> httpx.Response:
        return await right(self, path, **{**more, "params": {"sorted": "updated"}})

    monkeypatch.setattr(api.Api, "_get", misspelt)
    with pytest.raises(Violation, match="sorted"):
        await github.describe()


@pytest.mark.parametrize(
    ("method", "path", "good", "bad"),
    [
        ("POST", "/repos/a/b/issues", {"title": "x", "labels": ["l"]}, {"title": "x", "lables": ["l"]}),
        ("PATCH", "/repos/a/b/issues/1", {"state": "closed", "state_reason": "completed"}, {"state": "done"}),
        ("PATCH", "/repos/a/b/issues/1", {"milestone": None}, {"mile_stone": None}),
        ("POST", "/repos/a/b/issues/1/comments", {"body": "x"}, {"text": "x"}),
        ("POST", "/repos/a/b/hooks", {"events": ["issues"]}, {"event": ["issues"]}),
    ],
)
def test_a_misspelt_field_of_a_request_is_noticed(method: str, path: str, good: Any, bad: Any) -> None:
    def found(body: Any) -> list[str]:
        headers, url = {"content-type": "application/json"}, f"https://api.github.example{path}"
        return description().check_request(method, url, headers, json.dumps(body).encode())

    assert found(good) == []
    assert found(bad)


async def test_an_unknown_address_is_noticed(world: GitHubWorld) -> None:
    assert description()
    async with httpx.AsyncClient(transport=world.transport, base_url=world.simulator.url) as client:
        with pytest.raises(Violation, match="no such operation"):
            await client.get("/repos/acme/core/isues")


def test_every_correction_says_why() -> None:
    assert spec("github/rest.openapi.json").exists()
    assert all(len(correction.why) > 20 for correction in CORRECTIONS)
