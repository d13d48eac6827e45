"""A simulated Intercom's objects in JSON, as the description of version 2.15 and its examples show them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from syncd.sdk.testing.simulator import Account
from syncd_intercom.simulator.state import (
    BUG,
    STATES,
    TASK,
    Attribute,
    Conversation,
    Part,
    State,
    StoredFile,
    Ticket,
    TicketType,
    plain,
)

if TYPE_CHECKING:
    from syncd_intercom.simulator.desk import Desk

EPOCH = 1734537866


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


class Shapes:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    # -- the workspace

    def admin(self, who: Account) -> dict[str, Any]:
        return {
            "type": "admin",
            "id": who.id,
            "name": who.name,
            "email": who.email,
            "away_mode_enabled": False,
            "away_mode_reassign": False,
            "has_inbox_seat": True,
            "team_ids": [],
        }

    def contact(self, who: Account) -> dict[str, Any]:
        shown = {"type": "contact", "id": who.id, "external_id": None, "workspace_id": "acme", "role": "user"}
        return {**shown, "email": who.email, "name": who.name, "created_at": EPOCH, "updated_at": EPOCH}

    def ticket_type(self, kind: TicketType, *, whole: bool = True) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "type": "ticket_type",
            "id": kind.id,
            "category": kind.category,
            "name": kind.name,
            "description": "",
            "icon": "🎟️",
            "archived": False,
            "is_internal": False,
        }
        if whole:
            rows = [self.attribute(each, kind) for each in kind.attributes]
            attributes = {"type": "list", "data": rows}
            shown |= {"workspace_id": "acme", "created_at": EPOCH, "updated_at": EPOCH}
            shown["ticket_type_attributes"] = attributes
        return shown

    def listed_type(self, kind: TicketType) -> dict[str, Any]:
        states = [self.state(each) for each in STATES if kind.id in each.types and not each.archived]
        return {**self.ticket_type(kind), "ticket_states": {"type": "list", "data": states}}

    def attribute(self, each: Attribute, kind: TicketType) -> dict[str, Any]:
        options = {"list_options": [{"id": id, "label": word} for id, word in each.options.items()]}
        return {
            "type": "ticket_type_attribute",
            "id": each.id,
            "workspace_id": "acme",
            "name": each.name,
            "description": "",
            "data_type": each.type,
            "input_options": options if each.options else {"multiline": False} if each.type == "string" else None,
            "order": 0,
            "required_to_create": False,
            "required_to_create_for_contacts": False,
            "visible_on_create": True,
            "visible_to_contacts": each.shown or each.name in self.desk.exposed,
            "default": each.name.startswith("_"),
            "ticket_type_id": int(kind.id),
            "archived": False,
            "created_at": EPOCH,
            "updated_at": EPOCH,
        }

    def state(self, each: State) -> dict[str, Any]:
        labels = {"internal_label": each.label, "external_label": each.label}
        return {"type": "ticket_state", "id": each.id, "category": each.category, **labels}

    def listed_state(self, each: State) -> dict[str, Any]:
        kinds = [self.ticket_type(kind, whole=False) for kind in (BUG, TASK) if kind.id in each.types]
        return {**self.state(each), "archived": each.archived, "ticket_types": {"type": "list", "data": kinds}}

    # -- tickets

    def ticket(self, ticket: Ticket, *, parts: Iterable[Part] | None = None, webhook: bool = False) -> dict[str, Any]:
        state = next(each for each in STATES if each.id == ticket.state)
        rows = [self.ticket_part(each, webhook=webhook) for each in (self._latest(ticket.parts, parts))]
        return {
            "type": "ticket",
            "id": ticket.id,
            "ticket_id": ticket.number,
            "category": ticket.kind.category,
            "ticket_attributes": self._values(ticket),
            "ticket_state": self.state(state),
            "ticket_type": self.ticket_type(ticket.kind),
            "contacts": self._contacts(ticket.contact),
            "admin_assignee_id": ticket.admin,
            "team_assignee_id": ticket.team,
            "created_at": seconds(ticket.created),
            "updated_at": seconds(ticket.updated),
            "open": ticket.open,
            "linked_objects": {"type": "list", "data": [], "total_count": 0, "has_more": False},
            "ticket_parts": {"type": "ticket_part.list", "ticket_parts": rows, "total_count": len(ticket.parts)},
            "is_shared": ticket.shared,
        }

    def _values(self, ticket: Ticket) -> dict[str, Any]:
        """Attributes by name. A list shows the word or the id of its item: the description does not say which."""
        shown = dict(ticket.values)
        for each in ticket.kind.attributes:
            if each.type == "list" and self.desk.lists_as == "word" and each.name in shown:
                shown[each.name] = each.options.get(shown[each.name])
            if files := ticket.files.get(each.name):
                shown[each.name] = [self.file(file) for file in files]
        return shown

    def ticket_part(self, part: Part, *, webhook: bool = False) -> dict[str, Any]:
        shown = {
            "type": "ticket_part",
            "id": part.id,
            "part_type": part.type,
            "created_at": seconds(part.created),
            "updated_at": seconds(part.updated),
            "author": self._ticket_author(part.author),
            "attachments": [self.file(each) for each in part.files],
            "redacted": part.redacted,
            **part.details,
        }
        if part.body is not None:
            shown["body"] = plain(part.body) if webhook else part.body
        return {**shown, "app_package_code": "test-integration"} if part.by_api else shown

    def ticket_reply(self, part: Part) -> dict[str, Any]:
        return self.ticket_part(part)

    def _ticket_author(self, who: Account) -> dict[str, Any]:
        return {"id": who.id, "type": _sort(who), "name": who.name, "email": who.email}

    # -- conversations

    def row(self, given: Conversation) -> dict[str, Any]:
        """A conversation in a list, without its parts."""
        return {
            "type": "conversation",
            "id": given.id,
            "title": given.title,
            "created_at": seconds(given.created),
            "updated_at": seconds(given.updated),
            "waiting_since": None,
            "snoozed_until": seconds(given.updated) + 3600 if given.state == "snoozed" else None,
            "open": given.state != "closed",
            "state": given.state,
            "read": False,
            "priority": given.priority,
            "admin_assignee_id": int(given.admin) if given.admin else None,
            "team_assignee_id": int(given.team) if given.team else None,
            "tags": {"type": "tag.list", "tags": [self.tag(id) for id in given.tags]},
            "conversation_rating": None,
            "source": self._source(given.source),
            "contacts": self._contacts(given.contact),
            "teammates": None,
            "custom_attributes": dict(given.values),
            "first_contact_reply": None,
            "sla_applied": None,
            "statistics": None,
            "linked_objects": {"type": "list", "data": [], "total_count": 0, "has_more": False},
            "ai_agent": None,
            "ai_agent_participated": False,
            "topics": {},
            "ticket": self.ticket(given.ticket) if given.ticket else None,
        }

    def conversation(
        self, given: Conversation, *, parts: Iterable[Part] | None = None, webhook: bool = False
    ) -> dict[str, Any]:
        """With its 500 newest parts."""
        rows = [self._part(each, webhook=webhook) for each in self._latest(given.parts, parts)]
        said = {"type": "conversation_part.list", "conversation_parts": rows, "total_count": len(given.parts)}
        return {**self.row(given), "conversation_parts": said}

    def _latest(self, all: list[Part], parts: Iterable[Part] | None) -> list[Part]:
        return all[-500:] if parts is None else list(parts)

    def _source(self, part: Part) -> dict[str, Any]:
        return {
            "type": "conversation",
            "id": part.id,
            "delivered_as": "customer_initiated",
            "subject": "",
            "body": part.body,
            "author": self._ticket_author(part.author),
            "attachments": [self.file(each) for each in part.files],
            "url": None,
            "redacted": part.redacted,
        }

    def _part(self, part: Part, *, webhook: bool) -> dict[str, Any]:
        return {
            "type": "conversation_part",
            "id": part.id,
            "part_type": part.type,
            "body": plain(part.body) if webhook else part.body,
            "created_at": seconds(part.created),
            "updated_at": seconds(part.updated),
            "notified_at": seconds(part.created),
            "assigned_to": None,
            "author": self._ticket_author(part.author),
            "attachments": [self.file(each) for each in part.files],
            "external_id": None,
            "redacted": part.redacted,
            "metadata": {},
            "email_message_metadata": None,
            "app_package_code": None,
        }

    # -- shared

    def _contacts(self, id: str) -> dict[str, Any]:
        return {"type": "contact.list", "contacts": [{"type": "contact", "id": id, "external_id": None}]}

    def tag(self, id: str) -> dict[str, Any]:
        return {"type": "tag", "id": id, "name": self.desk.tags[id]}

    def file(self, file: StoredFile) -> dict[str, Any]:
        """Without an id; the address is good for a while."""
        return {
            "type": "upload",
            "name": file.name,
            "url": self.desk.address(file),
            "content_type": file.media_type,
            "filesize": len(file.content),
        }


def _sort(who: Account) -> str:
    return "admin" if "admin" in who.scopes else "bot" if "bot" in who.scopes else "user"
