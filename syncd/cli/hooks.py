"""What each connection's vendor calls: asked of the vendor for `syncd webhooks`, and judged by `engine.callers`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from syncd.engine.callers import Callers, Standing, judged, view
from syncd.registry import installed
from syncd.sdk.connector import Capability, Connector
from syncd.sdk.errors import ConnectorError
from syncd.settings import Settings


@asynccontextmanager
async def reached(settings: Settings, name: str) -> AsyncIterator[Connector]:
    """The connector of a connection; whoever asks it something calls `check` first."""
    config = settings.connections[name]
    connector: Connector = installed().get(config.connector)(config, connection=name)
    try:
        yield connector
    finally:
        await connector.aclose()


async def look(settings: Settings, name: str, *, now: datetime) -> Callers:
    """Ask a vendor, if it can tell at all."""
    ours = settings.hook_address(name)
    async with reached(settings, name) as connector:
        steps = tuple(connector.hook_steps(ours or f"PUBLIC_URL/hooks/{name}"))
        if Capability.WEBHOOKS not in connector.capabilities:
            return Callers(name, ours, Standing.NONE, steps=steps)
        if Capability.MANAGE_WEBHOOKS not in connector.capabilities:
            return Callers(name, ours, Standing.UNSEEN, steps=steps)
        try:
            await connector.check()
            hooks = tuple(view(hook, ours) for hook in await connector.hooks())
        except ConnectorError as error:
            return Callers(name, ours, Standing.UNASKED, managed=True, problem=str(error), steps=steps)
    findings = tuple(judged(hooks, now=now)) if ours else ("`public_url` is not set",)
    standing = Standing.WRONG if findings else Standing.CALLED
    return Callers(name, ours, standing, managed=True, hooks=hooks, findings=findings)
