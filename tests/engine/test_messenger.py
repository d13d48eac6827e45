"""People outside of the two tickets in a running daemon: told once, redacted, bundled, and never a stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from syncd.channels.config import ChannelConfig, EmailConfig, SlackConfig, WebhookConfig
from syncd.channels.opened import opened
from syncd.channels.port import Channel, Outgoing
from syncd.core.conditions import AnyOf, Condition
from syncd.core.contract import ClockName, Contract, Target
from syncd.core.hours import ALWAYS, Hours, Span
from syncd.core.mapping import Mapping
from syncd.core.milestones import Happened
from syncd.core.policy import EscalationPolicy
from syncd.core.severity import Severity, SeverityPolicy
from syncd.core.telling import Addressed, Audience, Telling, TellRule, Through
from syncd.engine import clocks, messenger, views
from syncd.engine.poll import poll_once
from syncd.mapping.templates import shipped
from syncd.sdk.errors import Unavailable
from syncd.store import audit, links, messages, milestones
from syncd.store.records import MessageRow, MessageState
from syncd.store.store import Store
from tests.channels.receivers import HttpReceiver, http_receiver, smtp_receiver
from tests.engine.world import World, mapping, world

S = MessageState
SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
MINUTE = timedelta(minutes=1)
CONTRACT = Contract({Severity.SEV1: (Target(ClockName.ACCEPT, 30 * MINUTE, ALWAYS),)})
TWO_CLOCKS = Contract(
    {Severity.SEV1: tuple(Target(name, 30 * MINUTE, ALWAYS) for name in (ClockName.ACCEPT, ClockName.FIX))}
)
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Hours("office", BERLIN, ((Span(timedelta(hours=9), timedelta(hours=17)),),) * 7)


def rule(name: str = "to engineering", *to: Through | Addressed, **changes: object) -> TellRule:
    audience = changes.get("audience", Audience.AGENT)
    standard = shipped(f"tell_{audience}")
    made = TellRule(
        name=name,
        happened=frozenset({Happened.ESCALATED}),
        to=to or (Through("out"),),
        audience=Audience.AGENT,
        template=standard,
        standard=standard,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def told(*rules: TellRule, contract: Contract = CONTRACT) -> Mapping:
    always = SeverityPolicy(default=Severity.SEV1)
    return mapping(escalation=EscalationPolicy(always, contract, telling=Telling(rules)))


def slack(receiver: HttpReceiver) -> ChannelConfig:
    return SlackConfig(url=SecretStr(f"{receiver.url}/services/T0/B0/hush"), timeout=timedelta(seconds=1))


def webhook(receiver: HttpReceiver) -> ChannelConfig:
    return WebhookConfig(url=f"{receiver.url}/hook", secret=SecretStr(SECRET), timeout=timedelta(seconds=1))


@asynccontextmanager
async def telling(
    url: str, rules: Mapping, config: Callable[[HttpReceiver], ChannelConfig] = webhook
) -> AsyncIterator[tuple[World, HttpReceiver]]:
    """A world whose channel `out` ends at a receiver."""
    async with http_receiver() as receiver, world(url, rules=rules) as pair:
        pair.site.channels = opened({"out": config(receiver)}, secret=b"tests")
        try:
            yield pair, receiver
        finally:
            for channel in pair.site.channels.values():
                await channel.aclose()


async def rows(pair: World) -> list[MessageRow]:
    found = await pair.store.read(links.list_links)
    return [row for link in found for row in await pair.store.read(lambda c, of=link.id: messages.of(c, of))]  # type: ignore[misc]


async def states(pair: World) -> list[MessageState]:
    return [row.state for row in await rows(pair)]


# --- once -------------------------------------------------------------------------------------------------------------


async def test_a_fact_is_told_once_however_often_it_is_looked_at(store_url: str) -> None:
    async with telling(store_url, told(rule())) as (pair, receiver):
        ref, _ = await pair.linked()
        for _ in range(3):
            await messenger.send_due(pair.site)
            pair.support.edit(ref, title="Export fails badly")
            await pair.sync()
        [(target, headers, _)] = receiver.got
        [body] = receiver.bodies
        assert target == "/hook"
        assert body["type"] == "escalation.escalated"
        assert body["data"]["subject"] == "SEV1 HELP-1: it went to engineering"
        assert body["data"]["events"][0]["ticket"]["title"] == "Export fails"
        assert headers["webhook-id"].startswith("sy")
        assert await states(pair) == [S.SENT]


async def test_without_rules_nothing_is_kept_or_sent(url: str) -> None:
    plain = mapping(escalation=EscalationPolicy(SeverityPolicy(default=Severity.SEV1), CONTRACT))
    async with telling(url, plain) as (pair, receiver):
        await pair.linked()
        assert await messenger.send_due(pair.site) == 0
        assert (await rows(pair), receiver.got) == ([], [])


async def test_a_rule_tells_nothing_of_facts_that_were_there_before_it(url: str) -> None:
    async with telling(url, told()) as (pair, receiver):
        ref, _ = await pair.linked()
        new = told(rule(happened=frozenset({Happened.ESCALATED, Happened.BREACHED})))
        pair.site.mappings = {new.name: new}
        pair.support.edit(ref, title="Export fails badly")
        await pair.sync()
        await messenger.send_due(pair.site)
        assert receiver.got == []
        pair.clock.advance(31 * 60)
        await clocks.ring(pair.site)
        await pair.sync()
        await messenger.send_due(pair.site)
        assert [body["type"] for body in receiver.bodies] == ["escalation.breached"]
        assert "engineering has neither taken nor returned it" in receiver.texts[0]


async def test_each_rule_and_each_recipient_has_a_message_of_its_own(url: str) -> None:
    both = told(rule("one", Through("out"), Through("out")), rule("two", Through("out"), Through("gone")))
    async with telling(url, both) as (pair, receiver):
        await pair.linked()
        await messenger.send_due(pair.site)
        assert [row.recipient for row in await rows(pair)] == ["out", "out", "gone"]
        assert len(receiver.got) == 2


async def test_the_message_and_its_fact_are_kept_together_or_not_at_all(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes wrong between them takes both back, and the next run makes both."""

    def broken(*_: object) -> bool:
        raise Unavailable("something between them")

    async with telling(url, told(rule())) as (pair, receiver):
        ref = pair.support.open(title="Export fails", priority="urgent")
        with monkeypatch.context() as patch:
            patch.setattr("syncd.engine.outbox.rows.add", broken)
            await poll_once(pair.site, pair.connectors["desk"])
            await pair.workers.once()
        link = await pair.link(ref)
        assert await pair.store.read(lambda c: milestones.of(c, link.id)) == []
        pair.clock.advance(3600)
        await pair.sync()
        assert await pair.store.read(lambda c: milestones.of(c, link.id)) != []
        await messenger.send_due(pair.site)
        assert len(receiver.got) == 1


