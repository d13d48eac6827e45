"""How many requests things cost; each number is a promise of the product."""

import pytest

from syncd.core.model import Fields, Internal, RichText
from syncd.sdk.connector import ONLY_FIELDS, Message
from syncd_jira import Jira
from tests.connectors.jira.steps import draft, drain, opened
from tests.connectors.jira.world import JiraWorld


async def test_reading_what_changed_is_one_request(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    seen = await jira.fetch(ref)
    await world.edit(ref, {"priority": "High"})
    for parts in (ONLY_FIELDS, frozenset({*ONLY_FIELDS})):
        before = world.requests
        await jira.fetch(ref, parts=parts, since=seen.revision)
        assert world.requests - before == 1


async def test_a_whole_read_is_one_request_own_comments_included(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    await world.say(ref, "by a person", public=True)
    await jira.comment(ref, Message(Internal("by syncd")), key="key-1", expect="")
    before = world.requests
    thread = (await jira.fetch(ref)).thread
    assert thread is not None
    assert [comment.key for comment in thread.comments] == [None, "key-1"]
    assert world.requests - before == 1


@pytest.mark.shows("unanswered comment found")
async def test_after_a_restart_own_comments_cost_one_more_request_once(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    await jira.comment(ref, Message(Internal("by syncd")), key="key-1", expect="")
    again = world.connector()
    await again.check()
    costs = []
    for _ in range(2):
        before = world.requests
        thread = (await again.fetch(ref)).thread
        assert thread is not None
        assert thread.comments[0].key == "key-1"
        costs.append(world.requests - before)
    await again.aclose()
    assert costs == [2, 1]


@pytest.mark.shows("several fields in one request")
async def test_all_fields_of_a_write_go_in_one_put(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    seen = await jira.fetch(ref)
    before = world.requests
    fields: Fields = {
        "priority": "High",
        "summary": "New",
        "description": RichText.of("Text"),
        "labels": frozenset({"a"}),
    }
    await jira.update(ref, fields, expect=seen.revision)
    assert world.simulator.calls(since=before) == [f"PUT {jira_path(world)}/issue/{ref}"]


async def test_a_status_is_a_look_and_a_transition(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    seen = await jira.fetch(ref)
    before = world.requests
    await jira.update(ref, {"status": "In Progress"}, expect=seen.revision)
    path = f"{jira_path(world)}/issue/{ref}/transitions"
    assert world.simulator.calls(since=before) == [f"GET {path}", f"POST {path}"]


async def test_a_comment_and_a_file_are_one_request_each(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    before = world.requests
    await jira.comment(ref, Message(Internal("Hello")), key="key-1", expect="")
    assert world.requests - before == 1


async def test_a_second_create_is_a_write_and_a_read(jira: Jira, world: JiraWorld) -> None:
    await jira.create(draft(), key="key-1")
    before = world.requests
    await jira.create(draft(), key="key-2")
    assert world.requests - before == 2


@pytest.mark.parametrize("issues", [0, 30])
async def test_an_idle_poll_is_one_request_however_many_issues_there_are(
    jira: Jira, world: JiraWorld, issues: int
) -> None:
    for _ in range(issues):
        await opened(world)
    await world.settle()
    _, cursor = await drain(jira, None)
    before = world.requests
    hints, _ = await drain(jira, cursor)
    assert (hints, world.requests - before) == ([], 1)


async def test_a_doubled_or_empty_webhook_costs_nothing_and_says_nothing_new(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    await world.edit(ref, {"priority": "High"})
    deliveries = await world.webhooks()
    before = world.requests
    first, again = jira.receive(deliveries[-1]), jira.receive(deliveries[-1])
    assert first == again
    snapshot = await jira.fetch(ref)
    assert all(jira.includes(snapshot.revision, hint) for hint in first.changed)
    assert world.requests - before == 1


@pytest.mark.shows("own write costs no second read")
async def test_our_own_write_is_in_the_read_that_follows_it(jira: Jira, world: JiraWorld) -> None:
    """Jira's answers prove nothing, so each write is read back; whatever comes back of it is older than that read."""
    ref = await opened(world)
    await world.settle()
    _, cursor = await drain(jira, None)
    await world.webhooks()
    await jira.update(ref, {"priority": "High"}, expect=(await jira.fetch(ref)).revision)
    await jira.comment(ref, Message(Internal("Hello")), key="key-1", expect="")
    read = await jira.fetch(ref)
    await world.settle()
    polled, _ = await drain(jira, cursor)
    pushed = [hint for webhook in await world.webhooks() for hint in jira.receive(webhook).changed]
    assert polled
    assert pushed
    assert [hint for hint in (*polled, *pushed) if not jira.includes(read.revision, hint)] == []


def jira_path(world: JiraWorld) -> str:
    return world.dialect.api
