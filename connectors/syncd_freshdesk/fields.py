"""A ticket's fields in the words that agents see, custom ones by their API names, and how they are written back. Pure.

Freshdesk says status and priority as numbers; the words of the statuses come from `ticket_fields`, for an account adds
its own (developers.freshdesk.com/api, "List All Ticket Fields").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from syncd.core.model import Fields, Kind, Life, Person, RichText, Snapshot, Thread, Value
from syncd.sdk.connector import FieldInfo
from syncd.sdk.errors import Rejected
from syncd_freshdesk.text import read as read_html
from syncd_freshdesk.wire import People, TicketFieldJson, TicketJson, moment, number, person

STATUSES: Mapping[int, str] = MappingProxyType({2: "Open", 3: "Pending", 4: "Resolved", 5: "Closed"})
PRIORITIES: Mapping[int, str] = MappingProxyType({1: "Low", 2: "Medium", 3: "High", 4: "Urgent"})
FINAL = frozenset({4, 5})

FIELDS = (
    FieldInfo("subject", Kind.TEXT, required=True),
    FieldInfo("description", Kind.RICH_TEXT, writable=False),
    FieldInfo("status", Kind.CHOICE),  # the account decides which words there are
    FieldInfo("priority", Kind.CHOICE, tuple(PRIORITIES.values())),
    FieldInfo("type", Kind.CHOICE),
    FieldInfo("tags", Kind.LABELS),
    FieldInfo("assignee", Kind.PERSON),
    FieldInfo("group", Kind.CHOICE),
    FieldInfo("requester", Kind.PERSON, writable=False),
    FieldInfo("due_by", Kind.DATE, writable=False),
)

API_NAMES = {"assignee": "responder_id", "group": "group_id", "requester": "requester_id"}
"""What Freshdesk calls these fields, where that is something else."""

_KINDS = {
    "custom_dropdown": Kind.CHOICE,
    "nested_field": Kind.CHOICE,
    "custom_checkbox": Kind.CHOICE,
    "custom_multi_select_dropdown": Kind.MULTI_CHOICE,
    "custom_number": Kind.NUMBER,
    "custom_decimal": Kind.NUMBER,
    "custom_date": Kind.DATE,
}


# --- what an account has ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CustomField:
    name: str  # "cf_severity"
    type: str
    options: tuple[str, ...] = ()
    hidden: bool = False  # Freshdesk says that customers do not see it

    @property
    def info(self) -> FieldInfo:
        options = ("true", "false") if self.type == "custom_checkbox" else self.options
        return FieldInfo(self.name, _KINDS.get(self.type, Kind.TEXT), options)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What an account has beyond Freshdesk's own fields.

    Attributes:
        statuses: words by number.
        groups: names by id.
        custom: custom fields by API name.
        ours: API names of those that belong to syncd; mappings neither see nor write them.
    """

    statuses: Mapping[int, str] = field(default_factory=lambda: STATUSES)
    types: tuple[str, ...] = ()
    groups: Mapping[int, str] = field(default_factory=dict)
    custom: Mapping[str, CustomField] = field(default_factory=dict)
    ours: frozenset[str] = frozenset()

    def theirs(self, name: str) -> CustomField | None:
        return None if name in self.ours else self.custom.get(name)


def catalogue(found: Iterable[TicketFieldJson], *, groups: Mapping[int, str], ours: frozenset[str]) -> Catalogue:
    """An account's ticket fields, read."""
    fields = list(found)
    by_type = {each.type: each.choices for each in fields if each.default}
    custom = {
        each.name: CustomField(
            each.name, each.type, options_of(each.choices), hidden=each.displayed_to_customers is False
        )
        for each in fields
        if not each.default and each.name.startswith("cf_")
    }
    return Catalogue(
        statuses=statuses_of(by_type.get("default_status")),
        types=options_of(by_type.get("default_ticket_type")),
        groups=groups,
        custom=custom,
        ours=ours,
    )


def statuses_of(choices: Any) -> Mapping[int, str]:
    """Words of the statuses, for agents: `{"6": ["Waiting", "Waiting for us"]}`. A word that two share is numbered."""
    if not isinstance(choices, dict):
        return STATUSES
    words: dict[int, str] = {}
    for key, told in choices.items():
        word = told[0] if isinstance(told, list) and told else told
        if str(key).isdecimal() and isinstance(word, str) and word:
            words[int(key)] = word
    often = Counter(words.values())
    return {key: word if often[word] == 1 else f"{word} ({key})" for key, word in words.items()} or STATUSES


def options_of(choices: Any) -> tuple[str, ...]:
    """Words of a choice: a list of them, or the first level of a nested one."""
    return tuple(map(str, choices)) if isinstance(choices, list | dict) else ()


# --- a ticket ------------------------------------------------------------------------------------------------------