# --- a process that dies ----------------------------------------------------------------------------------------------


async def test_what_was_kept_and_not_sent_is_sent_after_a_restart(url: str) -> None:
    async with http_receiver() as receiver:
        async with world(url, rules=told(rule())) as pair:
            await pair.linked()
            site, clock = pair.site, pair.clock
        site.store = await Store.open(url, now=clock)
        site.channels = opened({"out": webhook(receiver)}, secret=b"tests")
        assert await messenger.send_due(site) == 1
        assert await messenger.send_due(site) == 0
        assert len(receiver.got) == 1
        await site.channels["out"].aclose()
        await site.store.aclose()


async def killed_while_sending(pair: World, receiver: HttpReceiver) -> None:
    """The request is out, the answer never comes, the process ends."""
    receiver.status = 0
    sending = asyncio.create_task(messenger.send_due(pair.site))
    while not receiver.got:
        await asyncio.sleep(0.01)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    receiver.status = 200
    assert await states(pair) == [S.SENDING]


async def test_in_doubt_it_is_sent_again_with_its_id_where_the_receiver_can_tell(url: str) -> None:
    async with telling(url, told(rule())) as (pair, receiver):
        await pair.linked()
        await killed_while_sending(pair, receiver)
        await messenger.send_due(pair.site)
        assert len(receiver.got) == 1  # another daemon may still be at it
        pair.clock.advance(121)
        await messenger.send_due(pair.site)
        first, second = [headers["webhook-id"] for _, headers, _ in receiver.got]
        assert first == second
        assert await states(pair) == [S.SENT]


