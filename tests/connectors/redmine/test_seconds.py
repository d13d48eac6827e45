"""Whole-second stamps, as only a clock that stands still shows them surely, and answers that are lost."""

from __future__ import annotations

import pytest

from syncd.core.model import Public
from syncd.sdk.connector import Draft, Message
from syncd.sdk.errors import Stale, Unavailable
from syncd.sdk.testing.faults import LostAfter, Meanwhile, Status
from syncd.sdk.testing.promises.base import poll
from syncd_redmine import Redmine
from tests.connectors.redmine.world import SimulatedWorld


@pytest.fixture
def world() -> SimulatedWorld:
    return SimulatedWorld()


@pytest.fixture
def redmine(world: SimulatedWorld) -> Redmine:
    return world.connector()


async def test_a_note_in_the_very_second_of_our_read_is_told(redmine: Redmine, world: SimulatedWorld) -> None:
    ref = await world.open({"subject": "Export fails"})
    await world.settle()
    _, cursor = await poll(redmine, None)
    await world.edit(ref, {"subject": "edited"})
    _, cursor = await poll(redmine, cursor)
    read = await redmine.fetch(ref)
    await world.say(ref, "in the same second", public=True)
    await world.settle()
    hints, cursor = await poll(redmine, cursor)
    assert [hint.ref for hint in hints if not redmine.includes(read.revision, hint)] == [ref]
    again = await redmine.fetch(ref)
    assert again.thread is not None
    assert again.thread.comments[-1].body == Public("in the same second")
    await world.settle()
    hints, _ = await poll(redmine, cursor)
    assert [hint for hint in hints if not redmine.includes(again.revision, hint)] == []


async def test_a_proxys_date_says_that_a_second_is_over(redmine: Redmine, world: SimulatedWorld) -> None:
    ref = await world.open({"subject": "Export fails"})
    world.clock.advance(5)
    assert "~" in (await redmine.fetch(ref)).revision, "Redmine sends no Date, and our clock may be wrong by so much"
    world.simulator.date_header = True
    await poll(redmine, None)
    assert "~" not in (await redmine.fetch(ref)).revision


async def test_more_issues_in_one_second_than_a_page_holds_are_all_told_once(
    redmine: Redmine, world: SimulatedWorld
) -> None:
    _, cursor = await poll(redmine, None)
    refs = [await world.open({"subject": f"number {number}"}) for number in range(230)]
    await world.settle()
    hints, cursor = await poll(redmine, cursor)
    assert sorted(hint.ref for hint in hints) == sorted(refs)
    before = len(world.calls)
    assert (await poll(redmine, cursor))[0] == []
    assert len(world.calls) - before == 4, "the first page, and from its last second on by offset"


async def test_an_issue_that_changes_between_two_pages_hides_no_other(redmine: Redmine, world: SimulatedWorld) -> None:
    _, cursor = await poll(redmine, None)
    refs = []
    for number in range(150):
        refs.append(await world.open({"subject": f"number {number}"}))
        world.clock.advance(2)
    desk = world.simulator

    def touched() -> None:
        with desk.acting(desk.person):
            desk.set_fields(refs[0], {"subject": "moves to the end"})

    before = len(world.calls)
    desk.faults.on("GET /issues.json", Meanwhile(touched), skip=1)
    hints, _ = await poll(redmine, cursor)
    assert len(world.calls) - before == 2
    assert {hint.ref for hint in hints} == set(refs)


async def test_a_save_in_the_same_moment_is_stale(redmine: Redmine, world: SimulatedWorld) -> None:
    ref = await world.open({"subject": "Export fails"})
    world.simulator.faults.on("PUT /issues/*", Status(422))
    with pytest.raises(Stale):
        await redmine.comment(ref, Message(Public("x")), key="key-1", expect="")


async def test_a_create_whose_answer_is_lost_is_found_again(redmine: Redmine, world: SimulatedWorld) -> None:
    await redmine.check()
    draft = Draft(world.words.place, {"subject": "Export fails"})
    world.simulator.faults.on("POST /issues.json", LostAfter())
    with pytest.raises(Unavailable) as lost:
        await redmine.create(draft, key="key-1")
    assert lost.value.sent
    [found] = await redmine.find("key-1")
    assert found.fields["subject"] == "Export fails"
