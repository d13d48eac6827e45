"""GitLab's endpoints, one method each, and what its refusals and limits mean."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from syncd.sdk.connector import File, Quota
from syncd.sdk.errors import BadAnswer, ConnectorError, Forbidden, NotFound, Rejected
from syncd.sdk.http import Client
from syncd.sdk.multipart import Form
from syncd_gitlab.config import API
from syncd_gitlab.source import Upload, named, upload_of
from syncd_gitlab.wire import (
    HookJson,
    IssueJson,
    Json,
    LabelEventJson,
    LabelJson,
    MilestoneEventJson,
    NoteJson,
    Place,
    ProjectJson,
    StateEventJson,
    TokenJson,
    UploadJson,
    UserJson,
    VersionJson,
    read,
    read_list,
    stamp,
)

M = TypeVar("M", bound=Json)

PAGE = 100
EVENTS = ("issues_events", "confidential_issues_events", "note_events", "confidential_note_events")


class Api:
    """Requests below /api/v4. Answers are checked where they come in."""

    def __init__(self, client: Client) -> None:
        self.client = client

    # -- the account

    async def me(self) -> tuple[UserJson, datetime]:
        """Who we are, and the time by GitLab's clock, in whole seconds."""
        response = await self.client.request("GET", f"{API}/user")
        return read(UserJson, decoded(response), where="user"), sent_at(response)

    async def token_ends(self) -> datetime | None:
        """When our own token ends. None where it has no end, or is no access token, or GitLab is older than 15.5."""
        path = f"{API}/personal_access_tokens/self"
        response = await self.client.request("GET", path, accept=frozenset({400, 401, 403, 404}))
        if response.status_code != 200:
            return None
        day = read(TokenJson, decoded(response), where="token").expires_at
        return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None

    async def version(self) -> str:
        return read(VersionJson, await self.client.json("GET", f"{API}/version"), where="version").version

    async def project(self, id: str) -> ProjectJson:
        """By number or path."""
        return read(ProjectJson, await self.client.json("GET", f"{API}/projects/{encoded(id)}"), where="project")

    async def labels(self, project: int) -> list[str]:
        rows = await self._all(LabelJson, f"{API}/projects/{project}/labels", where="labels")
        return [row.name for row in rows]

    async def users(self, email: str) -> list[UserJson]:
        answer = await self.client.json("GET", f"{API}/users", params={"search": email, "per_page": PAGE})
        return read_list(UserJson, answer, where="users")

    # -- issues

    async def issue(self, place: Place) -> IssueJson:
        return read(IssueJson, await self.client.json("GET", issue_path(place)), where="issue")

    async def issue_at(self, project: str, iid: str) -> IssueJson:
        """By the path of its project."""
        path = f"{API}/projects/{encoded(project)}/issues/{encoded(iid)}"
        return read(IssueJson, await self.client.json("GET", path), where="issue")

    async def issue_by_id(self, id: int) -> IssueJson:
        """By its global id; for administrators only, others are refused."""
        return read(IssueJson, await self.client.json("GET", f"{API}/issues/{id}"), where="issue")

    async def issues(self, feed: str, params: Mapping[str, Any]) -> tuple[list[IssueJson], datetime]:
        """One page of a project's issues (`projects/14`) or a group's, and when it was answered."""
        asked = {"scope": "all", "per_page": PAGE, **params}
        response = await self.client.request("GET", f"{API}/{feed}/issues", params=asked)
        return read_list(IssueJson, decoded(response), where="issues"), sent_at(response)

    async def make(self, project: int, body: Mapping[str, Any]) -> IssueJson:
        answer = await self.client.json("POST", f"{API}/projects/{project}/issues", json=body)
        return read(IssueJson, answer, where="issue")

    async def write(self, place: Place, body: Mapping[str, Any]) -> IssueJson:
        return read(IssueJson, await self.client.json("PUT", issue_path(place), json=body), where="issue")

    # -- notes

    async def notes(self, place: Place) -> list[NoteJson]:
        """All of them, GitLab's own among them, oldest first."""
        params = {"sort": "asc", "order_by": "created_at"}
        notes = await self._all(NoteJson, issue_path(place, "notes"), where="notes", params=params)
        return sorted({note.id: note for note in notes}.values(), key=lambda note: (note.created_at, note.id))

    async def latest_notes(self, place: Place) -> list[NoteJson]:
        """Those that were touched last, the latest first."""
        params = {"sort": "desc", "order_by": "updated_at", "per_page": PAGE}
        return read_list(
            NoteJson, await self.client.json("GET", issue_path(place, "notes"), params=params), where="notes"
        )

    async def note(self, place: Place, id: str) -> NoteJson:
        return read(NoteJson, await self.client.json("GET", issue_path(place, "notes", id)), where="note")

    async def add_note(self, place: Place, body: str, *, internal: bool) -> NoteJson:
        sent = {"body": body, "internal": internal}
        return read(NoteJson, await self.client.json("POST", issue_path(place, "notes"), json=sent), where="note")

    async def edit_note(self, place: Place, id: str, body: str) -> NoteJson:
        answer = await self.client.json("PUT", issue_path(place, "notes", id), json={"body": body})
        return read(NoteJson, answer, where="note")

    async def delete_note(self, place: Place, id: str) -> None:
        await self.client.request("DELETE", issue_path(place, "notes", id))

    # -- history

    async def label_events(self, place: Place) -> list[LabelEventJson]:
        return await self._all(LabelEventJson, issue_path(place, "resource_label_events"), where="label events")

    async def state_events(self, place: Place) -> list[StateEventJson]:
        return await self._all(StateEventJson, issue_path(place, "resource_state_events"), where="state events")

    async def milestone_events(self, place: Place) -> list[MilestoneEventJson]:
        path = issue_path(place, "resource_milestone_events")
        return await self._all(MilestoneEventJson, path, where="milestone events")

    # -- files

    async def upload(self, project: int, file: File) -> tuple[Upload, bool]:
        """The file as a text links to it, and whether GitLab shows it as an image. The bytes are streamed."""
        form = Form({}, [("file", replace(file, name=_plain(file.name)))])
        path = f"{API}/projects/{project}/uploads"
        response = await self.client.request("POST", path, content=form.body(), headers=form.headers)
        answer = read(UploadJson, decoded(response), where="upload")
        found = upload_of(answer.url)
        if found is None:
            raise BadAnswer("gitlab: upload: url: an address below /uploads was expected")
        return named(found, name=file.name, size=file.size), answer.markdown.startswith("!")

    async def download(self, url: str) -> AsyncIterator[bytes]:
        async with self.client.stream(url) as chunks:
            async for chunk in chunks:
                yield chunk

    # -- webhooks

    async def hooks(self, project: int) -> list[HookJson]:
        return await self._all(HookJson, f"{API}/projects/{project}/hooks", where="hooks")

    async def put_hook(self, project: int, id: int | None, body: Mapping[str, Any]) -> HookJson:
        """Change a hook, or make one."""
        path = f"{API}/projects/{project}/hooks" + ("" if id is None else f"/{id}")
        return read(HookJson, await self.client.json("POST" if id is None else "PUT", path, json=body), where="hook")

    async def try_hook(self, project: int, id: int) -> HookJson:
        """Let GitLab call it once, which switches a hook that failed too often on again; then look at it."""
        path = f"{API}/projects/{project}/hooks/{id}"
        await self.client.request("POST", f"{path}/test/issues_events", accept=frozenset({422, 429}))
        return read(HookJson, await self.client.json("GET", path), where="hook")

    async def remove_hook(self, project: int, id: int) -> None:
        await self.client.request("DELETE", f"{API}/projects/{project}/hooks/{id}", accept=frozenset({404}))

    # -- inside

    async def _all(self, model: type[M], path: str, *, where: str, params: Mapping[str, Any] | None = None) -> list[M]:
        """Every page. One that is full has another behind it, whether or not GitLab counts them (`X-Total`)."""
        found: list[M] = []
        page = 1
        while True:
            asked = {**(params or {}), "page": page, "per_page": PAGE}
            rows = read_list(model, await self.client.json("GET", path, params=asked), where=where)
            found += rows
            if len(rows) < PAGE:
                return found
            page += 1


