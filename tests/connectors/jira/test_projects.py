"""A connection with `projects` keeps to them: what it is told of, what it reads, what it makes, and what it finds."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from syncd.sdk.connector import Changed
from syncd.sdk.errors import Elsewhere, Rejected, Unavailable
from syncd.sdk.testing.faults import LostAfter
from syncd_jira import Jira
from syncd_jira.simulator.site import SiteComment
from syncd_jira.wire import PROPERTY, label_of
from tests.connectors.jira.steps import by_person, draft, issue, opened
from tests.connectors.jira.world import JiraWorld


@pytest_asyncio.fixture
async def core(world: JiraWorld) -> AsyncIterator[Jira]:
    """A connection that looks at CORE alone."""
    connector = world.connector(projects=("core",))  # Jira takes `core` for `CORE`
    await connector.check()
    yield connector
    await connector.aclose()


def move(world: JiraWorld, ref: str, project: str) -> None:
    with by_person(world):
        world.simulator.site.move(issue(world, ref), project)


async def told(jira: Jira, world: JiraWorld) -> list[Changed]:
    """What it takes from the webhooks that came since the last time."""
    return [hint for webhook in await world.webhooks() for hint in jira.receive(webhook).changed]


async def elsewhere(world: JiraWorld) -> tuple[str, SiteComment]:
    """An issue of another project, with a comment."""
    with by_person(world):
        made = world.simulator.site.create("TRIAGE", "10004", {"summary": "x"}, {})
        return made.id, world.simulator.site.say(made, "x")


# --- told ------------------------------------------------------------------------------------------------------------


async def test_a_webhook_of_another_project_is_verified_and_passed_over(core: Jira, world: JiraWorld) -> None:
    ref, comment = await elsewhere(world)
    with by_person(world):
        site = world.simulator.site
        site.edit(issue(world, ref), {"summary": "y"}, {})
        site.rewrite(issue(world, ref), comment, "y")
        site.unsay(issue(world, ref), comment)
        site.delete(issue(world, ref))
    deliveries = await world.webhooks()
    assert len(deliveries) == 6
    assert [core.receive(webhook).changed for webhook in deliveries] == [()] * 6
    await opened(world)
    assert len(await told(core, world)) == 1


async def test_without_projects_every_webhook_counts(jira: Jira, world: JiraWorld) -> None:
    ref, _ = await elsewhere(world)
    assert {hint.ref for hint in await told(jira, world)} == {ref}


async def test_an_issue_that_leaves_is_told_of_once_more_and_then_no_more(core: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    await told(core, world)
    move(world, ref, "TRIAGE")
    assert [hint.ref for hint in await told(core, world)] == [ref]
    await world.edit(ref, {"summary": "y"})
    assert await told(core, world) == []
    move(world, ref, "CORE")
    assert [hint.ref for hint in await told(core, world)] == [ref]


@pytest.mark.parametrize(
    ("place", "taken"),
    [
        ({"key": "CORE-1", "fields": {}}, True),  # by its key, where nothing else says it
        ({"key": "TRIAGE-1", "fields": {}}, False),
        ({"key": None, "fields": {}}, True),  # a hint too many costs a read, one too few a change
        ({"key": "CORE-1", "fields": {"project": {"key": "TRIAGE"}}}, False),
    ],
)
async def test_a_webhook_that_hardly_says_where(cloud: JiraWorld, place: dict[str, Any], taken: bool) -> None:
    from tests.connectors.jira.test_webhooks import changed

    jira = cloud.connector(projects=("CORE",))
    body = {"webhookEvent": "jira:issue_updated", "issue": {"id": "1", **place}}
    assert bool(changed(jira, body)) is taken


# --- read ------------------------------------------------------------------------------------------------------------


async def test_an_issue_of_another_project_is_not_read_and_says_how_it_is_called(core: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    assert (await core.fetch(ref)).label == "CORE-1"
    move(world, ref, "TRIAGE")
    with pytest.raises(Elsewhere) as away:
        await core.fetch(ref)
    assert away.value.label == "TRIAGE-1"
    move(world, ref, "CORE")
    assert (await core.fetch(ref)).ref == ref


# --- made and found --------------------------------------------------------------------------------------------------


async def test_nothing_is_made_in_another_project(core: Jira, world: JiraWorld) -> None:
    before = world.requests
    with pytest.raises(Rejected, match="`projects`"):
        await core.create(draft(project="TRIAGE"), key="key-1")
    assert world.requests == before


async def test_an_issue_that_was_moved_before_its_answer_came_is_found_all_the_same(
    core: Jira, world: JiraWorld
) -> None:
    """Else a second one would be made."""
    world.simulator.faults.on("POST */issue", LostAfter())
    with pytest.raises(Unavailable):
        await core.create(draft(), key="key-1")
    [ref] = world.simulator.site.issues
    move(world, ref, "TRIAGE")
    await world.settle()
    assert [each.ref for each in await core.find("key-1")] == [ref]


async def test_a_persons_clone_is_not_what_syncd_made(jira: Jira, world: JiraWorld) -> None:
    """No document says whether a clone has the property too; its label it surely has."""
    made = await jira.create(draft(), key="key-1")
    copied = {"summary": "Export fails", "labels": [label_of("key-1")]}
    with by_person(world):
        world.simulator.site.create("CORE", "10004", copied, {PROPERTY: {"key": "key-1"}})
    await world.settle()
    assert [each.ref for each in await jira.find("key-1")] == [made.ref]
