"""The demo's whole story, over the network, with every request and answer held to the vendors' own descriptions."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syncd import demo
from syncd.sdk.testing.openapi import Description
from syncd.sdk.testing.simulator import Simulator
from syncd_jira.simulator import JiraSimulator
from syncd_zendesk.simulator import ZendeskSimulator
from tests.connectors.jira import described as jira
from tests.connectors.zendesk import description as zendesk


class Checked:
    """A vendor's ASGI app whose API traffic is compared with a description on its way."""

    def __init__(self, app: ASGIApp, description: Description, *, api: str, beside: tuple[str, ...]) -> None:
        self.app, self.description, self.api, self.beside = app, description, api, beside
        self.seen: Counter[str] = Counter()
        self.violations: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(self.api) or path.startswith(self.beside):
            await self.app(scope, receive, send)
            return
        url = f"http://vendor{scope['raw_path'].decode()}?{scope['query_string'].decode()}"
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        heard, said = _Ear(receive), _Mouth(send)
        await self.app(scope, heard, said)
        method = scope["method"]
        self.seen[method] += 1
        self.violations += self.description.check_request(method, url, headers, heard.body)
        self.violations += self.description.check_response(method, url, said.status, said.headers, said.body)


class _Ear:
    def __init__(self, receive: Receive) -> None:
        self.receive, self.body = receive, b""

    async def __call__(self) -> Message:
        message = await self.receive()
        self.body += message.get("body", b"")
        return message


class _Mouth:
    def __init__(self, send: Send) -> None:
        self.send, self.status, self.body = send, 0, b""
        self.headers: dict[str, str] = {}

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        self.body += message.get("body", b"")
        await self.send(message)


def checked(monkeypatch: pytest.MonkeyPatch, vendor: type[Simulator], **how: object) -> list[Checked]:
    """Every simulator of this kind that is made from now on is checked; the list fills as they answer."""
    made: list[Checked] = []
    right = vendor.__call__

    async def call(self: Simulator, scope: Scope, receive: Receive, send: Send) -> None:
        if not made:
            made.append(Checked(lambda *asked: right(self, *asked), **how))  # type: ignore[arg-type]
        await made[0](scope, receive, send)

    monkeypatch.setattr(vendor, "__call__", call)
    return made


async def test_the_story_ends_well_and_every_request_is_as_the_vendors_describe_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    desk = checked(
        monkeypatch, ZendeskSimulator, description=zendesk.description(), api="/api/v2/", beside=tuple(zendesk.BESIDE)
    )
    tracker = checked(monkeypatch, JiraSimulator, description=jira.cloud(), api="/rest/", beside=tuple(jira.BESIDE))
    async with demo.stage(tmp_path) as on:
        await demo.Story(on, lambda what, took: None).tell()
        verdict = await demo.judge(on)
    assert verdict.good, on.lost
    for vendor in (*desk, *tracker):
        assert vendor.violations == []
        assert {"GET", "POST", "PUT"} <= set(vendor.seen)
