"""The API of a simulated Request Tracker (REST 2.0): preconditions, lists cut into pages, and who may see what."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from syncd.sdk.testing.simulator import NOBODY, Refused
from syncd_rt.simulator import lists
from syncd_rt.simulator.desk import Desk, refused
from syncd_rt.simulator.shapes import Shapes
from syncd_rt.simulator.state import ROOT, Part, Queue, Ticket, Transaction

if TYPE_CHECKING:
    from syncd_rt.simulator import RtSimulator

Handler = Callable[[Request], Awaitable[Response]]
REST = "/REST/2.0"
JSON = 'application/json; charset="utf-8"'


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
        page = Route(f"{self.simulator.page_path}/Display.html", self.display)
        return [page, *known, Route(REST + "/{path:path}", self._signed_in(self.nothing))]

    def _signed_in(self, handler: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            if self.simulator.actor is NOBODY:
                raise refused(401, "Unauthorized")
            return await handler(request)

        return checked

    async def display(self, request: Request) -> Response:
        """Where RT has the page of a ticket, and so where links lead."""
        return RedirectResponse(f"{self.simulator.page_path}/{request.query_params.get('id', '')}")

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
        return _answer(self.shapes.ticket(ticket, lists.wanted(request)), headers={"etag": etag})

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
        found = lists.matching(request, tickets, lists.ticket_columns(self.desk), who=self.desk.me)
        fields, wanted = lists.fields(request), lists.wanted(request)

        def row(ticket: Ticket) -> dict[str, Any]:
            whole = self.shapes.ticket(ticket, wanted)
            return {**self.shapes.reference("ticket", ticket.id), **{name: whole.get(name, "") for name in fields}}

        return _answer(lists.page(request, found, row, total=True))

    def _findable(self, ticket: Ticket) -> bool:
        return ticket.values["Status"] != "deleted" and self.desk.can("ShowTicket", ticket)

    # -- transactions and parts

    async def transactions(self, request: Request) -> Response:
        rows = list(self.desk.transactions.values())
        columns = lists.transaction_columns(self.desk)
        return self._transactions(request, lists.matching(request, rows, columns, who=self.desk.me))

    async def history(self, request: Request) -> Response:
        ticket = self.desk.ticket(request.path_params["id"])
        seen = ticket is not None and self.desk.can("ShowTicket", ticket)
        return self._transactions(request, self.desk.history(ticket) if ticket and seen else [])

    def _transactions(self, request: Request, found: Sequence[Transaction]) -> Response:
        fields, wanted = lists.fields(request), lists.wanted(request)
        ordered = lists.ordered(request, found, lists.transaction_columns(self.desk))

        def row(one: Transaction) -> dict[str, Any]:
            return self.shapes.transaction(one, fields, wanted)

        return _answer(lists.page(request, ordered, row, seen=self.desk.sees))

    async def parts_of_ticket(self, request: Request) -> Response:
        ticket = self.desk.ticket(request.path_params["id"])
        seen = ticket is not None and self.desk.can("ShowTicket", ticket)
        return self._parts(request, self.desk.history(ticket) if ticket and seen else [])

    async def parts_of_transaction(self, request: Request) -> Response:
        found = self.desk.transactions.get(request.path_params["id"])
        return self._parts(request, [found] if found else [])

    def _parts(self, request: Request, transactions: Iterable[Transaction]) -> Response:
        """A list filters by JSON, and dies of a field that is another record."""
        fields = lists.fields(request)
        found = [part for one in transactions for part in one.parts]
        if "Parent" in fields and found:
            raise Died
        for limit in json.loads(request.query_params.get("query") or "[]"):
            if limit != {**limit, "field": "Filename", "value": "NULL"}:
                raise refused(500, "Internal Server Error")
            found = [part for part in found if (part.filename == "") == (limit["operator"] == "IS")]
        found.sort(key=lambda part: part.id)

        def row(part: Part) -> dict[str, Any]:
            return self.shapes.part_row(part, fields)

        return _answer(lists.page(request, found, row, seen=self._part_seen))

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
        return _answer(lists.page(request, found, lambda user: self.shapes.user(user.name), total=True))

    async def user(self, request: Request) -> Response:
        word = request.path_params["name"]
        users = self.desk.users.values()
        found = next((user for user in users if word.lower() in (user.name.lower(), str(user.id))), None)
        if found is None:
            raise refused(404, "Not Found")
        own = max((one.id for one in self.desk.transactions.values()), default=37) if found.name == self.desk.me else 0
        return _answer(self.shapes.account(found), headers={"etag": f'"{own or "1970-01-01T00:00:00Z"}"'})

    async def queues(self, request: Request) -> Response:
        fields = lists.fields(request)
        rows = [queue for queue in self.desk.queues.values() if self.desk.may("SeeQueue", queue)]

        def row(queue: Queue) -> dict[str, Any]:
            known = {"Name": queue.name, "id": str(queue.id)}
            return {**self.shapes.reference("queue", queue.id), **{name: known.get(name, "") for name in fields}}

        return _answer(lists.page(request, rows, row, total=self.desk.me == ROOT))

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
