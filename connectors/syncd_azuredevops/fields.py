"""The fields of work items: their names in a mapping, and their values in the vendor's JSON and in ours. Pure.

Own names are for the fields that most processes have; every other field is called by its reference name
(`Custom.Severity`). Which kind such a field is says the organisation's list of fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError

from syncd.core.model import Kind, Person, RichText, Value
from syncd.sdk.connector import FieldInfo
from syncd.sdk.errors import BadAnswer, Rejected
from syncd_azuredevops import text
from syncd_azuredevops.wire import DefinitionJson, IdentityJson, TypeJson, WorkItemJson, moment


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `ref` is its reference name; `day` a date without a time, `whole` a choice of numbers."""

    info: FieldInfo
    ref: str
    day: bool = False
    whole: bool = False

    @property
    def name(self) -> str:
        return self.info.name


_COMMON: Final = "Microsoft.VSTS.Common"
_SCHEDULING: Final = "Microsoft.VSTS.Scheduling"

OWN: Final = (
    Field(FieldInfo("title", Kind.TEXT, required=True), "System.Title"),
    Field(FieldInfo("description", Kind.RICH_TEXT), "System.Description"),
    Field(FieldInfo("repro_steps", Kind.RICH_TEXT), "Microsoft.VSTS.TCM.ReproSteps"),
    Field(FieldInfo("status", Kind.CHOICE), "System.State"),
    Field(FieldInfo("reason", Kind.CHOICE), "System.Reason"),
    Field(FieldInfo("priority", Kind.CHOICE, ("1", "2", "3", "4")), f"{_COMMON}.Priority", whole=True),
    Field(
        FieldInfo("severity", Kind.CHOICE, ("1 - Critical", "2 - High", "3 - Medium", "4 - Low")),
        f"{_COMMON}.Severity",
    ),
    Field(FieldInfo("tags", Kind.LABELS), "System.Tags"),
    Field(FieldInfo("assignee", Kind.PERSON), "System.AssignedTo"),
    Field(FieldInfo("area", Kind.CHOICE), "System.AreaPath"),
    Field(FieldInfo("iteration", Kind.CHOICE), "System.IterationPath"),
    Field(FieldInfo("due_date", Kind.DATE), f"{_SCHEDULING}.DueDate", day=True),
    Field(FieldInfo("start_date", Kind.DATE), f"{_SCHEDULING}.StartDate", day=True),
    Field(FieldInfo("target_date", Kind.DATE), f"{_SCHEDULING}.TargetDate", day=True),
    Field(FieldInfo("type", Kind.CHOICE, writable=False), "System.WorkItemType"),
    Field(FieldInfo("project", Kind.CHOICE, writable=False), "System.TeamProject"),
    Field(FieldInfo("author", Kind.PERSON, writable=False), "System.CreatedBy"),
)

_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "string": Kind.TEXT,
        "plainText": Kind.TEXT,
        "treePath": Kind.TEXT,
        "guid": Kind.TEXT,
        "html": Kind.RICH_TEXT,
        "integer": Kind.NUMBER,
        "double": Kind.NUMBER,
        "dateTime": Kind.DATE,
        "boolean": Kind.CHOICE,
        "identity": Kind.PERSON,
        "picklistString": Kind.CHOICE,
        "picklistInteger": Kind.CHOICE,
        "picklistDouble": Kind.CHOICE,
    }
)
"""A field's `type` -> our kind; `history` is no field but a comment."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The fields that this connection knows, by name and by reference name.

    Attributes:
        types: (project, type), both in lower case -> what that type of work item has.
    """

    by_name: Mapping[str, Field] = field(default_factory=lambda: {each.name: each for each in OWN})
    types: Mapping[tuple[str, str], TypeJson] = field(default_factory=dict)

    def find(self, name: str) -> Field | None:
        return self.by_name.get(name)

    def name_of(self, ref: str | None) -> str | None:
        """What a mapping calls the field with this reference name."""
        return next((each.name for each in self.by_name.values() if each.ref == ref), None)

    def type_of(self, item: WorkItemJson) -> TypeJson | None:
        return self.types.get((item.system.project.lower(), item.system.type.lower()))


def catalogue(
    definitions: Iterable[DefinitionJson], types: Mapping[tuple[str, str], TypeJson], *, hidden: str
) -> Catalogue:
    """All fields but those of the vendor's own housekeeping; `hidden` is the reference name of our key."""
    own = {each.ref for each in OWN}
    found = {each.name: each for each in OWN}
    for each in definitions:
        if each.ref in own or each.ref == hidden or each.deleted or each.ref.startswith(("System.", "WEF_")):
            continue
        if made := _custom(each):
            found[made.name] = made
    return Catalogue(found, dict(types))


