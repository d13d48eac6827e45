"""The first page and what it shows, live: the sentence, the pairs, the delays, what is parked, what is left of quotas.

A later page for operators presses what `engine.operate` offers; this one only looks, through `engine.views`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from syncd.engine import views

EVERY = 1.0  # seconds between looks; a look that shows nothing new is not sent
ALIVE = 15  # looks after which something is sent all the same, so that a dead connection is noticed
SHOWN = 50  # parked items and links on the page
TYPES = {"page.html": "text/html", "page.css": "text/css", "page.js": "text/javascript"}


async def front(request: Request) -> Response:
    """GET /"""
    return _asset("page.html")


async def asset(request: Request) -> Response:
    """GET /static/{name}"""
    name = request.path_params["name"]
    return _asset(name) if name in TYPES else Response(status_code=404)


def _asset(name: str) -> Response:
    content = (files("syncd.web") / "static" / name).read_bytes()
    return Response(content, media_type=TYPES[name])


async def standing(request: Request) -> Response:
    """GET /api/status: what the page shows, as JSON."""
    return JSONResponse(await _look(request))


async def live(request: Request) -> Response:
    """GET /api/live: the same as server-sent events, whenever it changes."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(request), media_type="text/event-stream", headers=headers)


async def _events(request: Request) -> AsyncIterator[str]:
    last, quiet = "", 0
    while not request.app.state.stopping.is_set() and not await request.is_disconnected():
        look = await _look(request)
        text = json.dumps({**look, "at": None})
        quiet += 1
        if text != last or quiet >= ALIVE:
            last, quiet = text, 0
            yield f"data: {json.dumps(look)}\n\n"
        try:
            async with asyncio.timeout(EVERY):
                await request.app.state.stopping.wait()
        except TimeoutError:
            continue


async def _look(request: Request) -> dict[str, Any]:
    site = request.app.state.site
    status, parked, links = await asyncio.gather(
        views.status(site, pulse=request.app.state.pulse()),
        views.parked(site, limit=SHOWN),
        views.links(site, limit=SHOWN),
    )
    look = views.as_json(status)
    return {**look, "at": site.now().isoformat(), "parked": views.as_json(parked), "links": views.as_json(links)}
