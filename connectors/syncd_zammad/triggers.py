"""Zammad calls an address by two objects: a webhook, which is the address, and triggers, which say when.

Neither API is on the vendor's pages; both are as in app/models/{webhook,trigger}.rb and lib/selector/sql.rb.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from syncd.sdk.connector import Hook
from syncd_zammad.api import Api
from syncd_zammad.wire import TriggerJson, WebhookJson

ACTIONS = ("create", "update")
"""What must be told, in the words of the condition `ticket.action`; a new article is an update of its ticket."""


async def listed(api: Api) -> list[Hook]:
    triggers = await api.triggers()
    return [hook(each, triggers) for each in await api.webhooks()]


def hook(webhook: WebhookJson, triggers: Iterable[TriggerJson]) -> Hook:
    """A webhook and what it does not bring: an action without a trigger that lets it always through."""
    brought = {action for action in ACTIONS for each in triggers if _brings(each, webhook.id, action)}
    lacks = [f"ticket.action {action}" for action in ACTIONS if action not in brought]
    if webhook.customized_payload:
        lacks.append("the default payload")
    return Hook(str(webhook.id), webhook.endpoint, active=webhook.active, lacks=tuple(lacks))


def _brings(trigger: TriggerJson, webhook_id: int, action: str) -> bool:
    plain = _trigger(webhook_id, action)
    same = all(getattr(trigger, name) == plain[name] for name in ("condition", "activator", "execution_condition_mode"))
    return trigger.active and trigger.webhook_id == str(webhook_id) and same


def _trigger(webhook_id: int, action: str) -> dict[str, Any]:
    """Fires at every such action. `always`: also when no attribute changed, as with a new article."""
    return {
        "name": f"syncd: ticket {action} (webhook {webhook_id})",
        "condition": {"ticket.action": {"operator": "is", "value": action}},
        "perform": {"notification.webhook": {"webhook_id": str(webhook_id)}},
        "activator": "action",
        "execution_condition_mode": "always",
        "active": True,
    }


async def register(api: Api, url: str, *, secret: str) -> Hook:
    """One webhook for this address and two triggers; what is there is repaired, nothing is made twice."""
    known = next((each for each in await api.webhooks() if each.endpoint == url), None)
    wanted = {"endpoint": url, "signature_token": secret, "active": True, "customized_payload": False}
    if known is None:
        webhook = await api.save_webhook({"name": f"syncd {url}", "ssl_verify": True, **wanted})
    else:
        webhook = await api.save_webhook(wanted, id=known.id)
    triggers = await api.triggers()
    for action in ACTIONS:
        await _ensure(api, triggers, webhook.id, action)
    return hook(webhook, await api.triggers())


async def _ensure(api: Api, triggers: Sequence[TriggerJson], webhook_id: int, action: str) -> None:
    if any(_brings(each, webhook_id, action) for each in triggers):
        return
    wanted = _trigger(webhook_id, action)
    ours = next((each for each in triggers if each.name == wanted["name"]), None)
    await api.save_trigger(wanted, id=ours.id if ours else None)


async def remove(api: Api, hook_id: int) -> None:
    """The triggers that call it and nothing else first: Zammad keeps a webhook that something refers to."""
    for each in await api.triggers():
        if each.webhook_id == str(hook_id) and set(each.perform) == {"notification.webhook"}:
            await api.delete("triggers", each.id)
    await api.delete("webhooks", hook_id)


def steps(url: str) -> tuple[str, ...]:
    """What an administrator does by hand."""
    return (
        f"Open Manage, Webhook, New Webhook; name it syncd, endpoint {url}, and put the value of `webhook_secret` "
        "into HMAC SHA1 Signature Token. Leave the payload as it is.",
        "Open Manage, Trigger, New Trigger; name it syncd created, activated by Action, executed Always, "
        "condition Action is created, execute the changes Webhook syncd.",
        "Make a second trigger syncd updated in the same way, with the condition Action is updated.",
    )
