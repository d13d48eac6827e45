"""The web application: which path leads where. Built by the daemon, served by uvicorn in the same loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from syncd.engine import views
from syncd.engine.pulse import Pulse
from syncd.engine.site import Site
from syncd.web import page
from syncd.web.guard import guarded
from syncd.web.metrics import Metrics, scrape
from syncd.web.webhooks import hook


def create(
    site: Site,
    *,
    metrics: Metrics,
    pulse: Callable[[], Pulse | None] = lambda: None,
    password: str | None = None,
) -> Starlette:
    """The application over a site.

    Args:
        pulse: what this daemon knows of itself; without it the store's last word is shown.
        password: asked for by the page and the metrics; without one they are shown on this machine only.
    """
    app = Starlette(
        routes=[
            Route("/hooks/{connection}", hook, methods=["POST"]),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", guarded(scrape)),
            Route("/", guarded(page.front)),
            Route("/static/{name}", guarded(page.asset)),
            Route("/api/status", guarded(page.standing)),
            Route("/api/live", guarded(page.live)),
        ]
    )
    app.state.site = site
    app.state.metrics = metrics
    app.state.pulse = pulse
    app.state.password = password
    app.state.stopping = asyncio.Event()
    return app


async def healthz(request: Request) -> Response:
    """200 while work gets done; 503 with the reasons when it does not. Names no ticket."""
    status = await views.status(request.app.state.site, pulse=request.app.state.pulse())
    return JSONResponse(
        {"ok": status.health.ok, "reasons": list(status.health.reasons)}, 200 if status.health.ok else 503
    )


async def readyz(request: Request) -> Response:
    """200 once the store answers."""
    await request.app.state.site.store.read(lambda c: None)
    return JSONResponse({"ready": True})
