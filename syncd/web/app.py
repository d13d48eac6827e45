"""The web application: which path leads where. Built by the daemon, served by uvicorn in the same loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from syncd.engine.pulse import Pulse
from syncd.engine.site import Site
from syncd.errors import StoreError
from syncd.web import intake, page, signed
from syncd.web.guard import guarded, not_found
from syncd.web.health import healthz, readyz
from syncd.web.limit import Limit
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
            *intake.routes(),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", guarded(scrape)),
            Route("/", guarded(page.front)),
            Route("/static/{name}", guarded(page.asset)),
            Route("/api/status", guarded(page.standing)),
            Route("/api/live", guarded(page.live)),
            Route("/s/do", signed.limited(signed.press), methods=["POST"]),
            Route("/s/{token}", signed.limited(signed.show)),
        ],
        exception_handlers={HTTPException: _refused, StoreError: _unavailable},
    )
    app.router.redirect_slashes = False  # a redirect would repeat whatever host name was asked for
    app.state.site = site
    app.state.metrics = metrics
    app.state.pulse = pulse
    app.state.password = password
    app.state.limit = Limit()
    app.state.stopping = asyncio.Event()
    app.state.rates = intake.Rates(site)
    app.state.looks = page.Looks(site, pulse)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == HTTPStatus.NOT_FOUND:
        return not_found()
    phrase = HTTPStatus(error.status_code).phrase.lower()
    return JSONResponse({"error": phrase}, error.status_code, headers=error.headers)


async def _unavailable(request: Request, error: Exception) -> Response:
    """The store does not answer; what it said may name paths, and is in the log."""
    return JSONResponse({"error": "the store does not answer"}, 503, headers={"Retry-After": "5"})
