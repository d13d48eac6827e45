"""A webhook is believed when it is signed with our secret and fresh; then its body is read, whatever it is."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, ONLY_THREAD, Delivery, Webhook
from syncd.sdk.errors import BadBody, BadSignature, Forbidden, Rejected
from syncd_linear import Linear
from syncd_linear.hook import RESOURCES, TOLERANCE, receive, sign
from syncd_linear.simulator import ANA
from tests.connectors.linear.world import HOOK, SECRET, LinearWorld
from tests.specs import spec

SAMPLES = ["Issue.create", "Issue.update", "Issue.remove", "Comment.create"]
ISSUE, SAID = "539068e2-ae88-4d09-bd75-22eb4a59612f", "2174add1-f7c8-44e3-bbf3-2d60b5ea8bc9"
SENT = datetime.fromtimestamp(1754982001.100, UTC)
STAMP = "1754982001003"


def hook(body: bytes, *, received: datetime = SENT, secret: str = SECRET) -> Webhook:
    return Webhook({"linear-signature": sign(secret, body), "linear-delivery": "delivery-1"}, body, received)


def said(**event: Any) -> bytes:
    data = {"id": ISSUE, "updatedAt": "2025-08-12T07:00:01.003Z"}
    return json.dumps(
        {"action": "update", "type": "Issue", "data": data, "webhookTimestamp": 1754982001100, **event}
    ).encode()


def taken(webhook: Webhook, *secrets: str) -> Delivery:
    return receive(webhook, secrets=[SecretStr(each) for each in secrets or (SECRET,)])


def sample(name: str) -> bytes:
    return spec(f"linear/webhook-payloads/{name}.json").read_bytes()


# --- the samples -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_names_its_issue(name: str) -> None:
    delivery = taken(hook(sample(name)))
    assert delivery.id == "delivery-1"
    assert [hint.ref for hint in delivery.changed] == [ISSUE]


def test_the_samples_say_what_changed() -> None:
    hints = {name: taken(hook(sample(name))).changed[0] for name in SAMPLES}
    assert {name: (hint.token, hint.parts) for name, hint in hints.items()} == {
        "Issue.create": (STAMP, ALL_PARTS),
        "Issue.update": (STAMP, ONLY_FIELDS),
        "Issue.remove": ("", ALL_PARTS),
        "Comment.create": (f"comment:{SAID}@1754982300000", ONLY_THREAD),
    }


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_refused_unsigned_wrongly_signed_old_and_tampered_with(name: str) -> None:
    body = sample(name)
    right = hook(body)
    for wrong in (
        replace(right, headers={}),
        replace(right, headers={"linear-signature": ""}),
        replace(right, headers={"linear-signature": "ü"}),
        replace(right, headers={"linear-signature": f"sha256={sign(SECRET, body)}"}),
        hook(body, secret="another-secret-of-24-bytes"),
        replace(right, body=body + b" "),
        hook(body, received=SENT + TOLERANCE + timedelta(seconds=1)),
        hook(body, received=SENT - TOLERANCE - timedelta(seconds=1)),
    ):
        with pytest.raises(BadSignature):
            taken(wrong)


def test_a_doubled_delivery_has_one_name() -> None:
    first = hook(sample("Issue.update"))
    assert taken(first) == taken(replace(first, received=SENT + timedelta(seconds=30)))


# --- signature and age -----------------------------------------------------------------------------------------------


def test_the_signature_is_hexadecimal_over_the_raw_body() -> None:
    """The value that RFC 2104's algorithm gives, computed once elsewhere: openssl dgst -sha256 -hmac secret."""
    assert sign("secret", b'{"a": 1}') == "9efa14a18410a57a432fbf0ce38d4bc33339036a64e57b8c86da0bb1e122d972"


def test_the_time_is_believed_in_the_body_alone() -> None:
    old = hook(said(), received=SENT + timedelta(hours=1))
    lying = replace(old, headers={**old.headers, "linear-timestamp": str(round(old.received.timestamp() * 1000))})
    with pytest.raises(BadSignature, match="3600"):
        taken(lying)


def test_both_secrets_are_good_while_one_is_changed() -> None:
    assert taken(hook(said(), secret="old"), "new", "old").changed
    with pytest.raises(BadSignature):
        taken(hook(said(), secret="older"), "new", "old")


def test_without_a_secret_nothing_is_believed() -> None:
    with pytest.raises(BadSignature):
        receive(hook(said(), secret=""), secrets=[None, SecretStr("")])


async def test_a_retry_is_stamped_anew_and_keeps_its_name(linear: Linear, world: LinearWorld) -> None:
    """Else none of Linear's retries, after a minute, an hour and six, would be younger than a minute."""
    world.simulator.make("x")
    [waiting] = world.simulator.outbox.waiting
    ids = []
    for _ in range(2):
        headers, body = world.simulator.webhook_request(waiting.event, waiting.subscription)
        ids.append(linear.receive(Webhook(headers, body, world.clock())).id)
        world.clock.advance(timedelta(hours=1))
    assert ids[0] == ids[1]


