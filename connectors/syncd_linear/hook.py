"""A webhook from raw bytes to hints: signature and age first, then what it says. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr, ValidationError

from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, ONLY_THREAD, Changed, Delivery, Webhook
from syncd.sdk.errors import BadBody, BadSignature
from syncd_linear.reading import comment_token
from syncd_linear.wire import Json, StampJson, milliseconds

SIGNATURE, DELIVERY = "linear-signature", "linear-delivery"
RESOURCES = ("Issue", "Comment")
"""What a webhook must bring, in Linear's words (`WebhookCreateInput.resourceTypes`)."""

TOLERANCE = timedelta(seconds=60)
"""Between the time in the body and ours, as Linear's own library has it (packages/sdk/src/webhooks/client.ts)."""


class CommentData(StampJson):
    issue_id: str | None = None


class EventJson(Json):
    action: str
    type: str
    data: dict[str, Any]
    updated_from: dict[str, Any] | None = None


def receive(webhook: Webhook, *, secrets: Iterable[SecretStr | None]) -> Delivery:
    """Verify over the raw bytes, then name the ticket. BadSignature before anything is believed, BadBody after it."""
    verify(webhook, secrets=secrets)
    data = _parsed(webhook.body)
    _check_age(data, webhook.received)
    try:
        changed = _changed(EventJson.model_validate(data))
    except ValidationError as error:
        raise BadBody("linear: the webhook does not say what it is about") from error
    id = webhook.headers.get(DELIVERY) or hashlib.sha256(webhook.body).hexdigest()
    return Delivery(id, () if changed is None else (changed,))


def verify(webhook: Webhook, *, secrets: Iterable[SecretStr | None]) -> None:
    """Hex HMAC-SHA256 over the raw body without a prefix, by any secret that is still good."""
    given = webhook.headers.get(SIGNATURE, "").encode()
    good = False
    for secret in secrets:
        if secret is not None and secret.get_secret_value():
            good |= hmac.compare_digest(sign(secret.get_secret_value(), webhook.body).encode(), given)
    if not good:
        raise BadSignature("linear: the webhook is not signed with a secret of this connection")


def sign(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadBody("linear: the webhook's body is no JSON") from error
    if not isinstance(data, dict):
        raise BadBody("linear: the webhook's body is no object")
    return data


def _check_age(data: dict[str, Any], received: datetime) -> None:
    """The time is believed in the body alone: the header that repeats it is not signed."""
    stamp = data.get("webhookTimestamp")
    if isinstance(stamp, bool) or not isinstance(stamp, int | float) or not math.isfinite(stamp):
        raise BadBody("linear: the webhook does not say when it was sent")
    skew = received.astimezone(UTC).timestamp() - stamp / 1000
    if abs(skew) > TOLERANCE.total_seconds():
        raise BadSignature(f"linear: the webhook's timestamp is {skew:.0f} s off")


def _changed(event: EventJson) -> Changed | None:
    match event.type:
        case "Issue":
            return _of_issue(event)
        case "Comment":
            return _of_comment(event)
        case _:
            return None  # another resource's event: projects, labels, reactions


def _of_issue(event: EventJson) -> Changed:
    """By its stamp. One that is gone, or comes back, may keep its stamp: such a hint always costs a read."""
    issue = StampJson.model_validate(event.data)
    touched = frozenset(event.updated_from or ())
    if event.action not in ("create", "update") or touched & {"archivedAt", "trashed"}:
        return Changed(issue.id, at=issue.updated_at)
    stamp = str(milliseconds(issue.updated_at))
    whole = event.action == "create" or not touched or "description" in touched  # which may link to files
    return Changed(issue.id, stamp, ALL_PARTS if whole else ONLY_FIELDS, revision=stamp, at=issue.updated_at)


def _of_comment(event: EventJson) -> Changed | None:
    comment = CommentData.model_validate(event.data)
    if comment.issue_id is None:
        return None  # a comment of a project or of a document
    token = f"comment:{comment.id}@deleted" if event.action == "remove" else comment_token(comment)
    return Changed(comment.issue_id, token, ONLY_THREAD, at=comment.updated_at)
