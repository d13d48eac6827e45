"""What is on the simulated Request Tracker's page: Anna opens a ticket, sets it, replies, comments, attaches."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from syncd.sdk.testing.page import Answer, Badge, Desk, Input, Row, Said, Sheet, Shown, Upload
from syncd.sdk.testing.simulator import Account, Refused
from syncd_rt.simulator import desk
from syncd_rt.simulator.state import (
    ANNA,
    BOT,
    CAROL,
    LIFECYCLE,
    NOBODY,
    PRIORITIES,
    CustomField,
    Part,
    Ticket,
    Transaction,
    priority_word,
)

TONES = {"new": "warm", "open": "hot", "stalled": "cold", "resolved": "good", "High": "hot", "Medium": "warm"}
MESSAGES = ("Create", "Correspond", "Comment")
CUSTOM = "custom:"


class RtPage(Desk):
    """The page of `RtSimulator`, which has the desk."""

    page_path = "/Ticket"
    page_title = "RT at Acme"
    page_accent = "#3858a8"
    public_word = "Reply"
    internal_word = "Comment"

    desk: desk.Desk

    @property
    def person(self) -> Account:
        return ANNA

    def rows(self) -> Sequence[Row]:
        standing = [one for one in self.desk.tickets.values() if one.effective == one.id]
        return [self._row(one) for one in sorted(standing, key=lambda one: (one.updated, one.id), reverse=True)]

    def sheet(self, ref: str) -> Sheet | None:
        ticket = self._find(ref)
        if ticket is None:
            return None
        told = [one for one in self.desk.history(ticket) if one.type in MESSAGES]
        merged = ticket.id != int(ref)
        return Sheet(
            row=self._row(ticket),
            inputs=tuple(self._inputs(ticket)),
            said=tuple(self._said(one) for one in told),
            facts=tuple(self._facts(ticket)),
            locked=f"This ticket was merged into #{ticket.id}." if merged else "",
        )

    def set_fields(self, ref: str, values: Mapping[str, str]) -> None:
        """RT's refusals are sentences among the others."""
        given: dict[str, Any] = {name: value for name, value in values.items() if not name.startswith(CUSTOM)}
        given["CustomFields"] = {
            name.removeprefix(CUSTOM): value or None for name, value in values.items() if name.startswith(CUSTOM)
        }
        before = len(self.desk.transactions)
        said = self.desk.update(self.desk.known(ref), given)
        if len(self.desk.transactions) - before < len(values):
            raise ValueError("; ".join(said) or "RT changed nothing")

    def say(self, ref: str, answer: Answer) -> None:
        way = "correspond" if answer.public else "comment"
        self._try(lambda: self.desk.message(self.desk.known(ref), way, _typed(answer)))

    def open(self, title: str, answer: Answer) -> str:
        given = {"Queue": "Support", "Subject": title, "Requestor": CAROL.id, **_typed(answer)}
        return str(self.desk.create(given).id)

    def file(self, ref: str, file_id: str) -> Upload | None:
        ticket = self._find(ref)
        files = [part for one in self.desk.history(ticket) for part in _files(one)] if ticket else []
        found = next((part for part in files if str(part.id) == file_id), None)
        return Upload(found.filename, found.content_type, found.content) if found else None

    # -- inside

    def _find(self, ref: str) -> Ticket | None:
        return self.desk.ticket(ref) if ref.isdecimal() else None

    def _try(self, deed: Callable[[], object]) -> None:
        try:
            deed()
        except Refused as error:
            raise ValueError(str(error.body["message"])) from error

    def _row(self, ticket: Ticket) -> Row:
        words = (ticket.values["Status"], priority_word(ticket.values["Priority"]))
        badges = tuple(Badge(word, TONES.get(word, "calm")) for word in words)
        return Row(str(ticket.id), f"#{ticket.id}", ticket.values["Subject"], badges, ticket.updated)

    def _inputs(self, ticket: Ticket) -> list[Input]:
        owners = [name for name in self.desk.users if self.desk.can("OwnTicket", ticket, who=name)]
        places = self.desk.queues.values()
        queues = [one.name for one in places if "CreateTicket" in self.desk.rights(one, who=self.person.id)]
        number, status = ticket.values["Priority"], ticket.values["Status"]
        priorities = {str(at): word for word, at in PRIORITIES.items()} | {number: priority_word(number)}
        place = self.desk.queues[ticket.queue]
        return [
            Input("Subject", "Subject", ticket.values["Subject"]),
            Input("Status", "Status", status, _options(dict.fromkeys([*LIFECYCLE.all, status]))),
            Input("Priority", "Priority", number, tuple(priorities.items())),
            Input("Owner", "Owner", ticket.owner, _options(dict.fromkeys([NOBODY, *owners]))),
            Input("Queue", "Queue", place.name, _options(dict.fromkeys([*queues, place.name]))),
            *(_input(ticket, field) for field in place.fields),
        ]

    def _facts(self, ticket: Ticket) -> list[tuple[str, str, str]]:
        asking = ", ".join(self.desk.users[name].real_name or name for name in ticket.watchers["Requestor"])
        links = [(address, address if address.startswith("http") else "") for address in ticket.links]
        return [
            ("Requestor", asking, ""),
            ("Created", ticket.created.strftime("%d %b %Y, %H:%M"), ""),
            ("Changed", ticket.updated.strftime("%d %b %Y, %H:%M:%S"), ""),
            *(("Refers to", text, address) for text, address in links if address),
        ]

    def _said(self, one: Transaction) -> Said:
        text = next((part for part in one.parts if not part.filename and part.content_type.startswith("text/")), None)
        return Said(
            author=self.desk.users[one.creator].real_name or one.creator,
            at=one.created,
            html=_html(text) if text else "",
            public=one.type != "Comment",
            files=tuple(Shown(str(part.id), part.filename, len(part.content)) for part in _files(one)),
            by_machine=one.creator == BOT.id,
        )


def _files(one: Transaction) -> list[Part]:
    return [part for part in one.parts if part.filename]


def _html(part: Part) -> str:
    text = part.content.decode(errors="replace")
    return text if part.content_type == "text/html" else html.escape(text).replace("\n", "<br>")


def _options(words: Mapping[str, None]) -> tuple[tuple[str, str], ...]:
    return tuple((word, word) for word in words)


def _input(ticket: Ticket, field: CustomField) -> Input:
    value = ", ".join(ticket.custom.get(field.id, []))
    options = _options(dict.fromkeys(("", *field.words))) if field.words else ()
    return Input(f"{CUSTOM}{field.name}", field.name, value, options)


def _typed(answer: Answer) -> dict[str, Any]:
    """What a person types; RT takes the characters of a file's name for its bytes."""
    files = [
        {
            "FileName": each.name.encode().decode("latin-1"),
            "FileType": each.media_type,
            "FileContent": base64.b64encode(each.content).decode(),
        }
        for each in answer.files
    ]
    return {"Content": answer.text, "ContentType": "text/plain", "Attachments": files}
