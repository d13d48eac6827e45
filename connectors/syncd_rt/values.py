"""Fields in our form -> the JSON that RT takes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from syncd.core.model import Fields, Person, RichText, Value
from syncd.sdk.errors import Rejected
from syncd_rt.config import ATTRIBUTES, OWN, RtConfig, vendor_name
from syncd_rt.wire import NOBODY, UNSET


def payload(fields: Fields, config: RtConfig) -> dict[str, Any]:
    """One body for all fields. What RT would misread or drop without a word is refused here."""
    own: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    for name, value in fields.items():
        if name in ATTRIBUTES:
            own[ATTRIBUTES[name]] = _value(name, value, config)
        elif name in OWN:
            raise Rejected(f"{name} is set by Request Tracker itself", field=name)
        else:
            custom[vendor_name(name)] = _custom(name, value)
    return {**own, "CustomFields": custom} if custom else own


def _value(name: str, value: Value, config: RtConfig) -> str:
    match name, value:
        case "priority", str() if (number := config.number(value)) is not None:
            return number
        case "priority", _:  # RT would take it as 0 and say so in a sentence only
            raise Rejected(f"`{value}` is no priority of this Request Tracker", field=name)
        case "owner", None:
            return NOBODY
        case "owner", Person(id=account):
            return account
        case (("due" | "starts"), _):
            return _moment(value)
        case _:
            return "" if value is None else str(value)


def _moment(value: Value) -> str:
    match value:
        case datetime():
            moment = value.astimezone(UTC)
        case date():
            moment = datetime(value.year, value.month, value.day, tzinfo=UTC)
        case _:
            moment = UNSET
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _custom(name: str, value: Value) -> str | list[str] | None:
    match value:
        case None | "":
            return None
        case frozenset():
            return sorted(value)
        case RichText():
            return value.markdown
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        case Person():
            raise Rejected("a custom field of Request Tracker holds no person", field=name)
        case _:
            return str(value)
