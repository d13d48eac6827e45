"""The simulated organisation's API, as far as the connector uses it.

Sources: the description 7.1, its http-examples, and the pages on projects and on signing in.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from syncd.sdk.testing.simulator import Refused
from syncd_azuredevops.simulator.scheme import FIELDS, ItemType, StoredProject
from syncd_azuredevops.simulator.shapes import Shapes, listed
from syncd_azuredevops.simulator.stored import StoredComment, StoredItem
from syncd_azuredevops.simulator.values import said

if TYPE_CHECKING:
    from syncd_azuredevops.simulator import AzureDevOpsSimulator

Handler = Callable[[Request], Awaitable[Response]]

COMMENTS = "/{project}/_apis/wit/workItems/{id}/comments"
SUBSCRIPTIONS = "/_apis/hooks/subscriptions"


class Routes:
    """One handler for each operation."""

    def __init__(self, simulator: AzureDevOpsSimulator) -> None:
        self.simulator = simulator
        self.boards = simulator.boards

    def all(self) -> Sequence[BaseRoute]:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/_apis/connectionData", self.sign_in),
            ("GET", "/_apis/identities", self.people),
            ("GET", "/_apis/projects/{project}", self.project),
            ("GET", "/_apis/wit/workitems/{id}", self.item),
            ("PATCH", "/_apis/wit/workitems/{id}", self.write),
            ("POST", "/_apis/wit/workitemsbatch", self.items),
            ("GET", "/_apis/wit/recyclebin/{id}", self.in_bin),
            ("POST", "/_apis/wit/wiql", self.query),
            ("GET", "/_apis/wit/reporting/workitemrevisions", self.revisions),
            ("GET", "/_apis/wit/attachments/{id}", self.download),
            ("GET", SUBSCRIPTIONS, self.subscriptions),
            ("POST", SUBSCRIPTIONS, self.subscribe),
            ("PUT", f"{SUBSCRIPTIONS}/{{id}}", self.resubscribe),
            ("DELETE", f"{SUBSCRIPTIONS}/{{id}}", self.unsubscribe),
            ("GET", "/{project}/_apis/wit/fields", self.definitions),
            ("GET", "/{project}/_apis/wit/workitemtypes", self.types),
            ("GET", "/{project}/_apis/wit/workitemtypes/{type}/fields", self.words),
            ("POST", "/{project}/_apis/wit/workitems/${type}", self.make),
            ("POST", "/{project}/_apis/wit/attachments", self.upload),
            ("GET", "/{project}/_apis/wit/reporting/workitemrevisions", self.revisions),
            ("GET", COMMENTS, self.comments),
            ("GET", f"{COMMENTS}/{{comment}}", self.comment),
            ("PATCH", f"{COMMENTS}/{{comment}}", self.edit_comment),
            ("DELETE", f"{COMMENTS}/{{comment}}", self.delete_comment),
        ]
        base = f"/{self.simulator.organisation}"
        return [Route(base + path, self._known(handler), methods=[method]) for method, path, handler in table]

    def _known(self, handler: Handler) -> Handler:
        async def handled(request: Request) -> Response:
            if not request.query_params.get("api-version", "").startswith("7.1"):
                raise Refused(400, said("VssVersionNotSpecifiedException", "VssVersionNotSpecifiedException"))
            return await handler(request) if self.simulator.actor.id else self._stranger()

        return handled

    def _stranger(self) -> Response:
        """A bad token is answered by a page to sign in, or the way there, or in plain."""
        match self.simulator.sign_in:
            case 203:
                page = "<!DOCTYPE html>\r\n<html lang=en><head><title>Azure DevOps Services | Sign In</title>"
                return Response(page, 203, media_type="text/html")
            case 302:
                return RedirectResponse("https://spsprodweu1.vssps.visualstudio.com/_signin", 302)
            case _:
                return JSONResponse(said("TF400813: The user is not authorized.", "UnauthorizedRequestException"), 401)

    @property
    def shapes(self) -> Shapes:
        return self.simulator.shapes

    # -- the account and the organisation

    async def sign_in(self, request: Request) -> Response:
        return JSONResponse(self.shapes.sign_in(self.simulator.actor))

    async def people(self, request: Request) -> Response:
        """Names in part, addresses whole; or by number."""
        asked = request.query_params
        wanted, id = asked.get("filterValue", "").lower(), asked.get("identityIds", "")
        found = [
            account
            for account in self.simulator.accounts
            if account.id == id or (wanted and (wanted in account.name.lower() or wanted == account.email.lower()))
        ]
        return JSONResponse(listed(self.shapes.identity(account) for account in found))

    async def project(self, request: Request) -> Response:
        return JSONResponse(self.shapes.project(self._project(request)))

    async def definitions(self, request: Request) -> Response:
        self._project(request)
        return JSONResponse(listed(self.shapes.definition(each) for each in FIELDS.values()))

    async def types(self, request: Request) -> Response:
        return JSONResponse(listed(self.shapes.type(each) for each in self._project(request).types.values()))

    async def words(self, request: Request) -> Response:
        kind: ItemType | None = self._project(request).types.get(request.path_params["type"])
        if kind is None:
            raise Refused(404, said("VS402323: The type does not exist.", "WorkItemTypeNotFound"))
        return JSONResponse(listed(self.shapes.words(kind)))

    # -- work items

    async def item(self, request: Request) -> Response:
        return self._shown(self.boards.item(request.path_params["id"]), request)

    async def items(self, request: Request) -> Response:
        """With `omit`, what is gone is null."""
        body = await request.json()
        if len(body["ids"]) > 200:
            raise Refused(400, said("VS403474: at most 200", "ArgumentException"))
        there = [self.boards.items.get(id) for id in body["ids"]]
        rows = [self.shapes.item(item) if item and not item.deleted else None for item in there]
        if None in rows and body.get("errorPolicy") != "omit":
            raise Refused(404, said("TF401232: a work item does not exist", "Unauthorized"))
        return JSONResponse(listed(rows))

    async def make(self, request: Request) -> Response:
        self._is_patch(request)
        item = self.boards.create(self._project(request), request.path_params["type"], await request.json())
        return self._shown(item, request)

    async def write(self, request: Request) -> Response:
        self._is_patch(request)
        item = self.boards.item(request.path_params["id"])
        self.boards.edit(item, await request.json())
        return self._shown(item, request)

    async def in_bin(self, request: Request) -> Response:
        return JSONResponse(self.shapes.deleted(self.boards.in_bin(request.path_params["id"])))

    def _shown(self, item: StoredItem, request: Request) -> Response:
        expand = request.query_params.get("$expand", "none").lower()
        relations = expand in ("relations", "all")
        return JSONResponse(self.shapes.item(item, relations=relations, names_comment=self.simulator.names_comments))

    def _is_patch(self, request: Request) -> None:
        if request.headers.get("content-type") != "application/json-patch+json":
            raise Refused(415, said("VS403404: unsupported media type", "VssInvalidMediaType"))

    async def query(self, request: Request) -> Response:
        """WIQL of the kind that is asked here: one field equals one text. What is deleted is not found."""
        wiql = (await request.json())["query"]
        found = re.fullmatch(r"SELECT \[System\.Id\] FROM WorkItems WHERE \[([\w.]+)\] = '((?:[^']|'')*)'", wiql)
        if not found or found[1] not in FIELDS:
            raise Refused(400, said("TF51006: The query statement is missing a FROM clause.", "SyntaxException"))
        value = found[2].replace("''", "'").lower()
        items = [
            {"id": item.id, "url": f"{self.shapes.site}/_apis/wit/workItems/{item.id}"}
            for item in self.boards.items.values()
            if str(item.fields.get(found[1], "")).lower() == value
            and not item.deleted
            and self.simulator.indexed(item.created)
        ]
        return JSONResponse({"queryType": "flat", "queryResultType": "workItem", "workItems": items})

    async def revisions(self, request: Request) -> Response:
        """In the order of the organisation, from a place or from a time on."""
        asked = request.query_params
        project = self._project(request).name if "project" in request.path_params else None
        start = int(asked["continuationToken"].partition(";")[0]) if "continuationToken" in asked else 0
        since = datetime.fromisoformat(asked.get("startDateTime", "1970-01-01T00:00:00Z"))
        rows = [
            each
            for each in self.boards.log
            if each.place > start
            and each.at >= since
            and project in (None, each.project)
            and each.item.id in self.boards.items
            and (not each.item.deleted or asked.get("includeDeleted") == "true")
        ]
        page, names = rows[: self.simulator.batch], asked.get("fields", "").split(",")
        end = page[-1] if page else None
        behind = max((each.place for each in self.boards.log if each.at < since), default=start)
        token = f"{end.place};{end.item.id};{end.rev}" if end else f"{behind};0;0"
        address = f"{self.shapes.site}/_apis/wit/reporting/workItemRevisions?continuationToken={token}"
        told = {"nextLink": address, **({"continuationToken": token} if self.simulator.names_tokens else {})}
        values = [self.shapes.revision(each, names) for each in page]
        return JSONResponse({"values": values, "isLastBatch": len(page) == len(rows), **told})

    # -- comments

    async def comments(self, request: Request) -> Response:
        """The newest first."""
        item, asked = self._item(request), request.query_params
        top, start = int(asked.get("$top", "20")), int(asked.get("continuationToken") or "0")
        rows = item.shown[::-1]
        page, end = rows[start : start + top], start + top
        more = {"continuationToken": str(end), "nextPage": f"{request.url}"} if end < len(rows) else {}
        shown = [self.shapes.comment(item, each) for each in page]
        return JSONResponse({"totalCount": len(rows), "count": len(page), "comments": shown, **more})

    async def comment(self, request: Request) -> Response:
        item, comment = self._comment(request)
        return JSONResponse(self.shapes.comment(item, comment))

    async def edit_comment(self, request: Request) -> Response:
        item, comment = self._comment(request)
        self.boards.edit_comment(item, comment, (await request.json())["text"])
        return JSONResponse(self.shapes.comment(item, comment))

    async def delete_comment(self, request: Request) -> Response:
        item, comment = self._comment(request)
        self.boards.delete_comment(item, comment)
        return Response(None, 200)

    # -- files

    async def upload(self, request: Request) -> Response:
        self._project(request)
        content = await request.body()
        if len(content) > self.simulator.max_file:
            raise Refused(400, said("TF237082: The file exceeds the maximum size.", "AttachmentTooLarge"))
        stored = self.boards.upload(request.query_params.get("fileName", ""), content)
        return JSONResponse(self.shapes.upload(stored), 201)

    async def download(self, request: Request) -> Response:
        stored = self.boards.uploads.get(request.path_params["id"])
        if stored is None:
            raise Refused(404, said("TF237090: Does not exist.", "AttachmentNotFound"))
        return Response(stored.content, media_type="application/octet-stream")

    # -- service hooks

    async def subscriptions(self, request: Request) -> Response:
        return JSONResponse(listed(self.shapes.subscription(each) for each in self.simulator.subscriptions.values()))

    async def subscribe(self, request: Request) -> Response:
        return self._subscribed(
            str(uuid.uuid5(uuid.NAMESPACE_URL, f"hook/{self.simulator.new_id()}")), await request.json()
        )

    async def resubscribe(self, request: Request) -> Response:
        return self._subscribed(self._subscription(request), await request.json())

    async def unsubscribe(self, request: Request) -> Response:
        del self.simulator.subscriptions[self._subscription(request)]
        self.simulator.subscribe()
        return Response(None, 200)

    def _subscribed(self, id: str, body: dict[str, Any]) -> Response:
        stored = {"status": "enabled", **body, "id": id}
        if body["consumerInputs"].get("basicAuthPassword") and not body["consumerInputs"]["url"].startswith("https:"):
            raise Refused(400, said("The URL must be HTTPS when basic authentication is used.", "SubscriptionInput"))
        self.simulator.subscriptions[id] = stored
        self.simulator.subscribe()
        return JSONResponse(self.shapes.subscription(stored))

    def _subscription(self, request: Request) -> str:
        id: str = request.path_params["id"]
        if id not in self.simulator.subscriptions:
            raise Refused(404, said("The subscription does not exist.", "SubscriptionNotFound"))
        return id

    # -- inside

    def _project(self, request: Request) -> StoredProject:
        return self.boards.project(request.path_params["project"])

    def _item(self, request: Request) -> StoredItem:
        """In this project only: comments are asked for below one."""
        item = self.boards.item(request.path_params["id"])
        if item.project is not self._project(request):
            raise Refused(404, said("TF401232: not in this project", "Unauthorized"))
        return item

    def _comment(self, request: Request) -> tuple[StoredItem, StoredComment]:
        item = self._item(request)
        return item, self.boards.comment(item, request.path_params["comment"])
