"""Polling: `updated_at` moves once a minute for comments, edits shift pages, several projects are polled."""

import json
from datetime import timedelta

import pytest

from syncd.core.model import Public
from syncd.sdk.connector import ONLY_THREAD, Changed, Message
from syncd.sdk.testing.promises.base import poll
from syncd_gitlab import Gitlab
from syncd_gitlab.simulator import ANA
from syncd_gitlab.wire import shows
from tests.connectors.gitlab.world import GitlabWorld

MINUTE = timedelta(minutes=1)


class Watcher:
    """Polls as the engine does: a token that was told before is no news."""

    def __init__(self, gitlab: Gitlab) -> None:
        self.gitlab = gitlab
        self.cursor: str | None = None
        self.known: set[str] = set()

    async def news(self) -> list[Changed]:
        hints, self.cursor = await poll(self.gitlab, self.cursor)
        fresh = [hint for hint in hints if hint.token not in self.known]
        self.known |= {hint.token for hint in fresh}
        return fresh


@pytest.fixture
async def watcher(gitlab: Gitlab) -> Watcher:
    watcher = Watcher(gitlab)
    await watcher.news()
    return watcher


# --- the minute in which GitLab tells nothing ------------------------------------------------------------------------


async def test_a_comment_within_the_minute_of_a_change_is_told(watcher: Watcher, world: GitlabWorld) -> None:
    """The issue's time does not move; the number of its comments does."""
    issue = world.made()
    assert len(await watcher.news()) == 1
    before = issue.updated
    world.clock.advance(20)
    await world.say(issue.ref, "soon after", public=True)
    assert issue.updated == before
    assert [hint.ref for hint in await watcher.news()] == [issue.ref]


async def test_a_comment_that_is_deleted_within_the_minute_is_told(watcher: Watcher, world: GitlabWorld) -> None:
    issue = world.made()
    await world.say(issue.ref, "wrong", public=True)
    await watcher.news()
    world.clock.advance(20)
    with world.simulator.acting(ANA):
        world.simulator.tracker.delete_note(issue, issue.comments[0])
    assert [hint.ref for hint in await watcher.news()] == [issue.ref]


@pytest.mark.parametrize("every", [15, 60, 200])
async def test_an_edit_of_a_comment_within_the_minute_is_told_once(
    watcher: Watcher, world: GitlabWorld, every: int
) -> None:
    """Neither the issue's time nor the number of comments moves: the comments are looked at when the minute is over."""
    issue = world.made()
    world.clock.advance(3 * MINUTE)
    await world.say(issue.ref, "frist", public=True)
    world.clock.advance(1)
    assert len(await watcher.news()) >= 1
    stamp = issue.updated
    world.clock.advance(30)
    with world.simulator.acting(ANA):
        world.simulator.tracker.edit_note(issue, issue.comments[0], "first")
    assert issue.updated == stamp
    told = []
    for _ in range(0, 300, every):
        world.clock.advance(every)
        told += await watcher.news()
    assert [(hint.ref, hint.parts, hint.token.partition("@")[0]) for hint in told] == [
        (issue.ref, ONLY_THREAD, f"note:{issue.comments[0].id}")
    ]


async def test_an_edit_that_our_own_write_hides_is_told(watcher: Watcher, gitlab: Gitlab, world: GitlabWorld) -> None:
    issue = world.made()
    world.clock.advance(3 * MINUTE)
    await world.say(issue.ref, "frist", public=True)
    await watcher.news()
    seen = await gitlab.fetch(issue.ref)
    world.clock.advance(30)
    with world.simulator.acting(ANA):
        world.simulator.tracker.edit_note(issue, issue.comments[0], "first")
    world.clock.advance(10)
    watcher.known |= (await gitlab.update(issue.ref, {"title": "x"}, expect=seen.revision)).tokens
    told = []
    for _ in range(5):
        world.clock.advance(MINUTE)
        told += await watcher.news()
    assert [hint.token.partition("@")[0] for hint in told] == [f"note:{issue.comments[0].id}"]


@pytest.mark.parametrize("every", [7, 60])
async def test_looking_at_comments_costs_one_request_once_and_only_where_there_are_some(
    watcher: Watcher, world: GitlabWorld, every: int
) -> None:
    world.made()
    await world.say(world.made().ref, "words", public=True)
    await watcher.news()
    costs = []
    for _ in range(0, 300, every):
        world.clock.advance(every)
        before = world.requests
        assert await watcher.news() == []
        costs.append(world.requests - before)
    assert (min(costs), sum(costs) - len(costs)) == (1, 1)


async def test_what_is_told_first_when_its_minute_is_over_is_not_looked_at_again(
    watcher: Watcher, world: GitlabWorld
) -> None:
    world.clock.advance(1)
    await world.say(world.made().ref, "words", public=True)
    world.clock.advance(80)
    before = world.requests
    assert len(await watcher.news()) == 1
    assert world.requests - before == 1


# --- echoes ----------------------------------------------------------------------------------------------------------


async def test_a_write_is_foretold_only_when_nothing_can_hide_behind_it(
    watcher: Watcher, gitlab: Gitlab, world: GitlabWorld
) -> None:
    """A comment that came before our write shows in the same row of the poll."""
    issue = world.made()
    world.clock.advance(3 * MINUTE)
    await watcher.news()
    seen = await gitlab.fetch(issue.ref)
    assert (await gitlab.update(issue.ref, {"title": "one"}, expect=seen.revision)).tokens
    seen = await gitlab.fetch(issue.ref)
    await world.say(issue.ref, "by a person", public=True)
    written = await gitlab.update(issue.ref, {"title": "two"}, expect=seen.revision)
    assert (written.tokens, written.echoes) == (frozenset(), ())
    fields_alone = await gitlab.fetch(issue.ref, parts=frozenset())
    written = await gitlab.update(issue.ref, {"title": "three"}, expect=fields_alone.revision)
    assert written.tokens == frozenset()
    assert [hint.ref for hint in await watcher.news()] == [issue.ref]


