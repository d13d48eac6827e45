"""Polls of GitHub's lists: nothing missed within a second, nothing doubled, and idle ones for nothing."""

from datetime import timedelta

import pytest

from syncd.core.model import Internal
from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, ONLY_THREAD, Changed, Message, Part
from syncd.sdk.testing.faults import Meanwhile
from syncd.sdk.testing.promises.base import poll
from syncd.sdk.testing.simulator import Limit
from syncd_github import GitHub
from syncd_github.simulator import ANA
from tests.connectors.github.world import GitHubWorld

TITLE = {"title": "Export fails"}


async def started(github: GitHub, world: GitHubWorld) -> str:
    await world.settle()
    _, cursor = await poll(github, None)
    return cursor


async def told(github: GitHub, cursor: str) -> tuple[list[Changed], str]:
    return await poll(github, cursor)


async def test_an_idle_poll_is_one_request_for_each_repository_and_costs_no_limit(world: GitHubWorld) -> None:
    names = (world.simulator.home.name, world.simulator.open_source.name)
    connector = world.connector(repositories=names)
    await connector.check()
    await world.open(TITLE)
    cursor = await started(connector, world)
    await world.settle()
    _, cursor = await told(connector, cursor)
    world.simulator.hourly = Limit(5000, window=timedelta(hours=1))
    before = world.requests
    for _ in range(10):
        hints, cursor = await told(connector, cursor)
        assert hints == []
    assert world.requests - before == 20
    assert world.simulator.hourly.used == 0
    assert {call.status for call in world.simulator.requests[-20:]} == {304}


async def test_closed_issues_are_polled_and_pull_requests_are_not(github: GitHub, world: GitHubWorld) -> None:
    ref, pull = await world.open(TITLE), await world.open(TITLE)
    world.issue(pull).pull_request = True
    cursor = await started(github, world)
    await world.edit(ref, {"status": "completed"})
    await world.edit(pull, {"title": "a pull request"})
    await world.say(pull, "reviewed", public=True)
    hints, _ = await told(github, cursor)
    assert {hint.ref for hint in hints} == {ref}


async def test_a_comment_is_told_as_a_comment_and_a_field_as_a_field(github: GitHub, world: GitHubWorld) -> None:
    said, edited, both = [await world.open(TITLE) for _ in range(3)]
    cursor = await started(github, world)
    await world.say(said, "hello", public=True)
    await world.edit(edited, {"title": "x"})
    await world.edit(both, {"title": "x"})
    await world.say(both, "hello", public=True)
    hints, _ = await told(github, cursor)
    assert sorted((hint.ref, sorted(part.value for part in hint.parts)) for hint in hints) == [
        (said, ["thread"]),
        (edited, ["fields"]),
        (both, ["fields"]),
        (both, ["thread"]),
    ]


async def test_an_edited_comment_is_told_though_its_second_had_more(github: GitHub, world: GitHubWorld) -> None:
    """All in one second: an edit of the title, a poll, and an edit of a comment, which changes nothing in the list."""
    ref = await world.open(TITLE)
    await world.say(ref, "frist", public=True)
    cursor = await started(github, world)
    world.clock.advance(1)
    await world.edit(ref, {"title": "x"})
    first, cursor = await told(github, cursor)
    with world.simulator.acting(ANA):
        issue = world.issue(ref)
        world.site.rewrite(issue, issue.comments[0], "first")
    world.clock.advance(20)
    second, cursor = await told(github, cursor)
    assert [hint.parts for hint in second if hint.token not in {old.token for old in first}] == [ONLY_THREAD]
    world.clock.advance(20)
    assert (await told(github, cursor))[0] == []


