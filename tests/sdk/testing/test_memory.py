"""The vendor in memory behaves like one: its faults are the faults of a network, and its journal tells the truth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from syncd.core.model import Internal, Life, Public, RichText
from syncd.sdk.connector import Capability, Changed, Draft, Message
from syncd.sdk.errors import Locked, Moved, NotFound, RateLimited, Rejected, Stale, Unavailable
from syncd.sdk.testing import faults
from syncd.sdk.testing.character import BLIND, HELPFUL, TRACKER, Character
from syncd.sdk.testing.memory import MemoryConnector, MemoryVendor

PLACE = {"container": "CORE"}


def draft(title: str = "Export fails") -> Draft:
    return Draft(PLACE, {"title": title})


async def hints(connector: MemoryConnector, cursor: str | None) -> tuple[list[Changed], str]:
    found: list[Changed] = []
    last = cursor or ""
    async for page in connector.changes(cursor):
        found += page.changed
        last = page.cursor
    return found, last


def pair(character: Character = HELPFUL) -> tuple[MemoryVendor, MemoryConnector]:
    vendor = MemoryVendor("desk", character=character)
    return vendor, MemoryConnector(vendor=vendor)


async def test_a_guarded_vendor_refuses_a_stale_write_and_tells_what_stands_after_a_good_one() -> None:
    vendor, connector = pair()
    ref = vendor.open(title="Export fails")
    seen = await connector.fetch(ref)
    vendor.edit(ref, priority="high")
    with pytest.raises(Stale):
        await connector.update(ref, {"priority": "low"}, expect=seen.revision)
    assert vendor.ticket(ref).fields["priority"] == "high"

    now = await connector.fetch(ref)
    written = await connector.update(ref, {"priority": "low"}, expect=now.revision)
    after = await connector.fetch(ref)
    assert (written.revision, written.fields) == (after.revision, {"priority": "low"})
    assert written.tokens <= after.tokens


async def test_a_blind_vendor_answers_nothing_but_its_history_shows_what_was_overwritten() -> None:
    vendor, connector = pair(BLIND)
    ref = vendor.open(title="Export fails")
    seen = await connector.fetch(ref)
    vendor.clock.advance(5)
    vendor.edit(ref, priority="high")
    written = await connector.update(ref, {"priority": "low"}, expect=seen.revision)
    assert (written.revision, dict(written.fields)) == (None, {})
    history = (await connector.fetch(ref, since=seen.revision)).history
    assert [(edit.new, edit.ours) for edit in history] == [("high", False), ("low", True)]


@pytest.mark.parametrize(
    ("fault", "sent", "applied"),
    [
        (faults.LostBefore(), True, False),
        (faults.LostAfter(), True, True),
        (faults.Unreachable(), False, False),
        (faults.Status(503), True, False),
        (faults.Late(timedelta(minutes=5)), True, False),
    ],
)
async def test_a_broken_write_says_whether_it_may_have_happened(fault: faults.Fault, sent: bool, applied: bool) -> None:
    vendor, connector = pair()
    ref = vendor.open(title="Export fails")
    vendor.plan.on("comment *", fault)
    with pytest.raises(Unavailable) as raised:
        await connector.comment(ref, Message(Internal("hello")), key="k1", expect="")
    assert raised.value.sent is sent
    assert bool(vendor.ticket(ref).comments) is applied


async def test_a_late_write_arrives_when_its_time_has_come_and_names_the_request_that_caused_it() -> None:
    vendor, connector = pair()
    ref = vendor.open(title="Export fails")
    vendor.plan.on("comment *", faults.Late(timedelta(minutes=5)))
    with pytest.raises(Unavailable):
        await connector.comment(ref, Message(Internal("hello")), key="k1", expect="")
    vendor.clock.advance(299)
    assert (await connector.fetch(ref)).thread.comments == ()  # type: ignore[union-attr]
    vendor.clock.advance(1)
    comments = (await connector.fetch(ref)).thread.comments  # type: ignore[union-attr]
    assert [comment.key for comment in comments] == ["k1"]
    [lost, late] = [entry for entry in vendor.journal if entry.operation == "comment"]
    assert (lost.applied, late.applied, late.cause) == (False, True, lost.id)


async def test_the_same_key_makes_one_ticket_while_it_is_remembered() -> None:
    vendor, connector = pair()
    vendor.plan.on("create", faults.LostAfter())
    with pytest.raises(Unavailable):
        await connector.create(draft(), key="k1")
    assert (await connector.create(draft(), key="k1")).ref == "desk-1"
    with pytest.raises(Rejected):
        await connector.create(draft("Another"), key="k1")
    vendor.clock.advance(timedelta(hours=3))
    assert (await connector.create(draft(), key="k1")).ref == "desk-2"


async def test_a_search_lags_and_never_takes_its_own_failure_for_an_absence() -> None:
    vendor, connector = pair(BLIND)
    made = await connector.create(draft(), key="k1")
    assert not await connector.find("k1")
    vendor.clock.advance(connector.settle)
    assert [found.ref for found in await connector.find("k1")] == [made.ref]
    vendor.plan.on("find", faults.Short(0))
    with pytest.raises(Unavailable):
        await connector.find("k2")


async def test_what_a_vendor_does_to_text_on_arrival_is_what_it_shows() -> None:
    _, connector = pair(BLIND)
    made = await connector.create(
        Draft(PLACE, {"title": "  " + "x" * 90, "description": RichText.of("one\ntwo  ")}), key="k1"
    )
    assert made.fields["title"] == "x" * 60
    assert made.fields["description"] == RichText("", "one\r\ntwo")
    assert made.fields["description"].markdown == "one\ntwo"  # type: ignore[union-attr]


async def test_a_silent_workflow_does_the_rest_and_says_nothing() -> None:
    vendor, connector = pair(BLIND)
    ref = vendor.open()
    await connector.update(ref, {"status": "solved", "priority": "high"}, expect="")
    fields = (await connector.fetch(ref)).fields
    assert (fields["status"], fields["priority"]) == ("new", "high")


async def test_a_status_is_reached_in_steps_and_an_impossible_one_is_refused_before_anything_is_written() -> None:
    vendor, connector = pair(TRACKER)
    ref = vendor.open()
    written = await connector.update(ref, {"status": "solved", "priority": "high"}, expect="")
    fields = (await connector.fetch(ref)).fields
    assert (fields["status"], fields["priority"]) == ("solved", "high")
    assert written.echoes == ("Set status", "Set status", "Set priority")
    with pytest.raises(Rejected) as raised:
        await connector.update(ref, {"status": "new", "priority": "low"}, expect="")
    assert raised.value.field == "status"
    assert vendor.ticket(ref).fields["priority"] == "high"


async def test_an_update_that_breaks_off_half_way_is_no_refusal() -> None:
    vendor, connector = pair(TRACKER)
    ref = vendor.open()
    vendor.plan.on("update *", faults.Status(429, retry_after=7))
    with pytest.raises(Unavailable) as raised:
        await connector.update(ref, {"status": "open", "priority": "high"}, expect="")
    assert raised.value.sent
    vendor.plan.on("transition *", faults.Status(429, retry_after=7))
    with pytest.raises(RateLimited) as limited:
        await connector.update(ref, {"status": "pending", "priority": "high"}, expect="")
    assert limited.value.retry_after == 7


async def test_the_life_of_a_ticket_shows() -> None:
    vendor, connector = pair()
    ref, other = vendor.open(container="CORE"), vendor.open()
    label = (await connector.fetch(ref)).label
    vendor.move(ref, "HELP")
    moved = await connector.fetch(ref)
    assert (moved.ref, moved.container, moved.label != label) == (ref, "HELP", True)
    vendor.delete(ref)
    with pytest.raises(NotFound):
        await connector.fetch(ref)
    vendor.restore(ref)
    assert (await connector.fetch(ref)).life is Life.ACTIVE
    vendor.merge(ref, into=other)
    assert (await connector.fetch(ref)).merged_into == other
    with pytest.raises(Locked):
        await connector.update(ref, {"priority": "high"}, expect=(await connector.fetch(ref)).revision)


async def test_a_vendor_may_answer_a_merge_by_naming_the_other() -> None:
    vendor, connector = pair(Character(moved_by_merge=True))
    ref, other = vendor.open(), vendor.open()
    vendor.merge(ref, into=other)
    with pytest.raises(Moved) as raised:
        await connector.fetch(ref)
    assert raised.value.ref == other


async def test_somebody_may_edit_between_our_read_and_our_write() -> None:
    vendor, connector = pair()
    ref = vendor.open()
    seen = await connector.fetch(ref)
    vendor.plan.on("update *", faults.Meanwhile(lambda: vendor.edit(ref, priority="urgent")))
    with pytest.raises(Stale):
        await connector.update(ref, {"priority": "low"}, expect=seen.revision)


@pytest.mark.parametrize("character", [HELPFUL, BLIND, TRACKER], ids=["helpful", "blind", "tracker"])
async def test_no_change_is_missed_by_polling_whatever_the_lists_do(character: Character) -> None:
    vendor, connector = pair(character)
    refs = [vendor.open() for _ in range(6)]
    vendor.clock.advance(timedelta(minutes=10))
    _, cursor = await hints(connector, None)
    missing: set[str] = set()
    for number in range(60):
        ref = refs[number * 7 % 6]
        vendor.edit(ref, title=f"edit {number}")
        missing.add(ref)
        vendor.clock.advance(0.3)
        if number % 4 == 0:
            vendor.plan.on("changes", faults.Short(1))
        if number % 5 == 0:
            found, cursor = await hints(connector, cursor)
            missing -= {hint.ref for hint in found}
    vendor.clock.advance(connector.settle)
    for _ in range(8):
        found, cursor = await hints(connector, cursor)
        missing -= {hint.ref for hint in found}
    assert missing == set()
    before = len(vendor.requests)
    assert (await hints(connector, cursor))[0] == []
    assert len(vendor.requests) == before + 1


async def test_two_changes_in_one_second_with_a_poll_between_are_both_seen() -> None:
    vendor, connector = pair(Character(capabilities=BLIND.capabilities, hints=BLIND.hints, whole_seconds=True))
    ref = vendor.open()
    _, cursor = await hints(connector, None)
    _, cursor = await hints(connector, cursor)
    vendor.edit(ref, priority="high")
    found, cursor = await hints(connector, cursor)
    vendor.edit(ref, priority="normal")
    again, cursor = await hints(connector, cursor)
    assert ([hint.ref for hint in found], [hint.ref for hint in again]) == ([ref], [ref])
    assert (await hints(connector, cursor))[0] == []


async def test_webhooks_come_as_the_plan_lets_them() -> None:
    vendor, connector = pair()
    ref = vendor.open()
    vendor.take_webhooks()

    def deliver(edit: Callable[[], object], fault: faults.Fault) -> list[str]:
        vendor.plan.on("webhook *", fault)
        edit()
        return [connector.receive(webhook).id for webhook in vendor.take_webhooks()]

    assert len(set(deliver(lambda: vendor.edit(ref, title="1"), faults.Twice()))) == 1
    assert deliver(lambda: vendor.edit(ref, title="2"), faults.LostBefore()) == []
    assert deliver(lambda: vendor.edit(ref, title="3"), faults.Late(timedelta(minutes=1))) == []
    vendor.clock.advance(60)
    assert len(vendor.take_webhooks()) == 1


async def test_a_comment_is_marked_only_where_our_own_account_wrote_it() -> None:
    vendor, connector = pair()
    ref = vendor.open()
    await connector.comment(ref, Message(Public("ours")), key="k1", expect="")
    vendor.say(ref, "theirs", public=True)
    vendor.say(ref, "private")
    stranger = MemoryConnector(vendor=vendor, account="other-tool")
    ours = (await connector.fetch(ref)).thread
    theirs = (await stranger.fetch(ref)).thread
    assert ours is not None
    assert theirs is not None
    assert [(c.key, c.body) for c in ours.comments] == [
        ("k1", Public("ours")), (None, Public("theirs")), (None, Internal("private")),
    ]  # fmt: skip
    assert [c.key for c in theirs.comments] == [None, None, None]


async def test_the_same_seed_gives_the_same_faults() -> None:
    async def run(seed: int) -> list[tuple[str, faults.Fault]]:
        rates: dict[faults.Fault, float] = {faults.LostAfter(): 0.2, faults.Status(503): 0.2, faults.Twice(): 0.1}
        vendor = MemoryVendor("desk", plan=faults.FaultPlan(seed, rates))
        connector = MemoryConnector(vendor=vendor)
        for number in range(30):
            try:
                await connector.create(draft(str(number)), key=str(number))
            except Unavailable:
                continue
        return vendor.plan.taken

    assert await run(1) == await run(1)
    assert await run(1) != await run(2)


async def test_a_request_that_something_on_the_way_repeats_makes_two_things_unless_the_vendor_knows_the_key() -> None:
    vendor, connector = pair(BLIND)
    vendor.plan.on("create", faults.Twice())
    await connector.create(draft(), key="k1")
    assert len(vendor.tickets) == 2
    helpful, connector = pair(HELPFUL)
    helpful.plan.on("create", faults.Twice())
    await connector.create(draft(), key="k1")
    assert len(helpful.tickets) == 1
    assert Capability.REPEATABLE_CREATE in connector.capabilities


async def test_a_late_request_happens_at_its_time_though_nobody_looks_then() -> None:
    vendor, connector = pair(BLIND)
    vendor.plan.on("create*", faults.Late(timedelta(seconds=40)))
    began = vendor.clock()
    with pytest.raises(Unavailable):
        await connector.create(draft(), key="k")
    vendor.clock.advance(timedelta(hours=1))
    vendor.settle()
    (ticket,) = vendor.tickets.values()
    assert ticket.created == began + timedelta(seconds=40)
    assert vendor.clock() == began + timedelta(hours=1)
