"""Answers of the real servers, kept as JSON, so that the same tests run without them.

    SYNCD_RECORD=1 pytest -m e2e ...        writes recorded/<test>.json anew, from the real server
    pytest                                  plays them: a request that was not recorded, or comes too often, fails

No credential is kept: headers of requests are not, and secrets within answers are blanked.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx
import respx

RECORD = bool(os.environ.get("SYNCD_RECORD"))
KEPT = ("content-type", "etag", "location", "date")
SECRET = re.compile(r'("api_key"\s*:\s*")[^"]*')
PRIVATE = re.compile("TOKEN|KEY|SECRET|PASSWORD|_DIR|_LOG|WEBHOOK")
"""Names of the environment that are credentials or places on this machine."""


class Recorder(httpx.AsyncBaseTransport):
    """The network, and what came back from it."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._network = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._network.handle_async_request(request)
        body = await response.aread()
        self._tape.keep(request, response, body)
        headers = [(name, value) for name, value in response.headers.items() if name in KEPT]
        return httpx.Response(response.status_code, headers=headers, content=body)

    async def aclose(self) -> None:
        await self._network.aclose()


class Tape:
    """One test's traffic: recorded, or played in the order of each request's own answers."""

    def __init__(self, path: Path, env: dict[str, str], *, play: bool) -> None:
        self.path, self.play = path, play
        self.calls: list[dict[str, Any]] = []
        self.webhooks: list[list[dict[str, Any]]] = []
        self.env = env
        if play:
            kept = json.loads(path.read_text())
            self.calls, self.webhooks, self.env = kept["calls"], kept["webhooks"], kept["env"]

    def transport(self) -> httpx.AsyncBaseTransport:
        if not self.play:
            return Recorder(self)
        router = respx.MockRouter(assert_all_called=False)
        answers: dict[tuple[str, str], list[httpx.Response]] = defaultdict(list)
        for call in self.calls:
            answers[call["method"], call["url"]].append(response(call))
        for (method, url), responses in answers.items():
            router.route(method=method, url=url).mock(side_effect=responses)
        return httpx.MockTransport(router.async_handler)

    def keep(self, request: httpx.Request, response: httpx.Response, body: bytes) -> None:
        call: dict[str, Any] = {"method": request.method, "url": str(request.url), "status": response.status_code}
        call["headers"] = {name: value for name, value in response.headers.items() if name in KEPT}
        try:
            call["text"] = SECRET.sub(r"\1", body.decode())
        except UnicodeDecodeError:
            call["base64"] = base64.b64encode(body).decode()
        self.calls.append(call)

    def write(self) -> None:
        self.path.parent.mkdir(exist_ok=True)
        env = {name: value for name, value in self.env.items() if not PRIVATE.search(name)}
        kept = {"env": env, "webhooks": self.webhooks, "calls": self.calls}
        self.path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


class Blank(dict[str, str]):
    """An environment whose credentials are gone: a recording needs none."""

    def __missing__(self, name: str) -> str:
        return "none"


def response(call: dict[str, Any]) -> httpx.Response:
    body = base64.b64decode(call["base64"]) if "base64" in call else call["text"].encode()
    return httpx.Response(call["status"], headers=call["headers"], content=body)