def fields_of(ticket: TicketJson, people: People, known: Catalogue) -> Fields:
    """The fields that this answer shows, and no other: what it leaves out is not empty but unknown."""
    read: dict[str, tuple[str, Value]] = {
        "subject": ("subject", ticket.subject or None),
        "status": ("status", named(ticket.status, known.statuses)),
        "priority": ("priority", named(ticket.priority, PRIORITIES)),
        "type": ("type", ticket.type or None),
        "tags": ("tags", frozenset(ticket.tags or ())),
        "responder_id": ("assignee", person(ticket.responder_id, people)),
        "group_id": ("group", named(ticket.group_id, known.groups)),
        "requester_id": ("requester", person(ticket.requester_id, people)),
        "due_by": ("due_by", ticket.due_by),
    }
    shown = {name: value for key, (name, value) in read.items() if key in ticket.model_fields_set}
    if "description" in ticket.model_fields_set:
        shown["description"] = read_html(ticket.description or "")
    for name, value in (ticket.custom_fields or {}).items():
        if custom := known.theirs(name):
            shown[name] = custom_value(custom, value)
    return shown


def named(id: int | None, names: Mapping[int, str]) -> str | None:
    """A word, or the number of what is not known (made after we asked)."""
    return None if id is None else names.get(id, str(id))


def custom_value(known: CustomField, value: Any) -> Value:
    """A custom field's value; one of an unexpected shape is told as text, so that only this field is parked."""
    try:
        return _custom_value(known.type, value)
    except (ValueError, TypeError, InvalidOperation):
        return str(value)


def _custom_value(type: str, value: Any) -> Value:
    match type:
        case "custom_checkbox":
            return "true" if value is True else "false"
        case _ if value is None or value == "":
            return None
        case "custom_multi_select_dropdown":
            return frozenset(map(str, value)) or None
        case "custom_number" | "custom_decimal":
            return Decimal(str(value))
        case "custom_date":
            return date.fromisoformat(str(value)[:10])
        case _:
            return str(value)


def life_of(ticket: TicketJson) -> Life:
    """The trash is deletion, as Freshdesk says itself. Spam takes no more words of ours until it is unmarked."""
    if ticket.deleted:
        return Life.DELETED
    return Life.LOCKED if ticket.spam else Life.ACTIVE


def snapshot(
    ticket: TicketJson, *, people: People, known: Catalogue, site: str, thread: Thread | None = None
) -> Snapshot:
    """A ticket as one read showed it. `site` is where people open it."""
    return Snapshot(
        ref=str(ticket.id),
        revision=ticket.updated_at,
        fields=fields_of(ticket, people, known),
        label=f"#{ticket.id}",
        url=f"{site}/a/tickets/{ticket.id}",
        container=named(ticket.group_id, known.groups) or "",
        life=life_of(ticket),
        requester=person(ticket.requester_id, people),
        created=ticket.created_at,
        updated=moment(ticket.updated_at),
        thread=thread,
    )


# --- what is written -------------------------------------------------------------------------------------------------


def to_json(fields: Fields, known: Catalogue) -> dict[str, Any]:
    """The body that sets these fields and no other.

    Raises:
        Rejected: a field or value that Freshdesk does not know; names the field.
    """
    made: dict[str, Any] = {}
    for name, value in fields.items():
        if custom := known.theirs(name):
            made.setdefault("custom_fields", {})[name] = _custom_json(custom, value)
        else:
            made[API_NAMES.get(name, name)] = _json(name, value, known)
    return made


def _json(name: str, value: Value, known: Catalogue) -> Any:
    match name, value:
        case "subject", str() if value.strip():
            return value
        case "status", str():
            return number_of(value, known.statuses, field=name)
        case "priority", str():
            return number_of(value, PRIORITIES, field=name)
        case "type" | "assignee" | "group", None:
            return None
        case "type", str():
            return value
        case "tags", None | frozenset():
            return sorted(value or ())
        case "assignee", Person():
            return number(value.id, field=name)
        case "group", str():
            return number_of(value, known.groups, field=name)
    raise Rejected(f"freshdesk: `{name}` cannot be written like this", field=name)


def number_of(word: str, names: Mapping[int, str], *, field: str) -> int:
    for id, known in names.items():
        if known == word:
            return id
    raise Rejected(f"freshdesk: `{word}` is no {field} here", field=field)


def _custom_json(known: CustomField, value: Value) -> Any:
    match value:
        case bool() | None:
            return value
        case str() if known.type == "custom_checkbox":
            return value == "true"
        case frozenset():
            return sorted(value)
        case Decimal() if known.type == "custom_number":
            return _whole(known, value)
        case Decimal():
            return float(value)
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case RichText():
            return value.markdown
        case Person():
            return value.id
        case _:
            return value


def _whole(known: CustomField, value: Decimal) -> int:
    if value != value.to_integral_value():
        raise Rejected(f"freshdesk: `{known.name}` takes whole numbers", field=known.name)
    return int(value)
