"""A ticket's fields in ServiceNow's words, custom columns among them, and how they are written back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from syncd.core.model import Fields, Kind, Person, RichText, Value
from syncd.sdk.connector import FieldInfo
from syncd.sdk.errors import Rejected
from syncd.sdk.names import CustomNames
from syncd_servicenow import text
from syncd_servicenow.config import ServiceNowConfig
from syncd_servicenow.wire import ChoiceJson, ColumnJson, TicketJson, is_id, moment, stamp

FIELDS = (
    FieldInfo("short_description", Kind.TEXT, required=True),
    FieldInfo("description", Kind.RICH_TEXT),
    FieldInfo("status", Kind.CHOICE),
    FieldInfo("impact", Kind.CHOICE),
    FieldInfo("urgency", Kind.CHOICE),
    FieldInfo("priority", Kind.CHOICE, writable=False),
    FieldInfo("category", Kind.CHOICE),
    FieldInfo("subcategory", Kind.CHOICE),
    FieldInfo("assigned_to", Kind.PERSON),
    FieldInfo("assignment_group", Kind.CHOICE),
    FieldInfo("due_date", Kind.DATE),
    FieldInfo("hold_reason", Kind.CHOICE),
    FieldInfo("close_code", Kind.CHOICE),
    FieldInfo("close_notes", Kind.TEXT),
    FieldInfo("caller", Kind.PERSON, writable=False),
    FieldInfo("number", Kind.TEXT, writable=False),
    FieldInfo("opened_at", Kind.DATE, writable=False),
    FieldInfo("resolved_at", Kind.DATE, writable=False),
    FieldInfo("closed_at", Kind.DATE, writable=False),
)
"""`priority` is what the instance computes from `impact` and `urgency` (connectors.md), so it is read only."""

_OWN_NAMES = CustomNames(frozenset(info.name for info in FIELDS), prefix="custom:")
_TYPES = {
    **dict.fromkeys(("status", "impact", "urgency", "priority", "category", "subcategory"), "choice"),
    **dict.fromkeys(("hold_reason", "close_code"), "choice"),
    **dict.fromkeys(("assigned_to", "caller"), "sys_user"),
    **dict.fromkeys(("due_date", "opened_at", "resolved_at", "closed_at"), "glide_date_time"),
    "assignment_group": "sys_user_group",
    "description": "text",
}
_KINDS = {
    "choice": Kind.CHOICE,
    "boolean": Kind.CHOICE,
    "integer": Kind.NUMBER,
    "decimal": Kind.NUMBER,
    "glide_date": Kind.DATE,
    "glide_date_time": Kind.DATE,
    "sys_user": Kind.PERSON,
}
_DICTIONARY = {
    **{name: name for name in ("choice", "integer", "decimal", "boolean", "glide_date", "glide_date_time")},
    **dict.fromkeys(("string", "url", "email", "ph_number"), "string"),
    "longint": "integer",
    "float": "decimal",
}
"""A column's type in the dictionary -> ours; those of other types are not carried."""
_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table. `key` is its name at ServiceNow, `name` the one in mappings."""

    key: str
    name: str
    type: str
    writable: bool = True


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The columns that this connection speaks of, by their names in mappings, and the words of their choices.

    Attributes:
        words: column -> value -> what a mapping calls it.
        seen: whether the account could read the dictionary and the choices.
    """

    columns: Mapping[str, Column] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    custom: tuple[FieldInfo, ...] = ()
    seen: bool = True

    def by_key(self, key: str) -> Column | None:
        return next((each for each in self.columns.values() if each.key == key), None)

    def word(self, key: str, value: str) -> str:
        return self.words.get(key, {}).get(value, value)

    def value(self, column: Column, word: str) -> str:
        """The value of a word. ServiceNow keeps any text in a choice, so that a wrong word must be refused here."""
        known = self.words.get(column.key)
        if not known:
            return word
        for value, called in known.items():
            if called == word:
                return value
        raise Rejected(f"servicenow: no choice of `{column.name}` is called like this", field=column.name)

    def keys(self) -> frozenset[str]:
        return frozenset(each.key for each in self.columns.values())


def own_columns(config: ServiceNowConfig) -> dict[str, Column]:
    keys = {"status": "state", "caller": config.customer}
    made = (
        Column(keys.get(info.name, info.name), info.name, _TYPES.get(info.name, "string"), info.writable)
        for info in FIELDS
    )
    return {each.name: each for each in made}


def catalogue_of(
    config: ServiceNowConfig, *, dictionary: Iterable[ColumnJson], choices: Iterable[ChoiceJson], seen: bool
) -> Catalogue:
    """What the dictionary lists and the config declares; the column that shows the issue is ours."""
    types = {**{each.element: kind for each in dictionary if (kind := _type_of(each))}, **config.columns}
    own = own_columns(config)
    taken = {each.key for each in own.values()} | {config.link_field}
    custom = {key: Column(key, _OWN_NAMES.shown(key), kind) for key, kind in sorted(types.items()) if key not in taken}
    words = _words(config, choices)
    infos = tuple(
        FieldInfo(each.name, _KINDS.get(each.type, Kind.TEXT), _options(each, words)) for each in custom.values()
    )
    columns = {**own, **{each.name: each for each in custom.values()}}
    return Catalogue(columns, words, infos, seen)


