"""The API of a simulated Request Tracker (REST 2.0): preconditions, lists cut into pages, and who may see what."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from syncd.sdk.testing.simulator import NOBODY, Refused
from syncd_rt.simulator.desk import Desk, refused
from syncd_rt.simulator.query import BadQuery, Getter, Parser
from syncd_rt.simulator.shapes import Shapes
from syncd_rt.simulator.state import ROOT, Part, Ticket, Transaction

if TYPE_CHECKING:
    from syncd_rt.simulator import RtSimulator

Handler = Callable[[Request], Awaitable[Response]]
Row = TypeVar("Row")
REST = "/REST/2.0"
JSON = 'application/json; charset="utf-8"'
SOURCE = " at /usr/share/request-tracker5/lib/RT/Tickets.pm line 3187.\n"  # Perl says where it died


class Died(Refused):
    """RT broke off within its own code: no message at all."""

    def __init__(self) -> None:
        super().__init__(500, None, {"content-type": JSON})


class Routes:
    def __init__(self, simulator: RtSimulator) -> None:
        self.simulator = simulator
        self.desk: Desk = simulator.desk
        self.shapes = Shapes(simulator.desk)

    def all(self) -> list[Route]:
        table: list[tuple[str, str, Handler]] = [
            ("POST", "/ticket", self.create),
            ("GET", "/ticket/{id:int}", self.show),
            ("PUT", "/ticket/{id:int}", self.update),
            ("DELETE", "/ticket/{id:int}", self.delete),
            ("POST", "/ticket/{id:int}/{way:way}", self.say),
            ("GET", "/ticket/{id:int}/history", self.history),
            ("GET", "/ticket/{id:int}/attachments", self.parts_of_ticket),
            ("GET", "/tickets", self.search),
            ("GET", "/transactions", self.transactions),
            ("GET", "/transaction/{id:int}/attachments", self.parts_of_transaction),
            ("GET", "/attachment/{id:int}", self.part),
            ("GET", "/users", self.users),
            ("GET", "/user/{name}", self.user),
            ("GET", "/queues/all", self.queues),
            ("GET", "/queue/{id:int}", self.queue),
            ("GET", "/customfield/{id:int}", self.field),
        ]
        ways = ("correspond", "comment")
        table = [
            (method, path.replace("{way:way}", way), do)
            for method, path, do in table
            for way in (ways if "{way:way}" in path else ways[:1])
        ]
        known = [Route(REST + path, self._signed_in(do), methods=[method]) for method, path, do in table]
        return [*known, Route(REST + "/{path:path}", self._signed_in(self.nothing))]

    def _signed_in(self, handler: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            if self.simulator.actor is NOBODY:
                raise refused(401, "Unauthorized")
            return await handler(request)

        return checked

    async def nothing(self, request: Request) -> Response:
        raise refused(404, "Not Found")

    # -- tickets

    async def create(self, request: Request) -> Response:
        ticket = self.desk.create(_object(await request.body()))
        made = self.shapes.reference("ticket", ticket.id)
        headers = {"location": f"{REST}/ticket/{ticket.id}", "content-type": "application/json; charset=utf-8"}
        return JSONResponse(made, 201, headers)

    async def show(self, request: Request) -> Response:
        ticket = self._seen(request)
        etag = f'"{self.desk.etag(ticket)}"'
        self._preconditions(request, etag)
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"etag": etag})
        return _answer(self.shapes.ticket(ticket, _wanted(request)), headers={"etag": etag})

    async def update(self, request: Request) -> Response:
        if self.desk.ticket(request.path_params["id"]) is None:
            raise refused(404, "Resource does not exist; use POST to create")
        ticket = self._seen(request)
        self._preconditions(request, f'"{self.desk.etag(ticket)}"')
        given = _object(await request.body())
        said = self.desk.update(ticket, given)
        if given.get("MergeInto"):
            said.append(self.desk.merge(ticket, given["MergeInto"]))
        return _answer(said)

    async def delete(self, request: Request) -> Response:
        """RT answers a missing right like a bug of its own."""
        if not self.desk.delete(self._seen(request)):
            raise refused(500, "Internal Server Error")
        return Response(status_code=204, headers={"content-type": JSON})

    async def say(self, request: Request) -> Response:
        """A message has no ETag, so every If-Match fails."""
        self._preconditions(request, None)
        way = request.url.path.rpartition("/")[2]
        made, said = self.desk.message(self.desk.ticket(request.path_params["id"]), way, _object(await request.body()))
        return _answer(said, 201, headers={"location": f"{REST}/transaction/{made.id}"})

    def _preconditions(self, request: Request, etag: str | None) -> None:
        if etag and "if-unmodified-since" in request.headers:
            raise Died
        wanted = request.headers.get("if-match")
        if wanted is not None and wanted not in (etag, "*"):
            raise refused(412, "Precondition Failed")

    def _seen(self, request: Request) -> Ticket:
        ticket = self.desk.ticket(request.path_params["id"])
        if ticket is None:
            raise refused(404, "Not Found")
        if not self.desk.can("ShowTicket", ticket):
            raise refused(403, "Forbidden")
        return ticket

    async def search(self, request: Request) -> Response:
        """Merged and deleted tickets are found by nothing; without a query nothing is found at all."""
        tickets = [one for one in self.desk.tickets.values() if one.effective == one.id and self._findable(one)]
        found = self._matching(request, tickets, self._ticket_fields()) if request.query_params.get("query") else []
        fields, wanted = _fields(request), _wanted(request)

        def row(ticket: Ticket) -> dict[str, Any]:
            whole = self.shapes.ticket(ticket, wanted)
            return {**self.shapes.reference("ticket", ticket.id), **{name: whole.get(name, "") for name in fields}}

        return self._listing(request, _ordered(request, found, self._ticket_fields()), row, total=True)

    def _findable(self, ticket: Ticket) -> bool:
        return ticket.values["Status"] != "deleted" and self.desk.can("ShowTicket", ticket)

    def _ticket_fields(self) -> dict[str, Getter[Ticket]]:
        plain: dict[str, Getter[Ticket]] = {
            "id": lambda ticket: ticket.id,
            "Queue": lambda ticket: self.desk.queues[ticket.queue].name,
            "Creator": lambda ticket: ticket.creator,
            "Owner": lambda ticket: ticket.owner,
            "Subject": lambda ticket: ticket.values["Subject"],
            "Status": lambda ticket: ticket.values["Status"],
            "Priority": lambda ticket: int(ticket.values["Priority"]),
            "Created": lambda ticket: ticket.created,
            "LastUpdated": lambda ticket: ticket.updated,
            "RefersTo": lambda ticket: ticket.links,
        }
        fields = {one.id: one for queue in self.desk.queues.values() for one in queue.fields}
        for field in fields.values():
            plain[f"CF.{{{field.name}}}"] = _held(field.id)
        return plain

    # -- transactions and parts

    async def transactions(self, request: Request) -> Response:
        rows = list(self.desk.transactions.values())
        return self._transactions(request, self._matching(request, rows, self._transaction_fields()))

    async def history(self, request: Request) -> Response:
        ticket = self.desk.ticket(request.path_params["id"])
        seen = ticket is not None and self.desk.can("ShowTicket", ticket)
        return self._transactions(request, self.desk.history(ticket) if ticket and seen else [])

    def _transactions(self, request: Request, found: Sequence[Transaction]) -> Response:
        fields, wanted = _fields(request), _wanted(request)
        ordered = _ordered(request, found, self._transaction_fields())
        return self._listing(
            request, ordered, lambda one: self.shapes.transaction(one, fields, wanted), seen=self.desk.sees
        )

    def _transaction_fields(self) -> dict[str, Getter[Transaction]]:
        return {
            "id": lambda one: one.id,
            "ObjectId": lambda one: one.ticket,
            "ObjectType": lambda one: "RT::Ticket" if one.of_ticket else "RT::Group",
            "Type": lambda one: one.type,
            "Field": lambda one: one.about,
            "Creator": lambda one: one.creator,
            "Created": lambda one: one.created,
            "TicketQueue": lambda one: self.desk.queues[self.desk.tickets[one.ticket].queue].name,
        }

    async def parts_of_ticket(self, request: Request) -> Response:
        ticket = self.desk.ticket(request.path_params["id"])
        seen = ticket is not None and self.desk.can("ShowTicket", ticket)
        return self._parts(request, self.desk.history(ticket) if ticket and seen else [])

    async def parts_of_transaction(self, request: Request) -> Response:
        found = self.desk.transactions.get(request.path_params["id"])
        return self._parts(request, [found] if found else [])

    def _parts(self, request: Request, transactions: Iterable[Transaction]) -> Response:
        """A list filters by JSON, and dies of a field that is another record."""
        fields = _fields(request)
        found = [part for one in transactions for part in one.parts]
        if "Parent" in fields and found:
            raise Died
        for limit in json.loads(request.query_params.get("query") or "[]"):
            if limit != {**limit, "field": "Filename", "value": "NULL"}:
                raise refused(500, "Internal Server Error")
            found = [part for part in found if (part.filename == "") == (limit["operator"] == "IS")]
        found.sort(key=lambda part: part.id)
        return self._listing(request, found, lambda part: self.shapes.part_row(part, fields), seen=self._part_seen)

    async def part(self, request: Request) -> Response:
        found = self.desk.parts.get(request.path_params["id"])
        if found is None:
            raise refused(404, "Not Found")
        if not self._part_seen(found):
            raise refused(403, "Forbidden")
        return _answer(self.shapes.part(found))

    def _part_seen(self, part: Part) -> bool:
        return self.desk.sees(self.desk.transactions[part.transaction])

    # -- people, queues, custom fields

    async def users(self, request: Request) -> Response:
        found = list(self.desk.users.values())
        for limit in json.loads(request.query_params.get("query") or "[]"):
            if limit != {**limit, "field": "EmailAddress", "operator": "="}:
                raise refused(500, "Internal Server Error")
            found = [user for user in found if user.email.lower() == str(limit["value"]).lower() != ""]
        return self._listing(request, found, lambda user: self.shapes.user(user.name), total=True)

    async def user(self, request: Request) -> Response:
        word = request.path_params["name"]
        users = self.desk.users.values()
        found = next((user for user in users if word.lower() in (user.name.lower(), str(user.id))), None)
        if found is None:
            raise refused(404, "Not Found")
        own = max((one.id for one in self.desk.transactions.values()), default=37) if found.name == self.desk.me else 0
        return _answer(self.shapes.account(found), headers={"etag": f'"{own or "1970-01-01T00:00:00Z"}"'})

    async def queues(self, request: Request) -> Response:
        fields = _fields(request)
        rows = [queue for queue in self.desk.queues.values() if self.desk.may("SeeQueue", queue)]
        known = {queue.id: {"Name": queue.name, "id": str(queue.id)} for queue in rows}
        return self._listing(
            request,
            rows,
            lambda queue: {
                **self.shapes.reference("queue", queue.id),
                **{name: known[queue.id].get(name, "") for name in fields},
            },
            total=self.desk.me == ROOT,
        )

    async def queue(self, request: Request) -> Response:
        found = self.desk.queues.get(request.path_params["id"])
        if found is None:
            raise refused(404, "Not Found")
        if not self.desk.may("SeeQueue", found):
            raise refused(403, "Forbidden")
        return _answer(self.shapes.queue_page(found), headers={"etag": '"43"'})

    async def field(self, request: Request) -> Response:
        """A custom field itself is seen by a right that is given for all queues, and here only root has all."""
        found = [one for queue in self.desk.queues.values() for one in queue.fields]
        field = next((one for one in found if one.id == request.path_params["id"]), None)
        if field is None:
            raise refused(404, "Not Found")
        if not self.simulator.sees_fields(self.simulator.actor):
            raise refused(403, "Forbidden")
        return _answer(self.shapes.field_page(field))

    # -- lists

    def _matching(self, request: Request, rows: Sequence[Row], fields: Mapping[str, Getter[Row]]) -> list[Row]:
        text = request.query_params.get("query", "")
        try:
            test = Parser(text, fields, who=self.desk.me).parse()
            return [row for row in rows if test(row)]
        except BadQuery as error:
            raise refused(400, f"{error}{SOURCE}") from error

    def _listing(
        self,
        request: Request,
        rows: Sequence[Row],
        shape: Callable[[Row], dict[str, Any]],
        *,
        seen: Callable[[Row], bool] | None = None,
        total: bool = False,
    ) -> Response:
        """A page. It is cut before the rights are looked at, and only lists that need none tell their length."""
        size, page = _number(request, "per_page", 20, most=100), _number(request, "page", 1)
        cut = rows[(page - 1) * size : page * size]
        items = [shape(row) for row in cut if seen is None or seen(row)]
        pages = -(-len(rows) // size) if total else None
        listing: dict[str, Any] = {"count": len(items), "page": page, "per_page": size, "items": items}
        listing |= {"total": len(rows) if total else None, "pages": pages}
        if pages and page < pages:
            listing["next_page"] = str(request.url.include_query_params(page=page + 1))
        if pages and page > 1:
            listing["prev_page"] = str(request.url.include_query_params(page=min(page - 1, pages)))
        return _answer(listing)


def _held(id: int) -> Getter[Ticket]:
    return lambda ticket: ticket.custom.get(id, [])


def _answer(body: object, status: int = 200, *, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse(body, status, {"content-type": JSON, **(headers or {})})


def _object(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body or b"{}")
    except ValueError as error:
        raise refused(400, f"JSON parse error: {error}") from error
    if not isinstance(given, dict):
        raise refused(400, "JSON object must be a HASH")
    return given


def _fields(request: Request) -> list[str]:
    return [name for name in request.query_params.get("fields", "").split(",") if name]


def _wanted(request: Request) -> dict[str, str]:
    """`fields[Owner]=EmailAddress` -> {"Owner": "EmailAddress"}."""
    return {key[7:-1]: value for key, value in request.query_params.items() if key.startswith("fields[")}


def _number(request: Request, name: str, default: int, *, most: int | None = None) -> int:
    given = request.query_params.get(name, "")
    number = int(given) if given.isdecimal() and int(given) else default
    return min(number, most) if most else number


def _ordered(request: Request, rows: Sequence[Row], fields: Mapping[str, Getter[Row]]) -> list[Row]:
    """By each `orderby` and its `order`; else as the database has them."""
    columns, orders = request.query_params.getlist("orderby"), request.query_params.getlist("order")
    found = list(rows)
    for number, column in reversed(list(enumerate(columns))):
        down = number < len(orders) and orders[number].upper() == "DESC"
        getter = fields.get(column)
        if getter is None:
            raise refused(500, "Internal Server Error")
        found.sort(key=getter, reverse=down)  # type: ignore[arg-type]
    return found