def issue_path(place: Place, *rest: str) -> str:
    return "/".join([API, "projects", str(place.project), "issues", str(place.iid), *map(encoded, rest)])


def onward(since: datetime, page: int, last: datetime) -> tuple[datetime, int]:
    """Where a list that is sorted by time goes on behind a full page whose last row is of `last`.

    By time and not by number: what leaves a page moves all others up. Numbers count within one moment only.
    """
    return (since, page + 1) if stamp(last) <= stamp(since) else (last, 1)


def encoded(part: str) -> str:
    """One step of a path: the slashes of a project's path are no steps (doc/api/rest, namespaced paths)."""
    if part in ("", ".", ".."):
        raise NotFound("gitlab: no such place")
    return quote(part, safe="")


def decoded(response: httpx.Response) -> Any:
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise BadAnswer(f"gitlab: the answer to {response.request.method} is no JSON") from error


def sent_at(response: httpx.Response) -> datetime:
    """GitLab's clock when it answered."""
    try:
        return parsedate_to_datetime(response.headers.get("date", "")).astimezone(UTC)
    except ValueError as error:
        raise BadAnswer("gitlab: the answer has no Date, by which polls go on") from error


FIELD_OF: Mapping[str, str] = {
    "assignee_ids": "assignee",
    "milestone_id": "milestone",
    "state_event": "status",
    "add_labels": "labels",
    "remove_labels": "labels",
}


def explain(response: httpx.Response) -> ConnectorError | None:
    """A refusal that names its culprit: {"message": {"title": ["is too long"]}} or {"error": "weight is invalid"}."""
    if response.status_code not in (400, 403, 422):
        return None
    try:
        said = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    message = said.get("message")
    if response.status_code == 403:
        scope = said.get("error") == "insufficient_scope"
        return Forbidden("gitlab: the token lacks the scope `api`") if scope else None
    if isinstance(message, dict) and message:
        name = str(next(iter(message)))
        return Rejected(f"gitlab refuses `{name}`", field=FIELD_OF.get(name, name))
    words = str(said.get("error") or "").split()
    return Rejected(f"gitlab refuses `{words[0]}`", field=FIELD_OF.get(words[0], words[0])) if words else None


def read_quotas(headers: Mapping[str, str], now: datetime) -> tuple[Quota, ...]:
    """RateLimit-Limit, -Remaining, and -Reset in seconds since 1970."""
    try:
        limit, left = int(headers["ratelimit-limit"]), int(headers["ratelimit-remaining"])
        resets = datetime.fromtimestamp(int(headers["ratelimit-reset"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return ()
    return (Quota(headers.get("ratelimit-name", "requests a minute"), limit, left, resets),)


def _plain(name: str) -> str:
    """Without what a form would carry escaped."""
    return "".join(char if char.isprintable() and char not in '"\\' else "_" for char in name)
