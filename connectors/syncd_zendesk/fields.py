"""A ticket's fields in Zendesk's words, custom ones by their titles, and how they are written back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from syncd.core.model import Fields, Kind, Person, RichText, Snapshot, Thread, Value
from syncd.sdk.connector import FieldInfo
from syncd.sdk.errors import BadAnswer, Rejected
from syncd_zendesk.wire import TicketFieldJson, TicketJson, UserJson, life_of, moment, number, person, plain

STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITIES = ("urgent", "high", "normal", "low")
TYPES = ("problem", "incident", "question", "task")
LINK_TAG = "syncd-"
"""Tags that begin so are ours: they show the engineering issue, are never part of `tags`, and survive its rewriting."""

FIELDS = (
    FieldInfo("subject", Kind.TEXT),
    FieldInfo("description", Kind.RICH_TEXT, writable=False),
    FieldInfo("status", Kind.CHOICE, STATUSES),
    FieldInfo("priority", Kind.CHOICE, PRIORITIES),
    FieldInfo("type", Kind.CHOICE, TYPES),
    FieldInfo("tags", Kind.LABELS),
    FieldInfo("assignee", Kind.PERSON),
    FieldInfo("group", Kind.CHOICE),
    FieldInfo("due_at", Kind.DATE),
    FieldInfo("requester", Kind.PERSON, writable=False),
    FieldInfo("organization", Kind.TEXT, writable=False),
    FieldInfo("brand", Kind.TEXT, writable=False),
    FieldInfo("form", Kind.TEXT, writable=False),
)


# --- what an account has ---------------------------------------------------------------------------------------------

_KINDS = {
    "tagger": Kind.CHOICE,
    "checkbox": Kind.CHOICE,
    "multiselect": Kind.MULTI_CHOICE,
    "integer": Kind.NUMBER,
    "decimal": Kind.NUMBER,
    "date": Kind.DATE,
}


@dataclass(frozen=True, slots=True)
class CustomField:
    id: int
    name: str
    type: str
    options: tuple[str, ...] = ()

    @property
    def info(self) -> FieldInfo:
        options = ("true", "false") if self.type == "checkbox" else self.options
        return FieldInfo(self.name, _KINDS.get(self.type, Kind.TEXT), options)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What an account has beyond Zendesk's own fields.

    A custom field is called by its title where no other field is called so, and `custom:360001` otherwise (or always,
    by configuration); both names can be written to. Its choices are tag values, not their labels.

    Attributes:
        statuses: labels of the custom statuses by id; empty where `status` means the category.
        groups: names by id.
    """

    custom: Mapping[int, CustomField] = field(default_factory=dict)
    statuses: Mapping[int, str] = field(default_factory=dict)
    groups: Mapping[int, str] = field(default_factory=dict)

    def by_name(self, name: str) -> CustomField | None:
        for each in self.custom.values():
            if name in (each.name, f"custom:{each.id}"):
                return each
        return None


def custom_fields(found: Iterable[TicketFieldJson], *, by_title: bool) -> dict[int, CustomField]:
    """The custom ones of an account's ticket fields, by id."""
    own = [each for each in found if each.type not in _SYSTEM_TYPES and each.removable is not False]
    titles = [each.title for each in own if each.active]
    reserved = {info.name for info in FIELDS}
    made = {}
    for each in own:
        unique = by_title and each.active and titles.count(each.title) == 1 and each.title not in reserved
        name = each.title if unique else f"custom:{each.id}"
        options = tuple(option.value for option in each.custom_field_options or ())
        made[each.id] = CustomField(each.id, name, each.type, options)
    return made


_SYSTEM_TYPES = frozenset(
    {"subject", "description", "status", "tickettype", "priority", "group", "assignee", "basic_priority"}
    | {"custom_status", "customstatus"}
)


# --- a ticket ------------------------------------------------------------------------------------------------------


def fields_of(ticket: TicketJson, users: Mapping[int, UserJson], catalogue: Catalogue) -> Fields:
    """The fields that this answer shows, and no other: what it leaves out is not empty but unknown."""
    read: dict[str, tuple[str, Value]] = {
        "subject": ("subject", ticket.subject or None),
        "priority": ("priority", ticket.priority or None),
        "type": ("type", ticket.type or None),
        "status": ("status", status_of(ticket, catalogue)),
        "tags": ("tags", frozenset(tag for tag in ticket.tags if not tag.startswith(LINK_TAG))),
        "assignee_id": ("assignee", person(ticket.assignee_id, users)),
        "requester_id": ("requester", person(ticket.requester_id, users)),
        "group_id": ("group", named(ticket.group_id, catalogue.groups)),
        "due_at": ("due_at", ticket.due_at),
        "organization_id": ("organization", named(ticket.organization_id, {})),
        "brand_id": ("brand", named(ticket.brand_id, {})),
        "ticket_form_id": ("form", named(ticket.ticket_form_id, {})),
    }
    shown = {name: value for key, (name, value) in read.items() if key in ticket.model_fields_set}
    if "description" in ticket.model_fields_set:
        shown["description"] = plain(ticket.description or "")
    for each in ticket.custom_fields:
        if known := catalogue.custom.get(each.id):
            shown[known.name] = custom_value(known, each.value)
    return shown


