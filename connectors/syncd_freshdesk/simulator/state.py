"""What a simulated Freshdesk keeps, and how it says it in JSON. What may be done with it is in `desk`."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any


@dataclass(slots=True)
class StoredFile:
    id: int
    name: str
    media_type: str
    content: bytes
    created: datetime


@dataclass(slots=True)
class Conversation:
    id: int
    user_id: int
    html: str
    private: bool
    source: int  # 0 reply, 2 note, 8 forward
    incoming: bool
    created: datetime
    updated: datetime
    files: list[StoredFile] = field(default_factory=list)
    mailed_to: tuple[str, ...] = ()


@dataclass(slots=True)
class Ticket:
    """`values` are the fields that can be set, by their names in the API."""

    id: int
    created: datetime
    updated: datetime
    values: dict[str, Any]
    custom: dict[str, Any]
    html: str
    said: list[Conversation] = field(default_factory=list)
    files: list[StoredFile] = field(default_factory=list)
    deleted: bool = False
    spam: bool = False
    archived: bool = False


@dataclass(frozen=True, slots=True)
class TicketField:
    id: int
    name: str
    label: str
    type: str
    choices: Any = None
    default: bool = False
    shown: bool = False  # displayed to customers


def stamp(moment: datetime) -> str:
    """Freshdesk tells whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_text(markup: str) -> str:
    """A body's words without their markup."""
    text = re.sub(r"<br\s*/?>|</(?:p|li|tr|div|h\d|pre|blockquote)>", "\n", markup)
    return html.unescape(re.sub(r"<[^>]+>", "", text)).strip()


def typed(text: str) -> str:
    """What a person types into a plain box."""
    parts = [html.escape(part).replace("\n", "<br>") for part in text.split("\n\n")]
    return "".join(f"<p>{part}</p>" for part in parts)


class Json:
    """Objects as the API shows them. `files` is where files live: another host than the API's."""

    def __init__(self, *, files: str) -> None:
        self.files = files

    def row(self, ticket: Ticket) -> dict[str, Any]:
        """A ticket in a list, without its description."""
        shown = {
            "id": ticket.id,
            **ticket.values,
            "tags": list(ticket.values["tags"]),
            "custom_fields": dict(ticket.custom),
            "source": 2,
            "cc_emails": [],
            "fwd_emails": [],
            "reply_cc_emails": [],
            "to_emails": None,
            "spam": ticket.spam,
            "fr_escalated": False,
            "is_escalated": False,
            "due_by": stamp(ticket.created + timedelta(days=3)),
            "created_at": stamp(ticket.created),
            "updated_at": stamp(ticket.updated),
        }
        return {**shown, "deleted": True} if ticket.deleted else shown

    def ticket(self, ticket: Ticket) -> dict[str, Any]:
        files = [self.file(each) for each in ticket.files]
        described = {"description": ticket.html, "description_text": to_text(ticket.html), "attachments": files}
        return {**self.row(ticket), **described}

    def file(self, file: StoredFile) -> dict[str, Any]:
        return {
            "id": file.id,
            "name": file.name,
            "content_type": file.media_type,
            "size": len(file.content),
            "attachment_url": f"{self.files}/data/helpdesk/attachments/{file.id}",
            "created_at": stamp(file.created),
            "updated_at": stamp(file.created),
        }

    def conversation(self, said: Conversation, ticket: Ticket) -> dict[str, Any]:
        return {
            "id": said.id,
            "body": said.html,
            "body_text": to_text(said.html),
            "incoming": said.incoming,
            "private": said.private,
            "source": said.source,
            "user_id": said.user_id,
            "ticket_id": ticket.id,
            "support_email": None,
            "to_emails": list(said.mailed_to),
            "cc_emails": [],
            "bcc_emails": [],
            "attachments": [self.file(each) for each in said.files],
            "created_at": stamp(said.created),
            "updated_at": stamp(said.updated),
        }

    def field(self, known: TicketField, *, at: datetime) -> dict[str, Any]:
        return {
            "id": known.id,
            "name": known.name,
            "label": known.label,
            "description": None,
            "type": known.type,
            "default": known.default,
            "required_for_closure": False,
            "required_for_agents": known.default,
            "required_for_customers": False,
            "displayed_to_customers": known.shown,
            "choices": known.choices,
            "created_at": stamp(at),
            "updated_at": stamp(at),
        }
