"""Linear as a small ASGI app, for the demo and the tests: what its API, its file store, its webhooks and its page do.

State is in `state` and `workspace`, its GraphQL in `graphql`, `operations` and `shapes`, the page in `page`.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from syncd.sdk.testing.outbox import Event, Subscription
from syncd.sdk.testing.simulator import NOBODY, Account, Limit, Simulator, real_time
from syncd.sdk.testing.tokens import TokenEndpoint
from syncd_linear.hook import RESOURCES, sign
from syncd_linear.simulator.accounts import ANA, APP, BEN, SYNCD
from syncd_linear.simulator.graphql import Execution, GraphqlError, parse
from syncd_linear.simulator.operations import Operations
from syncd_linear.simulator.page import Page
from syncd_linear.simulator.shapes import Shapes
from syncd_linear.simulator.state import Issue, StoredComment, StoredFile
from syncd_linear.simulator.workspace import Trouble, Workspace, stamp

HIGHEST_COMPLEXITY = 10_000  # points of one query
FILES, UPLOADS = "/files", "/bucket"


class LinearSimulator(Page, Simulator):
    """A workspace "acme" with two teams, an administrator for syncd, an application, and two engineers.

    Attributes:
        workspace: its issues and all else; a person's deeds go through `do`.
        hourly, points: requests and complexity points that one hour allows; None for no limit.
        tokens: gives the application its access tokens.
        files_url: where files lie; another host than the API's, as Linear's.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = real_time,
        accounts: Sequence[Account] = (SYNCD, APP, ANA, BEN),
    ) -> None:
        super().__init__(accounts=accounts, clock=clock)
        self.hourly: Limit | None = Limit(2500, timedelta(hours=1))
        self.points: Limit | None = Limit(3_000_000, timedelta(hours=1))
        self.files_host = ""
        self.tokens = TokenEndpoint(clock=clock, refresh="linear-refresh")
        self.workspace = Workspace(self)

    @property
    def files_url(self) -> str:
        return (self.files_host or self.url) + FILES

    # -- a person's deeds, for tests and the demo

    def do(self, by: Account = ANA) -> Any:
        """`with simulator.do(): simulator.workspace.update(...)`"""
        return self.acting(by)

    def make(self, title: str, *, by: Account = ANA, team: str = "ENG", **values: Any) -> str:
        """An issue that somebody makes; its UUID."""
        with self.acting(by):
            return self.workspace.create(self.workspace.team_called(team), {"title": title, **values}).id

    def edit(self, ref: str, *, by: Account = ANA, **values: Any) -> None:
        with self.acting(by):
            self.workspace.update(self.workspace.issue(ref), values)

    def write(self, ref: str, text: str, *, by: Account = ANA) -> str:
        with self.acting(by):
            return self.workspace.say(self.workspace.issue(ref), text).id

    def subscribe(self, url: str, secret: str) -> None:
        self.workspace.hook(url, secret, RESOURCES)

    def connection(self, **more: Any) -> dict[str, Any]:
        """A block for `config/syncd.yaml` that fits this workspace."""
        return {
            "connector": "linear",
            "url": self.url,
            "api_key": SYNCD.token,
            "files_url": self.files_url,
            **more,
        }

    # -- the vendor's ways

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/graphql", self.graphql, methods=["POST"]),
            self.tokens.route("/oauth/token"),
            Route(FILES + "/{path:path}", self.show_file),
            Route(UPLOADS + "/{path:path}", self.take_file, methods=["PUT"]),
        ]

    def account_of(self, request: Request) -> Account | None:
        """An API key goes bare, an OAuth token as Bearer; a key as Bearer is refused."""
        scheme, _, access = request.headers.get("authorization", "").rpartition(" ")
        if scheme == "Bearer":
            return APP if self.tokens.knows(access) else None
        return self.by_token(access)

    def error(self, status: int) -> Response:
        """The limit is a 400 with a code of its own."""
        if status == 429:
            return JSONResponse(_errors("Rate limit exceeded", "RATELIMITED", "ratelimited"), 400)
        return JSONResponse(_errors("Internal server error", "INTERNAL_SERVER_ERROR", "internal error"), status)

    async def graphql(self, request: Request) -> Response:
        if self.actor is NOBODY:
            return JSONResponse(_errors("Not authenticated", "AUTHENTICATION_ERROR", "authentication error"), 401)
        try:
            asked = await request.json()
            execution = Execution(parse(asked["query"]), asked.get("variables") or {})
            cost = execution.complexity()
        except (ValueError, KeyError, GraphqlError) as error:
            return JSONResponse(_errors(str(error), "GRAPHQL_VALIDATION_FAILED", "graphql error"), 400)
        granted = self._take(cost)
        headers = {**self._told(), "x-complexity": f"{cost:.0f}"}
        if not granted:
            return JSONResponse(_errors("Rate limit exceeded", "RATELIMITED", "ratelimited"), 400, headers)
        if cost > HIGHEST_COMPLEXITY:
            return JSONResponse(_errors("Query too complex", "INPUT_ERROR", "invalid input"), 400, headers)
        return self._answered(execution, headers, signed="public-file-urls-expire-in" in request.headers)

    def _answered(self, execution: Execution, headers: Mapping[str, str], *, signed: bool) -> Response:
        shapes = Shapes(self.workspace, url="https://linear.app/acme", sign=self._sign if signed else str)
        operations = Operations(self, shapes)
        mutation = execution.document.kind == "mutation"
        try:
            data = execution.data(operations.mutations() if mutation else operations.queries())
        except GraphqlError as error:
            return JSONResponse(_errors(str(error), "GRAPHQL_VALIDATION_FAILED", "graphql error"), 400, headers)
        except Trouble as trouble:
            return JSONResponse({"data": None, **_errors(str(trouble), trouble.code, trouble.type)}, 200, headers)
        return JSONResponse({"data": data}, 200, headers)

    def _take(self, cost: float) -> bool:
        """Count a request and its points; False when either is used up."""
        now = self.clock()
        granted = self.hourly is None or self.hourly.take(now)
        if self.points is not None:
            granted &= self.points.take(now)
            self.points.used += max(round(cost) - 1, 0)
        return granted

    def _told(self) -> dict[str, str]:
        buckets = {"requests": self.hourly, "complexity": self.points}
        return {
            f"x-ratelimit-{name}-{word}": str(value)
            for name, limit in buckets.items()
            if limit is not None
            for word, value in (("limit", limit.limit), ("remaining", limit.remaining), ("reset", self._end(limit)))
        }

    def _end(self, limit: Limit) -> int:
        """Milliseconds since 1970."""
        return round(((limit.opened or self.clock()) + limit.window).timestamp() * 1000)

    # -- files

    def upload_place(self, file: StoredFile) -> dict[str, Any]:
        """Where the bytes go: a storage host, by an address that is its own permission."""
        host = self.files_host or self.url
        return {
            "uploadUrl": f"{host}{UPLOADS}/{file.path}?signature={self._signature(file.path)}",
            "assetUrl": f"{self.files_url}/{file.path}",
            "filename": file.name,
            "contentType": file.media_type,
            "size": file.size,
            "headers": [{"key": "x-goog-content-length-range", "value": f"{file.size},{file.size}"}],
        }

    async def take_file(self, request: Request) -> Response:
        """A credential that comes to the storage host is a leak, and refused."""
        file = self._signed_file(request)
        wanted = f"{file.size},{file.size}" if file else ""
        as_told = request.headers.get("x-goog-content-length-range") == wanted
        content = await request.body()
        if file is None or not as_told or "authorization" in request.headers or len(content) != file.size:
            return Response("SignatureDoesNotMatch", 403)
        if request.headers.get("content-type") != file.media_type:
            return Response("SignatureDoesNotMatch", 403)
        file.content = content
        return Response(None, 200)

    async def show_file(self, request: Request) -> Response:
        """By a signed address, or with the credential."""
        path = request.path_params["path"]
        file = self._signed_file(request) or (self.workspace.files.get(path) if self.actor is not NOBODY else None)
        if file is None or file.content is None:
            return Response(None, 401 if path in self.workspace.files else 404)
        return Response(file.content, media_type=file.media_type)

    def _signed_file(self, request: Request) -> StoredFile | None:
        path = request.path_params["path"]
        good = request.query_params.get("signature") == self._signature(path)
        return self.workspace.files.get(path) if good else None

    def _signature(self, path: str) -> str:
        return hashlib.sha256(f"signature of {path}".encode()).hexdigest()

    def _sign(self, text: str) -> str:
        """A text with signed addresses of files."""
        found = re.compile(re.escape(self.files_url) + r"/([0-9a-f/-]+)")
        return found.sub(lambda match: f"{match[0]}?signature={self._signature(match[1])}", text)

    # -- webhooks

    def tell(
        self,
        type: str,
        action: str,
        issue: Issue,
        comment: StoredComment | None = None,
        *,
        updated_from: Mapping[str, Any] | None = None,
    ) -> None:
        """What every webhook says of one change; the time of sending is added at each attempt."""
        shown = _issue_data(issue) if comment is None else _comment_data(issue, comment)
        now = self.clock().astimezone(UTC)
        body = {
            "action": action,
            "actor": {"id": self.actor.id, "name": self.actor.name, "email": self.actor.email, "type": "user"},
            "createdAt": stamp(now),
            "data": shown,
            "url": f"https://linear.app/acme/issue/{issue.identifier}",
            "type": type,
            "organizationId": self.workspace.id("workspace"),
            **({"updatedFrom": dict(updated_from)} if updated_from is not None else {}),
        }
        self.outbox.put(type, json.dumps(body).encode(), id=self.workspace.new_id("delivery"))

    def webhook_request(self, event: Event, subscription: Subscription) -> tuple[dict[str, str], bytes]:
        sent = round(self.clock().timestamp() * 1000)
        told = {**json.loads(event.body), "webhookTimestamp": sent, "webhookId": subscription.id}
        return self.signed(json.dumps(told).encode(), event, subscription)

    def signed(self, body: bytes, event: Event, subscription: Subscription) -> tuple[dict[str, str], bytes]:
        headers = {
            "content-type": "application/json; charset=utf-8",
            "linear-delivery": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{event.id}/{subscription.id}")),
            "linear-event": event.kind,
            "linear-signature": sign(subscription.secret, body),
            "linear-timestamp": str(round(self.clock().timestamp() * 1000)),
        }
        return headers, body

    def retries(self, status: int | None, attempts: int) -> bool:
        return status != 200 and attempts < 4


