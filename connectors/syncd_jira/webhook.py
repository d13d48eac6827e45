"""Jira's webhooks: who signed them and which issues they speak of. Pure; nothing is believed but the ids."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, ONLY_THREAD, Changed, Delivery, Part, Webhook
from syncd.sdk.errors import BadAnswer, BadBody, BadSignature
from syncd_jira.fields import milliseconds, moment
from syncd_jira.wire import comment_token

SIGNATURE = "x-hub-signature"
IDENTIFIER = "x-atlassian-webhook-identifier"
SECRET = "secret"  # noqa: S105  the name of a query parameter

_THREAD_FIELDS = frozenset({"Comment", "comment", "Attachment", "attachment"})


class _In(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class IssueHook(_In):
    id: str | int
    key: str | None = None
    fields: dict[str, Any] = Field(default_factory=dict)

    @property
    def updated(self) -> str | None:
        """In comment events the issue is a short form without it."""
        said = self.fields.get("updated")
        return said if isinstance(said, str) else None

    @property
    def project(self) -> str:
        """The key of its project: as the short form says it too, else as the issue's own key begins."""
        said = self.fields.get("project")
        return str(said.get("key") or "") if isinstance(said, dict) else project_of(self.key or "")


class CommentHook(_In):
    id: str | int
    updated: str | None = None


class ItemHook(_In):
    """One line of the change log; a move is told as a change of the key."""

    field: str = ""
    before_text: Any = Field(default=None, alias="fromString")


class ChangelogHook(_In):
    items: list[ItemHook] = Field(default_factory=list)


class EventHook(_In):
    webhookEvent: str  # noqa: N815  Jira's word
    timestamp: int | None = None
    issue: IssueHook | None = None
    comment: CommentHook | None = None
    changelog: ChangelogHook | None = None

    def concerns(self, looks_at: Callable[[str], bool]) -> bool:
        """Whether its issue stands in a project that is looked at, or left one just now; an unknown place counts."""
        items = self.changelog.items if self.changelog else ()
        left = [project_of(str(item.before_text or "")) for item in items if item.field == "Key"]
        places = [self.issue.project if self.issue else "", *left]
        return any(not place or looks_at(place) for place in places)


def project_of(key: str) -> str:
    """ "CORE" of "CORE-9"."""
    return key.rpartition("-")[0]


def verify_signature(webhook: Webhook, secrets: tuple[SecretStr, ...]) -> None:
    """Cloud: HMAC-SHA256 over the raw body, in the WebSub form that names its algorithm. BadSignature."""
    algorithm, _, given = webhook.headers.get(SIGNATURE, "").partition("=")
    known = (hmac.new(each.get_secret_value().encode(), webhook.body, hashlib.sha256).hexdigest() for each in secrets)
    matches = [hmac.compare_digest(given.lower().encode(), good.encode()) for good in known]
    if algorithm.lower() != "sha256" or not any(matches):
        raise BadSignature("jira: the webhook is not signed with the secret of this connection")


def verify_query(webhook: Webhook, secrets: tuple[SecretStr, ...]) -> None:
    """Data Center signs nothing: the address that an admin gave it ends in ?secret=... BadSignature."""
    given = webhook.query.get(SECRET, "").encode()
    matches = [hmac.compare_digest(given, each.get_secret_value().encode()) for each in secrets]
    if not any(matches):
        raise BadSignature("jira: the webhook's address does not carry the secret of this connection")


def read(webhook: Webhook, looks_at: Callable[[str], bool]) -> Delivery:
    """The issues that a verified webhook names, of those projects that are looked at. BadBody.

    A webhook tells of the whole site unless its administrator gave it a filter.
    """
    try:
        event = EventHook.model_validate(json.loads(webhook.body))
        changed = tuple(_changed(event)) if event.concerns(looks_at) else ()
    except (ValueError, RecursionError, BadAnswer, ValidationError) as error:
        raise BadBody(f"jira: a webhook that cannot be read ({type(error).__name__})") from error
    digest = hashlib.sha256(webhook.body).hexdigest()
    return Delivery(id=webhook.headers.get(IDENTIFIER) or digest, changed=changed)


def _changed(event: EventHook) -> Iterator[Changed]:
    if event.issue is None:
        return
    ref, at = str(event.issue.id), moment(event.timestamp) if event.timestamp is not None else None
    if event.comment is not None:
        token = _comment_token(event.comment, deleted=event.webhookEvent == "comment_deleted")
        yield Changed(ref, token, ONLY_THREAD, at=at)
    if event.webhookEvent == "jira:issue_deleted":
        yield Changed(ref, at=at)
    elif event.webhookEvent.startswith("jira:issue_") and (parts := _parts(event)):
        stamp = str(milliseconds(event.issue.updated)) if event.issue.updated else ""
        yield Changed(ref, stamp, parts, revision=stamp, at=at)


def _comment_token(comment: CommentHook, *, deleted: bool) -> str:
    if deleted:
        return f"comment:{comment.id}@deleted"
    return comment_token(str(comment.id), comment.updated) if comment.updated else ""


def _parts(event: EventHook) -> frozenset[Part]:
    """What an issue event touched; nothing when its change log is empty: somebody saved without a change."""
    if event.changelog is None:
        if event.comment is not None:
            return frozenset()  # the comment was named already
        return ALL_PARTS
    names = {item.field for item in event.changelog.items}
    if not names:
        return frozenset()
    if names <= _THREAD_FIELDS:
        return ONLY_THREAD
    return ALL_PARTS if names & _THREAD_FIELDS else ONLY_FIELDS


def secrets_of(now: SecretStr | None, old: SecretStr | None) -> tuple[SecretStr, ...]:
    """Those in force; an empty one would accept everybody."""
    return tuple(each for each in (now, old) if each is not None and each.get_secret_value())
