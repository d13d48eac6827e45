"""A webhook from raw bytes to hints: who sent it first, then what it says. Pure.

GitLab's usual proof is the plain secret in `X-Gitlab-Token`, which says nothing about the body: whoever has read one
delivery can send others. Newer ones can sign by Standard Webhooks (merge request 230944); with a `signing_token` in
the config nothing unsigned is believed. Nothing of a body is used but which issue it names.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from syncd.sdk.connector import ALL_PARTS, ONLY_THREAD, Changed, Delivery, Webhook
from syncd.sdk.errors import BadBody, BadSignature
from syncd_gitlab.wire import Place

TOLERANCE = timedelta(minutes=5)
KINDS = frozenset({"issue", "note", "work_item"})


class _In(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Numbered(_In):
    iid: int
    project_id: int
    updated_at: str | None = None


class Said(_In):
    noteable_type: str = ""
    system: bool = False
    updated_at: str | None = None


class Actor(_In):
    id: int | None = None


class NoteEvent(_In):
    object_attributes: Said
    issue: Numbered | None = None


class IssueEvent(_In):
    object_attributes: Numbered
    user: Actor = Actor()


def receive(
    webhook: Webhook, *, secrets: Iterable[SecretStr | None], signing_token: SecretStr | None, own: int | None
) -> Delivery:
    """Verify, then name the issue. BadSignature before anything is read, BadBody after it."""
    if signing_token is not None:
        verify_signature(webhook, signing_token)
    else:
        verify_token(webhook, secrets)
    try:
        data = json.loads(webhook.body)
    except (ValueError, RecursionError) as error:
        raise BadBody("gitlab: the webhook's body is no JSON") from error
    if not isinstance(data, dict):
        raise BadBody("gitlab: the webhook's body is no object")
    return Delivery(_id(webhook), _changed(data, own=own))


def verify_token(webhook: Webhook, secrets: Iterable[SecretStr | None]) -> None:
    """The header holds a secret that is still good; an empty one would let everybody in."""
    given = webhook.headers.get("x-gitlab-token", "").encode()
    good = False
    for secret in secrets:
        if secret is not None and secret.get_secret_value():
            good |= hmac.compare_digest(secret.get_secret_value().encode(), given)
    if not good:
        raise BadSignature("gitlab: the webhook does not carry the secret of this connection")


def verify_signature(webhook: Webhook, token: SecretStr) -> None:
    """`v1,base64(HMAC-SHA256(key, id.timestamp.body))`, one of several while keys change, and minutes old at most."""
    id, stamp = (webhook.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp"))
    expected = signature(token.get_secret_value(), id, stamp, webhook.body).encode()
    given = webhook.headers.get("webhook-signature", "").split(" ")
    if not any([hmac.compare_digest(expected, each.encode()) for each in given]):  # noqa: C419  all, in the same time
        raise BadSignature("gitlab: the webhook is not signed with the token of this connection")
    try:
        sent = datetime.fromtimestamp(int(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        raise BadSignature("gitlab: the webhook's timestamp is no time") from None
    skew = webhook.received - sent
    if abs(skew) > TOLERANCE:
        raise BadSignature(f"gitlab: the webhook's timestamp is {skew.total_seconds():.0f} s off")


def signature(token: str, id: str, stamp: str, body: bytes) -> str:
    """As Standard Webhooks says: the key is base64 behind `whsec_`."""
    try:
        key = base64.b64decode(token.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise BadSignature("gitlab: `signing_token` is no token: whsec_ and base64 were expected")
    digest = hmac.digest(key, f"{id}.{stamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def moment(text: str | None) -> datetime | None:
    """One of a webhook's times: `2013-12-03T17:15:43Z`, and in the same body `2015-05-17 17:06:40 UTC`."""
    try:
        found = datetime.fromisoformat((text or "").replace(" UTC", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _changed(data: dict[str, Any], *, own: int | None) -> tuple[Changed, ...]:
    """The hint carries no token: whole seconds name no change, and the number of comments is not told."""
    kind = data.get("object_kind")
    if kind not in KINDS:
        return ()
    try:
        if kind == "note":
            return _of_note(NoteEvent.model_validate(data))
        return _of_issue(IssueEvent.model_validate(data), own=own)
    except ValidationError as error:
        if kind == "work_item":  # of a group: an epic, which stands in no project
            return ()
        raise BadBody("gitlab: the event does not name its issue") from error


def _of_note(event: NoteEvent) -> tuple[Changed, ...]:
    """A note about something else, and GitLab's own, are no comment of an issue."""
    said, issue = event.object_attributes, event.issue
    if said.noteable_type != "Issue" or issue is None or said.system:
        return ()
    return (Changed(_ref(issue), parts=ONLY_THREAD, at=moment(said.updated_at)),)


def _of_issue(event: IssueEvent, *, own: int | None) -> tuple[Changed, ...]:
    issue = event.object_attributes
    echo = "issue" if own is not None and event.user.id == own else ""
    return (Changed(_ref(issue), parts=ALL_PARTS, echo=echo, at=moment(issue.updated_at)),)


def _ref(issue: Numbered) -> str:
    return str(Place(issue.project_id, issue.iid))


def _id(webhook: Webhook) -> str:
    """`Idempotency-Key`, which stays over retries. Not `X-Gitlab-Event-UUID`: hooks that cause each other share it."""
    given = webhook.headers.get("webhook-id") or webhook.headers.get("idempotency-key")
    return given or hashlib.blake2s(webhook.body).hexdigest()
