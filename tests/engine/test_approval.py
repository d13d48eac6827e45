"""Approval in a running daemon: a ticket waits, those who may say so, and both tickets hear who it was."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from syncd.core.approval import Approval, Otherwise
from syncd.core.conditions import AnyOf, Condition
from syncd.core.hours import ALWAYS, Hours, Span
from syncd.core.mapping import Mapping
from syncd.core.milestones import Happened, Milestone
from syncd.core.owners import Member, OwnersPolicy
from syncd.core.packet import Evidence, PacketPolicy
from syncd.core.policy import EscalationPolicy
from syncd.core.redact import Redaction
from syncd.core.severity import Severity, SeverityPolicy
from syncd.engine import approval, clocks, operate, views
from syncd.mapping.packet import standard
from syncd.sdk.testing import faults
from syncd.sdk.testing.vendor import MemoryVendor
from syncd.store import milestones
from syncd.store.records import LinkState
from tests.engine.world import World, mapping, world

H = Happened
BOSS = OwnersPolicy({"ben": Member("ben", "ben@desk.example", ALWAYS)})
CALM = Approval("calm", ("ben",), frozenset({Severity.SEV3}), within=timedelta(hours=4))


def rules(*approvals: Approval, packet: PacketPolicy | None = None) -> Mapping:
    always = SeverityPolicy(default=Severity.SEV3)
    policy = EscalationPolicy(always, packet=packet, owners=BOSS, approvals=approvals or (CALM,))
    return mapping(escalation=policy)


@pytest.fixture
async def pair(url: str) -> AsyncIterator[World]:
    async with world(url, rules=rules()) as made:
        yield made


async def opened(pair: World) -> str:
    ref = pair.support.open(title="Export fails", description="It breaks", priority="urgent")
    await pair.sync()
    return ref


async def wait(pair: World, minutes: float) -> None:
    """Let time pass as the daemon lives it: what rings is looked at."""
    pair.clock.advance(minutes * 60)
    await clocks.ring(pair.site)
    await pair.sync()


async def facts(pair: World, ref: str) -> list[Milestone]:
    link = await pair.link(ref)
    return await pair.store.read(lambda c: milestones.of(c, link.id))


async def happened(pair: World, ref: str) -> list[Happened]:
    return [fact.what for fact in await facts(pair, ref) if fact.what is not H.UNOWNED]


async def issue_of(pair: World, ref: str) -> str:
    return (await pair.link(ref)).refs.engineering or ""


def notes(vendor: MemoryVendor, ref: str) -> list[str]:
    return [one.body.text for one in vendor.ticket(ref).comments if one.author.id == "syncd"]


async def test_a_ticket_waits_and_is_told_once_who_may_say_yes(pair: World) -> None:
    ref = await opened(pair)
    pair.support.edit(ref, description="It still breaks")
    await pair.sync()
    [note] = notes(pair.support, ref)
    assert "somebody must approve it first (`calm`): ben." in note
    assert "`/approve`" in note
    assert "`/refuse`" in note
    assert "Without an answer within 4 h the issue is refused." in note
    assert ((await pair.link(ref)).state, await happened(pair, ref)) == (LinkState.WATCHED, [H.APPROVAL_ASKED])


async def test_an_approval_makes_the_issue_and_both_tickets_say_whose_it_was(pair: World) -> None:
    ref = await opened(pair)
    pair.support.say(ref, "/approve go on", by="ben")
    await pair.sync()
    assert await happened(pair, ref) == [H.APPROVAL_ASKED, H.APPROVED, H.ESCALATED]
    assert notes(pair.support, ref)[1:] == ["ben approved it: go on. The issue is made."]
    assert notes(pair.engineering, await issue_of(pair, ref)).count("ben approved this issue: go on.") == 1
    pair.support.edit(ref, title="Export fails again")
    await pair.sync()
    assert notes(pair.engineering, await issue_of(pair, ref)).count("ben approved this issue: go on.") == 1


@pytest.mark.parametrize("public", [True, False])
async def test_somebody_elses_word_counts_nothing(pair: World, public: bool) -> None:
    """An agent's is answered once; a customer's is not even that."""
    ref = await opened(pair)
    pair.support.say(ref, "/approve", by="ben" if public else "ana", public=public)
    await pair.sync()
    pair.support.edit(ref, description="More of it")
    await pair.sync()
    answers = [] if public else ["That is for ben to say; nothing was changed."]
    assert (notes(pair.support, ref)[1:], await issue_of(pair, ref)) == (answers, "")


async def test_a_refused_ticket_rests_until_its_words_change(pair: World) -> None:
    ref = await opened(pair)
    pair.support.say(ref, "/refuse usage", by="ben")
    await pair.sync()
    pair.support.edit(ref, labels=frozenset({"billing"}))
    await pair.sync()
    assert await happened(pair, ref) == [H.APPROVAL_ASKED, H.REFUSED]
    assert notes(pair.support, ref)[1].startswith("ben refused it: usage. The ticket stays in support.")
    await wait(pair, 600)
    assert await happened(pair, ref) == [H.APPROVAL_ASKED, H.REFUSED], "nobody is waited for"
    pair.support.edit(ref, title="Export loses data")
    await pair.sync()
    assert await happened(pair, ref) == [H.APPROVAL_ASKED, H.REFUSED, H.APPROVAL_ASKED]
    pair.support.edit(ref, title="Export fails")
    await pair.sync()
    assert len(notes(pair.support, ref)) == 3


async def test_an_approval_after_a_refusal_lets_it_pass(pair: World) -> None:
    ref = await opened(pair)
    pair.support.say(ref, "/refuse usage", by="ben")
    await pair.sync()
    pair.support.say(ref, "/approve after all", by="ben")
    await pair.sync()
    assert await happened(pair, ref) == [H.APPROVAL_ASKED, H.REFUSED, H.APPROVED, H.ESCALATED]
    assert await issue_of(pair, ref)


@pytest.mark.parametrize("otherwise", Otherwise)
async def test_without_an_answer_the_policy_says_it_and_a_restart_changes_no_time(
    url: str, otherwise: Otherwise
) -> None:
    late = rules(replace(CALM, otherwise=otherwise))
    async with world(url, rules=late) as pair:
        ref = await opened(pair)
        await wait(pair, 200)
        again = World(pair.store, late, pair.support, pair.engineering)
        await again.start()
        await clocks.wind_up(again.site)
        await wait(again, 39)
        assert await happened(again, ref) == [H.APPROVAL_ASKED]
        await wait(again, 2)
        ends = [H.REFUSED] if otherwise is Otherwise.REFUSE else [H.APPROVED, H.ESCALATED]
        assert await happened(again, ref) == [H.APPROVAL_ASKED, *ends]
        said = "refused" if otherwise is Otherwise.REFUSE else "approved"
        assert notes(again.support, ref)[1].startswith(f"The policy {said} it: nobody answered within 4 h.")


async def test_time_counts_in_the_hours_of_the_severity_over_a_holiday_and_a_change_of_the_clocks(
    url: str,
) -> None:
    berlin, day = ZoneInfo("Europe/Berlin"), (Span(timedelta(hours=9), timedelta(hours=17)),)
    office = Hours("office", berlin, (day,) * 5 + ((), ()), frozenset({date(2026, 10, 26)}))
    async with world(url, rules=rules(replace(CALM, hours={Severity.SEV3: office}))) as pair:
        friday = datetime(2026, 10, 23, 13, 0, tzinfo=UTC)  # 15:00 there: two hours are left of the day
        pair.clock.advance((friday - pair.clock()).total_seconds())
        ref = await opened(pair)
        link = await pair.link(ref)
        tuesday = datetime(2026, 10, 27, 10, 0, tzinfo=UTC)  # 11:00 there, in winter time; Monday is a holiday
        assert link.rings_at is not None
        assert abs(link.rings_at - tuesday) < timedelta(minutes=1)


async def test_an_answer_in_time_counts_though_nobody_told_us_of_it(pair: World) -> None:
    ref = await opened(pair)
    pair.clock.advance(200 * 60)
    pair.support.say(ref, "/approve", by="ben")
    pair.support.take_webhooks()
    pair.clock.advance(60 * 60)
    assert await clocks.ring(pair.site) == 1
    await pair.workers.once()
    assert await happened(pair, ref) == [H.APPROVAL_ASKED, H.APPROVED, H.ESCALATED]


async def test_what_is_missing_comes_first_then_the_approval(url: str) -> None:
    steps = Evidence("steps", "Which?", headings=("Steps",))
    packet = PacketPolicy((steps,), Redaction(), standard())
    async with world(url, rules=rules(packet=packet)) as pair:
        ref = await opened(pair)
        pair.support.say(ref, "/approve", by="ben")
        await pair.sync()
        assert await happened(pair, ref) == []
        pair.support.edit(ref, description="Steps: one, two")
        await pair.sync()
        assert await happened(pair, ref) == [H.APPROVAL_ASKED, H.APPROVED, H.ESCALATED]


async def test_a_command_states_it_once_and_only_for_those_who_may(pair: World) -> None:
    ref = await opened(pair)
    link = await pair.link(ref)
    with pytest.raises(operate.Refused, match="`ana` may not say that; `calm` is for ben"):
        await approval.answer(pair.site, link, who="ana")
    first = await approval.answer(pair.site, link, who="ben", refuse="usage")
    again = await approval.answer(pair.site, link, who="ben", refuse="usage")
    assert (first.new, again.new) == (True, False)
    await pair.sync()
    assert await happened(pair, ref) == [H.APPROVAL_ASKED, H.REFUSED]
    await approval.answer(pair.site, link, who="ben")
    await pair.sync()
    assert await happened(pair, ref) == [H.APPROVAL_ASKED, H.REFUSED, H.APPROVED, H.ESCALATED]
    with pytest.raises(operate.Refused, match="waits for no approval; it was approved at"):
        await approval.answer(pair.site, link, who="ben")


async def test_plan_and_why_say_whose_answer_it_waits_for(pair: World) -> None:
    ref = pair.support.open(title="Export fails", priority="urgent")
    [planned] = await views.plan(pair.site, tickets=[ref])
    assert planned.verdicts[0] == ("urgent", False, "waits for approval by ben (`calm`), who are asked then")
    await pair.sync()
    [answer] = await views.why(pair.site, ref)
    assert answer.rules[0][2].startswith("waits for approval by ben (`calm`), asked 2026-01-05 ")
    pair.support.say(ref, "/refuse usage", by="ben")
    await pair.sync()
    [answer] = await views.why(pair.site, ref)
    assert answer.rules[0][2] == "refused by ben: usage; an approval by ben still lets it pass"


async def test_a_note_whose_answer_was_lost_is_told_once(pair: World) -> None:
    pair.support.plan.on("comment*", faults.LostAfter())
    ref = await opened(pair)
    for _ in range(3):
        await wait(pair, 3)
    assert len(notes(pair.support, ref)) == 1
    assert await happened(pair, ref) == [H.APPROVAL_ASKED]


async def test_a_ticket_that_no_entry_takes_passes_at_once(url: str) -> None:
    other = replace(CALM, severities=frozenset({Severity.SEV1}))
    words = replace(CALM, severities=frozenset(), when=(Condition("title", (AnyOf(frozenset({"else"})),)),))
    async with world(url, rules=rules(other, words)) as pair:
        ref = await opened(pair)
        assert (await happened(pair, ref), notes(pair.support, ref)) == ([H.ESCALATED], [])
