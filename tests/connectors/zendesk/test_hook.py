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

from syncd.sdk.connector import Delivery, Webhook
from syncd.sdk.errors import BadBody, BadSignature
from syncd_zendesk import Zendesk
from syncd_zendesk.desk import TRIGGERED
from syncd_zendesk.hook import TOLERANCE, TRIGGER_BODY, receive
from tests.connectors.zendesk.world import SECRET, ZendeskWorld, signed

NAMES = ["id", "updated_at", "tags", "comment", "field", "custom_field", "type", "current", "previous", "value"]
KINDS = ["status_changed", "tags_changed", "custom_field_changed", "comment_added", "created", "merged", "else"]

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
BODY = json.dumps({"ticket_id": "5158", "updated_at": "2026-01-05T08:59:59Z"}).encode()


def hook(body: bytes = BODY, *, sent: datetime = NOW, received: datetime = NOW, secret: str = SECRET) -> Webhook:
    return Webhook(signed(body, sent.isoformat(), secret=secret), body, received)


def taken(webhook: Webhook, *secrets: str) -> Delivery:
    return receive(webhook, secrets=[SecretStr(each) for each in secrets or (SECRET,)])


def test_a_signed_and_fresh_webhook_is_believed() -> None:
    delivery = taken(hook())
    assert delivery.id == "invocation-1"
    assert [(hint.ref, hint.revision) for hint in delivery.changed] == [("5158", "2026-01-05T08:59:59Z")]


def test_the_signature_is_over_timestamp_and_body() -> None:
    """The value that RFC 2104's algorithm gives, computed once elsewhere: openssl dgst -sha256 -hmac."""
    headers = {
        "x-zendesk-webhook-signature": "yHWKGPHvPrdStJr91VlPd5jXKSytx4B4uHZqIBH8fLo=",
        "x-zendesk-webhook-signature-timestamp": "2026-01-05T09:00:00Z",
    }
    assert taken(Webhook(headers, b'{"type": "zen:event-type:user.created"}', NOW), "secret").changed == ()


@pytest.mark.parametrize("name", ["x-zendesk-webhook-signature", "x-zendesk-webhook-signature-timestamp"])
@pytest.mark.parametrize("value", [None, "", "nonsense", "ü", "NaN", "1e400", "2026-01-05"])
def test_a_forged_webhook_is_refused(name: str, value: str | None) -> None:
    headers = {key: each for key, each in hook().headers.items() if key != name}
    if value is not None:
        headers[name] = value
    with pytest.raises(BadSignature):
        taken(replace(hook(), headers=headers))


@pytest.mark.parametrize("skew", [TOLERANCE + timedelta(seconds=1), -TOLERANCE - timedelta(seconds=1)])
def test_an_old_or_early_webhook_is_refused_and_its_skew_named(skew: timedelta) -> None:
    with pytest.raises(BadSignature, match="301"):
        taken(hook(received=NOW + skew))


def test_both_secrets_are_good_while_one_is_changed() -> None:
    assert taken(hook(secret="old"), "new", "old").changed
    with pytest.raises(BadSignature):
        taken(hook(secret="older"), "new", "old")


def test_without_a_secret_nothing_is_believed() -> None:
    with pytest.raises(BadSignature):
        receive(hook(secret=""), secrets=[None, SecretStr("")])


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"\xff\xfe",
        b'{"ticket_id": "../1"}',
        b'{"ticket_id": "1%2e"}',
        b'{"ticket_id": null}',
        b'{"ticket_id": "1", "updated_at": "yesterday"}',
        b'{"type": "zen:event-type:ticket.created"}',
        b'{"type": "zen:event-type:ticket.created", "detail": {"id": "1/../2"}}',
        b'{"type": "zen:event-type:ticket.created", "detail": {"id": "1", "updated_at": "\xff"}}',
        b'{"a":' * 5000,
    ],
)
def test_signed_nonsense_is_a_bad_body(body: bytes) -> None:
    with pytest.raises(BadBody):
        taken(hook(body))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("2026-01-05T09:00:00Z"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(KINDS), ANYTHING, ANYTHING)
def test_whatever_is_signed_is_read_or_a_bad_body(kind: str, event: Any, detail: Any) -> None:
    body = {"type": f"zen:event-type:ticket.{kind}", "event": event, "detail": {"id": "1"}}
    if isinstance(detail, dict):
        body["detail"] = {"id": "1", **detail}
    with suppress(BadBody):
        taken(hook(json.dumps(body).encode()))


def test_what_the_admin_pastes_is_what_is_read(world: ZendeskWorld) -> None:
    filled = TRIGGER_BODY.replace("{{ticket.id}}", "12").replace(
        "{{ticket.updated_at_with_timestamp}}", "2026-01-05T08:59:59Z"
    )
    assert [hint.ref for hint in taken(hook(filled.encode())).changed] == ["12"]


async def test_a_triggers_webhook_names_the_ticket(zendesk: Zendesk, world: ZendeskWorld) -> None:
    world.simulator.outbox.subscriptions.clear()
    world.simulator.subscribe("https://syncd.example/hooks", SECRET, events=frozenset({TRIGGERED}))
    ref = world.simulator.make("Export fails")
    [webhook] = await world.webhooks()
    [hint] = zendesk.receive(webhook).changed
    assert (hint.ref, hint.token) == (ref, "")
    read = await zendesk.fetch(ref)
    assert not zendesk.includes(read.revision, hint), "the second is not over"
    world.clock.advance(1)
    world.simulator.edit(ref, subject="newer")
    assert zendesk.includes((await zendesk.fetch(ref)).revision, hint), "a younger read shows it"


async def test_doubled_late_and_shuffled_deliveries_name_the_same_changes(
    zendesk: Zendesk, world: ZendeskWorld
) -> None:
    ref = world.simulator.make("Export fails")
    for priority in ("low", "high", "low", "urgent"):
        world.clock.advance(1)
        world.simulator.edit(ref, priority=priority)
    webhooks: list[Any] = list(await world.webhooks())
    once = [zendesk.receive(webhook) for webhook in webhooks]
    again = [zendesk.receive(webhook) for webhook in reversed(webhooks * 2)]
    assert {(each.id, each.changed) for each in once} == {(each.id, each.changed) for each in again}
    assert len({each.id for each in once}) == len(once)
