"""What each connection's vendor calls: asked of the vendor for `syncd webhooks`, and judged by `engine.callers`."""

from __future__ import annotations

from datetime import datetime

from syncd.cli.reached import reached
from syncd.engine.callers import Callers, Standing, judged, view
from syncd.sdk.connector import Capability
from syncd.sdk.errors import ConnectorError
from syncd.settings import Settings


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
