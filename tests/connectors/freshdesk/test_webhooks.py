"""A webhook of an automation rule is believed when it carries our secret; then its body is read, whatever it is.

The specs hold no sample of Freshdesk's webhooks: their bodies are what a person types into the rule. So the sample is
what `hook_steps` tells to type, filled in.
"""

import base64
import json
from collections.abc import Mapping
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
from syncd.sdk.testing.simulator import Limit
from syncd_freshdesk import Freshdesk
from syncd_freshdesk.hook import RULE_BODY, SECRET_HEADER, receive
from tests.connectors.freshdesk.world import HOOK, SECRET, FreshdeskWorld

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
BODY = RULE_BODY.replace("{{ticket.id}}", "5158").encode()


GOOD = {SECRET_HEADER: SECRET}


def hook(body: bytes = BODY, headers: Mapping[str, str] = GOOD) -> Webhook:
    return Webhook(headers, body, NOW)


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def taken(webhook: Webhook, *secrets: str) -> Delivery:
    return receive(webhook, secrets=[SecretStr(each) for each in secrets or (SECRET,)])


@pytest.mark.parametrize("headers", [{SECRET_HEADER: SECRET}, basic("syncd", SECRET), basic("", SECRET)])
def test_the_secret_comes_in_a_header_or_as_password(headers: dict[str, str]) -> None:
    [hint] = taken(hook(headers=headers)).changed
    assert (hint.ref, hint.token, hint.echo) == ("5158", "", "")


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/json"},
        {SECRET_HEADER: ""},
        {SECRET_HEADER: "wrong"},
        {SECRET_HEADER: SECRET[:-1]},
        {SECRET_HEADER: f"{SECRET} "},
        {SECRET_HEADER: "ü"},
        {"authorization": f"Bearer {SECRET}"},
        {"authorization": f"Basic {SECRET}"},
        {"authorization": "Basic ====="},
        {"authorization": "Basic ü"},
        basic(SECRET, "wrong"),
        basic("syncd", ""),
    ],
)
def test_an_unsigned_or_wrong_webhook_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        taken(hook(headers=headers))


def test_a_body_of_another_length_than_announced_is_refused() -> None:
    """All that can be seen of tampering: Freshdesk signs nothing, so a change of the same length would pass."""
    whole = hook(headers={**GOOD, "content-length": str(len(BODY))})
    assert taken(whole).changed
    for body in (BODY + b" ", BODY[:-1], b""):
        with pytest.raises(BadSignature, match="as long"):
            taken(replace(whole, body=body))


def test_both_secrets_are_good_while_one_is_changed() -> None:
    assert taken(hook(headers={SECRET_HEADER: "old"}), "new", "old").changed
    with pytest.raises(BadSignature):
        taken(hook(headers={SECRET_HEADER: "older"}), "new", "old")


def test_without_a_secret_nothing_is_believed() -> None:
    for headers in ({SECRET_HEADER: ""}, basic("", ""), {"x": "y"}):
        with pytest.raises(BadSignature):
            receive(hook(headers=headers), secrets=[None, SecretStr("")])


def test_the_sender_is_asked_before_the_body_is_read() -> None:
    with pytest.raises(BadSignature):
        taken(hook(b"{", {SECRET_HEADER: "wrong"}))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff\xfe",
        b'{"ticket_id": "../1"}',
        b'{"ticket_id": "1%2e"}',
        b'{"ticket_id": null}',
        b'{"ticket_id": true}',
        b'{"ticket_id": 1.5}',
        b'{"ticket_id": -1}',
        b'{"ticket_id": "{{ticket.id}}"}',
        b'{"freshdesk_webhook": {"ticket_id": 1}}',
        b'{"a":' * 5000,
    ],
)
def test_signed_nonsense_is_a_bad_body(body: bytes) -> None:
    with pytest.raises(BadBody):
        taken(hook(body))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["ticket_id", "a"]), inner, max_size=4),
    max_leaves=12,
)


@given(ANYTHING)
def test_whatever_is_signed_is_read_or_a_bad_body(said: Any) -> None:
    with suppress(BadBody):
        assert taken(hook(json.dumps(said).encode())).changed


def test_the_placeholder_may_stand_with_or_without_quotes() -> None:
    assert taken(hook(b'{"ticket_id": 12}')).changed == taken(hook(b'{"ticket_id": "12"}')).changed


def test_a_doubled_or_old_delivery_is_one_more_look() -> None:
    """Nothing in it tells a repetition from a second change of the same ticket, nor when it was sent: missing a change
    would be worse than reading once more."""
    first = hook()
    later = replace(first, received=NOW + timedelta(hours=23))
    assert taken(first).changed == taken(later).changed
    assert taken(first).id == taken(first).id != taken(later).id


def test_the_steps_name_address_header_and_body_and_no_secret(world: FreshdeskWorld) -> None:
    steps = " ".join(world.connector().hook_steps(HOOK))
    for word in (HOOK, SECRET_HEADER, RULE_BODY, "Ticket updates", "deleted", "spam"):
        assert word in steps
    assert SECRET not in steps


async def test_what_the_rules_send_is_what_is_read(freshdesk: Freshdesk, world: FreshdeskWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.write(ref, "hello", public=True)
    hints = [hint for webhook in await world.webhooks() for hint in freshdesk.receive(webhook).changed]
    assert [hint.ref for hint in hints] == [ref, ref]


async def test_webhooks_count_as_requests_are_postponed_and_dropped_after_a_day(
    freshdesk: Freshdesk, world: FreshdeskWorld
) -> None:
    ref = world.simulator.make("Export fails")
    await world.webhooks()
    world.simulator.limit = Limit(1)
    for number in range(3):
        world.simulator.edit(ref, subject=f"edit {number}")
    assert len(await world.webhooks()) == 1
    world.clock.advance(60)
    world.simulator.desk.tell_postponed()
    assert len(await world.webhooks()) == 1
    world.clock.advance(timedelta(hours=24))
    world.simulator.desk.tell_postponed()
    assert await world.webhooks() == [], "polling makes up for it"
