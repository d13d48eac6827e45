"""The intake API: who asks, how often and what, before the body is believed; then the engine's answer as a status.

Errors are problem details (RFC 9457). Nothing that was sent comes back in one, and no secret reaches a log.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from syncd.core.intake import Act, Client
from syncd.engine import escalations
from syncd.engine.incoming import Invalid
from syncd.engine.readable import as_json
from syncd.engine.site import Site
from syncd.errors import StoreError
from syncd.web.guard import not_found
from syncd.web.metrics import Metrics
from syncd.web.secrets import Signed, known_by_bearer, known_by_signature
from syncd.web.webhooks import Refused, examine, raw_body

log = structlog.get_logger()

PATH = "/api/escalations"
_BARE = re.compile(r"[\x21\x23-\x7e]{1,255}")
_QUOTED = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"')


class Problem(Exception):
    """An answer that is an error: RFC 9457, with each wrong place of the body under `errors`."""

    def __init__(
        self, status: int, kind: str, title: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(title)
        self.status = status
        self.headers = headers or {}
        self.body = {"type": f"urn:syncd:problem:{kind}", "title": title, "status": status, **more}

    def answer(self) -> Response:
        return JSONResponse(self.body, self.status, headers=self.headers, media_type="application/problem+json")


def routes() -> list[Route]:
    return [
        Route(PATH, _answered(_open), methods=["POST"]),
        Route(PATH + "/{id}/entries", _answered(_enrich), methods=["POST"]),
        Route(PATH + "/{id}", _answered(_show), methods=["GET"]),
    ]


@dataclass(slots=True)
class _Asked:
    """One request whose sender is known. `raw` is empty where no body is asked for."""

    site: Site
    client: Client
    key: str
    raw: bytes


async def _open(request: Request, asked: _Asked) -> Response:
    """POST /api/escalations: 202 once it is stored."""
    return _accepted(await _take(asked, Act.OPEN, ""))


async def _enrich(request: Request, asked: _Asked) -> Response:
    """POST /api/escalations/{id}/entries: 202 once it is stored."""
    return _accepted(await _take(asked, Act.ENRICH, request.path_params["id"]))


async def _show(request: Request, asked: _Asked) -> Response:
    """GET /api/escalations/{id}: what became of it."""
    try:
        case = await escalations.show(asked.site, asked.client, request.path_params["id"])
    except escalations.Unknown as error:
        raise _unknown(str(error)) from None
    return JSONResponse(as_json(case), headers={"Cache-Control": "no-store"})


async def _take(asked: _Asked, act: Act, escalation: str) -> escalations.Kept:
    if act not in asked.client.may:
        raise Problem(403, "forbidden", f"this client may not {act} an escalation", detail="see `may` of the client")
    try:
        return await escalations.take(
            asked.site, asked.client, act, key=asked.key, raw=asked.raw, escalation=escalation
        )
    except Invalid as error:
        raise _invalid(error) from None
    except escalations.Unknown as error:
        raise _unknown(str(error)) from None
    except escalations.Refused as error:
        raise _contradicts(error) from None


def _accepted(kept: escalations.Kept) -> Response:
    address = f"{PATH}/{kept.escalation}"
    said = {"id": kept.escalation, "request": kept.request, "href": address}
    return JSONResponse(said, 202, headers={"Location": address, "Cache-Control": "no-store"})


# --- who asks ---------------------------------------------------------------------------------------------------------

Endpoint = Callable[[Request, _Asked], Awaitable[Response]]


def _answered(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint for clients that are known and not too quick; every error as a problem."""

    async def answer(request: Request) -> Response:
        site: Site = request.app.state.site
        metrics: Metrics = request.app.state.metrics
        if not site.clients:
            return not_found()
        known = list[Client]()
        try:
            response = await endpoint(request, await _asked(request, site, known))
        except Problem as problem:
            response = problem.answer()
        except Refused as error:
            response = Problem(error.status, "body", error.verdict, headers={"Connection": "close"}).answer()
        except StoreError as error:
            log.error("intake.not_stored", reason=str(error))
            response = Problem(
                503, "store", "it could not be stored: come again", headers={"Retry-After": "5"}
            ).answer()
        except Exception as error:  # the last fence: the sender learns nothing but a number
            number = uuid4().hex[:8]
            log.error("bug", id=number, path=PATH, exc_info=error)
            response = Problem(500, "bug", f"a bug of syncd's own ({number})").answer()
        metrics.requests.labels(known[0].name if known else "", str(response.status_code)).inc()
        return response

    return answer