@pytest.mark.shows("own write costs no second read")
async def test_writes_in_a_row_are_foretold(gitlab: Gitlab, world: GitlabWorld) -> None:
    ref = world.made().ref
    revision = (await gitlab.fetch(ref)).revision
    for title in ("one", "two", "three"):
        world.clock.advance(1)
        written = await gitlab.update(ref, {"title": title}, expect=revision)
        assert written.tokens == {written.revision}
        revision = written.revision or ""


async def test_a_foreign_edit_between_our_read_and_our_write_is_noticed(gitlab: Gitlab, world: GitlabWorld) -> None:
    """GitLab guards nothing; but its answer shows the other fields as well."""
    ref = world.made(labels=["bug"]).ref
    seen = await gitlab.fetch(ref)
    world.change(ref, due_date="2026-03-01")
    written = await gitlab.update(ref, {"title": "By syncd"}, expect=seen.revision)
    assert (written.revision, dict(written.fields), written.tokens) == (None, {}, frozenset())


async def test_a_poll_shows_what_a_read_covers(gitlab: Gitlab) -> None:
    revision = "2026-01-05T09:00:00.000Z/3"
    assert shows(revision, revision)
    assert shows(revision, "2026-01-05T08:59:59.999Z/7")
    assert shows(revision, "note:7@2026-01-05T08:59:59.999Z")
    assert not shows(revision, "2026-01-05T09:00:00.000Z/4")
    assert not shows(revision, "note:7@2026-01-05T09:00:00.000Z")
    assert not shows(revision, "")


# --- pages and feeds -------------------------------------------------------------------------------------------------


async def test_many_changes_are_told_though_each_page_moves_while_it_is_read(
    watcher: Watcher, gitlab: Gitlab, world: GitlabWorld
) -> None:
    """An issue of the first page is edited before the second is asked for: by number, another would be skipped."""
    refs = []
    for _ in range(250):
        refs.append(world.made().ref)
        world.clock.advance(0.01)
    told: set[str] = set()
    async for page in gitlab.changes(watcher.cursor):
        told |= {hint.ref for hint in page.changed}
        world.change(refs[len(told) % 100], title=f"edited {len(told)}")
    assert told == set(refs)


async def test_more_than_a_page_within_one_moment_is_told(watcher: Watcher, world: GitlabWorld) -> None:
    refs = {world.made().ref for _ in range(230)}
    assert {hint.ref for hint in await watcher.news()} == refs


async def test_a_poll_that_breaks_off_goes_on_where_it_was(
    watcher: Watcher, gitlab: Gitlab, world: GitlabWorld
) -> None:
    refs = []
    for _ in range(250):
        refs.append(world.made().ref)
        world.clock.advance(2)
    cursor, told = watcher.cursor, set[str]()
    for _ in range(10):
        async for page in gitlab.changes(cursor):
            told |= {hint.ref for hint in page.changed}
            cursor = page.cursor
            break
    assert told == set(refs)


async def test_several_projects_are_polled_and_a_new_one_from_where_the_others_stand(world: GitlabWorld) -> None:
    one = world.connector()
    _, cursor = await poll(one, None)
    world.clock.advance(10 * MINUTE)
    ref = world.made().ref
    with world.simulator.acting(ANA):
        other = world.simulator.tracker.create(world.simulator.tracker.projects[15], {"title": "x"}).ref
    both = world.connector(projects=("acme/app", "acme/tools"))
    hints, cursor = await poll(both, cursor)
    assert {hint.ref for hint in hints} == {ref, other}
    assert set(json.loads(cursor)) == {"projects/14", "projects/15"}
    world.clock.advance(10 * MINUTE)
    _, cursor = await poll(both, cursor)
    before = world.requests
    assert (await poll(both, cursor))[0] == []
    assert world.requests - before == 2


async def test_a_group_is_one_request_and_its_other_projects_do_not_count(world: GitlabWorld) -> None:
    connector = world.connector(group="acme")
    await connector.check()
    _, cursor = await poll(connector, None)
    ref = world.made().ref
    with world.simulator.acting(ANA):
        world.simulator.tracker.create(world.simulator.tracker.projects[15], {"title": "x"})
    before = world.requests
    assert [hint.ref for hint in (await poll(connector, cursor))[0]] == [ref]
    assert world.requests - before == 1


async def test_closed_and_confidential_issues_and_those_of_others_are_told(
    watcher: Watcher, gitlab: Gitlab, world: GitlabWorld
) -> None:
    """The list's own defaults would leave out most of them."""
    closed, hidden = world.made(), world.made(confidential=True)
    world.change(closed.ref, state_event="close")
    assert {hint.ref for hint in await watcher.news()} == {closed.ref, hidden.ref}


async def test_our_own_comment_costs_no_more_than_the_read_behind_it(
    watcher: Watcher, gitlab: Gitlab, world: GitlabWorld
) -> None:
    issue = world.made()
    world.clock.advance(3 * MINUTE)
    await watcher.news()
    await gitlab.comment(issue.ref, Message(Public("x")), key="key-1", expect="")
    read_back = await gitlab.fetch(issue.ref)
    [hint] = await watcher.news()
    assert gitlab.includes(read_back.revision, hint)
