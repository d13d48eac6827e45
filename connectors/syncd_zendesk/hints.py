"""Which change a webhook or a poll tells of, named alike: the tokens. Pure.

A change of a field is `status=open@1736331127`: what it became, and in which second. The webhook knows it from its
event, the poll from the audit, a write from its answer, so that one change has one name, whoever tells it. Within one
second a field can come back to a value it had; only the poll, which sees every audit, tells these apart (`...#2`): a
webhook that shares its name with an earlier change of that second adds nothing, the next poll does.

A comment is `comment:ID`, whoever tells it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import Field

from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, ONLY_THREAD, Changed
from syncd.sdk.errors import BadAnswer, BadBody
from syncd_zendesk.wire import AuditJson, Json, TicketJson, is_stamp, moment

LONGEST = 40  # characters of a value in a token; longer ones are told by their digest

_WORDS = frozenset({"status", "priority", "type"})  # upper case in some webhooks

WATCHED = frozenset(
    {
        "subject",
        "status",
        "custom_status_id",
        "priority",
        "type",
        "tags",
        "assignee_id",
        "group_id",
        "requester_id",
        "organization_id",
        "brand_id",
        "ticket_form_id",
        "due_at",
    }
)
"""Fields of a ticket, by their names in the API, whose change shows in a snapshot."""

UNSEEN = frozenset(
    {
        "followers",
        "email_ccs",
        "collaborator_ids",
        "current_collaborators",
        "current_followers",
        "external_id",
        "problem_id",
        "sla_policy",
        "schedule_id",
        "satisfaction_score",
        "satisfaction_comment",
        "satisfaction_probability",
        "submitter_id",
        "recipient",
        "locale_id",
        "is_public",
    }
)
"""Fields whose change shows in no snapshot."""


def token(name: str, value: Any, at: datetime) -> str:
    """The name of a change of a field."""
    return f"{name}={said(name, value)}@{int(at.timestamp())}"


def comment_token(id: object) -> str:
    return f"comment:{id}"


def created_token(ref: object) -> str:
    return f"created:{ref}"


def stamp_of(token: str) -> int | None:
    """The second that a token of a field speaks of."""
    _, found, stamp = token.partition("#")[0].rpartition("@")
    return int(stamp) if found and stamp.isdigit() else None


def said(name: str, value: Any) -> str:
    """A value as a token says it: the same from a webhook, an export and a ticket."""
    match value:
        case None:
            word = ""
        case bool():
            word = "true" if value else "false"
        case {"value": inner}:
            return said(name, inner)
        case list() | set() | frozenset():
            word = json.dumps(sorted(map(str, value)), separators=(",", ":")) if value else ""
        case datetime():
            word = str(int(value.timestamp()))
        case str() if name == "due_at" and is_stamp(value):
            word = str(int(moment(value).timestamp()))
        case _:
            word = str(value).strip()
    if name in _WORDS:
        word = word.lower()
    if len(word) <= LONGEST:
        return word
    return hashlib.blake2s(word.encode(), digest_size=8).hexdigest()


def state_of(ticket: TicketJson) -> dict[str, str]:
    """The fields that an answer shows, by their names in the API, as tokens say them."""
    given = {name: getattr(ticket, name) for name in WATCHED if name in ticket.model_fields_set}
    custom = {str(each.id): each.value for each in ticket.custom_fields}
    return {name: said(name, value) for name, value in {**given, **custom}.items()}


def of_state(ticket: TicketJson) -> frozenset[str]:
    """The changes that a read shows for certain: each field became what it shows no later than its `updated_at`.

    A change of the same second to the same value is shown by this read, whatever else happened in that second.
    """
    if not ticket.updated_at:
        return frozenset()
    stamp = int(moment(ticket.updated_at).timestamp())
    return frozenset(f"{name}={word}@{stamp}" for name, word in state_of(ticket).items() if word)


# --- an audit: the answer to a write ---------------------------------------------------------------------------------


def of_audit(audit: AuditJson, *, at: datetime, names: Collection[str]) -> frozenset[str]:
    """What a write will come back as: its comment, and the changes of these fields, by their names in the API."""
    found = set[str]()
    for event in audit.events:
        match event:
            case {"type": "Comment", "id": id}:
                found.add(comment_token(id))
            case {"type": "Change", "field_name": str() as name} if name in names:
                found.add(token(name, event.get("value"), at))
    return frozenset(found)


# --- a page of ticket events: the poll -------------------------------------------------------------------------------


class TicketEventJson(Json):
    """One audit as the incremental export tells it."""

    id: int
    ticket_id: int
    created_at: datetime
    child_events: list[dict[str, Any]] = Field(default_factory=list)


def of_events(events: Iterable[TicketEventJson], *, known: Collection[int] = ()) -> Iterator[Changed]:
    """Hints, oldest first, but for audits that are `known`.

    The page must begin with the first audit of its second, so that changes that share a name are always counted alike.
    """
    told: Counter[tuple[int, str]] = Counter()
    for event in sorted(events, key=lambda each: (each.created_at, each.id)):
        for name, parts in _children(event):
            told[event.ticket_id, name] += 1
            count = told[event.ticket_id, name]
            if event.id in known:
                continue
            yield Changed(
                ref=str(event.ticket_id),
                token=name if count == 1 or "@" not in name else f"{name}#{count}",
                parts=parts,
                revision=event.created_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
                at=event.created_at,
            )


def _children(event: TicketEventJson) -> Iterator[tuple[str, Any]]:
    """Token and parts of each thing that an audit did; a new ticket is one thing."""
    kinds = [str(child.get("event_type") or child.get("type") or "") for child in event.child_events]
    if "Create" in kinds:
        yield created_token(event.ticket_id), ALL_PARTS
        return
    for kind, child in zip(kinds, event.child_events, strict=True):
        if kind in ("Comment", "VoiceComment") and "id" in child:
            yield comment_token(child["id"]), ONLY_THREAD
        elif kind == "Change":
            yield from _changes(event, child)
        elif kind not in _NOISE:
            yield f"audit:{event.id}", ALL_PARTS


_NOISE = frozenset({"Notification", "NotificationWithCcs", "Cc", "External", "SatisfactionRating", "Push", "Error"})


def _changes(event: TicketEventJson, child: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    found = False
    for name, value in child.items():
        if name in WATCHED:
            found = True
            yield token(name, value, event.created_at), ONLY_FIELDS
        elif name == "custom_ticket_fields" and isinstance(value, dict):
            found = True
            for id, inner in value.items():
                yield token(str(id), inner, event.created_at), ONLY_FIELDS
    if not found and not UNSEEN & child.keys():  # something that we do not know: better one read too many
        yield f"audit:{event.id}", ALL_PARTS


# --- a webhook -------------------------------------------------------------------------------------------------------

_HOOK_FIELDS = {
    "subject_changed": "subject",
    "status_changed": "status",
    "custom_status_changed": "custom_status_id",
    "priority_changed": "priority",
    "type_changed": "type",
    "agent_assignment_changed": "assignee_id",
    "group_assignment_changed": "group_id",
    "requester_changed": "requester_id",
    "organization_changed": "organization_id",
    "brand_changed": "brand_id",
    "form_changed": "ticket_form_id",
    "task_due_at_changed": "due_at",
}
_HOOK_UNSEEN = frozenset(
    {
        "csat_received",
        "csat_requested",
        "email_ccs_changed",
        "external_id_changed",
        "followers_changed",
        "next_sla_breach_changed",
        "ola_policy_changed",
        "problem_link_changed",
        "schedule_changed",
        "sla_policy_changed",
        "submitter_changed",
    }
)
_HOOK_THREAD = frozenset(
    {"comment_made_private", "comment_redacted", "attachment_linked_to_comment", "attachment_redacted_from_comment"}
)
PREFIX = "zen:event-type:ticket."
_HOOK_WHOLE = frozenset({"tags_changed", "custom_field_changed", "comment_added"})
_HOOK_LIFE = frozenset({"created", "merged", "soft_deleted", "undeleted"})
EVENTS = tuple(PREFIX + kind for kind in sorted({*_HOOK_FIELDS, *_HOOK_WHOLE, *_HOOK_THREAD, *_HOOK_LIFE}))
"""What a webhook must bring for `of_hook` to see all that a poll sees."""


class DetailJson(Json):
    id: str
    updated_at: str | None = None
    tags: list[str] | None = None


class EnvelopeJson(Json):
    """The body of an event subscription."""

    type: str
    id: str = ""
    time: datetime | None = None
    detail: DetailJson
    event: dict[str, Any] = Field(default_factory=dict)


def of_hook(envelope: EnvelopeJson) -> Changed | None:
    """What an event subscription tells; None when it is not our business, or when nothing became different."""
    kind = envelope.type.removeprefix(PREFIX)
    event, detail = envelope.event, envelope.detail
    try:
        at = moment(detail.updated_at) if detail.updated_at else None
    except BadAnswer as error:
        raise BadBody("zendesk: detail.updated_at is no time") from error
    ref, revision = detail.id, detail.updated_at or ""
    name, value = _hook_field(kind, envelope)
    if kind in _HOOK_UNSEEN or not envelope.type.startswith(PREFIX):
        return None
    if name and "current" in event and said(name, event["current"]) == said(name, event.get("previous")):
        return None
    if name:
        named = token(name, value, at) if at else ""
        return Changed(ref, named, ONLY_FIELDS, revision=revision, at=envelope.time)
    if kind == "comment_added" and isinstance(event.get("comment"), dict) and "id" in event["comment"]:
        named = comment_token(event["comment"]["id"])
        return Changed(ref, named, ONLY_THREAD, revision=revision, at=envelope.time)
    if kind == "created":
        return Changed(ref, created_token(ref), ALL_PARTS, revision=revision, at=envelope.time)
    parts = ONLY_THREAD if kind in _HOOK_THREAD or kind == "comment_added" else ALL_PARTS
    return Changed(ref, f"event:{envelope.id}" if envelope.id else "", parts, at=envelope.time)


def _hook_field(kind: str, envelope: EnvelopeJson) -> tuple[str, Any]:
    event = envelope.event
    if kind == "tags_changed":
        return "tags", envelope.detail.tags or []
    if kind == "custom_field_changed":
        known, current = event.get("field") or event.get("custom_field"), event.get("current")
        if not isinstance(known, dict):
            return "", None
        if known.get("type") == "multiselect" and isinstance(current, str):
            current = current.split()
        return str(known.get("id", "")), current
    return _HOOK_FIELDS.get(kind, ""), event.get("current")
