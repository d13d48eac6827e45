"""What happens inside a simulated Zendesk: tickets made, updated, merged, deleted, and the audits and events of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from syncd.sdk.testing.simulator import Account, Refused
from syncd_zendesk.fields import PRIORITIES, STATUSES, TYPES
from syncd_zendesk.state import (
    Audit,
    CustomStatus,
    Json,
    Option,
    StoredComment,
    StoredFile,
    Ticket,
    TicketField,
    Uploaded,
    User,
    from_text,
    stamp,
    wrapped,
)
from syncd_zendesk.wire import MERGE_TAG

if TYPE_CHECKING:
    from syncd_zendesk.simulator import ZendeskSimulator

ACCOUNT = Account("9001", "syncd", "syncd@acme.example", "zendesk-token", frozenset({"admin"}))
ANA = Account("9002", "Ana Agent", "ana@acme.example", "ana-token", frozenset({"agent"}))
BEN = Account("9003", "Ben Agent", "ben@acme.example", "ben-token", frozenset({"agent"}))
CAROL = Account("9004", "Carol Customer", "carol@customer.example")

SEVERITY, LINK_FIELD, AFFECTED, BEGAN, PLATFORMS, VIP = range(360001, 360007)
FIELDS = (
    *(
        TicketField(360100 + index, title, kind, system=True)
        for index, (title, kind) in enumerate(
            [("Subject", "subject"), ("Description", "description"), ("Status", "status"), ("Priority", "priority")]
        )
    ),
    TicketField(SEVERITY, "Severity", "tagger", tuple(Option(1 + n, f"Severity {n}", f"sev{n}") for n in (1, 2, 3, 4))),
    TicketField(LINK_FIELD, "Engineering issue", "text"),
    TicketField(AFFECTED, "Affected users", "integer"),
    TicketField(BEGAN, "Outage began", "date"),
    TicketField(PLATFORMS, "Platforms", "multiselect", (Option(21, "Web", "on_web"), Option(22, "iOS", "on_ios"))),
    TicketField(VIP, "VIP", "checkbox"),
)
GROUPS = {3001: "Support", 3002: "Billing"}
CUSTOM_STATUSES = (
    CustomStatus(4001, "New", "new"),
    CustomStatus(4002, "Open", "open"),
    CustomStatus(4003, "With engineering", "open"),
    CustomStatus(4004, "Pending", "pending"),
    CustomStatus(4005, "On hold", "hold"),
    CustomStatus(4006, "Solved", "solved"),
)
TRIGGERED = "conditional_ticket_events"
_KINDS = {
    "subject": "subject_changed",
    "status": "status_changed",
    "custom_status_id": "custom_status_changed",
    "priority": "priority_changed",
    "type": "type_changed",
    "assignee_id": "agent_assignment_changed",
    "group_id": "group_assignment_changed",
    "requester_id": "requester_changed",
    "organization_id": "organization_changed",
    "due_at": "task_due_at_changed",
    "external_id": "external_id_changed",
}
TICKET_EVENTS = frozenset(
    f"zen:event-type:ticket.{kind}"
    for kind in (
        *_KINDS.values(),
        *("tags_changed", "custom_field_changed", "brand_changed", "form_changed", "followers_changed"),
        *("email_ccs_changed", "problem_link_changed", "description_changed", "submitter_changed"),
        *("comment_added", "comment_made_private", "comment_redacted"),
        *("attachment_linked_to_comment", "attachment_redacted_from_comment"),
        *("created", "merged", "soft_deleted", "undeleted", "marked_as_spam", "permanently_deleted"),
    )
)
"""Those that Zendesk knows; any other name is refused."""
UPLOAD_LIFE = timedelta(hours=1)


class Desk:
    """All state of one account. Whatever it does is done by the simulator's current actor and journalled."""

    def __init__(self, simulator: ZendeskSimulator, *, custom_statuses: bool) -> None:
        self._simulator = simulator
        self.tickets: dict[int, Ticket] = {}
        self.fields = {known.id: known for known in FIELDS}
        self.groups = dict(GROUPS)
        self.statuses = {each.id: each for each in CUSTOM_STATUSES} if custom_statuses else {}
        self.uploads: dict[str, Uploaded] = {}
        self.files: dict[str, StoredFile] = {}
        self.trigger: Callable[[Ticket], dict[str, Any]] = lambda ticket: {}  # what a rule changes after each update
        self.users = {int(each.id): _user(each) for each in simulator.accounts}

    @property
    def json(self) -> Json:
        return Json(url=self._simulator.url, files=self._simulator.files_url or self._simulator.url)

    # -- finding

    def ticket(self, ref: str | int) -> Ticket:
        found = self.tickets.get(int(ref))
        if found is None or found.deleted:
            raise Refused(404, {"error": "RecordNotFound", "description": "Not found"})
        return found

    def comment(self, ticket: Ticket, id: int) -> StoredComment:
        for comment in ticket.comments:
            if comment.id == id:
                return comment
        raise Refused(404, {"error": "RecordNotFound", "description": "Not found"})

    def custom_status(self, ticket: Ticket) -> int | None:
        return ticket.values.get("custom_status_id")

    def status_label(self, ticket: Ticket) -> str:
        known = self.statuses.get(ticket.values.get("custom_status_id") or 0)
        return ticket.status if known is None or ticket.status == "closed" else known.label

    def show(self, ticket: Ticket) -> dict[str, Any]:
        return self.json.ticket(ticket, custom_status=self.custom_status(ticket))

    def people(self, ticket: Ticket) -> list[dict[str, Any]]:
        """The users that a ticket speaks of, for side-loading."""
        ids = {ticket.submitter_id, ticket.values["requester_id"], ticket.values["assignee_id"]}
        return [self.json.user(self.users[id]) for id in sorted(each for each in ids if each in self.users)]

    # -- making and changing

    def create(self, given: dict[str, Any]) -> Ticket:
        actor, now = int(self._simulator.actor.id), self._simulator.clock()
        if not given.get("comment"):
            raise _invalid("base", "Description: cannot be blank")
        subject = given.get("subject") or str(given["comment"].get("body") or "")[:60]
        ticket = Ticket(
            id=self._simulator.new_id(),
            created=now,
            updated=now,
            generated=now,
            submitter_id=int(given.get("submitter_id") or actor),
            values={
                "subject": "",
                "status": "new",
                "priority": None,
                "type": None,
                "tags": set[str](),
                "assignee_id": None,
                "group_id": 3001,
                "requester_id": int(given.get("requester_id") or actor),
                "organization_id": None,
                "brand_id": 7001,
                "external_id": None,
                "due_at": None,
            },
            custom={known.id: None for known in self.fields.values() if not known.system},
            channel="api" if self._simulator.exchange.api else "web",
        )
        if self.statuses:
            ticket.values["custom_status_id"] = 4001
        changes = self._checked(ticket, {**given, "subject": subject})
        self.tickets[ticket.id] = ticket
        audit = self._audit(ticket, given)
        for name, value in changes.items():
            self._set(ticket, name, value)
            audit.events.append(self._event("Create", name, _plain(value)))
        comment = self._add_comment(ticket, audit, given["comment"])
        after = {"subject": subject, **_journal(changes)}
        self._simulator.did("create", str(ticket.id), after=after, body=self._said(comment, given))
        self._simulator.tell(ticket, [("created", {})])
        return ticket

    def update(self, ticket: Ticket, given: dict[str, Any]) -> Audit | None:
        """Change what differs; None when nothing does, and then no stamp moves."""
        self._guard(ticket, given)
        changes = self._checked(ticket, given)
        before = {name: self._value(ticket, name) for name in changes}
        changes = {name: value for name, value in changes.items() if value != before[name]}
        if not changes and not given.get("comment"):
            return None
        audit, told = self._audit(ticket, given), list[tuple[str, dict[str, Any]]]()
        for name, value in changes.items():
            told.append(self._change(ticket, audit, name, value))
        if changes:
            old = {name: before[name] for name in changes}
            self._simulator.did("update", str(ticket.id), before=_journal(old), after=_journal(changes))
        if given.get("comment"):
            comment = self._add_comment(ticket, audit, given["comment"])
            told.append(("comment_added", {"comment": self._comment_told(comment)}))
            self._simulator.did("comment", str(ticket.id), body=self._said(comment, given))
        by_rule = {"via": {"channel": "rule", "source": {"from": {"id": 1, "title": "A trigger"}, "rel": "trigger"}}}
        for name, value in self._checked(ticket, self.trigger(ticket)).items():
            if value != self._value(ticket, name):
                told.append(self._change(ticket, audit, name, value))
                audit.events[-1].update(by_rule)
        self._simulator.tell(ticket, told)
        return audit

    def _change(self, ticket: Ticket, audit: Audit, name: str, value: Any) -> tuple[str, dict[str, Any]]:
        """Change one field; how a webhook tells it."""
        before = self._value(ticket, name)
        self._set(ticket, name, value)
        audit.events.append(self._event("Change", name, _plain(value), _plain(before)))
        return self._told(name, value, before)

    def _guard(self, ticket: Ticket, given: dict[str, Any]) -> None:
        if ticket.status == "closed":
            raise _invalid("status", "Status: closed prevents ticket update")
        if "safe_update" in given and given.get("updated_stamp") != stamp(ticket.updated):
            said = "Safe Update prevented the update due to outdated ticket data. Please fetch the latest ticket data."
            raise Refused(409, {"error": "UpdateConflict", "description": said})

    def _checked(self, ticket: Ticket, given: dict[str, Any]) -> dict[str, Any]:
        """The new values by name, a custom field's by its id; what cannot be is refused as a whole."""
        wanted: dict[str, Any] = {}
        for name in ("subject", "status", "priority", "type", "assignee_id", "group_id", "due_at", "external_id"):
            if name in given:
                wanted[name] = given[name]
        if email := given.get("assignee_email"):
            wanted["assignee_id"] = next((user.id for user in self.users.values() if user.email == email), -1)
        if "tags" in given:
            wanted["tags"] = {re.sub(r"[\s,]+", "_", tag.strip().lower()) for tag in given["tags"] if tag.strip()}
        for each in given.get("custom_fields", ()):
            wanted[str(each["id"])] = each["value"]
        self._check(wanted)
        self._follow(ticket, wanted, given)
        return wanted

    def _check(self, wanted: dict[str, Any]) -> None:
        for name, words in (("status", STATUSES), ("priority", (*PRIORITIES, None)), ("type", (*TYPES, None))):
            if name in wanted and wanted[name] not in words:
                raise _invalid(name, f"{name.capitalize()}: {wanted[name]} is not valid")
        if "subject" in wanted and not str(wanted["subject"] or "").strip():
            raise _invalid("subject", "Subject: cannot be blank")
        assignee = wanted.get("assignee_id")
        if assignee is not None and (assignee not in self.users or self.users[assignee].role == "end-user"):
            raise _invalid("assignee_id", "Assignee: is not an agent")
        if wanted.get("group_id") is not None and wanted["group_id"] not in self.groups:
            raise _invalid("group_id", "Group: is invalid")
        for name, value in wanted.items():
            if name.isdigit():
                wanted[name] = self._custom(int(name), value)

    def _custom(self, id: int, value: Any) -> Any:
        """A custom field's value as Zendesk keeps it."""
        known = self.fields.get(id)
        if known is None or known.system:
            raise _invalid(str(id), f"Custom field {id} does not exist")
        words = [option.value for option in known.options]
        if known.type == "checkbox":
            return value in (True, "true")
        if value in (None, "", []):
            return None
        chosen = value if isinstance(value, list) else [value]
        if words and not all(each in words for each in chosen):
            raise _invalid(str(id), f"{known.title}: is not one of its options")
        if known.type in ("integer", "decimal") and not re.fullmatch(r"-?\d+(\.\d+)?", str(value)):
            raise _invalid(str(id), f"{known.title}: is not a number")
        return value if isinstance(value, list) else str(value)

    def _follow(self, ticket: Ticket, wanted: dict[str, Any], given: dict[str, Any]) -> None:
        """What comes with a change: a custom status with its category, a tagger with its tag."""
        if self.statuses and given.get("custom_status_id"):
            chosen = self.statuses.get(int(given["custom_status_id"]))
            if chosen is None:
                raise _invalid("custom_status_id", "Custom status: is invalid")
            wanted["custom_status_id"], wanted["status"] = chosen.id, chosen.category
        elif self.statuses and "status" in wanted and wanted["status"] != "closed":
            known = [each.id for each in self.statuses.values() if each.category == wanted["status"]]
            wanted["custom_status_id"] = known[0]
        for id, known_field in self.fields.items():
            if str(id) in wanted and known_field.type == "tagger":
                tags = set(wanted.get("tags", ticket.values["tags"])) - {ticket.custom[id]}
                wanted["tags"] = tags | ({wanted[str(id)]} - {None})

    def _set(self, ticket: Ticket, name: str, value: Any) -> None:
        if name.isdigit():
            ticket.custom[int(name)] = value
        else:
            ticket.values[name] = value

    def _value(self, ticket: Ticket, name: str) -> Any:
        return ticket.custom.get(int(name)) if name.isdigit() else ticket.values.get(name)

    # -- comments and files

    def upload(self, name: str, media_type: str, content: bytes, *, token: str = "") -> StoredFile:
        """Keep a file for an hour; the same token again adds to it."""
        id = self._simulator.new_id()
        scan = "malware_found" if b"EICAR" in content else "malware_not_found"
        file = StoredFile(id, f"file{id}", name, media_type, content, scan)
        self.files[file.token] = file
        self.uploads.setdefault(token or file.token, Uploaded([], self._simulator.clock())).files.append(file)
        return file

    def _add_comment(self, ticket: Ticket, audit: Audit, given: dict[str, Any]) -> StoredComment:
        actor = int(self._simulator.actor.id)
        files = [file for token in given.get("uploads", ()) for file in self._taken(token)]
        comment = StoredComment(
            id=self._simulator.new_id(),
            audit_id=audit.id,
            author_id=int(given.get("author_id") or actor),
            html=wrapped(given["html_body"]) if given.get("html_body") else from_text(str(given.get("body") or "")),
            public=given.get("public", True) is True,
            created=audit.created,
            files=files,
            via=audit.via,
        )
        ticket.comments.append(comment)
        audit.events.append({"id": comment.id, "type": "Comment"})
        return comment

    def _taken(self, token: str) -> list[StoredFile]:
        uploaded = self.uploads.pop(token, None)
        if uploaded is None or self._simulator.clock() > uploaded.at + UPLOAD_LIFE:
            raise _invalid("base", "Attachment: token is not valid")
        return uploaded.files

    def make_private(self, ticket: Ticket, comment: StoredComment) -> None:
        comment.public = False
        audit = self._audit(ticket, {})
        event = {"id": self._simulator.new_id(), "type": "CommentPrivacyChange", "comment_id": comment.id}
        audit.events.append({**event, "public": False})
        self._simulator.did("hide", str(ticket.id), body={"comment": str(comment.id)})
        self._simulator.tell(ticket, [("comment_made_private", {"comment": {"id": str(comment.id)}})])

    def redact(self, ticket: Ticket, comment: StoredComment, words: Iterable[str]) -> None:
        """Black words out of a comment, for good."""
        for each in words:
            comment.html = comment.html.replace(each, "▇" * len(each))
        audit = self._audit(ticket, {})
        audit.events.append({"id": self._simulator.new_id(), "type": "CommentRedactionEvent", "comment_id": comment.id})
        self._simulator.did("redact", str(ticket.id), body={"comment": str(comment.id)})
        self._simulator.tell(ticket, [("comment_redacted", {"comment": {"id": str(comment.id)}})])

    # -- the end of a ticket

    def delete(self, ticket: Ticket) -> None:
        audit = self._audit(ticket, {})
        audit.events.append(self._event("Change", "status", "deleted", ticket.status))
        ticket.deleted, ticket.deleted_by = self._simulator.clock(), int(self._simulator.actor.id)
        self._simulator.did("delete", str(ticket.id))
        self._simulator.tell(ticket, [("soft_deleted", {})])

    def restore(self, id: int) -> None:
        ticket = self.tickets.get(id)
        if ticket is None or not ticket.deleted:
            raise Refused(404, {"error": "RecordNotFound", "description": "Not found"})
        ticket.deleted = None
        audit = self._audit(ticket, {})
        audit.events.append(self._event("Change", "status", ticket.status, "deleted"))
        self._simulator.did("restore", str(id))
        self._simulator.tell(ticket, [("undeleted", {})])

    def merge(self, source: Ticket, into: Ticket, *, said: str = "", public: bool = False) -> None:
        """Close a ticket in favour of another; both get a comment that says so."""
        self._guard(source, {})
        self._guard(into, {})
        text = said or f'This request was closed and merged into request #{into.id} "{into.values["subject"]}".'
        audit = self._audit(source, {}, via={"channel": "web", "source": {"from": {}, "to": {}, "rel": "merge"}})
        self._add_comment(source, audit, {"body": text, "public": public})
        tags = {*source.values["tags"], MERGE_TAG}
        for name, value in (("status", "closed"), ("tags", tags)):
            audit.events.append(self._event("Change", name, _plain(value), _plain(source.values[name])))
            source.values[name] = value
        words = f'Request #{source.id} "{source.values["subject"]}" was closed and merged into this request.'
        other = self._audit(into, {}, via={"channel": "web", "source": {"from": {}, "to": {}, "rel": "merge"}})
        merged = self._add_comment(into, other, {"body": words, "public": public})
        self._simulator.did("merge", str(source.id), after={"merged_into": str(into.id)})
        self._simulator.tell(source, [("merged", {"target_ticket_id": str(into.id)})])
        self._simulator.tell(into, [("comment_added", {"comment": self._comment_told(merged)})])

    # -- audits and events

    def _audit(self, ticket: Ticket, given: dict[str, Any], *, via: dict[str, Any] | None = None) -> Audit:
        """A new audit, which is what moves a ticket's stamps."""
        now = self._simulator.clock()
        channel = "api" if self._simulator.exchange.api else "web"
        audit = Audit(
            id=self._simulator.new_id(),
            ticket_id=ticket.id,
            author_id=int(self._simulator.actor.id),
            created=now,
            via=via or {"channel": channel, "source": {"from": {}, "to": {}, "rel": None}},
            metadata={"system": {}, "custom": dict((given.get("metadata") or {}).get("custom") or {})},
        )
        ticket.audits.append(audit)
        ticket.updated = ticket.generated = now
        return audit

    def _event(self, type: str, name: str, value: Any, previous: Any = None) -> dict[str, Any]:
        made = {"id": self._simulator.new_id(), "type": type, "field_name": name, "value": value}
        return {**made, "previous_value": previous} if type == "Change" else made

    def _told(self, name: str, value: Any, previous: Any) -> tuple[str, dict[str, Any]]:
        """How a webhook tells a change: ids as text, choices in upper case."""
        if name == "tags":
            return "tags_changed", {"tags_added": sorted(value - previous), "tags_removed": sorted(previous - value)}
        if name.isdigit():
            known = self.fields[int(name)]
            about = {"id": name, "type": known.type, "title": known.title, "is_sensitive": False}
            return "custom_field_changed", {"field": about, "current": _text(value), "previous": _text(previous)}
        shout = name in ("status", "priority", "type")
        told = [_text(each).upper() if shout else _text(each) for each in (value, previous)]
        return _KINDS[name], {"current": told[0] or None, "previous": told[1] or None}

    def _comment_told(self, comment: StoredComment) -> dict[str, Any]:
        author = self.users[comment.author_id]
        return {
            "id": str(comment.id),
            "body": comment.text,
            "is_public": comment.public,
            "author": {"id": str(author.id), "is_staff": author.role != "end-user", "name": author.name},
        }

    def detail(self, ticket: Ticket, *, actor: int) -> dict[str, Any]:
        """The ticket as a webhook tells it."""
        values = ticket.values
        return {
            "actor_id": str(actor),
            "assignee_id": _text(values["assignee_id"]) or None,
            "brand_id": str(values["brand_id"]),
            "created_at": stamp(ticket.created),
            "custom_status": _text(self.custom_status(ticket)),
            "description": ticket.comments[0].text if ticket.comments else "",
            "external_id": values["external_id"],
            "form_id": "8001",
            "group_id": _text(values["group_id"]),
            "id": str(ticket.id),
            "is_public": any(comment.public for comment in ticket.comments),
            "organization_id": _text(values["organization_id"]),
            "priority": _text(values["priority"]).upper() or None,
            "requester_id": str(values["requester_id"]),
            "status": "DELETED" if ticket.deleted else ticket.status.upper(),
            "subject": values["subject"],
            "submitter_id": str(ticket.submitter_id),
            "tags": sorted(values["tags"]),
            "type": _text(values["type"]).upper() or None,
            "updated_at": stamp(ticket.updated),
            "via": {"channel": "web_service"},
        }

    def _said(self, comment: StoredComment, given: dict[str, Any]) -> dict[str, object]:
        """A comment for the journal."""
        custom = (given.get("metadata") or {}).get("custom") or {}
        return {
            "id": str(comment.id),
            "text": comment.text,
            "visibility": "public" if comment.public else "internal",
            "key": str(next(iter(custom.values()), "")),
            "files": tuple(file.name for file in comment.files),
        }


def _user(account: Account) -> User:
    role = next((role for role in ("admin", "agent") if role in account.scopes), "end-user")
    return User(int(account.id), account.name, account.email, role)


def _invalid(field: str, said: str) -> Refused:
    details = {field: [{"description": said, "error": "InvalidValue"}]}
    return Refused(422, {"error": "RecordInvalid", "description": "Record validation errors", "details": details})


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set) else value


def _journal(values: dict[str, Any]) -> dict[str, object]:
    return {name: frozenset(value) if isinstance(value, set | list) else value for name, value in values.items()}


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return " ".join(map(str, value))
        case _:
            return str(value)
