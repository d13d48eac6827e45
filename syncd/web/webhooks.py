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
from syncd.web.guard import not_found
from syncd.web.metrics import Metrics

log = structlog.get_logger()

LARGEST = 1024 * 1024  # bytes of a body; larger ones are refused, and polling finds the change
SLOWEST = 10.0  # seconds for a body to arrive


class Refused(Exception):
    """A request that is not even looked at."""

    def __init__(self, status: int, verdict: str) -> None:
        super().__init__(verdict)
        self.status = status
        self.verdict = verdict


async def hook(request: Request) -> Response:
    """POST /hooks/{connection}: answered after the commit; 503 while the store cannot take it."""
    site: Site = request.app.state.site
    metrics: Metrics = request.app.state.metrics
    name: str = request.path_params["connection"]
    try:
        examine(request)
        webhook = await _webhook(request, site)
        received = await receive(site, name, webhook)
    except Refused as error:
        metrics.delivery(name if name in site.connectors else "", error.verdict)
        return JSONResponse({"error": error.verdict}, error.status, headers={"Connection": "close"})
    except StoreError as error:
        metrics.delivery(name, "not stored")
        log.error("webhook.not_stored", connection=name, reason=str(error))
        return JSONResponse({"error": "come again"}, 503, headers={"Retry-After": "5"})
    metrics.delivery(name if received.verdict is not Verdict.UNKNOWN else "", received.verdict.value)
    return _answer(received.verdict)


def _answer(verdict: Verdict) -> Response:
    match verdict:
        case Verdict.TAKEN | Verdict.BAD_BODY:  # a bad body is kept and shown; sending it again would change nothing
            return JSONResponse({}, 202)
        case Verdict.DOUBLED:
            return JSONResponse({}, 200)
        case Verdict.BAD_SIGNATURE:
            return JSONResponse({"error": "signature"}, 401)
        case Verdict.UNKNOWN:
            return not_found()


def examine(request: Request) -> None:
    """Refuse what its head alone condemns."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(415, "no compressed bodies")
    if not (kind == "application/json" or kind.endswith("+json")):
        raise Refused(415, "JSON only")
    length = request.headers.get("content-length", "0").lstrip("0")
    if length.isdecimal() and (len(length) > len(str(LARGEST)) or int(length) > LARGEST):
        raise Refused(413, "too large")


async def raw_body(request: Request) -> bytes:
    """The bytes as they came, no more than are allowed and no slower. Raises Refused."""
    try:
        async with asyncio.timeout(SLOWEST):
            return await _body(request)
    except (TimeoutError, ClientDisconnect):
        raise Refused(408, "too slow") from None


async def _webhook(request: Request, site: Site) -> Webhook:
    return Webhook(
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await raw_body(request),
        received=site.now(),
        query=dict(request.query_params),
    )


async def _body(request: Request) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST:
            raise Refused(413, "too large")
        chunks.append(chunk)
    return b"".join(chunks)
