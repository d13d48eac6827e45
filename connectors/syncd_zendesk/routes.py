"""The API of a simulated Zendesk: each handler reads a request, lets the desk do it and says the answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from syncd.sdk.testing.simulator import NOBODY, Refused
from syncd_zendesk.state import Ticket, stamp

if TYPE_CHECKING:
    from syncd_zendesk.simulator import ZendeskSimulator

Handler = Callable[[Request], Awaitable[Response]]

KEY_LIFE = timedelta(hours=2)


class Routes:
    def __init__(self, simulator: ZendeskSimulator) -> None:
        self.simulator = simulator
        self.desk = simulator.desk
        self.webhooks = simulator.webhooks
        self._keys: dict[str, tuple[str, Any, Any]] = {}  # idempotency key -> digest of the body, answer, time
        self._jobs: dict[str, dict[str, Any]] = {}

    def all(self) -> list[Route]:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "users/search", self.search_users),
            ("GET", "users/{id:int}", self.show_user),
            ("GET", "ticket_fields", self.list_fields),
            ("GET", "custom_statuses", self.list_statuses),
            ("GET", "groups", self.list_groups),
            ("GET", "webhooks", self.list_webhooks),
            ("POST", "webhooks", self.webhooks.create),
            ("GET", "webhooks/{webhook}", self.webhooks.show),
            ("PATCH", "webhooks/{webhook}", self.webhooks.change),
            ("DELETE", "webhooks/{webhook}", self.webhooks.remove),
            ("GET", "webhooks/{webhook}/signing_secret", self.webhooks.signing_secret),
            ("GET", "search", self.search),
            ("GET", "tickets", self.list_tickets),
            ("POST", "tickets", self.create),
            ("GET", "tickets/{id:int}", self.show),
            ("PUT", "tickets/{id:int}", self.update),
            ("DELETE", "tickets/{id:int}", self.delete),
            ("GET", "tickets/{id:int}/comments", self.list_comments),
            ("GET", "tickets/{id:int}/audits", self.list_audits),
            ("PUT", "tickets/{id:int}/tags", self.add_tags),
            ("PUT", "tickets/{id:int}/comments/{comment:int}/make_private", self.make_private),
            ("PUT", "tickets/{id:int}/comments/{comment:int}/redact", self.redact),
            ("POST", "tickets/{id:int}/merge", self.merge),
            ("GET", "job_statuses/{job}", self.show_job),
            ("GET", "deleted_tickets", self.list_deleted),
            ("PUT", "deleted_tickets/{id:int}/restore", self.restore),
            ("POST", "uploads", self.upload),
            ("GET", "incremental/ticket_events", self.export_events),
            ("GET", "incremental/tickets/cursor", self.export_tickets),
        ]
        routes = [Route(f"/api/v2/{path}", self._signed_in(do), methods=[method]) for method, path, do in table]
        me = Route("/api/v2/users/me", self.me)
        return [me, *routes, Route("/attachments/token/{token}/", self.download)]

    def _signed_in(self, handler: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            if self.simulator.actor is NOBODY:
                raise Refused(401, {"error": "Couldn't authenticate you"})
            return await handler(request)

        return checked

    # -- the account

    async def me(self, request: Request) -> Response:
        """A wrong credential is an anonymous user, not an error."""
        if self.simulator.actor is NOBODY:
            return JSONResponse({"user": {"id": None, "name": "Anonymous user", "role": "end-user"}})
        return JSONResponse({"user": self.desk.json.user(self.desk.users[int(self.simulator.actor.id)])})

    async def show_user(self, request: Request) -> Response:
        user = self.desk.users.get(request.path_params["id"])
        if user is None:
            raise Refused(404, {"error": "RecordNotFound", "description": "Not found"})
        return JSONResponse({"user": self.desk.json.user(user)})

    async def search_users(self, request: Request) -> Response:
        """By address, through an index that lags."""
        wanted = request.query_params.get("query", "").removeprefix("email:").strip('"').lower()
        users = [user for user in self.desk.users.values() if wanted in user.email.lower()]
        return JSONResponse({"users": [self.desk.json.user(u) for u in users if self.simulator.indexed(u.created)]})

    async def list_fields(self, request: Request) -> Response:
        return JSONResponse(
            {"ticket_fields": [self.desk.json.ticket_field(each) for each in self.desk.fields.values()]}
        )

    async def list_statuses(self, request: Request) -> Response:
        found = [self.desk.json.custom_status(each) for each in self.desk.statuses.values()]
        return JSONResponse({"custom_statuses": found})

    async def list_groups(self, request: Request) -> Response:
        found = [{"id": id, "name": name, "deleted": False} for id, name in self.desk.groups.items()]
        return self._paged(request, "groups", found)

    async def list_webhooks(self, request: Request) -> Response:
        return await self.webhooks.list(request, self._paged)

    # -- tickets

    async def list_tickets(self, request: Request) -> Response:
        key = request.query_params.get("external_id")
        alive = [ticket for ticket in self.desk.tickets.values() if not ticket.deleted]
        found = [ticket for ticket in alive if key is None or ticket.values["external_id"] == key]
        return JSONResponse({"tickets": [self.desk.show(ticket) for ticket in found]})

    async def search(self, request: Request) -> Response:
        words = [word for word in request.query_params.get("query", "").lower().split() if ":" not in word]
        results = [
            {"id": ticket.id, "result_type": "ticket", "updated_at": stamp(ticket.updated)}
            for ticket in self.desk.tickets.values()
            if self.simulator.indexed(ticket.updated) and all(word in str(ticket.values).lower() for word in words)
        ]
        return JSONResponse({"results": results, "count": len(results), "next_page": None, "previous_page": None})

    async def create(self, request: Request) -> Response:
        key, body = request.headers.get("idempotency-key"), await request.body()
        digest, now = hashlib.sha256(body).hexdigest(), self.simulator.clock()
        if key in self._keys and now < self._keys[key][2] + KEY_LIFE:
            before, answer, _ = self._keys[key]
            if before != digest:
                raise Refused(400, {"error": "IdempotentRequestError", "description": "Idempotency key was reused"})
            return JSONResponse(answer, 201, {"x-idempotency-lookup": "hit"})
        ticket = self.desk.create(json.loads(body)["ticket"])
        answer = {"ticket": self.desk.show(ticket)}
        if key:
            self._keys[key] = (digest, answer, now)
        location = {"location": str(answer["ticket"]["url"])}
        return JSONResponse(answer, 201, {**location, **({"x-idempotency-lookup": "miss"} if key else {})})

    async def show(self, request: Request) -> Response:
        ticket = self._ticket(request)
        answer: dict[str, Any] = {"ticket": self.desk.show(ticket)}
        if "users" in request.query_params.get("include", ""):
            answer["users"] = self.desk.people(ticket)
        return JSONResponse(answer)

    async def update(self, request: Request) -> Response:
        ticket, given = self._ticket(request), json.loads(await request.body())["ticket"]
        audit = self.desk.update(ticket, given)
        answer: dict[str, Any] = {"ticket": self.desk.show(ticket)}
        if audit is not None:
            answer["audit"] = self.desk.json.audit(audit, ticket.comments)
        return JSONResponse(answer)

    async def delete(self, request: Request) -> Response:
        self.desk.delete(self._ticket(request))
        return Response(None, 204)

    async def add_tags(self, request: Request) -> Response:
        ticket, given = self._ticket(request), json.loads(await request.body())
        guard = {name: given[name] for name in ("safe_update", "updated_stamp") if name in given}
        self.desk.update(ticket, {"tags": [*ticket.values["tags"], *given["tags"]], **guard})
        return JSONResponse({"tags": sorted(ticket.values["tags"])})

    # -- threads

    async def list_comments(self, request: Request) -> Response:
        ticket = self._ticket(request)
        authors = {comment.author_id for comment in ticket.comments}
        users = [self.desk.json.user(self.desk.users[id]) for id in sorted(authors)]
        extra = {"users": users} if "users" in request.query_params.get("include", "") else {}
        inline = request.query_params.get("include_inline_images") == "true"
        found = [self.desk.json.comment(comment, inline=inline) for comment in ticket.comments]
        return self._paged(request, "comments", found, **extra)

    async def list_audits(self, request: Request) -> Response:
        ticket = self._ticket(request)
        found = [self.desk.json.audit(audit, ticket.comments) for audit in ticket.audits]
        return self._paged(request, "audits", found)

    async def make_private(self, request: Request) -> Response:
        ticket = self._ticket(request)
        self.desk.make_private(ticket, self.desk.comment(ticket, request.path_params["comment"]))
        return JSONResponse("")

    async def redact(self, request: Request) -> Response:
        ticket = self._ticket(request)
        comment = self.desk.comment(ticket, request.path_params["comment"])
        self.desk.redact(ticket, comment, [json.loads(await request.body())["text"]])
        return JSONResponse({"comment": self.desk.json.comment(comment)})

    async def upload(self, request: Request) -> Response:
        content = await request.body()
        if len(content) > self.simulator.max_file:
            raise Refused(413, {"error": "AttachmentTooLarge", "description": "The file is too large"})
        name, token = request.query_params["filename"], request.query_params.get("token", "")
        media_type = request.headers.get("content-type", "application/octet-stream")
        file = self.desk.upload(name, media_type, content, token=token)
        shown = self.desk.json.attachment(file)
        upload = {"token": token or file.token, "attachment": shown, "attachments": [shown]}
        return JSONResponse({"upload": upload}, 201)

    async def download(self, request: Request) -> Response:
        """Anybody with the address may read. A credential that comes to another host is a leak, and refused."""
        elsewhere = self.simulator.files_url and self.simulator.files_url.endswith(request.url.netloc)
        if elsewhere and "authorization" in request.headers:
            raise Refused(400, {"error": "a credential came to a host that it is not for"})
        file = self.desk.files.get(request.path_params["token"])
        return Response(None, 404) if file is None else Response(file.content, media_type=file.media_type)

    # -- the end of a ticket

    async def merge(self, request: Request) -> Response:
        into, given = self._ticket(request), json.loads(await request.body())
        for id in given["ids"]:
            public = bool(given.get("source_comment_is_public"))
            self.desk.merge(self.desk.ticket(id), into, said=given.get("source_comment", ""), public=public)
        id = f"job{self.simulator.new_id()}"
        results = [{"id": each, "action": "merge", "success": True, "status": "Merged"} for each in given["ids"]]
        url = f"{self.simulator.url}/api/v2/job_statuses/{id}.json"
        self._jobs[id] = {"id": id, "url": url, "status": "completed", "total": len(results), "results": results}
        queued = {"id": id, "url": url, "status": "queued", "total": len(results), "results": None}
        return JSONResponse({"job_status": queued})

    async def show_job(self, request: Request) -> Response:
        job = self._jobs.get(request.path_params["job"])
        return Response(None, 404) if job is None else JSONResponse({"job_status": job})

    async def list_deleted(self, request: Request) -> Response:
        gone = [ticket for ticket in self.desk.tickets.values() if ticket.deleted]
        newest = request.query_params.get("sort_order") == "desc"
        found = [self._deleted(each) for each in sorted(gone, key=lambda each: str(each.deleted), reverse=newest)]
        page = {"count": len(found), "next_page": None, "previous_page": None}
        return JSONResponse({"deleted_tickets": found[:100], **page})

    async def restore(self, request: Request) -> Response:
        self.desk.restore(request.path_params["id"])
        return JSONResponse("")

    # -- exports

    async def export_events(self, request: Request) -> Response:
        start = self._export(request)
        until = self.simulator.clock() - self.simulator.missing
        rows = [
            (audit, ticket)
            for ticket in self.desk.tickets.values()
            for audit in ticket.audits
            if int(audit.created.timestamp()) >= start and audit.created <= until
        ]
        rows.sort(key=lambda row: (int(row[0].created.timestamp()), row[0].id))
        page = rows[: self.simulator.events_page]
        end = int(page[-1][0].created.timestamp()) if page else start
        answer = {
            "ticket_events": [self.desk.json.ticket_event(audit, ticket.comments) for audit, ticket in page],
            "count": len(page),
            "end_time": end,
            "end_of_stream": len(rows) <= self.simulator.events_page,
            "next_page": f"{self.simulator.url}/api/v2/incremental/ticket_events.json?start_time={end}",
        }
        return JSONResponse(answer)

    async def export_tickets(self, request: Request) -> Response:
        """By cursor: a Unix time and the last id of it."""
        cursor = request.query_params.get("cursor", "")
        start = (int(cursor.split("-")[0]), int(cursor.split("-")[1])) if cursor else (self._export(request), 0)
        until = self.simulator.clock() - self.simulator.missing
        rows = sorted(self.desk.tickets.values(), key=lambda each: (int(each.generated.timestamp()), each.id))
        rows = [each for each in rows if (int(each.generated.timestamp()), each.id) > start and each.generated <= until]
        after = f"{int(rows[-1].generated.timestamp())}-{rows[-1].id}" if rows else f"{start[0]}-{start[1]}"
        answer = {"tickets": [self.desk.show(each) for each in rows], "after_cursor": after, "end_of_stream": True}
        return JSONResponse({**answer, "after_url": None, "before_cursor": None, "before_url": None})

    def _export(self, request: Request) -> int:
        """The start time of an export, for an administrator who has not asked too often."""
        if "admin" not in self.simulator.actor.scopes:
            raise Refused(403, {"error": {"title": "Forbidden", "message": "You do not have access to this page."}})
        limit, now = self.simulator.export_limit, self.simulator.clock()
        if limit is not None and not limit.take(now):
            raise Refused(429, {"error": "TooManyRequests"}, {"retry-after": str(limit.resets_in(now))})
        start = int(request.query_params["start_time"])
        if start > int((now - self.simulator.missing).timestamp()):
            said = "Too recent start_time. Use a start_time older than 60 seconds"
            raise Refused(400, {"error": "StartTimeTooRecent", "description": said})
        return start

    # -- inside

    def _ticket(self, request: Request) -> Ticket:
        return self.desk.ticket(request.path_params["id"])

    def _deleted(self, ticket: Ticket) -> dict[str, Any]:
        return {
            "id": ticket.id,
            "subject": ticket.values["subject"],
            "deleted_at": stamp(ticket.deleted or ticket.updated),
            "previous_state": ticket.status,
            "actor": {"id": ticket.deleted_by, "name": self.desk.users[ticket.deleted_by].name},
        }

    def _paged(self, request: Request, name: str, rows: list[Any], **extra: Any) -> Response:
        """A page by cursor where one is asked for; the first hundred without."""
        size = min(int(request.query_params.get("page[size]", "100")), 100)
        start = int(request.query_params.get("page[after]", "0"))
        page, more = rows[start : start + size], len(rows) > start + size
        answer = {name: page, **extra}
        if "page[size]" in request.query_params:
            answer["meta"] = {"has_more": more, "after_cursor": str(start + size), "before_cursor": str(start)}
            answer["links"] = {"prev": None, "next": None}
        return JSONResponse(answer)
