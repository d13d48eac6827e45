"""Polling by whole seconds: nothing is missed in a crowded second, nothing told twice without need."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from syncd.sdk.connector import Changed, Page
from syncd.sdk.errors import BadAnswer, Rejected
from syncd_freshdesk import Freshdesk, FreshdeskConfig, poll
from tests.connectors.freshdesk.world import FreshdeskWorld


async def pages(freshdesk: Freshdesk, cursor: str | None) -> list[Page]:
    return [page async for page in freshdesk.changes(cursor)]


async def told(freshdesk: Freshdesk, cursor: str) -> tuple[list[Changed], str]:
    found = await pages(freshdesk, cursor)
    return [hint for page in found for hint in page.changed], found[-1].cursor


async def start(freshdesk: Freshdesk, world: FreshdeskWorld) -> str:
    """A cursor after all that was done so far."""
    world.clock.advance(200)
    [page] = await pages(freshdesk, None)
    return page.cursor


async def test_the_cursor_is_freshdesks_clock_and_not_ours(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    [page] = await pages(freshdesk, None)
    assert poll.Cursor.read(page.cursor) == poll.Cursor(world.clock())


async def test_an_edit_after_the_poll_but_in_its_second_is_told(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    """A comment of that second changes nothing in the row: its stamp stays, and so does all that it shows."""
    ref = world.simulator.make("Export fails")
    cursor = await start(freshdesk, world)
    world.simulator.write(ref, "one", public=True)
    [first], cursor = await told(freshdesk, cursor)
    world.simulator.write(ref, "two", public=True)
    world.clock.advance(30)
    [second], cursor = await told(freshdesk, cursor)
    assert (first.ref, second.ref, first.revision) == (ref, ref, second.revision)
    assert first.token != second.token
    assert await told(freshdesk, cursor) == ([], cursor), "the second is over, and was told"


async def test_a_row_that_is_seen_again_is_not_told_again(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    refs = [world.simulator.make(f"number {number}") for number in range(3)]
    cursor = await start(freshdesk, world)
    for ref in refs:
        world.simulator.edit(ref, subject="edited")
        world.clock.advance(5)
    hints, cursor = await told(freshdesk, cursor)
    assert [hint.ref for hint in hints] == refs
    world.simulator.edit(refs[1], subject="again")
    world.clock.advance(5)
    hints, cursor = await told(freshdesk, cursor)
    assert [hint.ref for hint in hints] == [refs[1]]


async def test_a_ticket_that_became_visible_late_is_told(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    late, other = world.simulator.make("late"), world.simulator.make("other")
    cursor = await start(freshdesk, world)
    world.simulator.edit(late, subject="hidden for a while")
    ticket = world.simulator.desk.tickets.pop(int(late))
    world.clock.advance(60)
    world.simulator.edit(other, subject="x")
    world.clock.advance(10)
    hints, cursor = await told(freshdesk, cursor)
    assert [hint.ref for hint in hints] == [other]
    world.simulator.desk.tickets[int(late)] = ticket
    hints, _ = await told(freshdesk, cursor)
    assert [hint.ref for hint in hints] == [late]


async def test_many_tickets_of_one_second_are_told_page_by_page(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    refs = [world.simulator.make(f"number {number}") for number in range(350)]
    cursor = await start(freshdesk, world)
    for ref in refs[:100]:
        world.simulator.edit(ref, subject="first")
    world.clock.advance(1)
    for ref in refs[100:]:
        world.simulator.edit(ref, subject="in one second")
    world.clock.advance(10)
    hints, after = await told(freshdesk, cursor)
    assert sorted(hint.ref for hint in hints) == sorted(refs)
    assert (await told(freshdesk, after))[0] == []


async def test_a_poll_that_broke_off_goes_on_where_it_was(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    refs = [world.simulator.make(f"number {number}") for number in range(250)]
    cursor = await start(freshdesk, world)
    for ref in refs:
        world.simulator.edit(ref, subject="edited")
        world.clock.advance(1)
    world.clock.advance(10)
    polling = freshdesk.changes(cursor)
    first = await anext(polling)
    await polling.aclose()  # type: ignore[attr-defined]
    hints, _ = await told(freshdesk, first.cursor)
    assert sorted({hint.ref for hint in (*first.changed, *hints)}) == sorted(refs)


async def test_a_ticket_that_changes_while_we_read_is_told(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    """It leaves its page for the last one, and all behind it move up by one."""
    refs = [world.simulator.make(f"number {number}") for number in range(205)]
    cursor = await start(freshdesk, world)
    for ref in refs:
        world.simulator.edit(ref, subject="edited")
        world.clock.advance(1)
    world.clock.advance(10)
    hints: list[Changed] = []
    async for page in freshdesk.changes(cursor):
        hints += page.changed
        if len(hints) <= 100:
            world.simulator.edit(refs[0], subject="moved on")
    assert {hint.ref for hint in hints} == set(refs)
    assert [hint.ref for hint in hints].count(refs[0]) == 2


async def test_more_in_one_second_than_freshdesk_lists_is_an_error_and_no_gap(
    freshdesk: Freshdesk, world: FreshdeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    cursor = await start(freshdesk, world)
    for number in range(301):
        world.simulator.make(f"number {number}")
    world.clock.advance(10)
    monkeypatch.setattr(poll, "MOST_PAGES", 2)
    with pytest.raises(BadAnswer, match="30,000"):
        await pages(freshdesk, cursor)


async def test_a_note_that_does_not_move_the_stamp_is_left_to_the_webhook(
    freshdesk: Freshdesk, world: FreshdeskWorld
) -> None:
    """Unconfirmed at Freshdesk. Should it be so, polling alone misses notes, and only the automation rule tells."""
    ref = world.simulator.make("Export fails")
    cursor = await start(freshdesk, world)
    await world.webhooks()
    world.simulator.desk.notes_move = False
    world.simulator.write(ref, "a note", public=False)
    world.clock.advance(10)
    assert (await told(freshdesk, cursor))[0] == []
    assert [hint.ref for each in await world.webhooks() for hint in freshdesk.receive(each).changed] == [ref]


async def test_the_trash_and_spam_are_not_told_by_the_list(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    """The list leaves them out; the rule of `hook_steps` tells them, and the next read shows them."""
    ref = world.simulator.make("Export fails")
    cursor = await start(freshdesk, world)
    await world.webhooks()
    with world.simulator.do():
        world.simulator.desk.throw_away(world.simulator.desk.ticket(ref), deleted=True)
    world.clock.advance(10)
    assert (await told(freshdesk, cursor))[0] == []
    assert [hint.ref for each in await world.webhooks() for hint in freshdesk.receive(each).changed] == [ref]


async def test_a_read_covers_only_what_is_a_second_older(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    cursor = await start(freshdesk, world)
    world.simulator.edit(ref, subject="edited")
    [hint], cursor = await told(freshdesk, cursor)
    assert not freshdesk.includes((await freshdesk.fetch(ref)).revision, hint)
    world.clock.advance(timedelta(seconds=1))
    world.simulator.edit(ref, subject="edited again")
    assert freshdesk.includes((await freshdesk.fetch(ref)).revision, hint)


@pytest.mark.parametrize("cursor", ["", "nonsense", "2026-13-01T00:00:00Z"])
async def test_a_cursor_that_is_none_is_refused(freshdesk: Freshdesk, cursor: str) -> None:
    with pytest.raises(Rejected):
        await pages(freshdesk, cursor)


# --- answers that are not as they should be --------------------------------------------------------------------------


def listing(world: FreshdeskWorld, *stamps: str, **headers: str) -> Freshdesk:
    """A Freshdesk that answers these tickets to every list."""
    rows: list[dict[str, Any]] = [{"id": 1 + at, "updated_at": stamp} for at, stamp in enumerate(stamps)]

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=rows, headers=headers)

    return Freshdesk(FreshdeskConfig(**world.settings), transport=httpx.MockTransport(answer))


async def test_without_a_clock_in_the_answer_each_row_is_told_at_each_poll(world: FreshdeskWorld) -> None:
    freshdesk = listing(world, "2026-01-05T09:00:00Z")
    cursor = str(poll.Cursor(world.clock()))
    for _ in range(3):
        [hint], cursor = await told(freshdesk, cursor)
        assert (hint.ref, hint.token) == ("1", "")
    await freshdesk.aclose()


async def test_an_empty_page_that_names_a_next_one_is_no_end(world: FreshdeskWorld) -> None:
    """As lists are that are cut into pages before they are filtered by rights."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.params["page"] == "1":
            return httpx.Response(200, json=[], headers={"link": f'<{request.url}>; rel="next"'})
        return httpx.Response(200, json=[{"id": 7, "updated_at": "2026-01-05T09:00:00Z"}])

    freshdesk = Freshdesk(FreshdeskConfig(**world.settings), transport=httpx.MockTransport(answer))
    hints, _ = await told(freshdesk, str(poll.Cursor(world.clock())))
    assert [hint.ref for hint in hints] == ["7"]
    await freshdesk.aclose()


async def test_a_list_in_another_order_than_asked_for_is_not_believed(world: FreshdeskWorld) -> None:
    link = '<https://acme.freshdesk.example/api/v2/tickets?page=2>; rel="next"'
    freshdesk = listing(world, "2026-01-05T09:00:01Z", "2026-01-05T09:00:00Z", link=link)
    with pytest.raises(BadAnswer, match="order"):
        await pages(freshdesk, str(poll.Cursor(world.clock())))
    await freshdesk.aclose()


async def test_a_time_that_is_none_names_its_place_and_not_its_value(world: FreshdeskWorld) -> None:
    freshdesk = listing(world, "kestrel-4711")
    with pytest.raises(BadAnswer, match="updated_at") as caught:
        await pages(freshdesk, str(poll.Cursor(world.clock())))
    assert "kestrel" not in str(caught.value)
    await freshdesk.aclose()
