"""Polling is right whatever the description leaves open: the order of a search, its grain, its lag."""

import json
from datetime import timedelta

import pytest

from syncd.sdk.connector import Changed
from syncd.sdk.errors import BadAnswer, Rejected
from syncd.sdk.testing.faults import Meanwhile
from syncd_intercom import Intercom, poll
from syncd_intercom.api import Rows
from syncd_intercom.poll import Cursor
from syncd_intercom.simulator import search
from syncd_intercom.wire import RowJson
from tests.connectors.intercom.steps import bodies, polled
from tests.connectors.intercom.world import IntercomWorld


def refs(hints: list[Changed]) -> set[str]:
    return {hint.ref for hint in hints}


async def test_both_kinds_are_polled_in_a_request_each(intercom: Intercom, world: IntercomWorld) -> None:
    _, cursor = await polled(intercom, None)
    made = {world.simulator.make("Export fails"), world.simulator.begin()}
    await world.settle()
    before = world.requests
    hints, cursor = await polled(intercom, cursor)
    assert refs(hints) == made
    assert world.calls(since=before) == ["POST /tickets/search", "POST /conversations/search"]
    assert (await polled(intercom, cursor))[0] == []


@pytest.mark.parametrize(("objects", "told"), [("tickets", "ticket"), ("conversations", "conversation")])
async def test_what_a_connection_does_not_work_with_is_not_polled(objects: str, told: str) -> None:
    world = IntercomWorld(objects)
    intercom = world.connector()
    _, cursor = await polled(intercom, None)
    world.simulator.make("Export fails")
    world.simulator.begin()
    await world.settle()
    hints, _ = await polled(intercom, cursor)
    assert {hint.ref.partition(":")[0] for hint in hints} == {told}


@pytest.mark.parametrize("grain", ["second", "day"])
@pytest.mark.parametrize("hours", [0, 14, 15, 40], ids=["now", "late", "midnight", "days later"])
async def test_nothing_is_missed_whether_dates_are_compared_by_the_second_or_by_the_day(
    intercom: Intercom, world: IntercomWorld, grain: search.Grain, hours: int
) -> None:
    world.simulator.grain = grain
    world.clock.advance(timedelta(hours=hours))
    old = world.simulator.make("Old")
    await world.settle()
    _, cursor = await polled(intercom, None)
    _, cursor = await polled(intercom, cursor)
    new = world.simulator.make("New")
    world.clock.advance(timedelta(hours=hours) + timedelta(seconds=400))
    hints, cursor = await polled(intercom, cursor)
    assert refs(hints) == {new}, old
    assert (await polled(intercom, cursor))[0] == []


async def test_a_search_that_answers_the_newest_first_is_read_to_its_end(
    intercom: Intercom, world: IntercomWorld
) -> None:
    _, cursor = await polled(intercom, None)
    made = {world.simulator.make(f"number {number}") for number in range(320)}
    await world.settle()
    pages = [page async for page in intercom.changes(cursor)]
    assert {hint.ref for page in pages for hint in page.changed} == made
    assert [len(page.changed) for page in pages] == [150, 150, 20, 0]
    assert len({Cursor.parse(page.cursor).second for page in pages[:-1]} | {Cursor.parse(cursor).second}) == 1


async def test_after_a_poll_that_broke_off_nothing_is_missed(intercom: Intercom, world: IntercomWorld) -> None:
    _, cursor = await polled(intercom, None)
    made = {world.simulator.make(f"number {number}") for number in range(200)}
    await world.settle()
    first = await anext(intercom.changes(cursor))
    rest, _ = await polled(intercom, first.cursor)
    assert {hint.ref for hint in first.changed} | refs(rest) == made


@pytest.mark.parametrize("order", search.ORDERS)
async def test_what_changes_while_pages_are_read_is_told_by_this_poll_or_the_next(
    intercom: Intercom, world: IntercomWorld, order: str
) -> None:
    """A row of the page that was read already, and long after it one of the next page: the cursor stays before both."""
    world.simulator.order = order
    _, cursor = await polled(intercom, None)
    made = [world.simulator.make(f"number {number}") for number in range(200)]
    await world.settle()

    def write() -> None:
        for ref in (made[0], made[-1]):
            world.clock.advance(timedelta(seconds=1000))
            world.simulator.write(ref, "between two pages", public=True)
        world.clock.advance(timedelta(seconds=1000))

    world.simulator.faults.on("POST /tickets/search", Meanwhile(write), skip=1)
    hints, cursor = await polled(intercom, cursor)
    world.clock.advance(timedelta(seconds=1000))
    later, _ = await polled(intercom, cursor)
    assert refs(hints) | refs(later) == set(made)
    assert {made[0], made[-1]} <= refs(later)