async def test_in_doubt_it_waits_for_a_person_where_the_receiver_cannot_tell(url: str) -> None:
    async with telling(url, told(rule()), slack) as (pair, receiver):
        await pair.linked()
        await killed_while_sending(pair, receiver)
        pair.clock.advance(121)
        await messenger.send_due(pair.site)
        assert len(receiver.got) == 1
        [item] = await pair.parked()
        assert item.reason.startswith("out: it may have been sent: syncd ended while it was: SEV1 ")
        assert "`syncd retry --channel out` sends it again" in item.remedy
        assert (await views.status(pair.site)).waiting.parked == {"message": 1}
        await messenger.retry(pair.site, "out")
        await messenger.send_due(pair.site)
        assert len(receiver.got) == 2
        assert await pair.parked() == []


async def test_no_answer_is_a_doubt_too(url: str) -> None:
    async with telling(url, told(rule()), slack) as (pair, receiver):
        await pair.linked()
        receiver.status = 0
        await messenger.send_due(pair.site)
        assert await states(pair) == [S.PARKED]
        await messenger.forget(pair.site, "out")
        receiver.status = 200
        await messenger.send_due(pair.site)
        assert len(receiver.got) == 1
        assert await states(pair) == [S.FORGOTTEN]
        assert await pair.parked() == []


# --- receivers that refuse --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 404, 410, 302])
async def test_a_channel_that_refuses_is_parked_and_loses_nothing(url: str, status: int) -> None:
    async with telling(url, told(rule()), slack) as (pair, receiver):
        await pair.linked()
        receiver.status = status
        for _ in range(3):
            await messenger.send_due(pair.site)
            pair.clock.advance(600)
        assert len(receiver.got) == 1
        [item] = await pair.parked()
        assert (item.scope.value, item.item) == ("channel", "out")
        assert "`syncd retry --channel out`" in item.remedy
        receiver.status = 200
        await messenger.retry(pair.site, "out")
        await messenger.send_due(pair.site)
        assert await states(pair) == [S.SENT]
        assert await pair.parked() == []


async def test_a_channel_whose_settings_changed_is_tried_by_itself(url: str) -> None:
    async with telling(url, told(rule()), slack) as (pair, receiver):
        await pair.linked()
        receiver.status = 404
        await messenger.send_due(pair.site)
        receiver.status = 200
        await pair.site.channels["out"].aclose()
        mended = SlackConfig(url=SecretStr(f"{receiver.url}/services/T0/B0/other"))
        pair.site.channels = opened({"out": mended}, secret=b"tests")
        await messenger.send_due(pair.site)
        assert await states(pair) == [S.SENT]
        assert await pair.parked() == []


async def test_one_that_refuses_stops_neither_runs_nor_other_channels(url: str) -> None:
    both = told(rule("bad", Through("bad")), rule())
    async with telling(url, both) as (pair, receiver), http_receiver() as bad:
        bad.status = 500
        pair.site.channels = {**pair.site.channels, **opened({"bad": webhook(bad)}, secret=b"tests")}
        ref, issue = await pair.linked()
        await messenger.send_due(pair.site)
        pair.support.edit(ref, title="Export fails badly")
        await pair.sync()
        assert pair.issue(issue, "title") == "Export fails badly"
        assert (len(receiver.got), len(bad.got)) == (1, 1)


class Faulty(Channel):
    """A channel with a bug."""

    knows_repeats = True

    async def send(self, message: Outgoing) -> str:
        raise ValueError("a bug")

    def shown(self, message: Outgoing) -> str:
        return message.text

    async def aclose(self) -> None:
        pass


async def test_a_bug_in_a_channel_stops_neither_and_is_not_tried_for_ever(url: str) -> None:
    async with telling(url, told(rule("bad", Through("bad")), rule())) as (pair, receiver):
        pair.site.channels = {"bad": Faulty("bad", fingerprint=""), **pair.site.channels}
        await pair.linked()
        await messenger.send_due(pair.site)
        assert len(receiver.got) == 1
        assert sorted(state.value for state in await states(pair)) == ["parked", "sent"]


