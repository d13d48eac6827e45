"""Two vendors in memory as installed connectors; a test reaches them by the host of their address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httpx
from pydantic import Field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from syncd.sdk.client import Tokens, open_client
from syncd.sdk.connector import Account, ConnectionConfig, Page
from syncd.sdk.oauth import OAuthByPerson
from syncd.sdk.testing.memory import BLIND, HELPFUL, Character, MemoryConnector, MemoryVendor
from syncd.sdk.testing.tokens import TokenEndpoint

VENDORS: dict[str, MemoryVendor] = {}
DOOR = "https://door.example"
DOORS: list[TokenEndpoint] = []
"""Where tokens are given for `Guarded`; the last one is in use."""


class Config(ConnectionConfig):
    account: str = Field(default="syncd", description="Who we act as.")


class _Memory(MemoryConnector):
    Config: ClassVar[type[ConnectionConfig]] = Config
    character_of_vendor: ClassVar[Character]

    def __init__(self, config: Any = None, *, connection: str = "", **more: Any) -> None:
        host = urlsplit(config.url).hostname or ""
        vendor = VENDORS.setdefault(host, MemoryVendor(host.partition(".")[0], character=self.character_of_vendor))
        super().__init__(config, connection=connection, vendor=vendor, account=config.account, **more)


class Desk(_Memory):
    """A helpdesk with webhooks and guarded writes."""

    name = "memdesk"
    character_of_vendor = HELPFUL


class Tracker(_Memory):
    """A tracker that answers nothing to a write, and is polled."""

    name = "memtracker"
    character_of_vendor = BLIND
    capabilities = BLIND.capabilities
    fields = BLIND.fields


class GuardedConfig(Config):
    oauth: OAuthByPerson


class Guarded(Desk):
    """A helpdesk that a person lets an application into; it asks for a token before it shows anything."""

    name = "memguarded"
    Config = GuardedConfig

    def __init__(self, config: Any = None, **more: Any) -> None:
        super().__init__(config, **more)
        app = Starlette(routes=[DOORS[-1].route("/token"), Route("/me", self._me)])
        self.transport = httpx.ASGITransport(app)
        self._door = open_client(self, DOOR, sign_in=Tokens(config.oauth, f"{DOOR}/token"))

    async def _me(self, request: Request) -> JSONResponse:
        access = request.headers.get("authorization", "").removeprefix("Bearer ")
        return JSONResponse({}, 200 if DOORS[-1].knows(access) else 401)

    async def check(self) -> Account:
        await self._door.request("GET", "/me")
        return await super().check()

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        await self._door.request("GET", "/me")
        async for page in super().changes(cursor):
            yield page

    async def aclose(self) -> None:
        await self._door.aclose()
        await super().aclose()