async def test_a_read_in_the_same_second_does_not_cover_an_edited_comment(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open(TITLE)
    await world.say(ref, "frist", public=True)
    await world.webhooks()
    read = await github.fetch(ref)
    with world.simulator.acting(ANA):
        issue = world.issue(ref)
        world.site.rewrite(issue, issue.comments[0], "first")
    [webhook] = await world.webhooks()
    [hint] = github.receive(webhook).changed
    assert not github.includes(read.revision, hint)
    assert hint.token not in read.tokens


async def test_a_deleted_comment_is_told_where_the_list_moves(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open(TITLE)
    await world.say(ref, "to go", public=True)
    cursor = await started(github, world)
    with world.simulator.acting(ANA):
        world.site.unsay(world.issue(ref), world.issue(ref).comments[0])
    hints, _ = await told(github, cursor)
    assert [hint.parts for hint in hints] == [ALL_PARTS]


@pytest.mark.shows("own write costs no second read")
async def test_our_own_comment_is_told_by_the_name_that_was_foretold(github: GitHub, world: GitHubWorld) -> None:
    ref = await world.open(TITLE)
    cursor = await started(github, world)
    await world.webhooks()
    written = (await github.comment(ref, Message(Internal("x")), key="k", expect="")).written
    polled, _ = await told(github, cursor)
    pushed = [hint for webhook in await world.webhooks() for hint in github.receive(webhook).changed]
    assert {hint.token for hint in (*polled, *pushed)} == written.tokens


async def test_a_new_process_takes_nothing_for_known(github: GitHub, world: GitHubWorld) -> None:
    """Only who polled up to this very cursor knows what the issues looked like."""
    ref = await world.open(TITLE)
    cursor = await started(github, world)
    await world.edit(ref, {"title": "x"})
    again = world.connector()
    await again.check()
    await world.say(ref, "hello", public=True)
    hints, _ = await told(again, cursor)
    assert {hint.ref for hint in hints if hint.parts == ALL_PARTS} == {ref}
    for _ in range(2):  # within the second of the change, and after it
        ours, _ = await told(github, cursor)
        once_more, _ = await told(github, cursor)  # the cursor was not stored: all of it again
        assert {hint.ref for hint in ours} == {hint.ref for hint in once_more} == {ref}
        assert any(Part.FIELDS in hint.parts for hint in once_more)
        world.clock.advance(5)


async def test_a_day_of_changes_is_read_by_time_while_issues_move_on(github: GitHub, world: GitHubWorld) -> None:
    refs = [await world.open(TITLE) for _ in range(230)]
    cursor = await started(github, world)
    for ref in refs:
        world.clock.advance(1)
        await world.edit(ref, {"title": "changed"})

    def meanwhile() -> None:  # between two pages the first issues move to the end
        with world.simulator.acting(ANA):
            for ref in refs[:40]:
                world.site.edit(world.issue(ref), {"title": "changed again"})

    world.simulator.faults.on("GET */issues", Meanwhile(meanwhile), skip=1)
    hints, _ = await told(github, cursor)
    assert {hint.ref for hint in hints} == set(refs)


async def test_many_changes_of_one_second_are_read_page_by_page(github: GitHub, world: GitHubWorld) -> None:
    refs = [await world.open(TITLE) for _ in range(230)]
    cursor = await started(github, world)
    for ref in refs:
        await world.edit(ref, {"title": "changed in one go"})
    hints, _ = await told(github, cursor)
    assert {hint.ref for hint in hints} == set(refs)


async def test_a_repository_that_is_added_starts_now(github: GitHub, world: GitHubWorld) -> None:
    cursor = await started(github, world)
    more = world.connector(repositories=(world.simulator.home.name, world.simulator.open_source.name))
    await more.check()
    with world.simulator.acting(ANA):
        old = world.site.create(world.simulator.open_source, TITLE)
    await world.settle()
    hints, cursor = await told(more, cursor)
    assert hints == []
    with world.simulator.acting(ANA):
        world.site.edit(old, {"title": "x"})
    hints, _ = await told(more, cursor)
    assert [(hint.ref, hint.parts) for hint in hints] == [(old.ref, ONLY_FIELDS)]
