"""A webhook from raw bytes to hints: the signature first, then which ticket or conversation it names. Pure.

Shape, signature and retries: developers.intercom.com/docs/webhooks/webhook-notifications. The texts in it are plain
from version 2.15 on; they are not looked at.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Iterable
from datetime import timedelta

from pydantic import SecretStr, StrictInt, ValidationError

from syncd.sdk.connector import Changed, Delivery, Webhook
from syncd.sdk.errors import BadBody, BadSignature, NotFound
from syncd_intercom.refs import CONVERSATION, TICKET, Kind, Ref
from syncd_intercom.wire import Id, Json, moment

OLDEST = timedelta(days=1)
"""A delivery is repeated for some hours at most (429: up to two); what is older is somebody's copy."""

EARLIEST = timedelta(minutes=10)  # by which Intercom's clock may be before ours


class ItemJson(Json):
    """What is used of the object that a notification is about."""

    type: str = ""
    id: Id | None = None
    conversation_id: Id | None = None
    updated_at: StrictInt | None = None


class DataJson(Json):
    item: ItemJson


class NotificationJson(Json):
    id: str | None = None
    topic: str
    created_at: StrictInt
    data: DataJson


def receive(webhook: Webhook, *, secrets: Iterable[SecretStr | None], kinds: Collection[Kind]) -> Delivery:
    """Verify over the raw bytes, then name the ticket or conversation, if the connection works with such.

    Raises:
        BadSignature: before anything is read; also where the notification, which is signed with its time, is too old.
        BadBody: the body is no notification.
    """
    verify(webhook, secrets=secrets)
    try:
        told = NotificationJson.model_validate(json.loads(webhook.body))
        age = webhook.received - moment(told.created_at)
    except (ValueError, RecursionError, ValidationError, OverflowError, OSError):
        raise BadBody("intercom: the webhook is no notification of a described shape") from None
    if not -EARLIEST <= age <= OLDEST:
        raise BadSignature("intercom: the webhook is too old, or from the future")
    return Delivery(
        told.id or hashlib.blake2s(webhook.body, digest_size=16).hexdigest(),
        tuple(hint for hint in _hints(told) if Ref.parse(hint.ref).kind in kinds),
    )


def verify(webhook: Webhook, *, secrets: Iterable[SecretStr | None]) -> None:
    """`X-Hub-Signature: sha1=<hex HMAC-SHA1 of the body>` by the app's client secret, or by the one before it."""
    given = webhook.headers.get("x-hub-signature", "").encode()
    good = False
    for secret in secrets:
        if secret is not None and secret.get_secret_value():
            good |= hmac.compare_digest(sign(secret.get_secret_value(), webhook.body).encode(), given)
    if not good:
        raise BadSignature("intercom: the webhook is not signed with a secret of this connection")


def sign(secret: str, body: bytes) -> str:
    return f"sha1={hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()}"


def _hints(told: NotificationJson) -> Iterable[Changed]:
    """A ticket, a conversation, or a part that names its conversation; whatever else is told is not our business.

    A notification has no name that a poll would know it by.
    """
    item = told.data.item
    kind: Kind = TICKET if item.type == TICKET else CONVERSATION
    id = item.id if item.type in (TICKET, CONVERSATION) else item.conversation_id
    try:
        ref = Ref.parse(f"{kind}:{id}")
    except NotFound:
        return
    revision = "" if item.updated_at is None else str(item.updated_at)
    yield Changed(str(ref), revision=revision, at=moment(told.created_at))


def steps(url: str) -> tuple[str, ...]:
    """What a person clicks at Intercom: its API has nothing for webhooks."""
    return (
        "Open the Developer Hub, choose the app whose access token this connection has, and under Configure, Webhooks.",
        f"Put {url} into the endpoint's address.",
        "Tick the topics of what this connection works with: all of Tickets, all of Conversations. One that is left "
        "out is not told, and polling brings it.",
        "Choose version 2.15 for the app's webhooks, and save: Intercom sends a ping at once.",
        "Copy the Client secret from Basic information into `webhook_secret` of this connection: it signs webhooks.",
    )
