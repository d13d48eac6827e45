"""What the simulated organisation takes as a value, what it makes of it, and how it refuses. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from syncd.sdk.testing.simulator import Refused
from syncd_azuredevops.simulator.scheme import FIELDS

TITLE_LIMIT = 255
TEXT_LIMIT = 1_000_000
_NO_TEXT = re.compile(r"<!--.*?-->|<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE)
_NO_ATTRIBUTE = re.compile(r"(<[a-zA-Z][^<>]*?)\s(?:on\w+|data-[\w-]+)=(?:\"[^\"]*\"|'[^']*')", re.IGNORECASE)


def typed(kind: str, ref: str, value: object) -> Any:
    name = FIELDS[ref].name
    if kind == "dateTime":
        return _moment(ref, name, value)
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if kind in ("integer", "double"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise refused_rule(ref, name, "InvalidType")
        return value
    text = str(value)
    if kind == "html":
        return cleaned(text, "html") or None
    line = " ".join(text.splitlines()).strip()
    if len(line) > TITLE_LIMIT or (ref == "System.Title" and not line):
        raise refused_rule(ref, name, "InvalidTooLong" if line else "Required, InvalidEmpty")
    return line or None


def _moment(ref: str, name: str, value: object) -> str:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise refused_rule(ref, name, "InvalidType") from None
    zoned = found if found.tzinfo else found.replace(tzinfo=UTC)
    return zoned.astimezone(UTC).isoformat().replace("+00:00", "Z")


def tags(text: str) -> str:
    """Each once, whatever its case, in the order of the alphabet."""
    found: dict[str, str] = {}
    for word in re.split(r"[;,]", text):
        if word.strip():
            found.setdefault(word.strip().lower(), word.strip())
    return "; ".join(sorted(found.values()))


def cleaned(text: str, format: str) -> str:
    """HTML without what acts, and without what a careful cleaner takes as well: comments and data of others."""
    if len(text) > TEXT_LIMIT:
        raise Refused(400, said("TF401320: too long", "RuleValidationException"))
    if format != "html":
        return text
    text, before = _NO_TEXT.sub("", text), ""
    while text != before:
        before, text = text, _NO_ATTRIBUTE.sub(r"\1", text)
    return text


# --- errors ----------------------------------------------------------------------------------------------------------


def said(message: str, kind: str, **more: Any) -> dict[str, Any]:
    """The vendor's body of an error (recorded)."""
    name = f"Microsoft.TeamFoundation.WorkItemTracking.Server.{kind}"
    return {
        "$id": "1",
        "innerException": None,
        "message": message,
        "typeName": name,
        "typeKey": kind,
        "errorCode": 0,
        "eventId": 3200,
        **more,
    }


def refused_rule(ref: str, name: str, why: str) -> Refused:
    message = f"TF401320: Rule Error for field {name}. Error code: {why}."
    error = {"fieldReferenceName": ref, "fieldStatusFlags": why, "errorMessage": message, "fieldStatusCode": 1}
    more = {"FieldReferenceName": None, "ErrorMessage": message, "RuleValidationErrors": [error]}
    return Refused(400, said(message, "RuleValidationException", customProperties=more))
