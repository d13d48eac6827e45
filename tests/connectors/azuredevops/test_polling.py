"""Polling Azure DevOps: its own order, look-back, backlogs, deleted and moved work items; and its limits."""

import json
from datetime import timedelta

import httpx
import pytest

from syncd.core.model import Internal
from syncd.sdk.connector import Changed, Message
from syncd.sdk.errors import BadAnswer, RateLimited, Unauthorized
from syncd.sdk.testing.promises.base import now, poll
from syncd.sdk.testing.simulator import Limit
from syncd_azuredevops import AzureDevOps
from syncd_azuredevops.simulator.stored import Revision
from tests.connectors.azuredevops.steps import Answering, commented, to
from tests.connectors.azuredevops.world import AzureDevOpsWorld

REPORTING = "reporting/workitemrevisions"


def refs(hints: list[Changed]) -> list[str]:
    return [hint.ref for hint in hints]


async def test_every_revision_is_told_by_its_own_name(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    """Not the latest alone: a person's may lie below ours."""
    item = world.made()
    cursor = await now(boards, world)
    world.change(item.ref, to("System.Tags", "a"))
    written = (await boards.comment(item.ref, Message(Internal("x")), key="key-1", expect="")).written
    await world.settle()
    hints, _ = await poll(boards, cursor)
    assert [hint.token for hint in hints] == [f"{item.ref}@2", f"{item.ref}@3"]
    assert written.tokens == {f"{item.ref}@3"}


@pytest.mark.shows("people's edit of a comment noticed", "people's deletion of a comment noticed")
async def test_an_edited_and_a_deleted_comment_are_told(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref = world.made().ref
    await world.say(ref, "frist", public=False)
    cursor = await now(boards, world)
    await world.reword(ref, "frist", "first")
    await world.settle()
    hints, cursor = await poll(boards, cursor)
    assert refs(hints) == [ref]
    await world.unsay(ref, "first")
    await world.settle()
    assert refs((await poll(boards, cursor))[0]) == [ref]


@pytest.mark.parametrize("names_tokens", [True, False])
async def test_a_backlog_comes_in_batches_and_can_be_broken_off(
    boards: AzureDevOps, world: AzureDevOpsWorld, names_tokens: bool
) -> None:
    """The token stands in a member of its own, as described, or in the next link alone, as in the examples."""
    world.simulator.batch, world.simulator.names_tokens = 3, names_tokens
    cursor = await now(boards, world)
    made = [world.made().ref for _ in range(8)]
    await world.settle()
    pages = [page async for page in boards.changes(cursor)]
    assert [refs(list(page.changed)) for page in pages] == [made[:3], made[3:6], made[6:]]
    assert refs((await poll(boards, pages[0].cursor))[0]) == made[3:]
    assert refs((await poll(boards, pages[-1].cursor))[0]) == []


async def test_a_revision_that_shows_late_is_found_by_looking_back(
    boards: AzureDevOps, world: AzureDevOpsWorld
) -> None:
    """It got its place before another's, and was committed after it."""
    cursor = await now(boards, world)
    late = world.made()
    held = world.boards.log.pop()
    early = world.made()
    world.boards.log[-1] = Revision(held.place + 1, early, 1, world.home.name, world.clock(), deleted=False)
    hints, cursor = await poll(boards, cursor)
    assert refs(hints) == [early.ref]
    world.boards.log.insert(-1, held)
    world.clock.advance(5)
    hints, cursor = await poll(boards, cursor)
    assert refs(hints) == [late.ref]
    assert (await poll(boards, cursor))[0] == []


async def test_a_cursor_stays_small(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref, cursor = world.made().ref, await now(boards, world)
    for number in range(60):
        world.change(ref, to("System.Tags", f"tag {number}", "replace"))
        world.clock.advance(10)
        _, cursor = await poll(boards, cursor)
    state = json.loads(cursor)
    assert len(state["trail"]) <= 6
    assert len(state["told"]) <= 6


async def test_a_deleted_work_item_is_told_without_a_name(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref = world.made().ref
    cursor = await now(boards, world)
    await world.delete(ref)
    hints, cursor = await poll(boards, cursor)
    assert [(hint.ref, hint.token) for hint in hints if not hint.token] == [(ref, "")]
    await world.settle()
    await world.restore(ref)
    await world.settle()
    hints, _ = await poll(boards, cursor)
    assert f"{ref}@3" in {hint.token for hint in hints}


async def test_one_project_is_asked_alone_and_several_by_the_organisation(world: AzureDevOpsWorld) -> None:
    for names, path in ((("Fabrikam",), "/Fabrikam"), (("Fabrikam", "Fabrikam Ops"), "")):
        connector = world.connector(projects=names)
        _, cursor = await poll(connector, None)
        before = world.requests
        await poll(connector, cursor)
        assert world.calls(before) == [f"GET {path}/_apis/wit/{REPORTING}"]


async def test_other_projects_are_not_our_business_but_what_was_moved_there_is(world: AzureDevOpsWorld) -> None:
    connector = world.connector(projects=("Fabrikam", "Open Source"))
    ref, cursor = world.made().ref, await now(connector, world)
    await connector.fetch(ref)
    await world.move(ref)
    with world.simulator.acting(world.simulator.person):
        foreign = world.boards.create(world.other, "Bug", [to("System.Title", "not ours")])
    await world.settle()
    hints, _ = await poll(connector, cursor)
    assert ref in refs(hints)
    assert foreign.ref not in refs(hints)


async def test_a_batch_that_never_ends_is_noticed(world: AzureDevOpsWorld) -> None:
    row = {"id": 1, "rev": 1, "fields": {"System.TeamProject": "Fabrikam"}}
    endless = httpx.Response(
        200, json={"values": [row], "isLastBatch": False}, headers={"date": "Mon, 05 Jan 2026 09:00:00 GMT"}
    )
    connector = AzureDevOps(world.config, transport=Answering(world.simulator.transport(), REPORTING, endless))
    _, cursor = await poll(connector, None)
    with pytest.raises(BadAnswer, match="does not go on"):
        await poll(connector, cursor)


async def test_an_answer_without_a_time_is_no_answer(world: AzureDevOpsWorld) -> None:
    empty = httpx.Response(200, json={"values": [], "isLastBatch": True})
    connector = AzureDevOps(world.config, transport=Answering(world.simulator.transport(), REPORTING, empty))
    _, cursor = await poll(connector, None)
    with pytest.raises(BadAnswer, match="when it was sent"):
        await poll(connector, cursor)


# --- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.shows("limit seen before it is hit")
async def test_what_is_left_is_told(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    world.simulator.limit = Limit(200, timedelta(minutes=5))
    world.clock.now = world.clock.now.replace(year=2099)
    await boards.fetch(world.made().ref)
    [quota] = [each for each in boards.quotas() if each.name == "Services/UsageTracking"]
    assert (quota.limit, quota.remaining) == (200, 198)


async def test_a_success_that_asks_for_a_pause_is_obeyed(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    """The first sign of too much usage is a delayed 200 with `Retry-After`."""
    ref = world.made().ref
    paused = httpx.Response(200, json={"value": []}, headers={"retry-after": "30", "x-ratelimit-delay": "1.5"})
    connector = AzureDevOps(world.config, transport=Answering(world.simulator.transport(), "projects", paused))
    with pytest.raises(BadAnswer):
        await connector.describe()
    with pytest.raises(RateLimited) as error:
        await connector.fetch(ref)
    assert 25 < error.value.retry_after <= 30


@pytest.mark.shows("limit obeyed when it is hit")
async def test_a_used_up_limit_is_obeyed(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    ref = world.made().ref
    world.simulator.limit = Limit(0, timedelta(minutes=5))
    with pytest.raises(RateLimited) as error:
        await boards.fetch(ref)
    assert error.value.retry_after == 300
    before = world.requests
    with pytest.raises(RateLimited):
        await commented(boards, ref, "x")
    assert world.requests == before


# --- signing in ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign_in", [203, 302, 401])
async def test_a_bad_token_is_told_however_it_is_answered(world: AzureDevOpsWorld, sign_in: int) -> None:
    """A page to sign in may come as a success. The description has neither, so the simulator is asked directly."""
    world.simulator.sign_in = sign_in
    wrong = AzureDevOpsWorld(token="wrong").config
    connector, ref = AzureDevOps(wrong, transport=world.simulator.transport()), world.made().ref
    for deed in (connector.check(), connector.fetch(ref), connector.person("x@example.com"), connector.hooks()):
        with pytest.raises(Unauthorized):
            await deed
    with pytest.raises(Unauthorized):
        await connector.update(ref, {"title": "x"}, expect="1")


async def test_a_page_that_comes_as_a_plain_success_is_no_answer(world: AzureDevOpsWorld) -> None:
    page = httpx.Response(200, html="<!DOCTYPE html><title>Sign In</title>")
    connector = AzureDevOps(world.config, transport=Answering(world.simulator.transport(), "connectionData", page))
    with pytest.raises(Unauthorized):
        await connector.check()
