"""A property's text <-> a value of ours, by the property's type. Pure.

Source: the properties guide: dates are ISO 8601 days or milliseconds since 1970 in UTC, several options are separated
by semicolons, an empty text clears a property.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from syncd.core.model import Kind, Person, RichText, Value
from syncd.sdk.connector import FieldInfo
from syncd.sdk.errors import Rejected
from syncd_hubspot.wire import PropertyJson, stamp

_KINDS = {"number": Kind.NUMBER, "date": Kind.DATE, "datetime": Kind.DATE, "bool": Kind.CHOICE}


def kind_of(known: PropertyJson) -> Kind:
    if known.type == "enumeration":
        return Kind.MULTI_CHOICE if known.field_type == "checkbox" else Kind.CHOICE
    return _KINDS.get(known.type, Kind.TEXT)


def info(known: PropertyJson, *, name: str) -> FieldInfo:
    """How a mapping sees it. Options go by their values, which people cannot rename, not by their labels."""
    options = tuple(option.value for option in known.options if not option.hidden)
    if known.type == "bool" and not options:
        options = ("true", "false")
    return FieldInfo(name, kind_of(known), options, writable=known.writable)


def value_of(known: PropertyJson, text: str | None) -> Value:
    """What a property holds; one that is not of its type is told as text, so that only this field is parked."""
    if text is None or text == "":
        return None
    try:
        return _value_of(known, text)
    except (ValueError, InvalidOperation, OverflowError):
        return text


def _value_of(known: PropertyJson, text: str) -> Value:
    match kind_of(known):
        case Kind.MULTI_CHOICE:
            return frozenset(word for word in text.split(";") if word) or None
        case Kind.NUMBER:
            return Decimal(text)
        case Kind.DATE if known.type == "date":
            return moment(text).date() if text.isdecimal() else date.fromisoformat(text[:10])
        case Kind.DATE:
            return moment(text)
        case _:
            return text


def moment(text: str) -> datetime:
    """A time as ISO 8601, in UTC where it says nothing else, or in milliseconds since 1970."""
    if text.isdecimal():
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def text_of(known: PropertyJson, value: Value, *, name: str) -> str:
    """The text that makes a property hold this value.

    Raises:
        Rejected: this property cannot; names the field.
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case frozenset() if kind_of(known) is Kind.MULTI_CHOICE and not any(";" in word for word in value):
            return ";".join(sorted(value))
        case datetime() if known.type == "datetime":
            return stamp(value)
        case datetime() if known.type == "date":
            return value.date().isoformat()
        case date() if known.type == "date":
            return value.isoformat()
        case Decimal() if known.type == "number":
            return format(value, "f")
        case str() if kind_of(known) in (Kind.TEXT, Kind.CHOICE):
            return value
        case RichText() if kind_of(known) is Kind.TEXT:
            return value.markdown
        case Person() if kind_of(known) is Kind.TEXT:
            return value.name or value.id
    raise Rejected(f"hubspot: `{name}` cannot be written like this", field=name)
