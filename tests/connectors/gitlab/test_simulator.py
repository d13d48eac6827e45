"""The simulated GitLab as a person meets it: its page, and what is delivered of it."""

import httpx
import pytest

from syncd.core.model import Internal, Public
from syncd_gitlab import Gitlab
from syncd_gitlab.simulator import SYNCD
from tests.connectors.gitlab.world import HOOK, SECRET, GitlabWorld


@pytest.fixture
def page(world: GitlabWorld) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=world.simulator.transport(), base_url=world.simulator.url, follow_redirects=True)


async def test_a_person_opens_an_issue_sets_it_and_writes(
    page: httpx.AsyncClient, gitlab: Gitlab, world: GitlabWorld
) -> None:
    await page.post("/page", data={"title": "Export fails", "text": "since Monday"}, files={"files": ("a.txt", b"log")})
    given = {"state": "closed", "scoped": "priority::high", "labels": "bug, escalate", "assignee": "102", "weight": "3"}
    more = {
        "milestone": "141",
        "due_date": "2026-03-01",
        "confidential": "True",
        "issue_type": "incident",
        "title": "B",
    }
    await page.post("/page/14-1/fields", data={**given, **more})
    await page.post("/page/14-1/answers", data={"text": "for us", "public": "no"})
    fields = (await gitlab.fetch("14-1")).fields
    assert (fields["title"], fields["status"], fields["priority"]) == ("B", "closed", "high")
    assert fields["labels"] == frozenset({"bug", "escalate"})
    assert fields["milestone"] == "18.1"
    shown = (await page.get("/page/14-1")).text
    assert "since Monday" in shown
    assert "for us" in shown
    [secret] = world.app.uploads
    assert (await page.get(f"/page/14-1/files/{secret}")).content == b"log"
    assert (await page.get("/page/14-99")).status_code == 404
    assert (await page.get("/page/nonsense")).status_code == 404


async def test_what_gitlab_refuses_is_said_on_the_page(page: httpx.AsyncClient, world: GitlabWorld) -> None:
    world.made()
    assert "GitLab refuses that" in (await page.post("/page/14-1/fields", data={"title": "x" * 300})).text
    assert "GitLab refuses that" in (await page.post("/page/14-1/fields", data={"weight": "heavy"})).text


async def test_the_page_and_the_connector_agree_on_what_is_internal(
    page: httpx.AsyncClient, gitlab: Gitlab, world: GitlabWorld
) -> None:
    ref = world.made().ref
    await page.post(f"/page/{ref}/answers", data={"text": "for all", "public": "yes"})
    await page.post(f"/page/{ref}/answers", data={"text": "for us", "public": "no"})
    found = (await gitlab.fetch(ref)).thread
    assert found is not None
    assert [comment.body for comment in found.comments] == [Public("for all"), Internal("for us")]


async def test_a_webhook_that_fails_is_sent_once_more(world: GitlabWorld) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(500)

    world.made()
    await world.simulator.outbox.deliver(transport=httpx.MockTransport(answer))
    assert [(str(each.url), each.headers["x-gitlab-token"]) for each in seen] == [(HOOK, SECRET)] * 2
    assert len({each.headers["idempotency-key"] for each in seen}) == 1


async def test_a_token_is_kept_out_of_the_journal(gitlab: Gitlab, world: GitlabWorld) -> None:
    await gitlab.fetch(world.made().ref)
    assert SYNCD.token not in repr([(each.headers, each.query, each.body) for each in world.simulator.requests])
