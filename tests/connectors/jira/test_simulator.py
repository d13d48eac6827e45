"""The simulated site: a person clicks on its page and the connector sees it; it refuses what Jira refuses."""

import httpx
import pytest

from syncd.sdk.testing.simulator import Account
from syncd_jira import Jira
from syncd_jira.simulator import ANA, SYNCD, JiraSimulator
from syncd_jira.simulator.jql import BadQuery, parse
from tests.connectors.jira.steps import comments, opened, stands
from tests.connectors.jira.world import JiraWorld


def browser(world: JiraWorld) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=world.simulator.transport(), base_url=world.simulator.url, follow_redirects=True)


async def test_a_person_makes_moves_and_discusses_an_issue(jira: Jira, world: JiraWorld) -> None:
    async with browser(world) as page:
        made = await page.post("/page", data={"title": "Export fails", "text": "It **stops**"})
        ref = str(made.url).rsplit("/", 1)[-1]
        await page.post(f"/page/{ref}/fields", data={"priority": "Highest", "status": "In Progress", "labels": "a b"})
        await page.post(
            f"/page/{ref}/answers", data={"text": "On it", "public": "yes"}, files={"files": ("log.txt", b"bytes")}
        )
        shown = (await page.get(f"/page/{ref}")).text
    assert "<strong>stops</strong>" in shown
    assert "On it" in shown
    assert "log.txt" in shown
    seen = await jira.fetch(ref)
    assert (seen.fields["priority"], seen.fields["status"]) == ("Highest", "In Progress")
    assert seen.fields["labels"] == frozenset({"a", "b"})
    [comment] = await comments(jira, ref)
    assert (comment.body.text, comment.author.id) == ("On it", ANA.id)


async def test_a_persons_step_through_a_required_screen_fills_it(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    async with browser(world) as page:
        for status in ("In Progress", "Done"):
            await page.post(f"/page/{ref}/fields", data={"status": status})
    assert (stands(world, ref)["status"], stands(world, ref)["resolution"]) == ("Done", "Done")


async def test_what_jira_refuses_is_told_to_the_person(world: JiraWorld) -> None:
    ref = await opened(world)
    async with browser(world) as page:
        answer = await page.post(f"/page/{ref}/fields", data={"summary": " "})
    assert "summary" in answer.text.lower()
    assert stands(world, ref)["summary"] == "Export fails"


async def test_a_text_of_one_deployment_is_said_in_the_other_form(world: JiraWorld) -> None:
    ref = await opened(world)
    await world.say(ref, "a **bold** word", public=True)
    account = (SYNCD.email, SYNCD.token)
    async with httpx.AsyncClient(transport=world.simulator.transport(), base_url=world.simulator.url) as client:
        bodies = {}
        for version in (2, 3):
            answer = await client.get(f"/rest/api/{version}/issue/{ref}/comment", auth=account)
            bodies[version] = answer.json()["comments"][0]["body"]
    assert bodies[2] == "a *bold* word"
    assert bodies[3]["type"] == "doc"


async def test_a_stranger_is_told_nothing(world: JiraWorld) -> None:
    async with browser(world) as client:
        for path in ("/rest/api/3/myself", "/rest/api/2/issue/1", "/media/1", "/secure/attachment/1/x"):
            assert (await client.get(path)).status_code == 401


async def test_an_upload_needs_its_header(world: JiraWorld) -> None:
    ref = await opened(world)
    async with browser(world) as client:
        answer = await client.post(
            f"/rest/api/2/issue/{ref}/attachments", files={"file": ("a", b"x")}, auth=(SYNCD.email, SYNCD.token)
        )
    assert answer.status_code == 403


async def test_what_is_done_is_in_the_journal(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    await jira.update(ref, {"priority": "High"}, expect="1")
    entries = [entry for entry in world.simulator.journal if entry.applied]
    assert [(entry.operation, entry.actor) for entry in entries] == [("create", ANA.id), ("update", SYNCD.id)]
    assert (entries[1].before, entries[1].after) == ({"priority": "Medium"}, {"priority": "High"})


def test_a_connection_block_fits_the_site() -> None:
    for deployment in ("cloud", "data_center"):
        block = JiraSimulator(deployment=deployment).connection(url="http://127.0.0.1:1")
        assert Jira.Config.model_validate(block).deployment == deployment


def test_no_token_is_in_what_an_account_shows_of_itself() -> None:
    assert "secret-token" not in repr(Account("1", "x", token="secret-token"))


@pytest.mark.parametrize(
    "jql", ["", "ORDER BY updated ASC", "updated >=", 'updated >= "soon"', "color = red", "project = A project = B"]
)
def test_a_query_that_it_does_not_understand_is_refused(jql: str, world: JiraWorld) -> None:
    with pytest.raises(BadQuery):
        parse(jql, now=world.clock())


def test_a_word_cannot_become_a_query(world: JiraWorld) -> None:
    from syncd_jira.reading import quoted

    evil = 'x" OR project = "SECRET'
    query = parse(f"project = {quoted(evil)}", now=world.clock())
    assert len(query.tests) == 1
