"""Polling in whole seconds: with a look-back, over many pages, past hidden rows, and never with the wrong clock."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from syncd.sdk.connector import Changed
from syncd.sdk.errors import BadAnswer, Forbidden
from syncd.sdk.testing.faults import Meanwhile
from syncd_servicenow import ServiceNow
from syncd_servicenow.poll import LOOK_BACK, Cursor
from syncd_servicenow.records import PAGE
from syncd_servicenow.simulator import ACCOUNT
from syncd_servicenow.simulator.query import Reading
from syncd_servicenow.wire import stamp
from tests.connectors.servicenow.steps import internal, poll
from tests.connectors.servicenow.world import ServiceNowWorld


async def test_two_changes_of_one_second_are_two(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    _, cursor = await poll(now, None)
    world.simulator.edit(ref, short_description="two")
    first, cursor = await poll(now, cursor)
    world.simulator.edit(ref, short_description="three")
    second, cursor = await poll(now, cursor)
    assert [hint.token for hint in (*first, *second)] == [f"{ref}@1", f"{ref}@2"]
    assert (await poll(now, cursor))[0] == []


async def test_what_was_committed_late_is_told_within_the_look_back(now: ServiceNow, world: ServiceNowWorld) -> None:
    """Stamped before another change that was told already, and committed after it."""
    late, other = world.simulator.make("late"), world.simulator.make("other")
    world.clock.advance(300)
    _, cursor = await poll(now, None)
    world.simulator.edit(other, short_description="seen")
    _, cursor = await poll(now, cursor)
    world.simulator.edit(late, short_description="committed late")
    world.ticket(late)["sys_updated_on"] = stamp(world.clock() - timedelta(seconds=50))
    hints, _ = await poll(now, cursor)
    assert [hint.ref for hint in hints] == [late]


@pytest.mark.parametrize("links", [True, False], ids=["with Link", "without Link"])
async def test_a_mass_change_of_one_second_is_told_whole(now: ServiceNow, world: ServiceNowWorld, links: bool) -> None:
    """A proxy, or a property of the instance, may take the header away: then a full page is not the last."""
    world.simulator.instance.links = links
    refs = [world.simulator.make(f"{number}") for number in range(2 * PAGE + 7)]
    _, cursor = await poll(now, None)
    world.clock.advance(300)
    for ref in refs:
        world.simulator.edit(ref, urgency="1")
    hints, after = await poll(now, cursor)
    assert sorted(hint.ref for hint in hints) == sorted(refs)
    assert (await poll(now, after))[0] == []


async def test_a_ticket_that_changes_between_two_pages_hides_no_other(now: ServiceNow, world: ServiceNowWorld) -> None:
    refs = [world.simulator.make("old") for _ in range(2 * PAGE)]
    _, cursor = await poll(now, None)
    world.clock.advance(300)
    for ref in refs:
        world.clock.advance(1)
        world.simulator.edit(ref, short_description="new")
    moved = Meanwhile(lambda: world.simulator.edit(refs[0], short_description="newer"))
    world.simulator.faults.on("GET */table/incident", moved, skip=1)
    hints, _ = await poll(now, cursor)
    assert {hint.ref for hint in hints} == set(refs)


async def test_an_empty_page_is_not_the_last(now: ServiceNow, world: ServiceNowWorld) -> None:
    """The limit is applied before the ACLs: a page of tickets that are hidden has no row, and another follows."""
    hidden = [world.simulator.make("hidden") for _ in range(PAGE + 20)]
    _, cursor = await poll(now, None)
    world.clock.advance(300)
    world.simulator.hidden_rows.update(hidden)
    for ref in hidden:
        world.simulator.edit(ref, urgency="1")
    world.clock.advance(1)
    seen = world.simulator.make("seen")
    hints, _ = await poll(now, cursor)
    assert [hint.ref for hint in hints] == [seen]


async def test_a_first_poll_starts_at_the_newest_that_it_sees(now: ServiceNow, world: ServiceNowWorld) -> None:
    world.simulator.make("seen")
    world.clock.advance(300)
    world.simulator.hidden_rows.update(world.simulator.make("hidden") for _ in range(PAGE + 1))
    _, cursor = await poll(now, None)
    assert Cursor.parse(cursor).newest == world.clock() - timedelta(seconds=300)
    assert (await poll(now, cursor))[0] == []


async def test_each_page_has_a_cursor_to_go_on_from(now: ServiceNow, world: ServiceNowWorld) -> None:
    refs = []
    for number in range(2 * PAGE):
        refs.append(world.simulator.make(f"{number}"))
        world.clock.advance(1)
    start = str(Cursor(world.clock() - timedelta(days=1)))
    first = await anext(aiter(now.changes(start)))
    rest, _ = await poll(now, first.cursor)
    assert {hint.ref for hint in (*first.changed, *rest)} == set(refs)
    assert not {hint.token for hint in first.changed} & {hint.token for hint in rest}


async def test_a_cursor_forgets_what_is_older_than_the_look_back(now: ServiceNow, world: ServiceNowWorld) -> None:
    for number in range(40):
        world.simulator.make(f"{number}")
        world.clock.advance(LOOK_BACK / 10)
    _, cursor = await poll(now, str(Cursor(world.clock() - timedelta(days=1))))
    assert 10 <= len(json.loads(cursor)[1]) <= 12


async def test_comments_move_a_ticket_and_files_do_not(now: ServiceNow, world: ServiceNowWorld) -> None:
    """No page says that a file moves its ticket: the second business rule tells it, or the next change."""
    said, given = world.simulator.make("said"), world.simulator.make("given a file")
    world.clock.advance(300)
    _, cursor = await poll(now, None)
    await world.webhooks()
    world.simulator.write(said, "words", public=False)
    with world.simulator.acting(ACCOUNT):
        world.simulator.instance.attach("incident", given, name="a", media_type="text/plain", content=b"a")
    assert [hint.ref for hint in (await poll(now, cursor))[0]] == [said]
    told = [now.receive(webhook).changed for webhook in await world.webhooks()]
    assert [(hint.ref, hint.token) for [hint] in told] == [(said, f"{said}@1"), (given, "")]


@pytest.mark.parametrize("names", [("sys_updated_on",), ("ORDERBYsys_updated_on",)])
async def test_a_question_that_is_ignored_in_part_is_noticed_and_not_believed(
    now: ServiceNow, world: ServiceNowWorld, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    for number in range(5):
        world.simulator.make(f"{number}")
        world.clock.advance(300)
    cursor = str(Cursor(world.clock() - timedelta(seconds=400)))
    right = Reading.select

    def ignoring(self: Reading, rows: object, query: str) -> object:
        return right(self, rows, "^".join(part for part in query.split("^") if not part.startswith(names)))  # type: ignore[arg-type]

    monkeypatch.setattr(Reading, "select", ignoring)
    if names == ("sys_updated_on",):
        with pytest.raises(BadAnswer, match="since a time"):
            await poll(now, cursor)
    else:
        cursor = str(Cursor(world.clock() - timedelta(days=1)))
        with pytest.raises(BadAnswer, match="in their order"):
            await poll(now, cursor)


@pytest.mark.parametrize("hours", [2, -8, 5.75])
async def test_an_account_with_another_zone_is_not_polled(world: ServiceNowWorld, hours: float) -> None:
    """No page says how a time in a query is read; where it is not as UTC, changes would be missed."""
    world.simulator.make("Export fails")
    world.simulator.instance.zone = timedelta(hours=hours)
    connector = world.connector()
    assert "GMT" in " ".join((await connector.check()).lacks)
    with pytest.raises(Forbidden, match="GMT"):
        await poll(connector, None)
    world.simulator.instance.zone = timedelta(0)
    assert (await connector.check()).lacks == ()
    await poll(connector, None)
    await connector.aclose()


async def test_an_empty_instance_is_polled_from_the_beginning(now: ServiceNow, world: ServiceNowWorld) -> None:
    _, cursor = await poll(now, None)
    assert Cursor.parse(cursor).newest == datetime(2000, 1, 1, tzinfo=UTC)
    ref = world.simulator.make("The first")
    assert [hint.ref for hint in (await poll(now, cursor))[0]] == [ref]


async def test_a_read_shows_all_up_to_its_own_version(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    for title in ("one", "two"):
        world.simulator.edit(ref, short_description=title)
    read = await now.fetch(ref)
    shown = {count: now.includes(read.revision, Changed(ref, token=f"{ref}@{count}")) for count in range(4)}
    assert shown == {0: True, 1: True, 2: True, 3: False}


def test_what_is_no_version_is_never_included(world: ServiceNowWorld) -> None:
    now = world.connector()
    for token, revision in (("", ""), ("x@y", "1"), ("x@", "1"), ("x@1", ""), ("x@1", "one"), ("x@１", "2")):
        assert not now.includes(revision, Changed("x", token=token))


@pytest.mark.shows("own write costs no second read")
async def test_the_echo_of_our_comment_is_in_the_read_that_follows_it(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    _, cursor = await poll(now, None)
    await now.comment(ref, internal("words"), key="key-1", expect="")
    read = await now.fetch(ref)
    [hint] = (await poll(now, cursor))[0]
    assert now.includes(read.revision, hint)