async def test_what_cannot_go_out_now_is_tried_later_and_ever_later(url: str) -> None:
    async with telling(url, told(rule())) as (pair, receiver):
        await pair.linked()
        receiver.status, waits = 503, []
        for _ in range(8):
            await messenger.send_due(pair.site)
            [row] = await rows(pair)
            waits.append((row.due - pair.clock()).total_seconds())
            pair.clock.advance(waits[-1])
        assert len(receiver.got) == 8
        assert 7 < waits[0] <= 15
        assert all(before / 2 <= after <= before * 4 for before, after in pairwise(waits))
        assert waits[-1] > 15 * waits[0]
        assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1
        receiver.status = 200
        pair.clock.advance(3600)
        await messenger.send_due(pair.site)
        assert await states(pair) == [S.SENT]


async def test_what_can_never_go_out_is_parked_at_last(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messenger, "TRIES", 2)
    async with telling(url, told(rule())) as (pair, receiver):
        await pair.linked()
        receiver.status = 503
        for _ in range(4):
            await messenger.send_due(pair.site)
            pair.clock.advance(3600)
        assert len(receiver.got) == 2
        assert await states(pair) == [S.PARKED]


async def test_a_receiver_that_asks_for_time_gets_it(url: str) -> None:
    async with telling(url, told(rule())) as (pair, receiver):
        await pair.linked()
        receiver.status, receiver.headers = 429, {"retry-after": "300"}
        await messenger.send_due(pair.site)
        [row] = await rows(pair)
        assert timedelta(seconds=290) < row.due - pair.clock() <= timedelta(seconds=310)


async def test_a_message_that_is_refused_is_parked_alone(url: str) -> None:
    both = told(rule("one"), rule("two"))
    async with telling(url, both) as (pair, receiver):
        await pair.linked()
        receiver.status = 400
        await messenger.send_due(pair.site)
        assert len(receiver.got) == 2
        assert [item.scope.value for item in await pair.parked()] == ["message", "message"]


async def test_messages_for_a_channel_that_is_gone_do_not_wait_without_a_word(url: str) -> None:
    async with telling(url, told(rule("one", Through("gone")))) as (pair, _):
        await pair.linked()
        await messenger.send_due(pair.site)
        [item] = await pair.parked()
        assert (item.item, item.reason) == ("gone", "no channel of the config is called so")


# --- many at once -----------------------------------------------------------------------------------------------------


async def test_many_at_one_moment_are_one_message_that_lists_them(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messenger, "LISTED", 4)
    async with telling(url, told(rule())) as (pair, receiver):
        for number in range(7):
            pair.support.open(title=f"Export {number} fails", priority="urgent")
        await pair.sync()
        await messenger.send_due(pair.site)
        [body] = receiver.bodies
        assert body["type"] == "escalation.digest"
        assert body["data"]["subject"] == "7 messages: to engineering"
        assert body["data"]["text"].count("it went to engineering") == 4
        assert body["data"]["text"].endswith("and 3 more")
        assert len({event["ticket"]["label"] for event in body["data"]["events"]}) == 7
        assert set(await states(pair)) == {S.SENT}


async def test_a_stream_of_them_is_five_and_then_one_each_minute(url: str) -> None:
    async with telling(url, told(rule())) as (pair, receiver):
        for number in range(4):
            for each in range(3):
                pair.support.open(title=f"Export {number}{each} fails", priority="urgent")
            await pair.sync()
            await messenger.send_due(pair.site)
        assert [body["type"] for body in receiver.bodies] == ["escalation.escalated"] * 5
        pair.clock.advance(61)
        await messenger.send_due(pair.site)
        assert receiver.bodies[-1]["data"]["subject"] == "7 messages: to engineering"
        assert set(await states(pair)) == {S.SENT}


async def test_two_breaches_in_the_same_second_are_two_facts(url: str) -> None:
    async with telling(url, told(rule(happened=frozenset({Happened.BREACHED})), contract=TWO_CLOCKS)) as (
        pair,
        receiver,
    ):
        await pair.linked()
        pair.clock.advance(1801)
        await clocks.ring(pair.site)
        await pair.sync()
        await messenger.send_due(pair.site)
        assert sorted(event["fact"]["detail"] for body in receiver.bodies for event in body["data"]["events"]) == [
            "accept",
            "fix",
        ]