def _errors(message: str, code: str, type: str) -> dict[str, Any]:
    extensions = {"code": code, "type": type, "userError": type == "invalid input", "userPresentableMessage": message}
    return {"errors": [{"message": message, "extensions": extensions}]}


def _issue_data(issue: Issue) -> dict[str, Any]:
    return {
        "id": issue.id,
        "createdAt": stamp(issue.created),
        "updatedAt": stamp(issue.updated),
        "archivedAt": stamp(issue.archived),
        "number": issue.number,
        "title": issue.title,
        "description": issue.description,
        "priority": issue.priority,
        "identifier": issue.identifier,
        "previousIdentifiers": list(issue.former),
        "labelIds": [label.id for label in issue.labels],
        "teamId": issue.team.id,
        "stateId": issue.state.id,
        "creatorId": issue.creator.id,
        "assigneeId": issue.assignee and issue.assignee.id,
        "trashed": issue.trashed,
    }


def _comment_data(issue: Issue, comment: StoredComment) -> dict[str, Any]:
    return {
        "id": comment.id,
        "createdAt": stamp(comment.created),
        "updatedAt": stamp(comment.updated),
        "body": comment.body,
        "issueId": issue.id,
        "userId": comment.author.id,
    }


__all__ = ["ANA", "APP", "BEN", "SYNCD", "LinearSimulator"]
