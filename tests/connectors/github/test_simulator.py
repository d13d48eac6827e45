"""The simulated GitHub can prove a connector wrong: it drops, ignores, limits and moves as GitHub does; its page."""

from typing import Any

import httpx
import pytest
import pytest_asyncio

from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.simulator import Limit, Refused
from syncd_github.simulator import ANA, STRANGER, SYNCD, GitHubSimulator
from tests.connectors.github.world import GitHubWorld

CORE, OPEN = "/repos/acme/core", "/repos/acme/open"


class Caller:
    """GitHub as curl sees it."""

    def __init__(self, world: GitHubWorld) -> None:
        self.world = world
        self.client = httpx.AsyncClient(transport=world.transport, base_url=world.simulator.url)

    async def __call__(self, method: str, path: str, body: Any = None, *, token: str = SYNCD.token, **more: str) -> Any:
        headers = {
            "Authorization": f"Bearer {token}",
            **{name.replace("_", "-"): value for name, value in more.items()},
        }
        return await self.client.request(method, path, json=body, headers=headers)


@pytest_asyncio.fixture
async def call(world: GitHubWorld) -> Any:
    caller = Caller(world)
    yield caller
    await caller.client.aclose()


async def test_nobody_gets_in_without_a_token_and_no_stranger_sees_what_is_private(call: Caller) -> None:
    assert (await call("GET", CORE, token="wrong")).status_code == 401
    assert (await call("GET", CORE, token=STRANGER.token)).status_code == 404
    assert (await call("GET", OPEN, token=STRANGER.token)).status_code == 200


async def test_a_stranger_may_ask_but_labels_are_dropped_without_a_word(call: Caller) -> None:
    body = {"title": "x", "labels": ["bug"], "assignees": ["ana-alves"], "milestone": 1, "type": "Bug"}
    made = (await call("POST", f"{OPEN}/issues", body, token=STRANGER.token)).json()
    assert (made["labels"], made["assignees"], made["milestone"], "type" in made) == ([], [], None, False)
    made = (await call("POST", f"{OPEN}/issues", body)).json()
    assert ([label["name"] for label in made["labels"]], made["milestone"]["number"]) == (["bug"], 1)


async def test_a_reason_is_ignored_while_the_state_stays(call: Caller) -> None:
    await call("POST", f"{CORE}/issues", {"title": "x"})
    issue = f"{CORE}/issues/1"
    answers = [
        (await call("PATCH", issue, body)).json()["state_reason"]
        for body in (
            {"state": "open", "state_reason": "reopened"},
            {"state": "closed"},
            {"state": "closed", "state_reason": "not_planned"},
            {"state": "open"},
        )
    ]
    assert answers == [None, "completed", "completed", "reopened"]


async def test_labels_of_a_patch_replace_all_and_new_ones_are_made(call: Caller) -> None:
    await call("POST", f"{CORE}/issues", {"title": "x", "labels": ["bug", "new"]})
    answer = (await call("PATCH", f"{CORE}/issues/1", {"labels": ["BUG"]})).json()
    assert [label["name"] for label in answer["labels"]] == ["bug"]
    assert "new" in [label["name"] for label in (await call("GET", f"{CORE}/labels")).json()]
    assert (await call("DELETE", f"{CORE}/issues/1/labels/new")).status_code == 404


