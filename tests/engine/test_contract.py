"""The contract in a running daemon: who is told of which clock, how work is taken and returned, what is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from syncd.core.conditions import AnyOf, Condition
from syncd.core.contract import Acceptance, ClockName, Contract, Pause, Reminder, Target
from syncd.core.hours import ALWAYS
from syncd.core.mapping import Mapping
from syncd.core.milestones import Happened, Milestone
from syncd.core.model import Internal, Public, Side
from syncd.core.policy import EscalationPolicy
from syncd.core.severity import Severity, SeverityPolicy
from syncd.engine import clocks, operate, views
from syncd.sdk.connector import Capability
from syncd.sdk.testing import faults
from syncd.sdk.testing.character import BLIND, HELPFUL
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.vendor import MemoryVendor
from syncd.store import audit, links, milestones
from tests.engine.world import World, mapping, world

MINUTE = timedelta(minutes=1)
H = Happened


def target(clock: ClockName, minutes: int) -> Target:
    return Target(clock, minutes * MINUTE, ALWAYS)


PROMISE = Contract(
    {Severity.SEV1: (target(ClockName.ACCEPT, 30), target(ClockName.UPDATE, 60))},
    pauses=(Pause("waits", (Condition("status", (AnyOf(frozenset({"todo"})),)),), frozenset({ClockName.UPDATE})),),
    reminders=(Reminder(share=Decimal("0.5")),),
    acceptance=Acceptance(owner="assignee", statuses=frozenset({"doing"})),
)
PLAIN = replace(PROMISE, pauses=())


def rules(promise: Contract = PROMISE, **changes: object) -> Mapping:
    always = SeverityPolicy(default=Severity.SEV1)
    return mapping(escalation=EscalationPolicy(always, promise), **changes)


@pytest.fixture
async def pair(store_url: str) -> AsyncIterator[World]:
    async with world(store_url, rules=rules(PLAIN)) as made:
        yield made


async def wait(pair: World, minutes: float) -> None:
    """Let time pass as the daemon lives it: what rings is looked at."""
    pair.clock.advance(minutes * 60)
    await clocks.ring(pair.site)
    await pair.sync()


async def facts(pair: World, ref: str) -> list[Milestone]:
    link = await pair.link(ref)
    return await pair.store.read(lambda c: milestones.of(c, link.id))


async def happened(pair: World, ref: str) -> list[Happened]:
    """Without what the first look noted: that nobody was named."""
    found = [fact.what for fact in await facts(pair, ref)]
    assert found[1:2] in ([], [H.UNOWNED], [H.OWNED])
    return [what for at, what in enumerate(found) if (at, what) != (1, H.UNOWNED)]


def notes(vendor: MemoryVendor, ref: str) -> list[str]:
    """What we said there ourselves, all of it internal."""
    ours = [comment for comment in vendor.ticket(ref).comments if comment.author.id == "syncd"]
    assert all(isinstance(comment.body, Internal) for comment in ours)
    return [comment.body.text for comment in ours]


# -- clocks


async def test_a_reminder_then_a_breach_and_each_once(pair: World) -> None:
    """Looked at each minute: the one whose move it is hears of it at half time, both when it is up."""
    ref, issue = await pair.linked()
    began = pair.clock()
    heard = [(0, 0, 0)]
    while pair.clock() - began < 50 * MINUTE:
        await wait(pair, 1)
        told = len(notes(pair.support, ref)), len(notes(pair.engineering, issue))
        if told != heard[-1][1:]:
            heard.append((round((pair.clock() - began) / MINUTE), *told))
    at_half_time, up_and_half_time_of_the_update = (15, 0, 1), (30, 2, 2)
    assert [(minutes // 5 * 5, *told) for minutes, *told in heard] == [
        (0, 0, 0),
        at_half_time,
        up_and_half_time_of_the_update,
    ]


async def test_what_is_told_of_a_clock(pair: World) -> None:
    ref, issue = await pair.linked()
    await wait(pair, 16)
    assert notes(pair.engineering, issue)[-1].startswith("14 min left, until 2026-01-05 ")
    assert notes(pair.support, ref) == []
    await wait(pair, 15)
    said = "The time is up: engineering has neither taken nor returned it within 30 min (since 2026-01-05 "
    assert notes(pair.engineering, issue)[-1].startswith(said)
    up, other = notes(pair.support, ref)
    assert up.startswith(said)
    assert other.startswith("29 min left, until 2026-01-05 10:00 UTC: the customer has not heard anything new")
    assert await happened(pair, ref) == [H.ESCALATED, H.REMINDED, H.BREACHED, H.REMINDED]


async def test_clocks_that_run_ask_no_vendor_anything(pair: World) -> None:
    await pair.linked()
    asked = len(pair.support.journal), len(pair.engineering.journal)
    for _ in range(14):
        pair.clock.advance(60)
        assert await clocks.ring(pair.site) == 0
        await pair.workers.once()
    assert (len(pair.support.journal), len(pair.engineering.journal)) == asked


async def test_what_came_in_time_is_no_breach_though_nobody_told_us_of_it(pair: World) -> None:
    """The webhook was lost and no poll has come by: both tickets are read before anybody is told."""
    ref, issue = await pair.linked()
    await wait(pair, 16)
    pair.clock.advance(10 * 60)
    pair.engineering.say(issue, "/accept", by="ben")
    pair.engineering.take_webhooks()
    pair.clock.advance(10 * 60)
    assert await clocks.ring(pair.site) == 1
    await pair.workers.once()
    assert H.BREACHED not in await happened(pair, ref)
    assert not any("time is up" in text for text in notes(pair.support, ref))


async def test_an_answer_that_nobody_got_tells_nobody_twice(pair: World) -> None:
    ref, issue = await pair.linked()
    await wait(pair, 16)
    pair.engineering.plan.on("comment*", faults.LostAfter())
    pair.support.plan.on("comment*", faults.LostAfter())
    await wait(pair, 15)
    for _ in range(6):
        await wait(pair, 10)
    assert [text.startswith("The time is up: eng") for text in notes(pair.engineering, issue)].count(True) == 1
    assert [text.startswith("The time is up: eng") for text in notes(pair.support, ref)].count(True) == 1


async def test_two_that_run_out_in_the_same_second_are_both_told(store_url: str) -> None:
    same = replace(PLAIN, targets={Severity.SEV1: (target(ClockName.ACCEPT, 30), target(ClockName.FIX, 30))})
    async with world(store_url, rules=rules(replace(same, reminders=()))) as pair:
        ref, issue = await pair.linked()
        await wait(pair, 31)
        assert await happened(pair, ref) == [H.ESCALATED, H.BREACHED, H.BREACHED]
        assert len(notes(pair.support, ref)) == len(notes(pair.engineering, issue)) == 2


async def test_another_contract_holds_from_the_start(pair: World) -> None:
    ref, _ = await pair.linked()
    shorter = replace(PLAIN, targets={Severity.SEV1: (target(ClockName.ACCEPT, 10),)}, reminders=())
    pair.site.mappings = {"desk-tracker": rules(shorter)}
    pair.clock.advance(11 * 60)
    assert await clocks.ring(pair.site) == 0, "the old one would ring later"
    await clocks.wind_up(pair.site)
    await wait(pair, 0)
    assert await happened(pair, ref) == [H.ESCALATED, H.BREACHED]


async def test_a_clock_stands_still_while_its_pause_holds(store_url: str) -> None:
    async with world(store_url, rules=rules()) as pair:
        ref, _ = await pair.linked(status="new")
        await wait(pair, 45)
        pair.support.edit(ref, status="open", by="ben")
        await pair.sync()
        await wait(pair, 29)
        assert [fact.detail for fact in await facts(pair, ref) if fact.what is H.REMINDED] == []
        await wait(pair, 2)
        assert [fact.detail for fact in await facts(pair, ref) if fact.what is H.REMINDED] == ["update"]


async def test_nobody_is_told_where_strangers_read(store_url: str) -> None:
    open_source = replace(BLIND, capabilities=BLIND.capabilities - {Capability.INTERNAL_COMMENTS})
    async with world(store_url, rules=rules(replace(PLAIN, reminders=())), engineering=open_source) as pair:
        ref, issue = await pair.linked()
        await wait(pair, 31)
        assert notes(pair.engineering, issue) == []
        assert len(notes(pair.support, ref)) == 1
        rows = await pair.store.read(lambda c: audit.page(c, limit=200))
        assert [row.entry.outcome for row in rows if row.entry.kind == "note.unsaid"] == [
            "tracker has no internal comments"
        ]


# -- acceptance


@pytest.mark.parametrize("how", ["comment", "assignee", "status"])
async def test_engineering_takes_it(pair: World, how: str) -> None:
    ref, issue = await pair.linked()
    pair.clock.advance(5 * 60)
    match how:
        case "comment":
            pair.engineering.say(issue, "/accept on it", by="ben")
        case "assignee":
            pair.engineering.edit(issue, assignee="ben", by="ben")
        case _:
            pair.engineering.edit(issue, status="open", by="ben")
    await pair.sync()
    await wait(pair, 40)
    assert [what for what in await happened(pair, ref) if what in (H.ACCEPTED, H.BREACHED)] == [H.ACCEPTED]
    assert sum("accepted the issue" in text for text in notes(pair.support, ref)) == 1


async def test_what_a_person_tells_syncd_itself_counts_once(pair: World) -> None:
    ref, _ = await pair.linked()
    link = await pair.link(ref)
    said = Milestone(H.ACCEPTED, pair.clock(), "Ben", source="link:17")
    assert await operate.state(pair.site, link, said)
    await pair.sync()
    assert not await operate.state(pair.site, link, replace(said, at=pair.clock()))
    await wait(pair, 40)
    assert [what for what in await happened(pair, ref) if what in (H.ACCEPTED, H.BREACHED)] == [H.ACCEPTED]
    assert sum("Ben accepted the issue" in text for text in notes(pair.support, ref)) == 1


async def test_what_we_wrote_ourselves_accepts_nothing(pair: World) -> None:
    """The ticket has an assignee and is being worked on, and so its issue has and is."""
    pair.engineering.person("ana", email="ana@desk.example")
    ref, issue = await pair.linked(assignee="ana", status="open")
    await wait(pair, 10)
    assert str(pair.issue(issue, "assignee")) != "None"
    assert H.ACCEPTED not in await happened(pair, ref)
    assert H.OWNED in await happened(pair, ref)


async def test_it_is_returned_and_handed_over_again(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.engineering.say(issue, "/return needs: steps to reproduce", by="ben")
    await pair.sync()
    note = next(text for text in notes(pair.support, ref) if text.startswith("Ben returned the issue"))
    assert note.startswith("Ben returned the issue: needs: steps to reproduce")
    assert "`/handover`" in note
    await wait(pair, 40)
    assert H.BREACHED not in await happened(pair, ref)
    pair.support.say(ref, "/handover Click twice, then save", by="ben")
    await pair.sync()
    await wait(pair, 31)
    assert await happened(pair, ref) == [H.ESCALATED, H.RETURNED, H.REMINDED, H.RESUBMITTED, H.BREACHED, H.BREACHED]


class Behind(Clock):
    """A vendor's clock that is five minutes late."""

    def __init__(self, right: Clock) -> None:
        self.right = right

    def __call__(self) -> datetime:
        return self.right() - timedelta(minutes=5)


