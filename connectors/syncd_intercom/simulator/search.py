"""Searches of a simulated Intercom: filters, the operators that are documented, and pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from syncd_intercom.simulator.shapes import seconds
from syncd_intercom.simulator.state import Conversation, Item, Ticket

Grain = Literal["second", "day"]
DAY = 24 * 3600
MOST, DEFAULT = 150, 20
MOST_FILTERS, MOST_DEPTH = 15, 2
_DATES = {"created_at", "updated_at"}


ORDERS: Mapping[str, Callable[[Item], tuple[float, int]]] = {
    "newest": lambda item: (-item.updated.timestamp(), -int(item.id)),
    "made": lambda item: (0.0, int(item.id)),
}
"""In which order a search answers; the description does not say."""


class BadQuery(Exception):
    """A search that Intercom refuses."""


def matches(item: Item, query: Mapping[str, Any], *, grain: Grain, depth: int = 0) -> bool:
    """Whether an item fulfils a query: one filter, or groups of them up to two deep."""
    value, operator = query.get("value"), str(query.get("operator"))
    if operator not in ("AND", "OR"):
        return _filter(item, str(query.get("field")), operator, value, grain)
    if not isinstance(value, list) or len(value) > MOST_FILTERS or depth >= MOST_DEPTH:
        raise BadQuery("too many filters")
    found = [matches(item, each, grain=grain, depth=depth + 1) for each in value]
    return all(found) if operator == "AND" else any(found)


def _filter(item: Item, field: str, operator: str, value: Any, grain: Grain) -> bool:
    if field in _DATES:
        return _date(seconds(item.created if field == "created_at" else item.updated), operator, value, grain)
    return _compare(_stands(item, field), operator, value)


def _stands(item: Item, field: str) -> Any:
    if field == "id":
        return item.id
    if isinstance(item, Ticket) and field.startswith("ticket_attribute."):
        id = field.removeprefix("ticket_attribute.")
        return next((item.values.get(each.name) for each in item.kind.attributes if each.id == id), None)
    if isinstance(item, Conversation) and field == "state":
        return item.state
    raise BadQuery(f"{field} cannot be searched")


def _date(stands: int, operator: str, value: Any, grain: Grain) -> bool:
    """By the second `>` and `<` include their own second; by the day they are as /contacts/search tells."""
    if not str(value).isdecimal():
        raise BadQuery("a date is a number")
    asked = int(value)
    if grain == "second":
        known: dict[str, bool] = {"=": stands == asked, ">": stands >= asked, "<": stands <= asked}
    else:
        day = asked // DAY * DAY
        known = {"=": day <= stands < day + DAY, ">": stands >= day + DAY, "<": stands < day}
    if operator not in known:
        raise BadQuery(f"{operator} is no operator of dates")
    return known[operator]


def _compare(stands: Any, operator: str, value: Any) -> bool:
    text, asked = "" if stands is None else str(stands), str(value)
    known: dict[str, Callable[[], bool]] = {
        "=": lambda: text == asked,
        "!=": lambda: text != asked,
        "IN": lambda: text in [str(each) for each in value],
        "~": lambda: asked in text,
        "^": lambda: text.startswith(asked),
        "$": lambda: text.endswith(asked),
    }
    if operator not in known:
        raise BadQuery(f"{operator} is no operator here")
    return known[operator]()


def page(found: Sequence[Item], asked: Mapping[str, Any]) -> tuple[Sequence[Item], dict[str, Any]]:
    """One page, and what it says of the others. Rows that move meanwhile are missed or repeated."""
    size, after = int(asked.get("per_page") or DEFAULT), asked.get("starting_after")
    if not 1 <= size <= MOST:
        raise BadQuery("per_page is at most 150")
    ids = [item.id for item in found]
    if after is not None and after not in ids:
        raise BadQuery("starting_after is none of ours")
    start = 0 if after is None else ids.index(after) + 1
    rows = found[start : start + size]
    pages: dict[str, Any] = {"type": "pages", "page": start // size + 1, "per_page": size}
    pages["total_pages"] = -(-len(found) // size)
    if len(found) > start + size:
        pages["next"] = {"per_page": size, "starting_after": rows[-1].id}
    return rows, pages
