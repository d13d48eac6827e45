"""What this process remembers of tickets: their tags, how they looked when last seen, and our comments' keys.

All of it can be asked for again; it spares requests, and it shows an edit that slipped past a guard.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from syncd_zendesk.hints import said, state_of
from syncd_zendesk.wire import AuditJson, TicketJson

TICKETS = 2_000
COMMENTS = 20_000
KEY = "syncd"  # in metadata.custom, which audits show and customers never see

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Seen:
    """A ticket as some answer showed it."""

    revision: str
    tags: frozenset[str]
    state: Mapping[str, str]  # its fields, as tokens say them


@dataclass(slots=True)
class Memory:
    tickets: OrderedDict[int, Seen] = field(default_factory=OrderedDict)
    keys: OrderedDict[int, str] = field(default_factory=OrderedDict)  # by comment; "" for one that has none

    def keep(self, ticket: TicketJson) -> None:
        if ticket.updated_at and "tags" in ticket.model_fields_set:
            seen = Seen(ticket.updated_at, frozenset(ticket.tags), state_of(ticket))
            _put(self.tickets, ticket.id, seen, most=TICKETS)

    def keep_key(self, comment: Any, custom: Any) -> None:
        """Remember what a comment's metadata says, and that it says nothing."""
        if isinstance(comment, int) and isinstance(custom, dict):
            key = custom.get(KEY)
            _put(self.keys, comment, key if isinstance(key, str) else "", most=COMMENTS)

    def slipped(self, ticket: TicketJson, audit: AuditJson, *, expect: str) -> bool:
        """Whether somebody's edit slipped past the guard of the write that this answers.

        Stamps are whole seconds: an edit in the second of our read, but after it, leaves the stamp as it was. It shows
        in what the write found there, or in a field that the write did not touch.
        """
        seen = self.tickets.get(ticket.id)
        if seen is None or seen.revision != expect:
            return False
        written: set[str] = set()
        for event in audit.events:
            if event.get("type") == "Change":
                name = str(event.get("field_name"))
                written.add(name)
                if name in seen.state and said(name, event.get("previous_value")) != seen.state[name]:
                    return True
        now = state_of(ticket)
        return any(now.get(name) != word for name, word in seen.state.items() if name not in written)


def _put(remembered: OrderedDict[int, V], key: int, value: V, *, most: int) -> None:
    remembered[key] = value
    remembered.move_to_end(key)
    while len(remembered) > most:
        remembered.popitem(last=False)
