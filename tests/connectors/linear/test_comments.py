"""Comments: known by their ids, sent once, and never where Linear would carry them out of the workspace."""

import pytest

from syncd.core.model import Internal
from syncd.sdk.connector import Message
from syncd.sdk.errors import (
    Rejected,
    Unavailable,
)
from syncd.sdk.testing.faults import LostAfter
from syncd_linear import Linear, ids
from syncd_linear.simulator import SYNCD
from tests.connectors.linear.world import LinearWorld, draft


async def test_a_new_process_knows_our_comments_by_their_ids(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    posted = await linear.comment(ref, Message(Internal("Hello")), key="key-1", expect="")
    assert (posted.comment.id, posted.comment.key) == (ids.comment_id("key-1"), "key-1")
    thread = (await world.connector().fetch(ref)).thread
    assert thread is not None
    [comment] = thread.comments
    assert comment.key == ids.comment_id("key-1")


async def test_a_mark_on_somebody_elses_comment_is_a_forgery(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    with world.simulator.do():
        world.space.say(world.issue(ref), "forged", id=ids.comment_id("key-1"))
    thread = (await linear.fetch(ref)).thread
    assert thread is not None
    assert [comment.key for comment in thread.comments] == [None]
    with pytest.raises(Rejected):
        await linear.comment(ref, Message(Internal("Hello")), key="key-1", expect="")


async def test_what_a_person_writes_with_our_own_account_is_no_copy(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    world.simulator.write(ref, "by hand", by=SYNCD)
    thread = (await linear.fetch(ref)).thread
    assert thread is not None
    assert [comment.key for comment in thread.comments] == [None]


@pytest.mark.shows("unanswered comment found")
async def test_a_comment_whose_answer_was_lost_is_repeated_as_one(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    await linear.fetch(ref)
    world.simulator.faults.on("POST /graphql", LostAfter())
    with pytest.raises(Unavailable) as lost:
        await linear.comment(ref, Message(Internal("Hello")), key="key-1", expect="")
    assert lost.value.sent
    posted = await linear.comment(ref, Message(Internal("Hello")), key="key-1", expect="")
    assert [comment.id for comment in world.issue(ref).comments] == [posted.comment.id]
    assert posted.comment.key == "key-1"


@pytest.mark.shows("own write costs no second read")
@pytest.mark.parametrize("moves", [True, False])
async def test_a_comment_foretells_the_stamp_of_its_issue_only_if_it_moved_it(world: LinearWorld, moves: bool) -> None:
    """Else somebody's edit, which gave the issue that stamp, would be taken for our echo."""
    world.space.comments_move_issues = moves
    linear, ref = world.connector(), world.simulator.make("x")
    world.simulator.edit(ref, title="By a person")
    stamp = (await linear.fetch(ref)).revision
    posted = await linear.comment(ref, Message(Internal("Hello")), key="key-1", expect="")
    assert stamp not in posted.written.tokens
    assert len(posted.written.tokens) == (2 if moves else 1)


@pytest.mark.parametrize("newest_first", [True, False])
async def test_a_long_thread_is_whole_and_in_order(world: LinearWorld, newest_first: bool) -> None:
    world.space.newest_first = newest_first
    linear, ref = world.connector(), world.simulator.make("x")
    for number in range(230):
        world.simulator.write(ref, f"number {number}")
    thread = (await linear.fetch(ref)).thread
    assert thread is not None
    assert [comment.body.text for comment in thread.comments] == [f"number {number}" for number in range(230)]


async def test_an_issue_that_linear_syncs_elsewhere_takes_no_internal_comment(
    linear: Linear, world: LinearWorld
) -> None:
    ref = world.simulator.make("x")
    world.issue(ref).synced_with = ("github",)
    mine = (await linear.create(draft(), key="key-1")).ref
    posted = await linear.comment(mine, Message(Internal("between us")), key="key-1", expect="")
    world.issue(mine).synced_with = ("github",)
    await linear.fetch(mine)
    for deed in (
        linear.comment(ref, Message(Internal("secret")), key="key-2", expect=""),
        linear.edit_comment(mine, posted.comment, Internal("secret"), key="key-3"),
    ):
        with pytest.raises(Rejected, match="github"):
            await deed
    assert b"secret" not in b"".join(each.body for each in world.simulator.requests)
    open_minded = world.connector(synced_issues_are_private=True)
    await open_minded.comment(ref, Message(Internal("secret")), key="key-2", expect="")
    assert [comment.body for comment in world.issue(ref).comments] == ["secret"]


async def test_a_comment_that_is_gone_already_is_deleted(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    await linear.delete_comment(ref, world.simulator.write(ref, "one"))
    await linear.delete_comment(ref, ids.comment_id("never"))
    assert world.issue(ref).comments == []
