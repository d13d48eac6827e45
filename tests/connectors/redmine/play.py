"""How one life of a Redmine is played at a real one and at the simulator, and what of the answers is comparable.

Times differ from server to server, so each becomes its place in the order of all times; nothing else is forgiven.
Each write has a second of its own, so that the order tells which writes move which stamp.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import httpx

STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
BYTES = {"content-type": "application/octet-stream"}
WRITES = frozenset({"POST", "PUT", "DELETE"})


@dataclass
class Play:
    """A Redmine to speak to as anybody, and everything that was said.

    Args:
        keys: the key of each person; nobody has none.
        second: waits for the beginning of the next second of its clock, and tells that time.
    """

    client: httpx.AsyncClient
    keys: Mapping[str, str]
    second: Callable[[], Awaitable[datetime]]
    said: list[dict[str, Any]] = field(default_factory=list)

    async def __call__(self, who: str, what: str, body: object = None, **more: Any) -> Any:
        """`what` is "PUT /issues/1.json"; returns the JSON of the answer, or None."""
        method, _, path = what.partition(" ")
        if method in WRITES:
            await self.second()
        headers = {"x-redmine-api-key": self.keys[who]} if who in self.keys else {}
        headers |= more.pop("headers", {})
        if body is not None:
            more["json"] = body
        answer = await self.client.request(method, path, headers=headers, **more)
        said = _json(answer)
        call = {"who": who, "what": unquote(what), "status": answer.status_code, "body": said}
        self.said.append({**call, **_headers(answer)})
        return said

    async def put(self, who: str, number: int, **issue: object) -> Any:
        return await self(who, f"PUT /issues/{number}.json", {"issue": issue})

    async def make(self, who: str, **issue: object) -> Any:
        return await self(who, "POST /issues.json", {"issue": {"project_id": "eng", **issue}})

    async def read(self, who: str, number: int, include: str = "journals,attachments,watchers") -> Any:
        return await self(who, f"GET /issues/{number}.json?include={include}")

    async def upload(self, who: str, name: str, content: bytes) -> str:
        made = await self(who, f"POST /uploads.json?filename={name}", content=content, headers=BYTES)
        return str(made["upload"]["token"]) if made and "upload" in made else ""

    async def list(self, who: str, **filters: str | int) -> Any:
        return await self(who, f"GET /issues.json?{httpx.QueryParams(filters)}")


def _json(answer: httpx.Response) -> Any:
    if not answer.content:
        return None
    if answer.headers.get("content-type", "").startswith("application/json"):
        return answer.json()
    is_page = answer.status_code >= 400 or answer.headers["content-type"].startswith("text/html")
    return "<page>" if is_page else answer.text


def _headers(answer: httpx.Response) -> dict[str, str]:
    if answer.status_code >= 500:
        return {}
    return {name: answer.headers[name] for name in ("content-type", "location") if name in answer.headers}


def comparable(said: list[dict[str, Any]], *, url: str, began: datetime) -> list[dict[str, Any]]:
    """The same without what must differ: times by their order, the day and the address by name, no secrets."""
    text = re.sub(r'("api_key": ")[^"]*', r"\1", json.dumps(said)).replace(url, "<url>")
    start = f"{began:%Y-%m-%dT%H:%M:%SZ}"
    order = {
        stamp: f"t{place}"
        for place, stamp in enumerate(sorted(each for each in set(STAMP.findall(text)) if each >= start))
    }
    text = STAMP.sub(lambda found: order.get(found[0], "seed"), text).replace(f"{began:%Y-%m-%d}", "<today>")
    plain: list[dict[str, Any]] = json.loads(text)
    return plain
