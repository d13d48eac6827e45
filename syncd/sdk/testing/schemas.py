"""OpenAPI schemas as strict JSON Schema: what is not declared is wrong, in what is sent and in what comes back.

Which requests and answers they belong to is in `openapi`.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Literal, TypeAlias

try:
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import ValidationError, best_match
    from jsonschema.validators import extend
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012
except ImportError as error:  # pragma: no cover  the extra is there wherever the tests run
    raise ImportError("to check traffic against API descriptions: pip install 'syncd[dev]' (jsonschema)") from error

Schema: TypeAlias = Mapping[str, Any]
Way: TypeAlias = Literal["request", "response"]

_HIDDEN: Mapping[Way, str] = {"request": "readOnly", "response": "writeOnly"}
_PLAIN = frozenset(
    """type format enum const pattern minimum maximum multipleOf minLength maxLength minItems maxItems uniqueItems
    minProperties maxProperties propertyNames""".split()  # noqa: SIM905  fifteen quoted words in a column say less
)
_COMBINED = ("allOf", "anyOf", "oneOf")


class Schemas:
    """All schemas of one description, compiled for one way of the traffic.

    An object takes its declared properties only, even where the description allows more: otherwise a misspelt name
    would pass. Free maps stay free: `additionalProperties` with a schema, or an object that declares nothing.
    `oneOf` is read as `anyOf`, because vendors' alternatives overlap once defaults are left out.
    """

    def __init__(self, named: Mapping[str, Schema], *, way: Way) -> None:
        self._way: Way = way
        self._named = named
        compiled: dict[str, Any] = {}
        for name, schema in named.items():
            compiled[f"{name}!closed"] = self.compile(schema)
            compiled[f"{name}!open"] = self.compile(schema, closed=False)
        resource = DRAFT202012.create_resource({"$defs": compiled})
        self._registry: Registry[Any] = Registry().with_resource("urn:schemas", resource)
        self._validator = _remembering()

    def errors(self, schema: Schema, value: Any) -> Iterator[str]:
        """Each as "$.path: what was expected"; `schema` is a compiled one."""
        validator = self._validator(schema, registry=self._registry, format_checker=_FORMATS)
        for error in validator.iter_errors(value):
            yield _said(best_match(iter([error])) or error)

    def compile(self, schema: Any, *, closed: bool = True) -> dict[str, Any]:
        """One OpenAPI schema in JSON Schema 2020-12; `closed` refuses properties that nothing declares."""
        if not isinstance(schema, dict) or schema.get("type") == "file":
            return {}
        if reference := schema.get("$ref"):
            return {"$ref": self._reference(reference, closed=closed)}
        made = self._object(schema, closed=closed)
        made.update({key: schema[key] for key in _PLAIN & schema.keys()})
        _fit_to_2020(made, schema)
        if "items" in schema:
            made["items"] = self.compile(schema["items"])
        return _or_null(made) if schema.get("nullable") else made

    def _object(self, schema: Schema, *, closed: bool) -> dict[str, Any]:
        alone = not schema.get("properties")
        made: dict[str, Any] = {}
        for word in _COMBINED:
            if parts := schema.get(word):
                shut = closed and alone and (word != "allOf" or len(parts) == 1) and len(_used(schema)) == 1
                key = "allOf" if word == "allOf" else "anyOf"
                made[key] = [self.compile(part, closed=shut) for part in parts]
                closed = closed and not shut
        made.update(self._properties(schema))
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            made["additionalProperties"] = self.compile(extra)
        elif closed and not _is_free(schema):
            made["unevaluatedProperties" if _used(schema) else "additionalProperties"] = False
        return made

    def _properties(self, schema: Schema) -> dict[str, Any]:
        hidden = _HIDDEN[self._way]
        declared: Mapping[str, Any] = schema.get("properties") or {}
        shown = {name: part for name, part in declared.items() if not self._marked(part, hidden)}
        made: dict[str, Any] = {}
        if declared:
            made["properties"] = {name: self.compile(part) for name, part in shown.items()}
        required = schema.get("required")
        if isinstance(required, list):
            made["required"] = [name for name in required if name in shown or name not in declared]
        return made

    def _marked(self, schema: Any, word: str) -> bool:
        if isinstance(schema, dict) and "$ref" in schema:
            schema = self._named.get(schema["$ref"].rpartition("/")[2])
        return isinstance(schema, dict) and schema.get(word) is True

    def _reference(self, reference: str, *, closed: bool) -> str:
        name = reference.rpartition("/")[2]
        if name not in self._named:
            raise LookupError(f"the description refers to {reference}, which it does not hold")
        escaped = name.replace("~", "~0").replace("/", "~1")
        return f"urn:schemas#/$defs/{escaped}!{'closed' if closed else 'open'}"


def _remembering() -> Any:
    """A validator that looks at a value once for each named schema: answers hold the same users and labels over and
    over, and the look is most of what a simulated request costs."""
    good: set[tuple[str, str]] = set()

    def named(validator: Any, name: str, value: Any, schema: Schema) -> Iterator[ValidationError]:
        known = (name, json.dumps(value, sort_keys=True))
        if known not in good:
            errors = list(Draft202012Validator.VALIDATORS["$ref"](validator, name, value, schema))
            if not errors:
                good.add(known)
            yield from errors

    return extend(Draft202012Validator, {"$ref": named})  # type: ignore[no-untyped-call]  # jsonschema has no types


def _used(schema: Schema) -> list[str]:
    return [word for word in _COMBINED if schema.get(word)]


def _is_free(schema: Schema) -> bool:
    """Whether any name goes: an object, or anything at all, of which nothing is declared."""
    return not schema.get("properties") and not _used(schema) and schema.get("additionalProperties") is not False


def _fit_to_2020(made: dict[str, Any], schema: Schema) -> None:
    for bound in ("Minimum", "Maximum"):
        match schema.get(f"exclusive{bound}"):
            case True if bound.lower() in made:
                made[f"exclusive{bound}"] = made.pop(bound.lower())
            case int() | float() as number if not isinstance(number, bool):
                made[f"exclusive{bound}"] = number


def _or_null(made: dict[str, Any]) -> dict[str, Any]:
    if isinstance(made.get("type"), str) and not {"allOf", "anyOf"} & made.keys():
        made["type"] = [made["type"], "null"]
        if "enum" in made:
            made["enum"] = [*made["enum"], None]
        return made
    return {"anyOf": [made, {"type": "null"}]}


def _said(error: ValidationError) -> str:
    message = error.message
    if len(message) > 300:  # the message holds the whole value
        message = f"{json.dumps(error.instance, default=str)[:80]}... breaks {error.validator}: {error.validator_value}"
    return f"{error.json_path}: {message[:400]}"


# --- formats --------------------------------------------------------------------------------------------------------

_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
@_FORMATS.checks("datetime", raises=ValueError)
def _is_date_time(value: object) -> bool:
    """ISO 8601 with a zone. RFC 3339 would refuse the "+0200" that vendors send."""
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@_FORMATS.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or bool(date.fromisoformat(value))


@_FORMATS.checks("uuid", raises=ValueError)
def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or bool(uuid.UUID(value))


@_FORMATS.checks("int32")
def _is_int32(value: object) -> bool:
    return not isinstance(value, int) or -(2**31) <= value < 2**31


@_FORMATS.checks("int64")
def _is_int64(value: object) -> bool:
    return not isinstance(value, int) or -(2**63) <= value < 2**63
