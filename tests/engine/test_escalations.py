"""Cases that other systems open: one ticket each, private, with everything that was told, whatever fails on the way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from syncd import crash
from syncd.core.conditions import AnyOf, Condition
from syncd.core.intake import Act, Client, Hint
from syncd.core.lens import ChoiceLens
from syncd.core.mapping import EscalationRule, FieldRule
from syncd.core.model import Internal, Kind, Pair
from syncd.core.policy import EscalationPolicy
from syncd.core.severity import Override, Severity, SeverityPolicy
from syncd.engine import escalations, incoming, opening, operate, views
from syncd.engine.reconcile import reconcile
from syncd.sdk.testing.faults import LostAfter, LostBefore, Status
from syncd.sdk.testing.memory import BLIND, HELPFUL
from syncd.store import requests
from syncd.store.records import PauseScope, RequestRow, RequestState
from syncd.store.retention import prune
from tests.engine.test_packet import packets, rules
from tests.engine.world import World, mapping, plain, world

AGENT = Client(
    "voice-agent",
    "desk-tracker",
    b"a secret of twenty-four characters",
    place={"container": "HELP"},
    fields=("priority", "labels"),
)
CARD = "4111 1111 1111 1111"
CALL: dict[str, Any] = {
    "source_id": "call-4711",
    "title": "Export fails",
    "summary": "The export of March stops at half.",
    "customer": {"email": "ana@customer.example", "name": "Ana"},
    "transcript": [
        {"role": "bot", "text": "How can I help?", "at": "2026-11-22T10:00:00Z"},
        {"role": "customer", "who": "Ana", "text": f"The export stops. My card is {CARD}\n/handover"},
    ],
    "log": {"name": "export.log", "text": "line 1\nline 2"},
    "fields": {"priority": "p1"},
}


@pytest.fixture
async def pair(store_url: str) -> AsyncIterator[World]:
    async with world(store_url) as made:
        made.site.clients = {AGENT.name: AGENT}
        yield made


async def tell(on: World, key: str = "k1", *, to: str = "", client: Client = AGENT, **changes: Any) -> escalations.Kept:
    """Open a case, or add to one."""
    act = Act.ENRICH if to else Act.OPEN
    base = {"source_id": "call-4711"} if to else CALL
    raw = json.dumps({name: value for name, value in {**base, **changes}.items() if value is not None}).encode()
    return await escalations.take(on.site, client, act, key=key, raw=raw, escalation=to)


async def through(on: World, *, minutes: float = 0) -> None:
    """Everything that is to be done now, or after a while."""
    on.clock.advance(minutes * 60)
    for _ in range(3):
        await opening.work(on.site)
        await on.sync()


async def row(on: World, number: int = 1) -> RequestRow:
    return await on.store.read(lambda c: requests.get(c, number))


def said(on: World, ref: str) -> list[str]:
    return [comment.body.text for comment in on.support.ticket(ref).comments]


# --- the way of a case ------------------------------------------------------------------------------------------------


async def test_a_case_becomes_one_ticket_with_everything_that_was_told_and_takes_the_way_of_every_ticket(
    pair: World,
) -> None:
    await tell(pair)
    assert pair.support.tickets == {}  # no vendor was asked so far
    await through(pair)
    [ref] = pair.support.tickets
    ticket = pair.support.ticket(ref)
    assert (ticket.fields["title"], ticket.fields["priority"]) == ("Export fails", "urgent")
    assert ticket.container == "HELP"
    [comment] = ticket.comments
    assert isinstance(comment.body, Internal)
    text = comment.body.text
    for part in ("Ana ana@customer.example", "call-4711", "**Customer** Ana", "> How can I help?", "line 1\nline 2"):
        assert part in text, text
    assert CARD not in text
    assert "Removed: 1 cards" in text
    assert [file.name for file in comment.attachments] == ["export.log"]
    assert (await row(pair)).state is RequestState.DONE
    issue = (await pair.link(ref)).refs.engineering  # by the rule for urgent tickets
    assert issue
    assert any("How can I help?" in one.body.text for one in pair.engineering.ticket(issue).comments)


async def test_what_is_added_stands_on_the_ticket_once_each_and_in_order(pair: World) -> None:
    case = (await tell(pair)).escalation
    await tell(pair, "k2", to=case, summary="She calls again")  # before there is a ticket
    await through(pair)
    await tell(pair, "k3", to=case, log={"name": "a.log", "text": "later"})
    await tell(pair, "k3", to=case, log={"name": "a.log", "text": "later"})
    await through(pair)
    await through(pair, minutes=60)
    [ref] = pair.support.tickets
    first, second, third = said(pair, ref)
    assert "opened this ticket" in first
    assert "> She calls again" in second
    assert "later" in third
    assert all(isinstance(one.body, Internal) for one in pair.support.ticket(ref).comments)


async def test_what_a_client_told_is_no_evidence_and_no_command_but_stands_in_the_packet(store_url: str) -> None:
    async with world(store_url, rules=rules()) as pair:
        pair.site.clients = {AGENT.name: AGENT}
        await tell(pair)
        await through(pair)
        [ref] = pair.support.tickets
        issue = (await pair.link(ref)).refs.engineering or ""
        [packet] = packets(pair, issue)
        assert "How can I help?" in packet
        assert CARD not in packet


async def test_a_ticket_shows_what_became_of_it_and_nothing_that_anybody_said(pair: World) -> None:
    kept = await tell(pair)
    case = await escalations.show(pair.site, AGENT, kept.escalation)
    assert (case.state, case.waiting, case.ticket) == ("received", 1, None)
    await through(pair)
    case = await escalations.show(pair.site, AGENT, kept.escalation)
    [ref] = pair.support.tickets
    assert (case.state, case.waiting) == ("opened", 0)
    assert case.ticket
    assert case.issue
    assert case.ticket.label == pair.support.ticket(ref).label or ref in case.ticket.label
    assert "export" not in json.dumps(views.as_json(case)).lower()
    with pytest.raises(escalations.Unknown):
        await escalations.show(pair.site, replace(AGENT, name="another"), kept.escalation)


# --- severity ---------------------------------------------------------------------------------------------------------


def graded(**more: Any) -> EscalationPolicy:
    override = Override("labels", {"bad": Severity.SEV1, "ok": Severity.SEV4})
    return EscalationPolicy(SeverityPolicy((), override=override, default=Severity.SEV3), **more)


@pytest.mark.parametrize(
    ("hint", "severity", "note"), [(Hint.OVERRIDE, "sev1", False), (Hint.NOTE, "sev3", True)], ids=str
)
async def test_a_suggested_severity_is_said_where_an_agent_says_it_or_only_told(
    store_url: str, hint: Hint, severity: str, note: bool
) -> None:
    bad = EscalationRule("any", (Condition("severity", (AnyOf(frozenset({"sev1", "sev3"})),)),), {"container": "CORE"})
    async with world(store_url, rules=mapping(escalation=graded(), escalate=(bad,))) as pair:
        pair.site.clients = {AGENT.name: replace(AGENT, hint=hint)}
        kept = await tell(pair, client=pair.site.clients[AGENT.name], severity="sev1", fields={"labels": ["call"]})
        await through(pair)
        [ref] = pair.support.tickets
        assert (await pair.link(ref)).severity == severity
        assert ("Severity that it suggests: sev1" in said(pair, ref)[0]) is note
        assert pair.ticket(ref, "labels") == frozenset({"call"} if note else {"call", "bad"})
        assert (await escalations.show(pair.site, AGENT, kept.escalation)).severity == severity


# --- once -------------------------------------------------------------------------------------------------------------


async def test_twins_at_the_same_moment_are_one_case(pair: World) -> None:
    kept = await asyncio.gather(*(tell(pair) for _ in range(8)))
    assert len({one.escalation for one in kept}) == 1
    await asyncio.gather(*(opening.work(pair.site) for _ in range(3)))
    await through(pair)
    assert len(pair.support.tickets) == 1


async def test_a_key_is_for_one_request_and_a_source_opens_one_case(pair: World) -> None:
    first = await tell(pair)
    with pytest.raises(escalations.Refused) as other:
        await tell(pair, title="Something else")
    assert other.value.reused
    with pytest.raises(escalations.Refused) as again:
        await tell(pair, "k2")
    assert (again.value.reused, again.value.escalation) == (False, first.escalation)
    with pytest.raises(escalations.Refused):
        await tell(pair, "k1", to=first.escalation, summary="x")
    assert await tell(pair) == first


async def test_nothing_is_added_to_a_case_of_somebody_else(pair: World) -> None:
    kept = await tell(pair)
    with pytest.raises(escalations.Unknown):
        await tell(pair, "k9", to=kept.escalation, client=replace(AGENT, name="another"), summary="x")


# --- what fails -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [LostBefore(), LostAfter()], ids=["before", "after"])
@pytest.mark.parametrize("support", [HELPFUL, BLIND], ids=["helpful", "blind"])
async def test_an_answer_that_is_lost_makes_no_second_ticket(store_url: str, fault: Any, support: Any) -> None:
    async with world(store_url, support=support) as pair:
        pair.site.clients = {AGENT.name: AGENT}
        pair.support.plan.on("create", fault)
        await tell(pair)
        await through(pair)
        assert (await row(pair)).state is RequestState.ATTEMPTED
        await through(pair, minutes=30)
        await through(pair, minutes=30)
        assert len(pair.support.tickets) == 1
        assert (await row(pair)).state is RequestState.DONE


class Died(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("point", ["I1", "I2", "I3", "H5", "H6", "H9"])
async def test_a_daemon_that_dies_loses_nothing_and_doubles_nothing(pair: World, point: str) -> None:
    def strike(name: str) -> None:
        if name == point:
            raise Died

    async def life() -> None:
        await tell(pair)
        await opening.work(pair.site)
        [lease] = await pair.queue.claim(1)
        await reconcile(pair.site, lease)

    with pytest.raises(Died), crash.watched(strike):
        await life()
    await through(pair, minutes=30)
    await through(pair, minutes=30)
    assert await tell(pair) is not None
    await through(pair)
    [ref] = pair.support.tickets
    assert len([text for text in said(pair, ref) if "opened this ticket" in text]) == 1
    assert (await row(pair)).state is RequestState.DONE


async def test_a_field_that_the_helpdesk_refuses_is_left_out_and_told(store_url: str) -> None:
    words = ChoiceLens("priority", {"dire": "p1", "low": "p4"})  # the helpdesk has no such word
    known = FieldRule("priority", Kind.CHOICE, Pair(words, words), order=("p1", "p4"))
    async with world(store_url, rules=mapping(fields=(plain("title", Kind.TEXT), known))) as pair:
        pair.site.clients = {AGENT.name: AGENT}
        await tell(pair)
        await through(pair)
        [ref] = pair.support.tickets
        assert pair.ticket(ref, "title") == "Export fails"
        assert (
            "Not written, for the helpdesk refuses it: `priority` (priority: dire is no option)" in said(pair, ref)[0]
        )


async def test_a_refused_ticket_is_parked_told_of_and_freed_by_a_person(pair: World) -> None:
    pair.support.plan.on("create", Status(422))
    kept = await tell(pair)
    await through(pair)
    assert pair.support.tickets == {}
    [parked] = await views.parked(pair.site)
    assert parked.remedy == "syncd intake retry 1"
    assert "refuses the ticket" in parked.reason
    assert (await escalations.show(pair.site, AGENT, kept.escalation)).state == "parked"
    assert await escalations.retry(pair.site, None) == 1
    await through(pair, minutes=10)
    assert len(pair.support.tickets) == 1
    assert await views.parked(pair.site) == []


async def test_what_is_added_to_a_ticket_that_rests_waits_for_a_person(pair: World) -> None:
    case = (await tell(pair)).escalation
    await through(pair)
    [ref] = pair.support.tickets
    await operate.unlink(pair.site, await pair.link(ref))
    await tell(pair, "k2", to=case, summary="again")
    await through(pair)
    [parked] = await views.parked(pair.site)
    assert "not looked at any more" in parked.reason


async def test_a_client_that_left_the_config_keeps_its_requests(pair: World) -> None:
    await tell(pair)
    pair.site.clients = {}
    await through(pair)
    assert "not in the configuration" in (await row(pair)).reason
    pair.site.clients = {AGENT.name: AGENT}
    await escalations.retry(pair.site, ["1"])
    await through(pair)
    assert len(pair.support.tickets) == 1


async def test_a_paused_connection_and_a_refused_credential_stop_nothing_for_good(pair: World) -> None:
    pair.support.plan.on("find", Status(401))
    await tell(pair)
    await opening.work(pair.site)
    assert pair.support.tickets == {}
    [pause] = (await views.status(pair.site)).pauses
    await operate.resume(pair.site, PauseScope.CONNECTION, pause.name)
    await through(pair, minutes=2)
    assert len(pair.support.tickets) == 1


async def test_without_clients_nothing_is_asked_and_nothing_is_kept(pair: World) -> None:
    pair.site.clients = {}
    calls = len(pair.support.journal)
    assert await opening.work(pair.site) == 0
    assert len(pair.support.journal) == calls
    assert await pair.store.read(requests.listed) == []


async def test_a_ticket_that_was_made_twice_is_told_to_a_person_an_hour_later(pair: World) -> None:
    await tell(pair)
    await through(pair)
    [ref] = pair.support.tickets
    assert await opening.seek(pair.site, back=timedelta(0)) == 0
    pair.support.make("syncd", "HELP", {"title": "Export fails"}, key=pair.support.ticket(ref).key)
    pair.clock.advance(3700)
    assert await opening.seek(pair.site, back=timedelta(hours=1)) == 1
    assert await opening.seek(pair.site, back=timedelta(hours=1)) == 0
    [parked] = await views.parked(pair.site)
    assert "were made of one intake request (call-4711)" in parked.reason
    assert len(pair.support.tickets) == 2


async def test_what_is_added_in_the_moment_in_which_the_ticket_is_stored_is_written_too(pair: World) -> None:
    case = (await tell(pair)).escalation
    await through(pair)
    [ref] = pair.support.tickets
    raw = json.dumps({"source_id": "x", "summary": "At that very moment"}).encode()

    def add(c: Connection) -> object:
        named = {"client": AGENT.name, "mapping": "desk-tracker", "source_id": "x"}
        more = {"key": "k2", "digest": "d", "escalation": case}
        return requests.add(c, act=Act.ENRICH, body=raw, now=pair.clock(), link_id=None, **named, **more)

    await pair.store.write(add)
    await through(pair)
    assert "At that very moment" in said(pair, ref)[-1]


async def test_old_words_are_dropped_and_the_key_is_known_for_ever(pair: World) -> None:
    first = await tell(pair)
    await through(pair)
    pair.clock.advance(31 * 86400)
    gone = await pair.store.write(lambda c: prune(c, pair.clock()))
    assert gone["request"] == 1
    assert (await row(pair)).body == b""
    assert await tell(pair) == first
    await through(pair)
    assert len(pair.support.tickets) == 1


# --- the body ---------------------------------------------------------------------------------------------------------


def problems(client: Client = AGENT, **changes: Any) -> dict[str, str]:
    body = {name: value for name, value in {**CALL, **changes}.items() if value is not None}
    with pytest.raises(incoming.Invalid) as refused:
        incoming.read(json.dumps(body).encode(), Act.OPEN, client, mapping())
    return {one.pointer: one.problem for one in refused.value.problems}


def test_everything_that_is_wrong_is_told_at_once_at_its_place() -> None:
    told = problems(
        title="x" * 300,
        visibility="public",
        severity="sev9",
        customer={"email": "nobody"},
        transcript=[{"role": "boss", "text": "\u202e\x00"}],
    )
    assert set(told) == {
        "/title",
        "/visibility",
        "/severity",
        "/customer/email",
        "/transcript/0/role",
        "/transcript/0/text",
    }


def test_a_client_sets_what_it_may_in_the_meanings_of_the_mapping() -> None:
    assert set(problems(fields={"priority": "urgent", "status": "done", "labels": "x", "a/b": 1})) == {
        "/fields/priority",
        "/fields/status",
        "/fields/labels",
        "/fields/a~1b",
    }
