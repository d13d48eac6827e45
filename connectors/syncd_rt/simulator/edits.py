"""How a PUT changes a ticket of a simulated Request Tracker, and the sentences that it is answered with.

By RT::Record::Update, which goes through the columns in the order of their names. Whatever it refuses is a sentence;
what it does not know is not even mentioned.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from syncd_rt.simulator.relations import DENIED, Relations
from syncd_rt.simulator.state import (
    LIFECYCLE,
    NOBODY,
    PRIORITIES,
    SYSTEM,
    UNSET,
    Ticket,
    User,
    priority_word,
    spoken,
    stored,
)

NUMBERS = ("InitialPriority", "FinalPriority", "TimeEstimated", "TimeLeft", "TimeWorked")
DATES = ("Due", "Resolved", "Started", "Starts")
SAID_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?")
"""What RT::Date reads; another form is stored all the same, and called "Not set"."""
SAME = "That is already the current value"


class Edits(Relations):
    """The changes of one PUT."""

    def update(self, ticket: Ticket, given: Mapping[str, Any]) -> list[str]:
        before = self.state(ticket)
        with self.batch():
            said = [
                f"Ticket {ticket.id}: {sentence}"
                for name in sorted((*NUMBERS, *DATES, "Owner", "Priority", "Queue", "Status", "Subject"))
                if given.get(name) is not None and (sentence := self._attribute(ticket, name, str(given[name])))
            ]
            said += self.set_custom(ticket, given.get("CustomFields") or {})
            said += self.set_watchers(ticket, given)
            said += self.set_links(ticket, given)
        after = self.state(ticket)
        if changed := [name for name in after if after[name] != before[name]]:
            changes = ({name: state[name] for name in changed} for state in (before, after))
            self.simulator.did("update", str(ticket.id), before=next(changes), after=next(changes))
        return said

    def state(self, ticket: Ticket) -> dict[str, object]:
        """A ticket's fields as the journal has them."""
        queue = self.queues[ticket.queue]
        custom = {field.name: list(ticket.custom.get(field.id, [])) for field in queue.fields}
        times = {name: stored(moment) for name, moment in ticket.times.items()}
        return {
            **ticket.values,
            **times,
            **custom,
            "Owner": ticket.owner,
            "Queue": queue.name,
            "Links": ticket.links[:],
        }

    # -- columns

    def _attribute(self, ticket: Ticket, name: str, value: str) -> str:
        """One sentence, or "" where nothing was asked for that is not so already."""
        value = value.replace("\r\n", "\n")
        if self._stands(ticket, name) & {cut(value, 200), value or "0"}:
            return ""
        match name:
            case "Owner":
                return self._set_owner(ticket, value)
            case "Queue":
                return self._set_queue(ticket, value)
            case "Status":
                return self.set_status(ticket, value)
            case "Subject":
                return self._set_subject(ticket, value)
            case _:
                return (self._set_date if name in DATES else self._set_number)(ticket, name, value)

    def _stands(self, ticket: Ticket, name: str) -> set[str]:
        """The words for what a column holds."""
        match name:
            case "Owner":
                return {ticket.owner, str(self.users[ticket.owner].id)}
            case "Queue":
                return {self.queues[ticket.queue].name, str(ticket.queue)}
            case _:
                return {stored(ticket.times[name]) if name in DATES else ticket.values[name]}

    def _set(self, ticket: Ticket, name: str, value: str, *, shown: str) -> str:
        """A column of text: the history gets what was sent, the column what fits."""
        if not self.can("ModifyTicket", ticket):
            return DENIED
        old = ticket.values[name]
        if cut(value, 200) == old:
            return SAME
        ticket.values[name] = cut(value, 200)
        self.record(ticket, "Set", field=name, old=old, new=cut(value, 255))
        return f"{name} changed from {shown}"

    def _set_subject(self, ticket: Ticket, value: str) -> str:
        value, old = value.replace("\n", ""), ticket.values["Subject"]
        return self._set(ticket, "Subject", value, shown=f"{_quoted(old)} to {_quoted(cut(value, 255))}")

    def _set_number(self, ticket: Ticket, name: str, value: str) -> str:
        old, priority = ticket.values[name], name.endswith("Priority")
        if priority and not value.isdecimal():
            value = str(PRIORITIES.get(value, 0)) if name == "Priority" else value
        if value and not value.isdecimal():
            return f"{name} could not be set to {value}."
        words = [f"'{priority_word(number)}'" if priority else _quoted(number) for number in (old, value or "0")]
        said = self._set(ticket, name, value, shown=f"{words[0]} to {words[1]}")
        ticket.values[name] = ticket.values[name] or "0"
        worked = name == "TimeWorked" and said.startswith(name)
        return f"Worked {int(ticket.values[name]) - int(old)} minutes" if worked else said

    def _set_date(self, ticket: Ticket, name: str, value: str) -> str:
        if not self.can("ModifyTicket", ticket):
            return DENIED
        old, new = ticket.times[name], moment(value)
        if new is None:
            return f"{name} could not be set to {value}."
        ticket.times[name] = new
        self.record(ticket, "Set", field=name, old=stored(old), new=value)
        if name == "Resolved":  # RT forgot it among the dates that it puts into words
            return f"{name} changed from '{stored(old)}' to '{value}'"
        return f"{name} changed from {spoken(old)} to {spoken(new if SAID_TIME.fullmatch(value) else UNSET)}"

    def set_status(self, ticket: Ticket, status: str) -> str:
        old = ticket.values["Status"]
        if status.lower() not in LIFECYCLE.all:
            return f"Status '{status}' isn't a valid status for this ticket."
        if status.lower() == old:
            return f"You can't change status from '{old}' to '{status}'."
        if not self.can("DeleteTicket" if status.lower() == "deleted" else "ModifyTicket", ticket):
            return DENIED
        self.change_status(ticket, status.lower())
        return "Ticket deleted" if status.lower() == "deleted" else f"Status changed from '{old}' to '{status.lower()}'"

    def change_status(self, ticket: Ticket, status: str, *, by: str = "") -> None:
        """RT sets `Resolved` with every final status, and does not take it back."""
        old, now = ticket.values["Status"], self.now()
        if old in LIFECYCLE.initial and status not in LIFECYCLE.initial and ticket.times["Started"] == UNSET:
            ticket.times["Started"] = now
        if status in LIFECYCLE.inactive:
            ticket.times["Resolved"] = now
        ticket.values["Status"] = status
        self.record(ticket, "Status", field="Status", old=old, new=status, by=by)
        if status == "resolved":
            self.mail(ticket, ticket.watchers["Requestor"], f"Resolved: {ticket.values['Subject']}")

    # -- owner and queue

    def _set_owner(self, ticket: Ticket, value: str) -> str:
        new = self.user(value)
        if refusal := self._owner_refusal(ticket, new):
            return refusal
        assert new is not None  # noqa: S101  or it was refused
        old = self.users[ticket.owner]
        self.give(ticket, new)
        self.end_batch()  # RT::Ticket::Atomic applies the batch, and RT applies it once
        return f"Owner changed from {old.name} to {new.name}"

    def give(self, ticket: Ticket, new: User, *, by: str = "") -> None:
        old, ticket.owner = self.users[ticket.owner], new.name
        for kind in ("Set", "SetWatcher"):
            self.record(ticket, kind, field="Owner", old=str(old.id), new=str(new.id), by=by)
            if kind == "Set":
                self.mail(ticket, [new.name], f"Owner changed to {new.name}")

    def _owner_refusal(self, ticket: Ticket, new: User | None) -> str:
        """RT::Ticket::CurrentUserCanSetOwner."""
        if new is None:
            return "That user does not exist"
        if new.name != NOBODY and not self.can("OwnTicket", ticket, who=new.name):
            return "That user may not own tickets in that queue"
        if new.name == ticket.owner:
            return "That user already owns that ticket"
        if self.can("ReassignTicket", ticket):
            return ""
        if not self.can("ModifyTicket", ticket):
            return DENIED
        if ticket.owner in (NOBODY, self.me):
            return ""
        if new.name == self.me:
            return "You can only take tickets that are unowned"
        return "You can only reassign tickets that you own or that are unowned"

    def _set_queue(self, ticket: Ticket, value: str) -> str:
        old, new = self.queues[ticket.queue], self.queue(value)
        if not self.can("ModifyTicket", ticket):
            return DENIED
        if new is None:
            return f"Queue {value} does not exist"
        if new is old:
            return f"Queue is already set to {old.name}"
        if not self.may("CreateTicket", new):
            return DENIED
        ticket.queue = new.id
        self.record(ticket, "Set", field="Queue", old=str(old.id), new=str(new.id))
        if ticket.owner != NOBODY and not self.can("OwnTicket", ticket, who=ticket.owner):
            self.give(ticket, self.users[NOBODY], by=SYSTEM)
        return f"Queue changed from {old.name} to {new.name}"


def times_of(given: Mapping[str, Any]) -> dict[str, datetime]:
    return {name: moment(str(given.get(name) or "")) or UNSET for name in ("Due", "Starts")}


def moment(text: str) -> datetime | None:
    """PostgreSQL drops a zone, so what is not UTC is wrong by it."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC, microsecond=0)
    except ValueError:
        return None


def cut(text: str, length: int) -> str:
    """A column holds so many bytes; half a character is dropped (DBIx::SearchBuilder::Record::TruncateValue)."""
    return text.encode()[:length].decode(errors="ignore")


def _quoted(text: str) -> str:
    return f"'{text}'" if text not in ("", "0") else "(no value)"
