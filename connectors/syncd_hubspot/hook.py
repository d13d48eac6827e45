"""A webhook from raw bytes to hints: the signature first, then which tickets it names. Pure.

Source: [H4] and [H3]. HubSpot signs method, full address, body and time. The address is the one that HubSpot calls,
which a proxy may hide from us: it stands in the configuration. Neither is a header, so nobody else chooses them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field, SecretStr, ValidationError

from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, Changed, Delivery, Part, Webhook
from syncd.sdk.errors import BadBody, BadSignature
from syncd_hubspot.fields import API_NAMES
from syncd_hubspot.wire import Json

METHOD = "POST"
SIGNATURE, TIMESTAMP = "x-hubspot-signature-v3", "x-hubspot-request-timestamp"
OLDEST = timedelta(minutes=5)
KINDS = ("creation", "deletion", "restore", "merge", "associationChange", "propertyChange")
"""The events of tickets that are read; the last needs a subscription for each property."""
_OWN = frozenset(API_NAMES.values())
_SAME = ("eventId", "subscriptionId", "subscriptionType", "occurredAt", "objectId", "propertyName", "mergedObjectIds")
"""What an event keeps when it is sent again; `attemptNumber` counts."""


class EventJson(Json):
    """One event. Which of the ids are there depends on its type."""

    subscription_type: str
    portal_id: int
    occurred_at: int = Field(ge=0, le=10**14)
    object_id: int | None = Field(default=None, ge=1)
    property_name: str | None = None
    primary_object_id: int | None = Field(default=None, ge=1)
    merged_object_ids: list[int] = Field(default_factory=list)
    from_object_id: int | None = Field(default=None, ge=1)

    @property
    def refs(self) -> list[str]:
        """Every ticket that it speaks of: of a merge the one that stays and those that went."""
        named = [self.object_id, self.primary_object_id, self.from_object_id, *self.merged_object_ids]
        return list(dict.fromkeys(str(id) for id in named if id))

    @property
    def parts(self) -> frozenset[Part]:
        """A property that a mapping can name is a field; what else moves may tell of a note."""
        known = self.subscription_type.endswith(".propertyChange") and self.property_name in _OWN
        return ONLY_FIELDS if known else ALL_PARTS


def receive(webhook: Webhook, *, secrets: Iterable[SecretStr | None], address: str | None, portal_id: str) -> Delivery:
    """Up to a hundred events at once; one hint for each ticket. Events of other accounts are nobody's business.

    Raises:
        BadSignature: not signed with a secret of this connection for this address, or more than five minutes ago.
        BadBody: no list of events.
    """
    verify(webhook, secrets=secrets, address=address)
    try:
        told = json.loads(webhook.body)
        rows = [_row(row) for row in told] if isinstance(told, list) else None
        if rows is None:
            raise ValueError("no list")
        events = [EventJson.model_validate(row) for row in rows if _of_a_ticket(row)]
    except (ValueError, RecursionError, ValidationError):
        raise BadBody("hubspot: the webhook is no list of events") from None
    changed = _merged([event for event in events if str(event.portal_id) == portal_id])
    return Delivery(_id(rows), changed)


def _row(row: object) -> Mapping[str, Any]:
    if not isinstance(row, dict) or not isinstance(row.get("subscriptionType"), str):
        raise ValueError("no event")
    return row


def _of_a_ticket(row: Mapping[str, Any]) -> bool:
    noun, _, kind = row["subscriptionType"].partition(".")
    return noun == "ticket" and kind in KINDS


def _merged(events: Iterable[EventJson]) -> tuple[Changed, ...]:
    """One hint for a ticket, as old as its last event. It has no name: a poll stamps changes with another clock."""
    found: dict[str, Changed] = {}
    for event in events:
        at = datetime.fromtimestamp(event.occurred_at / 1000, UTC)
        for ref in event.refs:
            before = found.get(ref)
            parts = event.parts | (before.parts if before else frozenset())
            last = max(at, before.at) if before and before.at else at
            found[ref] = Changed(ref, parts=parts, at=last)
    return tuple(found.values())


def verify(webhook: Webhook, *, secrets: Iterable[SecretStr | None], address: str | None) -> None:
    """`X-HubSpot-Signature-v3` by any secret that is still good, compared in constant time; then the age."""
    if not address:
        raise BadSignature("hubspot: set `webhook_url`: HubSpot signs the address that it calls")
    given, sent = webhook.headers.get(SIGNATURE, ""), webhook.headers.get(TIMESTAMP, "")
    good = False
    for secret in secrets:
        if secret is not None and secret.get_secret_value():
            expected = sign(secret.get_secret_value(), address=address, body=webhook.body, timestamp=sent)
            good |= hmac.compare_digest(expected.encode(), given.encode())
    if not good:
        raise BadSignature("hubspot: the webhook is not signed with a secret of this connection for its address")
    if not _recent(sent, webhook.received):
        raise BadSignature("hubspot: the webhook was signed more than five minutes ago, or says no time")


def sign(secret: str, *, address: str, body: bytes, timestamp: str) -> str:
    signed = METHOD.encode() + address.encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def _recent(timestamp: str, now: datetime) -> bool:
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 14:
        return False
    return abs(now - datetime.fromtimestamp(int(timestamp) / 1000, UTC)) <= OLDEST


def _id(rows: Iterable[Mapping[str, Any]]) -> str:
    """The same however often these events are sent; HubSpot numbers events, not deliveries."""
    same = [[row.get(name) for name in _SAME] for row in rows]
    return hashlib.blake2s(json.dumps(same).encode()).hexdigest()


def steps(url: str) -> tuple[str, ...]:
    """What a person does at HubSpot: "Private apps: subscriptions only in the UI" [H3]."""
    return (
        "Open Settings, Integrations, Private Apps, the app of syncd, Edit, and there Webhooks.",
        f"Put {url} as the target URL, and write the same into `webhook_url` of this connection.",
        "Subscribe to tickets: created, deleted, restored, merged, association changed, and property changed for "
        "each property of the mapping (subject, content, hs_pipeline, hs_pipeline_stage, hs_ticket_priority, "
        "hubspot_owner_id and your own).",
        "Put the client secret of the app (its Auth page) into `webhook_secret` of this connection.",
        "Notes and mails are told by no event of a ticket: polling brings them.",
    )
