"""Issues that sound like a ticket are named in its packet, and to the agents while it waits in support."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import Engine, event

from syncd.core.feedback import FeedbackPolicy, Survey
from syncd.core.mapping import Direction, Mapping
from syncd.core.model import Kind
from syncd.core.packet import PacketPolicy
from syncd.core.policy import EscalationPolicy
from syncd.engine import operate, ratings
from syncd.mapping.templates import shipped
from tests.engine.test_packet import SEVERITIES, STEPS, issue_of, notes, packets, rules
from tests.engine.world import World, plain, world

LOOP = "After the single sign-on the browser goes back to the login page again and again."


def without(mapping: Mapping) -> Mapping:
    """The same, and no issue is named."""
    packet = mapping.packet
    assert isinstance(packet, PacketPolicy)
    return replace(mapping, escalation=EscalationPolicy(SEVERITIES, packet=replace(packet, similar=0)))


async def escalated(pair: World, title: str, text: str = LOOP, by: str = "ana") -> tuple[str, str]:
    ref = pair.support.open(title=title, description=text, priority="urgent", by=by)
    await pair.sync()
    return ref, await issue_of(pair, ref)


async def test_the_packet_names_the_issue_that_sounds_like_the_ticket(url: str) -> None:
    async with world(url, rules=rules()) as pair:
        _, first = await escalated(pair, "Login loops after SSO")
        _, other = await escalated(pair, "Invoice has the wrong VAT rate", "It shows 19 % and not 20 %.", by="joe")
        _, again = await escalated(pair, "Redirect loop at the login with SSO", by="kim")
        [packet] = packets(pair, again)
        named = packet.partition("### Similar issues")[2]
        assert pair.engineering.ticket(first).label in named
        assert "Login loops after SSO: " in named
        assert "1 ticket," in named
        assert "same customer" not in named
        assert pair.engineering.ticket(other).label not in named
        assert "### Similar issues" not in "".join(packets(pair, first) + packets(pair, other))


async def test_it_says_where_the_same_customer_asked_before(url: str) -> None:
    async with world(url, rules=rules()) as pair:
        await escalated(pair, "Login loops after SSO")
        _, again = await escalated(pair, "Login still loops after SSO")
        [packet] = packets(pair, again)
        assert "one of the same customer" in packet


async def test_agents_read_it_in_the_question_that_keeps_the_ticket_in_support(url: str) -> None:
    async with world(url, rules=rules()) as pair:
        _, first = await escalated(pair, "Login *loops* after SSO")
        changed = rules(STEPS)
        pair.site.mappings = {changed.name: changed}
        ref, none = await escalated(pair, "Redirect loop at the login with SSO", by="kim")
        assert none == ""
        [note] = notes(pair, ref)
        label = pair.engineering.ticket(first).label
        assert "These issues sound like it." in note
        assert f"[{label}](https://tracker.example/{first}): Login \\*loops\\* after SSO (" in note
        pair.support.say(ref, "It still happens", public=True)
        await pair.sync()
        assert len(notes(pair, ref)) == 1


async def test_what_is_removed_from_a_packet_is_removed_from_the_titles_that_it_names(url: str) -> None:
    async with world(url, rules=rules()) as pair:
        await escalated(pair, "Login loops for zoe@customer.example")
        _, again = await escalated(pair, "Login loops after SSO", by="kim")
        [packet] = packets(pair, again)
        assert "Login loops for (e-mail-removed)" in packet
        assert "zoe@" not in packet


async def test_where_none_are_wanted_none_are_named(url: str) -> None:
    async with world(url, rules=without(rules())) as pair:
        await escalated(pair, "Login loops after SSO")
        _, again = await escalated(pair, "Login still loops after SSO")
        [packet] = packets(pair, again)
        assert "Similar issues" not in packet


# --- what hangs on them -----------------------------------------------------------------------------------------------

FEEDBACK = FeedbackPolicy("doing", shipped("draft"), value="estimate", survey=Survey("How did we do?"), tell_at=(2, 3))
WORTH = replace(plain("estimate", Kind.NUMBER), direction=Direction.TO_ENGINEERING)


def weighed(base: Mapping) -> Mapping:
    """The same, with tickets that are worth something and customers who are asked."""
    policy = base.escalation
    assert policy is not None
    fields = tuple(WORTH if rule.name == WORTH.name else rule for rule in base.fields)
    return replace(base, escalation=replace(policy, feedback=FEEDBACK), fields=fields)


async def onto(pair: World, issue: str, by: str, **fields: object) -> str:
    """One more ticket of an issue, as an agent has it linked who knows the case."""
    ref = pair.support.open(title="The same", priority="low", by=by, **fields)  # type: ignore[arg-type]
    await pair.sync()
    await operate.link(pair.site, pair.site.mappings["desk-tracker"], ref, issue)
    await pair.sync()
    return ref


async def known_case(pair: World) -> str:
    """An issue with three tickets of two customers, the first of them 40 days old and badly rated."""
    ref, issue = await escalated(pair, "Login loops after SSO")
    pair.support.edit(ref, estimate=Decimal(1000))
    await ratings.rate(pair.site, await pair.link(ref), Decimal(4))
    pair.clock.advance(60)
    await ratings.rate(pair.site, await pair.link(ref), Decimal(2))
    await pair.sync()
    pair.clock.advance(40 * 24 * 3600)
    await onto(pair, issue, "lee", estimate=Decimal("250.5"))
    await onto(pair, issue, "lee")
    return issue


COST = "3 tickets, 2 of them in the last 30 days, worth 1250.50 in all, rated 2 on average"


async def test_the_packet_says_what_hangs_on_an_issue_that_it_names_but_for_what_was_unlinked(url: str) -> None:
    async with world(url, rules=weighed(rules())) as pair:
        issue = await known_case(pair)
        ref, again = await escalated(pair, "Redirect loop at the login with SSO", by="kim")
        [packet] = packets(pair, again)
        assert f"% alike, {COST.replace(' of them', '')}\n" in packet.partition("### Similar issues")[2]
        assert "lee" not in packet
        for one in (ref, "desk-2"):
            await operate.unlink(pair.site, await pair.link(one))
        _, last = await escalated(pair, "Login loops after SSO", by="ida")
        [named] = [line for line in packets(pair, last)[0].splitlines() if f"/{issue})" in line]
        assert "2 tickets, 1 in the last 30 days, worth 1000 in all" in named


async def test_what_nobody_knows_is_not_said(url: str) -> None:
    async with world(url, rules=rules()) as pair:
        await escalated(pair, "Login loops after SSO")
        _, again = await escalated(pair, "Redirect loop at the login with SSO", by="kim")
        [packet] = packets(pair, again)
        named = packet.partition("### Similar issues")[2]
        assert "% alike, 1 ticket, 1 in the last 30 days\n" in named


async def test_agents_read_what_hangs_on_an_issue_too(url: str) -> None:
    async with world(url, rules=weighed(rules())) as pair:
        await known_case(pair)
        changed = weighed(rules(STEPS))
        pair.site.mappings = {changed.name: changed}
        ref, none = await escalated(pair, "Redirect loop at the login with SSO", by="kim")
        assert none == ""
        [note] = notes(pair, ref)
        assert f"% alike; {COST})" in note
        assert "lee" not in note


# --- what it costs to know --------------------------------------------------------------------------------------------


@contextmanager
def asked(*words: str) -> Iterator[list[str]]:
    """The queries, meanwhile, for what hangs on issues, or with any of these words."""
    found: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if any(word in statement for word in ("LEFT OUTER JOIN milestone", *words)):
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def test_one_query_tells_of_all_issues_that_are_named(url: str) -> None:
    async with world(url, rules=weighed(rules())) as pair:
        for by in ("ana", "lee"):
            await escalated(pair, "Login loops after SSO", by=by)
        with asked() as queries:
            _, again = await escalated(pair, "Login loops after SSO", by="kim")
        assert packets(pair, again)[0].count("1 ticket, 1 in the last") == 2
        assert len(queries) == 1


async def test_where_nothing_is_named_nothing_is_asked(url: str) -> None:
    async with world(url, rules=weighed(without(rules()))) as pair:
        with asked("ORDER BY link.id DESC") as queries:
            await escalated(pair, "Login loops after SSO")
            _, again = await escalated(pair, "Login still loops after SSO")
            assert packets(pair, again)
        assert queries == []


async def test_it_costs_no_call_to_a_vendor(url: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    calls = []
    other = f"sqlite:///{tmp_path_factory.mktemp('plain') / 'syncd.db'}"
    for place, mapped in ((url, weighed(rules())), (other, weighed(without(rules())))):
        async with world(place, rules=mapped) as pair:
            await escalated(pair, "Login loops after SSO")
            await escalated(pair, "Login still loops after SSO")
            calls.append([entry.operation for side in (pair.support, pair.engineering) for entry in side.requests])
    assert calls[0] == calls[1]
