"""GitHub's endpoints, one method each. Sources: the operations of GitHub's own OpenAPI description."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from syncd.sdk.client import Header, open_client
from syncd.sdk.connector import Connector
from syncd.sdk.errors import BadAnswer, NotFound
from syncd_github.auth import AppSignIn, date_of
from syncd_github.config import GitHubConfig
from syncd_github.limits import Pace, Refusals, read_quotas
from syncd_github.revision import stamped
from syncd_github.wire import (
    AppJson,
    CommentJson,
    EventJson,
    FoundUsersJson,
    HookJson,
    IssueJson,
    Json,
    LabelJson,
    MilestoneJson,
    RepositoryJson,
    UserJson,
    body_of,
    read,
    read_list,
)

M = TypeVar("M", bound=Json)

PAGE = 100
HEADERS = {
    "Accept": "application/vnd.github+json",
    "X-GitHub-Api-Version": "2022-11-28",
    "User-Agent": "syncd",
}


class Api:
    """Requests of one connection. Every write takes its turn, and leaves the pause that GitHub asks for."""

    def __init__(self, connector: Connector) -> None:
        config: GitHubConfig = connector.config
        refusals, self.base = Refusals(), config.url.rstrip("/")
        self.sign_in = _sign_in(config)
        self.client = open_client(
            connector,
            self.base,
            sign_in=self.sign_in,
            headers=HEADERS,
            explain=refusals.explain,
            quotas=read_quotas,
        )
        refusals.budget = self.client.budget
        self._pace = Pace(config.write_pause.total_seconds())
        self._answers: dict[str, tuple[str, httpx.Response]] = {}  # the last of each list and repository

    # -- issues

    async def issue(self, name: str, number: int) -> httpx.Response:
        """An issue, or where it went (301), or that it was deleted (410)."""
        return await self._get(f"/repos/{name}/issues/{number}", accept=frozenset({301, 410}))

    async def moved(self, response: httpx.Response) -> IssueJson:
        """The issue at the end of a redirect; NotFound where this account cannot read it."""
        return read(IssueJson, body_of(await self._get(self._own(response))), where="issue")

    async def create(self, name: str, body: Mapping[str, Any]) -> httpx.Response:
        return await self._write("POST", f"/repos/{name}/issues", body)

    async def edit(self, name: str, number: int, body: Mapping[str, Any]) -> httpx.Response:
        return await self._write("PATCH", f"/repos/{name}/issues/{number}", body)

    async def add_labels(self, name: str, number: int, labels: Sequence[str]) -> None:
        await self._write("POST", f"/repos/{name}/issues/{number}/labels", {"labels": list(labels)})

    async def remove_label(self, name: str, number: int, label: str) -> None:
        """One that is gone already is no error."""
        try:
            await self._write("DELETE", f"/repos/{name}/issues/{number}/labels/{quote(label, safe='')}")
        except NotFound:
            return

    async def events(self, name: str, number: int, *, since: datetime) -> list[EventJson]:
        """Oldest first, all from `since` on and perhaps some before. The list has no such filter: its end is read."""
        path = f"/repos/{name}/issues/{number}/events"
        first = await self._get(path, params={"per_page": PAGE, "page": 1})
        events, page = read_list(EventJson, body_of(first), where="events"), _last_page(first)
        newest: list[EventJson] = []
        while page > 1 and (not newest or newest[0].created_at >= since):
            answer = await self._get(path, params={"per_page": PAGE, "page": page})
            newest = [*read_list(EventJson, body_of(answer), where="events"), *newest]
            page -= 1
        return newest if page > 1 else [*events, *newest]

    # -- lists

    async def changed(self, name: str, *, since: datetime, page: int) -> tuple[list[IssueJson], datetime]:
        """Issues and pull requests by `updated_at`, oldest first, and GitHub's time; asked with the last ETag."""
        params = {
            "state": "all",
            "sort": "updated",
            "direction": "asc",
            "since": stamped(since),
            "per_page": PAGE,
            "page": page,
        }
        answer, now = await self._again(f"/repos/{name}/issues", params)
        return read_list(IssueJson, body_of(answer), where="issues"), now

    async def newest(self, name: str) -> tuple[list[IssueJson], datetime]:
        """Those that changed last, and GitHub's time."""
        params = {"state": "all", "sort": "updated", "direction": "desc", "per_page": PAGE}
        answer = await self._get(f"/repos/{name}/issues", params=params)
        return read_list(IssueJson, body_of(answer), where="issues"), date_of(answer)

    async def made_by(self, name: str, creator: str, *, since: datetime | None) -> AsyncIterator[IssueJson]:
        """Issues that an account made and that changed since then; one that changes meanwhile comes later again."""
        page = 1
        while True:
            params: dict[str, Any] = {"creator": creator, "state": "all", "sort": "created", "direction": "asc"}
            params |= {"since": stamped(since)} if since else {}
            answer = await self._get(f"/repos/{name}/issues", params={**params, "per_page": PAGE, "page": page})
            rows = read_list(IssueJson, body_of(answer), where="issues")
            for row in rows:
                yield row
            if len(rows) < PAGE:
                return
            page += 1

    async def commented(self, name: str, *, since: datetime) -> list[CommentJson]:
        """Comments of a whole repository, those of pull requests too, that were written or edited since then."""
        params = {"sort": "updated", "direction": "asc", "since": stamped(since)}
        return await self._all(CommentJson, f"/repos/{name}/issues/comments", params)

    async def comments(self, name: str, number: int) -> list[CommentJson]:
        return await self._all(CommentJson, f"/repos/{name}/issues/{number}/comments")

    # -- comments

    async def comment(self, name: str, number: int, body: str) -> CommentJson:
        answer = await self._write("POST", f"/repos/{name}/issues/{number}/comments", {"body": body})
        return read(CommentJson, body_of(answer), where="comment")

    async def edit_comment(self, name: str, id: str, body: str) -> CommentJson:
        answer = await self._write("PATCH", self._comment(name, id), {"body": body})
        return read(CommentJson, body_of(answer), where="comment")

    async def delete_comment(self, name: str, id: str) -> None:
        await self._write("DELETE", self._comment(name, id))

    # -- what there is

    async def repository(self, name: str) -> RepositoryJson:
        """Under an old name too. Asked with the last ETag: an answer that nothing changed costs no limit."""
        answer, _ = await self._again(f"/repos/{name}", {}, accept=frozenset({301}))
        if answer.status_code == 301:
            answer = await self._get(self._own(answer))
        return read(RepositoryJson, body_of(answer), where="repository")

    async def labels(self, name: str) -> list[str]:
        return [label.name for label in await self._all(LabelJson, f"/repos/{name}/labels")]

    async def milestones(self, name: str) -> list[MilestoneJson]:
        return await self._all(MilestoneJson, f"/repos/{name}/milestones", {"state": "all"})

    # -- people

    async def me(self) -> tuple[UserJson, httpx.Response]:
        answer = await self._get("/user")
        return read(UserJson, body_of(answer), where="user"), answer

    async def app(self) -> AppJson:
        return read(AppJson, body_of(await self._get("/app")), where="app")

    async def user(self, login: str) -> UserJson:
        return read(UserJson, body_of(await self._get(f"/users/{quote(login, safe='')}")), where="user")

    async def users(self, query: str) -> tuple[UserJson, ...]:
        answer = await self._get("/search/users", params={"q": query, "per_page": 10})
        return read(FoundUsersJson, body_of(answer), where="users").items

    async def assignable(self, name: str, login: str) -> bool:
        path = f"/repos/{name}/assignees/{quote(login, safe='')}"
        return (await self._get(path, accept=frozenset({404}))).status_code == 204

    # -- webhooks

    async def hooks(self, name: str) -> list[HookJson]:
        return await self._all(HookJson, f"/repos/{name}/hooks")

    async def make_hook(self, name: str, body: Mapping[str, Any]) -> HookJson:
        return read(HookJson, body_of(await self._write("POST", f"/repos/{name}/hooks", body)), where="hook")

    async def mend_hook(self, name: str, id: int, body: Mapping[str, Any]) -> HookJson:
        return read(HookJson, body_of(await self._write("PATCH", f"/repos/{name}/hooks/{id}", body)), where="hook")

    async def remove_hook(self, name: str, id: int) -> None:
        try:
            await self._write("DELETE", f"/repos/{name}/hooks/{id}")
        except NotFound:
            return

    # -- inside

    async def _get(self, path: str, **more: Any) -> httpx.Response:
        return await self.client.request("GET", path, **more)

    async def _write(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        async with self._pace.turn():
            return await self.client.request(method, path, json=body)

    async def _again(
        self, path: str, params: Mapping[str, Any], *, accept: frozenset[int] = frozenset()
    ) -> tuple[httpx.Response, datetime]:
        """An answer that may be the last one again (304, which costs nothing of the limit), and GitHub's time now."""
        asked = str(httpx.QueryParams(params))
        before, known = self._answers.get(path, ("", None))
        again = known is not None and before == asked
        headers = {"If-None-Match": known.headers["etag"]} if known is not None and again else None
        answer = await self._get(path, params=params, headers=headers, accept=accept | {304})
        now = date_of(answer)
        if answer.status_code == 304 and known is not None:
            return known, now
        if answer.status_code == 200 and "etag" in answer.headers:
            self._answers[path] = asked, answer
        return answer, now

    async def _all(self, shape: type[M], path: str, params: Mapping[str, Any] | None = None) -> list[M]:
        """Everything behind a paged list."""
        found: list[M] = []
        page = 1
        while True:
            answer = await self._get(path, params={**(params or {}), "per_page": PAGE, "page": page})
            rows = read_list(shape, body_of(answer), where=path.rpartition("/")[2])
            found += rows
            if len(rows) < PAGE:
                return found
            page += 1

    def _comment(self, name: str, id: str) -> str:
        if not id.isdecimal():
            raise NotFound("github: no comment has such an id")
        return f"/repos/{name}/issues/comments/{id}"

    def _own(self, response: httpx.Response) -> str:
        """Where a redirect leads. Our credential goes to GitHub and nowhere else: BadAnswer for another place."""
        target = httpx.URL(self.base).join(response.headers.get("location", ""))
        if not str(target).startswith(f"{self.base}/"):
            raise BadAnswer("github: a redirect leads out of the API")
        return str(target).removeprefix(self.base)


def _sign_in(config: GitHubConfig) -> Header | AppSignIn:
    if config.token is not None:
        return Header(config.token)
    return AppSignIn(  # the config has seen to it that all three are there
        app_id=config.app_id or "",
        installation_id=config.installation_id or 0,
        private_key=config.private_key.get_secret_value() if config.private_key else "",
        base_url=config.url,
    )


def _last_page(response: httpx.Response) -> int:
    """By the Link header; 1 without one."""
    last = response.links.get("last", {}).get("url")
    page = httpx.URL(last).params.get("page", "1") if last else "1"
    return int(page) if page.isdecimal() else 1