def _custom(definition: DefinitionJson) -> Field | None:
    kind = Kind.PERSON if definition.identity else _KINDS.get(definition.type)
    if kind is None:
        return None
    if definition.picklist and kind in (Kind.TEXT, Kind.NUMBER):
        kind = Kind.CHOICE
    options = ("true", "false") if definition.type == "boolean" else ()
    whole = kind is Kind.CHOICE and definition.type in ("integer", "picklistInteger", "double", "picklistDouble")
    info = FieldInfo(definition.ref, kind, options, writable=not definition.read_only)
    return Field(info, definition.ref, whole=whole)


# --- reading ---------------------------------------------------------------------------------------------------------


def values(item: WorkItemJson, known: Catalogue, zone: tzinfo) -> dict[str, Value]:
    """What a mapping sees of a work item. A field that its type has and that is empty is None: answers leave it out."""
    kind = known.type_of(item)
    shown = {each.ref for each in OWN} | (kind.fields if kind else frozenset())
    found: dict[str, Value] = {}
    for each in known.by_name.values():
        if each.ref in item.fields:
            found[each.name] = _read(each, item.fields[each.ref], zone)
        elif each.ref in shown:
            found[each.name] = frozenset() if each.info.kind is Kind.LABELS else None
    return found


def _read(known: Field, raw: Any, zone: tzinfo) -> Value:
    """BadAnswer names the field and never its value."""
    if raw is None or raw == "":
        return frozenset() if known.info.kind is Kind.LABELS else None
    try:
        return _value(known, raw, zone)
    except (ValueError, TypeError, ArithmeticError, ValidationError):
        pass
    raise BadAnswer(f"azuredevops: fields.{known.ref}: a value of kind {known.info.kind} was expected")


def _value(known: Field, raw: Any, zone: tzinfo) -> Value:
    match known.info.kind:
        case Kind.NUMBER:
            return _decimal(raw)
        case Kind.RICH_TEXT:
            return text.read(_text(raw))
        case Kind.PERSON:
            return IdentityJson.model_validate(raw).person()
        case Kind.LABELS:
            return frozenset(word.strip() for word in _text(raw).split(";") if word.strip())
        case Kind.DATE:
            return moment(raw).astimezone(zone).date() if known.day else moment(raw)
        case Kind.CHOICE:
            return _word(raw)
        case _:
            return _text(raw)


def _decimal(raw: Any) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise ValueError("not a number")
    return Decimal(str(raw))


def _word(raw: Any) -> str:
    """A choice may be a text, a number or a yes or no."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return f"{_decimal(raw):f}" if isinstance(raw, int | float) else _text(raw)


def _text(raw: Any) -> str:
    if not isinstance(raw, str):
        raise ValueError("not a text")
    return raw


# --- writing ---------------------------------------------------------------------------------------------------------


def is_empty(value: Value) -> bool:
    return value is None or value in ("", frozenset())


def operation(known: Field, value: Value, *, zone: tzinfo, unique_name: str = "") -> dict[str, Any]:
    """The JSON Patch operation that sets or empties a field.

    Tags are replaced: `add` would only add to them, as the vendor's pages are understood. A person is `unique_name`.
    """
    path = f"/fields/{known.ref}"
    if isinstance(value, frozenset):
        return {"op": "replace", "path": path, "value": _tags(value, known.name)}
    if is_empty(value):
        return {"op": "remove", "path": path}
    return {"op": "add", "path": path, "value": unique_name if isinstance(value, Person) else _json(known, value, zone)}


def _json(known: Field, value: Value, zone: tzinfo) -> Any:
    match value:
        case RichText():
            return text.write(value.markdown).source
        case datetime():
            return _stamp(value)
        case date():
            return _stamp(datetime.combine(value, time(), zone))
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case str() if known.whole:
            return _number(known, value)
        case str() if known.info.options == ("true", "false"):
            return value == "true" if value in known.info.options else value
        case str() | bool():
            return value
        case _:
            raise Rejected(f"azuredevops: `{known.name}` takes no such value", field=known.name)


def _number(known: Field, word: str) -> int | float:
    try:
        value = Decimal(word)
        return int(value) if value == value.to_integral_value() else float(value)
    except ArithmeticError:
        raise Rejected(f"azuredevops: `{known.name}` takes numbers only", field=known.name) from None


def _tags(words: frozenset[str], name: str) -> str:
    for word in words:
        if not word.strip() or set(word) & {";", ","}:
            raise Rejected("azuredevops: a tag is not empty, and holds no comma and no semicolon", field=name)
    return "; ".join(sorted(words))


def _stamp(value: datetime) -> str:
    zoned = value if value.tzinfo else value.replace(tzinfo=UTC)
    return zoned.astimezone(UTC).isoformat().replace("+00:00", "Z")
