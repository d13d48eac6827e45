"""The review: begun once when a bad case is done, its record made of what happened, and no words of it act or leak."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest

from syncd.core.contract import ClockName, Contract, Target
from syncd.core.feedback import ReviewPolicy
from syncd.core.hours import ALWAYS
from syncd.core.mapping import Mapping
from syncd.core.milestones import Happened
from syncd.core.model import Internal
from syncd.core.policy import EscalationPolicy
from syncd.core.severity import Severity, SeverityPolicy
from syncd.engine import operate, review, reviewtext
from syncd.engine.readable import as_json
from syncd.sdk.testing.faults import Unreachable
from syncd.store import milestones
from tests.engine.world import World, mapping, world

H = Happened
POLICY = ReviewPolicy(
    frozenset({Severity.SEV1}), records={"problem": "estimate"}, tags="labels", words=frozenset({"config", "capacity"})
)
CONTRACT = Contract({Severity.SEV1: (Target(ClockName.ACCEPT, timedelta(minutes=30), ALWAYS),)})


def rules(policy: ReviewPolicy | None = POLICY, severity: Severity = Severity.SEV1) -> Mapping:
    return mapping(escalation=EscalationPolicy(SeverityPolicy(default=severity), CONTRACT, review=policy))


@pytest.fixture
async def pair(url: str) -> AsyncIterator[World]:
    async with world(url, rules=rules()) as made:
        yield made


async def done(pair: World, issue: str, status: str = "solved") -> None:
    pair.engineering.edit(issue, status=status, by="ben")
    await pair.sync()


async def facts(pair: World, ref: str, what: Happened) -> list[str]:
    link = await pair.link(ref)
    found = await pair.store.read(lambda c: milestones.of(c, link.id))
    return [fact.detail for fact in found if fact.what is what]


def invitations(pair: World, issue: str) -> list[str]:
    ours = [one for one in pair.engineering.ticket(issue).comments if "to be reviewed" in one.body.text]
    assert all(isinstance(one.body, Internal) for one in ours)
    return [one.body.text for one in ours]


async def test_a_review_is_begun_when_a_bad_case_is_done_and_said_once(pair: World) -> None:
    ref, issue = await pair.linked()
    assert await facts(pair, ref, H.REVIEW_OPENED) == []
    await done(pair, issue)
    pair.engineering.say(issue, "done", by="ben")
    await pair.sync()
    [text] = invitations(pair, issue)
    assert "`syncd review 'HELP-1'`" in text
    assert len(await facts(pair, ref, H.REVIEW_OPENED)) == 1


async def test_two_tickets_of_an_issue_invite_once(pair: World) -> None:
    ref, issue = await pair.linked()
    other = pair.support.open(title="Export fails too", priority="urgent", by="cem")
    await pair.sync()
    await operate.unlink(pair.site, await pair.link(other))
    await operate.link(pair.site, pair.site.mappings["desk-tracker"], other, issue)
    await pair.sync()
    await done(pair, issue)
    assert len(invitations(pair, issue)) == 1
    assert [len(await facts(pair, one, H.REVIEW_OPENED)) for one in (ref, other)] == [1, 1]


@pytest.mark.parametrize("without", [rules(None), rules(severity=Severity.SEV3)], ids=["no table", "not so bad"])
async def test_what_is_not_to_be_reviewed_is_not(url: str, without: Mapping) -> None:
    async with world(url, rules=without) as pair:
        ref, issue = await pair.linked()
        await done(pair, issue)
        assert invitations(pair, issue) == []
        assert await facts(pair, ref, H.REVIEW_OPENED) == []


async def test_root_causes_are_read_from_the_issue_and_each_kept_once(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.engineering.edit(issue, labels=frozenset({"config"}), by="ben")
    await pair.sync()
    assert await facts(pair, ref, H.CLASSIFIED) == []
    await done(pair, issue)
    for labels in ({"config", "other"}, {"capacity"}, {"config"}):
        pair.engineering.edit(issue, labels=frozenset(labels), by="ben")
        await pair.sync()
    assert await facts(pair, ref, H.CLASSIFIED) == ["config", "capacity"]


async def test_the_record_tells_what_happened(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.clock.advance(10 * 60)
    pair.engineering.say(issue, "/return needs: <b>steps</b> | [x](https://evil.example)", by="ben")
    await pair.sync()
    pair.support.say(ref, "/handover here", by="ben")
    await pair.sync()
    pair.clock.advance(45 * 60)
    pair.engineering.say(issue, "/accept", by="ben")
    await pair.sync()
    await done(pair, issue)
    made = await review.review(pair.site, await pair.link(ref))
    assert (made.severity, made.owners, made.tickets, made.customers) == ("sev1", ("Ben",), ("HELP-1",), 1)
    assert [one.detail for one in made.returned] == ["needs: <b>steps</b> | [x](https://evil.example)"]
    [late] = made.breaches
    assert late.clock == "accept"
    assert timedelta(minutes=14) < late.late < timedelta(minutes=16)
    told = [one.what for one in made.timeline]
    assert [what for what in told if what in ("create.done", "returned", "resubmitted", "accepted", "done")] == [
        "create.done",
        "returned",
        "resubmitted",
        "accepted",
        "done",
    ]
    text, page = reviewtext.markdown(made), reviewtext.page(made)
    assert "### What went well" in text
    assert "| accept | 30 min | 15 min |" in text
    assert "<b>" not in page
    assert ">x</a>" not in page, "an address may be one, but not behind another word"
    assert json.loads(json.dumps(as_json(made)))["issue"]["label"] == "CORE-1"


async def test_records_are_read_from_the_issue_and_their_absence_stops_nothing(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.engineering.edit(issue, estimate=Decimal(4711), by="ben")
    link = await pair.link(ref)
    assert (await review.review(pair.site, link)).records == {"problem": "4711"}
    pair.engineering.plan.on("fetch*", Unreachable())
    assert (await review.review(pair.site, link)).records["problem"].startswith("(cannot be read now")


async def test_a_ticket_that_was_never_escalated_has_no_record(pair: World) -> None:
    ref = pair.support.open(title="A question", priority="low")
    await pair.sync()
    with pytest.raises(operate.Refused, match="never escalated"):
        await review.review(pair.site, await pair.link(ref))
