"""Jira's fields: which there are, and each value in Jira's JSON <-> a value that a mapping can speak of.

Text formats are in `text`, whole issues in `wire`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from syncd.core.model import Kind, Person, RichText, Value
from syncd.sdk.connector import FieldInfo
from syncd.sdk.errors import BadAnswer, Rejected
from syncd.sdk.text.characters import storable
from syncd_jira.customers import ORGANISATION, REQUEST_TYPE
from syncd_jira.dialect import Dialect


class Schema(BaseModel):
    """How Jira types a field: `type`, for arrays `items`, for custom fields `custom` (the plug-in's name)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: str
    items: str | None = None
    custom: str | None = None
    system: str | None = None


class FieldIn(BaseModel):
    """One entry of GET /field."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    name: str
    custom: bool = False
    typed: Schema | None = Field(default=None, alias="schema")


@dataclass(frozen=True, slots=True)
class JiraField:
    """A field that syncd can speak of."""

    id: str
    name: str
    kind: Kind
    shape: str  # Jira's type, or the type of an array's items
    writable: bool = True
    custom: bool = False

    @property
    def info(self) -> FieldInfo:
        return FieldInfo(self.name if self.custom else self.id, self.kind, writable=self.writable)


SYSTEM: Final = tuple(
    JiraField(*entry)
    for entry in (
        ("summary", "Summary", Kind.TEXT, "string"),
        ("description", "Description", Kind.RICH_TEXT, "string"),
        ("environment", "Environment", Kind.RICH_TEXT, "string"),
        ("priority", "Priority", Kind.CHOICE, "priority"),
        ("status", "Status", Kind.CHOICE, "status"),
        ("issuetype", "Issue Type", Kind.CHOICE, "issuetype"),
        ("labels", "Labels", Kind.LABELS, "string"),
        ("assignee", "Assignee", Kind.PERSON, "user"),
        ("reporter", "Reporter", Kind.PERSON, "user"),
        ("components", "Components", Kind.MULTI_CHOICE, "component"),
        ("fixVersions", "Fix versions", Kind.MULTI_CHOICE, "version"),
        ("versions", "Affects versions", Kind.MULTI_CHOICE, "version"),
        ("duedate", "Due date", Kind.DATE, "date"),
        ("resolution", "Resolution", Kind.CHOICE, "resolution"),
    )
)

MARK: Final = "syncd-"
"""How the label begins by which a created issue is found again; never shown, never removed."""

SERVICE_MANAGEMENT: Final = "com.atlassian.servicedesk:"
"""The plug-in of request types, organisations and service levels, which Jira keeps by rules of its own: read only."""

_CHILD = " / "  # between the two words of a cascading choice


@dataclass(slots=True)
class Catalogue:
    """All fields of one account, by id and by name. Two custom fields of one name are known by their ids only."""

    by_id: dict[str, JiraField] = field(default_factory=lambda: {each.id: each for each in SYSTEM})
    _by_name: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, fields: Iterable[FieldIn]) -> Catalogue:
        made = cls()
        names: dict[str, list[str]] = {}
        for each in fields:
            kind = kind_of(each.typed) if each.custom and each.typed else None
            if kind and each.typed:
                shape = each.typed.items or each.typed.type
                writable = not (each.typed.custom or "").startswith(SERVICE_MANAGEMENT)
                made.by_id[each.id] = JiraField(each.id, each.name, kind, shape, writable=writable, custom=True)
                names.setdefault(each.name.casefold(), []).append(each.id)
        made._by_name = {name: ids[0] for name, ids in names.items() if len(ids) == 1}
        return made

    def find(self, name: str) -> JiraField | None:
        """By id, else by the name that people see."""
        return self.by_id.get(name) or self.by_id.get(self._by_name.get(name.casefold(), ""))

    def names(self, id: str) -> tuple[str, ...]:
        """Under which names a snapshot shows a field: a custom one under its id and, where it is unique, its name."""
        found = self.by_id.get(id)
        if found is None or not found.custom:
            return (id,) if found else ()
        return (id, found.name) if self._by_name.get(found.name.casefold()) == id else (id,)


def kind_of(schema: Schema) -> Kind | None:
    """None for what syncd cannot carry (sprints, votes, work logs, service levels)."""
    if schema.type == "array":
        return {
            "string": Kind.LABELS,
            "option": Kind.MULTI_CHOICE,
            "version": Kind.MULTI_CHOICE,
            ORGANISATION: Kind.MULTI_CHOICE,
        }.get(schema.items or "")
    if schema.type == "string":
        return Kind.RICH_TEXT if (schema.custom or "").endswith(":textarea") else Kind.TEXT
    return {
        "number": Kind.NUMBER,
        "date": Kind.DATE,
        "datetime": Kind.DATE,
        "user": Kind.PERSON,
        "option": Kind.CHOICE,
        "option-with-child": Kind.CHOICE,
        "version": Kind.CHOICE,
        "priority": Kind.CHOICE,
        REQUEST_TYPE: Kind.CHOICE,
    }.get(schema.type)


# --- reading ---------------------------------------------------------------------------------------------------------


def read_value(known: JiraField, value: Any, dialect: Dialect) -> Value:
    """A value out of an issue's `fields`. BadAnswer names the field when it is not what its type promises."""
    try:
        return _READ[known.kind](value, dialect)
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as error:
        expected = f"expected {known.kind} ({known.shape})"
        raise BadAnswer(f"$.fields.{known.id}: {expected}, got {type(value).__name__}") from error


def _word(value: Any) -> str:
    """The word of an option, priority, status, version or component."""
    if isinstance(value, str):
        return value
    if "requestType" in value:
        return str(value["requestType"]["name"])
    text = value["value"] if "value" in value else value["name"]
    child = value.get("child")
    return f"{text}{_CHILD}{_word(child)}" if child else str(text)


def _words(value: Any, dialect: Dialect) -> Value:
    if value is not None and not isinstance(value, list):
        raise TypeError(value)
    return frozenset(_word(each) for each in value or ())


def _labels(value: Any, dialect: Dialect) -> Value:
    return frozenset(word for word in _words(value, dialect) or () if not word.startswith(MARK))  # type: ignore[union-attr]


def _choice(value: Any, dialect: Dialect) -> Value:
    return None if value is None else _word(value)


def _text(value: Any, dialect: Dialect) -> Value:
    if value is not None and not isinstance(value, str):
        raise TypeError(value)
    return storable(value) if value else None


def _number(value: Any, dialect: Dialect) -> Value:
    return None if value is None else Decimal(str(value)).normalize()


def _moment(value: Any, dialect: Dialect) -> Value:
    if value is None:
        return None
    return datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)