# --- what it says ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event",
    [
        {"type": "Project"},
        {"type": "Reaction", "data": {"id": "1"}},
        {"type": "Comment", "data": {"id": "1", "updatedAt": "2025-08-12T07:00:01.003Z", "projectId": "1"}},
    ],
)
def test_what_is_no_issues_is_nobodys_business(event: dict[str, Any]) -> None:
    assert taken(hook(said(**event))).changed == ()


def test_a_description_may_have_brought_a_file() -> None:
    [hint] = taken(hook(said(updatedFrom={"description": "x"}))).changed
    assert hint.parts == ALL_PARTS


@pytest.mark.parametrize("touched", ["archivedAt", "trashed"])
def test_what_leaves_or_comes_back_always_costs_a_read(touched: str) -> None:
    [hint] = taken(hook(said(updatedFrom={touched: None}))).changed
    assert (hint.ref, hint.token) == (ISSUE, "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b"{}",
        b'{"a":' * 5000,
        said(data=None),
        said(data={}),
        said(data={"id": ISSUE, "updatedAt": "yesterday"}),
        said(data={"id": ISSUE, "updatedAt": "2025-08-12T07:00:01.003"}),
        said(webhookTimestamp=None),
        said(webhookTimestamp=True),
        said(webhookTimestamp="1754982001100"),
        said(webhookTimestamp=float("nan")),
        said(webhookTimestamp=float("inf")),
    ],
)
def test_signed_nonsense_is_a_bad_body(body: bytes) -> None:
    with pytest.raises(BadBody):
        taken(hook(body))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("2026-01-05T09:00:00Z"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "updatedAt", "x"]), inner),
    max_leaves=8,
)


@given(st.sampled_from(["Issue", "Comment", "else"]), st.sampled_from(["create", "remove", "x"]), ANYTHING, ANYTHING)
def test_whatever_is_signed_is_read_or_a_bad_body(kind: str, action: str, data: Any, before: Any) -> None:
    with suppress(BadBody):
        taken(hook(said(type=kind, action=action, data=data, updatedFrom=before)))


async def test_what_a_person_does_is_told_once_by_its_name(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    id = world.simulator.write(ref, "one")
    with world.simulator.do():
        world.space.rewrite(world.issue(ref), world.issue(ref).comments[0], "two")
        world.space.unsay(world.issue(ref), world.issue(ref).comments[0])
        world.space.trash(world.issue(ref))
        world.space.restore(world.issue(ref))
    hints = [linear.receive(webhook).changed for webhook in await world.webhooks()]
    tokens = [hint.token.split("@")[0] for [hint] in hints]
    assert tokens[1:4] == [f"comment:{id}"] * 3
    assert tokens[4:] == ["", ""]
    assert len({hint.token for [hint] in hints[:4]}) == 4
    assert {hint.ref for [hint] in hints} == {ref}


# --- registering -----------------------------------------------------------------------------------------------------


async def test_a_webhook_is_made_for_all_that_is_read_and_signed_with_our_secret(
    linear: Linear, world: LinearWorld
) -> None:
    world.space.hooks.clear()
    made = await linear.register_hook(HOOK)
    [kept] = world.space.hooks.values()
    assert (kept.id, kept.url, kept.secret, set(kept.resources)) == (made.id, HOOK, SECRET, set(RESOURCES))
    world.simulator.make("x")
    [webhook] = await world.webhooks()
    assert linear.receive(webhook).changed


async def test_what_lacks_is_repaired_and_what_is_more_stays(linear: Linear, world: LinearWorld) -> None:
    [kept] = world.space.hooks.values()
    kept.enabled, kept.resources, kept.secret = False, ("Issue", "Project"), "another"
    [listed] = await linear.hooks()
    assert (listed.active, listed.lacks) == (False, ("Comment",))
    again = await linear.register_hook(HOOK)
    assert (again.id, again.active, again.lacks) == (kept.id, True, ())
    assert (set(kept.resources), kept.secret, kept.enabled) == ({"Issue", "Comment", "Project"}, SECRET, True)


async def test_webhooks_are_for_administrators(world: LinearWorld) -> None:
    ana = world.connector(api_key=ANA.token)
    with pytest.raises(Forbidden):
        await ana.hooks()
    with pytest.raises(Forbidden):
        await ana.register_hook(HOOK)


async def test_without_a_secret_nothing_is_registered(world: LinearWorld) -> None:
    with pytest.raises(Rejected) as refused:
        await world.connector(webhook_secret=None).register_hook(HOOK)
    assert refused.value.field == "webhook_secret"


def test_a_person_is_told_what_to_do(world: LinearWorld) -> None:
    steps = world.connector().hook_steps(HOOK)
    assert any(HOOK in step for step in steps)
    assert any("Issues and Comments" in step for step in steps)
