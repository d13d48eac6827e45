"""Custom fields, people and links of a simulated Request Tracker, by lib/RT/REST2/Util.pm and Record/Writable.pm.

What changes has a sentence and a transaction. To say what is so already has neither, except for an empty custom field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from syncd_rt.simulator.ledger import Ledger
from syncd_rt.simulator.state import CustomField, Queue, Ticket

DENIED = "Permission Denied"


class Relations(Ledger):
    """What a ticket has beside its columns."""

    def set_custom(self, ticket: Ticket, given: Mapping[str, Any]) -> list[str]:
        found = [(self._field(ticket, name), value) for name, value in given.items()]
        return [sentence for field, value in found if field for sentence in self._set_field(ticket, field, value)]

    def _field(self, ticket: Ticket, word: str) -> CustomField | None:
        fields = self.queues[ticket.queue].fields
        return next((field for field in fields if word in (field.name, str(field.id))), None)

    def _set_field(self, ticket: Ticket, field: CustomField, value: Any) -> Iterator[str]:
        have = ticket.custom.setdefault(field.id, [])
        if field.most == 1:
            wanted = value[0] if isinstance(value, list) and value else value
            yield from self._set_single(ticket, field, None if wanted in (None, []) else str(wanted))
            return
        wanted_all = [str(one) for one in (value if isinstance(value, list) else [value]) if one is not None]
        for word in [one for one in wanted_all if one not in have]:
            if allowed(field, word) is None:
                yield "Invalid value for custom field"
                continue
            have.append(word)
            self.record(ticket, "CustomField", field=str(field.id), new=word)
            yield f"{word} added as a value for {field.name}"
        for word in sorted(set(have) - set(wanted_all)):
            yield self._drop(ticket, field, word)

    def _set_single(self, ticket: Ticket, field: CustomField, value: str | None) -> Iterator[str]:
        """To empty what is empty adds an empty value, each time anew."""
        have = ticket.custom[field.id]
        old, new = have[0] if have else "", allowed(field, value or "")
        if value is None and old:
            yield self._drop(ticket, field, old)
        elif new is None:
            yield "Invalid value for custom field"
        elif new != old or not new:
            ticket.custom[field.id] = [new]
            self.record(ticket, "CustomField", field=str(field.id), old=old, new=new)
            yield _changed(field.name, old, new)

    def _drop(self, ticket: Ticket, field: CustomField, word: str) -> str:
        ticket.custom[field.id].remove(word)
        self.record(ticket, "CustomField", field=str(field.id), old=word)
        return f"{word} is no longer a value for custom field {field.name}"

    def watcher(self, word: str) -> str:
        """Somebody's name; who is not known yet becomes a user without rights, named by the address."""
        if found := self.user(word):
            return found.name
        next(self._ids["transaction"])  # of the user
        return self.add_user(word, "", word).name

    def set_watchers(self, ticket: Ticket, given: Mapping[str, Any]) -> Iterator[str]:
        for role, people in ticket.watchers.items():
            if role not in given:
                continue
            wanted = [self.watcher(word) for word in listed(given[role])]
            for name in [one for one in wanted if one not in people]:
                people.append(name)
                self.record(ticket, "AddWatcher", field=role, new=str(self.users[name].id))
                yield f"Added {name} as {role} for this ticket"
            for name in [one for one in people if one not in wanted]:
                people.remove(name)
                self.record(ticket, "DelWatcher", field=role, old=str(self.users[name].id))
                yield f"{name} is no longer {role} for this ticket"

    def set_links(self, ticket: Ticket, given: Mapping[str, Any]) -> Iterator[str]:
        """Links out, as `RefersTo` says them."""
        exact, have = given.get("RefersTo"), ticket.links
        added = listed(exact) if exact else listed(given.get("AddRefersTo"))
        gone = [one for one in have if one not in added] if exact else listed(given.get("DeleteRefersTo"))
        for address in added:
            if not exact or address not in have:
                yield self._add_link(ticket, address)
        for address in gone:
            yield self._delete_link(ticket, address)

    def _add_link(self, ticket: Ticket, address: str) -> str:
        if not self.can("ModifyTicket", ticket):
            return DENIED
        if address in ticket.links:
            return "Link already exists"
        ticket.links.append(address)
        self.record(ticket, "AddLink", field="RefersTo", new=address)
        return f"Ticket {ticket.id} refers to URI {address}."

    def _delete_link(self, ticket: Ticket, address: str) -> str:
        if not self.can("ModifyTicket", ticket):
            return DENIED
        if address not in ticket.links:
            return "Link not found"
        ticket.links.remove(address)
        self.record(ticket, "DeleteLink", field="RefersTo", old=address)
        return f"Ticket {ticket.id} no longer refers to URI {address}."


def allowed(field: CustomField, word: str) -> str | None:
    """The word as the field has it, in whatever case it was said."""
    if not field.words or not word:
        return word
    return next((one for one in field.words if one.lower() == word.lower()), None)


def custom_values(queue: Queue, given: Mapping[str, Any]) -> dict[int, list[str]]:
    """Those of a new ticket: what does not fit is left out without a word."""
    found: dict[int, list[str]] = {}
    for field in queue.fields:
        words = [word for name in (field.name, str(field.id)) for word in listed(given.get(name))]
        if kept := [one for word in words if (one := allowed(field, word))]:
            found[field.id] = kept[: field.most or None]
    return found


def listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []


def _changed(name: str, old: str, new: str) -> str:
    if not old:
        return f"{name} {new} added"
    return f"{name} {old} changed to {new}" if new else f"{name} {old} deleted"
