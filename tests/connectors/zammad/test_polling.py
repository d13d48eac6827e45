"""Polling by database: in milliseconds, with a look-back, over many pages, with or without Elasticsearch."""

import json
from datetime import timedelta

import pytest

from syncd.sdk.connector import Changed
from syncd.sdk.errors import BadAnswer
from syncd.sdk.testing.faults import Meanwhile
from syncd_zammad import Zammad
from syncd_zammad.api import PAGE
from syncd_zammad.poll import LOOK_BACK
from syncd_zammad.simulator import ANA, search
from syncd_zammad.simulator.state import stamp
from tests.connectors.zammad.steps import internal, poll
from tests.connectors.zammad.world import ZammadWorld


@pytest.mark.parametrize("elasticsearch", [True, False])
async def test_no_index_is_waited_for(elasticsearch: bool) -> None:
    world = ZammadWorld(elasticsearch=elasticsearch)
    world.simulator.lag = timedelta(hours=1)
    zammad = world.connector()
    _, cursor = await poll(zammad, None)
    ref = world.simulator.make("Export fails")
    hints, _ = await poll(zammad, cursor)
    assert {hint.ref for hint in hints} == {ref}
    await zammad.aclose()


async def test_two_changes_of_one_second_are_two(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    _, cursor = await poll(zammad, None)
    first, cursor = await poll(zammad, cursor)
    world.simulator.edit(ref, title="two")
    second, cursor = await poll(zammad, cursor)
    assert [hint.ref for hint in second] == [ref]
    assert first != second


async def test_what_was_committed_late_is_told_within_the_look_back(zammad: Zammad, world: ZammadWorld) -> None:
    """Stamped before another change that was told already, and committed after it."""
    late, other = world.simulator.make("late"), world.simulator.make("other")
    world.clock.advance(300)
    _, cursor = await poll(zammad, None)
    world.simulator.edit(other, title="seen")
    _, cursor = await poll(zammad, cursor)
    world.simulator.edit(late, title="committed late")
    world.ticket(late).updated -= timedelta(seconds=20)
    hints, _ = await poll(zammad, cursor)
    assert [hint.ref for hint in hints] == [late]


async def test_articles_tags_and_links_move_a_ticket(zammad: Zammad, world: ZammadWorld) -> None:
    refs = [world.simulator.make(title) for title in ("article", "tag", "link", "linked", "still")]
    world.clock.advance(60)
    _, cursor = await poll(zammad, None)
    _, cursor = await poll(zammad, cursor)
    world.simulator.write(refs[0], "words", public=False)
    with world.simulator.acting(ANA):
        world.simulator.desk.add_tag(int(refs[1]), "a")
        world.simulator.desk.link("normal", int(refs[2]), int(refs[3]))
    hints, _ = await poll(zammad, cursor)
    assert [hint.ref for hint in hints] == refs[:4]


async def test_a_mass_change_with_one_stamp_is_told_whole(zammad: Zammad, world: ZammadWorld) -> None:
    """As a script in the console makes it; pages of equal times are in the order of their ids."""
    refs = [world.simulator.make(f"{number}") for number in range(3 * PAGE + 7)]
    _, cursor = await poll(zammad, None)
    world.clock.advance(300)
    now = world.clock()
    for ref in refs:
        world.ticket(ref).updated = now
    hints, after = await poll(zammad, cursor)
    assert sorted(hint.ref for hint in hints) == sorted(refs)
    assert (await poll(zammad, after))[0] == []


async def test_a_ticket_that_changes_between_two_pages_hides_no_other(zammad: Zammad, world: ZammadWorld) -> None:
    refs = [world.simulator.make("old") for _ in range(2 * PAGE)]
    _, cursor = await poll(zammad, None)
    world.clock.advance(300)
    for ref in refs:
        world.clock.advance(1)
        world.simulator.edit(ref, title="new")
    moved = Meanwhile(lambda: world.simulator.edit(refs[0], title="newer"))
    world.simulator.faults.on("POST */tickets/search", moved, skip=1)
    hints, _ = await poll(zammad, cursor)
    assert {hint.ref for hint in hints} == set(refs)


async def test_each_page_has_a_cursor_to_go_on_from(zammad: Zammad, world: ZammadWorld) -> None:
    refs = [world.simulator.make(f"{number}") for number in range(2 * PAGE)]
    start = json.dumps([stamp(world.clock() - timedelta(days=1))])
    first = await anext(aiter(zammad.changes(start)))
    rest, _ = await poll(zammad, first.cursor)
    assert {hint.ref for hint in (*first.changed, *rest)} == set(refs)
    assert not {hint.token for hint in first.changed} & {hint.token for hint in rest}


async def test_a_cursor_forgets_what_is_older_than_the_look_back(zammad: Zammad, world: ZammadWorld) -> None:
    for number in range(40):
        world.simulator.make(f"{number}")
        world.clock.advance(LOOK_BACK / 10)
    _, cursor = await poll(zammad, json.dumps([stamp(world.clock() - timedelta(days=1))]))
    assert 10 <= len(json.loads(cursor)) - 1 <= 12


def ignoring(world: ZammadWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Zammad that cannot read the condition takes it for none (lib/selector/sql.rb)."""
    monkeypatch.setattr(search, "_fulfils", lambda row, condition: True)


async def test_a_search_that_ignores_its_condition_is_noticed_and_not_believed(
    zammad: Zammad, world: ZammadWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.simulator.make("Export fails")
    world.clock.advance(300)
    world.simulator.make("Again")
    _, cursor = await poll(zammad, None)
    ignoring(world, monkeypatch)
    with pytest.raises(BadAnswer, match="since a time"):
        await poll(zammad, cursor)
    assert any("condition" in lack for lack in (await zammad.check()).lacks)


async def test_an_empty_zammad_is_polled_from_the_beginning(zammad: Zammad, world: ZammadWorld) -> None:
    _, cursor = await poll(zammad, None)
    ref = world.simulator.make("The first")
    hints, _ = await poll(zammad, cursor)
    assert [hint.ref for hint in hints] == [ref]


@pytest.mark.parametrize("seconds", [0, 5, 9.999])
async def test_a_read_shows_what_it_says_and_what_is_surely_older(
    zammad: Zammad, world: ZammadWorld, seconds: float
) -> None:
    ref = world.simulator.make("Export fails")
    [old] = [hint for hint in (await poll(zammad, json.dumps([stamp(world.clock())])))[0] if hint.ref == ref]
    world.clock.advance(seconds)
    world.simulator.edit(ref, title="newer")
    read = await zammad.fetch(ref)
    assert not zammad.includes(read.revision, old), "it may have been committed after the newer one"
    world.clock.advance(10.01 - seconds)
    world.simulator.edit(ref, title="newest")
    assert zammad.includes((await zammad.fetch(ref)).revision, old)


def test_what_is_no_stamp_is_never_included(world: ZammadWorld) -> None:
    zammad = world.connector()
    for token, revision in (("", ""), ("1@x", "x"), ("1@2026-01-05T09:00:00.000Z", "1"), ("1@", "")):
        assert not zammad.includes(revision, Changed("1", token=token))


@pytest.mark.shows("own write costs no second read")
async def test_our_comment_is_in_the_read_that_follows_it(zammad: Zammad, world: ZammadWorld) -> None:
    """Its name cannot be foretold: the answer shows the article, not the ticket's new stamp. The read costs no more."""
    ref = world.simulator.make("Export fails")
    world.clock.advance(60)
    _, cursor = await poll(zammad, None)
    _, cursor = await poll(zammad, cursor)
    posted = await zammad.comment(ref, internal("words"), key="key-1", expect="")
    assert posted.written.tokens == frozenset()
    read = await zammad.fetch(ref)
    hints, _ = await poll(zammad, cursor)
    assert hints
    assert all(zammad.includes(read.revision, hint) for hint in hints)
