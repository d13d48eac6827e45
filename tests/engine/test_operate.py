"""What an operator asks for is done by the runs that follow, and the audit says who asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest

from syncd.core.lens import ChoiceLens
from syncd.core.mapping import Brake, FieldRule, Mapping, Owner
from syncd.core.model import Kind, Pair, Side
from syncd.engine import operate, views
from syncd.engine.operate import By, Refused
from syncd.sdk.testing.faults import Status
from syncd.sdk.testing.memory import HELPFUL
from syncd.store import cursors, pauses
from syncd.store.records import LinkState, PauseScope
from tests.engine.world import PRIORITY, STATUS, World, mapping, world

ME = By("kim", "a ticket of the tests")


@pytest.fixture
async def pair(store_url: str) -> AsyncIterator[World]:
    async with world(store_url) as made:
        yield made


def asking() -> Mapping:
    """Nobody owns the status."""
    rules = mapping()
    status = FieldRule(
        "status", Kind.CHOICE, Pair(ChoiceLens("status", STATUS), ChoiceLens("status", STATUS)), owner=Owner.ASK
    )
    return replace(rules, fields=tuple(status if rule.name == "status" else rule for rule in rules.fields))


async def begin_now(pair: World) -> None:
    """As if syncd were installed at this moment: what happened before was told to nobody."""
    pair.support.take_webhooks()
    for name, connector in pair.connectors.items():
        async for page in connector.changes(None):
            await pair.store.write(partial(cursors.put, connection=name, cursor=page.cursor, now=pair.clock()))


def written(pair: World) -> int:
    return len(pair.support.writes) + len(pair.engineering.writes)


# --- linking


async def test_a_link_by_hand_overwrites_nothing_and_leaves_history_where_it_is(pair: World) -> None:
    ticket = pair.support.open(title="Ours", priority="low")
    issue = pair.engineering.open(title="Theirs", priority="high")
    pair.support.say(ticket, "an old story", public=True, files={"old.log": b"1"})
    await pair.sync()
    await operate.link(pair.site, pair.site.mappings["desk-tracker"], ticket, issue, by=ME)
    await pair.sync()
    assert (pair.ticket(ticket, "title"), pair.issue(issue, "title")) == ("Ours", "Theirs")
    assert (pair.ticket(ticket, "priority"), pair.issue(issue, "priority")) == ("low", "high")
    assert not [c for c in pair.engineering.ticket(issue).comments if "old story" in c.body.text]
    assert not pair.engineering.ticket(issue).files
    pair.support.say(ticket, "a new one", public=True)
    pair.support.edit(ticket, title="Ours now")
    await pair.sync()
    assert pair.issue(issue, "title") == "Ours now"
    assert [c for c in pair.engineering.ticket(issue).comments if "a new one" in c.body.text]


async def test_a_link_with_history_copies_what_was_said(pair: World) -> None:
    ticket = pair.support.open(title="Ours", priority="low")
    issue = pair.engineering.open(title="Theirs")
    pair.support.say(ticket, "an old story", public=True, files={"old.log": b"1"})
    await operate.link(pair.site, pair.site.mappings["desk-tracker"], ticket, issue, history=True, by=ME)
    await pair.sync()
    assert [c for c in pair.engineering.ticket(issue).comments if "old story" in c.body.text]
    assert [file.name for file in pair.engineering.ticket(issue).files] == ["old.log"]


async def test_a_linked_ticket_is_not_linked_to_something_else(pair: World) -> None:
    ticket, issue = await pair.linked()
    other = pair.engineering.open(title="Another")
    with pytest.raises(Refused, match="unlink"):
        await operate.link(pair.site, pair.site.mappings["desk-tracker"], ticket, other, by=ME)
    with pytest.raises(Refused, match="already"):
        await operate.link(pair.site, pair.site.mappings["desk-tracker"], ticket, issue, by=ME)


async def test_an_unlinked_pair_stays_as_it_is_until_it_is_linked_again(pair: World) -> None:
    ticket, issue = await pair.linked()
    await operate.unlink(pair.site, await pair.link(ticket), by=ME)
    pair.support.edit(ticket, title="Changed", priority="low")
    await pair.sync()
    assert pair.issue(issue, "title") == "Export fails"
    other = pair.engineering.open(title="Another")
    await operate.link(pair.site, pair.site.mappings["desk-tracker"], ticket, other, by=ME)
    pair.support.edit(ticket, priority="high")
    await pair.sync()
    assert (pair.issue(other, "title"), pair.issue(other, "priority")) == ("Another", "high")
    assert pair.issue(issue, "priority") == "urgent"


# --- freeing


async def test_a_refused_field_goes_through_after_the_cause_is_gone_and_a_retry(pair: World) -> None:
    ticket, issue = await pair.linked()
    pair.engineering.plan.on("update *", Status(422), times=3)
    pair.support.edit(ticket, title="Refused at first")
    await pair.sync()
    assert await pair.parked()
    pair.engineering.plan.calm()
    await pair.sync()
    assert pair.issue(issue, "title") == "Export fails"
    freed = await operate.retry(pair.site, by=ME)
    assert freed.links == 1
    await pair.sync()
    assert pair.issue(issue, "title") == "Refused at first"
    assert not await pair.parked()


async def test_a_refused_file_is_tried_again_by_a_retry(pair: World) -> None:
    ticket, issue = await pair.linked()
    pair.engineering.plan.on("attach *", Status(422))
    pair.support.file(ticket, "core.dump", b"1234")
    await pair.sync()
    assert not pair.engineering.ticket(issue).files
    await operate.retry(pair.site, [(await pair.link(ticket)).id], by=ME)
    await pair.sync()
    assert [file.name for file in pair.engineering.ticket(issue).files] == ["core.dump"]


async def test_what_agrees_again_by_itself_is_not_parked_any_more(pair: World) -> None:
    ticket, issue = await pair.linked()
    pair.engineering.plan.on("update *", Status(422), times=3)
    pair.support.edit(ticket, title="Refused")
    await pair.sync()
    assert await pair.parked()
    pair.engineering.plan.calm()
    pair.support.edit(ticket, title="Accepted")
    await pair.sync()
    assert pair.issue(issue, "title") == "Accepted"
    assert not await pair.parked()


async def test_the_brake_counts_anew_after_a_person_let_its_mapping_go_on(store_url: str) -> None:
    async with world(store_url, rules=mapping(brake=Brake(creates=1))) as pair:
        pair.workers.size = 1  # runs at the same moment do not see each other's writes yet
        for number in range(3):
            pair.support.open(title=f"Ticket {number}", priority="urgent")
        await pair.sync()
        paused = await pair.store.read(pauses.list_pauses)
        assert [pause.name for pause in paused] == ["desk-tracker"]
        made = len(pair.engineering.tickets)
        assert await operate.resume(pair.site, PauseScope.MAPPING, "desk-tracker", by=ME)
        pair.clock.advance(timedelta(minutes=2))
        await pair.sync()
        assert len(pair.engineering.tickets) > made


# --- deciding


@pytest.mark.parametrize("winner", list(Side))
async def test_a_resolved_conflict_carries_the_winner_across(store_url: str, winner: Side) -> None:
    async with world(store_url, rules=asking(), engineering=HELPFUL) as pair:
        ticket, issue = await pair.linked()
        pair.support.edit(ticket, status="open")
        pair.engineering.edit(issue, status="solved")
        await pair.sync()
        (row,) = [row for row in await pair.conflicts() if row.open]
        await operate.resolve(pair.site, row.id, winner, by=ME)
        await pair.sync()
        word = "open" if winner is Side.SUPPORT else "solved"
        assert (pair.ticket(ticket, "status"), pair.issue(issue, "status")) == (word, word)
        assert not [row for row in await pair.conflicts() if row.open]
        with pytest.raises(Refused, match="settled"):
            await operate.resolve(pair.site, row.id, winner, by=ME)


async def test_a_conflict_that_people_end_themselves_is_settled(store_url: str) -> None:
    async with world(store_url, rules=asking()) as pair:
        ticket, issue = await pair.linked()
        pair.support.edit(ticket, status="open")
        pair.engineering.edit(issue, status="solved")
        await pair.sync()
        pair.engineering.edit(issue, status="open")
        await pair.sync()
        (row,) = await pair.conflicts()
        assert not row.open
        assert (row.now.support, row.now.engineering) == ("open", "solved")


# --- the first run, and a mapping that was edited


async def test_a_first_run_over_existing_tickets_writes_nothing_until_it_is_asked_to(pair: World) -> None:
    old = pair.support.open(title="From last year", priority="urgent")
    await begin_now(pair)
    await pair.sync()
    assert not pair.engineering.writes
    (planned,) = await views.plan(pair.site, tickets=[old])
    assert (planned.rule, planned.changes[0].name) == ("urgent", "CORE")
    await operate.look_at(pair.site, [(pair.site.mappings["desk-tracker"], old)], by=ME)
    await pair.sync()
    assert (await pair.link(old)).state is LinkState.LINKED


async def test_an_edited_mapping_writes_nothing_to_existing_links_until_apply(pair: World) -> None:
    ticket, issue = await pair.linked(estimate=Decimal(3))
    rules = pair.site.mappings["desk-tracker"]
    table = {**PRIORITY, "urgent": "p2"}  # what was p1 is p2 from now on
    edited = FieldRule("priority", Kind.CHOICE, Pair(ChoiceLens("priority", table), ChoiceLens("priority", PRIORITY)))
    fields = tuple(edited if rule.name == "priority" else rule for rule in rules.fields)
    pair.site.mappings = {"desk-tracker": replace(rules, fields=fields, digest="2")}
    await pair.sync()
    pair.support.edit(ticket, title="Export fails again")  # a new change of another field needs no apply
    await pair.sync()
    assert (pair.issue(issue, "title"), pair.issue(issue, "priority")) == ("Export fails again", "urgent")
    (planned,) = await views.plan(pair.site, every=True)
    (change,) = planned.changes
    assert (change.what, change.before, change.after, change.waits) == ("field", "urgent", "high", True)
    before = written(pair)
    await operate.apply(pair.site, [planned.link.id], by=ME)
    await pair.sync()
    assert pair.issue(issue, "priority") == "high"
    assert written(pair) == before + 1
    assert all(planned.agrees for planned in await views.compare(pair.site))


async def test_apply_never_writes_a_body_that_nobody_edited(pair: World) -> None:
    ticket = pair.support.open(title="Ours", description="one text")
    issue = pair.engineering.open(title="Ours", description="another text")
    made = await operate.link(pair.site, pair.site.mappings["desk-tracker"], ticket, issue, by=ME)
    await pair.sync()
    await operate.apply(pair.site, [made.id], by=ME)
    await pair.sync()
    assert "another" in str(pair.issue(issue, "description"))


# --- housekeeping


async def test_each_write_gets_one_second_look_half_a_day_later(pair: World) -> None:
    await pair.linked()
    back = timedelta(hours=13)
    assert await operate.sweep(pair.site, back=back) == 0
    pair.clock.advance(timedelta(hours=13, minutes=30))
    assert await operate.sweep(pair.site, back=back) == 1
    before = written(pair)
    await pair.sync()
    assert written(pair) == before
    for _ in range(3):
        pair.clock.advance(timedelta(hours=2))
        assert await operate.sweep(pair.site, back=back) == 0


async def test_the_audit_names_who_asked_and_why(pair: World) -> None:
    ticket, _ = await pair.linked()
    await operate.unlink(pair.site, await pair.link(ticket), by=ME)
    (row,) = [row for row in await pair.audit() if row.entry.kind == "link.ended"]
    assert (row.entry.actor, row.entry.outcome) == ("kim", "a ticket of the tests")
