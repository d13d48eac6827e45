"""How a simulated Zammad searches: a condition by its database, words by Elasticsearch or, without it, by LIKE."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from syncd_zammad.simulator.desk import refused
from syncd_zammad.simulator.state import Ticket

if TYPE_CHECKING:
    from syncd_zammad.simulator import ZammadSimulator

MOST = 200  # tickets_controller.rb: paginate_with(max: 200, default: 50)


def tickets(simulator: ZammadSimulator, query: Mapping[str, str], body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a search answers. Without words it is the database that is asked, also where there is an index."""
    desk, words = simulator.desk, query.get("query", "").strip("* ")
    found = [ticket for ticket in desk.tickets.values() if _visible(simulator, ticket)]
    if words:
        found = [ticket for ticket in found if _matches(simulator, ticket, words)]
    rows = [row for ticket in found if _fulfils(row := desk.shapes.ticket(ticket), body.get("condition") or {})]
    random.Random(len(simulator.requests)).shuffle(rows)  # noqa: S311  a database puts equal rows into any order
    for column, order in reversed(list(_orders(query))):
        rows.sort(key=itemgetter(column), reverse=order == "desc")
    size = min(int(query.get("per_page", "50")), MOST)
    start = (int(query.get("page", "1")) - 1) * size
    return rows[start : start + size]


def _visible(simulator: ZammadSimulator, ticket: Ticket) -> bool:
    return ticket.values["group_id"] in simulator.desk.users[int(simulator.actor.id)].groups


def _orders(query: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    columns = query.get("sort_by", "updated_at").split(",")
    orders = query.get("order_by", "desc").split(",")
    for column, order in zip(columns, orders, strict=True):
        if column not in ("id", "number", "title", "created_at", "updated_at"):
            raise refused(500, f"Found invalid column '{column}' for sorting.")
        yield column, order


def _matches(simulator: ZammadSimulator, ticket: Ticket, words: str) -> bool:
    texts = " ".join([ticket.values["title"], ticket.number, *(article.body for article in ticket.articles)])
    if not simulator.elasticsearch:
        return words.lower() in texts.lower()
    if not simulator.indexed(ticket.updated):
        return False
    return all(word in texts.lower() for word in words.lower().split())


def _fulfils(row: Mapping[str, Any], condition: Mapping[str, Any]) -> bool:
    return all(_one(row, name, each) for name, each in condition.items())


def _one(row: Mapping[str, Any], name: str, condition: Mapping[str, Any]) -> bool:
    """By lib/selector/sql.rb, as far as it is asked here."""
    table, _, column = name.partition(".")
    if table != "ticket" or column not in row:
        raise refused(500, f"invalid selector {table}, {column}")
    here, value = row[column], condition.get("value")
    match condition.get("operator"):
        case "is":
            return str(here) in (list(map(str, value)) if isinstance(value, list) else [str(value)])
        case "after (absolute)":
            return here is not None and str(here) >= str(value)
        case "before (absolute)":
            return here is not None and str(here) <= str(value)
        case "contains":
            return str(value).lower() in str(here or "").lower()
        case operator:
            raise refused(500, f"Invalid condition, operator '{operator}' is invalid")


def users(simulator: ZammadSimulator, words: str) -> list[dict[str, Any]]:
    """By address, login or name. Elasticsearch breaks an address into words, so neighbours are found as well."""
    everybody = [user for user in simulator.desk.users.values() if user.id != 1]
    if simulator.elasticsearch:
        parts = [part for part in words.lower().replace("@", " ").replace(".", " ").split() if part]
        known = [user for user in everybody if simulator.indexed(user.created)]
        found = [user for user in known if any(part in f"{user.email} {user.name}".lower() for part in parts)]
    else:
        found = [user for user in everybody if words.lower() in f"{user.email} {user.login} {user.name}".lower()]
    return [simulator.desk.shapes.user(user) for user in found]