async def test_a_rule_for_one_clock_tells_of_that_clock_alone(url: str) -> None:
    only = rule(happened=frozenset({Happened.BREACHED}), clocks=frozenset({ClockName.FIX}))
    async with telling(url, told(only, contract=TWO_CLOCKS)) as (pair, _):
        await pair.linked()
        pair.clock.advance(1801)
        await clocks.ring(pair.site)
        await pair.sync()
        assert [row.event["fact"]["detail"] for row in await rows(pair)] == ["fix"]


# --- quiet hours ------------------------------------------------------------------------------------------------------


def at(pair: World, local: str) -> None:
    """Set the clock to a moment of Berlin."""
    wanted = datetime.fromisoformat(local).replace(tzinfo=BERLIN)
    pair.clock.advance((wanted - pair.clock()).total_seconds())


@pytest.mark.parametrize(
    ("night", "morning"),
    [
        ("2026-03-28T22:00", "2026-03-29T07:00+00:00"),  # the clocks go forward: nine is seven in UTC
        ("2026-10-24T22:00", "2026-10-25T08:00+00:00"),  # they go back: nine is eight
    ],
)
async def test_what_happens_at_night_is_told_when_the_hours_begin(url: str, night: str, morning: str) -> None:
    async with telling(url, told(rule(quiet=OFFICE))) as (pair, receiver):
        at(pair, night)
        await pair.linked()
        [row] = await rows(pair)
        assert row.due == datetime.fromisoformat(morning)
        await messenger.send_due(pair.site)
        pair.clock.advance((row.due - pair.clock()).total_seconds() - 1)
        assert await messenger.send_due(pair.site) == 0
        pair.clock.advance(1)
        await messenger.send_due(pair.site)
        assert len(receiver.got) == 1


async def test_some_severities_are_told_at_night(url: str) -> None:
    loud = rule(quiet=OFFICE, even_at_night=frozenset({Severity.SEV1}))
    async with telling(url, told(loud)) as (pair, receiver):
        at(pair, "2026-03-28T22:00")
        await pair.linked()
        await messenger.send_due(pair.site)
        assert len(receiver.got) == 1


async def test_what_could_not_go_out_by_day_does_not_go_out_at_night(url: str) -> None:
    async with telling(url, told(rule(quiet=OFFICE))) as (pair, receiver):
        at(pair, "2026-03-27T16:59")
        await pair.linked()
        receiver.status = 503
        at(pair, "2026-03-27T17:30")
        assert await messenger.send_due(pair.site) == 0
        at(pair, "2026-03-28T09:00")
        receiver.status = 200
        await messenger.send_due(pair.site)
        assert len(receiver.got) == 1


# --- conditions -------------------------------------------------------------------------------------------------------


async def test_a_rule_asks_for_severity_and_fields(url: str) -> None:
    low = Condition("labels", (AnyOf(frozenset({"vip"})),))
    rules = told(rule("vip", when=(low,)), rule("sev2", severities=frozenset({Severity.SEV2})))
    async with telling(url, rules) as (pair, _):
        pair.support.open(title="One", priority="urgent", labels=frozenset({"vip"}))
        pair.support.open(title="Two", priority="urgent")
        await pair.sync()
        assert [(row.rule, row.event["ticket"]["title"]) for row in await rows(pair)] == [("vip", "One")]


# --- mail -------------------------------------------------------------------------------------------------------------


async def test_mail_goes_to_the_address_of_the_rule(url: str) -> None:
    with smtp_receiver() as server:
        async with world(url, rules=told(rule("lead", Addressed("mail", "lead@acme.example")))) as pair:
            config = EmailConfig.model_validate(
                {"host": "127.0.0.1", "port": server.port, "security": "none", "from": "syncd@acme.example"}
            )
            pair.site.channels = opened({"mail": config}, secret=b"tests")
            await pair.linked()
            await messenger.send_due(pair.site)
            [mail] = server.got
            assert server.recipients == [["lead@acme.example"]]
            assert mail["Subject"] == "SEV1 HELP-1: it went to engineering"
            assert await states(pair) == [S.SENT]


async def test_the_audit_tells_what_was_sent(url: str) -> None:
    async with telling(url, told(rule())) as (pair, _):
        await pair.linked()
        await messenger.send_due(pair.site)
        kinds = [row.entry.kind for row in await pair.store.read(lambda c: audit.page(c, limit=100))]
        assert kinds.count("message.sent") == 1
