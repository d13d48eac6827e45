"""Zendesk's webhooks as an administrator keeps them: reading one, making ours, and the steps of a person.

What a delivery says is in `hook`. Source: developer.zendesk.com/api-reference/event-connectors/webhooks/webhooks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from syncd.sdk.connector import Hook
from syncd_zendesk.hints import EVENTS
from syncd_zendesk.wire import Json

TRIGGERED = "conditional_ticket_events"
"""The one subscription of a webhook that triggers notify; which trigger does, Zendesk does not tell here."""
_READABLE = {"status": "active", "http_method": "POST", "request_format": "json"}


class WebhookJson(Json):
    id: str
    name: str = ""
    endpoint: str = ""
    status: str = "active"
    http_method: str = "POST"
    request_format: str = "json"
    subscriptions: list[str] | None = None

    @property
    def by_trigger(self) -> bool:
        return TRIGGERED in (self.subscriptions or ())

    @property
    def readable(self) -> bool:
        """Whether a delivery is one that `hook.receive` takes."""
        return (self.http_method, self.request_format) == ("POST", "json")

    def lacks(self) -> tuple[str, ...]:
        """A trigger's brings what its admin chose, which cannot be seen; a form or a GET brings nothing."""
        if not self.readable:
            return EVENTS
        return () if self.by_trigger else tuple(sorted(set(EVENTS) - set(self.subscriptions or ())))

    def hook(self, *, secret: str = "") -> Hook:
        return Hook(self.id, self.endpoint, active=self.status == "active", lacks=self.lacks(), secret=secret)


class SigningSecretJson(Json):
    secret: str = ""


def chosen(found: Iterable[WebhookJson], url: str) -> WebhookJson | None:
    """The one to keep of those that call an address: an active one before others, the most complete first."""
    ours = [each for each in found if each.endpoint == url]
    return min(ours, key=lambda each: (each.status != "active", len(each.lacks())), default=None)


def new(url: str, connection: str) -> Mapping[str, Any]:
    return {"name": f"syncd: {connection}", "endpoint": url, **_READABLE, "subscriptions": list(EVENTS)}


def repair(known: WebhookJson) -> Mapping[str, Any]:
    """What to change of a webhook that calls us already; empty when nothing is wrong with it."""
    wrong = dict(_READABLE) if known.status != "active" or not known.readable else {}
    if known.by_trigger or not set(EVENTS) - set(known.subscriptions or ()):
        return wrong
    return {**wrong, "subscriptions": sorted({*EVENTS, *(known.subscriptions or ())})}


def steps(url: str) -> Sequence[str]:
    return (
        "Open Admin Center, Apps and integrations, Webhooks, and choose Create webhook.",
        "Choose Zendesk events, and of the ticket events those of the fields that your mapping names, and: comment "
        "added, comment made private, comment redacted, ticket created, merged, soft deleted, undeleted.",
        f"Enter {url} as the endpoint, POST as the method, JSON as the format, and no authentication.",
        "Create it, reveal its signing secret, and put that into `webhook_secret` of the connection.",
    )