def _person(value: Any, dialect: Dialect) -> Value:
    return None if value is None else dialect.person(value)


def _rich(value: Any, dialect: Dialect) -> Value:
    return None if value is None else dialect.read(value)


_READ: Final[Mapping[Kind, Callable[[Any, Dialect], Value]]] = {
    Kind.TEXT: _text,
    Kind.RICH_TEXT: _rich,
    Kind.CHOICE: _choice,
    Kind.MULTI_CHOICE: _words,
    Kind.LABELS: _labels,
    Kind.NUMBER: _number,
    Kind.DATE: _moment,
    Kind.PERSON: _person,
}


# --- writing ---------------------------------------------------------------------------------------------------------


def write_value(known: JiraField, value: Value, dialect: Dialect) -> Any:
    """A value for the `fields` of a write. Rejected when it is of the wrong kind for the field."""
    if not known.writable:
        raise Rejected(f"Jira sets `{known.name}` itself", field=known.id)
    match value:
        case None:
            return [] if known.kind in (Kind.LABELS, Kind.MULTI_CHOICE) else None
        case RichText() if known.kind is Kind.RICH_TEXT:
            return dialect.write(value.markdown)
        case Person() if known.kind is Kind.PERSON:
            return dialect.user(value.id)
        case frozenset() if known.kind is Kind.LABELS:
            return sorted(value)
        case frozenset() if known.kind is Kind.MULTI_CHOICE:
            return [_option(known, word) for word in sorted(value)]
        case str() if known.kind is Kind.CHOICE:
            return _option(known, value)
        case str() if known.kind is Kind.TEXT:
            return value
        case Decimal() if known.kind is Kind.NUMBER:
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime() if known.kind is Kind.DATE:
            return jira_time(value) if known.shape == "datetime" else value.date().isoformat()
        case date() if known.kind is Kind.DATE:
            return value.isoformat()
        case _:
            raise Rejected(f"`{known.name}` takes {known.kind}, not {type(value).__name__}", field=known.id)


def _option(known: JiraField, word: str) -> dict[str, Any]:
    if known.shape == "option-with-child":
        parent, _, child = word.partition(_CHILD)
        return {"value": parent, "child": {"value": child}} if child else {"value": parent}
    return {"value": word} if known.shape == "option" else {"name": word}


# --- times -----------------------------------------------------------------------------------------------------------


def milliseconds(stamp: str | datetime) -> int:
    """Epoch milliseconds of Jira's "2025-08-12T09:05:06.887+0200"."""
    at = stamp if isinstance(stamp, datetime) else datetime.fromisoformat(stamp)
    if at.tzinfo is None:
        raise BadAnswer(f"the time {stamp} has no zone")
    return round(at.timestamp() * 1000)


def moment(milliseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise BadAnswer(f"{milliseconds} milliseconds are no time") from error


def jira_time(at: datetime) -> str:
    """As Jira writes times: milliseconds, and a zone without a colon."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}{at:%z}"
