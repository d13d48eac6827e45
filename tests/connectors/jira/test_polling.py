"""Polling finds every change, whatever the page size, the index lag and the way Jira wants its times."""

from datetime import timedelta

import pytest

from syncd_jira import Jira, reading
from tests.connectors.jira.steps import by_person, drain, issue, opened
from tests.connectors.jira.world import LAG, OVERLAP, JiraWorld


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "POLL_PAGE", 3)


async def test_all_pages_are_read(jira: Jira, world: JiraWorld) -> None:
    _, cursor = await drain(jira, None)
    refs = set()
    for _ in range(11):
        world.clock.advance(0.001)
        refs.add(await opened(world))
    await world.settle()
    hints, _ = await drain(jira, cursor)
    assert {hint.ref for hint in hints} == refs


async def test_many_changes_in_one_millisecond_fill_pages_and_none_is_lost(jira: Jira, world: JiraWorld) -> None:
    _, cursor = await drain(jira, None)
    refs = {await opened(world) for _ in range(10)}
    world.clock.advance(0.001)
    refs.add(await opened(world))
    await world.settle()
    hints, _ = await drain(jira, cursor)
    assert {hint.ref for hint in hints} == refs


async def test_an_edit_between_two_pages_hides_nobody(jira: Jira, world: JiraWorld) -> None:
    world.simulator.lag = timedelta(0)
    refs = []
    for _ in range(8):
        world.clock.advance(0.001)
        refs.append(await opened(world))
    world.clock.advance(1)
    seen, edited = set(), False
    async for page in jira.changes("0"):
        seen |= {hint.ref for hint in page.changed}
        if not edited:
            edited = True
            await world.edit(refs[0], {"summary": "moves to the end of the list"})
    assert seen == set(refs)


async def test_what_the_index_shows_late_is_found_by_looking_back(jira: Jira, world: JiraWorld) -> None:
    _, cursor = await drain(jira, None)
    world.clock.advance(1)
    late = await opened(world)
    entry = issue(world, late)
    entry.index = [(at + OVERLAP / 2, row) for at, row in entry.index]
    world.clock.advance(1)
    early = await opened(world)
    world.clock.advance(LAG)
    hints, cursor = await drain(jira, cursor)
    assert [hint.ref for hint in hints] == [early], "the younger one is indexed first"
    world.clock.advance(OVERLAP / 2)
    hints, _ = await drain(jira, cursor)
    assert late in {hint.ref for hint in hints}


async def test_a_row_has_the_same_name_each_time_it_comes(jira: Jira, world: JiraWorld) -> None:
    await opened(world)
    await world.settle()
    first, _ = await drain(jira, "0")
    again, _ = await drain(jira, "0")
    assert first == again != []


async def test_the_cursor_never_passes_what_was_seen(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    await world.settle()
    hints, cursor = await drain(jira, "0")
    assert [(hint.ref, hint.token) for hint in hints] == [(ref, cursor)]
    assert await drain(jira, cursor) == (hints, cursor), "the look-back tells it again, under the same name"


async def test_a_site_that_takes_no_numbers_is_asked_by_minutes(jira: Jira, world: JiraWorld) -> None:
    from syncd.sdk.testing.simulator import real_time

    world.clock.now = real_time()
    world.simulator.refuses_numbers = True
    _, cursor = await drain(jira, None)
    refs = {await opened(world) for _ in range(5)}
    world.clock.now += LAG
    hints, _ = await drain(jira, cursor)
    assert {hint.ref for hint in hints} == refs
    before = world.requests
    await drain(jira, cursor)
    assert all("search" in call for call in world.simulator.calls(since=before))
    bodies = [exchange.body for exchange in world.simulator.requests[-1:]]
    assert b"updated >= -" in bodies[0], "the refused form is not tried again"


async def test_only_the_configured_projects_are_looked_at(world: JiraWorld) -> None:
    jira = world.connector(projects=("TRIAGE",))
    await jira.check()
    await opened(world)
    moved = await opened(world)
    with by_person(world):
        world.simulator.site.move(world.simulator.site.issue(moved), "TRIAGE")
    await world.settle()
    hints, _ = await drain(jira, "0")
    assert {hint.ref for hint in hints} == {moved}
    await jira.aclose()
