"""Steps that several tests take."""

from typing import Any

import httpx

from syncd.core.model import Body, Comment, Internal, Thread
from syncd.sdk.connector import Connector, Draft, Message
from syncd_azuredevops import AzureDevOps

PLACE = {"project": "Fabrikam", "type": "Bug"}


def draft(**fields: Any) -> Draft:
    return Draft(PLACE, {"title": "Export fails", **fields})


def to(ref: str, value: Any, op: str = "add") -> dict[str, Any]:
    """A step of a patch that sets a field."""
    return {"op": op, "path": f"/fields/{ref}", "value": value}


async def thread(connector: Connector, ref: str) -> Thread:
    found = (await connector.fetch(ref)).thread
    assert found is not None
    return found


async def commented(connector: Connector, ref: str, body: Body | str, *files: Any, key: str = "key-1") -> Comment:
    said = Internal(body) if isinstance(body, str) else body
    return (await connector.comment(ref, Message(said, files), key=key, expect="")).comment


async def wrote(boards: AzureDevOps, ref: str, **fields: Any) -> dict[str, Any]:
    """Write on what was just read, and what a read shows then."""
    await boards.update(ref, fields, expect=(await boards.fetch(ref)).revision)
    return dict((await boards.fetch(ref)).fields)


class Answering(httpx.AsyncBaseTransport):
    """Answers requests whose path holds `path` in its own way, and passes on all others."""

    def __init__(self, inner: httpx.AsyncBaseTransport, path: str, answer: httpx.Response) -> None:
        self.inner, self.path, self.answer = inner, path, answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.path not in request.url.path:
            return await self.inner.handle_async_request(request)
        await request.aread()
        content, headers = self.answer.content, dict(self.answer.headers)
        return httpx.Response(self.answer.status_code, content=content, headers=headers, request=request)
