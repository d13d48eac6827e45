"""Who may see the page: this machine, or whoever knows the password.

The page shows titles and reasons of tickets, so it is not for whoever can reach the webhooks. Without a password it is
answered only to a browser on this machine that asked for this machine: a name that was re-bound by DNS, or a request
that a proxy passes on, gets the 404 that everything unknown gets (reliability.md, T9). A proxy that neither says so nor
keeps the name it was asked for cannot be told from a browser: docs/web.md says what to pass on.
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Endpoint = Callable[[Request], Awaitable[Response]]

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
PROXY_MARKS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via", "cf-connecting-ip")
HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^\[\]@/\\?#:]+)(:\d{1,5})?")


def guarded(endpoint: Endpoint) -> Endpoint:
    """The endpoint for those who may see it."""

    async def guard(request: Request) -> Response:
        response = await endpoint(request) if may_see(request) else _refusal(request)
        response.headers.update(HEADERS)
        return response

    return guard


def may_see(request: Request) -> bool:
    """Whether this request comes from somebody who may read titles and reasons."""
    password: str | None = request.app.state.password
    return _from_here(request) if password is None else _knows(request, password)


def not_found() -> Response:
    """The answer to everything unknown, so that nobody learns from it what is there."""
    return JSONResponse({"error": "not found"}, 404)


def _refusal(request: Request) -> Response:
    if request.app.state.password is None:
        return not_found()
    challenge = {"WWW-Authenticate": 'Basic realm="syncd", charset="UTF-8"'}
    return JSONResponse({"error": "password"}, 401, headers=challenge)


def _from_here(request: Request) -> bool:
    if any(mark in request.headers for mark in PROXY_MARKS):
        return False
    if request.scope.get("http_version") == "1.0":  # no browser speaks it, but proxies do
        return False
    host = HOST.fullmatch(request.headers.get("host", ""))
    return (
        host is not None and _is_loopback(host["name"]) and _is_loopback(request.client.host if request.client else "")
    )


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _knows(request: Request, password: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        _, _, said = base64.b64decode(given, validate=True).partition(b":")
    except ValueError:  # no base64, or no ASCII
        return False
    return hmac.compare_digest(said, password.encode())
