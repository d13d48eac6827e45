"""Two vendors in memory as installed connectors; a test reaches them by the host of their address."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import Field

from syncd.sdk.connector import ConnectionConfig
from syncd.sdk.testing.memory import BLIND, HELPFUL, Character, MemoryConnector, MemoryVendor

VENDORS: dict[str, MemoryVendor] = {}


class Config(ConnectionConfig):
    account: str = Field(default="syncd", description="Who we act as.")


class _Memory(MemoryConnector):
    Config = Config
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
