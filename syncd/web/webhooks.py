"""The webhook endpoint: caps first, then the raw bytes to the engine, and its verdict as a status."""

from __future__ import annotations

import asyncio

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from syncd.engine.receive import Verdict, receive
from syncd.engine.site import Site
from syncd.errors import StoreError
from syncd.sdk.connector import Webhook

log = structlog.get_logger()

LARGEST = 1024 * 1024  # bytes of a body; larger ones are refused, and polling finds the change
SLOWEST = 10.0  # seconds for a body to arrive
STATUS = {
    Verdict.TAKEN: 202,
    Verdict.DOUBLED: 200,
    Verdict.BAD_BODY: 202,  # kept and shown; sending it again would change nothing
    Verdict.BAD_SIGNATURE: 401,
    Verdict.UNKNOWN: 404,
}


class TooLarge(Exception):
    """A body over `LARGEST`."""


async def hook(request: Request) -> Response:
    """POST /hooks/{connection}: answered after the commit; 503 while the store cannot take it."""
    site: Site = request.app.state.site
    if refusal := _refused(request):
        return refusal
    try:
        async with asyncio.timeout(SLOWEST):
            body = await _body(request)
    except TooLarge:
        return _closing(413, "too large")
    except (TimeoutError, ClientDisconnect):
        return _closing(408, "too slow")
    webhook = Webhook(
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        received=site.now(),
        query=dict(request.query_params),
    )
    try:
        received = await receive(site, request.path_params["connection"], webhook)
    except StoreError as error:
        log.error("webhook.not_stored", connection=request.path_params["connection"], reason=str(error))
        return JSONResponse({"error": "come again"}, 503, headers={"Retry-After": "5"})
    request.app.state.metrics.delivery(request.path_params["connection"], received.verdict.value)
    status = STATUS[received.verdict]
    return JSONResponse({"error": "signature"} if status == 401 else {}, status)


def _refused(request: Request) -> Response | None:
    """What is refused by its head alone."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        return _closing(415, "no compressed bodies")
    if not (kind == "application/json" or kind.endswith("+json")):
        return _closing(415, "JSON only")
    length = request.headers.get("content-length", "0")
    return _closing(413, "too large") if length.isdigit() and int(length) > LARGEST else None


async def _body(request: Request) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST:
            raise TooLarge
        chunks.append(chunk)
    return b"".join(chunks)


def _closing(status: int, error: str) -> JSONResponse:
    return JSONResponse({"error": error}, status, headers={"Connection": "close"})
