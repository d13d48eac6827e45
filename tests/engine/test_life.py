"""The whole life of a pair: reopened, merged, moved, deleted, restored, closed; several tickets on one issue."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from syncd.core.model import Pair
from syncd.engine import intake, operate
from syncd.sdk.connector import Changed
from syncd.store import links
from syncd.store.records import Link, LinkState
from tests.engine.chaos.bugs import noticed
from tests.engine.world import World, mapping, world


@pytest.fixture
async def pair(store_url: str) -> AsyncIterator[World]:
    async with world(store_url) as made:
        yield made


async def join(pair: World, ref: str, issue: str) -> Link:
    """Hang one more ticket on an issue, as `syncd link` does."""
    rules = mapping()

    def store(c: object) -> Link:
        link = links.add(
            c,  # type: ignore[arg-type]
            mapping=rules.name,
            digest=rules.digest,
            connections=rules.connections,
            refs=Pair(ref, issue),
            now=pair.clock(),
        )
        intake.look(pair.site, c, link)  # type: ignore[arg-type]
        return link

    link = await pair.store.write(store)
    await pair.sync()
    return link


async def test_a_deleted_ticket_rests_its_link_and_tells_the_other_side(pair: World) -> None:
    ref, issue = await pair.linked()
    other, _ = await pair.linked()  # the control: something that is surely there
    pair.support.delete(ref)
    await pair.sync()
    link = await pair.link(ref)
    assert link.state is LinkState.RESTING
    assert "deleted" in link.reason
    assert any("was deleted" in comment.body.text for comment in pair.engineering.ticket(issue).comments)
    assert (await pair.link(other)).state is LinkState.LINKED


async def test_a_restored_ticket_takes_its_link_up_again(pair: World) -> None:
    ref, issue = await pair.linked()
    await pair.linked()
    pair.support.delete(ref)
    await pair.sync()
    pair.engineering.edit(issue, status="open")
    await pair.sync()
    pair.support.restore(ref)
    await pair.sync()
    assert (await pair.link(ref)).state is LinkState.LINKED
    assert pair.ticket(ref, "status") == "open"


async def test_a_ticket_that_was_deleted_before_it_had_an_issue_gets_one_when_it_is_restored(pair: World) -> None:
    """Its link rested and nothing woke it: only links with an issue were looked at when their ticket came back."""
    await pair.linked()
    ref = pair.support.open(title="Export fails", priority="low")
    await pair.sync()
    pair.support.delete(ref)
    await pair.sync()
    assert (await pair.link(ref)).state is LinkState.RESTING
    pair.support.restore(ref)
    pair.support.edit(ref, priority="urgent")
    await pair.sync()
    link = await pair.link(ref)
    assert link.state is LinkState.LINKED
    assert link.refs.engineering is not None


async def test_a_row_that_a_poll_repeats_wakes_no_resting_link(pair: World) -> None:
    """Both tickets were read again at each poll, for as long as the vendor's list showed the row."""
    ref, issue = await pair.linked()
    await pair.linked()
    pair.support.delete(ref)
    await pair.sync()
    row = [Changed(issue, token="a row")]
    assert (await intake.take(pair.site, "tracker", row)).links == 1
    assert await pair.sync() > 0
    asked = len(pair.engineering.requests)
    assert await intake.take(pair.site, "tracker", row) == intake.Taken(links=0, echoes=0, repeats=1)
    assert (await pair.link(ref)).state is LinkState.RESTING
    assert await pair.workers.once() == 0
    assert len(pair.engineering.requests) == asked


async def test_a_ticket_that_stirs_while_its_link_is_put_to_rest_is_looked_at_again(pair: World) -> None:
    """Its hint waits at a link that rests; the vendor's list repeats it, and it is not a new one then."""
    ref, issue = await pair.linked()
    await pair.linked()
    row, link = [Changed(issue, token="a row")], await pair.link(ref)
    await intake.take(pair.site, "tracker", row)
    await pair.store.write(lambda c: links.rest(c, link.id, "deleted: while it ran"))
    assert (await intake.take(pair.site, "tracker", row)).links == 0
    await pair.sync()
    assert (await pair.link(ref)).state is LinkState.LINKED


