"""A webhook is believed when it is signed with our secret, whatever it says; and the two objects that make one."""

import hashlib
import hmac
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from syncd.sdk.connector import Delivery, Webhook
from syncd.sdk.errors import BadBody, BadSignature, Forbidden, Rejected
from syncd_zammad import Zammad
from syncd_zammad.hook import receive
from syncd_zammad.simulator import ANA
from syncd_zammad.simulator.state import Row
from tests.connectors.zammad.steps import poll
from tests.connectors.zammad.world import HOOK, SECRET, ZammadWorld, signed
from tests.specs import spec

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
BODY = json.dumps({"ticket": {"id": 19, "updated_at": "2025-08-12T07:05:00.003Z"}, "article": {}}).encode()


def hook(body: bytes = BODY, *, secret: str = SECRET) -> Webhook:
    return Webhook(signed(body, secret=secret), body, NOW)


def taken(webhook: Webhook, *secrets: str) -> Delivery:
    return receive(webhook, secrets=[SecretStr(each) for each in secrets or (SECRET,)])


# --- what is believed ------------------------------------------------------------------------------------------------


def test_the_sample_is_verified_and_parsed() -> None:
    """Written by hand in the shape that the vendor's page "Webhook Payload" shows."""
    body = spec("zammad/webhook-payloads/article_note.json").read_bytes()
    [hint] = taken(hook(body)).changed
    assert (hint.ref, hint.revision) == ("19", "2025-08-12T07:05:00.003Z")
    assert hint.token == "19@2025-08-12T07:05:00.003Z"
    with pytest.raises(BadSignature):
        taken(replace(hook(body), body=body.rstrip()[:-1]))


def test_the_signature_is_that_of_rfc_2104() -> None:
    """printf '{}' | openssl dgst -sha1 -hmac secret"""
    headers = {"x-hub-signature": "sha1=5d61605c3feea9799210ddcb71307d4ba264225f"}
    with pytest.raises(BadBody):
        taken(Webhook(headers, b"{}", NOW), "secret")


@pytest.mark.parametrize("value", [None, "", "sha1=", "nonsense", "ü", "sha256=" + 64 * "0", "sha1=" + 40 * "0"])
def test_a_forged_or_unsigned_webhook_is_refused(value: str | None) -> None:
    with pytest.raises(BadSignature):
        taken(replace(hook(), headers={} if value is None else {"x-hub-signature": value}))


def test_a_digest_without_its_name_or_in_capitals_is_refused() -> None:
    digest = hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest()
    assert taken(replace(hook(), headers={"x-hub-signature": f"sha1={digest}"})).changed
    for wrong in (digest, f"SHA1={digest}", f"sha1={digest.upper()}", f"sha1={digest} "):
        with pytest.raises(BadSignature):
            taken(replace(hook(), headers={"x-hub-signature": wrong}))


def test_both_secrets_are_good_while_one_is_changed() -> None:
    assert taken(hook(secret="old"), "new", "old").changed
    with pytest.raises(BadSignature):
        taken(hook(secret="older"), "new", "old")


def test_without_a_secret_nothing_is_believed() -> None:
    with pytest.raises(BadSignature):
        receive(hook(secret=""), secrets=[None, SecretStr("")])


@pytest.mark.parametrize("late", [timedelta(seconds=100), timedelta(days=300)])
def test_an_old_delivery_is_a_hint_like_any_other(late: timedelta) -> None:
    """Zammad signs no time, and its own retries come minutes late: it costs one read and carries no state."""
    assert taken(replace(hook(), received=NOW + late)).changed == taken(hook()).changed


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"\xff\xfe",
        b'{"ticket": null}',
        b'{"ticket": {"id": 0, "updated_at": "2025-08-12T07:05:00.003Z"}}',
        b'{"ticket": {"id": -1, "updated_at": "2025-08-12T07:05:00.003Z"}}',
        b'{"ticket": {"id": "../1", "updated_at": "2025-08-12T07:05:00.003Z"}}',
        b'{"ticket": {"id": 1, "updated_at": "yesterday"}}',
        b'{"ticket": {"id": 1}}',
        b'{"a":' * 5000,
    ],
)
def test_signed_nonsense_is_a_bad_body(body: bytes) -> None:
    with pytest.raises(BadBody):
        taken(hook(body))


