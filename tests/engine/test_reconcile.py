"""A pair stays consistent: what a person changes on one side is said on the other, once, and nothing comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from syncd.core.model import Internal, Public
from syncd.sdk.testing.faults import Meanwhile
from syncd.store.records import LinkState
from tests.engine.world import World, world


@pytest.fixture
async def pair(store_url: str) -> AsyncIterator[World]:
    async with world(store_url) as made:
        yield made


async def test_an_urgent_ticket_becomes_an_issue_with_all_its_fields(pair: World) -> None:
    ref = pair.support.open(title="Export fails", priority="urgent", description="It **breaks**")
    await pair.sync()
    link = await pair.link(ref)
    assert link.state is LinkState.LINKED
    issue = link.refs.engineering or ""
    assert pair.issue(issue, "title") == "Export fails"
    assert pair.issue(issue, "priority") == "urgent"
    assert pair.engineering.ticket(issue).container == "CORE"


async def test_a_ticket_that_no_rule_escalates_stays_where_it_is(pair: World) -> None:
    ref = pair.support.open(title="A question", priority="low")
    await pair.sync()
    assert (await pair.link(ref)).state is LinkState.WATCHED
    assert not pair.engineering.writes
    pair.support.edit(ref, priority="urgent")
    await pair.sync()
    assert (await pair.link(ref)).state is LinkState.LINKED


async def test_a_change_crosses_and_does_not_come_back(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.support.edit(ref, priority="high", title="Export fails on Mondays")
    await pair.sync()
    assert pair.issue(issue, "priority") == "high"
    assert pair.issue(issue, "title") == "Export fails on Mondays"
    pair.engineering.edit(issue, status="open", estimate=Decimal(3))
    await pair.sync()
    assert pair.ticket(ref, "status") == "open"
    assert pair.ticket(ref, "estimate") == Decimal(3)
    before = len(pair.support.writes), len(pair.engineering.writes)
    await pair.sync()
    assert (len(pair.support.writes), len(pair.engineering.writes)) == before


async def test_edits_of_different_fields_on_both_sides_both_survive(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.support.edit(ref, priority="low")
    pair.engineering.edit(issue, status="open")
    await pair.sync()
    assert (pair.issue(issue, "priority"), pair.ticket(ref, "status")) == ("low", "open")


async def test_the_owner_of_a_field_wins_and_the_loser_is_kept(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.support.edit(ref, priority="low")
    pair.engineering.edit(issue, priority="high")
    await pair.sync()
    assert (pair.ticket(ref, "priority"), pair.issue(issue, "priority")) == ("low", "low")
    (row,) = await pair.conflicts()
    assert row.now.engineering == "high"


async def test_comments_cross_once_with_their_visibility(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.support.say(ref, "we see it too", public=True)
    pair.support.say(ref, "the customer is angry")
    pair.engineering.say(issue, "looking")
    pair.engineering.say(issue, "/customer fixed in 2.4")
    await pair.sync()
    there = pair.engineering.ticket(issue).comments
    texts = [(type(comment.body), comment.body.text) for comment in there]
    assert any(kind is Public and "we see it too" in text for kind, text in texts)
    assert any(kind is Internal and "the customer is angry" in text for kind, text in texts)
    here = [(type(comment.body), comment.body.text) for comment in pair.support.ticket(ref).comments]
    assert (Public, "fixed in 2.4") in here
    assert any(kind is Internal and "looking" in text for kind, text in here)
    assert len(there) == len(here) == 4


async def test_files_cross_byte_for_byte_both_ways(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.support.say(ref, "see the log", public=True, files={"log.bin": bytes(range(256))})
    pair.engineering.file(issue, "fix.txt", b"patch")
    await pair.sync()
    names = {file.name: file for file in pair.engineering.ticket(issue).files}
    assert pair.engineering.bytes[names["log.bin"].id] == bytes(range(256))
    copies = [file for comment in pair.support.ticket(ref).comments for file in comment.attachments]
    assert pair.support.bytes[next(file.id for file in copies if file.name == "fix.txt")] == b"patch"


async def test_a_comment_between_two_reads_of_one_run_is_not_taken_for_read(pair: World) -> None:
    """The thread is read first, somebody comments, then the fields alone are read: the comment is still news."""
    ref, issue = await pair.linked()
    pair.support.say(ref, "one", public=True)
    pair.support.plan.on("link back*", Meanwhile(lambda: pair.support.say(ref, "two", public=True)))
    pair.engineering.move(issue, "HELP")  # a new label: the run links back
    await pair.sync()
    texts = " ".join(comment.body.text for comment in pair.engineering.ticket(issue).comments)
    assert "one" in texts
    assert "two" in texts


async def test_a_status_that_a_new_issue_cannot_have_is_reached_right_after(pair: World) -> None:
    """The tracker begins every issue at `new`; the ticket was open already."""
    ref = pair.support.open(title="Export fails", priority="low", status="open")
    await pair.sync()
    pair.support.edit(ref, priority="urgent")
    await pair.sync()
    issue = (await pair.link(ref)).refs.engineering or ""
    assert pair.issue(issue, "status") == "open"
