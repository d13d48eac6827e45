"""What happens inside a simulated Freshdesk: tickets made, changed, answered, merged, thrown away."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from syncd.sdk.testing.page import Upload
from syncd.sdk.testing.simulator import NOBODY, Account, Refused
from syncd_freshdesk.fields import PRIORITIES
from syncd_freshdesk.hook import RULE_BODY
from syncd_freshdesk.simulator.state import Conversation, Json, StoredFile, Ticket, TicketField, typed

if TYPE_CHECKING:
    from syncd_freshdesk.simulator import FreshdeskSimulator

ACCOUNT = Account("43000001", "syncd", "syncd@acme.example", "freshdesk-key", frozenset({"agent"}))
ANA = Account("43000002", "Ana Agent", "ana@acme.example", "ana-key", frozenset({"agent"}))
BEN = Account("43000003", "Ben Agent", "ben@acme.example", "ben-key", frozenset({"agent"}))
CAROL = Account("43000004", "Carol Customer", "carol@customer.example")

KEY_FIELD, LINK_FIELD, BEGAN = "cf_syncd_key", "cf_engineering_issue", "cf_outage_began"
STATUSES = {
    "2": ["Open", "Being Processed"],
    "3": ["Pending", "Awaiting your Reply"],
    "4": ["Resolved", "This ticket has been Resolved"],
    "5": ["Closed", "This ticket has been Closed"],
    "6": ["Waiting on Engineering", "Being Processed"],
}
TYPES = ["Question", "Incident", "Problem"]
GROUPS = {5001: "Support", 5002: "Billing"}
FIELDS = (
    TicketField(1, "subject", "Subject", "default_subject", default=True, shown=True),
    TicketField(2, "status", "Status", "default_status", STATUSES, default=True, shown=True),
    TicketField(3, "priority", "Priority", "default_priority", {w: n for n, w in PRIORITIES.items()}, default=True),
    TicketField(4, "ticket_type", "Type", "default_ticket_type", TYPES, default=True),
    TicketField(11, KEY_FIELD, "syncd key", "custom_text"),
    TicketField(12, LINK_FIELD, "Engineering issue", "custom_text"),
    TicketField(13, "cf_severity", "Severity", "custom_dropdown", ["sev1", "sev2", "sev3"], shown=True),
    TicketField(14, BEGAN, "Outage began", "custom_date"),
    TicketField(15, "cf_affected", "Affected users", "custom_number"),
    TicketField(16, "cf_vip", "VIP", "custom_checkbox"),
)
BEHIND = {"responder_id", "group_id", "requester_id", "product_id", "company_id", "email_config_id"}
MOST_BYTES = 20 * 1024 * 1024
REPLY, NOTE, FORWARD = 0, 2, 8
POSTPONED_FOR = timedelta(hours=24)


def invalid(field: str, message: str, code: str = "invalid_value") -> Refused:
    error = {"field": field, "message": message, "code": code}
    return Refused(400, {"description": "Validation failed", "errors": [error]})


def missing() -> Refused:
    return Refused(404, None)


class Desk:
    """All state of one account. Whatever it does is done by the simulator's current actor and journalled.

    Attributes:
        notes_move: whether a note moves the ticket's `updated_at`; the documents do not say.
        mails: (address, text) of every mail that went to a customer.
    """

    def __init__(self, simulator: FreshdeskSimulator) -> None:
        self._simulator = simulator
        self.tickets: dict[int, Ticket] = {}
        self.fields = {known.name: known for known in FIELDS}
        self.groups = dict(GROUPS)
        self.people = {int(each.id): each for each in simulator.accounts}
        self.notes_move = True
        self.mails: list[tuple[str, str]] = []
        self.postponed: list[tuple[datetime, bytes]] = []

    @property
    def json(self) -> Json:
        return Json(files=self._simulator.files_url or self._simulator.url)

    # -- finding

    def ticket(self, id: str | int, *, trash: bool = False) -> Ticket:
        found = self.tickets.get(int(id))
        if found is None or found.archived or (found.deleted and not trash):
            raise missing()
        return found

    def conversation(self, id: int) -> tuple[Ticket, Conversation]:
        for ticket in self.tickets.values():
            for said in ticket.said:
                if said.id == id:
                    return ticket, said
        raise missing()

    def status_word(self, ticket: Ticket) -> str:
        return str(self.fields["status"].choices[str(ticket.values["status"])][0])

    # -- tickets

    def create(self, given: Mapping[str, Any]) -> Ticket:
        for name in ("subject", "description", "status", "priority"):
            if given.get(name) in (None, ""):
                raise invalid(name, "It should not be blank as this is a mandatory field", "missing_field")
        now = self._simulator.clock()
        values = {
            **dict.fromkeys(BEHIND),
            "type": None,
            "tags": [],
            **self._checked({name: given[name] for name in given.keys() - {"email", "description", "custom_fields"}}),
            "requester_id": self._requester(given),
        }
        custom = {name: None for name, known in self.fields.items() if not known.default}
        custom |= self._custom(given.get("custom_fields") or {})
        ticket = Ticket(self._simulator.new_id(), now, now, values, custom, html=given["description"])
        self.tickets[ticket.id] = ticket
        self._did("create", ticket, after={"subject": values["subject"]})
        return ticket

    def update(self, ticket: Ticket, given: Mapping[str, Any]) -> None:
        """Set what is sent; the stamp moves whether or not something differs."""
        values = self._checked({name: given[name] for name in given.keys() - {"description", "custom_fields"}})
        custom = self._custom(given.get("custom_fields") or {})
        old = {**{name: ticket.values[name] for name in values}, **{name: ticket.custom[name] for name in custom}}
        ticket.values.update(values)
        ticket.custom.update(custom)
        ticket.html = given.get("description", ticket.html)
        ticket.updated = self._simulator.clock()
        self._did("update", ticket, before=old, after={**values, **custom})

    def _requester(self, given: Mapping[str, Any]) -> int:
        if given.get("requester_id") is not None:
            if given["requester_id"] not in self.people:
                raise invalid("requester_id", "There is no contact matching the given requester_id")
            return int(given["requester_id"])
        if not given.get("email"):
            raise invalid("requester_id", "One of requester_id, phone, email must be given", "missing_field")
        for id, known in self.people.items():
            if known.email.lower() == given["email"].lower():
                return id
        id = self._simulator.new_id()
        self.people[id] = Account(str(id), str(given["email"]).partition("@")[0], str(given["email"]))
        return id

    def _checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The new values; what cannot be is refused as a whole."""
        allowed = {"subject", "status", "priority", "type", "tags", "source", *BEHIND}
        for name, value in given.items():
            if name not in allowed:
                raise invalid(name, f"Unexpected/invalid field in request: {name}", "invalid_field")
            self._check(name, value)
        return {name: self._kept(name, value) for name, value in given.items() if name != "source"}

    def _check(self, name: str, value: Any) -> None:
        match name:
            case "subject" if not str(value or "").strip():
                raise invalid(name, "It should not be blank as this is a mandatory field", "missing_field")
            case "status" if str(value) not in self.fields["status"].choices:
                raise invalid(name, f"It should be one of these values: '{','.join(self.fields['status'].choices)}'")
            case "priority" if value not in PRIORITIES:
                raise invalid(name, "It should be one of these values: '1,2,3,4'")
            case "type" if value is not None and value not in TYPES:
                raise invalid(name, f"It should be one of these values: '{','.join(TYPES)}'")
            case "responder_id" if value is not None and "agent" not in self.people.get(value, NOBODY).scopes:
                raise invalid(name, "There is no agent matching the given responder_id")
            case "group_id" if value is not None and value not in self.groups:
                raise invalid(name, "There is no group matching the given group_id")

    def _kept(self, name: str, value: Any) -> Any:
        if name == "subject":
            return str(value).strip()[:255]
        return list(dict.fromkeys(value)) if name == "tags" else value

    def _custom(self, given: Mapping[str, Any]) -> dict[str, Any]:
        for name, value in given.items():
            known = self.fields.get(name)
            if known is None or known.default:
                raise invalid(f"custom_fields.{name}", "Unexpected/invalid field in request", "invalid_field")
            if value is not None:
                self._check_custom(known, value)
        return dict(given)

    def _check_custom(self, known: TicketField, value: Any) -> None:
        match known.type:
            case "custom_dropdown" if value not in known.choices:
                raise invalid(known.name, f"It should be one of these values: '{','.join(known.choices)}'")
            case "custom_number" if not isinstance(value, int):
                raise invalid(known.name, "Value set is of type String. It should be a/an Integer", "datatype_mismatch")
            case "custom_checkbox" if not isinstance(value, bool):
                raise invalid(known.name, "Value set is of type String. It should be a/an Boolean", "datatype_mismatch")
            case "custom_date" if not _is_date(value):
                raise invalid(known.name, "It should be in the 'YYYY-MM-DD' format", "invalid_date")

    # -- what is said

    def say(
        self, ticket: Ticket, html: str, *, source: int, private: bool, files: Sequence[Upload] = ()
    ) -> Conversation:
        """A reply, a note, a forward; a reply of an agent is mailed to the requester."""
        if sum(len(each.content) for each in files) > MOST_BYTES:
            raise invalid("attachments", "The total size of all attachments exceeds 20 MB", "invalid_size")
        now, actor = self._simulator.clock(), self._simulator.actor
        requester = self.people[ticket.values["requester_id"]]
        incoming = "agent" not in actor.scopes
        mailed = (requester.email,) if source == REPLY and not incoming else ()
        body = re.sub(r"<(script|style)\b.*?</\1>|<!--.*?-->", "", html, flags=re.DOTALL)
        said = Conversation(
            id=self._simulator.new_id(),
            user_id=int(actor.id),
            html=f"<div>{body}</div>",
            private=private,
            source=source,
            incoming=incoming,
            created=now,
            updated=now,
            files=[self._keep(each) for each in files],
            mailed_to=mailed,
        )
        self.mails += [(address, said.html) for address in mailed]
        ticket.said.append(said)
        self._touch(ticket, note=source == NOTE)
        self._did("comment", ticket, body={"id": said.id, "public": not private, "text": said.html})
        return said

    def rewrite(self, ticket: Ticket, said: Conversation, html: str) -> None:
        if said.source != NOTE:
            raise Refused(400, {"description": "Only notes can be edited", "errors": []})
        said.html, said.updated = f"<div>{html}</div>", self._simulator.clock()
        self._touch(ticket, note=True)
        self._did("edit comment", ticket)

    def unsay(self, ticket: Ticket, said: Conversation) -> None:
        ticket.said.remove(said)
        self._touch(ticket, note=True)
        self._did("delete comment", ticket)

    def attach(self, ticket: Ticket, file: Upload) -> None:
        """A file of the description."""
        ticket.files.append(self._keep(file))

    def _keep(self, file: Upload) -> StoredFile:
        return StoredFile(
            self._simulator.new_id(), file.name, file.media_type, file.content, created=self._simulator.clock()
        )

    def _touch(self, ticket: Ticket, *, note: bool) -> None:
        if not note or self.notes_move:
            ticket.updated = self._simulator.clock()

    # -- the end of a ticket

    def merge(self, into: Ticket, others: Sequence[Ticket]) -> None:
        """The others are closed with a note; what was said in them goes into the first as one."""
        for each in others:
            self.say(into, typed(f"Ticket {each.id} is merged into this ticket."), source=NOTE, private=True)
            words = f"This ticket is closed and merged into ticket {into.id}"
            self.say(each, f'<div dir="ltr">{words}</div>', source=NOTE, private=True)
            each.values["status"] = 5
            self._did("merge", each, after={"into": into.id})

    def throw_away(self, ticket: Ticket, *, deleted: bool) -> None:
        ticket.deleted, ticket.updated = deleted, self._simulator.clock()
        self._did("delete" if deleted else "restore", ticket)

    def mark_spam(self, ticket: Ticket, *, spam: bool) -> None:
        ticket.spam, ticket.updated = spam, self._simulator.clock()
        self._did("spam", ticket)

    # -- webhooks

    def _did(self, deed: str, ticket: Ticket, **more: Any) -> None:
        """Journal it, and let the automation rules tell it."""
        self._simulator.did(deed, str(ticket.id), **more)
        self.tell(RULE_BODY.replace("{{ticket.id}}", str(ticket.id)).encode())

    def tell(self, body: bytes) -> None:
        """A webhook counts as a request; when none is left it is postponed."""
        limit, now = self._simulator.limit, self._simulator.clock()
        if limit is not None and self._simulator.outbox.subscriptions and not limit.take(now):
            self.postponed.append((now, body))
        else:
            self._simulator.outbox.put("ticket", body)

    def tell_postponed(self) -> None:
        """Send what was postponed, as far as the limit goes; what is a day old is dropped."""
        waiting, self.postponed = self.postponed, []
        for since, body in waiting:
            if self._simulator.clock() < since + POSTPONED_FOR:
                self.tell(body)


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def parsed(stamp: str) -> datetime:
    found = datetime.fromisoformat(stamp)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def as_json(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise Refused(400, {"description": "Validation failed", "errors": []})
    return given
