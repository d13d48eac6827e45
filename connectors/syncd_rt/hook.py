"""Webhooks of the scrip in README.md: its signature, its body, and what a transaction is a hint of."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import SecretStr, ValidationError

from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, ONLY_THREAD, Changed, Delivery, Part, Webhook
from syncd.sdk.errors import BadBody, BadSignature
from syncd_rt.config import RtConfig
from syncd_rt.sentences import echo
from syncd_rt.wire import Answer, Moment

BOOKKEEPING = frozenset({"EmailRecord", "CommentEmailRecord", "SystemError", "SquelchWatcher", "UnsquelchWatcher"})
"""What RT notes about its own mails; no change of a ticket."""
SIGNATURE, DELIVERY = "x-rt-signature", "x-rt-delivery"


class Told(Answer):
    """The body of one delivery."""

    ticket_id: str
    transaction_id: str
    type: str
    field: str | None = None
    queue: str = ""
    creator: str = ""
    created: Moment = None


def receive(webhook: Webhook, config: RtConfig) -> Delivery:
    secrets = (config.webhook_secret, config.webhook_secret_old)
    _verify(webhook, [secret for secret in secrets if secret is not None])
    try:
        told = Told.model_validate_json(webhook.body)
        number = int(told.transaction_id)
    except (ValidationError, ValueError):
        raise BadBody("the body is not that of the scrip in connectors/syncd_rt/README.md") from None
    ours = not config.queues or told.queue in config.queues
    hint = changed(
        told.ticket_id, str(number), told.type, about=told.field or "", creator=told.creator, own=config.user,
        at=told.created,
    )  # fmt: skip
    return Delivery(webhook.headers.get(DELIVERY, str(number)), (hint,) if ours and hint else ())


def steps(url: str) -> Sequence[str]:
    """RT itself calls nobody; a scrip does, which its administrator installs on the server."""
    manual = "connectors/syncd_rt/README.md"
    return (
        f"On RT's server save the module of {manual} as local/lib/RT/Action/SyncWebhook.pm below RT's directory.",
        f"In RT_SiteConfig.pm write: Set($SyncWebhookURL, '{url}'); and below it "
        "Set($SyncWebhookSecret, '...'); with the value of `webhook_secret`.",
        f"Save the lines of {manual} as syncd.initialdata, and as RT's administrator run: "
        "rt-setup-database --action insert --datafile syncd.initialdata",
        "Restart RT's web server.",
    )


def changed(
    ref: str, transaction: str, kind: str, *, about: str, creator: str, own: str, at: datetime | None
) -> Changed | None:
    """The hint that a transaction is, the same from a webhook and from a poll; None for bookkeeping."""
    if kind in BOOKKEEPING:
        return None
    return Changed(
        ref=ref,
        token=transaction,
        parts=_parts(kind),
        echo=echo(kind, about) if creator == own else "",
        revision=transaction,
        at=at,
    )


def _parts(kind: str) -> frozenset[Part]:
    match kind:
        case "Comment" | "Correspond":
            return ONLY_THREAD
        case "Create" | "AddLink" | "DeleteLink":  # a merge brings the messages of the other ticket
            return ALL_PARTS
        case _:
            return ONLY_FIELDS


def _verify(webhook: Webhook, secrets: Iterable[SecretStr]) -> None:
    given = webhook.headers.get(SIGNATURE, "")
    for secret in secrets:
        wanted = hmac.new(secret.get_secret_value().encode(), webhook.body, hashlib.sha256).hexdigest()
        if hmac.compare_digest(f"sha256={wanted}".encode(), given.encode()):
            return
    raise BadSignature("X-RT-Signature is missing or was made with another secret")
