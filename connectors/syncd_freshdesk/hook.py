"""A webhook from raw bytes to a hint. Pure.

Freshdesk signs nothing: an automation rule sends the headers and the body that a person typed into it. So the secret
stands in a header of the rule, or is the password of its basic authentication, and the body names the ticket and
nothing else (support.freshdesk.com, article 225431).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping

from pydantic import SecretStr, StrictInt, StrictStr, ValidationError

from syncd.sdk.connector import Changed, Delivery, Webhook
from syncd.sdk.errors import BadBody, BadSignature, Rejected
from syncd_freshdesk.wire import Json, number

SECRET_HEADER = "x-syncd-secret"  # noqa: S105  the name of a header
RULE_BODY = '{"ticket_id": "{{ticket.id}}"}'
"""What an admin puts into the rule as its content."""


class RuleJson(Json):
    """The body of a rule that was filled in from `RULE_BODY`; the placeholder may be typed with quotes or without."""

    ticket_id: StrictStr | StrictInt


def receive(webhook: Webhook, *, secrets: Iterable[SecretStr | None]) -> Delivery:
    """Who sends is proven before anything is read.

    Two deliveries of the same words are two changes: nothing in them tells a repetition, so each has an id of its own.

    Raises:
        BadSignature: no secret of ours came along, or not as many bytes as were announced.
        BadBody: the body is not the one of `RULE_BODY`.
    """
    verify(webhook, secrets=secrets)
    try:
        told = RuleJson.model_validate(json.loads(webhook.body))
        ref = str(number(str(told.ticket_id)))
    except (ValueError, RecursionError, ValidationError, Rejected) as error:
        raise BadBody("freshdesk: the webhook's body is not the one that the manual shows") from error
    stamp = webhook.received.isoformat().encode()
    return Delivery(hashlib.blake2s(stamp + b"\0" + webhook.body).hexdigest(), (Changed(ref),))


def verify(webhook: Webhook, *, secrets: Iterable[SecretStr | None]) -> None:
    """One of the secrets, in the header or as password, compared in constant time; and the whole body."""
    given = [webhook.headers.get(SECRET_HEADER, "").encode(), _password(webhook.headers)]
    good = False
    for secret in secrets:
        for candidate in given:
            if secret is not None and secret.get_secret_value():
                good |= hmac.compare_digest(_digest(secret.get_secret_value().encode()), _digest(candidate))
    if not good:
        raise BadSignature("freshdesk: the webhook does not carry a secret of this connection")
    length = webhook.headers.get("content-length", "")
    if length and length != str(len(webhook.body)):
        raise BadSignature("freshdesk: the webhook's body is not as long as was announced")


def _digest(secret: bytes) -> bytes:
    """Of equal length whatever comes, so that the time of a comparison does not tell the length of the secret."""
    return hashlib.sha256(secret).digest()


def _password(headers: Mapping[str, str]) -> bytes:
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(rest.strip(), validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""


def steps(url: str) -> tuple[str, ...]:
    """What a person clicks at Freshdesk: two rules, for the API has none for webhooks."""
    make = (
        "Open Admin, Workflows, Automations as an administrator; make a rule under Ticket creation, without conditions."
    )
    how = (
        f"As its action choose Trigger webhook: request type POST, URL {url}, encoding JSON, content Advanced with "
        f"{RULE_BODY} as it stands here."
    )
    return (
        make,
        how,
        f"Under Custom headers write {SECRET_HEADER}: and behind it the `webhook_secret` of this connection (or put it "
        "as password into Requires authentication, with any user name).",
        "Make the same rule under Ticket updates, performed by agent or requester, for these events: reply is sent, "
        "note is added, a change of status, priority, type, agent, group, tags or a custom field of the mapping, "
        "ticket is deleted, ticket is marked as spam.",
        "Nothing is told of what no rule names: polling brings it.",
    )
