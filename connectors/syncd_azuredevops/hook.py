"""A webhook of a service hook from raw bytes to hints: who sent it first, then what it says. Pure.

The only proof is a Basic authorization header, which says nothing about the body: whoever has read one delivery can
send others. So nothing of a body is used but which work item it names and which revision; and both are read anew.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from syncd.core.model import Value
from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, Changed, Delivery, Part, Webhook
from syncd.sdk.errors import BadBody, BadSignature
from syncd_azuredevops.wire import HIGHEST, moment, token

PREFIX = "workitem."
EVENTS = tuple(f"{PREFIX}{name}" for name in ("created", "updated", "commented", "deleted", "restored"))
NAMELESS = frozenset({f"{PREFIX}deleted", f"{PREFIX}restored"})
"""Events that are always looked at: their samples tell a revision that they share with what was before."""

HOUSEKEEPING = frozenset(
    f"System.{name}"
    for name in (
        *("Rev", "AuthorizedDate", "AuthorizedAs", "RevisedDate", "ChangedDate", "ChangedBy", "Watermark"),
        *("PersonId", "BoardColumn", "BoardColumnDone", "CommentCount", "History"),
    )
)
"""Fields that change with every revision or with a comment."""

COMMENTED = frozenset({"System.CommentCount", "System.History"})


class _In(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Revision(_In):
    id: int = Field(gt=0, le=HIGHEST)


class Resource(_In):
    id: int = 0
    work_item: int = Field(default=0, alias="workItemId")
    rev: int = 0
    revision: Revision | None = None
    fields: dict[str, Any] | None = None
    relations: Any = None
    url: str = ""


class Event(_In):
    type: str = Field(alias="eventType")
    resource: Resource
    created: str = Field(default="", alias="createdDate")


def receive(webhook: Webhook, *, secrets: Iterable[SecretStr | None]) -> Delivery:
    """Verify, then name the work item. BadSignature before anything is read, BadBody after it."""
    verify(webhook, secrets)
    try:
        data = json.loads(webhook.body)
    except (ValueError, RecursionError) as error:
        raise BadBody("azuredevops: the webhook's body is no JSON") from error
    if not isinstance(data, dict):
        raise BadBody("azuredevops: the webhook's body is no object")
    if not str(data.get("eventType", "")).startswith(PREFIX):
        return Delivery(_id(data, webhook), ())
    try:
        event = Event.model_validate(data)
    except ValidationError:
        raise BadBody("azuredevops: the event does not name its work item") from None
    return Delivery(_id(data, webhook), (_changed(event),))


def verify(webhook: Webhook, secrets: Iterable[SecretStr | None]) -> None:
    """The password of the header is one that is still good; an empty one would let everybody in."""
    given, good = _password(webhook.headers.get("authorization", "")), False
    for secret in secrets:
        if secret is not None and secret.get_secret_value():
            good |= hmac.compare_digest(secret.get_secret_value().encode(), given)
    if not good:
        raise BadSignature("azuredevops: the webhook does not carry the secret of this connection")


def _password(header: str) -> bytes:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(rest.strip(), validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""


def authorization(secret: str, *, user: str = "syncd") -> str:
    """The header that a service hook with this user and password sends."""
    return f"Basic {base64.b64encode(f'{user}:{secret}'.encode()).decode()}"


def _changed(event: Event) -> Changed:
    id, resource = _work_item(event), event.resource
    named = resource.rev > 0 and event.type not in NAMELESS
    return Changed(
        str(id),
        token(id, resource.rev) if named else "",
        parts=_parts(event),
        revision=str(resource.rev) if named else "",
        at=_moment(event.created),
    )


def _work_item(event: Event) -> int:
    """In `updated`, `id` is the number of the update; the work item is told thrice, and its sample has one as 0."""
    resource = event.resource
    if event.type != f"{PREFIX}updated":
        found = resource.id
    else:
        address = re.search(r"/workItems/(\d{1,10})/updates/", resource.url, re.IGNORECASE)
        told = int(address[1]) if address else 0
        found = resource.work_item or (resource.revision.id if resource.revision else 0) or told
    if not 0 < found <= HIGHEST:
        raise BadBody("azuredevops: the event does not name its work item")
    return found


def _parts(event: Event) -> frozenset[Part]:
    """The fields alone, only where a field of people's changed and nothing hints at a comment or a file.

    What an edit of a comment looks like is not documented, so a revision that tells nothing of its own may be one.
    """
    changed: Mapping[str, Value] = event.resource.fields or {}
    if event.type != f"{PREFIX}updated" or event.resource.relations or COMMENTED & changed.keys():
        return ALL_PARTS
    return ONLY_FIELDS if changed.keys() - HOUSEKEEPING else ALL_PARTS


def _moment(text: str) -> datetime | None:
    try:
        return moment(text)
    except ValueError:
        return None


def _id(data: Mapping[str, Any], webhook: Webhook) -> str:
    """The body's `id`, which stays over retries; one event may be told to several subscriptions."""
    id, kind = data.get("id"), data.get("eventType")
    return f"{id}/{kind}" if isinstance(id, str) and id else hashlib.blake2s(webhook.body).hexdigest()
