"""What happens inside a simulated Intercom: tickets made and changed, messages written, conversations run."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from syncd.sdk.testing.page import Upload
from syncd.sdk.testing.simulator import NOBODY, Account, Refused
from syncd_intercom.simulator.shapes import Shapes, seconds
from syncd_intercom.simulator.state import (
    BUG,
    CONVERSATION_ATTRIBUTES,
    FIN,
    SEVERITIES,
    SEVERITY,
    STATES,
    TASK,
    TEAMS,
    Attribute,
    Conversation,
    Item,
    Part,
    StoredFile,
    Ticket,
    TicketType,
    cleaned,
)

if TYPE_CHECKING:
    from syncd_intercom.simulator import IntercomSimulator

GOOD_FOR = timedelta(minutes=30)
DELETED = "<p><i>This message was deleted</i></p>"


def refused(status: int, code: str, *, field: str | None = None) -> Refused:
    error = {"code": code, "message": code.replace("_", " ").capitalize(), **({"field": field} if field else {})}
    return Refused(status, {"type": "error.list", "request_id": None, "errors": [error]})


class Desk:
    """All state of one workspace. Whatever it does is done by the simulator's current actor and journalled.

    Attributes:
        lists_as: what a list attribute shows of its item, its word or its id; the description does not say.
        exposed: attributes that contacts see although they should not.
        leaks: a fault: notes become comments.
        forgets_marks: characters of no width are cleaned away.
        keeps_converted: a conversation that became a ticket can still be read, and names it; the description is silent.
    """

    def __init__(self, simulator: IntercomSimulator) -> None:
        self._simulator = simulator
        self.tickets: dict[str, Ticket] = {}
        self.conversations: dict[str, Conversation] = {}
        self.people = {each.id: each for each in simulator.accounts}
        self.tags: dict[str, str] = {}
        self.types = {kind.id: kind for kind in (BUG, TASK)}
        self.lists_as = "word"
        self.exposed: set[str] = set()
        self.leaks = False
        self.forgets_marks = False
        self.keeps_converted = False
        self.shapes = Shapes(self)

    # -- finding

    def ticket(self, id: str) -> Ticket:
        if (found := self.tickets.get(id)) is None:
            raise refused(404, "ticket_not_found")
        return found

    def conversation(self, id: str) -> Conversation:
        if (found := self.conversations.get(id)) is None:
            raise refused(404, "not_found")
        return found

    def item(self, ref: str) -> Item:
        kind, _, id = ref.partition(":")
        return self.ticket(id) if kind == "ticket" else self.conversation(id)

    def admin(self, id: object) -> Account:
        found = self.people.get(str(id), NOBODY)
        if "admin" not in found.scopes:
            raise refused(404, "assignee_not_found")
        return found

    def contact(self, given: Mapping[str, Any]) -> Account:
        """By id or address; an unknown address makes a contact."""
        for known in self.people.values():
            named = known.id == given.get("id") or (known.email.lower() == str(given.get("email", "")).lower() != "")
            if "contact" in known.scopes and named:
                return known
        if not given.get("email"):
            raise refused(404, "not_found")
        made = Account(f"{self._simulator.new_id():024x}", "", str(given["email"]), scopes=frozenset({"contact"}))
        self.people[made.id] = made
        return made

    # -- tickets

    def create_ticket(self, given: Mapping[str, Any]) -> Ticket:
        kind = self.types.get(str(given.get("ticket_type_id")))
        contacts = given.get("contacts") or []
        if kind is None or len(contacts) != 1:
            raise refused(400, "parameter_invalid", field="contacts" if kind else "ticket_type_id")
        now = self._simulator.clock()
        values = self._checked(given.get("ticket_attributes") or {}, kind)
        contact, id = self.contact(contacts[0]), str(self._simulator.new_id())
        ticket = Ticket(id, str(len(self.tickets) + 33), kind, contact.id, now, now, values)
        ticket.shared = kind.category == "Customer"
        ticket.admin = str((given.get("assignment") or {}).get("admin_assignee_id", "0"))
        self.tickets[id] = ticket
        states = {"previous_ticket_state": "submitted", "ticket_state": "submitted"}
        self._event(ticket, "ticket_state_updated_by_admin", **states)
        self._did("create", ticket, "ticket.created", after=dict(values))
        return ticket

    def update_ticket(self, ticket: Ticket, given: Mapping[str, Any]) -> None:
        """Everything in one request, or nothing of it. A title's change leaves no event, as the examples show."""
        values = self._checked(given.get("ticket_attributes") or {}, ticket.kind)
        if "admin_id" in given:
            self.admin(given["admin_id"])
        state, admin, team = self._state(ticket, given), *self._assigned(ticket, given)
        before = {**{name: ticket.values.get(name) for name in values}, "state": ticket.state}
        for name in values:
            self._attribute_event(ticket, name, values[name])
        ticket.values.update(values)
        if state != ticket.state:
            self._event(ticket, "ticket_state_updated_by_admin")
        if (admin, team) != (ticket.admin, ticket.team):
            self._event(ticket, "assignment", assigned_to={"type": "admin", "id": admin})
        ticket.state, ticket.admin, ticket.team = state, admin, team
        ticket.open = given.get("open", ticket.open)
        ticket.shared = given.get("is_shared", ticket.shared)
        self._touch(ticket)
        self._did("update", ticket, "ticket.attribute.updated", before=before, after={**values, "state": state})

    def _state(self, ticket: Ticket, given: Mapping[str, Any]) -> str:
        asked = str(given.get("ticket_state_id", ticket.state))
        if not any(each.id == asked and ticket.kind.id in each.types for each in STATES):
            raise refused(400, "ticket_state_id_invalid")
        return asked

    def _assigned(self, ticket: Ticket, given: Mapping[str, Any]) -> tuple[str, str]:
        """Admin and team; 0 takes both away."""
        asked = given.get("assignee_id")
        if asked is None:
            return ticket.admin, ticket.team
        if str(asked) == "0":
            return "0", "0"
        return (ticket.admin, str(asked)) if str(asked) in TEAMS else (self.admin(asked).id, ticket.team)

    def _attribute_event(self, ticket: Ticket, name: str, value: Any) -> None:
        if name.startswith("_default") or ticket.values.get(name) == value:
            return
        attribute = {"type": "attribute", "id": self._attribute(ticket.kind, name).id, "label": name}
        shown = {"type": "value", "id": None if value is None else str(value), "label": str(value)}
        data = {"attribute": attribute, "value": shown}
        self._event(ticket, "ticket_attribute_updated_by_admin", updated_attribute_data=data)

    def _attribute(self, kind: TicketType, name: str) -> Attribute:
        for each in kind.attributes:
            if each.name == name:
                return each
        raise refused(400, "parameter_invalid", field=name)

    def _checked(self, given: Mapping[str, Any], kind: TicketType) -> dict[str, Any]:
        for name, value in given.items():
            known = self._attribute(kind, name)
            if value is not None and not _fits(known, value):
                raise refused(400, "parameter_invalid", field=name)
        return dict(given)

    # -- messages

    def reply(
        self, item: Item, body: str, *, kind: str, files: Sequence[Upload] = (), by: Account | None = None
    ) -> Part:
        """A comment or a note of an admin, or a contact's answer, which opens a closed conversation."""
        author = by or self._simulator.actor
        if "contact" in author.scopes and isinstance(item, Ticket) and item.kind.category == "Back-office":
            raise refused(400, "parameter_mismatch")
        if kind not in ("comment", "note") or not body:
            raise refused(400, "parameter_invalid", field="body" if kind in ("comment", "note") else "message_type")
        reopens = "contact" in author.scopes and isinstance(item, Conversation) and item.state == "closed"
        if reopens and isinstance(item, Conversation):
            item.state = "open"
        sort = "open" if reopens else "comment" if self.leaks else kind
        part = self._part(item, sort, author, body=cleaned(self._unmarked(body)))
        part.files = [self.keep(each) for each in files]
        self._touch(item)
        said = {"id": part.id, "public": sort != "note", "text": part.body}
        self._did("comment", item, _topic(item, author, kind), body=said, part=part)
        return part

    def _unmarked(self, body: str) -> str:
        return "".join(each for each in body if each not in "\u200b\u200c\u200d\u2060") if self.forgets_marks else body

    def redact(self, conversation: Conversation, part_id: str) -> None:
        """The words and files go, and it says so."""
        part = next((each for each in conversation.parts if each.id == part_id), None)
        if part is None:
            raise refused(404, "conversation_part_or_message_not_found")
        if not part.body:
            raise refused(400, "conversation_part_not_redactable")
        part.body, part.redacted, part.files, part.updated = DELETED, True, [], self._simulator.clock()
        self._touch(conversation)
        self._did("delete comment", conversation, "conversation_part.redacted")

    def keep(self, file: Upload) -> StoredFile:
        return StoredFile(str(self._simulator.new_id()), file.name, file.media_type, file.content)

    def address(self, file: StoredFile) -> str:
        """Where a file is, signed for half an hour from now: another address each second."""
        until = seconds(self._simulator.clock() + GOOD_FOR)
        host = self._simulator.files_url or self._simulator.url
        return f"{host}/i/o/{file.id}?expires={until}&signature={self.signature(file.id, until)}"

    def signature(self, file_id: str, until: int) -> str:
        return f"{zlib.crc32(f'{file_id} {until}'.encode()):08x}"

    def files(self) -> dict[str, StoredFile]:
        tickets, conversations = self.tickets.values(), self.conversations.values()
        said = [part for each in tickets for part in each.parts] + [
            part for each in conversations for part in each.parts
        ]
        held = [file for part in (*said, *(each.source for each in conversations)) for file in part.files]
        held += [file for each in tickets for files in each.files.values() for file in files]
        return {file.id: file for file in held}

    # -- conversations

    def begin(self, contact: Account, body: str, *, title: str | None = None) -> Conversation:
        """A contact writes for the first time."""
        now, id = self._simulator.clock(), str(self._simulator.new_id())
        source = Part(str(self._simulator.new_id()), "conversation", contact, now, now, body=cleaned(body))
        conversation = Conversation(id, contact.id, source, now, now, title=title)
        self.conversations[id] = conversation
        self._did("create", conversation, "conversation.user.created", after={"title": title})
        return conversation

    def update_conversation(self, conversation: Conversation, given: Mapping[str, Any]) -> None:
        values = given.get("custom_attributes") or {}
        for name, value in values.items():
            if name not in CONVERSATION_ATTRIBUTES or (name == SEVERITY and value not in ("", *SEVERITIES)):
                raise refused(400, "parameter_invalid", field=name)
        before = {"title": conversation.title, **{name: conversation.values.get(name) for name in values}}
        for name in values:
            if conversation.values.get(name) != values[name]:
                self._event(conversation, "conversation_attribute_updated_by_admin")
        conversation.values.update(values)
        conversation.title = given.get("title", conversation.title)
        self._touch(conversation)
        after = {"title": conversation.title, **values}
        self._did("update", conversation, "conversation.attribute.updated", before=before, after=after)

    def manage(self, conversation: Conversation, deed: str, *, assignee: object = None, body: str = "") -> None:
        """Close, open, snooze, assign; some of it with a word."""
        before = {"state": conversation.state, "admin": conversation.admin}
        if deed == "assignment":
            conversation.admin = None if str(assignee) == "0" else self.admin(assignee).id
        elif deed in ("open", "close", "snoozed"):
            conversation.state = {"close": "closed"}.get(deed, deed)
        else:
            raise refused(400, "parameter_invalid", field="message_type")
        part = self._part(conversation, deed, self._simulator.actor, body=cleaned(body) if body else None)
        self._touch(conversation)
        after = {"state": conversation.state, "admin": conversation.admin}
        self._did("update", conversation, f"conversation.admin.{deed}", before=before, after=after, part=part)

    def convert(self, conversation: Conversation, kind: TicketType, given: Mapping[str, Any]) -> Ticket:
        """It becomes a ticket with its id, its words, and the time it began."""
        if kind.category != "Customer":
            raise refused(400, "parameter_invalid")
        values = self._checked(given, kind)
        source = conversation.source
        first = Part(source.id, "comment", source.author, source.created, source.updated, body=source.body)
        ticket = Ticket(
            conversation.id,
            str(len(self.tickets) + 33),
            kind,
            conversation.contact,
            conversation.created,
            self._simulator.clock(),
            values,
            shared=True,
            parts=[first, *conversation.parts],
        )
        conversation.ticket = ticket
        if not self.keeps_converted:
            del self.conversations[conversation.id]
        self.tickets[ticket.id] = ticket
        self._did("move", ticket, "ticket.created", before={"ref": conversation.ref}, after={"ref": ticket.ref})
        return ticket

    # -- tags

    def tag(self, name: str) -> str:
        """The id of a tag; names are the same in any case."""
        for id, known in self.tags.items():
            if known.casefold() == name.casefold():
                return id
        if not name:
            raise refused(400, "parameter_invalid")
        id = str(self._simulator.new_id())
        self.tags[id] = name
        return id

    def set_tag(self, item: Item, id: str, *, on: bool) -> None:
        if id not in self.tags:
            raise refused(404, "not_found")
        before = {"tags": sorted(item.tags.values())}
        if on:
            item.tags[id] = self.tags[id]
        else:
            item.tags.pop(id, None)
        self._touch(item)
        self._did("update", item, "conversation_part.tag.created", before=before, after={"tags": [*item.tags.values()]})

    # -- the end

    def delete(self, item: Item) -> None:
        """For good."""
        (self.tickets if isinstance(item, Ticket) else self.conversations).pop(item.id)
        self._did("delete", item, f"{item.ref.partition(':')[0]}.deleted")

    # -- inside

    def _part(self, item: Item, sort: str, author: Account, *, body: str | None = None) -> Part:
        now, id = self._simulator.clock(), str(self._simulator.new_id())
        part = Part(id, sort, author, now, now, body=body, by_api=self._simulator.exchange.api)
        item.parts.append(part)
        return part

    def _event(self, item: Item, sort: str, **details: Any) -> Part:
        """Something without words; what comes by the API is told as done by a bot, as the examples show."""
        by_api = self._simulator.exchange.api
        part = self._part(item, sort, FIN if by_api else self._simulator.actor)
        part.details.update(details)
        return part

    def _touch(self, item: Item) -> None:
        item.updated = self._simulator.clock()

    def _did(self, deed: str, item: Item, topic: str, *, part: Part | None = None, **more: Any) -> None:
        """Journal it, and tell it by webhook."""
        self._simulator.did(deed, item.ref, **more)
        parts = [part] if part else []
        if isinstance(item, Ticket):
            shown = self.shapes.ticket(item, parts=parts, webhook=True)
        else:
            shown = self.shapes.conversation(item, parts=parts, webhook=True)
        self.tell(topic, shown, at=self._simulator.clock())

    def tell(self, topic: str, item: Mapping[str, Any], *, at: datetime) -> None:
        id = f"notif_{self._simulator.new_id():08x}"
        body = {
            "type": "notification_event",
            "app_id": "acme",
            "data": {"type": "notification_event_data", "item": item},
            "links": {},
            "id": id,
            "topic": topic,
            "delivery_status": "pending",
            "delivery_attempts": 1,
            "delivered_at": 0,
            "first_sent_at": seconds(at),
            "created_at": seconds(at),
            "self": None,
        }
        self._simulator.outbox.put(topic, json.dumps(body).encode(), id=id)


def _fits(known: Attribute, value: Any) -> bool:
    match known.type:
        case "list":
            return value in known.options
        case "integer" | "datetime":
            return isinstance(value, int) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "files":
            return False
        case _:
            return isinstance(value, str)


def _topic(item: Item, author: Account, kind: str) -> str:
    what = item.ref.partition(":")[0]
    if "contact" in author.scopes:
        return f"{what}.contact.replied"
    return f"{what}.note.created" if kind == "note" else f"{what}.admin.replied"
