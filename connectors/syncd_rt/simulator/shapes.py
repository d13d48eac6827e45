"""The JSON of a simulated Request Tracker, as lib/RT/REST2/ makes it: names of keys, numbers as strings, hyperlinks."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from syncd_rt.simulator.state import (
    LIFECYCLE,
    ORGANIZATION,
    ROOT,
    CustomField,
    Part,
    Queue,
    Ticket,
    Transaction,
    User,
    stamp,
)

if TYPE_CHECKING:
    from syncd_rt.simulator.desk import Desk

Json = dict[str, Any]
Wanted = Mapping[str, str]
"""What `fields[Owner]=EmailAddress,RealName` asks for beside the reference: "Owner" -> "EmailAddress,RealName"."""
BEGAN = datetime.fromisoformat("2026-01-01T08:00:00Z")


class Shapes:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @property
    def base(self) -> str:
        return f"{self.desk.simulator.url}/REST/2.0"

    # -- references

    def reference(self, kind: str, id: object) -> Json:
        return {"type": kind, "id": str(id), "_url": f"{self.base}/{kind}/{id}"}

    def self_link(self, kind: str, id: int) -> Json:
        return {"ref": "self", "type": kind, "id": id, "_url": f"{self.base}/{kind}/{id}"}

    def user(self, name: str, *, wanted: str = "") -> Json:
        """A user's id is the name."""
        about = self.desk.users[name]
        known = {"Name": about.name, "EmailAddress": about.email, "RealName": about.real_name}
        return {**self.reference("user", name), **{key: known.get(key, "") for key in _names(wanted)}}

    def queue(self, id: int, *, wanted: str = "") -> Json:
        return {**self.reference("queue", id), **{key: self._queue_value(id, key) for key in _names(wanted)}}

    def _queue_value(self, id: int, key: str) -> str:
        return self.desk.queues[id].name if key == "Name" else ""

    # -- tickets

    def ticket(self, ticket: Ticket, wanted: Wanted) -> Json:
        times = {**ticket.times, "Created": ticket.created, "LastUpdated": ticket.updated}
        told = {"Told": stamp(ticket.told)} if ticket.told else {}
        return {
            "id": ticket.id,
            "Type": "ticket",
            "EffectiveId": self.reference("ticket", ticket.effective),
            **ticket.values,
            **{name: stamp(moment) for name, moment in times.items()},
            **told,
            "Queue": self.queue(ticket.queue, wanted=wanted.get("Queue", "")),
            "Owner": self.user(ticket.owner, wanted=wanted.get("Owner", "")),
            "Creator": self.user(ticket.creator, wanted=wanted.get("Creator", "")),
            "LastUpdatedBy": self.user(ticket.editor, wanted=wanted.get("LastUpdatedBy", "")),
            # only what has an object of its own is expanded: a list of people is not
            **{role: [self.user(name) for name in people] for role, people in ticket.watchers.items()},
            "CustomFields": [self._held(ticket, field) for field in self._fields(ticket)],
            "_hyperlinks": list(self._links(ticket)),
        }

    def _fields(self, ticket: Ticket) -> tuple[CustomField, ...]:
        return self.desk.queues[ticket.queue].fields

    def _held(self, ticket: Ticket, field: CustomField) -> Json:
        values = [value or None for value in ticket.custom.get(field.id, [])]
        return {**self.reference("customfield", field.id), "name": field.name, "values": values}

    def _links(self, ticket: Ticket) -> Iterator[Json]:
        here = f"{self.base}/ticket/{ticket.id}"
        yield self.self_link("ticket", ticket.id)
        yield from ({"ref": "refers-to", "type": "external", "_url": address} for address in ticket.links)
        for field in self._fields(ticket):
            yield {**self.reference("customfield", field.id), "ref": "customfield", "name": field.name}
        yield {"ref": "history", "_url": f"{here}/history"}
        for way, right in (("correspond", "ReplyToTicket"), ("comment", "CommentOnTicket")):
            if self.desk.can(right, ticket):
                yield {"ref": way, "_url": f"{here}/{way}"}
        for start, end, label, update in LIFECYCLE.actions:
            right = "DeleteTicket" if end == "deleted" else "ModifyTicket"
            if start == ticket.values["Status"] and self.desk.can(right, ticket):
                url = here + {"Respond": "/correspond", "Comment": "/comment"}.get(update, "")
                action = {"ref": "lifecycle", "_url": url, "label": label, "from": start, "to": end}
                yield {**action, "update": update} if update else action

    # -- transactions and parts

    def transaction(self, one: Transaction, fields: Iterable[str], wanted: Wanted) -> Json:
        known: Json = {
            "Type": one.type,
            "Created": stamp(one.created),
            "Field": one.about,
            "OldValue": one.old,
            "NewValue": one.new,
            "ObjectId": str(one.ticket),
            "ObjectType": "RT::Ticket" if one.of_ticket else "RT::Group",
            "Creator": self.user(one.creator, wanted=wanted.get("Creator", "")),
            "_hyperlinks": [
                self.self_link("transaction", one.id),
                *({"ref": "attachment", "_url": f"{self.base}/attachment/{part.id}"} for part in one.parts),
            ],
        }
        return {**self.reference("transaction", one.id), **{name: known.get(name, "") for name in fields}}

    def part_row(self, part: Part, fields: Iterable[str]) -> Json:
        """In a list the content is text; bytes that are none come out as characters."""
        known = {
            "ContentType": part.content_type,
            "Filename": part.filename,
            "Headers": part.headers,
            "TransactionId": str(part.transaction),
            "Created": stamp(part.created),
            "Subject": part.subject,
            "MessageId": part.message_id,
            "Content": _characters(part),
        }
        return {**self.reference("attachment", part.id), **{name: known.get(name, "") for name in fields}}

    def part(self, part: Part) -> Json:
        """By itself the content is base64, in lines."""
        return {
            "id": part.id,
            "TransactionId": self.reference("transaction", part.transaction),
            "Parent": self.reference("attachment", part.parent) if part.parent else "0",
            "ContentType": part.content_type,
            "Filename": part.filename,
            "Headers": part.headers,
            "Subject": part.subject,
            "MessageId": part.message_id,
            "Content": base64.encodebytes(part.content).decode(),
            "Creator": self.user(part.creator),
            "Created": stamp(part.created),
            "_hyperlinks": [self.self_link("attachment", part.id)],
        }

    # -- people, queues, custom fields

    def account(self, user: User) -> Json:
        """Somebody else is a summary; oneself is told in full (REST2/Resource/User.pm)."""
        link = self.self_link("user", user.id)
        known: Json = {"Name": user.name, "RealName": user.real_name, "EmailAddress": user.email}
        known |= {"Privileged": int(user.privileged), "_hyperlinks": [link]}
        if self.desk.me not in (user.name, ROOT):
            return known
        link_to_history = {"ref": "history", "_url": f"{self.base}/user/{user.id}/history"}
        times = {"Created": stamp(BEGAN), "LastUpdated": stamp(BEGAN)}
        made_by = {"Creator": self.user(ROOT), "LastUpdatedBy": self.user(ROOT)}
        more = {"Disabled": "0", "Memberships": [], "CustomFields": [], "Timezone": "UTC", "id": user.id}
        return {**known, **times, **made_by, **more, "_hyperlinks": [link, link_to_history]}

    def queue_page(self, queue: Queue) -> Json:
        people: dict[str, list[Json]] = {"Cc": [], "AdminCc": []}
        by = {"Creator": self.user(ROOT), "LastUpdatedBy": self.user(ROOT)}
        fields = [
            {**self.reference("customfield", one.id), "ref": "customfield", "name": one.name} for one in queue.fields
        ]
        here = f"{self.base}/queue/{queue.id}"
        create = {"ref": "create", "type": "ticket", "_url": f"{self.base}/ticket?Queue={queue.id}"}
        links = [self.self_link("queue", queue.id), {"ref": "history", "_url": f"{here}/history"}]
        return {
            "id": queue.id,
            "Name": queue.name,
            "Description": queue.description,
            "Lifecycle": "default",
            "CorrespondAddress": f"{queue.address}@{ORGANIZATION}" if queue.address else "",
            "CommentAddress": f"{queue.address}-comment@{ORGANIZATION}" if queue.address else "",
            "SortOrder": "0",
            "Disabled": "0",
            "SLADisabled": "1",
            "CustomFields": [],
            "TicketCustomFields": fields,
            "TicketTransactionCustomFields": [],
            **people,
            **by,
            "Created": stamp(BEGAN),
            "LastUpdated": stamp(BEGAN),
            "_hyperlinks": [*links, *([create] if self.desk.may("CreateTicket", queue) else [])],
        }

    def field_page(self, field: CustomField) -> Json:
        values = {"Values": list(field.words)} if field.words else {}
        link = self.self_link("customfield", field.id)
        more = {"ref": "customfieldvalues", "_url": f"{link['_url']}/values"}
        return {
            "id": field.id,
            "Name": field.name,
            "Description": field.description,
            "Type": "Select" if field.words else "Freeform",
            "LookupType": "RT::Queue-RT::Ticket",
            "MaxValues": str(field.most),
            "Pattern": "",
            "EntryHint": "Select one value" if field.words else "Enter one value",
            "SortOrder": "0",
            "UniqueValues": "0",
            "Disabled": "0",
            **values,
            "Creator": self.user(ROOT),
            "LastUpdatedBy": self.user(ROOT),
            "Created": stamp(BEGAN),
            "LastUpdated": stamp(BEGAN),
            "_hyperlinks": [link, *([more] if field.words else [])],
        }


def _names(wanted: str) -> list[str]:
    return [name for name in wanted.split(",") if name]


def _characters(part: Part) -> str:
    try:
        return part.content.decode()
    except UnicodeDecodeError:
        return part.content.decode("latin-1")
