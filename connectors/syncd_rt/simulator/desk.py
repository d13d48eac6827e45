"""What happens at a simulated Request Tracker: tickets made, talked in, deleted and merged, by lib/RT/Ticket.pm.

How a PUT changes columns, custom fields, people and links is in `edits`; what the stock scrips do is here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from syncd.sdk.testing.simulator import Refused
from syncd_rt.simulator import parts
from syncd_rt.simulator.edits import NUMBERS, Edits, cut, times_of
from syncd_rt.simulator.parts import Message
from syncd_rt.simulator.relations import custom_values, listed
from syncd_rt.simulator.state import LIFECYCLE, NOBODY, ORGANIZATION, SYSTEM, UNSET, Queue, Ticket, Transaction

MESSAGES = {"comment": ("Comment", "Comments added"), "correspond": ("Correspond", "Correspondence added")}


class Desk(Edits):
    """The tickets of one Request Tracker. Whoever acts is `simulator.actor`."""

    # -- a new ticket

    def create(self, given: Mapping[str, Any]) -> Ticket:
        queue, status = self._place(given), self._first_status(given)
        values = self._columns(given, status)
        entities = self._first_message(given)
        now, id = self.now(), next(self._ids["ticket"])
        times = {**dict.fromkeys(("Due", "Starts", "Started", "Resolved"), UNSET), **times_of(given)}
        times["Started"] = UNSET if status in LIFECYCLE.initial else now
        times["Resolved"] = now if status in LIFECYCLE.inactive else UNSET
        ticket = Ticket(id, id, queue.id, self.me, self.me, now, now, values, times)
        self.tickets[id] = ticket
        self.group_transactions(ticket, now)
        self._people(ticket, given)
        ticket.custom = custom_values(queue, given.get("CustomFields") or {})
        ticket.links = list(dict.fromkeys(listed(given.get("RefersTo"))))
        with self.batch():
            self.record(ticket, "Create", entities=entities)
            self._welcome(ticket)
        self.simulator.did("create", str(id), after=self.state(ticket))
        return ticket

    def _place(self, given: Mapping[str, Any]) -> Queue:
        if not given.get("Queue"):
            raise refused(400, "Could not create ticket. Queue not set")
        queue = self.queue(given["Queue"])
        if queue is None or not self.may("CreateTicket", queue):
            raise refused(403, f"No permission to create tickets in the queue '{given['Queue']}'")
        return queue

    def _first_status(self, given: Mapping[str, Any]) -> str:
        status = str(given.get("Status") or LIFECYCLE.initial[0]).lower()
        if status not in LIFECYCLE.all:
            raise refused(400, f"Status '{status}' isn't a valid status for tickets in this queue.")
        if status not in LIFECYCLE.on_create:
            raise refused(400, f"New tickets can not have status '{status}' in this queue.")
        return status

    def _columns(self, given: Mapping[str, Any], status: str) -> dict[str, str]:
        numbers = {name: str(given.get(name) or 0) for name in (*NUMBERS, "Priority")}
        if not all(number.isdecimal() for number in numbers.values()):  # labels are for changes only
            raise refused(400, "Ticket could not be created due to an internal error")
        subject = cut(str(given.get("Subject") or "").replace("\n", ""), 200)
        return {"Subject": subject, "Status": status, **numbers}

    def _first_message(self, given: Mapping[str, Any]) -> list[parts.Entity]:
        content, files = given.get("Content"), given.get("Attachments")
        if content is None and files is None:
            return []
        if not isinstance(files or [], list):
            raise refused(400, "Attachments must be an array")
        if lacks := parts.missing(files or []):
            raise refused(400, f"Field {lacks} is required for each attachment in Attachments")
        kind, subject = str(given.get("ContentType") or ""), str(given.get("Subject") or "")
        return self.entities(Message(str(content or ""), kind, subject, first=True), files or [])

    def entities(self, message: Message, files: Sequence[Mapping[str, Any]]) -> list[parts.Entity]:
        id = f"rt-5.0.3-{next(self._ids['message'])}.0-0-0@{ORGANIZATION}"
        try:
            return parts.entities(message, files, message_id=id)
        except UnicodeEncodeError as error:
            raise refused(500, "Internal Server Error") from error

    def _people(self, ticket: Ticket, given: Mapping[str, Any]) -> None:
        for role in ticket.watchers:
            ticket.watchers[role] = [self.watcher(word) for word in listed(given.get(role))]
        owner = self.user(str(given.get("Owner") or NOBODY))
        if owner and self.can("OwnTicket", ticket, who=owner.name):
            ticket.owner = owner.name

    # -- messages

    def message(self, ticket: Ticket | None, way: str, given: Mapping[str, Any]) -> tuple[Transaction, list[str]]:
        """A reply that is mailed or a comment that is not; the sentences tell what became of a status sent along."""
        (kind, said), files = MESSAGES[way], given.get("Attachments") or []
        _check_message(given, files)
        right = "ReplyToTicket" if way == "correspond" else "CommentOnTicket"
        if ticket is None or not (self.can(right, ticket) or self.can("ModifyTicket", ticket)):
            raise refused(400, "Permission Denied")
        text, before = str(given.get("Content") or ""), self.state(ticket)
        entities = self.entities(Message(text, str(given.get("ContentType") or "")), files)
        with self.batch():
            made = self.record(ticket, kind, entities=entities)
            self._after_message(ticket, kind, text)
            sentences = [said, *self.set_custom(ticket, given.get("CustomFields") or {})]
            sentences += [self.set_status(ticket, str(given["Status"]))] if given.get("Status") else []
        body = {"public": kind == "Correspond", "text": text, "files": len(files)}
        self.simulator.did("comment", str(ticket.id), before=before, after=self.state(ticket), body=body)
        return made, sentences

    def _after_message(self, ticket: Ticket, kind: str, text: str) -> None:
        """The stock scrips: mails, and a reply opens what nobody works on."""
        if kind == "Comment":
            self.mail(ticket, ticket.watchers["AdminCc"], text, comment=True)
            return
        self.mail(ticket, [ticket.owner, *ticket.watchers["AdminCc"]], text)
        self.mail(ticket, [*ticket.watchers["Requestor"], *ticket.watchers["Cc"]], text)
        if ticket.values["Status"] not in LIFECYCLE.active:
            self.change_status(ticket, LIFECYCLE.active[0], by=SYSTEM)
        if self.me not in ticket.watchers["Requestor"] and ticket.watchers["Requestor"]:
            ticket.told = self.now()

    def _welcome(self, ticket: Ticket) -> None:
        self.mail(ticket, ticket.watchers["Requestor"], f"AutoReply: {ticket.values['Subject']}")
        self.mail(ticket, [ticket.owner, *ticket.watchers["AdminCc"]], ticket.values["Subject"])
        self.mail(ticket, ticket.watchers["Cc"], ticket.values["Subject"])

    # -- the end of a ticket

    def delete(self, ticket: Ticket) -> bool:
        """Set its status to deleted; False without the right to, and when it is deleted already."""
        return f"Ticket {ticket.id}: Ticket deleted" in self.update(ticket, {"Status": "deleted"})

    def merge(self, ticket: Ticket, into: object) -> str:
        """RT::Ticket::MergeInto: what was merged into the loser before goes along, and so do its links and people."""
        winner = self.ticket(str(into)) if str(into).isdecimal() else None
        if not self.can("ModifyTicket", ticket):
            return "Permission Denied"
        if winner is None:
            return "New ticket doesn't exist"
        if winner is ticket:
            return "Can't merge a ticket into itself"
        if not self.can("ModifyTicket", winner):
            return "Permission Denied"
        for one in self.tickets.values():
            one.effective = winner.id if one.effective == ticket.id else one.effective
        winner.links = list(dict.fromkeys([*winner.links, *ticket.links]))
        for role, people in ticket.watchers.items():
            winner.watchers[role] = list(dict.fromkeys([*winner.watchers[role], *people]))
        for name in ("TimeEstimated", "TimeLeft", "TimeWorked"):
            winner.values[name] = str(int(winner.values[name]) + int(ticket.values[name]))
        new = f"fsck.com-rt://{ORGANIZATION}/ticket/{winner.id}"
        made = [self.record(one, "AddLink", field="MergedInto", new=new) for one in (ticket, winner)]
        for link in reversed(made):  # the loser's object has become the winner by then
            self.simulator.tell(link)
        winner.updated = self.now()
        self.simulator.did("merge", str(ticket.id), after={"into": str(winner.id)})
        return "Merge Successful"


def _check_message(given: Mapping[str, Any], files: Sequence[Mapping[str, Any]]) -> None:
    if lacks := parts.missing(files):
        raise refused(400, f"{lacks} is a required field for each attachment in Attachments")
    if given.get("Content") and not given.get("ContentType"):
        raise refused(400, "ContentType is a required field for application/json")


def refused(status: int, message: str) -> Refused:
    return Refused(status, {"message": message}, {"content-type": "application/json; charset=utf-8"})
