"""Health for machines: is it to be restarted (`/healthz`), may it get webhooks (`/readyz`). Open to everybody."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from syncd.engine.health import examine
from syncd.engine.pulse import last
from syncd.errors import StoreError
from syncd.store import meta
from syncd.web.guard import may_see


async def healthz(request: Request) -> Response:
    """GET /healthz: 200 while work gets done, else 503; why is told only to those who may see the page."""
    reasons = await _reasons(request)
    said = {"ok": not reasons, "reasons": reasons} if may_see(request) else {"ok": not reasons}
    return JSONResponse(said, 503 if reasons else 200)


async def _reasons(request: Request) -> list[str]:
    site = request.app.state.site
    if site.store.damage is not None:
        return [str(site.store.damage)]
    try:
        pulse = request.app.state.pulse() or await site.store.read(last)
        started = pulse.started if pulse is not None and pulse.alive(site.now()) else None
        found = await site.store.read(lambda c: examine(site, c, started=started))
    except StoreError as error:
        return [str(error)]
    return list(found.reasons)


async def readyz(request: Request) -> Response:
    """GET /readyz: 200 once the store answers, else 503."""
    await request.app.state.site.store.read(lambda c: meta.get(c, "store_id"))
    return JSONResponse({"ready": True})
