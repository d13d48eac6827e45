"""What Rails makes of a value in JSON, by the type of its column: text for a number, an empty text for nothing."""

from __future__ import annotations

import re
from datetime import date

_NUMBER = re.compile(r"\s*([+-]?\d+)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_HOURS = re.compile(r"(\d+(?:[.,]\d+)?)h?")
_CLOCK = re.compile(r"(\d+):(\d+)")
_WORDS = re.compile(r"(?:(\d+)\s*(?:hours?|h))?\s*(?:(\d+)\s*(?:min|m)?)?", re.IGNORECASE)
_NO = frozenset({False, "0", "f", "F", "false", "FALSE", "off", "OFF"})


class Wrong(ValueError):
    """A value that is refused with this sentence."""


def integer(value: object) -> int | None:
    """The number at the beginning of a text; 0 where there is none."""
    if value is None or value == "":
        return None
    found = _NUMBER.match(str(value))
    return int(found[1]) if found else 0


def boolean(value: object) -> bool:
    return value is not None and value != "" and value not in _NO


def line(value: object) -> str | None:
    return None if value is None else str(value)


def day(value: object) -> date | None:
    """Raises: Wrong."""
    if value is None or value == "":
        return None
    if not _DATE.fullmatch(str(value)):
        raise Wrong("is not a valid date")
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise Wrong("is not a valid date") from error


def hours(value: object) -> float | None:
    """Numbers, "1:30" and "1h30m" (lib/redmine/core_ext/string/conversions.rb).

    Raises:
        Wrong: anything else, and less than nothing.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    found = float(value) if isinstance(value, int | float) else _hours(str(value).strip())
    if found is None or found < 0:
        raise Wrong("is invalid")
    return found


def _hours(text: str) -> float | None:
    if found := _HOURS.fullmatch(text):
        return float(found[1].replace(",", "."))
    if found := _CLOCK.fullmatch(text) or _WORDS.fullmatch(text):
        return int(found[1] or 0) + int(found[2] or 0) / 60
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def lines(value: object) -> str | None:
    """A description: each end of a line becomes CRLF (app/models/issue.rb, description=)."""
    return None if value is None else re.sub(r"\r\n|\n|\r", "\r\n", str(value))
