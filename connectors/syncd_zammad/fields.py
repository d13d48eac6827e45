"""A ticket's fields in Zammad's words, custom attributes among them, and how they are written back. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from syncd.core.model import Fields, Kind, Person, RichText, Value
from syncd.sdk.connector import FieldInfo
from syncd.sdk.errors import Rejected
from syncd_zammad import text
from syncd_zammad.wire import MERGED, NOBODY, REMOVED, AttributeJson, TicketJson, number

LINK_TAG = "syncd-"
"""Tags that begin so are ours: they show the engineering issue, are never part of `tags`, and survive its rewriting."""

FIELDS = (
    FieldInfo("title", Kind.TEXT, required=True),
    FieldInfo("description", Kind.RICH_TEXT, writable=False),
    FieldInfo("status", Kind.CHOICE),
    FieldInfo("priority", Kind.CHOICE),
    FieldInfo("group", Kind.CHOICE),
    FieldInfo("owner", Kind.PERSON),
    FieldInfo("tags", Kind.LABELS),
    FieldInfo("pending_time", Kind.DATE),
    FieldInfo("customer", Kind.PERSON, writable=False),
    FieldInfo("organization", Kind.TEXT, writable=False),
    FieldInfo("number", Kind.TEXT, writable=False),
)
_OWN = frozenset(info.name for info in FIELDS)

# --- custom attributes -----------------------------------------------------------------------------------------------

_KINDS = {
    "select": Kind.CHOICE,
    "tree_select": Kind.CHOICE,
    "boolean": Kind.CHOICE,
    "multiselect": Kind.MULTI_CHOICE,
    "multi_tree_select": Kind.MULTI_CHOICE,
    "integer": Kind.NUMBER,
    "date": Kind.DATE,
    "datetime": Kind.DATE,
    "richtext": Kind.RICH_TEXT,
}


@dataclass(frozen=True, slots=True)
class Attribute:
    """A custom attribute. `key` is its name at Zammad, `name` the same unless a field above is called so."""

    key: str
    type: str
    options: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"custom:{self.key}" if self.key in _OWN else self.key

    @property
    def info(self) -> FieldInfo:
        options = ("true", "false") if self.type == "boolean" else self.options
        return FieldInfo(self.name, _KINDS.get(self.type, Kind.TEXT), options)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The custom attributes of tickets that this account knows, by their names in mappings."""

    custom: Mapping[str, Attribute] = field(default_factory=dict)

    def by_key(self, key: str) -> Attribute | None:
        return next((each for each in self.custom.values() if each.key == key), None)


def catalogue_of(found: Iterable[AttributeJson], declared: Mapping[str, str], *, hidden: str | None) -> Catalogue:
    """What the object manager lists, and what the config declares; `hidden` is the attribute that is ours."""
    made = [Attribute(key, kind) for key, kind in declared.items()]
    listed = [each for each in found if each.object == "Ticket" and each.editable and each.active]
    made += [Attribute(each.name, each.data_type, _options(each.data_option)) for each in listed]
    return Catalogue({each.name: each for each in made if each.key != hidden})


def _options(option: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of a select, which is what a ticket holds; a tree says its values as `a::b` (object.rst)."""
    match option.get("options"):
        case dict(found):
            return tuple(map(str, found))
        case list(found):
            return tuple(_branches(found))
    return ()


def _branches(nodes: list[Any]) -> Iterable[str]:
    for node in nodes:
        if isinstance(node, dict):
            yield str(node.get("value", ""))
            children = node.get("children")
            yield from _branches(children if isinstance(children, list) else [])


# --- reading ---------------------------------------------------------------------------------------------------------


def fields_of(
    ticket: TicketJson, *, tags: Iterable[str], people: Mapping[int, Person], catalogue: Catalogue
) -> dict[str, Value]:
    """All fields but the description, which is an article."""
    owner = None if ticket.owner_id == NOBODY else people.get(ticket.owner_id, Person(str(ticket.owner_id)))
    return {
        **{each.name: value_of(each.type, ticket.custom(each.key)) for each in catalogue.custom.values()},
        "title": ticket.title or None,
        "status": ticket.state,
        "priority": ticket.priority,
        "group": ticket.group,
        "owner": owner,
        "tags": frozenset(tag for tag in tags if not tag.startswith(LINK_TAG)),
        "pending_time": ticket.pending_time,
        "customer": people.get(ticket.customer_id, Person(str(ticket.customer_id))),
        "organization": ticket.organization or None,
        "number": ticket.number,
    }


def value_of(type: str, value: Any) -> Value:
    """An attribute's value; one of an unexpected shape is told as text, so that only this field is parked."""
    try:
        return _value_of(type, value)
    except (ValueError, TypeError, InvalidOperation):
        return str(value)


def _value_of(type: str, value: Any) -> Value:
    if value is None or value in ("", []):
        return None
    match type:
        case "boolean":
            return "true" if value in (True, "true", "1") else "false"
        case "multiselect" | "multi_tree_select":
            return frozenset(map(str, value if isinstance(value, list) else [value]))
        case "integer":
            return Decimal(str(value))
        case "date":
            return date.fromisoformat(str(value)[:10])
        case "datetime":
            return _aware(datetime.fromisoformat(str(value).replace(" UTC", "Z")))
        case "richtext":
            return text.read(str(value), text.HTML)
        case _ if isinstance(value, dict | list):
            return json.dumps(value, ensure_ascii=False, sort_keys=True)
        case _:
            return str(value)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# --- writing ---------------------------------------------------------------------------------------------------------


def to_json(fields: Fields, catalogue: Catalogue) -> dict[str, Any]:
    """The attributes that set these fields and no other. Tags are left out: they have endpoints of their own.

    Raises:
        Rejected: a field or value that cannot be written; names the field.
    """
    return dict(_setting(name, value, catalogue) for name, value in fields.items() if name != "tags")


def _setting(name: str, value: Value, catalogue: Catalogue) -> tuple[str, Any]:
    match name, value:
        case "title", str() if value.strip():
            return name, value
        case "status", str() if value not in (MERGED, REMOVED):  # only Zammad itself sets these rightly
            return "state", value
        case (("priority" | "group"), str()):
            return name, value
        case "owner", None:
            return "owner_id", NOBODY
        case "owner", Person() if value.id:
            return "owner_id", number(value.id, field="owner")
        case "pending_time", None:
            return name, None
        case "pending_time", date():
            return name, instant(value)
    if known := catalogue.custom.get(name):
        return known.key, _custom_json(known, value)
    raise Rejected(f"zammad: `{name}` cannot be written like this", field=name)


def _custom_json(known: Attribute, value: Value) -> Any:
    match value:
        case None:
            return [] if known.type.startswith("multi") else None
        case str() if known.type == "boolean":
            return value == "true"
        case frozenset():
            return sorted(value)
        case datetime() if known.type == "date":
            return value.date().isoformat()
        case date() if known.type == "datetime":
            return instant(value)
        case date():
            return value.isoformat()
        case Decimal():
            return _whole(value, known)
        case RichText():
            return text.write(value.markdown).source if known.type == "richtext" else value.markdown
        case Person():
            raise Rejected("zammad: a custom attribute holds no person", field=known.name)
        case _:
            return value


def _whole(value: Decimal, known: Attribute) -> int:
    if value != value.to_integral_value():
        raise Rejected("zammad: this attribute holds whole numbers only", field=known.name)
    return int(value)


def instant(value: date) -> str:
    """A time as Zammad says it; a mere day is its noon in UTC."""
    when = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, 12, tzinfo=UTC)
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
