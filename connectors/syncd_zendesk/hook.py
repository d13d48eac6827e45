"""A webhook from raw bytes to hints: signature and age first, then what it says. Pure.

Two kinds come in: event subscriptions, whose body is Zendesk's, and triggers, whose body is `TRIGGER_BODY`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr, ValidationError

from syncd.sdk.connector import Changed, Delivery, Webhook
from syncd.sdk.errors import BadAnswer, BadBody, BadSignature, Rejected
from syncd_zendesk.hints import PREFIX, EnvelopeJson, of_hook
from syncd_zendesk.wire import Json, moment, number

TOLERANCE = timedelta(minutes=5)

TRIGGER_BODY = '{"ticket_id": "{{ticket.id}}", "updated_at": "{{ticket.updated_at_with_timestamp}}"}'
"""What an admin puts as JSON body into a trigger that notifies the webhook."""


class TriggerJson(Json):
    """The body of a trigger that was filled in from `TRIGGER_BODY`."""

    ticket_id: str
    updated_at: str = ""


def receive(webhook: Webhook, *, secrets: Iterable[SecretStr | None]) -> Delivery:
    """Verify over the raw bytes, then name the ticket. BadSignature before anything is read, BadBody after it."""
    verify(webhook, secrets=secrets)
    try:
        data = json.loads(webhook.body)
    except (ValueError, RecursionError) as error:
        raise BadBody("zendesk: the webhook's body is no JSON") from error
    if not isinstance(data, dict):
        raise BadBody("zendesk: the webhook's body is no object")
    changed = _of_event(data) if "type" in data else _of_trigger(data)
    return Delivery(_id(webhook, data), () if changed is None else (changed,))


def verify(webhook: Webhook, *, secrets: Iterable[SecretStr | None]) -> None:
    """`base64(HMAC-SHA256(secret, timestamp + body))`, by any secret that is still good, and no older than minutes."""
    given = webhook.headers.get("x-zendesk-webhook-signature", "").encode()
    stamp = webhook.headers.get("x-zendesk-webhook-signature-timestamp", "")
    good = False
    for secret in secrets:
        if secret is not None and secret.get_secret_value():
            good |= hmac.compare_digest(sign(secret.get_secret_value(), stamp, webhook.body), given)
    if not good:
        raise BadSignature("zendesk: the webhook is not signed with a secret of this connection")
    try:
        sent = datetime.fromisoformat(stamp)
    except ValueError:
        raise BadSignature("zendesk: the webhook's timestamp is no time") from None
    skew = webhook.received - (sent if sent.tzinfo else sent.replace(tzinfo=UTC))
    if abs(skew) > TOLERANCE:
        raise BadSignature(f"zendesk: the webhook's timestamp is {skew.total_seconds():.0f} s off")


def sign(secret: str, stamp: str, body: bytes) -> bytes:
    return base64.b64encode(hmac.digest(secret.encode(), stamp.encode() + body, hashlib.sha256))


def _of_event(data: dict[str, object]) -> Changed | None:
    kind = data.get("type")
    if not isinstance(kind, str) or not kind.startswith(PREFIX):
        return None  # another resource's event: users, organizations
    try:
        envelope = EnvelopeJson.model_validate(data)
        number(envelope.detail.id)
    except (ValidationError, Rejected) as error:
        raise BadBody("zendesk: the event does not name its ticket") from error
    return of_hook(envelope)


def _of_trigger(data: dict[str, object]) -> Changed:
    try:
        told = TriggerJson.model_validate(data)
        number(told.ticket_id)
        at = moment(told.updated_at) if told.updated_at else None
    except (ValidationError, Rejected, BadAnswer) as error:
        raise BadBody("zendesk: the trigger's body is not the one that the manual shows") from error
    return Changed(told.ticket_id, revision=told.updated_at, at=at)


def _id(webhook: Webhook, data: dict[str, object]) -> str:
    invocation = webhook.headers.get("x-zendesk-webhook-invocation-id", "")
    return invocation or str(data.get("id") or "") or hashlib.blake2s(webhook.body).hexdigest()
