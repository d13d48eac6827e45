"""What is kept for the metrics in a running daemon, and what is not without a table `metrics`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from syncd.core.conditions import AnyOf, Condition
from syncd.core.contract import Contract
from syncd.core.facets import Facet, Facets, MetricsPolicy
from syncd.core.mapping import Mapping
from syncd.core.metrics.compute import By
from syncd.core.metrics.values import Amount, Share, Times
from syncd.core.milestones import Happened
from syncd.core.packet import Evidence, PacketPolicy
from syncd.core.policy import EscalationPolicy
from syncd.core.redact import Redaction
from syncd.core.severity import Override, Severity, SeverityPolicy, SeverityRule
from syncd.engine.report import report
from syncd.mapping.template import compile_template
from syncd.store import facets, milestones
from syncd.store import schema as tables
from syncd.store.retention import Ages, prune
from tests.engine.world import World, mapping, world

URGENT = Condition("priority", (AnyOf(frozenset({"p1"})),))
POLICY = EscalationPolicy(
    SeverityPolicy(
        (SeverityRule("urgent", Severity.SEV2, (URGENT,)),), Override("labels", {"worst": Severity.SEV1}), Severity.SEV4
    ),
    Contract(),
    metrics=MetricsPolicy(fields={Facet.TIER: "products", Facet.CATEGORY: "due", Facet.TEAM: "priority"}),
)
DAY = timedelta(days=1)
H = Happened


def rules(policy: EscalationPolicy = POLICY) -> Mapping:
    return mapping(escalation=policy)


@pytest.fixture
async def pair(store_url: str) -> AsyncIterator[World]:
    async with world(store_url, rules=rules()) as made:
        yield made


async def facts(pair: World, ref: str) -> list[tuple[H, str]]:
    link = await pair.link(ref)
    found = await pair.store.read(lambda c: milestones.of(c, link.id))
    return [(fact.what, fact.detail) for fact in found]


async def seen(pair: World, ref: str) -> Facets:
    link = await pair.link(ref)
    found = await pair.store.read(lambda c: facets.last(c, link.id))
    assert found is not None
    return found.facets


async def test_what_a_ticket_is_like_is_kept_also_of_one_that_is_never_escalated(pair: World) -> None:
    opened = pair.clock()
    calm = pair.support.open(title="Typo", priority="low", products=frozenset({"site", "app"}))
    await pair.sync()
    assert await seen(pair, calm) == Facets(severity="sev4", tier="app, site", team="p4", opened=opened)
    pair.clock.advance(DAY)
    pair.support.edit(calm, priority="urgent", by="ben")
    await pair.sync()
    assert await seen(pair, calm) == Facets(severity="sev2", tier="app, site", team="p1", opened=opened)


async def test_a_look_that_shows_nothing_new_adds_no_row(pair: World) -> None:
    ref, _ = await pair.linked()
    for words in ("one", "two"):
        pair.support.edit(ref, title=words, by="ben")
        await pair.sync()
    rows = await pair.store.read(lambda c: len(c.execute(select(tables.facet)).all()))
    assert rows == 1


async def test_an_agents_severity_against_the_rules_is_a_fact_with_both(pair: World) -> None:
    ref, _ = await pair.linked()
    pair.support.edit(ref, labels=frozenset({"worst"}), by="ben")
    await pair.sync()
    pair.support.edit(ref, title="Still", by="ben")
    await pair.sync()
    assert [told for told in await facts(pair, ref) if told[0] is H.OVERRULED] == [
        (H.OVERRULED, "sev1 instead of sev2")
    ]


async def test_each_closing_of_an_escalated_ticket_is_a_fact(pair: World) -> None:
    ref, _ = await pair.linked(status="open")
    for status in ("solved", "open", "solved"):
        pair.clock.advance(60)
        pair.support.edit(ref, status=status, by="ben")
        await pair.sync()
    assert [what for what, _ in await facts(pair, ref)].count(H.CLOSED) == 2


async def test_a_ticket_that_engineering_never_sees_has_no_closing(pair: World) -> None:
    ref = pair.support.open(title="Typo", priority="low")
    await pair.sync()
    pair.support.edit(ref, status="solved", by="ben")
    await pair.sync()
    assert await facts(pair, ref) == []
    assert (await seen(pair, ref)).closed


async def test_a_ticket_that_is_held_and_closed_is_deflected(store_url: str) -> None:
    compiled, faults = compile_template("{{ ticket.title }}")
    assert compiled is not None, faults
    asked = PacketPolicy((Evidence("steps", "Which?", "due"),), Redaction(), compiled)
    async with world(store_url, rules=rules(replace(POLICY, packet=asked))) as pair:
        held = [pair.support.open(title=str(number), priority="urgent") for number in range(3)]
        await pair.sync()
        pair.support.edit(held[0], status="solved", by="ben")
        pair.support.edit(held[1], title="Other words", by="ben")
        await pair.sync()
        assert [await facts(pair, ref) for ref in held] == [
            [(H.HELD, "steps"), (H.CLOSED, "")],
            [(H.HELD, "steps")],
            [(H.HELD, "steps")],
        ]
        pair.clock.advance(1)
        found = await report(pair.site, span=DAY)
        assert found.total.values["deflection"] == Share(1, 3)
        assert found.total.values["escalation"] == Share(0, 3)


async def test_without_the_table_nothing_of_it_is_kept(store_url: str) -> None:
    async with world(store_url, rules=rules(replace(POLICY, metrics=None))) as pair:
        ref, issue = await pair.linked(labels=frozenset({"worst"}))
        pair.engineering.edit(issue, status="solved", by="ben")
        await pair.sync()
        kept = {what for what, _ in await facts(pair, ref)}
        assert kept.isdisjoint({H.OVERRULED, H.CLOSED, H.HELD})
        for table in (tables.facet, tables.propagated):
            assert await pair.store.read(lambda c, of=table: c.execute(select(of)).all()) == []  # type: ignore[misc]
        pair.clock.advance(1)
        found = await report(pair.site, span=DAY, by=By.SEVERITY)
        assert [group.name for group in found.groups] == ["sev1"]
        assert not found.kept


async def test_carried_changes_are_counted_and_outlive_the_audit(pair: World) -> None:
    """The issue, a comment, a field: three changes. Notes and our own writes coming back are none."""
    ref, issue = await pair.linked()
    pair.support.say(ref, "More of it", by="ben")
    await pair.sync()
    pair.engineering.edit(issue, estimate=None, status="open", by="ben")
    await pair.sync()
    pair.clock.advance(1)
    before = await report(pair.site, span=DAY)
    assert before.total.values["hours_saved"] == Amount(timedelta(minutes=12), 3)
    accepted = before.total.values["time_to_accept"]
    assert isinstance(accepted, Times)
    assert (accepted.count, accepted.open) == (0, 1)
    far = pair.clock() + 9999 * DAY
    gone = await pair.store.write(lambda c: prune(c, far, Ages()))
    assert gone["audit"] > 0
    assert (await report(pair.site, span=DAY)).total == before.total
