"""Polls: issues and comments by their stamps in one request, none missed, by the clock of Linear."""

from datetime import UTC, datetime, timedelta

import pytest

from syncd.sdk.errors import (
    Rejected,
)
from syncd.sdk.testing.faults import Meanwhile
from syncd.sdk.testing.promises.base import poll
from syncd_linear import Linear
from tests.connectors.linear.world import SETTLED, LinearWorld


@pytest.mark.parametrize("moves", [True, False])
async def test_a_comment_is_told_whether_or_not_it_moves_its_issue(world: LinearWorld, moves: bool) -> None:
    world.space.comments_move_issues = moves
    linear, ref = world.connector(), world.simulator.make("x")
    world.clock.advance(SETTLED)
    _, cursor = await poll(linear, None)
    id = world.simulator.write(ref, "one")
    hints, cursor = await poll(linear, cursor)
    assert {hint.ref for hint in hints} == {ref}
    assert any(hint.token.startswith(f"comment:{id}@") for hint in hints)
    world.clock.advance(SETTLED)
    with world.simulator.do():
        world.space.rewrite(world.issue(ref), world.issue(ref).comments[0], "two")
    hints, _ = await poll(linear, cursor)
    assert [hint.ref for hint in hints if hint.token.startswith(f"comment:{id}@")] == [ref]


@pytest.mark.parametrize("newest_first", [True, False])
async def test_many_changes_are_told_once_each_oldest_first(world: LinearWorld, newest_first: bool) -> None:
    world.space.newest_first = newest_first
    linear = world.connector()
    _, cursor = await poll(linear, None)
    world.clock.advance(SETTLED)
    refs = [world.simulator.make(f"issue {number}") for number in range(230)]
    said = [world.simulator.write(refs[number % 7], "hello") for number in range(130)]
    before = len(world.simulator.requests)
    hints, later = await poll(linear, cursor)
    assert len(world.simulator.requests) - before == 3
    assert [hint.ref for hint in hints if hint.token.isdecimal()] == refs
    assert [hint.token.split("@")[0] for hint in hints if not hint.token.isdecimal()] == [
        f"comment:{id}" for id in said
    ]
    stamps = [hint.at for hint in hints if hint.at]
    assert stamps == sorted(stamps)
    world.clock.advance(SETTLED)
    assert (await poll(linear, later))[0] != []  # the cursor is the vendor's time of the poll, and looks back
    assert (await poll(linear, (await poll(linear, later))[1]))[0] == []


async def test_archived_and_binned_issues_are_told(linear: Linear, world: LinearWorld) -> None:
    refs = [world.simulator.make("x") for _ in range(2)]
    world.clock.advance(SETTLED)
    _, cursor = await poll(linear, None)
    with world.simulator.do():
        world.space.archive(world.issue(refs[0]))
        world.space.trash(world.issue(refs[1]))
    hints, _ = await poll(linear, cursor)
    assert [hint.ref for hint in hints] == refs


async def test_a_cursor_is_linears_own_clock(linear: Linear, world: LinearWorld) -> None:
    _, cursor = await poll(linear, None)
    assert datetime.fromtimestamp(int(cursor) / 1000, UTC) == world.clock.now
    with pytest.raises(Rejected):
        await poll(linear, "yesterday")


async def test_what_changes_between_two_pages_is_told_by_the_next_poll(linear: Linear, world: LinearWorld) -> None:
    """It leaves its place in the list for one that was read already."""
    refs = [world.simulator.make(f"issue {number}") for number in range(250)]
    world.clock.advance(SETTLED)
    _, cursor = await poll(linear, None)
    for ref in refs:
        world.simulator.edit(ref, priority=1)

    def meanwhile() -> None:
        world.simulator.edit(refs[0], title="meanwhile")
        world.clock.advance(timedelta(minutes=10))

    world.simulator.faults.on("POST /graphql", Meanwhile(meanwhile), skip=1)
    first, cursor = await poll(linear, cursor)
    assert refs[0] not in {hint.ref for hint in first}
    hints, _ = await poll(linear, cursor)
    assert refs[0] in {hint.ref for hint in hints}
