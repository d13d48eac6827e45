"""Polling HubSpot: an index that lags and forgets its order, pages that shift, limits in HubSpot's own dress."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from syncd.sdk.connector import ONLY_FIELDS, Changed
from syncd.sdk.errors import BadAnswer, RateLimited, Rejected
from syncd.sdk.testing.faults import Meanwhile, Status
from syncd.sdk.testing.promises.base import now, poll
from syncd.sdk.testing.simulator import Limit
from syncd_hubspot import Hubspot
from syncd_hubspot.limits import Refusals, read_quotas
from syncd_hubspot.simulator import state
from tests.connectors.hubspot.steps import TICKETS, bodies
from tests.connectors.hubspot.world import HubspotWorld

SEARCH = f"POST {TICKETS}/search"
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


async def test_what_the_index_got_late_is_told_within_the_look_back(hubspot: Hubspot, world: HubspotWorld) -> None:
    slow, fast = world.simulator.make("slow"), world.simulator.make("fast")
    cursor = await now(hubspot, world)
    world.simulator.late[slow] = timedelta(seconds=60)
    world.simulator.edit(slow, subject="edited first")
    world.clock.advance(1)
    world.simulator.edit(fast, subject="edited second")
    world.clock.advance(30)
    hints, cursor = await poll(hubspot, cursor)
    assert [hint.ref for hint in hints] == [fast]
    world.clock.advance(60)
    hints, cursor = await poll(hubspot, cursor)
    assert [hint.ref for hint in hints] == [slow]
    assert await poll(hubspot, cursor) == ([], cursor)


async def test_many_changes_come_on_pages_that_shift(hubspot: Hubspot, world: HubspotWorld) -> None:
    """While a page is read a ticket of it changes and moves to the end, and all others move up."""
    cursor = await now(hubspot, world)
    refs = [world.simulator.make(f"number {number}") for number in range(250)]
    await world.settle()
    world.simulator.faults.on(SEARCH, Meanwhile(lambda: world.simulator.edit(refs[5], subject="moved")), skip=1)
    hints, cursor = await poll(hubspot, cursor)
    assert {hint.ref for hint in hints} >= set(refs) - {refs[5]}
    await world.settle()
    hints, _ = await poll(hubspot, cursor)
    assert [hint.ref for hint in hints] == [refs[5]]


async def test_a_page_whose_rows_share_a_millisecond_is_followed_by_number(
    hubspot: Hubspot, world: HubspotWorld
) -> None:
    cursor = await now(hubspot, world)
    refs = [world.simulator.make(f"number {number}") for number in range(150)]
    at = world.clock()
    for ref in refs:
        world.simulator.crm.record("tickets", ref).updated = at
    await world.settle()
    hints, _ = await poll(hubspot, cursor)
    assert sorted(hint.ref for hint in hints) == sorted(refs)
    asked = bodies(world, SEARCH)
    assert [each.get("after") for each in asked if each["limit"] == 100][-3:] == [None, None, "100"]


async def test_a_search_in_another_order_is_not_believed(
    hubspot: Hubspot, world: HubspotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    cursor = await now(hubspot, world)
    for number in range(101):
        world.simulator.make(f"number {number}")
    await world.settle()
    monkeypatch.setattr("syncd_hubspot.simulator.search._sorted", lambda records, name, descending: list(records)[::-1])
    with pytest.raises(BadAnswer, match="order"):
        await poll(hubspot, cursor)


async def test_the_filter_is_a_millisecond_and_the_page_within_its_limit(hubspot: Hubspot, world: HubspotWorld) -> None:
    _, cursor = await poll(hubspot, None)
    await poll(hubspot, cursor)
    asked = bodies(world, SEARCH)[-1]
    [condition] = asked["filterGroups"][0]["filters"]
    since = int((world.clock() - timedelta(minutes=2)).timestamp() * 1000)
    assert condition == {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": str(since)}
    assert (asked["sorts"], asked["limit"]) == (["hs_lastmodifieddate"], 100)


@pytest.mark.parametrize("cursor", ["", "yesterday", "2026-01-05T09:00:00Z", "1"])
async def test_a_cursor_that_is_none_of_ours_is_refused(hubspot: Hubspot, cursor: str) -> None:
    with pytest.raises(Rejected, match="cursor"):
        await poll(hubspot, cursor)


async def test_a_note_is_told_where_it_moves_the_ticket(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    cursor = await now(hubspot, world)
    world.simulator.note(ref, "hello")
    await world.settle()
    assert [hint.ref for hint in (await poll(hubspot, cursor))[0]] == [ref]


async def test_a_read_includes_its_very_change_and_what_was_surely_committed(
    hubspot: Hubspot, world: HubspotWorld
) -> None:
    ref = world.simulator.make("x")
    revision = (await hubspot.fetch(ref, parts=ONLY_FIELDS)).revision
    at = datetime.fromisoformat(revision)
    assert hubspot.includes(revision, Changed(ref, token=f"{ref}@{revision}"))
    assert hubspot.includes(revision, Changed(ref, at=at - timedelta(seconds=11)))
    assert not hubspot.includes(revision, Changed(ref, at=at - timedelta(seconds=9)))
    assert not hubspot.includes(revision, Changed(ref, at=at))
    assert not hubspot.includes(revision, Changed(ref))
    assert not hubspot.includes("", Changed(ref, token=f"{ref}@"))


# -- limits


@pytest.mark.shows("limit seen before it is hit")
async def test_what_is_left_is_read_from_the_headers_but_not_from_a_search(world: HubspotWorld) -> None:
    world.simulator.limit = Limit(190, timedelta(seconds=10))
    hubspot = world.connector()
    await hubspot.check()
    quotas = {quota.name: (quota.limit, quota.remaining) for quota in hubspot.quotas()}
    assert quotas == {"requests in 10 s": (190, 186), "requests a day": (250_000, 249_996)}


@pytest.mark.parametrize(
    ("policy", "wait", "pauses"),
    [("SECONDLY", 1.0, False), ("TEN_SECONDLY_ROLLING", 10.0, True), ("DAILY", 3600.0, True), ("Daily", 3600.0, True)],
)
@pytest.mark.shows("limit obeyed when it is hit")
async def test_a_refusal_names_its_limit(
    hubspot: Hubspot, world: HubspotWorld, monkeypatch: pytest.MonkeyPatch, policy: str, wait: float, pauses: bool
) -> None:
    ref = world.simulator.make("x")
    monkeypatch.setattr("syncd_hubspot.simulator.limited", lambda name: _limited(policy))
    world.simulator.faults.on(f"GET {TICKETS}/{ref}", Status(429))
    with pytest.raises(RateLimited) as refused:
        await hubspot.fetch(ref)
    assert refused.value.retry_after == wait
    before = world.requests
    if pauses:
        with pytest.raises(RateLimited):
            await hubspot.fetch(ref)
        assert world.requests == before
    else:
        assert await hubspot.fetch(ref)


def _limited(policy: str) -> dict[str, str]:
    told = {"status": "error", "message": "You have reached your limit.", "category": "RATE_LIMITS"}
    return {**told, "correlationId": "6b2d5a0e-5b1c-4b7e-9c3a-0d5f5d3f9a11", "policyName": policy}


async def test_a_refusal_without_a_policy_waits_as_told(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    world.simulator.faults.on(f"GET {TICKETS}/{ref}", Status(429, retry_after=7))
    with pytest.raises(RateLimited) as refused:
        await hubspot.fetch(ref)
    assert refused.value.retry_after == 7


async def test_the_limit_of_searches_holds_back_searches_only(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    _, cursor = await poll(hubspot, None)
    world.simulator.search_limit = Limit(4, timedelta(seconds=1))
    for _ in range(4):
        await poll(hubspot, cursor)
    with pytest.raises(RateLimited):
        await poll(hubspot, cursor)
    assert await hubspot.fetch(ref)


@pytest.mark.parametrize("value", ["", "-1", "x", "9" * 20, "1.5", "²"])
def test_headers_that_are_no_numbers_say_nothing(value: str) -> None:
    prefix = "x-hubspot-ratelimit-"
    headers = {
        f"{prefix}max": "100",
        f"{prefix}remaining": value,
        f"{prefix}daily": value,
        f"{prefix}daily-remaining": "1",
    }
    assert read_quotas(headers, NOW) == ()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"errors": 1}', b'{"errors": [1, {"context": 2}]}'])
def test_a_refusal_of_any_shape_is_read(body: bytes) -> None:
    error = Refusals().explain(httpx.Response(400, content=body))
    assert isinstance(error, Rejected)
    assert error.field is None
    assert state.APP not in str(error)
