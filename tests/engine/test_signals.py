"""Signals in a running daemon: each raises a ticket, says why, costs nothing where nobody asks, survives a restart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from syncd.core.model import Visibility
from syncd.engine import clocks, views
from syncd.store import standings
from syncd.store.records import LinkState
from tests.engine.listening import calls, reason, rules, severity, use
from tests.engine.world import World, world

FEELING = """
severities:
  sev1: {rules: [{name: leaves, churn: true}]}
  sev2: {rules: [{name: angry, when: {sentiment: {at_most: -4}}}]}
default: sev4
"""
OFTEN = """
severities:
  sev2:
    rules:
      - {name: again and again, when: {repeated: {at_least: 3}}}
      - {name: nobody answers, when: {unanswered: {at_least: 2}}}
default: sev4
signals: {repeated: {by: requester.domain, within: 7d}}
"""
SLEEPS = """
severities:
  sev1: {rules: [{name: forgotten, when: {idle: {at_least: 48}}}]}
  sev2: {rules: [{name: lies, when: {idle: {at_least: 24}}}, {name: soon due, when: {sla_risk: {at_most: 4}}}]}
default: sev4
signals: {sla: due}
"""
NOTHING = "severities: {sev1: {rules: [{name: outage, when: {title: {words: [outage]}}}]}}\ndefault: sev4\n"


@pytest.fixture
async def desk(url: str) -> AsyncIterator[World]:
    async with world(url) as made:
        for name, domain in (("kim", "acme.example"), ("lee", "acme.example"), ("mia", "other.example")):
            made.support.person(name, name=name.capitalize(), email=f"{name}@{domain}")
        yield made


# --- how it sounds ----------------------------------------------------------------------------------------------------


async def test_an_angry_ticket_is_worse_and_the_audit_names_the_words(desk: World, tmp_path: Path) -> None:
    use(desk, rules(tmp_path, FEELING))
    calm = desk.support.open(title="How do I export?", by="kim")
    angry = desk.support.open(title="Unacceptable", description="We are still waiting.", by="kim")
    await desk.sync()
    assert await severity(desk, calm) == ("sev4", "default")
    assert await severity(desk, angry) == ("sev2", "angry")
    assert await reason(desk, angry) == "sentiment is `-6` (unacceptable -4, still waiting -2)"
    assert (await desk.link(angry)).state is LinkState.LINKED


async def test_the_customers_own_public_comments_count_and_nobody_elses(desk: World, tmp_path: Path) -> None:
    use(desk, rules(tmp_path, FEELING))
    ref = desk.support.open(title="Export", by="kim")
    await desk.sync()
    desk.support.say(ref, "Customer is furious, terrible, unacceptable", public=False, by="bo")
    desk.support.say(ref, "Furious, terrible, unacceptable", public=False, by="kim")
    desk.support.say(ref, "We are furious too, this is terrible", public=True, by="bo")
    desk.support.say(ref, "> this is terrible and unacceptable\n\nOk", public=True, by="kim")
    await desk.sync()
    assert await severity(desk, ref) == ("sev4", "default")
    desk.support.say(ref, "I am furious by now", public=True, by="kim")
    await desk.sync()
    assert await severity(desk, ref) == ("sev2", "angry")


async def test_what_a_comment_said_counts_when_only_the_fields_are_read_again(desk: World, tmp_path: Path) -> None:
    use(desk, rules(tmp_path, FEELING))
    ref = desk.support.open(title="Export", by="kim")
    desk.support.say(ref, "Unacceptable!", public=True, by="kim")
    await desk.sync()
    desk.support.edit(ref, by="bo", priority="low")
    await desk.sync()
    assert await severity(desk, ref) == ("sev2", "angry")


async def test_whoever_threatens_to_leave_is_escalated_at_once(desk: World, tmp_path: Path) -> None:
    use(desk, rules(tmp_path, FEELING))
    stays = desk.support.open(title="We do not want to cancel our contract", by="kim")
    ref = desk.support.open(title="Export", by="kim")
    await desk.sync()
    desk.support.say(ref, "Then we will cancel our contract.", public=True, by="kim")
    await desk.sync()
    assert await severity(desk, stays) == ("sev4", "default")
    assert await severity(desk, ref) == ("sev1", "leaves")
    assert await reason(desk, ref) == "churn is `cancel our contract`"
    [answer] = await views.why(desk.site, ref)
    assert "churn is `cancel our contract`" in [step.detail for step in answer.steps]


async def test_plan_and_why_say_the_same_and_store_nothing(desk: World, tmp_path: Path) -> None:
    use(desk, rules(tmp_path, FEELING))
    ref = desk.support.open(title="Unacceptable", by="kim")
    [planned] = await views.plan(desk.site, tickets=[ref])
    assert [(change.after, change.rule) for change in planned.changes if change.what == "severity"] == [
        ("sev2", "angry")
    ]
    [answer] = await views.why(desk.site, ref)
    assert answer.rules == (("bad", True, "all conditions hold"),)


def notes(on: World, side: str, ref: str) -> list[str]:
    """What syncd told the people of a side."""
    vendor = on.support if side == "desk" else on.engineering
    return [one.body.text for one in vendor.ticket(ref).comments if one.author.id == "syncd" and one.key]


@pytest.mark.parametrize(
    ("text", "fields", "said"),
    [
        (FEELING, {"title": "Unacceptable"}, "This is sev2 by rule `angry`: sentiment is `-4` (unacceptable -4)."),
        (FEELING, {"title": "We want a refund"}, "This is sev1 by rule `leaves`: churn is `want a refund`."),
        (
            OFTEN.replace("at_least: 3", "at_least: 1"),
            {"title": "Export"},
            "This is sev2 by rule `again and again`: repeated is `1` (tickets of `acme.example` in 7 days).",
        ),
    ],
)
async def test_both_tickets_are_told_once_and_internally_what_made_it_worse(
    desk: World, tmp_path: Path, text: str, fields: dict[str, str], said: str
) -> None:
    use(desk, rules(tmp_path, text))
    ref = desk.support.open(**fields, by="kim")
    await desk.sync()
    issue = (await desk.link(ref)).refs.engineering or ""
    desk.support.edit(ref, by="bo", priority="low")
    await desk.sync()
    for side, where in (("desk", ref), ("tracker", issue)):
        assert notes(desk, side, where).count(said) == 1
    on_ticket = [one for one in desk.support.ticket(ref).comments if said in one.body.text]
    assert [one.body.visibility for one in on_ticket] == [Visibility.INTERNAL]


# --- how often --------------------------------------------------------------------------------------------------------


async def test_the_third_ticket_of_an_organisation_in_a_week_is_worse(desk: World, tmp_path: Path) -> None:
    use(desk, rules(tmp_path, OFTEN))
    old = desk.support.open(title="Old", by="kim")
    await desk.sync()
    desk.clock.advance(timedelta(days=8))
    first, other = desk.support.open(title="1", by="kim"), desk.support.open(title="x", by="mia")
    await desk.sync()
    second = desk.support.open(title="2", by="lee")
    await desk.sync()
    third = desk.support.open(title="3", by="lee")
    await desk.sync()
    for ref in (old, first, other, second):
        assert await severity(desk, ref) == ("sev4", "default")
    assert await severity(desk, third) == ("sev2", "again and again")
    assert await reason(desk, third) == "repeated is `3` (tickets of `acme.example` in 7 days)"


async def test_a_customer_whom_nobody_answers_is_worse_until_somebody_does(desk: World, tmp_path: Path) -> None:
    use(desk, rules(tmp_path, OFTEN))
    ref = desk.support.open(title="Export", by="kim")
    await desk.sync()
    for text in ("Hello?", "Anybody?"):
        desk.clock.advance(60)
        desk.support.say(ref, text, public=True, by="kim")
    desk.support.say(ref, "An internal word is no answer", by="bo")
    await desk.sync()
    assert await severity(desk, ref) == ("sev2", "nobody answers")
    desk.clock.advance(60)
    desk.support.say(ref, "Here I am", public=True, by="bo")
    await desk.sync()
    assert await severity(desk, ref) == ("sev4", "default")


# --- time -------------------------------------------------------------------------------------------------------------


async def ring(on: World) -> int:
    rang = await clocks.ring(on.site)
    await on.workers.once()
    return rang


async def test_a_ticket_that_lies_rings_by_itself_and_once_for_each_rule(desk: World, tmp_path: Path) -> None:
    use(desk, rules(tmp_path, SLEEPS))
    ref = desk.support.open(title="Export", by="kim")
    await desk.sync()
    asked = len(calls(desk))
    desk.clock.advance(timedelta(hours=23))
    assert await ring(desk) == 0
    assert len(calls(desk)) == asked
    desk.clock.advance(timedelta(hours=1))
    assert await ring(desk) == 1
    assert await severity(desk, ref) == ("sev2", "lies")
    assert (await reason(desk, ref)).startswith("idle is `24.00` (nothing since ")
    assert await ring(desk) == 0
    await desk.sync()
    desk.clock.advance(timedelta(hours=24))
    assert await ring(desk) == 1
    assert await severity(desk, ref) == ("sev1", "forgotten")


async def test_an_answer_that_nobody_told_of_is_read_before_a_ticket_is_called_forgotten(
    desk: World, tmp_path: Path
) -> None:
    use(desk, rules(tmp_path, SLEEPS))
    ref = desk.support.open(title="Export", by="kim")
    await desk.sync()
    desk.clock.advance(timedelta(hours=20))
    desk.support.say(ref, "We are at it", by="bo")
    desk.support.take_webhooks()
    desk.clock.advance(timedelta(hours=5))
    await ring(desk)
    assert await severity(desk, ref) == ("sev4", "default")
    desk.clock.advance(timedelta(hours=19))
    assert await ring(desk) == 1
    assert await severity(desk, ref) == ("sev2", "lies")


async def test_a_restart_in_the_middle_changes_no_moment(url: str, tmp_path: Path, desk: World) -> None:
    use(desk, rules(tmp_path, SLEEPS))
    ref = desk.support.open(title="Export", by="kim")
    await desk.sync()
    desk.clock.advance(timedelta(hours=30))  # nobody runs while the moment passes
    again = World(desk.store, rules(tmp_path, SLEEPS), desk.support, desk.engineering)
    await clocks.wind_up(again.site)
    assert await ring(again) == 1
    assert await severity(again, ref) == ("sev2", "lies")


async def test_a_rule_about_time_that_is_new_rings_for_tickets_that_are_known(desk: World, tmp_path: Path) -> None:
    use(desk, rules(tmp_path, FEELING))
    ref = desk.support.open(title="Export", by="kim")
    await desk.sync()
    use(desk, rules(tmp_path, SLEEPS))
    await clocks.wind_up(desk.site)
    await ring(desk)
    desk.clock.advance(timedelta(hours=25))
    await ring(desk)
    assert await severity(desk, ref) == ("sev2", "lies")


async def test_what_is_done_is_never_idle(desk: World, tmp_path: Path) -> None:
    use(desk, rules(tmp_path, SLEEPS))
    ref = desk.support.open(title="Export", status="solved", by="kim")
    await desk.sync()
    desk.clock.advance(timedelta(days=9))
    assert await ring(desk) == 0
    assert await severity(desk, ref) == ("sev4", "default")


async def test_a_linked_ticket_counts_the_steps_of_both_sides(desk: World, tmp_path: Path) -> None:
    text = SLEEPS.replace("default: sev4", "default: sev2")
    use(desk, rules(tmp_path, text))
    ref = desk.support.open(title="Export", by="kim")
    await desk.sync()
    issue = (await desk.link(ref)).refs.engineering or ""
    desk.clock.advance(timedelta(hours=40))
    desk.engineering.say(issue, "Reproduced", by="eve")
    await desk.sync()
    desk.clock.advance(timedelta(hours=47))
    await ring(desk)
    assert (await severity(desk, ref))[0] == "sev2"
    desk.clock.advance(timedelta(hours=1))
    await ring(desk)
    assert await severity(desk, ref) == ("sev1", "forgotten")


async def test_an_sla_that_is_about_to_break_rings_before_it_does(desk: World, tmp_path: Path) -> None:
    use(desk, rules(tmp_path, SLEEPS))
    due = desk.clock() + timedelta(hours=10)
    ref = desk.support.open(title="Export", by="kim", due=due)
    await desk.sync()
    desk.clock.advance(timedelta(hours=5))
    assert await ring(desk) == 0
    desk.clock.advance(timedelta(hours=1))
    assert await ring(desk) == 1
    assert await severity(desk, ref) == ("sev2", "soon due")


# --- what it costs ----------------------------------------------------------------------------------------------------


async def test_where_no_rule_asks_nothing_is_read_stored_or_told_more(desk: World, tmp_path: Path) -> None:
    use(desk, rules(tmp_path, NOTHING))
    ref = desk.support.open(title="Unacceptable", by="kim")
    desk.support.say(ref, "We will cancel our contract", public=True, by="kim")
    await desk.sync()
    link = await desk.link(ref)
    assert calls(desk).count("fetch") == 1
    assert await desk.store.read(lambda c: standings.of(c, link.id)) is None
    assert link.rings_at is None


async def test_what_a_ticket_was_is_kept_for_the_numbers(desk: World, tmp_path: Path) -> None:
    use(desk, rules(tmp_path, OFTEN))
    ref = desk.support.open(title="Export", by="kim")
    await desk.sync()
    link = await desk.link(ref)
    kept = await desk.store.read(lambda c: standings.signals_of(c, link.id))
    assert kept == {"repeated": "1", "unanswered": "0"}
