"""The first page and what it shows, live: the sentence, the pairs, the delays, what is parked, what is left of quotas.

A later page for operators presses what `engine.operate` offers; this one only looks, through `engine.views`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from importlib.resources import files
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from syncd.engine import views
from syncd.engine.pulse import Pulse
from syncd.engine.site import Site
from syncd.errors import StoreError
from syncd.web.guard import not_found

log = structlog.get_logger()

EVERY = 1.0  # seconds between looks; a look that shows nothing new is not sent
ALIVE = 15  # looks after which something is sent all the same, so that a dead connection is noticed
SHOWN = 50  # rows of each table
TYPES = {
    "page.html": "text/html",
    "page.css": "text/css",
    "page.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


async def front(request: Request) -> Response:
    """GET /"""
    return _asset("page.html")


async def asset(request: Request) -> Response:
    """GET /static/{name}"""
    name = request.path_params["name"]
    return _asset(name) if name in TYPES else not_found()


def _asset(name: str) -> Response:
    content = (files("syncd.web") / "static" / name).read_bytes()
    return Response(content, media_type=TYPES[name])


async def standing(request: Request) -> Response:
    """GET /api/status: what the page shows, as JSON."""
    looks: Looks = request.app.state.looks
    return JSONResponse(await looks.now())


async def live(request: Request) -> Response:
    """GET /api/live: the same as server-sent events, whenever it changes; `down` while the store does not answer."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if request.method == "HEAD":
        return Response(media_type="text/event-stream", headers=headers)
    return StreamingResponse(_events(request), media_type="text/event-stream", headers=headers)


async def _events(request: Request) -> AsyncIterator[str]:
    last, quiet = "", 0
    while not request.app.state.stopping.is_set() and not await request.is_disconnected():
        event, key = await _event(request.app.state.looks)
        quiet += 1
        if key != last or quiet >= ALIVE:
            last, quiet = key, 0
            yield event
        try:
            async with asyncio.timeout(EVERY):
                await request.app.state.stopping.wait()
        except TimeoutError:
            continue


async def _event(looks: Looks) -> tuple[str, str]:
    """What to send, and the part of it that is news when it differs from the last one."""
    try:
        look = await looks.latest()
    except StoreError as error:
        log.warning("page.no_store", reason=str(error))
        return "event: down\ndata: the store does not answer\n\n", "down"
    return f"data: {json.dumps(look)}\n\n", json.dumps({**look, "at": None})


class Looks:
    """How things stand, as JSON; looked up once a second at most, however many pages are open."""

    def __init__(self, site: Site, pulse: Callable[[], Pulse | None]) -> None:
        self._site = site
        self._pulse = pulse
        self._lock = asyncio.Lock()
        self._last: dict[str, Any] = {}
        self._until = 0.0

    async def latest(self) -> dict[str, Any]:
        """A look that is less than a second old."""
        async with self._lock:
            if time.monotonic() >= self._until:
                self._last = await self.now()
                self._until = time.monotonic() + EVERY / 2
            return self._last

    async def now(self) -> dict[str, Any]:
        """A fresh look."""
        status, parked, conflicts, pairs = await asyncio.gather(
            views.status(self._site, pulse=self._pulse()),
            views.parked(self._site, limit=SHOWN),
            views.conflicts(self._site, limit=SHOWN),
            self._pairs(),
        )
        look: dict[str, Any] = views.as_json(status)
        look.pop("daemon")  # its pulse moves at every look, and what it holds stands elsewhere
        return {
            **look,
            "at": self._site.now().isoformat(),
            "parked": views.as_json(parked),
            "conflicts": views.as_json(conflicts),
            "links": views.as_json(pairs),
        }

    async def _pairs(self) -> list[views.LinkView]:
        """Those that differ, then those that are behind, then the newest: with many pairs, the ones worth a look."""
        wanted = (
            views.links(self._site, state="diverged", limit=SHOWN),
            views.links(self._site, state="behind", limit=SHOWN),
            views.links(self._site, limit=SHOWN, newest=True),
        )
        found = {link.id: link for links in await asyncio.gather(*wanted) for link in links}
        shown = list(found.values())[:SHOWN]
        return sorted(shown, key=lambda link: (link.state != "diverged", -link.id))
