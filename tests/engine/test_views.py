"""What a page and a command show is true, names the way out, and looking at it writes nothing anywhere."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from syncd.core.lens import ChoiceLens
from syncd.core.mapping import FieldRule, Owner
from syncd.core.model import Kind, Pair
from syncd.engine import operate, pulse, views
from syncd.engine.callers import WELL, Told
from syncd.engine.health import LATE, examine
from syncd.engine.pulse import Delays, beat, here
from syncd.sdk.connector import Quota
from syncd.sdk.testing.clock import START
from syncd.sdk.testing.faults import ALWAYS, Status, Unreachable
from syncd.sdk.testing.memory import HELPFUL
from syncd.store import pauses
from syncd.store.records import PauseScope
from syncd.store.store import Store
from tests.engine.world import STATUS, World, mapping, world


@pytest.fixture
async def pair(store_url: str) -> AsyncIterator[World]:
    async with world(store_url) as made:
        yield made


async def alive(pair: World) -> pulse.Pulse:
    """As if a daemon had just said how it is."""
    said = here(pair.clock(), pair.clock(), listen="http://127.0.0.1:8080")
    await pair.store.write(lambda c: beat(c, said))
    return said


def everything(pair: World) -> tuple[int, int]:
    return len(pair.support.writes), len(pair.engineering.writes)


# --- status


async def test_the_sentence_says_that_it_works_and_how_many_pairs_agree(pair: World) -> None:
    await pair.linked()
    await alive(pair)
    status = await views.status(pair.site)
    assert status.works
    assert not status.needs_person
    assert status.sentence == "It works: 1 of 1 pairs agree"


async def test_without_a_daemon_the_sentence_says_so(pair: World) -> None:
    assert "none has run" in (await views.status(pair.site)).sentence
    await alive(pair)
    pair.clock.advance(timedelta(hours=3))
    status = await views.status(pair.site)
    assert not status.running
    assert status.delay is None
    assert "last heard 3 h ago" in status.sentence


async def test_a_pause_is_shown_with_the_command_that_ends_it(pair: World) -> None:
    await alive(pair)
    await pair.store.write(
        lambda c: pauses.pause(c, PauseScope.MAPPING, "desk-tracker", "the brake stopped it", now=pair.clock())
    )
    status = await views.status(pair.site)
    assert not status.works
    assert "`syncd retry --mapping desk-tracker`" in status.sentence


async def test_webhooks_that_need_a_look_are_told_while_the_daemon_runs(pair: World) -> None:
    off = Told("it is switched off", "syncd webhooks desk --register")
    said = here(pair.clock(), pair.clock(), hooks={"desk": off, "tracker": WELL})
    await pair.store.write(lambda c: beat(c, said))
    status = await views.status(pair.site)
    assert (status.works, status.needs_person) == (True, True)
    assert "webhooks of desk need a look" in status.sentence
    assert {one.name: one.webhooks for one in status.connections} == {"desk": off, "tracker": WELL}
    pair.clock.advance(timedelta(hours=1))
    stopped = await views.status(pair.site)
    assert [one.webhooks for one in stopped.connections] == [None, None]
    assert not stopped.needs_person


async def test_what_the_daemon_knows_is_read_back_as_it_was_said(pair: World) -> None:
    said = here(
        pair.clock(),
        pair.clock(),
        delay=pulse.Delay(3, 20.0, 90.5),
        quotas={"desk": (Quota("reads a minute", 700, 12, pair.clock()),)},
        problems={"tracker": "no answer"},
        hooks={"desk": Told("it is switched off", "syncd webhooks desk --register")},
        red=("one", "two"),
    )
    await pair.store.write(lambda c: beat(c, said))
    assert await pair.store.read(pulse.last) == said


def test_delays_are_of_the_last_hour() -> None:
    kept, now = Delays(), START
    kept.add(now, [9000.0])
    later = now + timedelta(minutes=61)
    kept.add(later, [float(number) for number in range(1, 101)])
    assert kept.last_hour(later) == pulse.Delay(100, 50.0, 99.0)


# --- health (I28)


async def test_changes_that_nobody_works_on_turn_health_red_in_time(pair: World) -> None:
    ref, _ = await pair.linked()
    started = pair.clock()
    pair.support.edit(ref, title="Changed")
    await pair.deliver()
    for moment, red in ((LATE - timedelta(seconds=5), False), (timedelta(seconds=10), True)):
        pair.clock.advance(moment)
        health = await pair.store.read(lambda c: examine(pair.site, c, started=started))
        assert any("not worked on" in reason for reason in health.reasons) is red
    await pair.sync()
    assert (await pair.store.read(lambda c: examine(pair.site, c, started=started))).ok


async def test_a_connection_that_is_not_read_turns_health_red_in_time(pair: World) -> None:
    started = pair.clock()
    await pair.sync()
    pair.clock.advance(LATE + timedelta(seconds=5))
    health = await pair.store.read(lambda c: examine(pair.site, c, started=started))
    assert sorted(reason.split()[1] for reason in health.reasons) == ["desk", "tracker"]
    assert not (await pair.store.read(lambda c: examine(pair.site, c, started=None))).reasons


# --- plan and compare


async def test_a_plan_shows_the_exact_writes_and_makes_none(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.support.edit(ref, title="Changed", priority="low")
    before = everything(pair)
    (planned,) = await views.plan(pair.site, tickets=[ref])
    shown = {(change.name, change.before, change.after, change.rule) for change in planned.changes}
    assert shown == {
        ("title", "Export fails", "Changed", "fields.title"),
        ("priority", "urgent", "low", "fields.priority"),
    }
    assert everything(pair) == before
    await pair.sync()
    assert (pair.issue(issue, "title"), pair.issue(issue, "priority")) == ("Changed", "low")
    (planned,) = await views.plan(pair.site, tickets=[ref])
    assert planned.agrees


async def test_a_plan_names_the_rule_that_takes_a_ticket_or_why_none_does(pair: World) -> None:
    urgent = pair.support.open(title="Urgent", priority="urgent")
    pair.support.say(urgent, "hello", public=True)
    low = pair.support.open(title="Low", priority="low")
    taken, left = await views.plan(pair.site, tickets=[urgent, low])
    assert taken.rule == "urgent"
    assert [change.what for change in taken.changes if change.what != "detail"] == ["create", "comment"]
    assert not left.changes
    assert left.verdicts == (("urgent", False, "priority is `p4`"),)
    assert not pair.engineering.writes
    assert not await views.links(pair.site)


async def test_a_plan_finds_what_changed_since_the_last_poll(pair: World) -> None:
    pair.support.open(title="Nobody was told", priority="urgent")
    pair.support.take_webhooks()
    (planned,) = await views.plan(pair.site)
    assert planned.rule == "urgent"


async def test_a_vendor_that_is_away_is_said_of_its_links_alone(pair: World) -> None:
    ref, _ = await pair.linked()
    other, _ = await pair.linked()
    pair.support.plan.on(f"fetch {ref}", Unreachable(), times=ALWAYS)
    found = {planned.link.support.ref: planned for planned in await views.compare(pair.site)}
    assert "refused" in found[ref].problem
    assert found[other].agrees


async def test_a_comparison_shows_what_is_parked_and_what_nobody_owns(store_url: str) -> None:
    rules = mapping()
    asks = FieldRule(
        "status", Kind.CHOICE, Pair(ChoiceLens("status", STATUS), ChoiceLens("status", STATUS)), owner=Owner.ASK
    )
    rules = replace(rules, fields=tuple(asks if rule.name == "status" else rule for rule in rules.fields))
    async with world(store_url, rules=rules, engineering=HELPFUL) as pair:
        ticket = pair.support.open(title="Ours", status="open")
        issue = pair.engineering.open(title="Ours", status="solved")
        await operate.link(pair.site, rules, ticket, issue)
        await pair.sync()
        (planned,) = await views.compare(pair.site)
        (change,) = planned.changes
        assert (change.what, change.before, change.after) == ("differs", "open", "solved")
        pair.engineering.plan.on("update *", Status(422), times=ALWAYS)
        pair.support.edit(ticket, title="Refused")
        await pair.sync()
        (planned,) = await views.compare(pair.site)
        assert {(change.sign, change.name) for change in planned.changes} == {("!", "status"), ("~", "title")}


# --- what waits, and why


async def test_parked_things_are_listed_with_reason_and_remedy(pair: World) -> None:
    ref, _ = await pair.linked()
    pair.engineering.plan.on("update *", Status(422), times=2)
    pair.support.edit(ref, title="Refused")
    await pair.sync()
    (view,) = await views.parked(pair.site)
    assert (view.what, view.next_try) == ("field title", None)
    assert "refuses `title`" in view.reason
    assert "syncd retry" in view.remedy
    assert view.link is not None
    assert view.link.support.label == "HELP-1"
    (answer,) = await views.why(pair.site, "HELP-1", "title")
    (field,) = answer.fields
    assert "refuses `title`" in field.refused
    assert any("parked" in wait for wait in answer.waits)


async def test_a_link_whose_runs_fail_is_listed_with_its_next_try(pair: World) -> None:
    ref, _ = await pair.linked()
    pair.support.edit(ref, title="Later")
    pair.engineering.plan.on("*", Unreachable(), times=3)
    await pair.deliver()
    await pair.workers.once()
    (view,) = await views.parked(pair.site)
    assert view.next_try is not None
    assert view.tries == 1


async def test_why_tells_who_set_a_field_and_what_was_overruled(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.support.edit(ref, priority="low")
    pair.engineering.edit(issue, priority="high")
    await pair.sync()
    (answer,) = await views.why(pair.site, "CORE-1", "priority")
    (field,) = answer.fields
    assert field.set_by == "syncd set it on engineering to `low`, because support said so (fields.priority)"
    assert "engineering said high: support won" in field.conflict
    assert all("title" not in step.detail for step in answer.steps)


async def test_why_says_on_which_condition_each_rule_failed(pair: World) -> None:
    known = pair.support.open(title="A question", priority="low")
    await pair.sync()
    stranger = pair.support.open(title="Unseen", priority="high")
    pair.support.take_webhooks()
    for ref, meaning in ((known, "p4"), (stranger, "p2")):
        (answer,) = await views.why(pair.site, ref)
        assert answer.rules == (("urgent", False, f"priority is `{meaning}`"),)


async def test_what_is_not_known_is_answered_with_what_looks_like_it(pair: World) -> None:
    await pair.linked()
    with pytest.raises(views.Unknown, match="did you mean CORE-1") as caught:
        await views.why(pair.site, "CORE-11")
    assert "CORE-1" in caught.value.candidates
    with pytest.raises(views.Unknown, match="did you mean priority"):
        await views.why(pair.site, "CORE-1", "prority")


async def test_a_link_is_found_by_number_ref_label_and_address(pair: World) -> None:
    ref, _ = await pair.linked()
    link = await pair.link(ref)
    for word in (str(link.id), ref, f"#{ref}", f"desk:{ref}", "HELP-1", "CORE-1", f"https://desk.example/{ref}"):
        assert (await views.find(pair.site, word)).id == link.id, word


async def test_links_are_listed_by_how_they_stand(pair: World) -> None:
    ref, _ = await pair.linked()
    pair.support.open(title="A question", priority="low")
    await pair.sync()
    assert [view.support.ref for view in await views.links(pair.site, state="converged")] == [ref]
    assert len(await views.links(pair.site, state="watched")) == 1
    assert not await views.links(pair.site, state="behind")
    pair.support.edit(ref, title="Changed")
    await pair.deliver()
    assert [view.support.ref for view in await views.links(pair.site, state="behind")] == [ref]


# --- I27


async def test_looking_writes_nothing_at_the_vendors_and_nothing_in_the_store(tmp_path: Path) -> None:
    file = tmp_path / "syncd.db"
    async with world(f"sqlite:///{file}") as pair:
        ref, _ = await pair.linked()
        pair.support.edit(ref, title="Changed")
        await pair.deliver()
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    mine = everything(pair)
    store = await Store.open(f"sqlite:///{file}", upgrade=False, now=pair.clock)
    looking = World(store, mapping(), pair.support, pair.engineering)
    try:
        for answer in (
            await views.status(looking.site),
            await views.links(looking.site),
            await views.parked(looking.site),
            await views.conflicts(looking.site),
            await views.why(looking.site, ref),
            await views.plan(looking.site, every=True),
            await views.compare(looking.site),
        ):
            json.dumps(views.as_json(answer))
    finally:
        await store.aclose()
    assert everything(pair) == mine
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before