async def test_a_patch_knows_no_condition_and_a_get_does(call: Caller) -> None:
    await call("POST", f"{CORE}/issues", {"title": "x"})
    first = await call("GET", f"{CORE}/issues/1")
    again = await call("GET", f"{CORE}/issues/1", If_None_Match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    await call("PATCH", f"{CORE}/issues/1", {"title": "y"}, If_Match='"nonsense"')
    changed = await call("GET", f"{CORE}/issues/1", If_None_Match=first.headers["etag"])
    assert (changed.status_code, changed.json()["title"]) == (200, "y")


async def test_lists_are_of_open_issues_newest_first_in_pages_of_thirty(call: Caller, world: GitHubWorld) -> None:
    for number in range(35):
        await call("POST", f"{CORE}/issues", {"title": f"{number}"})
    await call("PATCH", f"{CORE}/issues/35", {"state": "closed"})
    rows = await call("GET", f"{CORE}/issues")
    assert (len(rows.json()), rows.json()[0]["number"]) == (30, 34)
    assert 'rel="next"' in rows.headers["link"]
    assert len((await call("GET", f"{CORE}/issues?page=2")).json()) == 4
    assert len((await call("GET", f"{CORE}/issues?state=all&per_page=100")).json()) == 35


async def test_what_is_used_of_the_hour_is_told_in_githubs_words(call: Caller, world: GitHubWorld) -> None:
    world.simulator.hourly = Limit(2)
    answers = [await call("GET", CORE) for _ in range(3)]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert (answers[2].status_code, answers[2].headers.get("retry-after")) == (403, None)
    assert int(answers[2].headers["x-ratelimit-reset"]) > world.clock().timestamp()


async def test_an_old_address_leads_to_the_new_one(call: Caller, world: GitHubWorld) -> None:
    await call("POST", f"{CORE}/issues", {"title": "x"})
    with world.simulator.acting(ANA):
        new = world.site.transfer(world.simulator.home.issues[1], world.second())
    moved = await call("GET", f"{CORE}/issues/1")
    assert moved.status_code == 301
    there = await call("GET", moved.headers["location"].removeprefix(world.simulator.url))
    assert (there.json()["id"], there.json()["repository_url"][-10:]) == (new.id, "acme/tools")


async def test_a_transfer_brings_along_what_the_other_repository_knows(world: GitHubWorld) -> None:
    ref, there = await world.open({"title": "x"}), world.second()
    there.labels = {"bug": "bug"}
    with world.simulator.acting(ANA):
        world.site.edit(world.issue(ref), {"labels": ["bug", "only here"], "assignees": ["ana-alves"], "milestone": 1})
        comment = world.site.say(world.issue(ref), "hello")
        new = world.site.transfer(world.issue(ref), there)
    assert (new.labels, new.assignees, new.milestone) == (["bug"], [ANA], None)
    [copy] = new.comments
    assert (copy.body, copy.author, copy.created) == (comment.body, comment.author, comment.created)
    assert copy.id != comment.id


@pytest.mark.parametrize("why", ["closed", "made public"])
async def test_some_transfers_are_refused(world: GitHubWorld, why: str) -> None:
    ref = await world.open({"title": "x"})
    there = world.simulator.open_source if why == "made public" else world.second()
    with world.simulator.acting(ANA):
        if why == "closed":
            world.site.edit(world.issue(ref), {"state": "closed"})
        with pytest.raises(Refused):
            world.site.transfer(world.issue(ref), there)


# -- the page


@pytest.fixture
def simulator() -> GitHubSimulator:
    return GitHubSimulator(clock=Clock())


async def test_a_person_works_on_the_page(simulator: GitHubSimulator) -> None:
    async with httpx.AsyncClient(transport=simulator.transport(), base_url="http://simulator") as browser:
        made = await browser.post("/page", data={"title": "Export fails", "text": "since **Monday**"})
        address = made.headers["location"]
        ref = address.rpartition("/")[2]
        assert "<strong>Monday</strong>" in (await browser.get(address)).text
        changed = {"status": "not_planned", "labels": "bug, new", "assignee": "ben-berg", "title": "Import fails"}
        await browser.post(f"{address}/fields", data={**changed, "was:title": "Export fails"})
        await browser.post(f"{address}/answers", data={"text": "on it", "public": "yes"})
        issue = simulator.issue(ref)
        assert (issue.state_reason, issue.labels, issue.title) == ("not_planned", ["bug", "new"], "Import fails")
        assert ([each.name for each in issue.assignees], issue.comments[0].author) == (["ben-berg"], ANA)
        shown = (await browser.get(address)).text
        assert "on it" in shown
        assert (await browser.get("/page/1-1")).status_code == 404
        assert (await browser.get("/acme/core/issues/1")).headers["location"] == address


async def test_the_page_says_why_something_cannot_be_done(simulator: GitHubSimulator) -> None:
    async with httpx.AsyncClient(transport=simulator.transport(), base_url="http://simulator") as browser:
        address = (await browser.post("/page", data={"title": "Export fails"})).headers["location"]
        simulator.home.archived = True
        answer = await browser.post(f"{address}/answers", data={"text": "x"})
        assert answer.status_code == 303
        assert "archived" in (await browser.get(address)).text


async def test_what_the_connector_did_is_in_the_journal(world: GitHubWorld) -> None:
    connector = world.connector()
    await connector.check()
    ref = await world.open({"title": "Export fails"})
    await connector.update(ref, {"title": "Import fails"}, expect="")
    done = [entry for entry in world.simulator.journal if entry.applied and entry.request]
    assert [(entry.operation, entry.ref, entry.actor) for entry in done] == [("update", ref, SYNCD.id)]
    assert (done[0].before["title"], done[0].after["title"]) == ("Export fails", "Import fails")