def _type_of(found: ColumnJson) -> str:
    """Our type of a column; empty for one that this connector does not carry."""
    if found.internal_type == "reference":
        return "sys_user" if found.reference == "sys_user" else ""
    if found.internal_type == "string" and found.choice in ("1", "2", "3"):
        return "choice"
    return _DICTIONARY.get(found.internal_type, "")


def _words(config: ServiceNowConfig, choices: Iterable[ChoiceJson]) -> dict[str, dict[str, str]]:
    """Choices of a table hide all those of the table that it extends. A label that two values share names neither."""
    by_column: dict[str, dict[str, list[ChoiceJson]]] = {}
    for each in choices:
        by_column.setdefault(each.element, {}).setdefault(each.name, []).append(each)
    found = {}
    for column, tables in by_column.items():
        listed = tables.get(config.table) or next(iter(tables.values()))
        labels = [each.label for each in listed]
        by_label = config.choices == "label"
        found[column] = {
            each.value: each.label if by_label and each.label and labels.count(each.label) == 1 else each.value
            for each in listed
        }
    return found


def _options(column: Column, words: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    if column.type == "boolean":
        return ("true", "false")
    return tuple(words.get(column.key, {}).values()) if column.type == "choice" else ()


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Names:
    """Who and what the sys_ids of an answer are."""

    people: Mapping[str, Person] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)


def fields_of(ticket: TicketJson, catalogue: Catalogue, names: Names) -> dict[str, Value]:
    """All fields that the answer has. A column that an ACL left out is left out here, too: it was not emptied."""
    told = {each.name: (each, ticket.column(each.key)) for each in catalogue.columns.values()}
    found = {
        name: value_of(each, raw, catalogue=catalogue, names=names)
        for name, (each, raw) in told.items()
        if raw is not None
    }
    return {**found, "number": ticket.number}


def value_of(column: Column, raw: str, *, catalogue: Catalogue, names: Names) -> Value:
    """A column's value; one of an unexpected shape is told as text, so that only this field is parked."""
    if raw == "":
        return None
    try:
        return _value_of(column, raw, catalogue=catalogue, names=names)
    except (ValueError, InvalidOperation):
        return raw


def _value_of(column: Column, raw: str, *, catalogue: Catalogue, names: Names) -> Value:
    match column.type:
        case "text":
            return text.read_column(raw)
        case "choice":
            return catalogue.word(column.key, raw)
        case "boolean":
            return "true" if raw in _TRUE else "false" if raw in _FALSE else raw
        case "integer" | "decimal":
            return Decimal(raw.replace(",", ""))
        case "glide_date":
            return date.fromisoformat(raw[:10])
        case "glide_date_time":
            return moment(raw)
        case "sys_user":
            return names.people.get(raw, Person(raw))
        case "sys_user_group":
            return names.groups.get(raw, raw)
        case _:
            return raw


# --- writing ---------------------------------------------------------------------------------------------------------


def to_columns(
    fields: Fields, catalogue: Catalogue, *, groups: Mapping[str, str], limit: int, link: str = ""
) -> dict[str, str]:
    """The columns that set these fields and no other.

    Args:
        groups: name -> sys_id of the groups that `fields` names.
        limit: characters of a text.

    Raises:
        Rejected: a field or value that cannot be written; names the field.
    """
    made: dict[str, str] = {}
    for name, value in fields.items():
        column = catalogue.columns.get(name)
        if column is None or not column.writable:
            raise Rejected(f"servicenow: `{name}` cannot be written", field=name)
        made[column.key] = _text_of(column, value, catalogue=catalogue, groups=groups, limit=limit, link=link)
    return made


def _text_of(
    column: Column, value: Value, *, catalogue: Catalogue, groups: Mapping[str, str], limit: int, link: str
) -> str:
    match column.type, value:
        case _, None if column.key != "short_description":
            return ""
        case "text", RichText():
            return text.write_column(value.markdown, limit=limit, limit_link=link).source
        case "choice", str():
            return catalogue.value(column, value)
        case "boolean", "true" | "false":
            return str(value)
        case "integer", Decimal() if value == value.to_integral_value():
            return str(int(value))
        case "decimal", Decimal():
            return f"{value:f}"
        case "glide_date", datetime():
            return value.date().isoformat()
        case "glide_date", date():
            return value.isoformat()
        case "glide_date_time", date():
            return _instant(value)
        case "sys_user", Person() if is_id(value.id):
            return value.id
        case "sys_user_group", str() if value in groups:
            return groups[value]
        case "string", str() if column.key != "short_description" or value.strip():
            return value
    raise Rejected(f"servicenow: `{column.name}` cannot be written like this", field=column.name)


def _instant(value: date) -> str:
    """A time of the database; a mere day is its noon in UTC."""
    when = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, 12, tzinfo=UTC)
    return stamp(when)


def unchanged(ticket: TicketJson, columns: Mapping[str, Any]) -> bool:
    """Whether these columns stand there already."""
    return all(ticket.column(key) == value for key, value in columns.items())
