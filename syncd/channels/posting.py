"""One POST of JSON to an address that may itself be a secret: so it shows in no log line and in no error."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

import httpx

from syncd.sdk.errors import ConnectorError, NotFound, Rejected, Unavailable
from syncd.sdk.http import Client

Explain = Callable[[httpx.Response], ConnectorError | None]


class Post:
    """Sends to one address, without following it elsewhere."""

    def __init__(self, url: str, *, name: str, timeout: timedelta, explain: Explain | None = None) -> None:
        self._url = url
        self._open = partial(Client, "", connection=name, timeout=timeout, explain=explain or by_status)
        self._client: Client | None = None  # opened when it is needed: most commands send nothing

    async def __call__(self, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
        """Send it once; the answer's body.

        Raises:
            ConnectorError: see `Channel`.
        """
        given = {"content-type": "application/json", **(headers or {})}
        self._client = self._client or self._open()
        return (await self._client.request("POST", self._url, content=body, headers=given)).content

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()


def as_bytes(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def by_status(response: httpx.Response) -> ConnectorError | None:
    """What a status means to whom nothing else is said; None for what it means everywhere."""
    if response.status_code in (502, 503):  # a gateway that reached nobody: it has not arrived
        return Unavailable(f"the receiver answered {response.status_code}", sent=False)
    if 300 <= response.status_code < 400:
        return NotFound(f"the receiver answered {response.status_code}: it listens somewhere else")
    if response.status_code in (409, 412):
        return Rejected(f"the receiver answered {response.status_code}")
    return None
