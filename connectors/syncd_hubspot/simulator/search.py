"""The search of a simulated HubSpot: filters, order, pages and their limits ([H2] and the search guide)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from syncd.sdk.testing.simulator import Refused
from syncd_hubspot.simulator.crm import refusal
from syncd_hubspot.simulator.state import Record, as_json
from syncd_hubspot.wire import milliseconds

MOST_A_PAGE, MOST_IN_ALL = 200, 10_000
MODIFIED = "hs_lastmodifieddate"

_COMPARE: Mapping[str, Callable[[str, Mapping[str, Any]], bool]] = {
    "EQ": lambda value, asked: value == asked["value"],
    "GTE": lambda value, asked: value != "" and float(value) >= float(asked["value"]),
    "IN": lambda value, asked: value in asked["values"],
    "HAS_PROPERTY": lambda value, asked: value != "",
}


def search(records: Iterable[Record], asked: Mapping[str, Any]) -> dict[str, Any]:
    """One page. Groups are alternatives, the filters of a group hold together."""
    groups, size, start = asked.get("filterGroups", []), asked.get("limit", 10), int(asked.get("after", "0"))
    filters = [len(group["filters"]) for group in groups]
    if len(groups) > 5 or max(filters, default=0) > 10 or sum(filters) > 25:
        raise _refused("too many filters")
    if not 0 < size <= MOST_A_PAGE or start + size > MOST_IN_ALL:
        raise _refused("limit and after end at 10,000")
    found = [each for each in records if not groups or any(_fits(each, group["filters"]) for group in groups)]
    for name in asked.get("sorts", []):
        found = _sorted(found, name.lstrip("-"), descending=name.startswith("-"))
    told: dict[str, Any] = {"total": len(found)}
    told["results"] = [as_json(each, asked.get("properties", ())) for each in found[start : start + size]]
    if len(found) > start + size:
        told["paging"] = {"next": {"after": str(start + size), "link": "https://api.hubapi.com/next"}}
    return told


def _sorted(records: Iterable[Record], name: str, *, descending: bool) -> list[Record]:
    return sorted(records, key=lambda each: (float(_value(each, name) or 0), each.id), reverse=descending)


def _fits(record: Record, filters: Iterable[Mapping[str, Any]]) -> bool:
    for each in filters:
        if each["operator"] not in _COMPARE:
            raise _refused("this operator is not simulated")
        if not _COMPARE[each["operator"]](_value(record, each["propertyName"]), each):
            return False
    return True


def _value(record: Record, name: str) -> str:
    """A time as a filter compares it: in milliseconds."""
    return str(milliseconds(record.updated)) if name == MODIFIED else record.get(name)


def _refused(why: str) -> Refused:
    return Refused(400, refusal("VALIDATION_ERROR", why))
