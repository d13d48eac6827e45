"""What a simulated Zendesk keeps, and how it says it in JSON. What may be done with it is in `simulator`."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

COMMENT_LIMIT = 64 * 1024  # bytes; more is cut without a word


@dataclass(slots=True)
class User:
    id: int
    name: str
    email: str
    role: str = "end-user"  # or "agent", "admin"
    created: datetime = datetime(2024, 1, 1, tzinfo=UTC)
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    id: int
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class TicketField:
    """A field of the account; `system` ones are a ticket's own."""

    id: int
    title: str
    type: str
    options: tuple[Option, ...] = ()
    system: bool = False


@dataclass(frozen=True, slots=True)
class CustomStatus:
    id: int
    label: str
    category: str


@dataclass(slots=True)
class StoredFile:
    id: int
    token: str
    name: str
    media_type: str
    content: bytes
    scan: str = "malware_not_found"
    inline: bool = False  # a picture in the text


@dataclass(slots=True)
class Uploaded:
    files: list[StoredFile]
    at: datetime


@dataclass(slots=True)
class StoredComment:
    id: int
    audit_id: int
    author_id: int
    html: str
    public: bool
    created: datetime
    files: list[StoredFile] = field(default_factory=list)
    via: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return to_text(self.html)


@dataclass(slots=True)
class Audit:
    id: int
    ticket_id: int
    author_id: int
    created: datetime
    via: dict[str, Any]
    metadata: dict[str, Any]
    events: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Ticket:
    """`values` are the fields that can be set, by their names in the API; `custom` those by id."""

    id: int
    created: datetime
    updated: datetime
    submitter_id: int
    values: dict[str, Any]
    custom: dict[int, Any]
    generated: datetime
    comments: list[StoredComment] = field(default_factory=list)
    audits: list[Audit] = field(default_factory=list)
    deleted: datetime | None = None
    deleted_by: int = 0
    channel: str = "web"

    @property
    def status(self) -> str:
        return str(self.values["status"])


def stamp(moment: datetime) -> str:
    """Zendesk tells whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- text ------------------------------------------------------------------------------------------------------------


def wrapped(markup: str) -> str:
    """A comment's HTML as Zendesk keeps it: in a box, runs of blanks collapsed, no longer than 64 kB."""
    if markup.startswith('<div class="zd-comment"'):
        return markup
    parts = re.split(r"(<pre\b.*?</pre>)", markup, flags=re.DOTALL)
    collapsed = "".join(part if part.startswith("<pre") else re.sub(r"[ \t\r\n]+", " ", part) for part in parts)
    cut = collapsed.encode()[:COMMENT_LIMIT].decode(errors="ignore")
    return f'<div class="zd-comment" dir="auto">{cut}</div>'


def from_text(text: str) -> str:
    """Plain words as a comment's HTML."""
    paragraphs = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip("\n"))
    return wrapped("".join(f'<p dir="auto">{html.escape(part).replace(chr(10), "<br>")}</p>' for part in paragraphs))


def to_text(markup: str) -> str:
    """A comment's words without their markup."""
    text = re.sub(r"<br\s*/?>|</(?:li|tr|div|h\d)>", "\n", markup)
    text = re.sub(r"</(?:p|pre|blockquote|ul|ol|table)>", "\n\n", text)
    return html.unescape(re.sub(r"<[^>]+>", "", text)).strip()


# --- JSON ------------------------------------------------------------------------------------------------------------


