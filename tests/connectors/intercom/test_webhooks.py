"""A webhook is believed when the app's client secret signed it lately; then it names a ticket or a conversation."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from syncd.core.model import Internal
from syncd.sdk.connector import Delivery, Message, Webhook
from syncd.sdk.errors import BadBody, BadSignature
from syncd_intercom import KINDS, Intercom
from syncd_intercom.hook import receive, sign
from syncd_intercom.refs import Kind
from syncd_intercom.simulator import CAROL
from tests.connectors.intercom.world import HOOK, SECRET, IntercomWorld
from tests.specs import SHARED, spec

SENT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SAMPLES = sorted(path.name for path in (SHARED / "specs/intercom/webhook-payloads").glob("*.json"))
BOTH = KINDS["both"]


def notification(item: Any, **more: Any) -> bytes:
    body = {"type": "notification_event", "topic": "ticket.note.created", "id": "notif_1", "data": {"item": item}}
    return json.dumps({**body, "created_at": int(SENT.timestamp()), **more}).encode()


BODY = notification({"type": "ticket", "id": "1295", "updated_at": 1767603600})


def hook(body: bytes = BODY, headers: Mapping[str, str] | None = None) -> Webhook:
    return Webhook({"x-hub-signature": sign(SECRET, body)} if headers is None else headers, body, SENT)


def taken(webhook: Webhook, *secrets: str, kinds: Sequence[Kind] = BOTH) -> Delivery:
    return receive(webhook, secrets=[SecretStr(each) for each in secrets or (SECRET,)], kinds=kinds)


# --- the vendor's own samples -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES or ["ticket.note.created.json"])
def test_a_sample_is_verified_and_parsed(name: str) -> None:
    body = spec(f"intercom/webhook-payloads/{name}").read_bytes()
    sent = datetime.fromtimestamp(json.loads(body)["created_at"], UTC)
    delivery = taken(replace(hook(body), received=sent + timedelta(seconds=2)))
    [hint] = delivery.changed
    assert delivery.id == json.loads(body)["id"]
    assert (hint.ref, hint.token, hint.echo, hint.revision) == ("ticket:1295", "", "", "1754982300")
    assert hint.at == sent


# --- the signature ---------------------------------------------------------------------------------------------------


def test_the_signature_is_sha1_in_hexadecimal_of_the_raw_bytes() -> None:
    digest = hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest()
    assert taken(hook(headers={"x-hub-signature": f"sha1={digest}"})).changed


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha1=",
        sign("wrong", BODY),
        sign(SECRET, BODY + b" "),
        sign(SECRET, BODY)[:-1],
        sign(SECRET, BODY).upper(),
        sign(SECRET, BODY).removeprefix("sha1="),
        f"sha256={hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()}",
        "sha1=ü",
    ],
)
def test_a_wrong_signature_is_refused(signature: str) -> None:
    with pytest.raises(BadSignature):
        taken(hook(headers={"x-hub-signature": signature}))


def test_an_unsigned_or_altered_delivery_is_refused() -> None:
    for bad in (hook(headers={}), replace(hook(), body=BODY.replace(b"1295", b"1296"))):
        with pytest.raises(BadSignature):
            taken(bad)


def test_both_secrets_are_good_while_one_is_changed() -> None:
    old = hook(headers={"x-hub-signature": sign("old", BODY)})
    assert taken(old, "new", "old").changed
    with pytest.raises(BadSignature):
        taken(old, "new", "older")


def test_without_a_secret_nothing_is_believed() -> None:
    with pytest.raises(BadSignature):
        receive(hook(headers={"x-hub-signature": sign("", BODY)}), secrets=[None, SecretStr("")], kinds=BOTH)


def test_the_signature_is_looked_at_before_the_body() -> None:
    with pytest.raises(BadSignature):
        taken(hook(b"{", {"x-hub-signature": sign("wrong", b"{")}))


# --- age and repetition ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("age", [timedelta(days=2), timedelta(hours=25), -timedelta(minutes=11)])
def test_an_old_delivery_or_one_from_the_future_is_refused(age: timedelta) -> None:
    with pytest.raises(BadSignature, match="old"):
        taken(replace(hook(), received=SENT + age))


@pytest.mark.parametrize("age", [timedelta(0), timedelta(hours=3), -timedelta(minutes=9)])
def test_a_retry_of_some_hours_later_is_taken(age: timedelta) -> None:
    assert taken(replace(hook(), received=SENT + age)).changed


def test_a_doubled_delivery_has_one_id_and_two_changes_have_two() -> None:
    again = json.loads(BODY)
    again["delivery_attempts"] = 2
    assert taken(hook()).id == taken(hook(json.dumps(again).encode())).id == "notif_1"
    assert taken(hook(notification({"type": "ticket", "id": "1295"}, id="notif_2"))).id == "notif_2"


def test_a_notification_without_an_id_is_named_by_its_bytes() -> None:
    one, two = (notification({"type": "ticket", "id": id}, id=None) for id in ("1", "2"))
    assert taken(hook(one)).id == taken(hook(one)).id != taken(hook(two)).id


# --- the body --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "ref"),
    [
        ({"type": "ticket", "id": "7"}, "ticket:7"),
        ({"type": "ticket", "id": 7}, "ticket:7"),
        ({"type": "conversation", "id": "7"}, "conversation:7"),
        ({"type": "conversation_part", "id": "9", "conversation_id": "7"}, "conversation:7"),
    ],
)
def test_tickets_and_conversations_are_named(item: dict[str, Any], ref: str) -> None:
    assert [hint.ref for hint in taken(hook(notification(item))).changed] == [ref]


@pytest.mark.parametrize(
    "item",
    [
        {"type": "ping", "message": "something something interzen"},
        {"type": "contact", "id": "6762f2d81bb69f9f2193bc54"},
        {"type": "user", "id": "7"},
        {"type": "ticket", "id": "../7"},
        {"type": "ticket"},
        {"type": "ticket", "id": "0"},
        {},
    ],
)
def test_whatever_else_is_told_is_not_our_business(item: dict[str, Any]) -> None:
    assert taken(hook(notification(item))).changed == ()


def test_what_the_connection_does_not_work_with_is_not_told() -> None:
    assert taken(hook(), kinds=KINDS["conversations"]).changed == ()
    assert taken(hook(), kinds=KINDS["tickets"]).changed


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b'{"a":' * 5000,
        notification("text"),
        notification({"type": "ticket", "id": "7"}, created_at="1767603600"),
        notification({"type": "ticket", "id": "7"}, created_at=10**30),
        notification({"type": "ticket", "id": "7"}, topic=None),
        notification({"type": "ticket", "id": "7", "updated_at": "now"}),
        notification({"type": "ticket", "id": True}),
    ],
)
def test_signed_nonsense_is_a_bad_body(body: bytes) -> None:
    with pytest.raises(BadBody) as caught:
        taken(hook(body))
    assert "1767603600" not in str(caught.value)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["topic", "data", "item", "id", "type", "created_at"]), inner, max_size=6)
    ),
    max_leaves=20,
)


@given(ANYTHING)
def test_whatever_is_signed_is_read_or_refused_in_words(said: Any) -> None:
    with suppress(BadBody, BadSignature):
        taken(hook(json.dumps(said).encode()))


# --- from the simulator -----------------------------------------------------------------------------------------------


async def test_each_deed_tells_its_ticket_and_a_ping_nobody(intercom: Intercom, world: IntercomWorld) -> None:
    [ping] = await world.webhooks()
    assert intercom.receive(ping).changed == ()
    ref = world.simulator.make("Export fails")
    world.simulator.edit(ref, {"open": False})
    world.simulator.write(ref, "more", public=True, by=CAROL)
    await intercom.comment(ref, Message(Internal("x")), key="key-1", expect="")
    said = [intercom.receive(webhook).changed for webhook in await world.webhooks()]
    assert [[hint.ref for hint in changed] for changed in said] == [[ref]] * 4


async def test_a_webhook_says_its_texts_without_markup(world: IntercomWorld) -> None:
    """As of version 2.15; what is mirrored comes from the read that follows, with its markup."""
    await world.webhooks()
    ref = world.simulator.begin()
    world.simulator.write(ref, "one\n\ntwo <b>", public=True)
    last = json.loads((await world.webhooks())[-1].body)
    [part] = last["data"]["item"]["conversation_parts"]["conversation_parts"]
    assert part["body"] == "one\ntwo <b>"


async def test_a_delivery_that_nobody_takes_is_sent_again(world: IntercomWorld) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content)["id"])
        return httpx.Response(500 if len(seen) == 1 else 200)

    await world.webhooks()
    world.simulator.make("Export fails")
    assert await world.simulator.outbox.deliver(transport=httpx.MockTransport(answer)) == [200]
    assert seen == [seen[0]] * 2


def test_a_person_is_told_what_to_do(world: IntercomWorld) -> None:
    steps = "\n".join(world.connector().hook_steps(HOOK))
    assert HOOK in steps
    assert "Client secret" in steps
    assert SECRET not in steps
