"""The API of the simulated Redmine, as far as the connector and the people of its tests use it."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from syncd.sdk.testing.simulator import Refused
from syncd_redmine.simulator import filters
from syncd_redmine.simulator.instance import head
from syncd_redmine.simulator.seed import CUSTOM_FIELDS, PRIORITIES, STATUSES, TRACKERS
from syncd_redmine.simulator.shapes import Shapes, login, status

if TYPE_CHECKING:
    from syncd_redmine.simulator import RedmineSimulator

Handler = Callable[[Request], Awaitable[Response]]
PAGE = "<!DOCTYPE html>\n<html><body>Redmine</body></html>"
SWITCH = "x-redmine-switch-user"


class Json(JSONResponse):
    media_type = "application/json; charset=utf-8"


class Routes:
    """One handler for each operation."""

    def __init__(self, simulator: RedmineSimulator) -> None:
        self.simulator = simulator
        self.instance = simulator.instance
        self.state = simulator.instance.state
        self.rights = simulator.instance.rights

    def all(self) -> Sequence[BaseRoute]:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/issues.json", self.issues),
            ("POST", "/issues.json", self.create),
            ("GET", "/issues/{id}.json", self.issue),
            ("PUT", "/issues/{id}.json", self.update),
            ("DELETE", "/issues/{id}.json", self.delete),
            ("POST", "/issues/{id}/watchers.json", self.watch),
            ("DELETE", "/issues/{id}/watchers/{user:int}.json", self.unwatch),
            ("PUT", "/journals/{id:int}.json", self.edit_note),
            ("POST", "/uploads.json", self.upload),
            ("GET", "/attachments/{id:int}.json", self.file),
            ("DELETE", "/attachments/{id:int}.json", self.delete_file),
            ("GET", "/attachments/download/{id:int}", self.download),
            ("GET", "/attachments/download/{id:int}/{name}", self.download),
            ("GET", "/users.json", self.users),
            ("GET", "/users/current.json", self.me),
            ("GET", "/users/{id:int}.json", self.user),
            ("GET", "/roles/{id:int}.json", self.role),
            ("GET", "/projects.json", self.projects),
            ("GET", "/projects/{project}/versions.json", self.versions),
            ("GET", "/projects/{project}.json", self.project),
            ("GET", "/issue_statuses.json", self.statuses),
            ("GET", "/enumerations/issue_priorities.json", self.priorities),
            ("GET", "/trackers.json", self.trackers),
            ("GET", "/custom_fields.json", self.custom_fields),
        ]
        pages = [Route(path, self._known(_page)) for path in ("/issues", "/issues/{id:int}", "/projects")]
        return [*(Route(path, self._known(handler), methods=[method]) for method, path, handler in table), *pages]

    def _known(self, handler: Handler) -> Handler:
        async def handled(request: Request) -> Response:
            if not self.simulator.actor.id:
                challenge = {"content-type": "application/json", "www-authenticate": 'Basic realm="Redmine API"'}
                raise Refused(401, headers=challenge)
            if SWITCH in request.headers and self.rights.admin:
                return await self._as(request.headers[SWITCH], handler, request)
            return await handler(request)

        return handled

    async def _as(self, name: str, handler: Handler, request: Request) -> Response:
        """What an administrator does in the name of somebody else."""
        other = next((each for each in self.simulator.accounts if login(each) == name), None)
        if other is None:
            head(412)
        with self.simulator.acting(other):
            return await handler(request)

    @property
    def shapes(self) -> Shapes:
        return Shapes(self.state, self.rights, self.simulator.url)

    # -- issues

    async def issues(self, request: Request) -> Response:
        found = filters.chosen(self.instance, request.query_params)
        offset, limit = filters.page(request.query_params)
        rows = [self.shapes.issue(each, _include(request)) for each in found[offset : offset + limit]]
        return Json({"issues": rows, "total_count": len(found), "offset": offset, "limit": limit})

    async def create(self, request: Request) -> Response:
        issue = self.instance.create(await _given(request, "issue"))
        where = {"location": f"{self.simulator.url}/issues/{issue.id}"}
        return Json({"issue": self.shapes.issue(issue)}, 201, where)

    async def issue(self, request: Request) -> Response:
        issue = self.instance.issue(request.path_params["id"])
        return Json({"issue": self.shapes.issue(issue, _include(request))})

    async def update(self, request: Request) -> Response:
        issue = self.instance.issue(request.path_params["id"])
        self.instance.update(issue, await _given(request, "issue"))
        return Response(None, 204)

    async def delete(self, request: Request) -> Response:
        self.instance.delete(self.instance.issue(request.path_params["id"]))
        return Response(None, 204)

    async def watch(self, request: Request) -> Response:
        user = (await _json(request)).get("user_id")
        self.instance.watch(self.instance.issue(request.path_params["id"]), int(user or 0), on=True)
        return Response(None, 204)

    async def unwatch(self, request: Request) -> Response:
        issue = self.instance.issue(request.path_params["id"])
        self.instance.watch(issue, request.path_params["user"], on=False)
        return Response(None, 204)

    async def edit_note(self, request: Request) -> Response:
        self.instance.edit_note(request.path_params["id"], await _given(request, "journal"))
        return Response(None, 204)

    # -- files

    async def upload(self, request: Request) -> Response:
        if request.headers.get("content-type") != "application/octet-stream":
            head(406)
        name = request.query_params.get("filename") or f"{self.state.number('nameless'):032x}"
        kind = request.query_params.get("content_type") or mimetypes.guess_type(name)[0] or ""
        file = self.instance.upload(name, kind, await request.body())
        return Json({"upload": {"id": file.id, "token": file.token}}, 201)

    async def file(self, request: Request) -> Response:
        file, _ = self.instance.file(request.path_params["id"])
        return Json({"attachment": self.shapes.file(file)})

    async def delete_file(self, request: Request) -> Response:
        self.instance.delete_file(request.path_params["id"])
        return Response(None, 204)

    async def download(self, request: Request) -> Response:
        """Its address has no `.json`, so it is refused with a page."""
        try:
            return self._content(request)
        except Refused as error:
            return HTMLResponse(PAGE, error.response.status_code)

    def _content(self, request: Request) -> Response:
        file, _ = self.instance.file(request.path_params["id"])
        if request.path_params.get("name", file.name) != file.name:
            head(404)
        kind = {"content-type": file.media_type or "application/octet-stream"}
        return Response(file.content, headers=kind)

    # -- people

    async def me(self, request: Request) -> Response:
        return Json({"user": self.shapes.user(self.simulator.actor, include=_include(request))})

    async def user(self, request: Request) -> Response:
        found = self.state.account(request.path_params["id"])
        if found is None:
            head(404)
        return Json({"user": self.shapes.user(found, include=_include(request))})

    async def users(self, request: Request) -> Response:
        """By a piece of a login, a name or an address, in the order of the logins."""
        self._administrator()
        wanted = request.query_params.get("name", "").lower()
        people = sorted(self.simulator.accounts, key=login)
        found = [each for each in people if wanted in f"{login(each)}\n{each.name}\n{each.email}".lower()]
        return self._listed(request, "users", [self.shapes.user(each, row=True) for each in found])

    async def role(self, request: Request) -> Response:
        if request.path_params["id"] not in self.state.roles:
            head(404)
        return Json({"role": self.shapes.role(self.state.roles[request.path_params["id"]])})

    # -- what is set up

    async def projects(self, request: Request) -> Response:
        seen = [each for each in self.state.projects.values() if self.rights.may("view_issues", each)]
        rows = [self.shapes.project(each, include=_include(request), row=True) for each in seen]
        return self._listed(request, "projects", rows)

    async def project(self, request: Request) -> Response:
        project = self.instance.project(request.path_params["project"])
        return Json({"project": self.shapes.project(project, include=_include(request))})

    async def versions(self, request: Request) -> Response:
        project = self.instance.project(request.path_params["project"])
        rows = [self.shapes.version(number, name, project) for number, name in project.versions.items()]
        return Json({"versions": rows, "total_count": len(rows)})

    async def statuses(self, request: Request) -> Response:
        return Json({"issue_statuses": [status(each) for each in STATUSES.values()]})

    async def priorities(self, request: Request) -> Response:
        return Json({"issue_priorities": [self.shapes.priority(each) for each in PRIORITIES.values()]})

    async def trackers(self, request: Request) -> Response:
        return Json({"trackers": [self.shapes.tracker(each) for each in TRACKERS.values()]})

    async def custom_fields(self, request: Request) -> Response:
        self._administrator()
        return Json({"custom_fields": [self.shapes.custom_field(each) for each in CUSTOM_FIELDS.values()]})

    # -- inside

    def _administrator(self) -> None:
        if not self.rights.admin:
            head(403)

    def _listed(self, request: Request, key: str, rows: list[dict[str, Any]]) -> Response:
        offset, limit = filters.page(request.query_params)
        shown = rows[offset : offset + limit]
        return Json({key: shown, "total_count": len(rows), "offset": offset, "limit": limit})


async def _page(request: Request) -> Response:
    """Without `.json` everybody gets a page for people, and 200."""
    return HTMLResponse(PAGE)


def _include(request: Request) -> list[str]:
    return request.query_params.get("include", "").split(",")


async def _json(request: Request) -> Mapping[str, Any]:
    try:
        found = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise Refused(400, headers={"content-type": "text/html; charset=utf-8"}) from error
    return found if isinstance(found, dict) else {}


async def _given(request: Request, key: str) -> Mapping[str, Any]:
    found = (await _json(request)).get(key)
    return found if isinstance(found, dict) else {}