NAMES = ["ticket", "article", "id", "updated_at", "number"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("2026-01-05T09:00:00.000Z"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@given(ANYTHING)
def test_whatever_is_signed_is_read_or_a_bad_body(ticket: Any) -> None:
    with suppress(BadBody):
        taken(hook(json.dumps({"ticket": ticket}).encode()))


# --- what the simulated Zammad sends ---------------------------------------------------------------------------------


async def test_the_sample_says_no_more_than_the_simulator_does(world: ZammadWorld) -> None:
    sample = json.loads(spec("zammad/webhook-payloads/article_note.json").read_bytes())
    ref = world.simulator.make("Export fails")
    world.simulator.write(ref, "words", public=False)
    told = json.loads((await world.webhooks())[-1].body)
    for half in ("ticket", "article"):
        assert sample[half].keys() <= told[half].keys()
        for name, value in sample[half].items():
            if isinstance(value, dict) and name != "preferences":
                assert value.keys() <= told[half][name].keys(), name


async def test_doubled_and_shuffled_deliveries_name_the_same_changes_as_the_poll(
    zammad: Zammad, world: ZammadWorld
) -> None:
    ref = world.simulator.make("Export fails")
    _, cursor = await poll(zammad, None)
    await world.webhooks()
    for priority in ("1 low", "3 high", "1 low"):
        world.simulator.edit(ref, priority=priority)
    webhooks = list(await world.webhooks())
    once = {(each.id, each.changed) for each in map(zammad.receive, webhooks)}
    again = {(each.id, each.changed) for each in map(zammad.receive, reversed(webhooks * 2))}
    assert once == again
    assert len(once) == 3
    polled = {hint.token for hint in (await poll(zammad, cursor))[0]}
    assert polled <= {hint.token for _, changed in once for hint in changed}


async def test_a_delivery_is_tried_five_times_under_one_id(zammad: Zammad, world: ZammadWorld) -> None:
    world.simulator.make("Export fails")
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        headers = {key.lower(): value for key, value in request.headers.items()}
        seen.append(zammad.receive(Webhook(headers, request.content, NOW)).id)
        return httpx.Response(503)

    assert await world.simulator.outbox.deliver(transport=httpx.MockTransport(answer)) == [503]
    assert (len(seen), len(set(seen))) == (5, 1)


async def test_another_body_under_the_same_delivery_id_is_another_delivery() -> None:
    """No signature covers the header."""
    other = BODY.replace(b"19", b"20")
    assert taken(hook()).id != taken(hook(other)).id


# --- registering -----------------------------------------------------------------------------------------------------


def names(world: ZammadWorld) -> list[str]:
    return sorted(str(row.values["name"]) for row in world.simulator.triggers.values())


async def test_a_registered_address_is_called_signed_about_everything() -> None:
    world = ZammadWorld(subscribed=False)
    zammad = world.connector()
    hook = await zammad.register_hook(HOOK)
    assert (hook.url, hook.active, hook.lacks, hook.secret) == (HOOK, True, (), "")
    ref = world.simulator.make("Export fails")
    world.simulator.write(ref, "words", public=False)
    told = [zammad.receive(webhook) for webhook in await world.webhooks()]
    assert [hint.ref for delivery in told for hint in delivery.changed] == [ref, ref]
    await zammad.register_hook(HOOK)
    assert (len(world.simulator.webhooks), len(world.simulator.triggers)) == (1, 2)
    await zammad.aclose()


def broken(world: ZammadWorld, how: str) -> None:
    [webhook] = world.simulator.webhooks.values()
    trigger = next(iter(world.simulator.triggers.values()))
    match how:
        case "off":
            webhook.values["active"] = False
        case "another secret":
            webhook.values["signature_token"] = "stale"
        case "another payload":
            webhook.values["customized_payload"] = True
        case "no trigger":
            del world.simulator.triggers[trigger.id]
        case "a trigger that is off":
            trigger.values["active"] = False
        case "a trigger that waits for changes":
            trigger.values["execution_condition_mode"] = "selective"
        case "a trigger with one more condition":
            trigger.values["condition"] = {
                **trigger.values["condition"],
                "ticket.state_id": {"operator": "is", "value": ["2"]},
            }
    world.simulator.wire()


@pytest.mark.parametrize(
    ("how", "lacks", "active"),
    [
        ("off", (), False),
        ("another secret", (), True),  # no answer tells it
        ("another payload", ("the default payload",), True),
        ("no trigger", ("ticket.action create",), True),
        ("a trigger that is off", ("ticket.action create",), True),
        ("a trigger that waits for changes", ("ticket.action create",), True),
        ("a trigger with one more condition", ("ticket.action create",), True),
    ],
)
async def test_what_a_hook_lacks_is_told_and_repaired(
    zammad: Zammad, world: ZammadWorld, how: str, lacks: tuple[str, ...], active: bool
) -> None:
    broken(world, how)
    [seen] = await zammad.hooks()
    assert (seen.lacks, seen.active) == (lacks, active)
    repaired = await zammad.register_hook(HOOK)
    assert (repaired.id, repaired.lacks, repaired.active) == (seen.id, (), True)
    world.simulator.make("Export fails")
    assert [zammad.receive(webhook) for webhook in (await world.webhooks())[-1:]]


async def test_a_narrow_trigger_of_an_admin_stays_beside_ours(zammad: Zammad, world: ZammadWorld) -> None:
    broken(world, "a trigger with one more condition")
    await zammad.register_hook(HOOK)
    assert len(world.simulator.triggers) == 3
    assert len([name for name in names(world) if name.startswith("syncd: ticket create")]) == 1


async def test_a_trigger_that_does_something_else_as_well_is_not_removed(zammad: Zammad, world: ZammadWorld) -> None:
    id = world.simulator.new_id()
    [webhook] = world.simulator.webhooks
    perform = {"notification.webhook": {"webhook_id": webhook}, "ticket.tags": {"operator": "add", "value": "x"}}
    values = {"name": "of an admin", "condition": {}, "perform": perform, "active": True}
    world.simulator.triggers[id] = Row(id, values, NOW)
    with pytest.raises(Rejected):
        await zammad.remove_hook(str(webhook))
    assert names(world) == ["of an admin"]


async def test_more_hooks_than_fit_on_a_page_are_listed(zammad: Zammad, world: ZammadWorld) -> None:
    for number in range(60):
        world.simulator.subscribe(f"https://other.example/{number}", SECRET)
    found = await zammad.hooks()
    assert len(found) == 61
    assert not any(hook.lacks for hook in found)


async def test_without_the_rights_or_a_secret_nothing_is_registered(world: ZammadWorld) -> None:
    agent, open_hearted = world.connector(token=ANA.token), world.connector(webhook_secret=None)
    with pytest.raises(Forbidden):
        await agent.register_hook("https://syncd.example/hooks/new")
    with pytest.raises(Rejected, match="webhook_secret"):
        await open_hearted.register_hook("https://syncd.example/hooks/new")
    assert len(world.simulator.webhooks) == 1


def test_a_person_is_told_each_step_and_no_secret(world: ZammadWorld) -> None:
    steps = world.connector().hook_steps(HOOK)
    assert HOOK in steps[0]
    assert len(steps) == 3
    assert SECRET not in " ".join(steps)
