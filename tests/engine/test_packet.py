"""The handoff packet in a running daemon: held, supplied, made; told once, redacted, never public, never a stop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from syncd import crash
from syncd.core.conditions import AnyOf, Condition, HasWords
from syncd.core.mapping import EscalationRule, Mapping
from syncd.core.model import Internal
from syncd.core.packet import Evidence, OnMissing, PacketPolicy
from syncd.core.policy import EscalationPolicy
from syncd.core.redact import Redaction
from syncd.core.severity import Severity, SeverityPolicy, SeverityRule
from syncd.engine import operate, views
from syncd.mapping.packet import standard
from syncd.mapping.template import Compiled, compile_template
from syncd.sdk.connector import Capability
from syncd.sdk.testing.character import BLIND, HELPFUL, TRACKER
from syncd.sdk.testing.faults import LostAfter, LostBefore, Unreachable
from syncd.store.records import LinkState
from tests.core.planted import ANNOUNCED, CARDS, EMAILS, GROUPED, IBANS, IDS, PHONES, SECRETS
from tests.core.test_redact import bare
from tests.engine.world import World, mapping, world

SEVERITIES = SeverityPolicy(
    (
        SeverityRule("outage", Severity.SEV1, (Condition("title", (HasWords((("outage",),)),)),)),
        SeverityRule("urgent", Severity.SEV2, (Condition("priority", (AnyOf(frozenset({"p1"})),)),)),
    )
)
STEPS = Evidence("steps to reproduce", "Which steps lead to it?", headings=("Steps to reproduce", "Schritte"))
IMPACT = Evidence("impact", "Who cannot work?", headings=("Impact",), missing=OnMissing.WARN)
PRODUCT = Evidence("product", "Which product?", field="products", severities=frozenset({Severity.SEV1}))
BAD = EscalationRule("bad", (Condition("severity", (AnyOf(frozenset({"sev1", "sev2"})),)),), {"container": "CORE"})
COMMENTS = {"fetch", "comment", "create", "update"}


def compiled(source: str) -> Compiled:
    made, faults = compile_template(source)
    assert made is not None, faults
    return made


def rules(*evidence: Evidence, template: Compiled | None = None, **redaction: bool) -> Mapping:
    packet = PacketPolicy(evidence, Redaction(**redaction), template or standard())  # type: ignore[arg-type]
    return mapping(escalation=EscalationPolicy(SEVERITIES, packet=packet), escalate=(BAD,))


@pytest.fixture
async def pair(url: str) -> AsyncIterator[World]:
    async with world(url, rules=rules(STEPS, IMPACT, PRODUCT)) as made:
        yield made


def packets(on: World, issue: str) -> list[str]:
    return [
        one.body.text for one in on.engineering.ticket(issue).comments if "## Handoff from support" in one.body.text
    ]


def notes(on: World, ref: str) -> list[str]:
    return [one.body.text for one in on.support.ticket(ref).comments if one.author.id == "syncd"]


def use(on: World, changed: Mapping) -> None:
    on.site.mappings = {changed.name: changed}


async def issue_of(on: World, ref: str) -> str:
    return (await on.link(ref)).refs.engineering or ""


# --- held in support --------------------------------------------------------------------------------------------------


async def test_a_ticket_that_lacks_evidence_stays_in_support_and_says_once_what_it_lacks(pair: World) -> None:
    ref = pair.support.open(title="Export fails", priority="urgent", description="It breaks")
    await pair.sync()
    pair.support.edit(ref, description="It still breaks")
    await pair.sync()
    assert (await pair.link(ref)).state is LinkState.WATCHED
    [note] = notes(pair, ref)
    assert "**steps to reproduce**: Which steps lead to it?" in note
    assert "below `Steps to reproduce:`" in note
    assert "impact" not in note
    assert "product" not in note
    [comment] = pair.support.ticket(ref).comments
    assert isinstance(comment.body, Internal)


async def test_what_is_supplied_lets_it_pass_wherever_it_stands(pair: World) -> None:
    said = "**Steps to reproduce:**\n1. Open\n2. Export"
    described, public, private = refs = [pair.support.open(title="Export fails", priority="urgent") for _ in range(3)]
    await pair.sync()
    assert [await issue_of(pair, ref) for ref in refs] == ["", "", ""]
    pair.support.edit(described, description=said)
    pair.support.say(public, said, public=True)
    pair.support.say(private, said)
    await pair.sync()
    for ref in refs:
        [packet] = packets(pair, await issue_of(pair, ref))
        assert "### steps to reproduce\n\n> 1. Open\n> 2. Export" in packet
        assert "### Not known yet\n\n- impact: Who cannot work?" in packet
        assert len(notes(pair, ref)) == 1


async def test_our_own_question_is_no_answer(pair: World) -> None:
    ref = pair.support.open(title="Export fails", priority="urgent")
    await pair.sync()
    for _ in range(3):
        pair.support.say(ref, "Any news?", public=True)
        await pair.sync()
    assert await issue_of(pair, ref) == ""
    assert len(notes(pair, ref)) == 1


async def test_a_helpdesk_that_takes_no_private_note_keeps_the_ticket_waiting_not_stopped(url: str) -> None:
    open_desk = replace(HELPFUL, capabilities=HELPFUL.capabilities - {Capability.INTERNAL_COMMENTS})
    async with world(url, rules=rules(STEPS), support=open_desk) as pair:
        ref = pair.support.open(title="Export fails", priority="urgent")
        await pair.sync()
        [item] = await pair.parked()
        assert item.reason == "desk refuses the question for what is missing: every comment is public here"
        assert pair.support.ticket(ref).comments == []
        assert (await pair.link(ref)).state is LinkState.WATCHED
        pair.support.edit(ref, description="Steps to reproduce: export")
        await pair.sync()
        assert packets(pair, await issue_of(pair, ref))
        assert await pair.parked() == []


async def test_another_lack_is_told_anew_and_a_field_can_bring_it(pair: World) -> None:
    ref = pair.support.open(title="Export fails", priority="urgent")
    await pair.sync()
    pair.support.edit(ref, title="Outage of the export")
    await pair.sync()
    assert ["product" in note for note in notes(pair, ref)] == [False, True]
    pair.support.edit(ref, products=frozenset({"app"}), description="Schritte: Export öffnen")
    await pair.sync()
    [packet] = packets(pair, await issue_of(pair, ref))
    assert "### product\n\n> app" in packet
    assert "> Export öffnen" in packet


async def test_evidence_in_a_comment_counts_at_the_first_look(pair: World) -> None:
    ref = pair.support.open(title="Export fails", priority="urgent")
    pair.support.say(ref, "Steps to reproduce: open, export", public=True)
    await pair.sync()
    assert packets(pair, await issue_of(pair, ref))
    assert notes(pair, ref) == []


async def test_plan_and_why_say_that_it_is_held_and_by_what(pair: World) -> None:
    ref = pair.support.open(title="Export fails", priority="urgent")
    [planned] = await views.plan(pair.site, tickets=[ref])
    held = ("bad", False, "held in support, for the ticket does not say: `steps to reproduce`")
    assert planned.verdicts == (held,)
    assert [change.what for change in planned.changes if change.what in ("create", "note")] == ["note"]
    await pair.sync()
    [answer] = await views.why(pair.site, ref)
    assert answer.rules == (held,)
    pair.support.say(ref, "Steps to reproduce: open, export")
    [planned] = await views.plan(pair.site, tickets=[ref])
    assert planned.verdicts[0][1]
    assert [change.side.value for change in planned.changes if change.what == "note" and change.side] == ["engineering"]


async def test_a_ticket_that_no_rule_takes_costs_no_call_more(
    url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    costs = []
    other = f"sqlite:///{tmp_path_factory.mktemp('plain') / 'syncd.db'}"
    for place, mapped in ((url, rules(STEPS)), (other, replace(rules(), escalation=EscalationPolicy(SEVERITIES)))):
        async with world(place, rules=mapped) as made:
            ref = made.support.open(title="Export fails", priority="low")
            made.support.say(ref, "Hello", public=True)
            await made.sync()
            costs.append([entry.operation for entry in made.support.requests if entry.operation in COMMENTS])
    assert costs[0] == costs[1]


async def test_a_thread_that_is_looked_into_costs_one_call(pair: World) -> None:
    pair.support.open(title="Export fails", priority="urgent")
    await pair.deliver()
    await pair.workers.once()
    assert [entry.operation for entry in pair.support.requests if entry.operation in COMMENTS] == [
        "fetch",
        "fetch",
        "comment",
    ]


# --- handed over ------------------------------------------------------------------------------------------------------


async def test_the_packet_is_the_first_comment_internal_once_and_does_not_come_back(pair: World) -> None:
    ref = pair.support.open(title="Export fails", priority="urgent", description="Steps to reproduce: export")
    pair.support.say(ref, "Please hurry", public=True)
    await pair.sync()
    issue = await issue_of(pair, ref)
    pair.support.say(ref, "Still broken", public=True)
    pair.engineering.say(issue, "Looking")
    pair.clock.advance(7200)
    await pair.sync()
    first = pair.engineering.ticket(issue).comments[0]
    assert first.body.text in packets(pair, issue)
    assert len(packets(pair, issue)) == 1
    assert isinstance(first.body, Internal)
    assert "Severity: sev2 by rule urgent: priority is `p1`" in first.body.text
    assert "> Please hurry" in first.body.text
    assert not [one for one in pair.support.ticket(ref).comments if "Handoff" in one.body.text]
    assert "Handoff" not in str(pair.ticket(ref, "description"))


@pytest.mark.parametrize(
    ("tracker", "fault"),
    [(BLIND, LostAfter()), (TRACKER, LostBefore()), (BLIND, Unreachable())],
    ids=["blind, lost after", "lost before", "blind, unreachable"],
)
async def test_a_lost_answer_makes_no_second_packet_and_loses_none(url: str, tracker: object, fault: object) -> None:
    async with world(url, rules=rules(), engineering=tracker) as pair:  # type: ignore[arg-type]
        pair.engineering.plan.on("comment *", fault, times=1)  # type: ignore[arg-type]
        ref = pair.support.open(title="Export fails", priority="urgent")
        pair.support.say(ref, "Please hurry", public=True)
        for _ in range(3):
            await pair.sync()
            pair.clock.advance(300)
        issue = await issue_of(pair, ref)
        assert len(packets(pair, issue)) == 1
        assert packets(pair, issue)[0] == pair.engineering.ticket(issue).comments[0].body.text


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("point", ["H10", "H6", "H9"], ids=["not announced again", "not sent", "sent, not stored"])
async def test_a_death_between_the_issue_and_the_packet_forgets_neither(pair: World, point: str) -> None:
    ref = pair.support.open(title="Export fails", priority="urgent", description="Steps to reproduce: export")
    pair.support.say(ref, "Please hurry", public=True)
    passed = []

    def strike(name: str) -> None:
        passed.append(name)
        if passed.count(point) == 2:  # the first is the create's
            raise Killed

    with crash.watched(strike), pytest.raises(Killed):
        await pair.sync()
    issue = await issue_of(pair, ref)
    assert len(packets(pair, issue)) == (point == "H9")
    pair.clock.advance(3600)
    await pair.sync()
    [packet] = packets(pair, issue)
    assert "> Please hurry" in packet
    assert pair.engineering.ticket(issue).comments[0].body.text == packet


async def test_an_issue_that_was_there_before_the_policy_gets_none(url: str) -> None:
    async with world(url) as pair:
        ref, issue = await pair.linked()
        use(pair, rules(STEPS))
        pair.support.edit(ref, title="Export fails again")
        pair.clock.advance(3600)
        await pair.sync()
        assert pair.issue(issue, "title") == "Export fails again"
        assert packets(pair, issue) == []
        assert notes(pair, ref) == []


async def test_a_tracker_that_everybody_reads_never_gets_it_and_the_rest_goes_on(url: str) -> None:
    public = replace(TRACKER, capabilities=TRACKER.capabilities - {Capability.INTERNAL_COMMENTS})
    async with world(url, rules=rules(), engineering=public) as pair:
        ref = pair.support.open(title="Export fails", priority="urgent")
        pair.support.say(ref, "Please hurry", public=True)
        await pair.sync()
        issue = await issue_of(pair, ref)
        assert ["Please hurry" in one.body.text for one in pair.engineering.ticket(issue).comments] == [True]
        assert (await pair.link(ref)).state is LinkState.LINKED
        [item] = await pair.parked()
        assert (item.item, item.reason) == (
            "handoff packet",
            "tracker refuses the packet: every comment is public here",
        )
        assert any("handoff packet" in note for note in notes(pair, ref))
        before = len(pair.engineering.requests)
        pair.support.say(ref, "And now?", public=True)
        await pair.sync()
        assert len(await pair.parked()) == 1
        assert len([entry for entry in pair.engineering.requests[before:] if entry.outcome == "Rejected"]) == 0


async def test_a_template_that_fails_on_a_ticket_parks_alone_and_a_mended_one_is_sent(url: str) -> None:
    async with world(url, rules=rules(template=compiled("## Handoff from support {{ fields.tier }}"))) as pair:
        ref = pair.support.open(title="Export fails", priority="urgent")
        other = pair.support.open(title="Import fails", priority="low")
        pair.support.say(ref, "Please hurry", public=True)
        await pair.sync()
        issue = await issue_of(pair, ref)
        [item] = await pair.parked()
        assert item.item == "handoff packet"
        assert "tier" in item.reason
        assert any("Please hurry" in one.body.text for one in pair.engineering.ticket(issue).comments)
        use(pair, rules(template=compiled("## Handoff from support {{ fields.tier | default('no tier') }}")))
        pair.support.edit(ref, title="Export fails again")
        pair.support.edit(other, priority="urgent")
        await pair.sync()
        assert packets(pair, issue) == ["## Handoff from support no tier"]
        assert packets(pair, await issue_of(pair, other)) == ["## Handoff from support no tier"]
        assert await pair.parked() == []


async def test_retry_sends_what_was_refused(url: str) -> None:
    private = TRACKER
    public = replace(private, capabilities=private.capabilities - {Capability.INTERNAL_COMMENTS})
    async with world(url, rules=rules(), engineering=public) as pair:
        ref = pair.support.open(title="Export fails", priority="urgent")
        await pair.sync()
        pair.connectors["tracker"].capabilities = private.capabilities  # type: ignore[misc]  # it became private
        link = await pair.link(ref)
        await operate.retry(pair.site, [link.id])
        await pair.sync()
        assert len(packets(pair, link.refs.engineering or "")) == 1
        assert await pair.parked() == []


# --- redacted ---------------------------------------------------------------------------------------------------------

KINDS = ("secrets", "cards", "ids", "email", "phone")
PLANTS = {
    "secrets": [*((text, text) for text in SECRETS), *((before + secret, secret) for before, secret in ANNOUNCED)],
    "cards": [(text, text) for text in (*CARDS, *GROUPED, *IBANS)],
    "ids": [(text, text) for text in IDS],
    "email": [(text, text) for text in EMAILS],
    "phone": [(text, text) for text in PHONES],
}


def planted(number: int) -> dict[str, tuple[str, str]]:
    """For one ticket: of each kind one thing, as it is written and what must not survive."""
    return {kind: PLANTS[kind][number % len(PLANTS[kind])] for kind in KINDS}


async def test_forty_tickets_with_planted_things_cross_with_none_left_and_with_the_count(url: str) -> None:
    async with world(url, rules=replace(rules(phone=True), comments=()), support=HELPFUL) as pair:
        refs = []
        for number in range(40):
            plants = planted(number)
            ref = pair.support.open(
                title=f"Call {plants['phone'][0]} about it",
                priority="urgent",
                description=f"Mine: {plants['secrets'][0]}\n\nand **{plants['ids'][0]}**",
            )
            paid = f"I paid with {plants['cards'][0]}, again: {plants['cards'][0]}"
            pair.support.say(ref, f"> {plants['email'][0]} wrote\n\n{paid}\n\n```\n{plants['secrets'][0]}\n```")
            refs.append(ref)
        await pair.sync()
        for number, ref in enumerate(refs):
            [packet] = packets(pair, await issue_of(pair, ref))
            for kind, (_, gone) in planted(number).items():
                assert bare(gone) not in bare(packet), (kind, gone)
            assert (
                "1 secrets, 1 cards and accounts, 1 identity numbers, 1 e-mail addresses, 1 telephone numbers" in packet
            )
            assert "Removed from this text: 5 (" in packet
