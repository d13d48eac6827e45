"""The way back in a running daemon: the issue is done, the ticket returns with a draft, and closes after the customer
was told. Nothing of it is public, nothing comes twice, and a ticket does not reopen its issue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from syncd.core.conditions import AnyOf, Condition, IsSet
from syncd.core.contract import ClockName, Contract, Target
from syncd.core.deeds import Obstacle, Purpose
from syncd.core.feedback import Cause, CauseRule, Close, FeedbackPolicy, Survey
from syncd.core.hours import ALWAYS
from syncd.core.mapping import Direction, Mapping
from syncd.core.milestones import Happened, Milestone, in_order
from syncd.core.model import Internal, Public
from syncd.core.policy import EscalationPolicy
from syncd.core.severity import Severity, SeverityPolicy
from syncd.engine import clocks, deeds, impact, operate, ratings, tokens, views
from syncd.engine.poll import poll_once
from syncd.mapping.templates import shipped
from syncd.sdk.connector import Capability
from syncd.sdk.testing import faults
from syncd.sdk.testing.character import BLIND, HELPFUL, Character
from syncd.store import links, milestones
from tests.engine.test_related import asked
from tests.engine.world import World, mapping, world

H = Happened
POLICY = FeedbackPolicy("doing", shipped("draft"), done_headings=("For the customer",))


def rules(policy: FeedbackPolicy | None = POLICY, contract: Contract | None = None) -> Mapping:
    always = SeverityPolicy(default=Severity.SEV1)
    return mapping(escalation=EscalationPolicy(always, contract or Contract(), feedback=policy))


@pytest.fixture
def characters(request: pytest.FixtureRequest) -> tuple[Character, Character]:
    """Of support and engineering; the other way round where a test asks for `BOTH`."""
    return getattr(request, "param", (HELPFUL, BLIND))


BOTH = pytest.mark.parametrize(
    "characters", [(HELPFUL, BLIND), (BLIND, HELPFUL)], ids=["helpful-blind", "blind-helpful"], indirect=True
)


@pytest.fixture
async def pair(url: str, characters: tuple[Character, Character]) -> AsyncIterator[World]:
    support, engineering = characters
    async with world(url, rules=rules(), support=support, engineering=engineering) as made:
        yield made


async def happened(pair: World, ref: str) -> list[str]:
    """The facts of the way back, with their details."""
    link = await pair.link(ref)
    told = {H.DONE, H.REOPENED, H.HANDED_BACK, H.CLOSED, H.TOLD}
    found = await pair.store.read(lambda c: milestones.of(c, link.id))
    return [f"{fact.what} {fact.detail}".strip() for fact in in_order(found) if fact.what in told]


def notes(pair: World, ref: str) -> list[str]:
    ours = [one for one in pair.support.ticket(ref).comments if one.author.id == "syncd"]
    assert all(isinstance(one.body, Internal) for one in ours), "the way back says nothing in public"
    return [one.body.text for one in ours]


async def done(pair: World, issue: str, status: str = "solved") -> None:
    pair.engineering.edit(issue, status=status, by="ben")
    await pair.sync()


async def answer(pair: World, ref: str, text: str = "It is fixed") -> None:
    pair.clock.advance(60)
    pair.support.say(ref, text, public=True, by="ben")
    pair.clock.advance(1)
    await pair.sync()


@BOTH
async def test_a_done_issue_opens_its_ticket_and_a_told_customer_closes_it(pair: World) -> None:
    ref, issue = await pair.linked(status="new")
    pair.engineering.say(issue, "Found it.\n\nFor the customer: The export waits no more.", by="ben")
    await done(pair, issue)
    assert pair.ticket(ref, "status") == "open"
    [note] = [text for text in notes(pair, ref) if "is done" in text]
    assert "nobody has sent" in note
    assert '"Export fails"' in note
    assert "What was done: The export waits no more." in note
    assert await happened(pair, ref) == ["handed_back", "done"]
    await answer(pair, ref)
    assert pair.ticket(ref, "status") == pair.issue(issue, "status") == "solved"
    assert await happened(pair, ref) == ["handed_back", "done", "told", "closed told"]


@BOTH
async def test_an_answer_in_the_very_second_of_the_draft_closes_the_ticket(pair: World) -> None:
    """Seen with Request Tracker, whose comments tell whole seconds: such an answer looked older than the news."""
    ref, issue = await pair.linked()
    pair.clock.advance(60.2)
    pair.engineering.edit(issue, status="solved", by="ben")
    pair.clock.advance(60)
    await pair.deliver()
    await poll_once(pair.site, pair.connectors["tracker"])
    await pair.workers.once()
    assert await happened(pair, ref) == ["handed_back", "done"]
    pair.clock.advance(0.3)
    pair.support.say(ref, "It is fixed", public=True, by="ben")
    pair.clock.advance(0.3)
    await pair.sync()
    assert pair.ticket(ref, "status") == "solved"
    assert await happened(pair, ref) == ["handed_back", "done", "told", "closed told"]


@BOTH
async def test_a_customer_who_says_thanks_reopens_no_issue(pair: World) -> None:
    ref, issue = await pair.linked()
    await done(pair, issue)
    await answer(pair, ref)
    pair.support.say(ref, "Thanks!", public=True, by="ana")
    pair.support.edit(ref, status="open", by="ana")
    await pair.sync()
    await answer(pair, ref, "You are welcome")
    assert pair.issue(issue, "status") == "solved"
    assert pair.ticket(ref, "status") == "open", "what is open now is the agent's"
    assert sum("open again" in text for text in notes(pair, ref)) == 1
    assert (await happened(pair, ref)).count("closed told") == 1
    assert (await pair.link(ref)).diverged_since is None


async def test_an_agent_who_solves_it_untold_is_reminded_once_and_not_fought(pair: World) -> None:
    ref, issue = await pair.linked()
    await done(pair, issue)
    pair.clock.advance(60)
    pair.support.edit(ref, status="solved", by="ben")
    await pair.sync()
    assert pair.ticket(ref, "status") == "solved"
    assert sum("has had no public answer" in text for text in notes(pair, ref)) == 1
    pair.support.edit(ref, status="pending", by="ben")
    await pair.sync()
    pair.support.edit(ref, status="solved", by="ben")
    await pair.sync()
    assert sum("has had no public answer" in text for text in notes(pair, ref)) == 1
    assert await happened(pair, ref) == ["handed_back", "done", "closed not told"]
    await answer(pair, ref)
    assert (await happened(pair, ref))[3:] == ["told", "closed told"]


async def test_an_issue_that_is_reopened_before_anybody_is_told_takes_the_draft_back(pair: World) -> None:
    ref, issue = await pair.linked()
    await done(pair, issue)
    await done(pair, issue, "open")
    assert sum("taken back" in text for text in notes(pair, ref)) == 1
    await answer(pair, ref, "We are still at it")
    assert pair.ticket(ref, "status") == pair.issue(issue, "status") == "open"
    await done(pair, issue)
    assert sum("nobody has sent" in text for text in notes(pair, ref)) == 2
    await answer(pair, ref)
    assert pair.ticket(ref, "status") == "solved"


async def test_an_issue_that_is_reopened_later_opens_the_ticket_as_before(pair: World) -> None:
    ref, issue = await pair.linked()
    await done(pair, issue)
    await answer(pair, ref)
    await done(pair, issue, "open")
    assert pair.ticket(ref, "status") == "open"
    assert sum("was told already" in text for text in notes(pair, ref)) == 1


@BOTH
async def test_an_agent_who_solves_a_ticket_makes_its_issue_done_and_gets_no_draft(pair: World) -> None:
    """The issue is done by the ticket: nobody hands it back to who closed it."""
    ref, issue = await pair.linked(status="open")
    pair.clock.advance(60)
    pair.support.edit(ref, status="solved", by="ben")
    await pair.sync()
    assert pair.issue(issue, "status") == "solved"
    assert notes(pair, ref) == []
    assert await happened(pair, ref) == ["done", "closed by support"]
    pair.support.edit(ref, status="open", by="ana")
    await pair.sync()
    assert pair.issue(issue, "status") == "solved"
    assert [text.partition(";")[0] for text in notes(pair, ref)] == ["This ticket is open again"]


async def test_by_agent_leaves_the_closing_to_the_agent(url: str) -> None:
    async with world(url, rules=rules(replace(POLICY, close=Close.BY_AGENT))) as pair:
        ref, issue = await pair.linked()
        await done(pair, issue)
        await answer(pair, ref)
        assert pair.ticket(ref, "status") == "open"
        pair.support.edit(ref, status="solved", by="ben")
        await pair.sync()
        assert await happened(pair, ref) == ["handed_back", "done", "told", "closed told"]


@BOTH
async def test_each_ticket_of_an_issue_comes_back_and_closes_on_its_own(pair: World) -> None:
    ref, issue = await pair.linked()
    other = pair.support.open(title="Export fails too", priority="urgent", by="cem")
    await pair.sync()
    await _onto(pair, other, issue)
    await done(pair, issue)
    assert [pair.ticket(one, "status") for one in (ref, other)] == ["open", "open"]
    assert "Export fails too" not in "".join(notes(pair, ref)), "another customer's words"
    await answer(pair, other)
    assert [pair.ticket(one, "status") for one in (ref, other)] == ["open", "solved"]
    assert pair.issue(issue, "status") == "solved"
    await answer(pair, ref)
    assert [pair.ticket(one, "status") for one in (ref, other)] == ["solved", "solved"]


async def _onto(pair: World, ref: str, issue: str) -> None:
    """Have a ticket hang on an issue that another one made, as if a rule had found it."""
    link = await pair.link(ref)
    await operate.unlink(pair.site, link)
    await operate.link(pair.site, pair.site.mappings["desk-tracker"], ref, issue)
    await pair.sync()


@pytest.mark.parametrize("fault", [faults.LostAfter, faults.LostBefore, faults.Unreachable])
async def test_an_answer_that_nobody_got_says_nothing_twice(pair: World, fault: type[faults.LostAfter]) -> None:
    ref, issue = await pair.linked(status="new")
    pair.support.plan.on("comment*", fault())
    pair.support.plan.on("update*", fault())
    for _ in range(6):
        await done(pair, issue)
        pair.clock.advance(30 * 60)
    assert pair.ticket(ref, "status") == "open"
    assert sum("nobody has sent" in text for text in notes(pair, ref)) == 1
    assert await happened(pair, ref) == ["handed_back", "done"]


STUBBORN = replace(HELPFUL, workflow={"new": frozenset({"open"}), "open": frozenset({"pending"})})


async def test_a_helpdesk_that_refuses_to_close_parks_that_until_its_agent_does(url: str) -> None:
    async with world(url, rules=rules(), support=STUBBORN) as pair:
        ref, issue = await pair.linked()
        await done(pair, issue)
        await answer(pair, ref)
        [item] = await pair.parked()
        assert item.item == "status"
        assert "closed told" not in await happened(pair, ref)
        asked = len(pair.support.writes)
        pair.engineering.say(issue, "well?", by="ben")
        await pair.sync()
        assert [entry.operation for entry in pair.support.writes[asked:] if entry.operation == "update"] == []
        pair.support.edit(ref, status="solved", by="ben")
        await pair.sync()
        assert (await happened(pair, ref))[-1] == "closed told"
        assert await pair.parked() == []


async def test_without_the_table_a_done_issue_closes_its_ticket(url: str) -> None:
    async with world(url, rules=rules(None)) as pair:
        ref, issue = await pair.linked()
        await done(pair, issue)
        assert pair.ticket(ref, "status") == "solved"
        assert notes(pair, ref) == []
        assert await happened(pair, ref) == ["done"]
        assert [entry.operation for entry in pair.support.writes] == ["link back", "update"]


async def test_a_policy_that_comes_later_leaves_old_tickets_alone(url: str) -> None:
    async with world(url, rules=rules(None)) as pair:
        ref, issue = await pair.linked()
        await done(pair, issue)
        pair.site.mappings = {"desk-tracker": rules()}
        pair.engineering.say(issue, "nice", by="ben")
        pair.support.say(ref, "Thanks", public=True, by="ben")
        await pair.sync()
        assert pair.ticket(ref, "status") == "solved"
        assert not any("is done" in text for text in notes(pair, ref))
        pair.support.edit(ref, status="open", by="ben")
        await pair.sync()
        assert pair.issue(issue, "status") == "solved"
        assert sum("open again" in text for text in notes(pair, ref)) == 1


async def test_a_private_word_of_the_issue_stays_internal(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.engineering.say(issue, "For the customer: call 4111 1111 1111 1111 off", by="ben")
    await done(pair, issue)
    await answer(pair, ref)
    assert not any("4111" in text for text in notes(pair, ref) if "nobody has sent" in text)
    public = [one.body.text for one in pair.support.ticket(ref).comments if isinstance(one.body, Public)]
    assert public == ["It is fixed"]


# -- what it came from, and how many wait

CAUSES = (
    CauseRule(Cause.THIRD_PARTY, issue=(Condition("labels", (AnyOf(frozenset({"upstream"})),)),)),
    CauseRule(Cause.USAGE, ticket=(Condition("labels", (AnyOf(frozenset({"how-to"})),)),)),
    CauseRule(Cause.DEFECT, issue=(Condition("title", (IsSet(True),)),)),
)


async def test_the_cause_is_kept_when_the_issue_is_done_and_again_when_it_changes(url: str) -> None:
    async with world(url, rules=rules(replace(POLICY, causes=CAUSES, value="estimate"))) as pair:
        ref, issue = await pair.linked(estimate=Decimal(40))
        await done(pair, issue)
        assert await causes(pair, ref) == ["defect"]
        pair.engineering.edit(issue, labels=frozenset({"upstream"}), by="ben")
        await pair.sync()
        assert await causes(pair, ref) == ["defect", "third_party"]
        tag = Milestone(H.CLASSIFIED, pair.clock(), detail="capacity", source="tag:capacity")
        await pair.store.write(lambda c: milestones.add(c, 1, tag, pair.clock()))
        [one] = await impact.impacts(pair.site)
        assert (one.customers, one.tickets, one.causes) == (1, ("HELP-1",), {"third_party": 1})
        assert one.value == Decimal(40)
        assert await impact.impacts(pair.site, pair.clock()) == []


async def causes(pair: World, ref: str) -> list[str]:
    return await facts(pair, ref, H.CLASSIFIED)


async def facts(pair: World, ref: str, what: Happened) -> list[str]:
    """The details of all facts of one kind."""
    link = await pair.link(ref)
    found = await pair.store.read(lambda c: milestones.of(c, link.id))
    return [fact.detail for fact in found if fact.what is what]


def heard(pair: World, issue: str) -> list[str]:
    """What engineers were told of the customers that wait; in internal comments alone."""
    told = [one for one in pair.engineering.ticket(issue).comments if "customers wait" in one.body.text]
    assert all(isinstance(one.body, Internal) for one in told)
    return [one.body.text for one in told]


async def test_engineers_hear_once_that_the_second_and_the_third_customer_waits(url: str) -> None:
    async with world(url, rules=rules(replace(POLICY, tell_at=(2, 3)))) as pair:
        ref, issue = await pair.linked()
        for by in ("cem", "cem", "dora", "eva"):
            other = pair.support.open(title="Export fails too", priority="urgent", by=by)
            await pair.sync()
            await _onto(pair, other, issue)
        for name in (ref, "desk-2", "desk-3", "desk-4"):
            pair.support.edit(name, title="Export fails still", by="ben")
            await pair.sync()
        assert [text.partition(". ")[0] for text in heard(pair, issue)] == [
            "2 customers wait for this issue now: 2 tickets, all of them in the last 30 days",
            "3 customers wait for this issue now: 4 tickets, all of them in the last 30 days",
        ]
        [one, *others] = await impact.impacts(pair.site)
        assert (one.customers, len(one.tickets)) == (4, 5)
        assert others == []


COSTLY = replace(POLICY, tell_at=(3,), value="estimate", survey=Survey("How did we do?"))


def costly() -> Mapping:
    """Tickets say what they are worth, and nobody writes it back to them."""
    made = rules(COSTLY)
    one_way = [
        replace(one, direction=Direction.TO_ENGINEERING) if one.name == "estimate" else one for one in made.fields
    ]
    return replace(made, fields=tuple(one_way))


async def five_tickets(pair: World) -> str:
    """An issue with five tickets of three customers: one is 40 days old, two are rated, four say a worth."""
    ref, issue = await pair.linked(estimate=Decimal(9000))
    await ratings.rate(pair.site, await pair.link(ref), Decimal(2))
    pair.clock.advance(40 * 24 * 3600)
    await pair.sync()
    rated = pair.support.open(title="Export fails", priority="urgent", by="cem", estimate=Decimal(1000))
    await pair.sync()
    await ratings.rate(pair.site, await pair.link(rated), Decimal(3))
    await _onto(pair, rated, issue)
    for by, worth in (("cem", Decimal(1500)), ("ana", None), ("dora", Decimal(500))):
        other = pair.support.open(title="Secret words of Falcon", priority="urgent", by=by, estimate=worth)
        await pair.sync()
        await _onto(pair, other, issue)
    return issue


async def test_engineers_hear_what_hangs_on_the_issue(url: str) -> None:
    async with world(url, rules=costly()) as pair:
        issue = await five_tickets(pair)
        [text] = heard(pair, issue)
        assert text == (
            "3 customers wait for this issue now: 5 tickets, 4 of them in the last 30 days, worth 12000 in all, "
            "rated 2.5 on average. `syncd feedback` counts them, with their tickets."
        )
        [found] = [one for one in await impact.impacts(pair.site) if one.issue.ref == issue]
        assert (found.customers, len(found.tickets), found.recent) == (3, 5, 4)
        assert (found.value, found.rating) == (Decimal(12000), Decimal("2.5"))


async def test_the_note_counts_the_tickets_of_those_who_wait_as_they_are_now(url: str) -> None:
    """Without one that rests, and with what its own ticket says since it was linked; as `syncd plan` foresees."""
    async with world(url, rules=costly()) as pair:
        ref, issue = await pair.linked(estimate=Decimal(10))

        async def more(by: str, worth: int) -> str:
            other = pair.support.open(title="Export fails", priority="low", by=by, estimate=Decimal(worth))
            await pair.sync()
            await operate.link(pair.site, pair.site.mappings["desk-tracker"], other, issue)
            return other

        for by, worth in (("ana", 200), ("cem", 3000)):
            await more(by, worth)
            await pair.sync()
        third, rests = await more("dora", 1), (await pair.link(ref)).id
        await pair.store.write(lambda c: links.rest(c, rests, "closed"))
        pair.support.edit(third, estimate=Decimal(40000))
        [planned] = await views.plan(pair.site, tickets=[third])
        await pair.sync()
        [text] = heard(pair, issue)
        assert "3 tickets, all of them in the last 30 days, worth 43200 in all." in text
        assert [change.after for change in planned.changes if change.name == "customers:3"] == [text]


@pytest.mark.parametrize("policy", [None, replace(POLICY, tell_at=(5,))], ids=["no table", "later"])
async def test_where_nobody_is_told_nothing_is_counted(url: str, policy: FeedbackPolicy | None) -> None:
    async with world(url, rules=rules(policy)) as pair:
        _, issue = await pair.linked()
        with asked() as queries:
            other = pair.support.open(title="Export fails too", priority="urgent", by="cem")
            await pair.sync()
            await _onto(pair, other, issue)
        assert queries == []


async def test_what_was_told_is_not_counted_again(url: str) -> None:
    async with world(url, rules=rules(replace(POLICY, tell_at=(2,)))) as pair:
        _, issue = await pair.linked()
        other = pair.support.open(title="Export fails too", priority="urgent", by="cem")
        await pair.sync()
        with asked() as queries:
            await _onto(pair, other, issue)
            pair.support.edit(other, title="Export fails still", by="ben")
            await pair.sync()
        assert len(heard(pair, issue)) == len(queries) == 1


async def test_a_public_tracker_reads_nothing_of_it(url: str) -> None:
    public = replace(BLIND, capabilities=BLIND.capabilities - {Capability.INTERNAL_COMMENTS})
    async with world(url, rules=rules(replace(COSTLY, tell_at=(2,))), engineering=public) as pair:
        _, issue = await pair.linked(estimate=Decimal(9000))
        other = pair.support.open(title="Export fails too", priority="low", by="cem")
        await pair.sync()
        await operate.link(pair.site, pair.site.mappings["desk-tracker"], other, issue)
        await pair.sync()
        assert {row.entry.item for row in await pair.audit() if row.entry.kind == "note.unsaid"} == {"customers:2"}
        assert heard(pair, issue) == []


# -- how content the customer was

SURVEY = replace(POLICY, survey=Survey("How did we do, from 1 to 5?", "estimate", low=3))
CALL = Contract({Severity.SEV1: (Target(ClockName.FOLLOW_UP, timedelta(hours=48), ALWAYS),)})


async def test_a_low_score_asks_for_a_call_and_a_clock_waits_for_it(url: str) -> None:
    async with world(url, rules=rules(SURVEY, CALL)) as pair:
        ref, issue = await pair.linked()
        await done(pair, issue)
        assert any("How did we do, from 1 to 5?" in text for text in notes(pair, ref)), "the draft asks"
        await answer(pair, ref)
        pair.support.edit(ref, estimate=Decimal(2), by="ana")
        await pair.sync()
        assert sum("was not content: 2" in text for text in notes(pair, ref)) == 1
        assert [text for text in notes(pair, ref) if "by 2026-01-07 " in text]
        pair.clock.advance(49 * 3600)
        await clocks.ring(pair.site)
        await pair.sync()
        assert sum("nobody has answered the customer who was not content" in text for text in notes(pair, ref)) == 1
        await answer(pair, ref, "We are sorry")
        [why] = await views.why(pair.site, ref)
        assert why.clocks == ()


async def test_a_score_that_a_person_tells_counts_and_a_good_one_asks_for_nothing(url: str) -> None:
    async with world(url, rules=rules(SURVEY, CALL)) as pair:
        ref, issue = await pair.linked()
        await done(pair, issue)
        await ratings.rate(pair.site, await pair.link(ref), Decimal(5))
        await pair.sync()
        assert not any("not content" in text for text in notes(pair, ref))
        pair.clock.advance(60)
        await ratings.rate(pair.site, await pair.link(ref), Decimal(1))
        await pair.sync()
        await pair.sync()
        assert sum("was not content: 1" in text for text in notes(pair, ref)) == 1


async def test_a_customer_who_was_told_can_answer_by_a_signed_link_once_a_turn(url: str) -> None:
    async with world(url, rules=rules(SURVEY, CALL)) as pair:
        pair.site.public_url = "https://syncd.example"
        ref, issue = await pair.linked()
        await answer(pair, ref, "We are at it")
        assert await rates(pair, ref, "1") is Obstacle.NOT_ASKED, "the draft asks, and there is none yet"
        await done(pair, issue)
        assert await rates(pair, ref, "1") is Obstacle.NOT_ASKED, "nobody has sent the draft"
        await answer(pair, ref)
        assert await rates(pair, ref, "4") is None
        assert await rates(pair, ref, "1") is Obstacle.ANSWERED
        await done(pair, issue, "open")
        await done(pair, issue)
        await answer(pair, ref)
        assert await rates(pair, ref, "5") is None
        assert await facts(pair, ref, H.RATED) == ["4", "5"]
        assert await facts(pair, ref, H.SURVEYED) == ["", ""]


async def test_nobody_is_asked_without_a_survey(url: str) -> None:
    async with world(url, rules=rules()) as pair:
        ref, issue = await pair.linked()
        await done(pair, issue)
        await answer(pair, ref)
        assert await facts(pair, ref, H.SURVEYED) == []


async def rates(pair: World, ref: str, score: str) -> Obstacle | None:
    """What keeps a customer from answering by a link that is sent now."""
    address = await tokens.link_for(pair.site, await pair.link(ref), Purpose.RATE)
    offer = await deeds.do(pair.site, address.rpartition("/")[2], score)
    await pair.sync()
    assert offer is not None
    return offer.obstacle


async def test_a_score_for_nobody_is_refused(url: str) -> None:
    async with world(url, rules=rules()) as pair:
        ref, _ = await pair.linked()
        with pytest.raises(operate.Refused, match=r"feedback\.survey"):
            await ratings.rate(pair.site, await pair.link(ref), Decimal(1))