async def test_an_answer_to_a_return_counts_though_the_helpdesk_s_clock_is_late(pair: World) -> None:
    ref, issue = await pair.linked()
    await wait(pair, 10)
    pair.engineering.say(issue, "/return needs: steps to reproduce", by="ben")
    await pair.sync()
    pair.clock.advance(60)
    pair.support.clock = Behind(pair.clock)
    pair.support.say(ref, "/handover Click twice, then save", by="ben")
    pair.support.clock = pair.clock
    await pair.sync()
    await wait(pair, 31)
    assert H.BREACHED in await happened(pair, ref), "engineering's clock runs again"


async def test_a_second_return_is_flagged(pair: World) -> None:
    ref, issue = await pair.linked()
    for what in ("steps", "a log"):
        pair.engineering.say(issue, f"/return {what}", by="ben")
        await pair.sync()
        pair.support.say(ref, "/handover here", by="ben")
        await pair.sync()
    returned = [text.partition("\n")[0] for text in notes(pair.support, ref) if "returned the issue" in text]
    assert returned == ["Ben returned the issue: steps", "Ben returned the issue for the 2nd time: a log"]


async def test_customers_command_nothing(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.engineering.say(issue, "/return steps", by="ben")
    await pair.sync()
    pair.support.say(ref, "/handover please", public=True, by="ana")
    pair.support.say(ref, "/reviewed", public=True, by="ana")
    await pair.sync()
    assert {H.RESUBMITTED, H.REVIEWED}.isdisjoint(await happened(pair, ref))


async def test_a_copy_of_a_word_is_no_word(pair: World) -> None:
    """`/accept` written on the ticket crosses to the issue as a copy of ours."""
    ref, _ = await pair.linked()
    pair.support.say(ref, "/accept", by="ben")
    pair.support.say(ref, "/return it", by="ben")
    await pair.sync()
    assert await happened(pair, ref) == [H.ESCALATED]


# -- the customer


async def test_only_an_agents_public_answer_tells_the_customer(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.support.say(ref, "Any news?", public=True, by="ana")
    pair.support.say(ref, "Ask them", public=False, by="ben")
    await pair.sync()
    assert H.TOLD not in await happened(pair, ref)
    pair.support.say(ref, "We are at it", public=True, by="ben")
    await pair.sync()
    pair.engineering.say(issue, "/customer It is fixed tomorrow", by="ben")
    await pair.sync()
    assert [fact.who for fact in await facts(pair, ref) if fact.what is H.TOLD] == ["Ben", "Ben"]
    said = [comment.body for comment in pair.support.ticket(ref).comments if isinstance(comment.body, Public)]
    assert len(said) == 3


# -- what is kept


async def test_each_fact_is_audited_and_a_link_without_a_contract_has_none(store_url: str) -> None:
    async with world(store_url, rules=rules(PLAIN)) as pair:
        ref, issue = await pair.linked()
        pair.engineering.say(issue, "/accept", by="ben")
        await pair.sync()
        pair.engineering.edit(issue, status="solved", by="ben")
        await pair.sync()
        pair.engineering.edit(issue, status="open", by="ben")
        await pair.sync()
        assert await happened(pair, ref) == [H.ESCALATED, H.ACCEPTED, H.DONE, H.REOPENED]
        link = await pair.link(ref)
        rows = await pair.store.read(lambda c: audit.page(c, link.id, limit=200))
        kinds = [row.entry.kind for row in rows if row.entry.kind.startswith("escalation.")]
        assert kinds == [
            "escalation.escalated",
            "escalation.unowned",
            "escalation.accepted",
            "escalation.done",
            "escalation.reopened",
        ]


async def test_without_a_contract_nothing_is_noted(store_url: str) -> None:
    async with world(store_url, support=HELPFUL) as pair:
        ref, _ = await pair.linked()
        assert await facts(pair, ref) == []
        assert (await pair.link(ref)).rings_at is None
        assert await pair.store.read(lambda c: links.ringing(c, pair.clock() + timedelta(days=9), 5)) == []


async def test_why_shows_each_clock_that_is_not_over(store_url: str) -> None:
    async with world(store_url, rules=rules(replace(PROMISE, reminders=()))) as pair:
        ref, _ = await pair.linked(status="new")
        await wait(pair, 20)
        [answer] = await views.why(pair.site, ref)
        found = {clock.name: (round(clock.used / MINUTE), clock.due is None, clock.paused) for clock in answer.clocks}
        assert found == {"accept": (20, False, False), "update": (0, True, True)}


@pytest.mark.parametrize("side", Side)
async def test_a_ticket_that_takes_no_changes_is_told_nothing_and_stops_nothing(pair: World, side: Side) -> None:
    """Closed for good while a clock runs: what rings is told on the other side, and the link comes to rest."""
    ref, issue = await pair.linked()
    vendor, closed = (pair.support, ref) if side is Side.SUPPORT else (pair.engineering, issue)
    vendor.lock(closed)
    vendor.take_webhooks()
    before = len(vendor.writes)
    pair.clock.advance(31 * 60)
    await clocks.ring(pair.site)
    await pair.workers.once()
    link = await pair.link(ref)
    assert (link.state.value, link.error) == ("resting", "")
    assert len(vendor.writes) == before