async def _asked(request: Request, site: Site, known: list[Client]) -> _Asked:
    """Who asks, by what it shows; the body is read only of those whose secret fits, or who signed it."""
    signed = Signed.of(request.headers)
    client = known_by_bearer(site.clients.values(), request.headers.get("authorization", ""))
    if client is None and signed is None:
        raise _stranger()
    posts = request.method == "POST"
    if posts:
        examine(request)
    raw = await raw_body(request) if posts else b""
    if client is None and signed is not None:
        client = known_by_signature(site.clients.values(), signed, raw, site.now())
    if client is None:
        raise _stranger()
    known.append(client)
    request.app.state.rates.count(client)
    signature = signed if known_by_bearer([client], request.headers.get("authorization", "")) is None else None
    return _Asked(site, client, _key(request, signature) if posts else "", raw)


def _stranger() -> Problem:
    log.warning("intake.refused", reason="neither a secret nor a signature of a client")
    title = "neither a bearer secret nor a signature that fits"
    return Problem(401, "stranger", title, headers={"WWW-Authenticate": 'Bearer realm="syncd intake"'})


def _key(request: Request, signed: Signed | None) -> str:
    """The key of idempotency. Of a signed request it is the signed id: a header that nobody signed may be exchanged."""
    given = request.headers.get("idempotency-key", "").strip()
    if not given and signed is not None:
        given = signed.id
    quoted = _QUOTED.fullmatch(given)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else given
    if not _BARE.fullmatch(key):
        title = "`Idempotency-Key` is missing" if not given else "`Idempotency-Key` is no key"
        remedy = "send a UUID of your own with each new request, and the same one when you repeat it"
        raise Problem(400, "no-key", title, detail=remedy)
    if signed is not None and key != signed.id:
        raise Problem(400, "key-not-signed", "`Idempotency-Key` is another one than the signed `webhook-id`")
    return key


class Rates:
    """How often each client asked lately. In memory: a restart forgives, and two daemons count apart."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._seen: dict[str, deque[float]] = {}

    def count(self, client: Client) -> None:
        """Count a request, or raise the Problem that there were too many."""
        now, limit = self._site.now().timestamp(), client.limit
        seen = self._seen.setdefault(client.name, deque(maxlen=limit.count))
        while seen and not now - limit.seconds < seen[0] <= now:
            seen.popleft()
        if len(seen) >= limit.count:
            wait = max(1, round(seen[0] + limit.seconds - now + 0.5))
            every = timedelta(seconds=limit.seconds)
            detail = f"at most {limit.count} in {every}"
            raise Problem(429, "too-many", "too many requests", headers={"Retry-After": str(wait)}, detail=detail)
        seen.append(now)


# --- what is wrong ----------------------------------------------------------------------------------------------------


def _invalid(error: Invalid) -> Problem:
    errors = [
        {"pointer": f"#{one.pointer}", "detail": one.problem, "expected": one.expected, "remedy": one.remedy}
        for one in error.problems
    ]
    return Problem(422, "invalid", "the body does not say what can be written", errors=errors)


def _unknown(text: str) -> Problem:
    return Problem(404, "unknown", text)


def _contradicts(error: escalations.Refused) -> Problem:
    if error.reused:
        return Problem(422, "key-reused", str(error), detail="send a new key with a new request")
    address = f"{PATH}/{error.escalation}"
    remedy = f"look at {address}, and add to it by POST {address}/entries"
    return Problem(409, "opened-before", str(error), detail=remedy, id=error.escalation, headers={"Location": address})
