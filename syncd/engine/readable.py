"""Values as people and programs read them: one line for a person, plain JSON for `--json` and the page."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from syncd.core.model import Internal, Person, Public, RichText, Value

LONGEST = 200  # characters of a text that is shown in one line


def shown(value: Value) -> str:
    """A field's value in one line; empty where there is none."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case RichText():
            return _line(value.markdown)
        case Person():
            return value.name or value.email or value.id
        case frozenset():
            return ", ".join(sorted(value))
        case Decimal():
            return f"{value.normalize():f}"
        case datetime() | date():
            return value.isoformat()
        case str():
            return _line(value)


def as_json(value: Any) -> Any:
    """Dataclasses as objects, words for enums, ISO 8601 for times, text for what JSON has no number for."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case enum.Enum():
            return value.value
        case Decimal() | RichText() | Person():
            return shown(value)
        case Public() | Internal():
            return {"visibility": value.visibility.value, "text": value.text}
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return {str(key): as_json(item) for key, item in value.items()}
        case set() | frozenset():
            return sorted(as_json(item) for item in value)
        case list() | tuple():
            return [as_json(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {part.name: as_json(getattr(value, part.name)) for part in dataclasses.fields(value)}
    raise TypeError(f"{type(value).__name__} is not for JSON")


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
