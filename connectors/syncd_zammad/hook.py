"""A webhook from raw bytes to hints: the signature first, then which ticket it names. Pure.

Signature and headers are as in app/jobs/trigger_webhook_job.rb and lib/user_agent.rb of zammad/zammad; the body is the
default one of the page "Webhook Payload". Zammad signs no time, so an old delivery cannot be told from a retry, which
comes up to minutes late: it is a hint like any other, and costs a read at most.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable

from pydantic import SecretStr, ValidationError

from syncd.sdk.connector import Changed, Delivery, Webhook
from syncd.sdk.errors import BadBody, BadSignature
from syncd_zammad.poll import token
from syncd_zammad.wire import Json, Stamp


class NamedJson(Json):
    """What is used of the ticket in a webhook."""

    id: int
    updated_at: Stamp


class BodyJson(Json):
    ticket: NamedJson


def receive(webhook: Webhook, *, secrets: Iterable[SecretStr | None]) -> Delivery:
    """Verify over the raw bytes, then name the ticket. BadSignature before anything is read, BadBody after it."""
    verify(webhook, secrets=secrets)
    try:
        told = BodyJson.model_validate(json.loads(webhook.body)).ticket
    except (ValueError, RecursionError, ValidationError):
        raise BadBody("zammad: the webhook does not name its ticket: leave its payload as Zammad makes it") from None
    if told.id < 1:
        raise BadBody("zammad: the webhook names no ticket")
    ref = str(told.id)
    changed = Changed(ref, token=token(ref, told.updated_at), revision=told.updated_at)
    return Delivery(_id(webhook), (changed,))


def verify(webhook: Webhook, *, secrets: Iterable[SecretStr | None]) -> None:
    """`X-Hub-Signature: sha1=<hex HMAC-SHA1 of the body>`, by any secret that is still good."""
    given = webhook.headers.get("x-hub-signature", "").encode()
    good = False
    for secret in secrets:
        if secret is not None and secret.get_secret_value():
            good |= hmac.compare_digest(sign(secret.get_secret_value(), webhook.body).encode(), given)
    if not good:
        raise BadSignature("zammad: the webhook is not signed with a secret of this connection")


def sign(secret: str, body: bytes) -> str:
    return f"sha1={hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()}"


def _id(webhook: Webhook) -> str:
    """The id of the job, the same on each retry. No signature covers it: the body's digest keeps two bodies apart."""
    return f"{webhook.headers.get('x-zammad-delivery', '')}:{hashlib.blake2s(webhook.body, digest_size=8).hexdigest()}"