async def test_a_ticket_that_is_missing_for_all_is_not_taken_for_deleted(pair: World) -> None:
    ref, _ = await pair.linked()
    pair.support.delete(ref)
    other = pair.support.open(title="the only other one", priority="low")
    pair.support.delete(other)
    await pair.deliver()
    await pair.workers.once()
    assert (await pair.link(ref)).state in (LinkState.LINKED, LinkState.RESTING)


async def test_a_merge_is_followed(pair: World) -> None:
    ref, issue = await pair.linked()
    into = pair.support.open(title="the older one", priority="low")
    await pair.sync()
    pair.support.merge(ref, into=into)
    await pair.sync()
    link = await pair.link(into)
    assert link.refs.engineering == issue
    pair.support.edit(into, title="both of them")
    await pair.sync()
    assert pair.issue(issue, "title") == "both of them"


async def test_a_moved_issue_keeps_its_link_and_shows_its_new_label(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.engineering.move(issue, "HELP")
    await pair.sync()
    assert (await pair.link(ref)).state is LinkState.LINKED
    label = pair.engineering.ticket(issue).label
    assert any(backlink.label == label for backlink in pair.support.ticket(ref).backlinks.values())


async def test_a_ticket_that_is_closed_for_good_carries_its_last_change_and_rests(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.support.edit(ref, status="open")
    await pair.sync()
    pair.support.edit(ref, status="solved")
    pair.support.lock(ref)
    await pair.sync()
    assert pair.issue(issue, "status") == "solved"
    assert (await pair.link(ref)).state is LinkState.RESTING


async def test_a_reopened_issue_reopens_its_ticket(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.engineering.edit(issue, status="solved")
    await pair.sync()
    assert pair.ticket(ref, "status") == "solved"
    pair.engineering.edit(issue, status="open")
    await pair.sync()
    assert pair.ticket(ref, "status") in ("open", "pending")


async def test_the_highest_priority_of_several_tickets_wins_without_ping_pong(pair: World) -> None:
    ref, issue = await pair.linked()
    second = pair.support.open(title="same here", priority="low")
    await pair.sync()
    await join(pair, second, issue)
    assert pair.issue(issue, "priority") == "urgent"
    assert pair.ticket(second, "priority") == "low"
    pair.support.edit(ref, priority="normal")
    await pair.sync()
    assert pair.issue(issue, "priority") == "normal"
    assert pair.ticket(second, "priority") == "low"
    pair.support.edit(second, priority="high")
    await pair.sync()
    assert pair.issue(issue, "priority") == "high"
    assert pair.ticket(ref, "priority") == "normal"
    quiet = len(pair.support.writes), len(pair.engineering.writes)
    await pair.sync()
    assert (len(pair.support.writes), len(pair.engineering.writes)) == quiet


async def test_an_engineer_who_lowers_the_issue_lowers_the_tickets_that_decided(pair: World) -> None:
    ref, issue = await pair.linked()
    second = pair.support.open(title="same here", priority="low")
    await pair.sync()
    await join(pair, second, issue)
    pair.engineering.edit(issue, priority="normal")
    await pair.sync()
    assert (pair.ticket(ref, "priority"), pair.ticket(second, "priority")) == ("normal", "low")


async def test_the_issue_is_done_only_when_all_tickets_are(pair: World) -> None:
    ref, issue = await pair.linked()
    second = pair.support.open(title="same here", priority="low")
    await pair.sync()
    await join(pair, second, issue)
    for each in (ref, second):
        pair.support.edit(each, status="open")
    await pair.sync()
    pair.support.edit(ref, status="solved")
    await pair.sync()
    assert pair.issue(issue, "status") != "solved"
    pair.support.edit(second, status="solved")
    await pair.sync()
    assert pair.issue(issue, "status") == "solved"


async def test_comments_of_one_ticket_do_not_reach_the_other_through_the_issue(pair: World) -> None:
    ref, issue = await pair.linked()
    second = pair.support.open(title="same here", priority="low")
    await pair.sync()
    await join(pair, second, issue)
    pair.support.say(ref, "my password is hunter2", public=True)
    await pair.sync()
    assert not any("hunter2" in comment.body.text for comment in pair.support.ticket(second).comments)


async def test_an_issue_that_was_deleted_unnoticed_is_found_gone_when_it_is_to_be_written(pair: World) -> None:
    ref, issue = await pair.linked()
    await pair.linked()
    pair.engineering.delete(issue)
    pair.engineering.take_webhooks()  # lost
    pair.support.edit(ref, priority="low")
    await pair.deliver()
    await pair.workers.once()
    link = await pair.link(ref)
    assert link.state is LinkState.RESTING
    assert link.reason.startswith("deleted")


async def test_a_link_that_gave_way_while_it_was_taken_up_is_no_bug(pair: World) -> None:
    """A merge drops the link of a ticket that has no issue, which may be in the middle of its own run."""
    ref = pair.support.open(title="Import fails", priority="low")
    await pair.sync()
    gone = await pair.link(ref)
    await pair.store.write(lambda c: intake.look(pair.site, c, gone))
    (lease,) = await pair.queue.claim(1)
    await pair.store.write(lambda c: links.drop(c, gone.id))
    with noticed() as bugs:
        await pair.workers._run(lease)
    assert bugs == []
    assert not await pair.workers._holds(lease)


async def test_a_link_is_not_taken_from_under_its_own_run(pair: World) -> None:
    """The ticket that another was merged into is being looked at: its link gives way once that is over."""
    first, issue = await pair.linked()
    second = pair.support.open(title="Import fails", priority="low")
    await pair.sync()
    beside = await pair.link(second)
    await pair.store.write(lambda c: intake.look(pair.site, c, beside))
    (lease,) = await pair.queue.claim(1)
    pair.support.merge(first, into=second)
    await pair.sync()
    assert (await pair.link(second)).id == beside.id, "it is still there"
    await pair.queue.release(lease)
    for _ in range(2):  # both may be taken up at once the first time
        pair.clock.advance(600)
        await pair.sync()
    moved = await pair.link(second)
    assert (moved.refs.engineering, moved.id != beside.id) == (issue, True)


@pytest.mark.parametrize("stays_as", ["linked", "watched"])
async def test_tickets_that_were_deleted_together_do_not_wait_for_each_other(pair: World, stays_as: str) -> None:
    """Each was the other's proof that the vendor can be read, so that neither was ever known to be gone."""
    stays = pair.support.open(title="Log-in fails", priority="urgent" if stays_as == "linked" else "low")
    first, second = [(await pair.linked())[0] for _ in range(2)]
    for ref in (first, second):
        pair.support.delete(ref)
    await operate.apply(pair.site, [(await pair.link(ref)).id for ref in (first, second)])
    await pair.sync()
    states = [(await pair.link(ref)).state.value for ref in (stays, first, second)]
    assert states == [stays_as, "resting", "resting"]


async def test_a_deleted_ticket_has_no_say_while_its_link_is_woken_to_be_looked_at(pair: World) -> None:
    """A change of the issue wakes it, and the other ticket's run came first: the issue was to be `new` again."""
    ref, issue = await pair.linked()
    other = pair.support.open(title="Export fails too", priority="low")
    await operate.link(pair.site, pair.site.mappings["desk-tracker"], other, issue)
    await pair.sync()
    pair.support.delete(other)
    await pair.sync()
    assert (await pair.link(other)).state.value == "resting"
    pair.support.edit(ref, status="solved", by="ana")
    pair.engineering.edit(issue, status="open", by="ben")
    await pair.sync()
    assert pair.issue(issue, "status") == pair.ticket(ref, "status") == "solved"
