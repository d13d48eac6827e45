"""Lists of a simulated Request Tracker: which rows a query finds, in which order, and how pages are cut."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from starlette.requests import Request

from syncd_rt.simulator.desk import Desk, refused
from syncd_rt.simulator.query import BadQuery, Getter, Parser
from syncd_rt.simulator.state import Ticket, Transaction

Row = TypeVar("Row")
SOURCE = " at /usr/share/request-tracker5/lib/RT/Tickets.pm line 3187.\n"  # Perl says where it died
LONGEST = 100  # rows of a page


def ticket_columns(desk: Desk) -> dict[str, Getter[Ticket]]:
    """What TicketSQL can ask for."""
    plain: dict[str, Getter[Ticket]] = {
        "id": lambda ticket: ticket.id,
        "Queue": lambda ticket: desk.queues[ticket.queue].name,
        "Creator": lambda ticket: ticket.creator,
        "Owner": lambda ticket: ticket.owner,
        "Subject": lambda ticket: ticket.values["Subject"],
        "Status": lambda ticket: ticket.values["Status"],
        "Priority": lambda ticket: int(ticket.values["Priority"]),
        "Created": lambda ticket: ticket.created,
        "LastUpdated": lambda ticket: ticket.updated,
        "RefersTo": lambda ticket: ticket.links,
    }
    fields = {one.id: one for queue in desk.queues.values() for one in queue.fields}
    return {**plain, **{f"CF.{{{field.name}}}": _held(field.id) for field in fields.values()}}


def transaction_columns(desk: Desk) -> dict[str, Getter[Transaction]]:
    """What TransactionSQL can ask for."""
    return {
        "id": lambda one: one.id,
        "ObjectId": lambda one: one.ticket,
        "ObjectType": lambda one: "RT::Ticket" if one.of_ticket else "RT::Group",
        "Type": lambda one: one.type,
        "Field": lambda one: one.about,
        "Creator": lambda one: one.creator,
        "Created": lambda one: one.created,
        "TicketQueue": lambda one: desk.queues[desk.tickets[one.ticket].queue].name,
    }


def _held(id: int) -> Getter[Ticket]:
    return lambda ticket: ticket.custom.get(id, [])


def matching(request: Request, rows: Sequence[Row], columns: Mapping[str, Getter[Row]], *, who: str) -> list[Row]:
    """Those that the query names, in the order that it asks for. Without a query nothing is found."""
    text = request.query_params.get("query", "")
    if not text:
        return []
    try:
        test = Parser(text, columns, who=who).parse()
        return ordered(request, [row for row in rows if test(row)], columns)
    except BadQuery as error:
        raise refused(400, f"{error}{SOURCE}") from error


def ordered(request: Request, rows: Sequence[Row], columns: Mapping[str, Getter[Row]]) -> list[Row]:
    """By each `orderby` and its `order`; else as the database has them."""
    named, orders = request.query_params.getlist("orderby"), request.query_params.getlist("order")
    found = list(rows)
    for number, column in reversed(list(enumerate(named))):
        getter = columns.get(column)
        if getter is None:
            raise refused(500, "Internal Server Error")
        down = number < len(orders) and orders[number].upper() == "DESC"
        found.sort(key=_ranked(getter), reverse=down)
    return found


def _ranked(getter: Getter[Row]) -> Callable[[Row], tuple[float, str]]:
    def rank(row: Row) -> tuple[float, str]:
        match value := getter(row):
            case int():
                return value, ""
            case datetime():
                return value.timestamp(), ""
            case _:
                return 0, str(value)

    return rank


def page(
    request: Request,
    rows: Sequence[Row],
    shape: Callable[[Row], dict[str, Any]],
    *,
    seen: Callable[[Row], bool] | None = None,
    total: bool = False,
) -> dict[str, Any]:
    """A page. It is cut before the rights are looked at, and only lists that need none tell their length."""
    size, number = min(_number(request, "per_page", 20), LONGEST), _number(request, "page", 1)
    cut = rows[(number - 1) * size : number * size]
    items = [shape(row) for row in cut if seen is None or seen(row)]
    pages = -(-len(rows) // size) if total else None
    listing: dict[str, Any] = {"count": len(items), "page": number, "per_page": size, "items": items}
    listing |= {"total": len(rows) if total else None, "pages": pages}
    if pages and number < pages:
        listing["next_page"] = str(request.url.include_query_params(page=number + 1))
    if pages and number > 1:
        listing["prev_page"] = str(request.url.include_query_params(page=min(number - 1, pages)))
    return listing


def fields(request: Request) -> list[str]:
    return [name for name in request.query_params.get("fields", "").split(",") if name]


def wanted(request: Request) -> dict[str, str]:
    """`fields[Owner]=EmailAddress` -> {"Owner": "EmailAddress"}."""
    return {key[7:-1]: value for key, value in request.query_params.items() if key.startswith("fields[")}


def _number(request: Request, name: str, default: int) -> int:
    given = request.query_params.get(name, "")
    return int(given) if given.isdecimal() and int(given) else default
