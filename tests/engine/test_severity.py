"""A ticket's severity in a running daemon: given by rule, kept with its reason, and what makes the issue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from syncd import crash
from syncd.core.conditions import AnyOf, Condition, HasWords
from syncd.core.mapping import EscalationRule, Mapping
from syncd.core.model import Internal
from syncd.core.policy import EscalationPolicy
from syncd.core.severity import Override, Severity, SeverityPolicy, SeverityRule
from syncd.engine import views
from syncd.sdk.testing.vendor import MemoryVendor
from syncd.store import audit
from syncd.store.records import AuditRow, LinkState
from tests.engine.world import World, mapping, world

POLICY = SeverityPolicy(
    (
        SeverityRule("outage", Severity.SEV1, (Condition("title", (HasWords((("outage",),)),)),)),
        SeverityRule("urgent", Severity.SEV3, (Condition("priority", (AnyOf(frozenset({"p1"})),)),)),
    ),
    Override("labels", {"sev1": Severity.SEV1, "sev4": Severity.SEV4}),
)
BAD = EscalationRule("bad", (Condition("severity", (AnyOf(frozenset({"sev1"})),)),), {"container": "CORE"})


def rules(policy: SeverityPolicy = POLICY) -> Mapping:
    return mapping(escalation=EscalationPolicy(policy), escalate=(BAD,))


@pytest.fixture
async def graded(store_url: str) -> AsyncIterator[World]:
    async with world(store_url, rules=rules()) as made:
        yield made


async def given(graded: World, ref: str) -> list[AuditRow]:
    link = await graded.link(ref)
    rows = await graded.store.read(lambda c: audit.page(c, link.id, limit=100))
    return [row for row in rows if row.entry.kind == "severity.given"]


async def test_a_severity_makes_the_issue_and_stays_with_the_link(graded: World) -> None:
    calm = graded.support.open(title="Export fails", priority="urgent")
    bad = graded.support.open(title="Outage of the shop", priority="low")
    await graded.sync()
    link = await graded.link(bad)
    assert (link.state, link.severity, link.severity_rule) == (LinkState.LINKED, "sev1", "outage")
    link = await graded.link(calm)
    assert (link.state, link.severity, link.severity_rule) == (LinkState.WATCHED, "sev3", "urgent")


async def test_it_is_kept_once_with_its_rule_and_its_reason(graded: World) -> None:
    ref = graded.support.open(title="Export fails", priority="urgent")
    await graded.sync()
    graded.support.edit(ref, description="More of it")
    await graded.sync()
    [row] = await given(graded, ref)
    assert row.entry.rule == "urgent"
    assert row.entry.after == {"severity": "sev3", "by_rule": "sev3"}
    assert row.entry.outcome == "priority is `p1`"


async def test_an_agents_word_wins_is_kept_and_what_the_rules_say_with_it(graded: World) -> None:
    ref = graded.support.open(title="Export fails", priority="urgent")
    await graded.sync()
    graded.support.edit(ref, labels=frozenset({"sev1"}))
    await graded.sync()
    link = await graded.link(ref)
    assert (link.state, link.severity, link.severity_rule) == (LinkState.LINKED, "sev1", "override")
    row = (await given(graded, ref))[-1]
    assert (row.entry.before, row.entry.after) == ("sev3", {"severity": "sev1", "by_rule": "sev3"})


async def test_it_follows_the_ticket_when_it_has_an_issue_too(graded: World) -> None:
    ref = graded.support.open(title="Outage", priority="low")
    await graded.sync()
    graded.support.edit(ref, title="Export fails")
    await graded.sync()
    link = await graded.link(ref)
    assert (link.state, link.severity) == (LinkState.LINKED, "")
    assert (await given(graded, ref))[-1].entry.outcome == "no rule holds"


async def test_both_sides_hear_of_another_severity_once_and_of_no_value(graded: World) -> None:
    """With it other clocks run, and engineers do not see the helpdesk's fields."""
    ref = graded.support.open(title="Outage", priority="urgent")
    await graded.sync()
    issue = str((await graded.link(ref)).refs.engineering)
    assert (notes(graded.support, ref), notes(graded.engineering, issue)) == ([], []), "the first one is no news"
    graded.support.edit(ref, title="Export fails")
    await graded.sync()
    graded.support.edit(ref, labels=frozenset({"sev1"}))
    await graded.sync()
    graded.support.edit(ref, labels=frozenset(), priority="low")
    await graded.sync()
    graded.support.edit(ref, priority="urgent")
    await graded.sync()
    for said in (notes(graded.support, ref), notes(graded.engineering, issue)):
        assert said == [
            "This is sev3 by rule `urgent` now; it was sev1.",
            "This is sev1 by an agent's word now; it was sev3.",
            "This has no severity any more; it was sev1.",
        ]


def notes(vendor: MemoryVendor, ref: str) -> list[str]:
    """What syncd said there, all of it internal."""
    ours = [comment for comment in vendor.ticket(ref).comments if comment.author.id == "syncd"]
    assert all(isinstance(comment.body, Internal) for comment in ours)
    return [comment.body.text for comment in ours]


@pytest.mark.parametrize("point", ["H6", "H9"])
async def test_who_dies_while_telling_of_a_severity_tells_of_it_once(graded: World, point: str) -> None:
    ref = graded.support.open(title="Outage", priority="urgent")
    await graded.sync()
    issue = str((await graded.link(ref)).refs.engineering)
    graded.support.edit(ref, labels=frozenset({"sev4"}))
    await graded.deliver()

    def die(passed: str) -> None:
        if passed == point:
            raise Died

    with crash.watched(die), pytest.raises(Died):
        await graded.workers.once()
    await asyncio.sleep(0)
    graded.clock.advance(900)
    await graded.sync()
    for said in (notes(graded.support, ref), notes(graded.engineering, issue)):
        assert said == ["This is sev4 by an agent's word now; it was sev1."]


class Died(BaseException):
    """The process is gone."""


async def test_other_rules_give_another_severity_at_the_next_look_and_hold_nothing_back(graded: World) -> None:
    ref = graded.support.open(title="Outage", priority="low")
    await graded.sync()
    worse = replace(POLICY, rules=(replace(POLICY.rules[0], severity=Severity.SEV2),))
    graded.site.mappings = {"desk-tracker": rules(worse)}
    graded.support.edit(ref, title="Outage again")
    await graded.sync()
    link = await graded.link(ref)
    assert (link.state, link.severity) == (LinkState.LINKED, "sev2")


async def test_plan_and_why_tell_it(graded: World) -> None:
    ref = graded.support.open(title="Outage", priority="urgent")
    [planned] = await views.plan(graded.site, tickets=[ref])
    assert [(change.after, change.rule) for change in planned.changes if change.what == "severity"] == [
        ("sev1", "outage")
    ]
    await graded.sync()
    [answer] = await views.why(graded.site, ref)
    assert (answer.link.severity, answer.link.severity_rule) == ("sev1", "outage")
    assert [step.detail for step in answer.steps if step.what == "severity.given"] == ["title says `outage`"]
    [planned] = await views.plan(graded.site, every=True)
    assert planned.changes == ()
