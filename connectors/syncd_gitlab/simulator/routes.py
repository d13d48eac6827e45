"""The simulated GitLab's API, as far as the connector uses it. Sources: REST v4, doc/api/{issues,notes}.md."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from syncd.sdk.testing.simulator import Refused
from syncd_gitlab.config import API
from syncd_gitlab.simulator.shapes import Shapes
from syncd_gitlab.simulator.state import StoredHook, StoredIssue, StoredNote, StoredProject

if TYPE_CHECKING:
    from syncd_gitlab.simulator import GitlabSimulator

Handler = Callable[[Request], Awaitable[Response]]

EVENTS = ("push_events", "issues_events", "confidential_issues_events", "note_events", "confidential_note_events")
ISSUE = "/projects/{project}/issues/{iid}"


class Routes:
    """One handler for each operation."""

    def __init__(self, simulator: GitlabSimulator) -> None:
        self.simulator = simulator
        self.tracker = simulator.tracker

    def all(self) -> Sequence[BaseRoute]:
        """The path of a project comes with its slashes encoded, which Starlette decodes; so it is asked for last."""
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/user", self.me),
            ("GET", "/personal_access_tokens/self", self.token),
            ("GET", "/users", self.users),
            ("GET", "/version", self.version),
            ("GET", "/issues/{id}", self.issue_by_id),
            ("GET", "/groups/{group}/issues", self.group_issues),
            ("GET", "/projects/{project}/issues", self.issues),
            ("POST", "/projects/{project}/issues", self.make),
            ("PUT", ISSUE, self.write),
            ("DELETE", ISSUE, self.delete),
            ("GET", f"{ISSUE}/notes", self.notes),
            ("POST", f"{ISSUE}/notes", self.add_note),
            ("GET", f"{ISSUE}/notes/{{note}}", self.note),
            ("PUT", f"{ISSUE}/notes/{{note}}", self.edit_note),
            ("DELETE", f"{ISSUE}/notes/{{note}}", self.delete_note),
            ("GET", f"{ISSUE}/resource_{{kind}}_events", self.events),
            ("GET", "/projects/{project}/labels", self.labels),
            ("POST", "/projects/{project}/uploads", self.upload),
            ("GET", "/projects/{project}/uploads/{secret}/{name}", self.download),
            ("GET", "/projects/{project}/hooks", self.hooks),
            ("POST", "/projects/{project}/hooks", self.make_hook),
            ("GET", "/projects/{project}/hooks/{hook}", self.hook),
            ("PUT", "/projects/{project}/hooks/{hook}", self.edit_hook),
            ("DELETE", "/projects/{project}/hooks/{hook}", self.delete_hook),
            ("POST", "/projects/{project}/hooks/{hook}/test/issues_events", self.try_hook),
            ("GET", "/projects/{project:path}/issues/{iid}", self.issue),
            ("GET", "/projects/{project:path}", self.project),
        ]
        return [Route(API + path, self._known(handler), methods=[method]) for method, path, handler in table]

    def _known(self, handler: Handler) -> Handler:
        async def handled(request: Request) -> Response:
            if not self.simulator.actor.id:
                raise Refused(401, {"message": "401 Unauthorized"})
            return await handler(request)

        return handled

    @property
    def shapes(self) -> Shapes:
        return Shapes(self.simulator.url, self.simulator.actor)

    # -- the account and projects

    async def me(self, request: Request) -> Response:
        return JSONResponse(self.shapes.profile(self.simulator.actor))

    async def token(self, request: Request) -> Response:
        day = self.simulator.token_ends
        shown = {"id": 7, "name": "syncd", "revoked": False, "scopes": ["api"], "active": True}
        return JSONResponse({**shown, "user_id": int(self.simulator.actor.id), "expires_at": day and day.isoformat()})

    async def version(self, request: Request) -> Response:
        return JSONResponse({"version": self.simulator.version, "revision": "abc123"})

    async def users(self, request: Request) -> Response:
        """Names in part; addresses whole, private ones for administrators only."""
        wanted = request.query_params.get("search", "").lower()
        admin = "admin" in self.simulator.actor.scopes
        found = [
            account
            for account in self.simulator.accounts
            if wanted in account.name.lower()
            or (wanted == account.email.lower() and (admin or "public mail" in account.scopes))
        ]
        return self._page(request, [self.shapes.profile(account) for account in found])

    async def project(self, request: Request) -> Response:
        return JSONResponse(self.shapes.project(self._project(request)))

    async def labels(self, request: Request) -> Response:
        names = sorted(self._project(request).labels)
        return self._page(request, [{"id": number, "name": name} for number, name in enumerate(names, 1)])

    # -- issues

    async def issue(self, request: Request) -> Response:
        return JSONResponse(self.shapes.issue(self._issue(request)))

    async def issue_by_id(self, request: Request) -> Response:
        if "admin" not in self.simulator.actor.scopes:
            raise Refused(403, {"message": "403 Forbidden"})
        for project in self.tracker.projects.values():
            for issue in project.issues.values():
                if str(issue.id) == request.path_params["id"]:
                    return JSONResponse(self.shapes.issue(issue))
        raise Refused(404, {"message": "404 Not found"})

    async def issues(self, request: Request) -> Response:
        return self._listed(request, [self._project(request)])

    async def group_issues(self, request: Request) -> Response:
        group = request.path_params["group"]
        return self._listed(request, [each for each in self._projects() if each.path.startswith(f"{group}/")])

    async def make(self, request: Request) -> Response:
        issue = self.tracker.create(self._project(request), await request.json())
        self.simulator.note_create(issue)
        return JSONResponse(self.shapes.issue(issue), 201)

    async def write(self, request: Request) -> Response:
        body = await request.json()
        if not body:
            raise Refused(400, {"error": "title, description, state_event are missing, at least one must be provided"})
        issue = self._issue(request)
        self.tracker.edit(issue, body)
        return JSONResponse(self.shapes.issue(issue))

    async def delete(self, request: Request) -> Response:
        self.tracker.delete(self._issue(request))
        return Response(None, 204)

    # -- notes and events

    async def notes(self, request: Request) -> Response:
        """The newest first, unless asked otherwise; internal ones for members only."""
        issue, asked = self._issue(request), request.query_params
        by: Callable[[StoredNote], Any] = lambda note: (  # noqa: E731  a key, not a function with a life of its own
            note.updated if asked.get("order_by") == "updated_at" else note.created,
            note.id,
        )
        shown = [note for note in issue.notes if not note.internal or self.tracker.may("reporter")]
        shown.sort(key=by, reverse=asked.get("sort") != "asc")
        return self._page(request, [self.shapes.note(note, issue) for note in shown])

    async def note(self, request: Request) -> Response:
        issue, note = self._note(request)
        return JSONResponse(self.shapes.note(note, issue))

    async def add_note(self, request: Request) -> Response:
        issue, body = self._issue(request), await request.json()
        internal = bool(body.get("internal")) and self.simulator.knows_internal_notes
        note = self.tracker.say(issue, body["body"], internal=internal)
        return JSONResponse(self.shapes.note(note, issue), 201)

    async def edit_note(self, request: Request) -> Response:
        issue, note = self._note(request)
        self.tracker.edit_note(issue, note, (await request.json())["body"])
        return JSONResponse(self.shapes.note(note, issue))

    async def delete_note(self, request: Request) -> Response:
        issue, note = self._note(request)
        self.tracker.delete_note(issue, note)
        self.simulator.did("delete comment", issue.ref, body={"id": str(note.id)})
        return Response(None, 204)

    async def events(self, request: Request) -> Response:
        issue, kind = self._issue(request), request.path_params["kind"]
        events = {"label": issue.label_events, "state": issue.state_events, "milestone": issue.milestone_events}[kind]
        return self._page(request, [self.shapes.event(each, issue, kind=kind) for each in events])

    # -- files

    async def upload(self, request: Request) -> Response:
        project = self._project(request)
        async with request.form() as form:
            sent: Any = form["file"]
            name, content = str(sent.filename), await sent.read()
        if len(content) > self.simulator.max_file:
            raise Refused(413, {"message": "413 Request Entity Too Large"})
        secret, stored = self.tracker.upload(project, name, content)
        image = "!" if stored.lower().endswith((".png", ".jpg", ".gif", ".webp")) else ""
        url = f"/uploads/{secret}/{stored}"
        answer = {"id": self.simulator.new_id(), "alt": stored, "url": url, "markdown": f"{image}[{stored}]({url})"}
        return JSONResponse({**answer, "full_path": f"/-/project/{project.id}{url}"}, 201)

    async def download(self, request: Request) -> Response:
        secret, name = request.path_params["secret"], request.path_params["name"]
        stored = self._project(request).uploads.get(secret)
        if stored is None or stored[0] != name:
            raise Refused(404, {"message": "404 Not found"})
        return Response(stored[1], media_type="application/octet-stream")

    # -- webhooks

    async def hooks(self, request: Request) -> Response:
        project = self._maintained(request)
        return self._page(request, [self.shapes.hook(hook, project) for hook in project.hooks.values()])

    async def hook(self, request: Request) -> Response:
        project, hook = self._hook(request)
        return JSONResponse(self.shapes.hook(hook, project))

    async def make_hook(self, request: Request) -> Response:
        project, body = self._maintained(request), await request.json()
        hook = StoredHook(self.simulator.new_id(), body["url"], events=frozenset({"push_events"}))
        project.hooks[hook.id] = hook
        self._change(hook, body)
        return JSONResponse(self.shapes.hook(hook, project), 201)

    async def edit_hook(self, request: Request) -> Response:
        """It does not switch on a hook that GitLab gave up."""
        project, hook = self._hook(request)
        self._change(hook, await request.json())
        return JSONResponse(self.shapes.hook(hook, project))

    async def delete_hook(self, request: Request) -> Response:
        project, hook = self._hook(request)
        del project.hooks[hook.id]
        self.simulator.subscribe()
        return Response(None, 204)

    async def try_hook(self, request: Request) -> Response:
        _, hook = self._hook(request)
        hook.status = "executable"
        return Response(None, 201)

    def _change(self, hook: StoredHook, body: dict[str, Any]) -> None:
        hook.url, hook.token = body.get("url", hook.url), body.get("token", hook.token)
        wanted = {name for name in EVENTS if body.get(name, name in hook.events)}
        hook.events = frozenset(wanted)
        self.simulator.subscribe()

    # -- inside

    def _projects(self) -> list[StoredProject]:
        return list(self.tracker.projects.values())

    def _project(self, request: Request) -> StoredProject:
        return self.tracker.project(request.path_params["project"])

    def _maintained(self, request: Request) -> StoredProject:
        if not self.tracker.may("maintainer"):
            raise Refused(403, {"message": "403 Forbidden"})
        return self._project(request)

    def _issue(self, request: Request) -> StoredIssue:
        return self.tracker.issue(request.path_params["project"], request.path_params["iid"])

    def _note(self, request: Request) -> tuple[StoredIssue, StoredNote]:
        issue = self._issue(request)
        return issue, self.tracker.note(issue, request.path_params["note"])

    def _hook(self, request: Request) -> tuple[StoredProject, StoredHook]:
        project, id = self._maintained(request), request.path_params["hook"]
        hook = project.hooks.get(int(id)) if id.isdecimal() else None
        if hook is None:
            raise Refused(404, {"message": "404 Not found"})
        return project, hook

    def _listed(self, request: Request, projects: Sequence[StoredProject]) -> Response:
        """`scope` is created_by_me where it is not said."""
        asked = request.query_params
        found = [issue for project in projects for issue in project.issues.values() if self._wanted(issue, asked)]
        by = asked.get("order_by", "created_at").removesuffix("_at")
        found.sort(key=lambda issue: (getattr(issue, by), issue.id), reverse=asked.get("sort") != "asc")
        return self._page(request, [self.shapes.issue(issue) for issue in found])

    def _wanted(self, issue: StoredIssue, asked: Any) -> bool:
        me, state = self.simulator.actor, asked.get("state", "all")
        title = issue.project.milestones.get(issue.milestone or 0)
        return (
            (asked.get("scope", "created_by_me") == "all" or issue.author.id == me.id)
            and (not issue.confidential or self.tracker.may("reporter") or issue.author.id == me.id)
            and state in ("all", issue.state)
            and asked.get("author_id", issue.author.id) == issue.author.id
            and asked.get("milestone", title) == title
            and issue.updated >= _moment(asked.get("updated_after"))
            and issue.created >= _moment(asked.get("created_after"))
        )

    def _page(self, request: Request, rows: list[dict[str, Any]]) -> Response:
        page, size = int(request.query_params.get("page", "1")), int(request.query_params.get("per_page", "20"))
        start = (page - 1) * min(size, 100)
        return JSONResponse(
            rows[start : start + min(size, 100)], headers={"x-page": str(page), "x-per-page": str(size)}
        )


def _moment(text: str | None) -> datetime:
    if text is not None and not re.match(r"\d{4}-\d\d-\d\dT", text):
        raise Refused(400, {"error": "updated_after is invalid"})
    return datetime.fromisoformat(text or "1970-01-01T00:00:00Z")
