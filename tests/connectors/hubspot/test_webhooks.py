"""HubSpot's webhooks: signed over method, address, body and time; a list of events, one hint for each ticket."""

import base64
import contextlib
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.core.model import Internal
from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, Message, Webhook
from syncd.sdk.errors import BadBody, BadSignature
from syncd_hubspot import Hubspot, HubspotConfig
from tests.connectors.hubspot.world import HOOK, SECRET, HubspotWorld
from tests.specs import spec

SENT = 1_754_982_301_000
NOW = datetime.fromtimestamp(SENT / 1000, UTC) + timedelta(seconds=2)
BLOCK: dict[str, Any] = {"connector": "hubspot", "token": "t", "app_id": "98765", "portal_id": "12345678"}


@cache
def connector(**more: Any) -> Hubspot:
    """One for each configuration: to make one costs more than what is tested."""
    return Hubspot(HubspotConfig(**{**BLOCK, "webhook_secret": SECRET, "webhook_url": HOOK, **more}))


def signed(
    body: bytes, *, secret: str = SECRET, address: str = HOOK, method: str = "POST", sent: Any = SENT
) -> Webhook:
    """As the vendor's page says it, by hand: base64 HMAC-SHA256 of method, full address, body and time."""
    text = method.encode() + address.encode() + body + str(sent).encode()
    signature = base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()
    return Webhook({"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": str(sent)}, body, NOW)


def event(kind: str, **more: Any) -> dict[str, Any]:
    told = {"eventId": 1, "subscriptionId": 2, "portalId": 12345678, "appId": 98765, "occurredAt": SENT - 1000}
    return {**told, "subscriptionType": kind, "attemptNumber": 0, **more}


def body(*events: Any) -> bytes:
    return json.dumps(events).encode()


def test_the_vendors_sample_is_verified_and_read() -> None:
    sample = spec("hubspot/webhook-payloads/batch.tickets.json").read_bytes()
    hints = connector().receive(signed(sample)).changed
    assert [(hint.ref, hint.parts, hint.token, hint.echo) for hint in hints] == [
        ("123", ONLY_FIELDS, "", ""),
        ("124", ALL_PARTS, "", ""),
    ]
    assert hints[0].at == datetime.fromtimestamp(1_754_982_300_123 / 1000, UTC)


@pytest.mark.parametrize(
    "bad",
    [
        signed(body(), secret="another"),
        signed(body(), secret=""),
        signed(body(), address="https://syncd.example/hooks/other"),
        signed(body(), address=HOOK + "/"),
        signed(body(), method="GET"),
        signed(body(), sent=SENT - 5 * 60 * 1000),
        signed(body(), sent=SENT + 6 * 60 * 1000),
        signed(body(), sent=""),
        signed(body(), sent="²"),
        signed(body(), sent="9" * 15),
        signed(body(), sent="-1"),
        Webhook({}, body(), NOW),
        Webhook({"x-hubspot-signature-v3": ""}, body(), NOW),
        Webhook({"x-hubspot-signature-v3": "\u00e9", "x-hubspot-request-timestamp": str(SENT)}, body(), NOW),
        replace(signed(body()), body=b"[ ]"),
        replace(signed(body()), headers={**signed(body()).headers, "x-hubspot-request-timestamp": str(SENT + 1)}),
    ],
)
def test_a_wrong_an_old_and_an_unsigned_one_are_refused(bad: Webhook) -> None:
    assert connector().receive(signed(body())).changed == ()
    with pytest.raises(BadSignature):
        connector().receive(bad)


def test_without_a_secret_or_an_address_nothing_is_believed() -> None:
    for lacks in ({"webhook_secret": None}, {"webhook_secret": ""}, {"webhook_url": None}):
        with pytest.raises(BadSignature):
            connector(**lacks).receive(signed(body(), secret=""))
        with pytest.raises(BadSignature):
            connector(**lacks).receive(signed(body()))


def test_the_former_secret_is_good_while_it_is_changed() -> None:
    changing = connector(webhook_secret="new", webhook_secret_old=SECRET)
    assert changing.receive(signed(body())).id == changing.receive(signed(body(), secret="new")).id


def test_the_query_that_somebody_adds_is_no_part_of_the_address() -> None:
    """Whoever calls with another query has HubSpot's signature over ours: nothing is won by it."""
    webhook = replace(signed(body(event("ticket.creation", objectId=5))), query={"a": "b"})
    assert [hint.ref for hint in connector().receive(webhook).changed] == ["5"]


# -- what is told


