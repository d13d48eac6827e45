"""One change has one name, whoever tells it; two changes never share one."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.model import Internal
from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, ONLY_THREAD, Changed, Message
from syncd_zendesk import Zendesk, hints
from syncd_zendesk.cursor import Cursor
from syncd_zendesk.hints import EnvelopeJson, TicketEventJson
from tests.connectors.zendesk.world import ZendeskWorld
from tests.specs import spec

AT = datetime(2025, 1, 8, 10, 12, 7, tzinfo=UTC)
STAMP = int(AT.timestamp())


def payload(name: str, **event: Any) -> EnvelopeJson:
    """One of the documented webhooks."""
    body = json.loads(spec(f"zendesk/webhook-payloads/event.ticket.{name}.json").read_text())
    return EnvelopeJson.model_validate({**body, "event": {**body["event"], **event}})


def event(id: int, *children: dict[str, Any], second: int = 0) -> TicketEventJson:
    at = AT + timedelta(seconds=second)
    return TicketEventJson(id=id, ticket_id=5158, created_at=at, child_events=list(children))


def became(name: str, value: Any) -> dict[str, Any]:
    return {"event_type": "Change", "id": 1, "via": "Web form", name: value, "previous_value": None}


async def polled(connector: Zendesk, cursor: str) -> list[Changed]:
    return [hint async for page in connector.changes(cursor) for hint in page.changed]


async def pushed(connector: Zendesk, world: ZendeskWorld) -> list[Changed]:
    return [hint for webhook in await world.webhooks() for hint in connector.receive(webhook).changed]


# --- the documented webhooks -----------------------------------------------------------------------------------------


def test_the_documented_webhooks_are_read() -> None:
    status = hints.of_hook(payload("status_changed"))
    assert status
    assert (status.ref, status.token, status.parts) == ("5158", f"status=open@{STAMP}", ONLY_FIELDS)
    added = hints.of_hook(payload("comment_added"))
    assert added
    assert (added.token, added.parts) == ("comment:15026398437", ONLY_THREAD)
    custom = hints.of_hook(payload("custom_field_changed"))
    assert custom
    assert custom.token == f"7453425432=ENG-7@{STAMP}"


def test_a_webhook_and_the_export_name_a_change_alike() -> None:
    [polled] = hints.of_events([event(1, became("status", "open"))])
    assert (hooked := hints.of_hook(payload("status_changed")))
    assert (hooked.token, hooked.ref, hooked.parts) == (polled.token, polled.ref, polled.parts)
    assert hooked.revision == polled.revision == "2025-01-08T10:12:07Z"


@pytest.mark.parametrize("previous", ["OPEN", "open", " Open "])
def test_a_change_to_the_same_value_is_none(previous: str) -> None:
    assert hints.of_hook(payload("status_changed", previous=previous)) is None


def test_a_webhook_of_something_that_no_ticket_shows_is_nobodys_business() -> None:
    envelope = payload("status_changed").model_copy(update={"type": "zen:event-type:ticket.sla_policy_changed"})
    assert hints.of_hook(envelope) is None


def test_an_unknown_event_of_a_ticket_costs_a_read() -> None:
    envelope = payload("status_changed").model_copy(update={"type": "zen:event-type:ticket.brand_new"})
    assert (hint := hints.of_hook(envelope))
    assert (hint.ref, hint.parts) == ("5158", ALL_PARTS)


# --- the export ------------------------------------------------------------------------------------------------------


def test_a_value_that_comes_back_within_a_second_is_told_apart() -> None:
    there = [event(1, became("status", "open")), event(2, became("status", "hold")), event(3, became("status", "open"))]
    tokens = [hint.token for hint in hints.of_events(there)]
    assert tokens == [f"status=open@{STAMP}", f"status=hold@{STAMP}", f"status=open@{STAMP}#2"]


def test_names_do_not_depend_on_what_was_told_before() -> None:
    there = [event(1, became("status", "open")), event(2, became("status", "hold")), event(3, became("status", "open"))]
    assert [hint.token for hint in hints.of_events(there, known={1, 2})] == [f"status=open@{STAMP}#2"]


@given(st.permutations([1, 2, 3, 4]))
def test_names_do_not_depend_on_the_order_of_a_page(order: list[int]) -> None:
    page = [event(id, became("subject", "same, with a comma"), second=id // 3) for id in (1, 2, 3, 4)]
    assert list(hints.of_events([page[id - 1] for id in order])) == list(hints.of_events(page))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["status", "priority", "subject", "tags"]),
            st.text(max_size=60) | st.lists(st.text(max_size=5), max_size=3),
            st.integers(0, 2),
        ),
        max_size=12,
    )
)
def test_two_changes_never_share_a_name(changes: list[tuple[str, Any, int]]) -> None:
    page = [event(id, became(name, value), second=second) for id, (name, value, second) in enumerate(changes)]
    tokens = [hint.token for hint in hints.of_events(page)]
    assert len(set(tokens)) == len(changes)


def test_commas_and_brackets_in_words_do_not_blur_a_set() -> None:
    sets = (["a,b"], ["a", "b"], ['a","b'], ["a b"])
    assert len({hints.token("tags", words, AT) for words in sets}) == len(sets)
    assert hints.token("tags", ["b", "a"], AT) == hints.token("tags", ["a", "b"], AT)


def test_a_change_of_something_unknown_costs_a_read() -> None:
    [hint] = hints.of_events([event(77, became("something_new", "x"))])
    assert (hint.token, hint.parts) == ("audit:77", ALL_PARTS)


def test_what_no_snapshot_shows_costs_nothing() -> None:
    children = [became("followers", [1]), {"event_type": "Notification", "id": 2}]
    assert list(hints.of_events([event(77, *children)])) == []


@given(st.integers(0, 2**33), st.frozensets(st.integers(1, 2**45), max_size=50))
def test_a_cursor_survives_the_store(second: int, seen: frozenset[int]) -> None:
    assert Cursor.read(str(Cursor(second, seen))) == Cursor(second, seen)


# --- the whole way: webhook, export, answer --------------------------------------------------------------------------


@pytest.mark.shows("own write costs no second read")
async def test_every_field_has_one_name_on_all_three_ways(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    start = await zendesk.fetch(ref)
    await world.webhooks()
    cursor = str(Cursor(int(world.clock.advance(100).timestamp())))
    given: dict[str, Any] = {
        "subject": "A very long subject, with commas, that does not fit into a token as it is written here",
        "priority": "urgent",
        "status": "open",
        "type": "incident",
        "tags": frozenset({"a", "b"}),
        "assignee": await zendesk.person("ben@acme.example"),
        "group": "Billing",
        "Engineering issue": "CORE-7, CORE-8",
        "Affected users": "12",
        "VIP": "true",
        "Platforms": frozenset({"on_web", "on_ios"}),
    }
    written = await zendesk.update(ref, given, expect=start.revision)
    by_hook = await pushed(zendesk, world)
    world.clock.advance(100)
    by_poll = await polled(zendesk, cursor)
    assert {hint.token for hint in by_hook} == {hint.token for hint in by_poll} == written.tokens
    assert len(by_hook) == len(given)
    seen = await zendesk.fetch(ref)
    assert written.tokens <= seen.tokens, "a read shows these changes for certain"


async def test_a_comment_has_one_name_on_all_three_ways(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    await world.webhooks()
    cursor = str(Cursor(int(world.clock.advance(100).timestamp())))
    posted = await zendesk.comment(ref, Message(Internal("Found it")), key="key-1", expect="")
    by_hook = await pushed(zendesk, world)
    world.clock.advance(100)
    by_poll = await polled(zendesk, cursor)
    assert {hint.token for hint in by_hook} == {hint.token for hint in by_poll} == posted.written.tokens
    assert posted.written.tokens == {f"comment:{posted.comment.id}"}


@pytest.mark.shows("people's edit of a comment noticed")
async def test_a_redaction_is_told_by_webhook_and_by_poll(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.write(ref, "my card is 4711", public=True)
    await world.webhooks()
    cursor = str(Cursor(int(world.clock.advance(100).timestamp())))
    ticket = world.simulator.desk.ticket(ref)
    with world.simulator.do():
        world.simulator.desk.redact(ticket, ticket.comments[1], ["4711"])
    by_hook = await pushed(zendesk, world)
    world.clock.advance(100)
    by_poll = await polled(zendesk, cursor)
    for told in (by_hook, by_poll):
        assert any(hint.ref == ref and hint.parts >= ONLY_THREAD for hint in told)


async def test_a_triggers_doing_is_not_taken_for_ours(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    seen = await zendesk.fetch(ref)
    await world.webhooks()
    world.clock.advance(10)
    world.simulator.desk.trigger = lambda ticket: {"status": "hold"}
    written = await zendesk.update(ref, {"priority": "urgent"}, expect=seen.revision)
    assert dict(written.fields) == {"priority": "urgent"}
    assert [
        hint.token.partition("@")[0] for hint in await pushed(zendesk, world) if hint.token not in written.tokens
    ] == ["status=hold"]


async def test_a_page_of_the_export_may_end_within_a_second(zendesk: Zendesk, world: ZendeskWorld) -> None:
    world.simulator.events_page = 5
    ref = world.simulator.make("Export fails")
    cursor = str(Cursor(int(world.clock().timestamp())))
    for number in range(8):
        world.simulator.edit(ref, subject=f"edit {number}")
        world.clock.advance(0.4)
    world.clock.advance(100)
    hints = await polled(zendesk, cursor)
    subjects = {hint.token.partition("@")[0] for hint in hints}
    assert {f"subject=edit {number}" for number in range(8)} <= subjects


async def test_what_one_poll_told_the_next_does_not_tell_again(zendesk: Zendesk, world: ZendeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    cursor = str(Cursor(int(world.clock().timestamp())))
    world.clock.advance(70)
    pages = [page async for page in zendesk.changes(cursor)]
    assert [hint.ref for page in pages for hint in page.changed] == [ref]
    world.clock.advance(30)
    assert await polled(zendesk, pages[-1].cursor) == []


async def test_the_last_minute_is_told_later_and_not_lost(zendesk: Zendesk, world: ZendeskWorld) -> None:
    world.clock.advance(300)
    [first] = [page async for page in zendesk.changes(None)]
    ref = world.simulator.make("Export fails")
    world.clock.advance(30)
    pages = [page async for page in zendesk.changes(first.cursor)]
    assert [hint for page in pages for hint in page.changed] == []
    world.clock.advance(60)
    assert [hint.ref for hint in await polled(zendesk, pages[-1].cursor)] == [ref]