def status_of(ticket: TicketJson, catalogue: Catalogue) -> str | None:
    """The custom status where the account uses them; a closed ticket is `closed`, whatever its custom status."""
    if catalogue.statuses and ticket.status != "closed" and ticket.custom_status_id is not None:
        return named(ticket.custom_status_id, catalogue.statuses)
    return ticket.status


def named(id: int | None, names: Mapping[int, str]) -> str | None:
    """A name, or the id of what is not known (made after we asked)."""
    return None if id is None else names.get(id, str(id))


def custom_value(known: CustomField, value: Any) -> Value:
    """A custom field's value; one of an unexpected shape is told as text, so that only this field is parked."""
    try:
        return _custom_value(known.type, value)
    except (ValueError, TypeError, InvalidOperation):
        return str(value)


def _custom_value(type: str, value: Any) -> Value:
    match type:
        case "checkbox":
            return "true" if value in (True, "true", "1") else "false"
        case _ if value is None or value == "":
            return None
        case "multiselect":
            return frozenset(value if isinstance(value, list) else str(value).split()) or None
        case "integer" | "decimal":
            return Decimal(str(value))
        case "date":
            return date.fromisoformat(str(value)[:10])
        case _:
            return str(value)


def snapshot(
    ticket: TicketJson,
    *,
    users: Mapping[int, UserJson],
    catalogue: Catalogue,
    site: str,
    thread: Thread | None = None,
    merged_into: str | None = None,
    tokens: frozenset[str] = frozenset(),
) -> Snapshot:
    """A ticket as one read showed it. `site` is where people open it."""
    if not ticket.updated_at:
        raise BadAnswer("zendesk: ticket.updated_at: a time was expected")
    return Snapshot(
        ref=str(ticket.id),
        revision=ticket.updated_at,
        fields=fields_of(ticket, users, catalogue),
        label=f"#{ticket.id}",
        url=f"{site}/agent/tickets/{ticket.id}",
        container=named(ticket.group_id, catalogue.groups) or "",
        life=life_of(ticket.status),
        merged_into=merged_into,
        requester=person(ticket.requester_id, users),
        created=ticket.created_at,
        updated=moment(ticket.updated_at),
        thread=thread,
        tokens=tokens,
    )


# --- what is written -------------------------------------------------------------------------------------------------


def to_json(fields: Fields, catalogue: Catalogue, *, kept_tags: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The `ticket` object that sets these fields and no other.

    Args:
        kept_tags: our own tags on this ticket, which a rewriting of `tags` must not lose.

    Raises:
        Rejected: a field or value that Zendesk does not know; names the field.
    """
    made: dict[str, Any] = {}
    for name, value in fields.items():
        key, json = _setting(name, value, catalogue)
        if key == "tags":
            made["tags"] = sorted({*json, *kept_tags})
        elif key == "custom_fields":
            made.setdefault(key, []).append(json)
        else:
            made[key] = json
    return made


_WORDS = {"priority": PRIORITIES, "type": TYPES}


def _setting(name: str, value: Value, catalogue: Catalogue) -> tuple[str, Any]:
    match name, value:
        case "subject", str() if value.strip():
            return name, value
        case "priority" | "type" | "due_at", None:
            return name, None
        case "priority" | "type", str() if value in _WORDS[name]:
            return name, value
        case "status", str() if catalogue.statuses and value != "closed":
            return "custom_status_id", _id_of(value, catalogue.statuses, field=name)
        case "status", str() if value in STATUSES:
            return name, value
        case "tags", None | frozenset():
            return name, value or frozenset()
        case "assignee", None | Person():
            return _assignee(value)
        case "group", str():
            return "group_id", _id_of(value, catalogue.groups, field=name)
        case "due_at", date():
            return name, _instant(value)
    if known := catalogue.by_name(name):
        return "custom_fields", {"id": known.id, "value": _custom_json(known, value)}
    raise Rejected(f"zendesk: `{name}` cannot be written like this", field=name)


def _assignee(value: Person | None) -> tuple[str, Any]:
    if value is None:
        return "assignee_id", None
    if value.id:
        return "assignee_id", number(value.id, field="assignee")
    return "assignee_email", value.email


_API_NAMES = {
    "status": ("status", "custom_status_id"),
    "assignee": ("assignee_id",),
    "group": ("group_id",),
    "due_at": ("due_at", "task_due_at"),
}


def keys_of(names: Iterable[str], catalogue: Catalogue) -> frozenset[str]:
    """What audits call these fields."""
    made = set[str]()
    for name in names:
        known = catalogue.by_name(name)
        made.update((str(known.id),) if known else _API_NAMES.get(name, (name,)))
    return frozenset(made)


def _custom_json(known: CustomField, value: Value) -> Any:
    match value:
        case None:
            return None
        case bool():
            return value
        case str() if known.type == "checkbox":
            return value == "true"
        case frozenset():
            return sorted(value)
        case datetime() if known.type == "date":
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case RichText():
            return value.markdown
        case Person():
            return value.id
        case _:
            return value


def _instant(value: date) -> str:
    when = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, 12, tzinfo=UTC)
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _id_of(name: str, names: Mapping[int, str], *, field: str) -> int:
    for id, known in names.items():
        if known == name:
            return id
    raise Rejected(f"zendesk: `{name}` is no {field} here", field=field)