@pytest.mark.parametrize(
    ("told", "refs", "parts"),
    [
        (event("ticket.creation", objectId=5), ["5"], ALL_PARTS),
        (event("ticket.deletion", objectId=5), ["5"], ALL_PARTS),
        (event("ticket.restore", objectId=5), ["5"], ALL_PARTS),
        (event("ticket.propertyChange", objectId=5, propertyName="subject"), ["5"], ONLY_FIELDS),
        (event("ticket.propertyChange", objectId=5, propertyName="num_notes"), ["5"], ALL_PARTS),
        (event("ticket.merge", objectId=5, primaryObjectId=5, mergedObjectIds=[6, 7]), ["5", "6", "7"], ALL_PARTS),
        (event("ticket.associationChange", fromObjectId=5, toObjectId=9), ["5"], ALL_PARTS),
        (event("contact.creation", objectId=5), [], ALL_PARTS),
        (event("ticket.somethingNew", objectId=5), [], ALL_PARTS),
        (event("ticket.creation", objectId=5, portalId=1), [], ALL_PARTS),
    ],
)
def test_each_event_names_its_tickets(told: dict[str, Any], refs: list[str], parts: object) -> None:
    hints = connector().receive(signed(body(told))).changed
    assert [(hint.ref, hint.parts) for hint in hints] == [(ref, parts) for ref in refs]


def test_a_hundred_events_of_a_ticket_are_one_hint_as_young_as_the_last() -> None:
    told = [
        event("ticket.propertyChange", objectId=5, propertyName="subject", occurredAt=SENT - number)
        for number in range(1, 100)
    ]
    hints = connector().receive(signed(body(*told, event("ticket.restore", objectId=5, occurredAt=SENT - 500)))).changed
    assert [(hint.ref, hint.parts) for hint in hints] == [("5", ALL_PARTS)]
    assert hints[0].at == datetime.fromtimestamp((SENT - 1) / 1000, UTC)


def test_a_delivery_that_is_tried_again_is_the_same_and_another_event_is_not() -> None:
    first = event("ticket.creation", objectId=5)
    again = {**first, "attemptNumber": 3}
    other = {**first, "objectId": 6}  # `eventId` is not promised to be unique
    ids = [
        connector().receive(signed(body(each), sent=SENT + place)).id
        for place, each in enumerate((first, again, other))
    ]
    assert (ids[0] == ids[1], ids[0] == ids[2]) == (True, False)


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"{}",
        b"[1]",
        b"[{}]",
        b"\xff",
        b"[" * 3000,
        body(event("ticket.creation", objectId="five")),
        body(event("ticket.creation", objectId=-5)),
        body(event("ticket.creation", objectId=5, occurredAt=10**20)),
        body(event("ticket.merge", mergedObjectIds=["x"])),
    ],
)
def test_a_signed_body_that_cannot_be_read_is_kept_and_holds_no_words(wrong: bytes) -> None:
    with pytest.raises(BadBody) as bad:
        connector().receive(signed(wrong))
    assert str(bad.value) == "hubspot: the webhook is no list of events"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*event("x"), "objectId", "mergedObjectIds"]), inner, max_size=6)
        ),
    )
)
@settings(max_examples=200, deadline=None)
def test_nothing_signed_escapes_as_another_error(told: Any) -> None:
    with contextlib.suppress(BadBody):
        connector().receive(signed(json.dumps(told).encode()))


# -- from the vendor


async def test_the_simulated_vendor_signs_each_attempt_anew(world: HubspotWorld, hubspot: Hubspot) -> None:
    """Refused first, then taken: the same delivery, another signature."""
    seen: list[httpx.Request] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        world.clock.advance(60)
        return httpx.Response(503 if len(seen) == 1 else 202)

    ref = world.simulator.make("x")
    await world.webhooks()
    world.simulator.edit(ref, subject="y")
    await world.simulator.outbox.deliver(transport=httpx.MockTransport(answer))
    assert [str(request.url) for request in seen] == [HOOK, HOOK]
    made = [Webhook(dict(request.headers), request.content, world.clock()) for request in seen]
    assert made[0].body != made[1].body
    deliveries = [hubspot.receive(webhook) for webhook in made]
    assert deliveries[0].id == deliveries[1].id
    assert [hint.ref for hint in deliveries[0].changed] == [ref]


async def test_our_own_write_is_told_like_any_other(world: HubspotWorld, hubspot: Hubspot) -> None:
    """The event names our app, but a note of somebody may hide behind the stamp; so it costs a read."""
    ref = world.simulator.make("x")
    await world.webhooks()
    await hubspot.update(ref, {"subject": "y"}, expect="")
    await hubspot.comment(ref, Message(Internal("hello")), key="key-1", expect="")
    hints = [hint for webhook in await world.webhooks() for hint in hubspot.receive(webhook).changed]
    assert [(hint.ref, hint.echo, hint.parts) for hint in hints] == [(ref, "", ONLY_FIELDS)]


async def test_deletes_restores_and_merges_are_told(world: HubspotWorld, hubspot: Hubspot) -> None:
    loser, winner = world.simulator.make("x"), world.simulator.make("y")
    await world.webhooks()
    await world.delete(winner)
    await world.restore(winner)
    await world.merge(loser, winner)
    told = [[hint.ref for hint in hubspot.receive(webhook).changed] for webhook in await world.webhooks()]
    assert told[:2] == [[winner], [winner]]
    assert [winner, loser] in told


def test_the_steps_name_the_address_and_no_secret() -> None:
    steps = "\n".join(connector().hook_steps("https://syncd.example/hooks/desk"))
    assert "https://syncd.example/hooks/desk" in steps
    assert SECRET not in steps
    assert "`webhook_url`" in steps