class Json:
    """Objects as the API shows them.

    Args:
        url: where the vendor lives.
        files: where its files live.
    """

    def __init__(self, *, url: str, files: str) -> None:
        self.url = url
        self.files = files

    def user(self, user: User) -> dict[str, Any]:
        return {
            "id": user.id,
            "url": f"{self.url}/api/v2/users/{user.id}.json",
            "name": user.name,
            "email": user.email,
            "role": user.role,
            "created_at": stamp(user.created),
            "updated_at": stamp(user.created),
            "active": True,
            "verified": True,
            "suspended": user.suspended,
            "time_zone": "Berlin",
            "locale": "en-US",
            "tags": [],
        }

    def ticket(self, ticket: Ticket, *, custom_status: int | None) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": ticket.id,
            "url": f"{self.url}/api/v2/tickets/{ticket.id}.json",
            "created_at": stamp(ticket.created),
            "updated_at": stamp(ticket.updated),
            "generated_timestamp": int(ticket.generated.timestamp()),
            "submitter_id": ticket.submitter_id,
            **{name: value for name, value in ticket.values.items() if name != "custom_status_id"},
            "status": "deleted" if ticket.deleted else ticket.status,
            "tags": sorted(ticket.values["tags"]),
            "raw_subject": ticket.values["subject"],
            "description": ticket.comments[0].text if ticket.comments else "",
            "custom_fields": [{"id": id, "value": value} for id, value in ticket.custom.items()],
            "via": {"channel": ticket.channel},
            "has_incidents": False,
            "is_public": any(comment.public for comment in ticket.comments),
            "collaborator_ids": [],
            "follower_ids": [],
            "email_cc_ids": [],
            "allow_channelback": False,
            "allow_attachments": True,
            "from_messaging_channel": False,
        }
        if custom_status is not None:
            shown["custom_status_id"] = custom_status
        return shown

    def comment(self, comment: StoredComment, *, inline: bool = False) -> dict[str, Any]:
        """Pictures in the text are listed only for those who ask for them."""
        return {
            "id": comment.id,
            "type": "Comment",
            "author_id": comment.author_id,
            "body": comment.text,
            "html_body": comment.html,
            "plain_body": comment.text,
            "public": comment.public,
            "attachments": [self.attachment(file) for file in comment.files if inline or not file.inline],
            "audit_id": comment.audit_id,
            "via": comment.via,
            "created_at": stamp(comment.created),
            "metadata": {"system": {"location": "Berlin"}},
        }

    def comment_event(self, comment: StoredComment) -> dict[str, Any]:
        """A comment inside an audit, where its time and metadata are the audit's."""
        hidden = ("created_at", "metadata", "via")
        return {key: value for key, value in self.comment(comment).items() if key not in hidden}

    def attachment(self, file: StoredFile) -> dict[str, Any]:
        return {
            "id": file.id,
            "url": f"{self.url}/api/v2/attachments/{file.id}.json",
            "file_name": file.name,
            "content_type": file.media_type,
            "content_url": f"{self.files}/attachments/token/{file.token}/?name={quote(file.name)}",
            "size": len(file.content),
            "inline": file.inline,
            "deleted": False,
            "malware_scan_result": file.scan,
            "thumbnails": [],
        }

    def audit(self, audit: Audit, comments: Iterable[StoredComment]) -> dict[str, Any]:
        shown = {comment.id: comment for comment in comments}
        events = [self.comment_event(shown[each["id"]]) if each["type"] == "Comment" else each for each in audit.events]
        return {
            "id": audit.id,
            "ticket_id": audit.ticket_id,
            "author_id": audit.author_id,
            "created_at": stamp(audit.created),
            "metadata": audit.metadata,
            "via": audit.via,
            "events": events,
        }

    def ticket_event(self, audit: Audit, comments: Iterable[StoredComment]) -> dict[str, Any]:
        """An audit as the incremental export shows it."""
        shown = {comment.id: comment for comment in comments}
        children = []
        for event in audit.events:
            if event["type"] == "Comment":
                children.append({**self.comment(shown[event["id"]]), "event_type": "Comment"})
            else:
                children.append(_child(event))
        return {
            "id": audit.id,
            "ticket_id": audit.ticket_id,
            "timestamp": int(audit.created.timestamp()),
            "created_at": stamp(audit.created),
            "updater_id": audit.author_id,
            "via": "Web service" if audit.via.get("channel") == "api" else "Web form",
            "system": {},
            "metadata": {},
            "event_type": "Audit",
            "child_events": children,
        }

    def ticket_field(self, known: TicketField) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": known.id,
            "type": known.type,
            "title": known.title,
            "active": True,
            "required": False,
            "removable": not known.system,
        }
        if known.options:
            shown["custom_field_options"] = [
                {"id": option.id, "name": option.name, "value": option.value} for option in known.options
            ]
        return shown

    def custom_status(self, known: CustomStatus) -> dict[str, Any]:
        return {"id": known.id, "agent_label": known.label, "status_category": known.category, "active": True}


def _child(event: dict[str, Any]) -> dict[str, Any]:
    """One change as the export shows it: the field's name is a key."""
    child = {"id": event["id"], "via": "Web form", "event_type": event["type"]}
    if event["type"] not in ("Change", "Create"):
        return {**event, **child}
    name, value, previous = event["field_name"], event["value"], event.get("previous_value")
    if name.isdigit():
        child["custom_ticket_fields"] = {name: value}
    else:
        child[name] = value
    if name == "tags":
        child["added_tags"] = sorted({*(value or ())} - {*(previous or ())})
        child["removed_tags"] = sorted({*(previous or ())} - {*(value or ())})
    if event["type"] == "Change":
        child["previous_value"] = previous
    return child