async def test_a_change_in_a_second_that_still_goes_on_is_told_again_when_it_is_over(
    intercom: Intercom, world: IntercomWorld
) -> None:
    world.simulator.lag = timedelta(0)
    ref = world.simulator.make("Export fails")
    _, cursor = await polled(intercom, None)
    [young], cursor = await polled(intercom, cursor)
    world.simulator.write(ref, "in the same second", public=True)
    [again], cursor = await polled(intercom, cursor)
    assert (young.token, again.token) == ("", "")
    world.clock.advance(6)
    [last], cursor = await polled(intercom, cursor)
    assert last.token
    assert (await polled(intercom, cursor))[0] == []


async def test_what_the_index_shows_late_is_told(
    intercom: Intercom, world: IntercomWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, cursor = await polled(intercom, None)
    late = world.simulator.make("Late")
    hidden = world.item(late).updated
    monkeypatch.setattr(world.simulator, "indexed", lambda stamp: stamp != hidden)
    world.clock.advance(280)
    soon = world.simulator.make("Soon")
    world.clock.advance(10)
    hints, cursor = await polled(intercom, cursor)
    assert refs(hints) == {soon}
    monkeypatch.undo()
    world.simulator.lag = timedelta(0)
    hints, _ = await polled(intercom, cursor)
    assert refs(hints) == {late}


async def test_a_first_poll_begins_by_intercoms_clock(intercom: Intercom, world: IntercomWorld) -> None:
    _, cursor = await polled(intercom, None)
    assert Cursor.parse(cursor).second == int(world.clock().timestamp())


async def test_the_search_is_one_that_the_description_knows(intercom: Intercom, world: IntercomWorld) -> None:
    _, cursor = await polled(intercom, None)
    await polled(intercom, cursor)
    start = Cursor.parse(cursor).start
    [sent] = bodies(world, "POST /tickets/search")
    assert sent == {
        "query": {
            "operator": "OR",
            "value": [
                {"field": "updated_at", "operator": ">", "value": start},
                {"field": "updated_at", "operator": "=", "value": start},
            ],
        },
        "pagination": {"per_page": 150},
    }


@pytest.mark.parametrize("stored", ["", "x", "[]", "{}", "null", '["x"]'])
async def test_a_stored_cursor_that_cannot_be_read_is_refused(intercom: Intercom, stored: str) -> None:
    with pytest.raises(Rejected):
        await polled(intercom, stored)


def test_a_cursor_keeps_its_newest_names() -> None:
    cursor = Cursor(1000).after((poll.token(f"ticket:{number}", 1000) for number in range(6000)), upto=1000)
    assert len(json.loads(str(cursor))) == 1 + poll.MOST
    assert Cursor.parse(str(cursor)).second == 1000


def test_without_a_date_the_cursor_stays_at_what_the_first_page_showed() -> None:
    """And nothing gets a name: nobody knows which seconds are over."""
    one = poll._Poll(Cursor(1000))
    hints = one.hints("ticket", Rows([RowJson(id="1", updated_at=1100)], None, "more"))
    one.hints("ticket", Rows([RowJson(id="2", updated_at=1300)], None, None))
    assert [hint.token for hint in hints] == [""]
    assert one.end().second == 1100


async def test_a_page_that_names_itself_as_the_next_is_no_endless_poll(
    intercom: Intercom, world: IntercomWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, cursor = await polled(intercom, None)
    pages = {"type": "pages", "next": {"per_page": 150, "starting_after": "same"}}
    monkeypatch.setattr(search, "page", lambda found, asked: ([], pages))
    with pytest.raises(BadAnswer, match="same page"):
        await polled(intercom, cursor)


@pytest.mark.parametrize(
    ("revision", "told", "shows"),
    [("1001", "1000", True), ("1000", "1000", False), ("999", "1000", False), ("", "1000", False), ("1001", "", False)],
)
def test_a_read_shows_what_is_a_second_older(revision: str, told: str, shows: bool) -> None:
    assert IntercomWorld().connector().includes(revision, Changed("ticket:1", revision=told)) is shows
