"""Messages to whoever has a role in an escalation: its owner, their team, who speaks with the customer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from syncd.core.mapping import Mapping
from syncd.core.milestones import Happened
from syncd.core.telling import Audience, InRole, RoleName, Telling, TellRule, Through
from syncd.mapping.templates import shipped
from syncd.store import links, messages
from tests.engine.test_owners import H, rules, staff, wait
from tests.engine.world import World, world

STANDARD = shipped("tell_agent")


def telling(**to: tuple[Happened, ...]) -> Mapping:
    """Each role with the facts that it is told; `ops` reads everything."""
    parts = [
        TellRule(
            name, frozenset(what), (InRole("mail", RoleName(name)), Through("ops")), Audience.AGENT, STANDARD, STANDARD
        )
        for name, what in to.items()
    ]
    made = rules()
    assert made.escalation
    return replace(made, escalation=replace(made.escalation, telling=Telling(tuple(parts))))


@pytest.fixture
async def pair(url: str) -> AsyncIterator[World]:
    facts = (H.ASSIGNED, H.TRANSFERRED, H.OWNED, H.UNOWNED)
    async with world(url, rules=telling(owner=facts, team=facts, customer_owner=(H.ESCALATED,))) as made:
        for vendor in (made.support, made.engineering):
            vendor.person("zoe", email="zoe@shop.example")
        yield staff(made)


async def told(pair: World, rule: str, *facts: Happened) -> list[tuple[str, str]]:
    """Of which facts whom: the address, or the channel."""
    found = await pair.store.read(links.list_links)
    rows = [row for link in found for row in await pair.store.read(lambda c, of=link.id: messages.of(c, of))]  # type: ignore[misc]
    whom = [(row.fact.partition(":")[0], row.address or row.channel) for row in rows if row.rule == rule]
    return [(fact, who) for fact, who in whom if not facts or Happened(fact) in facts]


async def test_whom_syncd_names_is_told_and_after_a_transfer_whom_it_names_then(pair: World) -> None:
    await pair.linked()
    assert await told(pair, "owner", H.ASSIGNED) == [("assigned", "cia@tracker.example"), ("assigned", "ops")]
    await wait(pair, 11)
    transferred = [("transferred", "dan@tracker.example"), ("transferred", "ops")]
    assert await told(pair, "owner", H.TRANSFERRED) == transferred


async def test_a_team_is_all_its_people(pair: World) -> None:
    await pair.linked()
    assert [who for _, who in await told(pair, "team", H.ASSIGNED)] == [
        "cia@tracker.example",
        "dan@tracker.example",
        "ops",
    ]


async def test_whom_a_person_names_is_told_at_the_address_that_the_tracker_knows(pair: World) -> None:
    _, issue = await pair.linked()
    before = await told(pair, "owner", H.OWNED)
    pair.engineering.edit(issue, assignee="zoe")
    await pair.sync()
    assert (await told(pair, "owner", H.OWNED))[len(before) :] == [("owned", "zoe@shop.example"), ("owned", "ops")]


async def test_who_speaks_with_the_customer_is_whom_the_ticket_names(pair: World) -> None:
    await pair.linked(assignee="zoe")
    assert await told(pair, "customer_owner") == [("escalated", "zoe@shop.example"), ("escalated", "ops")]


async def test_where_nobody_has_the_role_the_others_are_told_and_the_audit_says_it(pair: World) -> None:
    _, issue = await pair.linked()
    pair.engineering.edit(issue, assignee=None)
    await pair.sync()
    assert [who for what, who in await told(pair, "owner") if what == "unowned"] == ["ops"]
    found = [row.entry.outcome for row in await pair.audit() if row.entry.kind == "message.nobody"]
    assert found == ["rule customer_owner: nobody is customer_owner", "rule owner: nobody is owner"]
