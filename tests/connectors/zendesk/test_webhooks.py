"""Zendesk's webhooks are listed, registered once, repaired and removed; its own secret comes with a registration."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from syncd.sdk.connector import Capability
from syncd.sdk.errors import BadSignature, Forbidden, Rejected
from syncd.sdk.testing.openapi import Violation
from syncd_zendesk import Zendesk, webhooks
from syncd_zendesk.desk import ACCOUNT, TRIGGERED
from syncd_zendesk.hints import EVENTS, PREFIX
from tests.connectors.zendesk.world import HOOK, SECRET, ZendeskWorld

OTHER = "https://syncd.example/hooks/other"


async def change(world: ZendeskWorld, id: str, **webhook: Any) -> None:
    """An administrator edits a webhook."""
    async with httpx.AsyncClient(transport=world.transport, base_url=world.simulator.url) as http:
        auth = (f"{ACCOUNT.email}/token", ACCOUNT.token)
        answer = await http.patch(f"/api/v2/webhooks/{id}", json={"webhook": webhook}, auth=auth)
        answer.raise_for_status()


async def test_the_address_that_zendesk_calls_is_listed(zendesk: Zendesk) -> None:
    [hook] = await zendesk.hooks()
    assert (hook.url, hook.active, hook.lacks, hook.secret) == (HOOK, True, (), "")


async def test_a_list_of_many_is_read_to_its_end(zendesk: Zendesk, world: ZendeskWorld) -> None:
    for number in range(150):
        world.simulator.subscribe(f"{OTHER}/{number}", SECRET)
    assert len(await zendesk.hooks()) == 151


async def test_a_registered_address_is_called_and_its_deliveries_are_believed_with_zendesks_secret(
    world: ZendeskWorld,
) -> None:
    world.simulator.outbox.subscriptions.clear()
    connector = world.connector()
    hook = await connector.register_hook(HOOK)
    assert hook.secret
    assert hook.secret not in repr(hook)
    world.simulator.make("Export fails")
    deliveries = await world.webhooks()
    assert deliveries
    with pytest.raises(BadSignature):
        connector.receive(deliveries[0])
    configured = world.connector(webhook_secret=hook.secret)
    assert all(configured.receive(each).changed for each in deliveries)


async def test_a_registration_costs_a_list_a_create_and_the_secret(zendesk: Zendesk, world: ZendeskWorld) -> None:
    before = len(world.calls())
    await zendesk.register_hook(OTHER)
    made, before = world.calls(before), len(world.calls())
    await zendesk.register_hook(OTHER)
    assert [call.split()[0] for call in made] == ["GET", "POST", "GET"]
    assert [call.split()[0] for call in world.calls(before)] == ["GET", "GET"]


async def test_what_lacks_is_listed_and_repaired_and_what_an_admin_added_stays(
    zendesk: Zendesk, world: ZendeskWorld
) -> None:
    hook = await zendesk.register_hook(OTHER)
    kept = [PREFIX + "comment_added", PREFIX + "marked_as_spam"]
    await change(world, hook.id, subscriptions=kept, status="inactive")
    [found] = [each for each in await zendesk.hooks() if each.url == OTHER]
    assert (found.active, set(found.lacks)) == (False, set(EVENTS) - set(kept))
    repaired = await zendesk.register_hook(OTHER)
    assert (repaired.id, repaired.active, repaired.lacks, repaired.secret) == (hook.id, True, (), hook.secret)
    [subscription] = [each for each in world.simulator.outbox.subscriptions if each.url == OTHER]
    assert subscription.events == {*EVENTS, *kept}


async def test_a_triggers_webhook_is_left_to_its_trigger(world: ZendeskWorld) -> None:
    world.simulator.outbox.subscriptions.clear()
    world.simulator.subscribe(HOOK, SECRET, events=frozenset({TRIGGERED}))
    connector = world.connector()
    assert (await connector.register_hook(HOOK)).lacks == ()
    assert [each.events for each in world.simulator.outbox.subscriptions] == [{TRIGGERED}]


async def test_a_form_or_a_get_brings_nothing_that_can_be_read(zendesk: Zendesk, world: ZendeskWorld) -> None:
    world.simulator.subscribe(OTHER, SECRET, events=frozenset({TRIGGERED}))
    [hook] = [each for each in await zendesk.hooks() if each.url == OTHER]
    await change(world, hook.id, request_format="form_encoded")
    [found] = [each for each in await zendesk.hooks() if each.url == OTHER]
    assert found.lacks == EVENTS
    assert (await zendesk.register_hook(OTHER)).lacks == ()


async def test_of_a_doubled_address_the_better_one_is_repaired(zendesk: Zendesk, world: ZendeskWorld) -> None:
    world.simulator.subscribe(OTHER, SECRET, events=frozenset({PREFIX + "created"}))
    world.simulator.subscribe(OTHER, SECRET, events=frozenset(EVENTS))
    better = [each for each in await zendesk.hooks() if each.url == OTHER and not each.lacks]
    assert [(await zendesk.register_hook(OTHER)).id] == [each.id for each in better]


async def test_only_an_administrator_manages_webhooks(world: ZendeskWorld) -> None:
    agent = next(each for each in world.simulator.accounts if each.scopes == {"agent"})
    token = "an-agents-token"
    world.simulator.accounts.append(type(agent)(agent.id, agent.name, agent.email, token=token, scopes=agent.scopes))
    connector = world.connector(email=agent.email, token=token)
    for deed in (connector.hooks(), connector.register_hook(OTHER), connector.remove_hook("01HOOK1")):
        with pytest.raises(Forbidden):
            await deed


async def test_an_id_cannot_climb_out_of_its_address(zendesk: Zendesk, world: ZendeskWorld) -> None:
    before = len(world.calls())
    for id in ("", "../tickets/1001", "01HOOK1/../01HOOK2", "01HOOK1?"):
        with pytest.raises(Rejected):
            await zendesk.remove_hook(id)
    assert world.calls(before) == []


async def test_zendesk_refuses_a_name_that_is_no_event(
    zendesk: Zendesk, world: ZendeskWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "EVENTS", (*EVENTS, PREFIX + "subject_chnaged"))
    with pytest.raises(Rejected):
        await zendesk.register_hook(OTHER)


async def test_a_misspelt_field_of_a_webhook_is_noticed(zendesk: Zendesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "new", lambda url, connection: {"name": connection, "endpiont": url})
    with pytest.raises(Violation, match="endpiont"):
        await zendesk.register_hook(OTHER)


async def test_the_steps_name_the_address_and_where_the_secret_goes(zendesk: Zendesk) -> None:
    steps = "\n".join(zendesk.hook_steps(HOOK))
    assert HOOK in steps
    assert "webhook_secret" in steps
    assert Capability.MANAGE_WEBHOOKS in zendesk.capabilities
