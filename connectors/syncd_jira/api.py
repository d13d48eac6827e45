"""Jira's endpoints, one method each, and what its refusals and limits mean."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel

from syncd.sdk.answers import Answers
from syncd.sdk.budget import retry_after
from syncd.sdk.connector import File, Quota
from syncd.sdk.errors import (
    BadAnswer,
    ConnectorError,
    Forbidden,
    Locked,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
)
from syncd.sdk.http import Client
from syncd.sdk.multipart import Form
from syncd_jira.answers import (
    ChangelogPage,
    Created,
    NamedIn,
    Permissions,
    ProjectIn,
    ProjectPage,
    Rows,
    ScreenIn,
    ServerInfo,
    ServiceDesks,
)
from syncd_jira.dialect import CLOUD
from syncd_jira.fields import FieldIn
from syncd_jira.wire import PROPERTY, AttachmentIn, CommentIn, CommentsIn, IssueIn
from syncd_jira.workflow import TransitionIn

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")

PAGE = 100
WITH_PROPERTIES = {"expand": "properties"}
SERVICE_DESKS = "/rest/servicedeskapi/servicedesk"


class Api:
    """Requests below one deployment's path. Answers are checked where they come in: BadAnswer names the place."""

    def __init__(self, client: Client, *, base: str) -> None:
        self.client = client
        self.base = base
        self.answers = Answers(client.connection)

    # -- issues

    async def issue(self, ref: str, *, fields: str, changelog: bool = False) -> IssueIn:
        params = {"fields": fields, **({"expand": "changelog"} if changelog else {})}
        return await self._get(IssueIn, self._issue(ref), params)

    async def changelog_page(self, ref: str, *, start: int) -> ChangelogPage:
        """Cloud only; oldest first."""
        return await self._get(ChangelogPage, self._issue(ref, "changelog"), {"startAt": start, "maxResults": PAGE})

    async def create(self, body: Mapping[str, Any]) -> Created:
        path = f"{self.base}/issue"
        return self.answers.read(Created, await self.client.json("POST", path, json=body), at=path)

    async def edit(self, ref: str, body: Mapping[str, Any]) -> None:
        await self.client.request("PUT", self._issue(ref), json=body)

    async def transitions(self, ref: str) -> tuple[TransitionIn, ...]:
        path, params = self._issue(ref, "transitions"), {"expand": "transitions.fields"}
        answer = await self.client.json("GET", path, params=params)
        return tuple(self.answers.read_rows(TransitionIn, answer, "transitions", at=path))

    async def transition(self, ref: str, id: str, fields: Mapping[str, Any]) -> None:
        body = {"transition": {"id": id}, **({"fields": fields} if fields else {})}
        await self.client.request("POST", self._issue(ref, "transitions"), json=body)

    async def property(self, ref: str, key: str = PROPERTY) -> Any:
        """The value of an issue's entity property; NotFound without one."""
        path = self._issue(ref, "properties", key)
        return self.answers.member(await self.client.json("GET", path), "value", at=path)

    # -- comments

    async def comments(self, ref: str, *, start: int = 0) -> CommentsIn:
        """One page, oldest first, with entity properties."""
        params = {"startAt": start, "maxResults": PAGE, "orderBy": "created", "expand": "properties"}
        return await self._get(CommentsIn, self._issue(ref, "comment"), params)

    async def comment(self, ref: str, body: Any, properties: Mapping[str, Any]) -> CommentIn:
        path = self._issue(ref, "comment")
        answer = await self.client.json("POST", path, params=WITH_PROPERTIES, json=_said(body, properties))
        return self.answers.read(CommentIn, answer, at=path)

    async def one_comment(self, ref: str, id: str) -> CommentIn:
        path = self._issue(ref, "comment", id)
        return await self._get(CommentIn, path, WITH_PROPERTIES)

    async def edit_comment(self, ref: str, id: str, body: Any, properties: Mapping[str, Any]) -> CommentIn:
        path = self._issue(ref, "comment", id)
        answer = await self.client.json("PUT", path, params=WITH_PROPERTIES, json=_said(body, properties))
        return self.answers.read(CommentIn, answer, at=path)

    async def delete_comment(self, ref: str, id: str) -> None:
        await self.client.request("DELETE", self._issue(ref, "comment", id))

    # -- files and links

    async def attach(self, ref: str, file: File) -> AttachmentIn:
        form = Form({}, [("file", file)])
        headers = {**form.headers, "X-Atlassian-Token": "no-check"}  # without it Jira takes a form for a forged one
        path = self._issue(ref, "attachments")
        answer = await self.client.json("POST", path, content=form.body(), headers=headers)
        made = self.answers.read_rows(AttachmentIn, answer, at=path)
        if not made:
            raise BadAnswer(f"{self.client.connection}: {path}: the file that was sent is not in the answer")
        return made[0]

    async def remote_link(self, ref: str, body: Mapping[str, Any]) -> None:
        await self.client.request("POST", self._issue(ref, "remotelink"), json=body)

    # -- search

    async def search_cloud(
        self,
        jql: str,
        *,
        fields: Sequence[str],
        properties: Sequence[str] = (),
        token: str | None = None,
        size: int = PAGE,
    ) -> Rows:
        body: dict[str, Any] = {"jql": jql, "fields": list(fields), "maxResults": size}
        body |= {"properties": list(properties)} if properties else {}
        body |= {"nextPageToken": token} if token else {}
        return await self._found("search/jql", body)

    async def search_data_center(self, jql: str, *, fields: Sequence[str], start: int = 0, size: int = PAGE) -> Rows:
        body = {"jql": jql, "fields": list(fields), "maxResults": size, "startAt": start}
        return await self._found("search", body)

    async def _found(self, path: str, body: Mapping[str, Any]) -> Rows:
        return self.answers.read(Rows, await self.client.json("POST", f"{self.base}/{path}", json=body), at=path)

    # -- what there is

    async def myself(self) -> dict[str, Any]:
        return self.answers.record(await self.client.json("GET", f"{self.base}/myself"), at="myself")

    async def now(self) -> datetime:
        """Jira's own clock."""
        return (await self._get(ServerInfo, f"{self.base}/serverInfo")).serverTime

    async def fields(self) -> list[FieldIn]:
        return self.answers.read_rows(FieldIn, await self.client.json("GET", f"{self.base}/field"), at="field")

    async def words(self, kind: str) -> tuple[str, ...]:
        """The names of all priorities, statuses or resolutions."""
        found = self.answers.read_rows(NamedIn, await self.client.json("GET", f"{self.base}/{kind}"), at=kind)
        return tuple(each.name for each in found)

    async def permissions(self, names: Sequence[str], *, project: str | None) -> frozenset[str]:
        """Those of `names` that this account has, and on Data Center, which cannot be asked for some, others too."""
        asked = {"permissions": ",".join(names)} if self.base == CLOUD.api else {}
        params = {**asked, **({"projectKey": project} if project else {})}
        answer = await self._get(Permissions, f"{self.base}/mypermissions", params)
        return frozenset(name for name, each in answer.permissions.items() if each.havePermission)

    async def projects(self) -> list[ProjectIn]:
        """All that this account sees, with their issue types. Cloud only."""
        found: list[ProjectIn] = []
        while True:
            params = {"startAt": len(found), "maxResults": PAGE, "expand": "issueTypes"}
            page = await self._get(ProjectPage, f"{self.base}/project/search", params)
            found += page.values
            if page.isLast or not page.values:
                return found

    async def project(self, key: str) -> ProjectIn:
        return await self._get(ProjectIn, f"{self.base}/project/{quote(key, safe='')}")

    async def service_desks(self) -> frozenset[str]:
        """Keys of the service projects that this account sees; none without Jira Service Management or a seat in it."""
        found: set[str] = set()
        start = 0
        while True:
            try:
                page = await self._get(ServiceDesks, SERVICE_DESKS, {"start": start, "limit": PAGE})
            except (NotFound, Forbidden):
                return frozenset()
            found |= {each.projectKey for each in page.values}
            start += len(page.values)
            if page.isLastPage or not page.values:
                return frozenset(found)

    async def create_types(self, project: str) -> dict[str, str]:
        """Issue types that can be made in a project: name -> id."""
        path = f"{self.base}/issue/createmeta/{quote(project, safe='')}/issuetypes"
        return {each.name: str(each.id) for each in await self._pages(NamedIn, path, "issueTypes", "values")}

    async def create_screen(self, project: str, type_id: str) -> dict[str, bool]:
        """Fields of a create screen: id -> whether one must be given."""
        path = f"{self.base}/issue/createmeta/{quote(project, safe='')}/issuetypes/{quote(type_id, safe='')}"
        found = await self._pages(ScreenIn, path, "fields", "values")
        return {each.fieldId: each.required and not each.hasDefaultValue for each in found}

    async def users(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        found = self.answers.rows(await self.client.json("GET", f"{self.base}/user/search", params=query), at="users")
        return [self.answers.record(each, at="users") for each in found]

    async def _pages(self, model: type[M], path: str, *names: str) -> list[M]:
        """Everything behind an offset-paged list, whatever the deployment calls its entries."""
        found: list[M] = []
        while True:
            params = {"startAt": len(found), "maxResults": PAGE}
            answer = self.answers.record(await self.client.json("GET", path, params=params), at=path)
            name = next((each for each in names if each in answer), names[0])
            page = self.answers.read_rows(model, answer, name, at=path)
            found += page
            if not page or len(found) >= answer.get("total", 0):
                return found

    # -- inside

    def _issue(self, ref: str, *rest: str) -> str:
        """Refs and ids come out of answers and webhooks: none may climb out of its place in the path."""
        return "/".join((f"{self.base}/issue", *(quote(part, safe="") for part in (ref, *rest))))

    async def _get(self, model: type[M], path: str, params: Mapping[str, Any] | None = None) -> M:
        return self.answers.read(model, await self.client.json("GET", path, params=params), at=path)


def _said(body: Any, properties: Mapping[str, Any]) -> dict[str, Any]:
    held = [{"key": key, "value": value} for key, value in properties.items()]
    return {"body": body, **({"properties": held} if held else {})}


async def seen(answer: Awaitable[T]) -> T | None:
    """What a stranger is shown; None where Jira asks for an account first, or knows of no such thing."""
    try:
        return await answer
    except (Unauthorized, Forbidden, NotFound):
        return None


# --- refusals and limits --------------------------------------------------------------------------------------------


def explain(response: httpx.Response) -> ConnectorError | None:
    """What a refusal means where Jira says more than its status does."""
    match response.status_code:
        case 429 if response.headers.get("ratelimit-reason") == "jira-per-issue-on-write":
            # one busy issue; the rest of this credential goes on
            wait = retry_after(response.headers, datetime.now().astimezone())
            return RateLimited("jira: too many writes to this issue", retry_after=wait)
        case 400 | 403 | 413 | 422:
            return _refusal(response)
        case _:
            return None


def _refusal(response: httpx.Response) -> ConnectorError | None:
    try:
        said = json.loads(response.content)
        errors, messages = dict(said.get("errors") or {}), list(said.get("errorMessages") or ())
    except (ValueError, AttributeError, TypeError):
        return None
    text = "; ".join([*(str(message) for message in messages), *(f"{name}: {why}" for name, why in errors.items())])[
        :300
    ]
    if "archived" in text.casefold():
        return Locked(f"jira: {text}")
    if response.status_code == 403 or not text:
        return None  # a scope, not a value: `Forbidden`
    return Rejected(f"jira: {text}", field=next(iter(errors), None))


def read_quotas(headers: Mapping[str, str], now: datetime) -> tuple[Quota, ...]:
    """Cloud tells when a window ends, Data Center how fast its bucket fills."""
    try:
        limit, remaining = int(headers["x-ratelimit-limit"]), int(headers["x-ratelimit-remaining"])
        if reset := headers.get("x-ratelimit-reset"):
            return (Quota("requests", limit, remaining, datetime.fromisoformat(reset)),)
        seconds = float(headers["x-ratelimit-interval-seconds"])
        return (Quota("requests in the bucket", limit, remaining, now + timedelta(seconds=seconds)),)
    except (KeyError, ValueError):
        return ()
