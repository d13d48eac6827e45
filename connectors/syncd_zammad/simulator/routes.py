"""The API of a simulated Zammad: each handler reads a request, lets the desk do it and says the answer."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from syncd.sdk.testing.simulator import NOBODY, Account
from syncd_zammad.simulator import search
from syncd_zammad.simulator.desk import refused
from syncd_zammad.simulator.state import Row, Ticket

if TYPE_CHECKING:
    from syncd_zammad.simulator import ZammadSimulator

Handler = Callable[[Request], Awaitable[Response]]
_DEFAULTS: dict[str, dict[str, Any]] = {
    "webhooks": {"ssl_verify": True, "note": "", "active": True, "customized_payload": False, "custom_payload": None},
    "triggers": {"note": "", "active": True, "activator": "action", "execution_condition_mode": "selective"},
}


class Routes:
    def __init__(self, simulator: ZammadSimulator) -> None:
        self.simulator = simulator
        self.desk = simulator.desk

    def all(self) -> list[Route]:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "users/me", self.me),
            ("GET", "users/search", self.search_users),
            ("GET", "users/{id:int}", self.show_user),
            ("GET", "ticket_states", self.states),
            ("GET", "ticket_priorities", self.priorities),
            ("GET", "object_manager_attributes", self.attributes),
            ("GET", "tickets/search", self.search),
            ("POST", "tickets/search", self.search),
            ("POST", "tickets", self.create),
            ("GET", "tickets/{id:int}", self.show),
            ("PUT", "tickets/{id:int}", self.update),
            ("DELETE", "tickets/{id:int}", self.delete),
            ("GET", "ticket_history/{id:int}", self.history),
            ("PUT", "ticket_merge/{source:int}/{target}", self.merge),
            ("GET", "ticket_articles/by_ticket/{id:int}", self.articles),
            ("POST", "ticket_articles", self.add_article),
            ("PUT", "ticket_articles/{id:int}", self.update_article),
            ("DELETE", "ticket_articles/{id:int}", self.delete_article),
            ("GET", "ticket_attachment/{ticket:int}/{article:int}/{id:int}", self.download),
            ("GET", "tags", self.tags),
            ("POST", "tags/add", self.add_tag),
            ("DELETE", "tags/remove", self.remove_tag),
            ("GET", "links", self.links),
            *((method, f"{kind}{end}", handler) for kind in _DEFAULTS for method, end, handler in self._rows(kind)),
        ]
        return [Route(f"/api/v1/{path}", self._signed_in(do), methods=[method]) for method, path, do in table]

    def _signed_in(self, handler: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            if self.simulator.actor is NOBODY:
                if "authorization" not in request.headers:
                    raise refused(403, "Authentication required")
                raise refused(401, "Can't find User for Token")
            if not self.desk.users[int(self.simulator.actor.id)].active:
                raise refused(401, "Login failed.")
            return await handler(request)

        return checked

    def _rows(self, kind: str) -> list[tuple[str, str, Handler]]:
        """A kind of object that an administrator keeps, each as the other."""

        async def list_(request: Request) -> Response:
            self._admin(self.simulator.actor)
            page, size = int(request.query_params.get("page", "1")), int(request.query_params.get("per_page", "500"))
            rows = [self.desk.shapes.row(row) for row in self.simulator.rows_of(kind).values()]
            return JSONResponse(rows[(page - 1) * size : page * size])

        async def create(request: Request) -> Response:
            self._admin(self.simulator.actor)
            id, given = self.simulator.new_id(), await request.json()
            row = Row(id, {**_DEFAULTS[kind], **given}, self.simulator.clock())
            self._check_name(kind, row)
            self.simulator.rows_of(kind)[id] = row
            self.simulator.wire()
            return JSONResponse(self.desk.shapes.row(row), 201)

        async def update(request: Request) -> Response:
            self._admin(self.simulator.actor)
            row = self._row(kind, request)
            row.values |= await request.json()
            self.simulator.wire()
            return JSONResponse(self.desk.shapes.row(row))

        async def delete(request: Request) -> Response:
            self._admin(self.simulator.actor)
            row = self._row(kind, request)
            if kind == "webhooks" and any(self.simulator.calls_webhook(each, row.id) for each in self._triggers()):
                raise refused(422, "This webhook is referenced by another object and thus cannot be deleted.")
            del self.simulator.rows_of(kind)[row.id]
            self.simulator.wire()
            return JSONResponse({})

        return [("GET", "", list_), ("POST", "", create), ("PUT", "/{id:int}", update), ("DELETE", "/{id:int}", delete)]

    # -- the account

    async def me(self, request: Request) -> Response:
        return JSONResponse(self.desk.shapes.user(self.desk.users[int(self.simulator.actor.id)]))

    async def show_user(self, request: Request) -> Response:
        user = self.desk.users.get(request.path_params["id"])
        if user is None:
            raise refused(404, "Couldn't find User")
        return JSONResponse(self.desk.shapes.user(user))

    async def search_users(self, request: Request) -> Response:
        found = search.users(self.simulator, request.query_params.get("query", ""))
        return JSONResponse(found[: int(request.query_params.get("per_page", "50"))])

    async def states(self, request: Request) -> Response:
        return JSONResponse(self.desk.shapes.states())

    async def priorities(self, request: Request) -> Response:
        return JSONResponse(self.desk.shapes.priorities())

    async def attributes(self, request: Request) -> Response:
        self._admin(self.simulator.actor)
        return JSONResponse(self.desk.shapes.attributes())

    # -- tickets

    async def search(self, request: Request) -> Response:
        body = await request.body()
        return JSONResponse(search.tickets(self.simulator, request.query_params, json.loads(body or b"{}")))

    async def create(self, request: Request) -> Response:
        ticket = self.desk.create(await request.json())
        return JSONResponse(self.desk.shapes.ticket(ticket), 201)

    async def show(self, request: Request) -> Response:
        return JSONResponse(self.desk.shapes.ticket(self._ticket(request)))

    async def update(self, request: Request) -> Response:
        ticket = self._ticket(request)
        self.desk.update(ticket, await request.json())
        return JSONResponse(self.desk.shapes.ticket(ticket))

    async def delete(self, request: Request) -> Response:
        self._admin(self.simulator.actor)
        self.desk.delete(self._ticket(request))
        return JSONResponse({})

    async def history(self, request: Request) -> Response:
        events = [self.desk.shapes.event(event) for event in self._ticket(request).history]
        return JSONResponse({"history": events, "assets": {}})

    async def merge(self, request: Request) -> Response:
        source, number = self.desk.ticket(request.path_params["source"]), request.path_params["target"]
        into = next((ticket for ticket in self.desk.tickets.values() if ticket.number == number), None)
        if into is None:
            return JSONResponse({"result": "failed", "message": "The target ticket number could not be found."})
        self.desk.merge(source, into)
        return JSONResponse({"result": "success"})

    # -- articles

    async def articles(self, request: Request) -> Response:
        ticket = self._ticket(request)
        agent = self.desk.users[int(self.simulator.actor.id)].agent
        seen = [article for article in ticket.articles if agent or not article.internal]
        return JSONResponse([self.desk.shapes.article(article) for article in seen])

    async def add_article(self, request: Request) -> Response:
        given = await request.json()
        ticket = self._readable(self.desk.ticket(given["ticket_id"]))
        return JSONResponse(self.desk.shapes.article(self.desk.add_article(ticket, given)), 201)

    async def update_article(self, request: Request) -> Response:
        """`internal` and nothing else (ticket_articles_controller.rb)."""
        id, given = request.path_params["id"], await request.json()
        if given.get("internal") is not None:
            self.desk.show(id, internal=given["internal"])
        return JSONResponse(self.desk.shapes.article(self.desk.article(id)[1]))

    async def delete_article(self, request: Request) -> Response:
        self.desk.delete_article(request.path_params["id"])
        return JSONResponse({})

    async def download(self, request: Request) -> Response:
        self._readable(self.desk.ticket(request.path_params["ticket"]))
        _, article = self.desk.article(request.path_params["article"])
        file = next((each for each in article.files if each.id == request.path_params["id"]), None)
        if file is None:
            raise refused(403, "The file does not belong to the specified article.")
        media_type = file.preferences.get("Content-Type") or file.preferences.get("Mime-Type")
        return Response(file.content, media_type=media_type)

    # -- tags and links

    async def tags(self, request: Request) -> Response:
        ticket = self.desk.tickets.get(int(request.query_params["o_id"]))
        return JSONResponse({"tags": ticket.tags if ticket else []})

    async def add_tag(self, request: Request) -> Response:
        given = await request.json()
        self.desk.add_tag(int(given["o_id"]), given["item"])
        return JSONResponse(True, 201)

    async def remove_tag(self, request: Request) -> Response:
        given = await request.json()
        self.desk.remove_tag(int(given["o_id"]), given["item"])
        return JSONResponse(True, 201)

    async def links(self, request: Request) -> Response:
        id = int(request.query_params["link_object_value"])
        links = [
            {"link_type": kind, "link_object": "Ticket", "link_object_value": other}
            for kind, other in self.desk.links_of(id)
        ]
        return JSONResponse({"links": links, "assets": {}})

    # -- inside

    def _ticket(self, request: Request) -> Ticket:
        return self._readable(self.desk.ticket(request.path_params["id"]))

    def _readable(self, ticket: Ticket) -> Ticket:
        """For an agent of its group, and for its customer."""
        user = self.desk.users[int(self.simulator.actor.id)]
        if ticket.values["group_id"] not in user.groups and ticket.values["customer_id"] != user.id:
            raise refused(403, "Not authorized")
        return ticket

    def _admin(self, account: Account) -> None:
        if "admin" not in account.scopes:
            raise refused(403, "Not authorized (user)!")

    def _row(self, kind: str, request: Request) -> Row:
        row = self.simulator.rows_of(kind).get(request.path_params["id"])
        if row is None:
            raise refused(404, "Couldn't find it")
        return row

    def _triggers(self) -> list[Row]:
        return list(self.simulator.rows_of("triggers").values())

    def _check_name(self, kind: str, row: Row) -> None:
        names = {str(each.values.get("name")).lower() for each in self.simulator.rows_of(kind).values()}
        if kind == "triggers" and str(row.values.get("name")).lower() in names:
            raise refused(422, "Name has already been taken")
