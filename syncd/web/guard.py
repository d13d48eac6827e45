"""Who may see the page: this machine, or whoever knows the password.

The page shows titles and reasons of tickets, so it is not for whoever can reach the webhooks. Without a password it is
answered only to a browser on this machine that asked for this machine: a name that was re-bound by DNS, or a request
that a proxy passes on, gets the 404 that everything unknown gets (reliability.md, T9).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

Endpoint = Callable[[Request], Awaitable[Response]]

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
PROXY_MARKS = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def guarded(endpoint: Endpoint) -> Endpoint:
    """The endpoint for those who may see it."""

    async def guard(request: Request) -> Response:
        password: str | None = request.app.state.password
        if password is None:
            if not _from_here(request):
                return PlainTextResponse("Not Found", 404)
        elif not _knows(request, password):
            challenge = {"WWW-Authenticate": 'Basic realm="syncd", charset="UTF-8"'}
            return PlainTextResponse("Who are you?", 401, headers=challenge)
        response = await endpoint(request)
        response.headers.update(HEADERS)
        return response

    return guard


def _from_here(request: Request) -> bool:
    if any(mark in request.headers for mark in PROXY_MARKS):
        return False
    host = request.url.hostname or ""
    return _is_loopback(host) and request.client is not None and _is_loopback(request.client.host)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _knows(request: Request, password: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        _, _, said = base64.b64decode(given, validate=True).partition(b":")
    except binascii.Error:
        return False
    return hmac.compare_digest(said, password.encode())
