"""The API of a simulated Freshdesk: each handler reads a request, lets the desk do it and says the answer."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from syncd.sdk.testing.page import Upload
from syncd.sdk.testing.simulator import NOBODY, Account, Refused
from syncd_freshdesk.simulator.desk import NOTE, REPLY, as_json, invalid, missing, parsed
from syncd_freshdesk.simulator.state import Ticket, stamp

if TYPE_CHECKING:
    from syncd_freshdesk.simulator import FreshdeskSimulator

Handler = Callable[[Request], Awaitable[Response]]

LISTED_FOR = timedelta(days=30)
_QUERY = re.compile(r"\"(cf_[a-z0-9_]+):'([^']*)'\"")


class Routes:
    def __init__(self, simulator: FreshdeskSimulator) -> None:
        self.simulator = simulator
        self.desk = simulator.desk

    def all(self) -> list[Route]:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "agents/me", self.me),
            ("GET", "agents", self.list_agents),
            ("GET", "groups", self.list_groups),
            ("GET", "ticket_fields", self.list_fields),
            ("GET", "contacts/{id:int}", self.contact),
            ("GET", "search/tickets", self.search),
            ("GET", "tickets", self.list_tickets),
            ("POST", "tickets", self.create),
            ("PUT", "tickets/merge", self.merge),
            ("GET", "tickets/archived/{id:int}", self.archived),
            ("GET", "tickets/{id:int}", self.show),
            ("PUT", "tickets/{id:int}", self.update),
            ("DELETE", "tickets/{id:int}", self.delete),
            ("PUT", "tickets/{id:int}/restore", self.restore),
            ("GET", "tickets/{id:int}/conversations", self.list_conversations),
            ("POST", "tickets/{id:int}/reply", self.reply),
            ("POST", "tickets/{id:int}/notes", self.note),
            ("PUT", "conversations/{id:int}", self.edit),
            ("DELETE", "conversations/{id:int}", self.unsay),
        ]
        routes = [Route(f"/api/v2/{path}", self._signed_in(do), methods=[method]) for method, path, do in table]
        return [*routes, Route("/data/helpdesk/attachments/{id:int}", self.download)]

    def _signed_in(self, handler: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            if self.simulator.actor is NOBODY:
                raise Refused(401, {"description": "Authentication failure", "errors": []})
            return await handler(request)

        return checked

    # -- the account

    async def me(self, request: Request) -> Response:
        return JSONResponse(self._agent(self.simulator.actor))

    async def list_agents(self, request: Request) -> Response:
        agents = [each for each in self.desk.people.values() if "agent" in each.scopes]
        if "email" in request.query_params:
            wanted = request.query_params["email"].lower()
            agents = [each for each in agents if each.email.lower() == wanted]
        elif not self.simulator.may_list_agents:
            raise Refused(403, {"description": "You are not authorized to perform this action.", "errors": []})
        return self._paged(request, [self._agent(each) for each in agents])

    async def list_groups(self, request: Request) -> Response:
        return self._paged(request, [{"id": id, "name": name} for id, name in self.desk.groups.items()])

    async def list_fields(self, request: Request) -> Response:
        at = self.simulator.clock()
        return JSONResponse([self.desk.json.field(each, at=at) for each in self.desk.fields.values()])

    async def contact(self, request: Request) -> Response:
        """Customers; an agent is no contact."""
        found = self.desk.people.get(request.path_params["id"])
        if found is None or "agent" in found.scopes:
            raise missing()
        return JSONResponse(self._contact(found))

    def _contact(self, person: Account) -> dict[str, Any]:
        return {"id": int(person.id), "name": person.name, "email": person.email, "active": True}

    def _agent(self, person: Account) -> dict[str, Any]:
        contact = {"name": person.name, "email": person.email, "active": person.id not in self.simulator.inactive}
        return {"id": int(person.id), "available": True, "ticket_scope": 1, "contact": contact}

    # -- tickets

    async def list_tickets(self, request: Request) -> Response:
        asked, now = request.query_params, self.simulator.clock()
        which = asked.get("filter")
        rows = [each for each in self.desk.tickets.values() if not each.archived]
        rows = [each for each in rows if (each.deleted, each.spam) == (which == "deleted", which == "spam")]
        if "updated_since" in asked:
            since = parsed(asked["updated_since"])
            rows = [each for each in rows if each.updated.replace(microsecond=0) >= since]
        else:
            rows = [each for each in rows if each.created >= now - LISTED_FOR]
        name = "updated" if asked.get("order_by") == "updated_at" else "created"
        newest = asked.get("order_type", "desc") == "desc"
        rows.sort(key=lambda each: (stamp(getattr(each, name)), each.id), reverse=newest)
        return self._paged(request, [self.desk.json.row(each) for each in rows])

    async def search(self, request: Request) -> Response:
        """By one custom field, through an index that lags; thirty a page, ten pages."""
        query, page = request.query_params["query"], int(request.query_params.get("page", "1"))
        asked = _QUERY.fullmatch(query)
        if asked is None or len(query) > 512 or not 1 <= page <= 10:
            raise invalid("query", "Given query is invalid")
        if asked[1] not in self.desk.fields:
            raise invalid(asked[1], "Unexpected/invalid field in request", "invalid_field")
        found = [
            self.desk.json.row(each)
            for each in self.desk.tickets.values()
            if each.custom.get(asked[1]) == asked[2] and not each.deleted and not each.archived
            if self.simulator.indexed(each.updated)
        ]
        return JSONResponse({"total": len(found), "results": found[(page - 1) * 30 : page * 30]})

    async def create(self, request: Request) -> Response:
        return JSONResponse(self.desk.json.ticket(self.desk.create(as_json(await request.body()))), 201)

    async def show(self, request: Request) -> Response:
        return JSONResponse(self.desk.json.ticket(self._ticket(request, trash=True)))

    async def archived(self, request: Request) -> Response:
        found = self.desk.tickets.get(request.path_params["id"])
        if found is None or not found.archived:
            raise missing()
        return JSONResponse(self.desk.json.ticket(found))

    async def update(self, request: Request) -> Response:
        ticket = self._ticket(request)
        self.desk.update(ticket, as_json(await request.body()))
        return JSONResponse(self.desk.json.ticket(ticket))

    async def delete(self, request: Request) -> Response:
        self.desk.throw_away(self._ticket(request), deleted=True)
        return Response(None, 204)

    async def restore(self, request: Request) -> Response:
        self.desk.throw_away(self._ticket(request, trash=True), deleted=False)
        return Response(None, 204)

    async def merge(self, request: Request) -> Response:
        given = as_json(await request.body())
        others = [self.desk.ticket(id) for id in given["ticket_ids"] if id != given["primary_id"]]
        self.desk.merge(self.desk.ticket(given["primary_id"]), others)
        return Response(None, 200)

    def _ticket(self, request: Request, *, trash: bool = False) -> Ticket:
        return self.desk.ticket(request.path_params["id"], trash=trash)

    # -- conversations

    async def list_conversations(self, request: Request) -> Response:
        ticket = self._ticket(request)
        return self._paged(request, [self.desk.json.conversation(each, ticket) for each in ticket.said])

    async def reply(self, request: Request) -> Response:
        ticket = self._ticket(request)
        given, files = await _form(request, frozenset({"body", "cc_emails", "bcc_emails"}))
        said = self.desk.say(ticket, given["body"], source=REPLY, private=False, files=files)
        return JSONResponse(self.desk.json.conversation(said, ticket), 201)

    async def note(self, request: Request) -> Response:
        """Private unless it is said otherwise."""
        ticket = self._ticket(request)
        given, files = await _form(request, frozenset({"body", "private", "incoming", "notify_emails"}))
        private = given.get("private", True) in (True, "true")
        said = self.desk.say(
            ticket, given["body"], source=NOTE, private=private and not self.simulator.leaks, files=files
        )
        return JSONResponse(self.desk.json.conversation(said, ticket), 201)

    async def edit(self, request: Request) -> Response:
        ticket, said = self.desk.conversation(request.path_params["id"])
        self.desk.rewrite(ticket, said, as_json(await request.body())["body"])
        return JSONResponse(self.desk.json.conversation(said, ticket))

    async def unsay(self, request: Request) -> Response:
        self.desk.unsay(*self.desk.conversation(request.path_params["id"]))
        return Response(None, 204)

    async def download(self, request: Request) -> Response:
        """Anybody with the address may read. A credential that comes to another host is a leak, and refused."""
        elsewhere = self.simulator.files_url and self.simulator.files_url.endswith(request.url.netloc)
        if elsewhere and "authorization" in request.headers:
            raise Refused(400, {"description": "a credential came to a host that it is not for"})
        for ticket in self.desk.tickets.values():
            for file in [*ticket.files, *(file for said in ticket.said for file in said.files)]:
                if file.id == request.path_params["id"]:
                    return Response(file.content, media_type=file.media_type)
        raise missing()

    # -- inside

    def _paged(self, request: Request, rows: Sequence[Any]) -> Response:
        """A page of a list; the `Link` header names the next."""
        size, page = int(request.query_params.get("per_page", "30")), int(request.query_params.get("page", "1"))
        if not 1 <= size <= 100 or not 1 <= page <= 300:
            raise invalid("page" if 1 <= size <= 100 else "per_page", "It should be within its limits")
        start = (page - 1) * size
        following = request.url.include_query_params(page=page + 1)
        headers = {"link": f'<{following}>; rel="next"'} if len(rows) > start + size else {}
        return JSONResponse(list(rows[start : start + size]), headers=headers)


async def _form(request: Request, known: frozenset[str]) -> tuple[dict[str, Any], list[Upload]]:
    """What is said, as JSON or as a form with files."""
    files: list[Upload] = []
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        given: dict[str, Any] = {}
        async with request.form() as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    kind = value.content_type or "application/octet-stream"
                    files.append(Upload(value.filename or "", kind, await value.read()))
                else:
                    given[name] = value
    else:
        given = as_json(await request.body())
    if unknown := sorted(given.keys() - known):
        raise invalid(unknown[0], "Unexpected/invalid field in request", "invalid_field")
    if not given.get("body"):
        raise invalid("body", "It should not be blank as this is a mandatory field", "missing_field")
    return given, files
