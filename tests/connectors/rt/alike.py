"""When two answers of Request Tracker say the same: everything but times, the order that a hash has, and mail headers
that carry a process's number.

RT publishes no machine-readable description of its API. The answers recorded from a real 5.0.3 are the description.
"""

from __future__ import annotations

import json
import re
from typing import Any

import httpx

MOMENT = re.compile(r"(?!1970)\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?")
SPOKEN = re.compile(r"\w{3} \w{3} \d\d \d\d:\d\d:\d\d \d{4}")
HEADERS = ("content-type", "content-disposition", "content-length", "subject")
"""Of a stored part; the others are made by the mail library, or say which encoding was guessed."""
UNORDERED = {"CustomFields": "id", "_hyperlinks": "_url", "items": "id"}


def comparable(response: httpx.Response) -> dict[str, Any]:
    """What of an answer must be the same at both."""
    kept = {name: response.headers[name] for name in ("location", "etag", "content-type") if name in response.headers}
    if kept.get("etag", "").startswith('"20') or "/user/" in response.url.path:
        kept.pop("etag", None)  # a time, or how often an account was changed
    try:
        body = _comparable(json.loads(response.content))
    except ValueError:
        body = response.text
    return {"status": response.status_code, **kept, "body": body}


def _comparable(value: Any, key: str = "", *, ordered: bool = False) -> Any:
    match value:
        case dict():
            listed = value.get("per_page") is not None
            return {name: _comparable(one, name, ordered=listed) for name, one in sorted(value.items())}
        case list():
            rows = [_comparable(one) for one in value]
            if rows and all(isinstance(row, str) for row in rows):
                return sorted(rows, key=_as_said)
            order = "" if ordered else UNORDERED.get(key, "")
            return sorted(rows, key=lambda row: str(row[order])) if order else rows
        case str() if key == "Headers":
            return _headers(value)
        case str() if key == "MessageId":
            return bool(value)
        case str() if key == "message":
            return value.partition(" at /")[0]
        case str():
            return SPOKEN.sub("a time", MOMENT.sub("a time", value))
        case float():
            return int(value)  # no pages are 0.0 pages
        case _:
            return value


def _as_said(sentence: str) -> str:
    """Columns are changed in the order of their names, custom fields in that of a hash."""
    return "" if sentence.startswith("Ticket ") else sentence


def _headers(text: str) -> dict[str, str]:
    pairs = (line.partition(": ") for line in text.split("\n"))
    found = {name.lower(): value for name, _, value in pairs if name.lower() in HEADERS}
    return {name: re.sub(r'boundary="[^"]*"', "boundary", value) for name, value in found.items()}


def told(body: bytes) -> Any:
    """A webhook's body."""
    return _comparable(json.loads(body))
