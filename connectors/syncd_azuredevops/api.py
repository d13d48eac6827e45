"""Azure DevOps' endpoints, one method each.

Paths below the organisation are those of the description's http-examples: work items are asked for by number alone, so
that one that was moved to another project is found there.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

from syncd.core.model import Attachment
from syncd.sdk.answers import Answers
from syncd.sdk.connector import File
from syncd.sdk.errors import ConnectorError, Unauthorized, Unavailable
from syncd.sdk.http import Client
from syncd_azuredevops.refusals import sent_at
from syncd_azuredevops.wire import (
    AccountJson,
    BatchJson,
    CommentJson,
    CommentsJson,
    DefinitionJson,
    DeletedJson,
    FoundJson,
    ProjectJson,
    SignInJson,
    SubscriptionJson,
    TypeFieldJson,
    TypeJson,
    UploadedJson,
    WorkItemJson,
)

VERSION = "7.1"
COMMENTS = "7.1-preview.4"
SIGN_IN = "7.1-preview"
PATCH = "application/json-patch+json"
PAGE = 200
SENT_ELSEWHERE = frozenset({203, 301, 302, 303, 307, 308})
"""How a bad token may be answered: with a page to sign in, or the way there."""

Patch = list[dict[str, Any]]


class Api:
    """Requests below one organisation. Answers are checked where they come in."""

    def __init__(self, client: Client, identities: Client, *, site: str) -> None:
        self.client = client
        self.identities = identities
        self.site = site
        self.answers = Answers(client.connection)

    async def aclose(self) -> None:
        await self.client.aclose()
        await self.identities.aclose()

    # -- the account and the organisation

    async def me(self) -> tuple[AccountJson, datetime]:
        """Who we are, and the time by the vendor's clock."""
        answer, response = await self._ask("GET", "/_apis/connectionData", version=SIGN_IN)
        return self.answers.read(SignInJson, answer, at="connectionData").user, sent_at(response)

    async def people(self, **asked: str) -> list[AccountJson]:
        """By e-mail (`searchFilter`, `filterValue`) or by number (`identityIds`)."""
        response = await self.identities.request(
            "GET", "/_apis/identities", params={**asked, "api-version": VERSION}, accept=SENT_ELSEWHERE
        )
        answer = self._decoded(response)
        return self.answers.read_rows(AccountJson, answer, "value", at="identities")

    async def project(self, name: str) -> ProjectJson:
        answer, _ = await self._ask("GET", f"/_apis/projects/{_part(name)}")
        return self.answers.read(ProjectJson, answer, at="project")

    async def definitions(self, project: str) -> list[DefinitionJson]:
        answer, _ = await self._ask("GET", f"/{_part(project)}/_apis/wit/fields")
        return self.answers.read_rows(DefinitionJson, answer, "value", at="fields")

    async def types(self, project: str) -> list[TypeJson]:
        answer, _ = await self._ask("GET", f"/{_part(project)}/_apis/wit/workitemtypes")
        return self.answers.read_rows(TypeJson, answer, "value", at="workitemtypes")

    async def words(self, project: str, type: str) -> list[TypeFieldJson]:
        """The fields of a type with the words that each takes."""
        path = f"/{_part(project)}/_apis/wit/workitemtypes/{_part(type)}/fields"
        answer, _ = await self._ask("GET", path, params={"$expand": "allowedValues"})
        return self.answers.read_rows(TypeFieldJson, answer, "value", at="workitemtypes.fields")

    # -- work items

    async def item(self, id: int) -> WorkItemJson:
        answer, _ = await self._ask("GET", f"/_apis/wit/workitems/{id}", params={"$expand": "relations"})
        return self.answers.read(WorkItemJson, answer, at="workitem")

    async def items(self, ids: Sequence[int]) -> list[WorkItemJson]:
        """At most 200; one that is gone is left out."""
        body = {"ids": list(ids), "$expand": "relations", "errorPolicy": "omit"}
        answer, _ = await self._ask("POST", "/_apis/wit/workitemsbatch", json=body)
        rows = [row for row in self.answers.rows(answer, "value", at="workitemsbatch") if row is not None]
        return [self.answers.read(WorkItemJson, row, at="workitemsbatch") for row in rows]

    async def deleted(self, id: int) -> WorkItemJson:
        """One in the recycle bin."""
        answer, _ = await self._ask("GET", f"/_apis/wit/recyclebin/{id}")
        return self.answers.read(DeletedJson, answer, at="recyclebin").resource

    async def create(self, project: str, type: str, patch: Patch) -> WorkItemJson:
        path = f"/{_part(project)}/_apis/wit/workitems/${_part(type)}"
        return await self._patched("POST", path, patch)

    async def write(self, id: int, patch: Patch) -> WorkItemJson:
        return await self._patched("PATCH", f"/_apis/wit/workitems/{id}", patch)

    async def _patched(self, method: str, path: str, patch: Patch) -> WorkItemJson:
        answer, _ = await self._ask(
            method,
            path,
            params={"$expand": "relations"},
            content=json.dumps(patch).encode(),
            headers={"content-type": PATCH},
        )
        with happened():
            return self.answers.read(WorkItemJson, answer, at="workitem")

    async def query(self, wiql: str) -> list[int]:
        answer, _ = await self._ask("POST", "/_apis/wit/wiql", json={"query": wiql})
        return [each.id for each in self.answers.read(FoundJson, answer, at="wiql").items]

    async def revisions(self, project: str | None, params: Mapping[str, str]) -> tuple[BatchJson, datetime]:
        """A batch of the reporting API, of one project or of the organisation, and the vendor's time."""
        below = f"/{_part(project)}" if project else ""
        answer, response = await self._ask("GET", f"{below}/_apis/wit/reporting/workitemrevisions", params=params)
        return self.answers.read(BatchJson, answer, at="workitemrevisions"), sent_at(response)

    # -- comments

    async def comments(self, project: str, id: int) -> list[CommentJson]:
        """All that are not deleted, the oldest first."""
        found: list[CommentJson] = []
        token: str | None = ""
        while token is not None:
            params = {"$top": str(PAGE), **({"continuationToken": token} if token else {})}
            answer, _ = await self._ask("GET", _comments(project, id), params=params, version=COMMENTS)
            batch = self.answers.read(CommentsJson, answer, at="comments")
            found += batch.comments
            token = batch.continuation or None
        return sorted((each for each in found if not each.deleted), key=lambda each: (each.created, each.id))

    async def comment(self, project: str, id: int, comment: int) -> CommentJson:
        answer, _ = await self._ask("GET", f"{_comments(project, id)}/{comment}", version=COMMENTS)
        return self.answers.read(CommentJson, answer, at="comment")

    async def edit_comment(self, project: str, id: int, comment: str, text: str) -> CommentJson:
        path = f"{_comments(project, id)}/{_part(comment)}"
        answer, _ = await self._ask("PATCH", path, json={"text": text}, version=COMMENTS)
        return self.answers.read(CommentJson, answer, at="comment")

    async def delete_comment(self, project: str, id: int, comment: str) -> None:
        path = f"{_comments(project, id)}/{_part(comment)}"
        await self._request("DELETE", path, version=COMMENTS)

    # -- files

    async def upload(self, project: str, file: File) -> UploadedJson:
        headers = {"content-type": "application/octet-stream", "content-length": str(file.size)}
        path = f"/{_part(project)}/_apis/wit/attachments"
        answer, _ = await self._ask("POST", path, params={"fileName": file.name}, content=file.read(), headers=headers)
        return self.answers.read(UploadedJson, answer, at="attachments")

    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """Unavailable at the end of what is not as long as was told: a page to sign in is a success here."""
        size = 0
        async with self._file(attachment.id, attachment.name) as chunks:
            async for chunk in chunks:
                size += len(chunk)
                yield chunk
        if size != attachment.size:
            raise Unavailable(f"{self.client.connection}: a file of {attachment.size} bytes came with {size}")

    async def measure(self, id: str, name: str) -> int:
        """The bytes of an upload of which nothing tells the size."""
        async with self._file(id, name) as chunks:
            return sum([len(chunk) async for chunk in chunks])

    def _file(self, id: str, name: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        asked = {"fileName": name, "download": "true", "api-version": VERSION}
        return self.client.stream(f"{self.site}/_apis/wit/attachments/{_part(id)}", params=asked)

    def file_address(self, id: str, name: str) -> str:
        """What a text links to."""
        return f"{self.site}/_apis/wit/attachments/{_part(id)}?fileName={_part(name)}"

    # -- service hooks

    async def subscriptions(self) -> list[SubscriptionJson]:
        asked = {"publisherId": "tfs", "consumerId": "webHooks", "consumerActionId": "httpRequest"}
        answer, _ = await self._ask("GET", "/_apis/hooks/subscriptions", params=asked)
        return self.answers.read_rows(SubscriptionJson, answer, "value", at="subscriptions")

    async def subscribe(self, body: Mapping[str, Any]) -> SubscriptionJson:
        """Make one, or change the one whose `id` the body holds."""
        id = body.get("id")
        method, path = (
            ("PUT", f"/_apis/hooks/subscriptions/{_part(str(id))}") if id else ("POST", "/_apis/hooks/subscriptions")
        )
        answer, _ = await self._ask(method, path, json=dict(body))
        return self.answers.read(SubscriptionJson, answer, at="subscriptions")

    async def unsubscribe(self, id: str) -> None:
        await self._request("DELETE", f"/_apis/hooks/subscriptions/{_part(id)}")

    # -- inside

    async def _ask(self, method: str, path: str, **more: Any) -> tuple[Any, httpx.Response]:
        response = await self._request(method, path, **more)
        return self._decoded(response), response

    async def _request(
        self, method: str, path: str, *, version: str = VERSION, params: Mapping[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        asked = {**(params or {}), "api-version": version}
        response = await self.client.request(method, path, params=asked, accept=SENT_ELSEWHERE, **more)
        if response.status_code in SENT_ELSEWHERE:
            raise _signed_out(self.client.connection)
        return response

    def _decoded(self, response: httpx.Response) -> Any:
        """A page to sign in is told from JSON by its type as well: some come as a plain success."""
        kind = response.headers.get("content-type", "")
        if response.status_code in SENT_ELSEWHERE or kind.startswith("text/html"):
            raise _signed_out(self.client.connection)
        return self.answers.decoded(response.content, at=response.request.method)


@contextmanager
def happened() -> Iterator[None]:
    """What goes wrong inside does so after a write: the caller has to look whether it stands there."""
    try:
        yield
    except ConnectorError as error:
        raise Unavailable(f"written, but not read back: {error}") from error


def _part(text: str) -> str:
    """One part of a path: names of projects and types hold spaces, and never a slash."""
    return quote(text, safe="")


def _comments(project: str, id: int) -> str:
    return f"/{_part(project)}/_apis/wit/workItems/{id}/comments"


def _signed_out(connection: str) -> Unauthorized:
    return Unauthorized(f"{connection}: the token is refused: a page to sign in came instead of JSON")
