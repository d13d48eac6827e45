"""The API of a simulated Intercom: each handler reads a request, lets the desk do it and says the answer."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from syncd.sdk.testing.page import Upload
from syncd.sdk.testing.simulator import NOBODY, Refused
from syncd_intercom.api import VERSION
from syncd_intercom.simulator import search
from syncd_intercom.simulator.desk import refused
from syncd_intercom.simulator.shapes import seconds
from syncd_intercom.simulator.state import STATES, TEAMS, Item, Ticket

if TYPE_CHECKING:
    from syncd_intercom.simulator import IntercomSimulator

Handler = Callable[[Request], Awaitable[Response]]


class Routes:
    def __init__(self, simulator: IntercomSimulator) -> None:
        self.simulator = simulator
        self.desk = simulator.desk
        self.shapes = simulator.desk.shapes

    def all(self) -> list[Route]:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "me", self.me),
            ("GET", "admins", self.admins),
            ("GET", "teams", self.teams),
            ("GET", "contacts/{id}", self.contact),
            ("GET", "tags", self.tags),
            ("POST", "tags", self.create_tag),
            ("GET", "ticket_types", self.ticket_types),
            ("GET", "ticket_states", self.ticket_states),
            ("POST", "tickets/search", self.search_tickets),
            ("POST", "tickets", self.create),
            ("GET", "tickets/{id}", self.show),
            ("PUT", "tickets/{id}", self.update),
            ("DELETE", "tickets/{id}", self.delete),
            ("POST", "tickets/{id}/reply", self.reply),
            ("POST", "tickets/{id}/tags", self.add_tag),
            ("DELETE", "tickets/{id}/tags/{tag}", self.remove_tag),
            ("POST", "conversations/search", self.search_conversations),
            ("POST", "conversations/redact", self.redact),
            ("POST", "conversations", self.begin),
            ("GET", "conversations/{id}", self.show),
            ("PUT", "conversations/{id}", self.update),
            ("DELETE", "conversations/{id}", self.delete),
            ("POST", "conversations/{id}/reply", self.reply),
            ("POST", "conversations/{id}/parts", self.manage),
            ("POST", "conversations/{id}/convert", self.convert),
            ("POST", "conversations/{id}/tags", self.add_tag),
            ("DELETE", "conversations/{id}/tags/{tag}", self.remove_tag),
        ]
        routes = [Route(f"/{path}", self._signed_in(do), methods=[method]) for method, path, do in table]
        return [*routes, Route("/i/o/{id}", self.download)]

    def _signed_in(self, handler: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            if self.simulator.actor is NOBODY:
                raise refused(401, "unauthorized")
            if request.headers.get("intercom-version") != VERSION:
                raise refused(400, "intercom_version_invalid")
            return await handler(request)

        return checked

    # -- the workspace

    async def me(self, request: Request) -> Response:
        app = {"type": "app", "id_code": "acme", "name": "Acme", "created_at": 1734537243, "timezone": "Europe/Berlin"}
        shown = {**self.shapes.admin(self.simulator.actor), "email_verified": True}
        return JSONResponse({**shown, "app": {**app, "identity_verification": False, "region": "EU", "secure": False}})

    async def admins(self, request: Request) -> Response:
        found = [self.shapes.admin(each) for each in self.desk.people.values() if "admin" in each.scopes]
        return JSONResponse({"type": "admin.list", "admins": found})

    async def teams(self, request: Request) -> Response:
        if not self.simulator.may_list_teams:
            raise refused(403, "forbidden")
        teams = [{"type": "team", "id": id, "name": name, "admin_ids": []} for id, name in TEAMS.items()]
        return JSONResponse({"type": "team.list", "teams": teams})

    async def contact(self, request: Request) -> Response:
        found = self.desk.people.get(request.path_params["id"])
        if found is None or "contact" not in found.scopes:
            raise refused(404, "not_found")
        return JSONResponse(self.shapes.contact(found))

    async def ticket_types(self, request: Request) -> Response:
        types = [self.shapes.listed_type(kind) for kind in self.desk.types.values()]
        return JSONResponse({"type": "list", "data": types})

    async def ticket_states(self, request: Request) -> Response:
        return JSONResponse({"type": "list", "data": [self.shapes.listed_state(each) for each in STATES]})

    async def tags(self, request: Request) -> Response:
        return JSONResponse({"type": "list", "data": [self.shapes.tag(id) for id in self.desk.tags]})

    async def create_tag(self, request: Request) -> Response:
        given = await _body(request)
        return JSONResponse(self.shapes.tag(self.desk.tag(str(given.get("name") or ""))))

    # -- searches

    async def search_tickets(self, request: Request) -> Response:
        found, pages = await self._found(request, list(self.desk.tickets.values()))
        rows = [self.shapes.ticket(each) for each in found if isinstance(each, Ticket)]
        return JSONResponse({"type": "ticket.list", "tickets": rows, "total_count": len(rows), "pages": pages})

    async def search_conversations(self, request: Request) -> Response:
        found, pages = await self._found(request, list(self.desk.conversations.values()))
        rows = [self.shapes.row(each) for each in found if not isinstance(each, Ticket)]
        return JSONResponse(
            {"type": "conversation.list", "conversations": rows, "total_count": len(rows), "pages": pages}
        )

    async def _found(self, request: Request, items: list[Item]) -> tuple[list[Item], dict[str, Any]]:
        """In the simulator's order, through an index that may lag."""
        given, grain = await _body(request), self.simulator.grain
        items = [each for each in items if self.simulator.indexed(each.updated)]
        try:
            found = [each for each in items if search.matches(each, given["query"], grain=grain)]
            found.sort(key=search.ORDERS[self.simulator.order])
            rows, pages = search.page(found, given.get("pagination") or {})
        except (search.BadQuery, KeyError, TypeError) as error:
            raise refused(400, "parameter_invalid") from error
        return list(rows), pages

    # -- tickets and conversations

    async def create(self, request: Request) -> Response:
        return JSONResponse(self.shapes.ticket(self.desk.create_ticket(await _body(request))))

    async def show(self, request: Request) -> Response:
        return self._shown(self._item(request))

    async def update(self, request: Request) -> Response:
        item, given = self._item(request), await _body(request)
        if isinstance(item, Ticket):
            self.desk.update_ticket(item, given)
        else:
            self.desk.update_conversation(item, given)
        return self._shown(item)

    async def delete(self, request: Request) -> Response:
        item = self._item(request)
        self.desk.delete(item)
        return JSONResponse({"id": item.id, "object": item.ref.partition(":")[0], "deleted": True})

    async def reply(self, request: Request) -> Response:
        """An admin's; only conversations take files. The answer is the part of a ticket, or the whole conversation."""
        item, given = self._item(request), await _body(request)
        author = self.desk.admin(given.get("admin_id"))
        sent = given.get("attachment_files") or [] if not isinstance(item, Ticket) else []
        files = [Upload(each["name"], each["content_type"], base64.b64decode(each["data"])) for each in sent]
        kind = str(given.get("message_type"))
        part = self.desk.reply(item, str(given.get("body") or ""), kind=kind, files=files, by=author)
        return JSONResponse(self.shapes.ticket_reply(part)) if isinstance(item, Ticket) else self._shown(item)

    async def redact(self, request: Request) -> Response:
        given = await _body(request)
        conversation = self.desk.conversation(str(given.get("conversation_id")))
        self.desk.redact(conversation, str(given.get("conversation_part_id")))
        return self._shown(conversation)

    async def begin(self, request: Request) -> Response:
        given = await _body(request)
        made = self.desk.begin(self.desk.contact(given["from"]), str(given["body"]))
        shown = {"type": "user_message", "id": made.source.id, "created_at": seconds(made.created)}
        return JSONResponse({**shown, "body": given["body"], "message_type": "inapp", "conversation_id": made.id})

    async def manage(self, request: Request) -> Response:
        given, conversation = await _body(request), self.desk.conversation(request.path_params["id"])
        self.desk.admin(given.get("admin_id"))
        deed = str(given.get("message_type"))
        self.desk.manage(conversation, deed, assignee=given.get("assignee_id"), body=str(given.get("body") or ""))
        return self._shown(conversation)

    async def convert(self, request: Request) -> Response:
        given, conversation = await _body(request), self.desk.conversation(request.path_params["id"])
        kind = self.desk.types.get(str(given.get("ticket_type_id")))
        if kind is None:
            raise refused(400, "parameter_invalid")
        return JSONResponse(self.shapes.ticket(self.desk.convert(conversation, kind, given.get("attributes") or {})))

    async def add_tag(self, request: Request) -> Response:
        return await self._tag(request, str((await _body(request)).get("id")), on=True)

    async def remove_tag(self, request: Request) -> Response:
        return await self._tag(request, request.path_params["tag"], on=False)

    async def _tag(self, request: Request, id: str, *, on: bool) -> Response:
        self.desk.admin((await _body(request)).get("admin_id"))
        self.desk.set_tag(self._item(request), id, on=on)
        return JSONResponse(self.shapes.tag(id))

    async def download(self, request: Request) -> Response:
        """Anybody with an address that is still good may read; a credential that comes to another host is a leak."""
        elsewhere = self.simulator.files_url.endswith(request.url.netloc) if self.simulator.files_url else False
        if elsewhere and "authorization" in request.headers:
            raise Refused(400, {"description": "a credential came to a host that it is not for"})
        id, until = request.path_params["id"], int(request.query_params.get("expires", "0"))
        signed = request.query_params.get("signature") == self.desk.signature(id, until)
        if not signed or until < seconds(self.simulator.clock()):
            raise Refused(403)
        file = self.desk.files().get(id)
        if file is None:
            raise Refused(404)
        return Response(file.content, media_type=file.media_type)

    # -- inside

    def _item(self, request: Request) -> Item:
        tickets = request.url.path.startswith("/tickets")
        return self.desk.item(f"{'ticket' if tickets else 'conversation'}:{request.path_params['id']}")

    def _shown(self, item: Item) -> Response:
        return JSONResponse(self.shapes.ticket(item) if isinstance(item, Ticket) else self.shapes.conversation(item))


async def _body(request: Request) -> Mapping[str, Any]:
    try:
        given = json.loads(await request.body())
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise refused(400, "parameter_invalid")
    return given
