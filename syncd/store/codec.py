"""Values <-> tagged JSON, exactly: what is read back equals what was stored, parts that `==` ignores included.

Text, booleans and null are JSON's own; every other value is an object with one letter as its only key:

    {"n": "1.50"}  Decimal        {"t": "2026-01-02T03:04:05+00:00"}  datetime     {"d": "2026-01-02"}  date
    {"r": [markdown, source, [lost]]}  RichText     {"p": [id, name, email]}  Person     {"s": [words]}  frozenset

The JSON is ASCII: NUL and lone surrogates in a ticket's text pass through both databases unharmed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeAlias, assert_never

from syncd.core.model import Base, Fields, Life, Pair, Person, RichText, Value

Json: TypeAlias = str | bool | dict[str, Any] | None


def to_json(value: Value) -> Json:
    """The tagged form of one value. Raises ValueError for a time without zone: nobody could say when that was."""
    match value:
        case None | bool() | str():
            return value
        case Decimal():
            return {"n": str(value)}
        case datetime():
            if value.tzinfo is None:
                raise ValueError(f"{value!r} has no time zone")
            return {"t": value.isoformat()}
        case date():
            return {"d": value.isoformat()}
        case RichText():
            return {"r": [value.markdown, value.source, list(value.lost)]}
        case Person():
            return {"p": [value.id, value.name, value.email]}
        case frozenset():
            return {"s": sorted(value)}
        case _:
            assert_never(value)


def from_json(data: Json) -> Value:
    if not isinstance(data, dict):
        return data
    match next(iter(data.items())):
        case "n", number:
            return Decimal(number)
        case "t", instant:
            return datetime.fromisoformat(instant)
        case "d", day:
            return date.fromisoformat(day)
        case "r", [markdown, source, lost]:
            return RichText(markdown, source, tuple(lost))
        case "p", [who, name, email]:
            return Person(who, name, email)
        case "s", words:
            return frozenset(words)
        case tag, _:
            raise ValueError(f"a stored value has the unknown tag {tag!r}")


def dump(data: object) -> str:
    """Compact JSON in one spelling, so that equal data has equal text (and equal digests)."""
    return json.dumps(data, separators=(",", ":"), sort_keys=True, allow_nan=False)


def dump_fields(fields: Fields) -> str:
    return dump({name: to_json(value) for name, value in fields.items()})


def load_fields(text: str) -> Fields:
    return _fields(json.loads(text))


def dump_pair(pair: Pair[Value]) -> str:
    return dump([to_json(pair.support), to_json(pair.engineering)])


def load_pair(text: str) -> Pair[Value]:
    support, engineering = json.loads(text)
    return Pair(from_json(support), from_json(engineering))


def dump_held(held: Mapping[str, Pair[Value]]) -> str:
    return dump({name: [to_json(pair.support), to_json(pair.engineering)] for name, pair in held.items()})


def load_held(text: str) -> Mapping[str, Pair[Value]]:
    if text == "{}":
        return _NOTHING_HELD
    return MappingProxyType({name: Pair(from_json(s), from_json(e)) for name, (s, e) in json.loads(text).items()})


def dump_base(base: Base | None) -> str | None:
    if base is None:
        return None
    data: dict[str, Any] = {name: getattr(base, name) for name in _BASE}
    data["fields"] = {name: to_json(value) for name, value in base.fields.items()}
    data["life"] = base.life.value
    data["requester"] = to_json(base.requester)
    return dump(data)


def load_base(text: str | None) -> Base | None:
    """A base as stored, by this program or an older one: what it did not know yet is as a new base has it."""
    if text is None:
        return None
    data = json.loads(text)
    data["fields"] = _fields(data["fields"])
    data["life"] = Life(data["life"])
    data["requester"] = from_json(data["requester"])
    return Base(**data)


_BASE = tuple(field.name for field in dataclass_fields(Base))
_NOTHING_HELD: Mapping[str, Pair[Value]] = MappingProxyType({})


def _fields(data: Mapping[str, Json]) -> Fields:
    return MappingProxyType({name: from_json(value) for name, value in data.items()})
