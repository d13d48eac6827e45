"""The simulated site's REST API: which request does what. State and rules are in `site`, JSON in `shapes`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from syncd.sdk.testing.simulator import NOBODY, Refused
from syncd_jira.customers import VISIBILITY
from syncd_jira.rights import NEEDED, NEVER_USED
from syncd_jira.simulator import scheme
from syncd_jira.simulator.jql import BadQuery, parse
from syncd_jira.simulator.shapes import HIDDEN, Shapes
from syncd_jira.simulator.site import Issue, SiteFile, errors

if TYPE_CHECKING:
    from syncd_jira.simulator import JiraSimulator

Handler = Callable[[Request], Awaitable[Response]]


class Routes:
    def __init__(self, simulator: JiraSimulator) -> None:
        self.simulator = simulator
        self.site = simulator.site

    def all(self) -> list[BaseRoute]:
        issue, found = "/issue/{ref}", []
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/myself", self.myself),
            ("GET", "/serverInfo", self.server_info),
            ("GET", "/mypermissions", self.permissions),
            ("GET", "/field", self.fields),
            ("GET", "/priority", self.priorities),
            ("GET", "/status", self.statuses),
            ("GET", "/project/search", self.projects),
            ("GET", "/project/{key}", self.project),
            ("GET", "/user/search", self.users),
            ("POST", "/search/jql", self.search_cloud),
            ("POST", "/search", self.search_data_center),
            ("GET", "/issue/createmeta/{key}/issuetypes", self.create_types),
            ("GET", "/issue/createmeta/{key}/issuetypes/{type}", self.create_screen),
            ("POST", "/issue", self.create),
            ("GET", issue, self.show),
            ("PUT", issue, self.edit),
            ("DELETE", issue, self.delete),
            ("PUT", issue + "/archive", self.archive),
            ("GET", issue + "/changelog", self.changelog),
            ("GET", issue + "/transitions", self.transitions),
            ("POST", issue + "/transitions", self.transition),
            ("GET", issue + "/properties/{property}", self.property),
            ("GET", issue + "/comment", self.comments),
            ("POST", issue + "/comment", self.comment),
            ("GET", issue + "/comment/{id}", self.one_comment),
            ("PUT", issue + "/comment/{id}", self.rewrite),
            ("DELETE", issue + "/comment/{id}", self.unsay),
            ("POST", issue + "/attachments", self.attach),
            ("GET", "/attachment/content/{id}", self.content),
            ("POST", issue + "/remotelink", self.link),
        ]
        for method, path, handler in table:
            found += [Route(f"/rest/api/{version}{path}", self._known(handler), methods=[method]) for version in (2, 3)]
        files = ("/media/{id}", "/secure/attachment/{id}/{name}")
        return [
            *found,
            Route("/rest/servicedeskapi/servicedesk", self._known(self.service_desks), methods=["GET"]),
            *(Route(path, self._known(self.media)) for path in files),
        ]

    def _known(self, handler: Handler) -> Handler:
        """Only for accounts; a stranger is told of nothing but projects."""

        async def handle(request: Request) -> Response:
            if self.simulator.actor is NOBODY and handler not in (self.projects, self.project):
                raise Refused(401, errors("Client must be authenticated to access this resource."))
            if request.method != "GET" and (ref := request.path_params.get("ref")):
                self.simulator.count_write(ref)
            return await handler(request)

        return handle

    # -- what there is

    async def myself(self, request: Request) -> Response:
        return JSONResponse(self._shapes(request).user(self.simulator.actor))

    async def server_info(self, request: Request) -> Response:
        kind = "Cloud" if self.simulator.cloud else "Server"
        now = self._shapes(request).time(self.simulator.clock())
        return JSONResponse(
            {"baseUrl": self.simulator.url, "version": "10.3", "deploymentType": kind, "serverTime": now}
        )

    async def permissions(self, request: Request) -> Response:
        """Cloud wants to hear which; Data Center tells all that there are."""
        held = self.simulator.permissions
        asked = request.query_params.get("permissions", "").split(",")
        names = asked if self.simulator.cloud else sorted({*NEEDED, *NEVER_USED, *held})
        shown = {
            name: {"id": str(number), "key": name, "name": name, "type": "PROJECT", "havePermission": name in held}
            for number, name in enumerate(names)
        }
        return JSONResponse({"permissions": shown})

    async def fields(self, request: Request) -> Response:
        return JSONResponse([self._shapes(request).catalogue(each) for each in scheme.FIELDS])

    async def priorities(self, request: Request) -> Response:
        known, shapes = scheme.BY_ID["priority"], self._shapes(request)
        return JSONResponse([shapes.option(known, word) for word in scheme.PRIORITIES])

    async def statuses(self, request: Request) -> Response:
        return JSONResponse([self._shapes(request).status(each) for each in scheme.STATUSES])

    async def projects(self, request: Request) -> Response:
        shown = [self._shapes(request).whole_project(each) for each in scheme.PROJECTS if self._shown(each)]
        return JSONResponse({"startAt": 0, "maxResults": 100, "total": len(shown), "isLast": True, "values": shown})

    async def project(self, request: Request) -> Response:
        project = _project(request)
        if not self._shown(project):
            raise Refused(404, errors(f"No project could be found with key '{project.key}'."))
        return JSONResponse(self._shapes(request).whole_project(project))

    def _shown(self, project: scheme.Project) -> bool:
        return self.simulator.actor is not NOBODY or project.key in self.simulator.public

    async def service_desks(self, request: Request) -> Response:
        """The Service Desk API pages in its own way; without Jira Service Management there is no such path."""
        if not self.simulator.has_desks:
            raise Refused(404, errors("null for uri"))
        shown = [self._shapes(request).service_desk(each) for each in scheme.PROJECTS if each.is_desk]
        start, limit = int(request.query_params.get("start", 0)), int(request.query_params.get("limit", 50))
        page = shown[start : start + limit]
        last = start + limit >= len(shown)
        return JSONResponse({"size": len(page), "start": start, "limit": limit, "isLastPage": last, "values": page})

    async def users(self, request: Request) -> Response:
        """By name, and by an address that the profile shows; Data Center knows the parameter as `username`."""
        wanted = (request.query_params.get("query") or request.query_params.get("username") or "").lower()
        shapes = self._shapes(request)
        seen = (each for each in self.simulator.accounts if wanted and wanted in _searchable(each))
        return JSONResponse([shapes.user(each) for each in seen])

    async def create_types(self, request: Request) -> Response:
        _project(request)
        return self._page("issueTypes", [self._shapes(request).issue_type(id) for id in scheme.ISSUE_TYPES])

    async def create_screen(self, request: Request) -> Response:
        _project(request)
        shapes = self._shapes(request)
        shown = [
            shapes.screen_field(each, required=each.required, create=True) for each in scheme.FIELDS if each.on_create
        ]
        return self._page("fields", shown)

    def _page(self, name: str, shown: list[Any]) -> Response:
        page = {"startAt": 0, "maxResults": 100, "total": len(shown)}
        return JSONResponse(
            {**page, name: shown} if self.simulator.cloud else {**page, "isLast": True, "values": shown}
        )

    # -- search

    async def search_cloud(self, request: Request) -> Response:
        asked = await request.json()
        found, start, size = self._found(asked), int(asked.get("nextPageToken") or 0), asked.get("maxResults", 50)
        shapes, wanted = self._shapes(request), ",".join(asked.get("fields") or ["id"])
        rows = [
            self._row(shapes, issue, wanted, asked.get("properties") or []) for issue in found[start : start + size]
        ]
        more = start + size < len(found)
        return JSONResponse(
            {"issues": rows, "isLast": not more, **({"nextPageToken": str(start + size)} if more else {})}
        )

    async def search_data_center(self, request: Request) -> Response:
        asked = await request.json()
        found, start, size = self._found(asked), asked.get("startAt", 0), asked.get("maxResults", 50)
        shapes, wanted = self._shapes(request), ",".join(asked.get("fields") or ["*navigable"])
        rows = [self._row(shapes, issue, wanted, []) for issue in found[start : start + size]]
        return JSONResponse({"startAt": start, "maxResults": size, "total": len(found), "issues": rows})

    def _found(self, asked: dict[str, Any]) -> list[Issue]:
        now = self.simulator.clock()
        if self.simulator.refuses_numbers and "updated >= 1" in asked["jql"]:
            raise Refused(400, errors("Date value for field 'updated' is invalid."))
        try:
            query = parse(asked["jql"], now=now)
        except BadQuery as error:
            raise Refused(400, errors(str(error))) from error
        known = (issue.indexed(now - self.simulator.lag) for issue in self.site.issues.values() if not issue.archived)
        return [self.site.issues[row.id] for row in query.select(row for row in known if row)]

    def _row(self, shapes: Shapes, issue: Issue, wanted: str, properties: list[str]) -> dict[str, Any]:
        row = shapes.issue(issue, fields=wanted)
        seen = issue.indexed(self.simulator.clock() - self.simulator.lag)
        if "updated" in row["fields"] and seen:
            row["fields"]["updated"] = shapes.time(seen.updated)  # as the index knew it
        held = {key: issue.properties[key] for key in properties if key in issue.properties}
        return {**row, **({"properties": held} if properties else {})}

    # -- issues

    async def show(self, request: Request) -> Response:
        changelog = "changelog" in request.query_params.get("expand", "").split(",")
        fields = request.query_params.get("fields", "*all")
        return JSONResponse(self._shapes(request).issue(self._issue(request), fields=fields, changelog=changelog))

    async def create(self, request: Request) -> Response:
        asked = await request.json()
        fields = dict(asked.get("fields") or {})
        project, kind = fields.pop("project", {}), fields.pop("issuetype", {})
        key = project.get("key") or next((each.key for each in scheme.PROJECTS if each.id == project.get("id")), "")
        types = {name: id for id, name in scheme.ISSUE_TYPES.items()}
        properties = {each["key"]: each["value"] for each in asked.get("properties") or ()}
        issue = self.site.create(key, str(kind.get("id") or types.get(kind.get("name", ""), "")), fields, properties)
        made = {"id": issue.id, "key": issue.key, "self": f"{self._shapes(request).api}/issue/{issue.id}"}
        return JSONResponse(made, 201)

    async def edit(self, request: Request) -> Response:
        asked = await request.json()
        self.site.edit(self._changeable(request), asked.get("fields") or {}, asked.get("update") or {})
        return Response(None, 204)

    async def delete(self, request: Request) -> Response:
        self.site.delete(self._issue(request))
        return Response(None, 204)

    async def archive(self, request: Request) -> Response:
        self.site.archive(self._issue(request))
        return Response(None, 204)

    async def changelog(self, request: Request) -> Response:
        """Oldest first, unlike inside an issue."""
        log, shapes = self._issue(request).log, self._shapes(request)
        start, size = _offsets(request)
        shown = [shapes.change(each) for each in log[start : start + size]]
        page = {"startAt": start, "maxResults": size, "total": len(log), "isLast": start + size >= len(log)}
        return JSONResponse({**page, "values": shown})

    async def transitions(self, request: Request) -> Response:
        shapes = self._shapes(request)
        steps = [shapes.transition(each) for each in self.site.transitions(self._issue(request))]
        if "transitions.fields" not in request.query_params.get("expand", ""):
            steps = [{name: value for name, value in step.items() if name != "fields"} for step in steps]
        return JSONResponse({"transitions": steps})

    async def transition(self, request: Request) -> Response:
        asked = await request.json()
        self.site.transition(self._changeable(request), str(asked["transition"]["id"]), asked.get("fields") or {})
        return Response(None, 204)

    async def property(self, request: Request) -> Response:
        key, held = request.path_params["property"], self._issue(request).properties
        if key not in held:
            raise Refused(404, errors(f"The property {key} does not exist."))
        return JSONResponse({"key": key, "value": held[key]})

    # -- comments

    async def comments(self, request: Request) -> Response:
        start, size = _offsets(request)
        return JSONResponse(
            self._shapes(request).comments(
                self._issue(request).comments, start=start, size=size, properties=_expands_properties(request)
            )
        )

    async def comment(self, request: Request) -> Response:
        """Customers of a service project read it, unless its property says that it is internal."""
        asked = await request.json()
        properties = {each["key"]: each["value"] for each in asked.get("properties") or ()}
        public = self._public(properties)
        said = self.site.say(self._changeable(request), asked["body"], public=public, properties=properties)
        return JSONResponse(self._shapes(request).comment(said, properties=_expands_properties(request)), 201)

    def _public(self, properties: Mapping[str, Any]) -> bool:
        return self.simulator.exposes or (properties.get(VISIBILITY) or {}).get("internal") is not True

    async def one_comment(self, request: Request) -> Response:
        comment = self.site.comment(self._issue(request), request.path_params["id"])
        return JSONResponse(self._shapes(request).comment(comment, properties=_expands_properties(request)))

    async def rewrite(self, request: Request) -> Response:
        """Properties that are sent take the place of all that there were; without any, nobody says what stays."""
        issue, asked = self._changeable(request), await request.json()
        comment = self.site.comment(issue, request.path_params["id"])
        properties = {each["key"]: each["value"] for each in asked.get("properties") or ()}
        if properties or self.simulator.forgets:
            comment.properties, comment.public = properties, self._public(properties)
        self.site.rewrite(issue, comment, asked["body"])
        return JSONResponse(self._shapes(request).comment(comment, properties=_expands_properties(request)))

    async def unsay(self, request: Request) -> Response:
        issue = self._changeable(request)
        self.site.unsay(issue, self.site.comment(issue, request.path_params["id"]))
        return Response(None, 204)

    # -- files and links

    async def attach(self, request: Request) -> Response:
        if request.headers.get("x-atlassian-token") != "no-check":
            raise Refused(403, errors("XSRF check failed"))
        issue, made = self._changeable(request), []
        async with request.form() as form:
            for part in form.getlist("file"):
                if isinstance(part, UploadFile):
                    kind = part.content_type or "application/octet-stream"
                    content = await part.read()
                    made.append(self.site.attach(issue, name=part.filename or "file", media_type=kind, content=content))
        return JSONResponse([self._shapes(request).file(each) for each in made])

    async def content(self, request: Request) -> Response:
        """Cloud keeps the bytes elsewhere."""
        self._file(request.path_params["id"])
        return RedirectResponse(f"{self.simulator.url}/media/{quote(request.path_params['id'])}", 303)

    async def media(self, request: Request) -> Response:
        file = self._file(request.path_params["id"])
        return Response(file.content, media_type=file.media_type)

    def _file(self, id: str) -> SiteFile:
        for issue in self.site.issues.values():
            for file in issue.files:
                if file.id == id:
                    return file
        raise Refused(404, errors(f"The attachment with id '{id}' does not exist."))

    async def link(self, request: Request) -> Response:
        asked = await request.json()
        made, new = self.site.link(self._changeable(request), asked["globalId"], asked)
        address = f"{self._shapes(request).api}/issue/{request.path_params['ref']}/remotelink/{made['id']}"
        return JSONResponse({"id": made["id"], "self": address}, 201 if new and self.simulator.cloud else 200)

    # -- inside

    def _shapes(self, request: Request) -> Shapes:
        return self.simulator.shapes(documents=request.url.path.startswith("/rest/api/3"))

    def _issue(self, request: Request) -> Issue:
        return self.site.issue(request.path_params["ref"])

    def _changeable(self, request: Request) -> Issue:
        return self.site.changeable(request.path_params["ref"])


def _project(request: Request) -> scheme.Project:
    for project in scheme.PROJECTS:
        if project.key == request.path_params["key"]:
            return project
    raise Refused(404, errors("No project could be found with key '{}'.".format(request.path_params["key"])))


def _searchable(account: Any) -> str:
    shown = "" if HIDDEN in account.scopes else account.email
    return f"{account.name} {shown}".lower()


def _offsets(request: Request) -> tuple[int, int]:
    query = request.query_params
    return int(query.get("startAt", 0)), min(int(query.get("maxResults", 50)), 100)


def _expands_properties(request: Request) -> bool:
    return "properties" in request.query_params.get("expand", "").split(",")
