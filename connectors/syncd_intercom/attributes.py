"""Custom attributes: what a workspace has, and their values in both directions. Pure.

Attributes of tickets belong to a ticket type and are listed with it; those of conversations stand in the config.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from syncd.core.model import Kind, Person, RichText, Value
from syncd.sdk.connector import FieldInfo
from syncd.sdk.errors import Rejected
from syncd_intercom.config import AttributeConfig
from syncd_intercom.wire import AttributeJson, moment

FILES = "files"
BOOLEAN = ("true", "false")
_KINDS = {
    "list": Kind.CHOICE,
    "boolean": Kind.CHOICE,
    "integer": Kind.NUMBER,
    "decimal": Kind.NUMBER,
    "datetime": Kind.DATE,
}


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute. `key` is its name at Intercom, `name` the same unless a field of Intercom's own is called so."""

    key: str
    name: str
    type: str
    id: str = ""
    options: Mapping[str, str] = field(default_factory=dict)  # id -> word, of a list
    hidden: bool = False  # Intercom says that contacts do not see it

    @property
    def info(self) -> FieldInfo:
        options = BOOLEAN if self.type == "boolean" else tuple(self.options.values())
        return FieldInfo(self.name, _KINDS.get(self.type, Kind.TEXT), options)


def attribute_of(found: AttributeJson, *, name: str) -> Attribute:
    """An attribute as its ticket type lists it."""
    return Attribute(
        key=found.name,
        name=name,
        type=found.data_type,
        id=found.id,
        options=_options(found.input_options),
        hidden=found.visible_to_contacts is False,
    )


def declared(key: str, given: AttributeConfig, *, name: str) -> Attribute:
    """An attribute of conversations; its words are their own ids."""
    return Attribute(key, name, given.type, options={word: word for word in given.options})


def _options(given: Mapping[str, Any]) -> dict[str, str]:
    """Ids and words of a list's items. The description calls them a list with ids and shows none; public clients read
    `{"list_options": [{"id", "label"}]}`."""
    items = given.get("list_options")
    rows = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return {str(row["id"]): str(row.get("label", row["id"])) for row in rows if "id" in row}


# --- reading ---------------------------------------------------------------------------------------------------------


def value_of(known: Attribute, value: Any) -> Value:
    """A value; one of an unexpected shape is told as text, so that only this field is parked."""
    try:
        return _value_of(known, value)
    except (ValueError, TypeError, InvalidOperation, OverflowError, OSError):
        return _shown(value)


def _value_of(known: Attribute, value: Any) -> Value:
    match known.type, value:
        case _, None | "":
            return None
        case "list", _:  # Intercom writes the item's id; whether it reads the id or the word is not said
            return known.options.get(str(value), _shown(value))
        case "boolean", _:
            return "true" if value in (True, "true") else "false"
        case "integer" | "decimal", _:
            return Decimal(str(value))
        case "datetime", _:
            return _time(value)
        case _:
            return _shown(value)


def _time(value: Any) -> datetime:
    """A time as Unix seconds or in ISO 8601: the description's `datetime` allows both."""
    if isinstance(value, int) or str(value).isdecimal():
        return moment(int(value))
    found = datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


# --- writing ---------------------------------------------------------------------------------------------------------


def to_json(known: Attribute, value: Value) -> Any:
    """What sets this value.

    Raises:
        Rejected: a value that the attribute cannot hold; names it.
    """
    match known.type, value:
        case _, None:
            return None
        case "list", str():
            return _item(known, value)
        case "boolean", str() if value in BOOLEAN:
            return value == "true"
        case "integer", Decimal() if value == value.to_integral_value():
            return int(value)
        case "decimal", Decimal():
            return float(value)
        case "datetime", date():
            return _seconds(value)
        case "string", str():
            return value
        case "string", RichText():
            return value.markdown
        case "string", date() | Decimal():
            return str(value)
        case "string", Person():
            return value.email or value.name or value.id
    raise Rejected(f"intercom: `{known.name}` cannot be written like this", field=known.name)


def _item(known: Attribute, word: str) -> str:
    for id, label in known.options.items():
        if label == word:
            return id
    raise Rejected(f"intercom: `{known.name}` has no such word", field=known.name)


def _seconds(value: date) -> int:
    """Whole seconds; a mere day is its noon in UTC."""
    when = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, 12, tzinfo=UTC)
    return int(when.timestamp())
