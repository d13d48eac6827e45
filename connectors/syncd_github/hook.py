"""Webhooks from raw bytes to hints: signature first, then which issue it speaks of. Pure.

Source: docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries. GitHub sends no time, so that an old
delivery cannot be told by itself; it names an issue, which is read, and its delivery id is known.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import SecretStr, ValidationError

from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, ONLY_THREAD, Changed, Delivery, Webhook
from syncd.sdk.errors import BadBody, BadSignature
from syncd_github.revision import comment_token, issue_token
from syncd_github.wire import CommentJson, IssueJson, Json

EVENTS = ("issues", "issue_comment")
SIGNATURE, EVENT, DELIVERY = "x-hub-signature-256", "x-github-event", "x-github-delivery"


class NamedJson(Json):
    id: int
    full_name: str


class PlacedJson(Json):
    """What of an issue every event has; some leave out the rest (`pinned`)."""

    number: int
    pull_request: Mapping[str, Any] | None = None


class EnvelopeJson(Json):
    """What every event about an issue has."""

    action: str
    issue: PlacedJson
    repository: NamedJson
    comment: CommentJson | None = None


def receive(webhook: Webhook, *, secrets: Iterable[SecretStr | None], ours: Callable[[int, str], bool]) -> Delivery:
    """`ours` says by number and name whether a repository is one of the connection's."""
    verify(webhook, secrets=secrets)
    digest = hashlib.sha256(webhook.body).hexdigest()
    id = webhook.headers.get(DELIVERY) or digest
    try:
        data = json.loads(webhook.body)
    except (ValueError, RecursionError) as error:
        raise BadBody("github: the webhook's body is no JSON; its content type must be application/json") from error
    kind = webhook.headers.get(EVENT, "")
    if kind not in EVENTS:
        return Delivery(id, ())
    try:
        envelope = EnvelopeJson.model_validate(data)
    except ValidationError as error:
        place = ".".join(map(str, error.errors(include_input=False)[0]["loc"]))
        raise BadBody(f"github: {kind}: {place or 'the body'} is not as described") from None
    if envelope.issue.pull_request is not None or not ours(envelope.repository.id, envelope.repository.full_name):
        return Delivery(id, ())
    return Delivery(id, (_changed(envelope, data["issue"]),))


def verify(webhook: Webhook, *, secrets: Iterable[SecretStr | None]) -> None:
    """`sha256=` and the HMAC-SHA256 of the raw body, by any secret that is still good. BadSignature."""
    given = webhook.headers.get(SIGNATURE, "").encode()
    good = False
    for secret in secrets:
        if secret is not None and secret.get_secret_value():
            good |= hmac.compare_digest(sign(secret.get_secret_value(), webhook.body).encode(), given)
    if not good:
        raise BadSignature("github: the webhook is not signed with a secret of this connection")


def sign(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _changed(told: EnvelopeJson, whole: object) -> Changed:
    ref = f"{told.repository.id}-{told.issue.number}"
    if told.comment is not None:
        gone = told.action == "deleted"
        token = f"comment:{told.comment.id} deleted" if gone else comment_token(told.comment)
        return Changed(ref, token, ONLY_THREAD, at=None if gone else told.comment.updated_at)
    if told.action in ("deleted", "transferred"):  # nothing of the issue itself says so
        return Changed(ref, f"issue {told.action}", ALL_PARTS)
    try:
        issue = IssueJson.model_validate(whole)
    except ValidationError:  # a short form has no name; it costs a read
        return Changed(ref, parts=ONLY_FIELDS)
    return Changed(ref, issue_token(issue), ONLY_FIELDS, at=issue.updated_at)
