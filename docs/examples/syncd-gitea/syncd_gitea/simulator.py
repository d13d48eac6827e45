"""A Gitea in this process: one repository, its issues and comments, and the answers of API v1.

It does what routers/api/v1/repo/issue.go and issue_comment.go of go-gitea/gitea do, their oddities included: stamps of
whole seconds, pages no longer than the server likes, 500 for a comment on nothing, an edited comment that leaves its
issue's stamp alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from syncd.sdk.testing.simulator import NOBODY, Account, Refused, Simulator, real_time

ANA = Account("1", "ana", "ana@engineering.example")
SYNCD = Account("2", "syncd", "syncd@engineering.example", token="a-token-of-the-simulator")  # noqa: S106

REPOSITORY = "acme/app"
TITLE_BYTES = 255


@dataclass(slots=True)
class StoredComment:
    id: int
    author: Account
    body: str
    created: int  # seconds since 1970, as all stamps here
    updated: int


@dataclass(slots=True)
class StoredIssue:
    number: int
    author: Account
    title: str
    body: str
    created: int
    updated: int
    closed: bool = False
    blocked: bool = False  # it depends on an issue that is open
    labels: list[str] = field(default_factory=list)
    comments: list[StoredComment] = field(default_factory=list)


class GiteaSimulator(Simulator):
    """Repository `acme/app`. `SYNCD` is the connector's account (`connection()`), Ana a person.

    Attributes:
        private, archived: the repository is.
        most: rows of a page, whatever is asked for.
    """

    def __init__(self, *, clock: Callable[[], datetime] = real_time) -> None:
        super().__init__(accounts=(ANA, SYNCD), clock=clock)
        self.issues: dict[int, StoredIssue] = {}
        self.private, self.archived, self.most = True, False, 50
        self._numbers = 0

    def connection(self, **more: Any) -> dict[str, Any]:
        block = {"connector": "gitea", "url": self.url, "token": SYNCD.token, "repository": REPOSITORY}
        return {**block, **more}

    def routes(self) -> Sequence[BaseRoute]:
        base = f"/api/v1/repos/{REPOSITORY}"
        one = f"{base}/issues/{{number:int}}"
        return [
            Route("/api/v1/user", self._get_user),
            Route(base, self._get_repository),
            Route(f"{base}/issues", self._list, methods=["GET"]),
            Route(f"{base}/issues", self._create, methods=["POST"]),
            Route(one, self._get, methods=["GET"]),
            Route(one, self._edit, methods=["PATCH"]),
            Route(f"{one}/comments", self._comments, methods=["GET"]),
            Route(f"{one}/comments", self._comment, methods=["POST"]),
        ]

    def error(self, status: int) -> Response:
        return JSONResponse({"message": "", "url": f"{self.url}/api/swagger"}, status)

    # -- what can be done, by whoever acts

    def make(self, title: str, body: str = "", *, closed: bool = False) -> StoredIssue:
        self._numbers += 1
        now = self._now()
        made = StoredIssue(self._numbers, self.actor, cut(title), body, now, now, closed)
        self.issues[made.number] = made
        self.did("create", str(made.number), after={"title": made.title})
        return made

    def change(self, issue: StoredIssue, *, title: str = "", body: str | None = None, state: str | None = None) -> None:
        """In Gitea's order; what was changed before a refusal stays changed."""
        if title and title != issue.title:
            issue.title, issue.updated = cut(title), self._now()
        if body is not None and body != issue.body:
            issue.body, issue.updated = body, self._now()
        if state is not None and state not in ("open", "closed"):
            raise self._refusal(412, f"unknown state: {state}")
        if state == "closed" and issue.blocked and not issue.closed:
            raise self._refusal(412, "cannot close this issue because it still has open dependencies")
        if state is not None and issue.closed != (state == "closed"):
            issue.closed, issue.updated = state == "closed", self._now()
        self.did("update", str(issue.number), after={"title": issue.title, "state": state_of(issue)})

    def add_comment(self, issue: StoredIssue, body: str) -> StoredComment:
        now = self._now()
        said = StoredComment(self.new_id(), self.actor, body, now, now)
        issue.comments.append(said)
        issue.updated = now
        self.did("comment", str(issue.number), body={"text": body})
        return said

    # -- the API

    async def _get_user(self, request: Request) -> Response:
        return JSONResponse(shown_user(self._signed_in()))

    async def _get_repository(self, request: Request) -> Response:
        self._signed_in()
        return JSONResponse({"full_name": REPOSITORY, "private": self.private, "archived": self.archived})

    async def _list(self, request: Request) -> Response:
        self._signed_in()
        asked = request.query_params
        since = datetime.fromisoformat(asked["since"]).timestamp() if "since" in asked else 0
        by, state = asked.get("created_by", ""), asked.get("state", "open")
        found = [
            issue
            for issue in sorted(self.issues.values(), key=lambda issue: (-issue.created, -issue.number))
            if issue.updated >= since and by in ("", issue.author.name) and state in ("all", state_of(issue))
        ]
        size = min(int(asked.get("limit", 30)), self.most)
        start = (int(asked.get("page", 1)) - 1) * size
        rows = [self._shown(issue) for issue in found[start : start + size]]
        return JSONResponse(rows, headers={"x-total-count": str(len(found))})

    async def _create(self, request: Request) -> Response:
        body = self._sent()
        if not body.get("title"):
            raise self._refusal(422, "[Title]: Required")
        made = self.make(body["title"], body.get("body", ""), closed=bool(body.get("closed")))
        return JSONResponse(self._shown(made), 201)

    async def _get(self, request: Request) -> Response:
        self._signed_in()
        return JSONResponse(self._shown(self._asked(request, 404)))

    async def _edit(self, request: Request) -> Response:
        body, issue = self._sent(), self._asked(request, 404)
        self.change(issue, title=body.get("title", ""), body=body.get("body"), state=body.get("state"))
        return JSONResponse(self._shown(issue), 201)

    async def _comments(self, request: Request) -> Response:
        self._signed_in()
        return JSONResponse([shown_comment(each) for each in self._asked(request, 500).comments])

    async def _comment(self, request: Request) -> Response:
        body, issue = self._sent(), self._asked(request, 500)
        if not body.get("body"):
            raise self._refusal(422, "[Body]: Required")
        return JSONResponse(shown_comment(self.add_comment(issue, body["body"])), 201)

    # -- inside

    def _signed_in(self) -> Account:
        if self.actor is NOBODY:
            raise self._refusal(401, "token is required")
        return self.actor

    def _sent(self) -> dict[str, Any]:
        """The body of a write that the repository takes."""
        self._signed_in()
        if self.archived:
            raise self._refusal(423, f"{REPOSITORY} is archived")
        body: dict[str, Any] = self.exchange.json()
        return body

    def _asked(self, request: Request, missing: int) -> StoredIssue:
        issue = self.issues.get(request.path_params["number"])
        if issue is None:
            raise self._refusal(missing, "issue does not exist")
        return issue

    def _refusal(self, status: int, message: str) -> Refused:
        return Refused(status, {"message": message, "url": f"{self.url}/api/swagger"})

    def _now(self) -> int:
        return int(self.clock().timestamp())

    def _shown(self, issue: StoredIssue) -> dict[str, Any]:
        return {
            "number": issue.number,
            "html_url": f"{self.url}/{REPOSITORY}/issues/{issue.number}",
            "user": shown_user(issue.author),
            "title": issue.title,
            "body": issue.body,
            "state": state_of(issue),
            "labels": [{"name": name} for name in issue.labels],
            "comments": len(issue.comments),
            "created_at": moment(issue.created),
            "updated_at": moment(issue.updated),
            "pull_request": None,
        }


def state_of(issue: StoredIssue) -> str:
    return "closed" if issue.closed else "open"


def shown_user(account: Account) -> dict[str, Any]:
    return {"id": int(account.id), "login": account.name, "full_name": "", "email": f"{account.name}@noreply.localhost"}


def shown_comment(comment: StoredComment) -> dict[str, Any]:
    return {
        "id": comment.id,
        "user": shown_user(comment.author),
        "body": comment.body,
        "created_at": moment(comment.created),
        "updated_at": moment(comment.updated),
    }


def moment(stamp: int) -> str:
    return datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def cut(title: str) -> str:
    return title.encode()[:TITLE_BYTES].decode(errors="ignore")
