"""The simulated site's REST API: which request does what. State and rules are in `site`, JSON in `shapes`."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from syncd.sdk.testing.simulator import NOBODY, Refused
from syncd_github.simulator.shapes import SHOWN, Shapes, time
from syncd_github.simulator.site import Hook, Issue, Repository, invalid, problem

if TYPE_CHECKING:
    from syncd_github.simulator import GitHubSimulator

Handler = Callable[[Request], Awaitable[Response]]
T = TypeVar("T")
MOVED = "Moved Permanently"


class Routes:
    def __init__(self, simulator: GitHubSimulator) -> None:
        self.simulator = simulator
        self.site = simulator.site

    def all(self) -> list[BaseRoute]:
        repo, issue = "/repos/{owner}/{repo}", "/repos/{owner}/{repo}/issues/{number:int}"
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/user", self.me),
            ("GET", "/app", self.app),
            ("POST", "/app/installations/{id:int}/access_tokens", self.access_token),
            ("GET", "/users/{login}", self.user),
            ("GET", "/search/users", self.search_users),
            ("GET", repo, self.repository),
            ("GET", "/repositories/{id:int}", self.repository_by_id),
            ("GET", "/repositories/{id:int}/issues/{number:int}", self.issue_by_id),
            ("GET", repo + "/assignees/{login}", self.assignable),
            ("GET", repo + "/labels", self.labels),
            ("GET", repo + "/milestones", self.milestones),
            ("GET", repo + "/hooks", self.hooks),
            ("POST", repo + "/hooks", self.make_hook),
            ("PATCH", repo + "/hooks/{id:int}", self.mend_hook),
            ("DELETE", repo + "/hooks/{id:int}", self.remove_hook),
            ("GET", repo + "/issues", self.issues),
            ("POST", repo + "/issues", self.create),
            ("GET", repo + "/issues/comments", self.all_comments),
            ("PATCH", repo + "/issues/comments/{id:int}", self.rewrite),
            ("DELETE", repo + "/issues/comments/{id:int}", self.unsay),
            ("GET", issue, self.show),
            ("PATCH", issue, self.edit),
            ("GET", issue + "/events", self.events),
            ("GET", issue + "/comments", self.comments),
            ("POST", issue + "/comments", self.say),
            ("POST", issue + "/labels", self.add_labels),
            ("DELETE", issue + "/labels/{name:path}", self.remove_label),
        ]
        known = [Route(path, self._known(handler), methods=[method]) for method, path, handler in table]
        return [*known, Route("/{owner}/{repo}/issues/{number:int}", self.page)]

    def _known(self, handler: Handler) -> Handler:
        """Only for accounts; with the limits on each answer, and a 304 for who has the same already."""

        async def handle(request: Request) -> Response:
            if self.simulator.actor is NOBODY:
                raise Refused(401, problem("Bad credentials"))
            self.simulator.count(request)
            answer = await handler(request)
            if request.method == "GET" and answer.status_code == 200:
                etag = f'W/"{hashlib.sha256(bytes(answer.body)).hexdigest()}"'
                if request.headers.get("if-none-match") == etag:
                    answer = Response(status_code=304)
                    self.simulator.uncount()
                answer.headers["etag"] = etag
            answer.headers.update(self.simulator.shown_limits())
            return answer

        return handle

    async def page(self, request: Request) -> Response:
        """Where the addresses lead that GitHub shows to people."""
        repository = self.site.named(f"{request.path_params['owner']}/{request.path_params['repo']}")
        ref = f"{repository.id}-{request.path_params['number']}" if repository else ""
        return RedirectResponse(f"{self.simulator.page_path}/{ref}")

    # -- people and Apps

    async def me(self, request: Request) -> Response:
        if self.simulator.app and self.simulator.actor is self.simulator.app.bot:
            raise Refused(403, problem("Resource not accessible by integration"))
        headers = {"github-authentication-token-expiration": "2026-12-31 00:00:00 UTC"}
        return JSONResponse(self._shapes.own_profile(self.simulator.actor), headers=headers)

    async def app(self, request: Request) -> Response:
        app = self._proven(request)
        owner, made = self._shapes.user(self.simulator.accounts[0]), "2020-01-01T00:00:00Z"
        address = f"{self.simulator.url}/apps/{app.slug}"
        shown = {"id": app.id, "slug": app.slug, "node_id": "A_1", "owner": owner, "name": "syncd of Acme"}
        more: dict[str, Any] = {"description": None, "external_url": address, "html_url": address, "events": []}
        dates = {"created_at": made, "updated_at": made}
        return JSONResponse({**shown, **more, **dates, "permissions": app.permissions})

    async def access_token(self, request: Request) -> Response:
        app = self._proven(request)
        if request.path_params["id"] != app.installation:
            raise Refused(404, problem("Not Found"))
        token, until = app.renew(now=self.simulator.clock(), new_id=self.simulator.new_id)
        shown = {"token": token, "expires_at": time(until), "permissions": app.permissions}
        return JSONResponse({**shown, "repository_selection": "selected"}, 201)

    def _proven(self, request: Request) -> Any:
        app = self.simulator.app
        proof = request.headers.get("authorization", "").removeprefix("Bearer ")
        if app is None or not app.proves(proof, now=self.simulator.clock()):
            raise Refused(401, problem("A JSON web token could not be decoded"))
        return app

    async def user(self, request: Request) -> Response:
        account = self.simulator.by_login(request.path_params["login"])
        if account is None:
            raise Refused(404, problem("Not Found"))
        return JSONResponse(self._shapes.profile(account))

    async def search_users(self, request: Request) -> Response:
        """Of addresses only those that profiles show, and any that begin like the word."""
        words = request.query_params.get("q", "").split()
        if len(words) != 2 or words[1] != "in:email":
            raise Refused(422, invalid("q", "invalid"))
        shown = (each for each in self.simulator.accounts if SHOWN in each.scopes)
        found = [each for each in shown if each.email.casefold().startswith(words[0].casefold())]
        items = [{**self._shapes.user(each), "score": 1.0} for each in found]
        return JSONResponse({"total_count": len(items), "incomplete_results": False, "items": items})

    async def assignable(self, request: Request) -> Response:
        account = self.simulator.by_login(request.path_params["login"])
        if account is None or account.id not in self._repository(request).push:
            raise Refused(404, problem("Not Found"))
        return Response(status_code=204)

    # -- repositories

    async def repository(self, request: Request) -> Response:
        name = f"{request.path_params['owner']}/{request.path_params['repo']}"
        if self.site.named(name) is None and (id := self.site.old_names.get(name.casefold())):
            return self._moved(f"/repositories/{id}")
        return self._shown(self._repository(request))

    async def repository_by_id(self, request: Request) -> Response:
        return self._shown(self._repository(request))

    def _shown(self, repository: Repository) -> Response:
        return JSONResponse(self._shapes.full_repository(repository, push=self.site.may_write(repository)))

    async def labels(self, request: Request) -> Response:
        repository = self._repository(request)
        rows = [self._shapes.label(repository, name) for name in repository.labels.values()]
        return self._page(request, rows)

    async def milestones(self, request: Request) -> Response:
        repository = self._repository(request)
        rows = [self._shapes.milestone_of(repository, each) for each in repository.milestones]
        return self._page(request, rows)

    # -- webhooks

    async def hooks(self, request: Request) -> Response:
        repository = self._administered(request)
        return self._page(request, [self._shapes.hook(repository, each) for each in repository.hooks])

    async def make_hook(self, request: Request) -> Response:
        repository, asked = self._administered(request), await request.json()
        config = asked.get("config") or {}
        if not config.get("url"):
            raise Refused(422, invalid("url", "missing_field"))
        if config["url"] in {each.url for each in repository.hooks}:
            raise Refused(422, invalid("hook", "custom", message="Hook already exists on this repository"))
        hook = Hook(self.simulator.new_id(), "", "", ["push"], True, "form", self.site.now())
        self._set_hook(hook, asked)
        repository.hooks.append(hook)
        self.simulator.hooks_changed()
        return JSONResponse(self._shapes.hook(repository, hook), 201)

    async def mend_hook(self, request: Request) -> Response:
        repository = self._administered(request)
        hook = self._hook(repository, request)
        self._set_hook(hook, await request.json())
        self.simulator.hooks_changed()
        return JSONResponse(self._shapes.hook(repository, hook))

    async def remove_hook(self, request: Request) -> Response:
        repository = self._administered(request)
        repository.hooks.remove(self._hook(repository, request))
        self.simulator.hooks_changed()
        return Response(status_code=204)

    def _set_hook(self, hook: Hook, asked: dict[str, Any]) -> None:
        """A config that is sent replaces the whole of it, the secret too."""
        if "config" in asked:
            config = asked["config"]
            hook.url, hook.secret = config.get("url", hook.url), config.get("secret", "")
            hook.content_type = config.get("content_type", "form")
        hook.events = asked.get("events", hook.events)
        hook.events = list(dict.fromkeys([*hook.events, *asked.get("add_events", ())]))
        hook.active = asked.get("active", hook.active)

    def _hook(self, repository: Repository, request: Request) -> Hook:
        for hook in repository.hooks:
            if hook.id == request.path_params["id"]:
                return hook
        raise Refused(404, problem("Not Found"))

    def _administered(self, request: Request) -> Repository:
        repository = self._repository(request)
        if not self.site.may_write(repository):
            raise Refused(404, problem("Not Found"))
        return repository

    # -- issues

    async def issues(self, request: Request) -> Response:
        """Open ones by default, the newest first; pull requests among them."""
        asked, repository = request.query_params, self._repository(request)
        state, since = asked.get("state", "open"), _since(request)
        rows = [
            issue
            for issue in repository.issues.values()
            if state in ("all", issue.state)
            and (since is None or issue.updated >= since)
            and asked.get("creator", issue.author.name).casefold() == issue.author.name.casefold()
        ]
        rows.sort(key=lambda each: (each.updated if asked.get("sort") == "updated" else each.created, each.number))
        if asked.get("direction", "desc") == "desc":
            rows.reverse()
        return self._page(request, [self._shapes.issue(each) for each in rows])

    async def show(self, request: Request) -> Response:
        repository = self._repository(request)
        number = request.path_params["number"]
        if target := repository.moved.get(number):
            return self._moved(f"/repositories/{target[0]}/issues/{target[1]}")
        name = f"{request.path_params['owner']}/{request.path_params['repo']}"
        if repository.name.casefold() != name.casefold():
            return self._moved(f"/repositories/{repository.id}/issues/{number}")
        return JSONResponse(self._shapes.issue(self.site.issue(repository, number)))

    async def issue_by_id(self, request: Request) -> Response:
        return JSONResponse(self._shapes.issue(self._issue(request)))

    async def create(self, request: Request) -> Response:
        issue = self.site.create(self._repository(request), await request.json())
        self.simulator.made(issue)
        return JSONResponse(self._shapes.issue(issue), 201)

    async def edit(self, request: Request) -> Response:
        repository, number = self._repository(request), request.path_params["number"]
        if target := repository.moved.get(number):
            return self._moved(f"/repositories/{target[0]}/issues/{target[1]}")
        issue = self.site.changeable(repository, number)
        with self.simulator.noting(issue):
            self.site.edit(issue, await request.json())
        return JSONResponse(self._shapes.issue(issue))

    async def events(self, request: Request) -> Response:
        issue = self._issue(request)
        return self._page(request, [self._shapes.event(issue, each) for each in issue.events])

    async def add_labels(self, request: Request) -> Response:
        issue, asked = self._changeable(request), await request.json()
        with self.simulator.noting(issue):
            self.site.add_labels(issue, asked["labels"])
        return JSONResponse([self._shapes.label(issue.repository, name) for name in issue.labels])

    async def remove_label(self, request: Request) -> Response:
        issue = self._changeable(request)
        with self.simulator.noting(issue):
            self.site.remove_label(issue, request.path_params["name"])
        return JSONResponse([self._shapes.label(issue.repository, name) for name in issue.labels])

    # -- comments

    async def all_comments(self, request: Request) -> Response:
        since, repository = _since(request), self._repository(request)
        rows = [
            (comment, issue)
            for issue in repository.issues.values()
            for comment in issue.comments
            if since is None or comment.updated >= since
        ]
        rows.sort(key=lambda row: (row[0].updated, row[0].id))
        return self._page(request, [self._shapes.comment(issue, comment) for comment, issue in rows])

    async def comments(self, request: Request) -> Response:
        issue = self._issue(request)
        return self._page(request, [self._shapes.comment(issue, each) for each in issue.comments])

    async def say(self, request: Request) -> Response:
        issue, asked = self._changeable(request), await request.json()
        comment = self.site.say(issue, asked["body"])
        self.simulator.said("comment", issue, comment)
        return JSONResponse(self._shapes.comment(issue, comment), 201)

    async def rewrite(self, request: Request) -> Response:
        issue, comment = self.site.comment_by_id(self._repository(request), request.path_params["id"])
        self.site.rewrite(issue, comment, (await request.json())["body"])
        self.simulator.said("edit comment", issue, comment)
        return JSONResponse(self._shapes.comment(issue, comment))

    async def unsay(self, request: Request) -> Response:
        issue, comment = self.site.comment_by_id(self._repository(request), request.path_params["id"])
        self.site.unsay(issue, comment)
        self.simulator.said("delete comment", issue, comment)
        return Response(status_code=204)

    # -- inside

    @property
    def _shapes(self) -> Shapes:
        return self.simulator.shapes

    def _repository(self, request: Request) -> Repository:
        """By name, by an old name, or by number. One that the actor may not see is not there."""
        place = request.path_params
        if "owner" in place:
            name = f"{place['owner']}/{place['repo']}"
            found = self.site.named(name) or self.site.repositories.get(self.site.old_names.get(name.casefold(), 0))
        else:
            found = self.site.repositories.get(place["id"])
        if found is None or (found.visibility != "public" and not self.site.may_write(found)):
            raise Refused(404, problem("Not Found"))
        return found

    def _issue(self, request: Request) -> Issue:
        return self.site.issue(self._repository(request), request.path_params["number"])

    def _changeable(self, request: Request) -> Issue:
        return self.site.changeable(self._repository(request), request.path_params["number"])

    def _moved(self, path: str) -> Response:
        address = f"{self.simulator.url}{path}"
        return JSONResponse({**problem(MOVED), "url": address}, 301, {"location": address})

    def _page(self, request: Request, rows: Sequence[Any]) -> Response:
        """One page, and where the next and the last are."""
        size, page = int(request.query_params.get("per_page", 30)), int(request.query_params.get("page", 1))
        last = max(-(-len(rows) // size), 1)
        links = {"next": page + 1, "last": last} if page < last else {}
        said = [f'<{self._address(request, number)}>; rel="{name}"' for name, number in links.items()]
        headers = {"link": ", ".join(said)} if said else None
        return JSONResponse(list(rows[(page - 1) * size : page * size]), headers=headers)

    def _address(self, request: Request, page: int) -> str:
        return f"{self.simulator.url}{request.url.path}?{urlencode({**request.query_params, 'page': page})}"


def _since(request: Request) -> datetime | None:
    """At or after this time."""
    said = request.query_params.get("since")
    return datetime.fromisoformat(said) if said else None
