"""The base of a vendor simulator: an ASGI app with accounts, a journal, limits, faults, webhooks and a page to click.

A vendor is a subclass with routes and state. Its webhooks are in `outbox`, the page that a person clicks is in `page`,
what may go wrong in `faults`. Use it in this process through `transport()`, or `serve()` it on loopback.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import json
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syncd.sdk.secrecy import is_secret
from syncd.sdk.testing.faults import Delay, Fault, FaultPlan, Late, LostAfter, LostBefore, Meanwhile, Status, Twice
from syncd.sdk.testing.journal import Entry
from syncd.sdk.testing.outbox import Event, Outbox, Subscription
from syncd.sdk.testing.page import Desk, page_routes

READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody at the vendor. Without a token it is a person who only uses the page."""

    id: str
    name: str
    email: str = ""
    token: str = field(default="", repr=False)
    scopes: frozenset[str] = frozenset()  # in the vendor's words: "agent", "admin"


NOBODY = Account(id="", name="nobody")


@dataclass(slots=True)
class Exchange:
    """One request as it came over HTTP and how it ended; what it did is in the journal.

    Attributes:
        status: what was answered; None when no answer was sent.
        outcome: what becomes of the answer when that is known beforehand ("no answer").
        did: it has an entry in the journal.
    """

    at: datetime
    actor: Account
    api: bool = True  # False: a person at the page, or a test that acts as one
    method: str = ""
    path: str = ""
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = b""
    status: int | None = None
    outcome: str = ""
    did: bool = False
    cause: int | None = None

    @property
    def operation(self) -> str:
        return f"{self.method} {self.path}"

    def json(self) -> Any:
        return json.loads(self.body)


_current: ContextVar[Exchange] = ContextVar("exchange")


@dataclass(slots=True)
class Limit:
    """So many requests in each window of time; the first request opens a window."""

    limit: int
    window: timedelta = timedelta(minutes=1)
    used: int = 0
    opened: datetime | None = None

    def take(self, now: datetime) -> bool:
        """Count one request; False when there was none left."""
        if self.opened is None or now >= self.opened + self.window:
            self.opened, self.used = now, 0
        self.used += 1
        return self.used <= self.limit

    @property
    def remaining(self) -> int:
        return max(self.limit - self.used, 0)

    def resets_in(self, now: datetime) -> int:
        """Whole seconds until the window ends, rounded up."""
        return max(int(-(-((self.opened or now) + self.window - now).total_seconds() // 1)), 0)


class Refused(Exception):
    """Ends a handler early: the status and the vendor's own body of an error."""

    def __init__(self, status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.body = body
        self.response = Response(None, status, headers) if body is None else JSONResponse(body, status, headers)


def real_time() -> datetime:
    return datetime.now(UTC)


class Simulator(Desk):
    """A vendor in this process.

    A subclass gives `routes` and keeps its state as it likes; its handlers tell `did` what they changed and
    `outbox.put` what the webhooks say, and raise `Refused`. Ids are counted (`new_id`), so that a run can be repeated.

    Its names and those of `Desk` (`say`, `open`, `rows`, `sheet`, `file`, ...) are taken. `Desk` is what the page asks:
    who has no page overrides none of it.

    Attributes:
        requests: everything that came over HTTP, in order.
        journal: what was done or tried, in the form that the oracle of the tests reads.
        limit: requests allowed; None for no limit.
        lag: how old something must be to be found by search (`indexed`).
    """

    def __init__(
        self, *, accounts: Sequence[Account] = (), clock: Callable[[], datetime] = real_time, first_id: int = 1000
    ) -> None:
        self.clock = clock
        self.accounts = list(accounts)
        self.requests: list[Exchange] = []
        self.journal: list[Entry] = []
        self.faults = FaultPlan()
        self.limit: Limit | None = None
        self.lag = timedelta(0)
        self.outbox = Outbox(clock=clock, request=self.webhook_request, again=self.retries)
        self.url = "http://simulator"  # where the vendor says it lives; `serve` sets it
        self._late: list[tuple[datetime, Scope, bytes, int]] = []
        self._next_id = first_id
        self._routes: ASGIApp | None = None

    # -- what a subclass says

    def routes(self) -> Sequence[BaseRoute]:
        """The vendor's API."""
        raise NotImplementedError

    def connection(self, **more: Any) -> dict[str, Any]:
        """A block for `config/syncd.yaml` that fits this vendor; `more` goes into it."""
        raise NotImplementedError

    def account_of(self, request: Request) -> Account | None:
        """Who calls. Here: a bearer token, or address and token as Basic."""
        scheme, user, secret = credentials(request)
        return self.by_token(secret, user=user if scheme == "basic" else None)

    def limit_headers(self, limit: Limit) -> Mapping[str, str]:
        """How each answer tells what is left."""
        return {}

    def error(self, status: int) -> Response:
        """How the vendor says an error that no handler of it made: a limit, an outage."""
        return JSONResponse({"error": status}, status)

    def webhook_request(self, event: Event, subscription: Subscription) -> tuple[dict[str, str], bytes]:
        """Headers, with the signature, and body of one attempt at a delivery."""
        raise NotImplementedError

    def retries(self, status: int | None, attempts: int) -> bool:
        """Whether the vendor sends a webhook again after this answer (None: no answer)."""
        return False

    # -- what a subclass uses

    def by_token(self, secret: str, *, user: str | None = None) -> Account | None:
        """The account with this token and, where given, this address or name."""
        for account in self.accounts:
            if account.token and secrets.compare_digest(account.token.encode(), secret.encode()):
                return (
                    account if user is None or user.lower() in (account.email.lower(), account.name.lower()) else None
                )
        return None

    def new_id(self) -> int:
        self._next_id += 1
        return self._next_id

    @property
    def exchange(self) -> Exchange:
        """The request that is being served."""
        return _current.get()

    @property
    def actor(self) -> Account:
        """Who does what is being done."""
        return _current.get().actor

    def did(
        self,
        operation: str,
        ref: str,
        *,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> None:
        """Journal what the current request changed: "create", "update", "comment", "merge", ..."""
        entry = self._entry(self.exchange, operation=operation, ref=ref, applied=True)
        entry = replace(entry, before=before or {}, after=after or {}, body=body or {}, outcome=self.exchange.outcome)
        self.journal.append(entry)
        self.exchange.did = True

    def indexed(self, stamp: datetime) -> bool:
        """Whether search already finds what was written at `stamp`."""
        return stamp <= self.clock() - self.lag

    # -- what a test or a demo uses

    @contextlib.contextmanager
    def acting(self, account: Account) -> Iterator[None]:
        """What is done inside is done by this account, without the API."""
        token = _current.set(Exchange(at=self.clock(), actor=account, api=False))
        try:
            yield
        finally:
            _current.reset(token)

    def calls(self, *, since: int = 0) -> list[str]:
        """ "GET /path" of each request of the API, after the first `since` of them."""
        return [each.operation for each in self.requests if each.api][since:]

    def transport(self) -> httpx.AsyncBaseTransport:
        """The way to this vendor without a network."""
        return httpx.ASGITransport(app=self)

    @contextlib.asynccontextmanager
    async def serve(self, *, port: int = 0, host: str = "127.0.0.1") -> AsyncIterator[str]:
        """Listen on loopback while inside; yields the address. Webhooks are the outbox's to send."""
        with socket.create_server((host, port)) as listener:
            self.url = f"http://{host}:{listener.getsockname()[1]}"
            config = uvicorn.Config(
                self, log_level="warning", access_log=False, lifespan="off", ws="none", date_header=False
            )
            server = _Server(config)
            running = asyncio.create_task(server.serve(sockets=[listener]))
            try:
                yield self.url
            finally:
                server.should_exit = True
                await running

    # -- ASGI

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _body(receive)
        send = _with_headers(send, {"date": format_datetime(self.clock().astimezone(UTC), usegmt=True)})
        await self._apply_late()
        exchange = self._open(scope, body)
        if not exchange.api:
            await self._serve(exchange, scope, send)
            return
        fault = self.faults.take(exchange.operation)
        if fault is None:
            await self._limited(exchange, scope, send)
        else:
            await self._faulty(fault, exchange, scope, send)

    def _open(self, scope: Scope, body: bytes) -> Exchange:
        request = Request(scope)
        path = request.url.path
        api = path not in ("/", self.page_path) and not path.startswith(self.page_path + "/")
        exchange = Exchange(
            at=self.clock(),
            actor=(self.account_of(request) or NOBODY) if api else self.person,
            api=api,
            method=request.method,
            path=path,
            query=request.url.query,
            headers={key: value for key, value in request.headers.items() if not is_secret(key)},
            body=body,
        )
        self.requests.append(exchange)
        return exchange

    async def _limited(self, exchange: Exchange, scope: Scope, send: Send) -> None:
        if self.limit is None:
            await self._serve(exchange, scope, send)
            return
        granted = self.limit.take(self.clock())
        send = _with_headers(send, self.limit_headers(self.limit))
        if granted:
            await self._serve(exchange, scope, send)
        else:
            wait = Status(429, retry_after=self.limit.resets_in(self.clock()))
            await self._answer(wait, exchange, scope, send)

    async def _faulty(self, fault: Fault, exchange: Exchange, scope: Scope, send: Send) -> None:
        match fault:
            case Status():
                await self._answer(fault, exchange, scope, send)
                return
            case LostBefore():
                await self._break_off(exchange, send)
            case LostAfter():
                exchange.outcome = "no answer"
                await self._serve(exchange, scope, _nowhere)
                exchange.status = None
                await self._break_off(exchange, send)
            case Late():
                self._late.append((self.clock() + fault.after, dict(scope), exchange.body, len(self.journal) + 1))
                await self._break_off(exchange, send)
            case Twice():
                await self._serve(exchange, scope, _nowhere)
            case Meanwhile():
                fault.act()
            case Delay():
                await asyncio.sleep(fault.seconds)
            case _:
                raise TypeError(f"{fault} is a fault of the way; put `FaultyTransport` before the simulator")
        await self._limited(exchange, scope, send)

    async def _answer(self, fault: Status, exchange: Exchange, scope: Scope, send: Send) -> None:
        exchange.status = fault.code
        self._attempted(exchange)
        wait = {} if fault.retry_after is None else {"retry-after": f"{fault.retry_after:g}"}
        await self.error(fault.code)(scope, _body_of(b""), _with_headers(send, wait))

    async def _break_off(self, exchange: Exchange, send: Send) -> None:
        """Begin an answer and break the connection: uvicorn closes it, the in-process transport raises this error."""
        exchange.outcome = "no answer"
        self._attempted(exchange)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        raise httpx.ReadError("the simulator dropped the answer")

    async def _apply_late(self) -> None:
        """Carry out what `Late` held back and is due by now; the answers go nowhere."""
        due = [held for held in self._late if held[0] <= self.clock()]
        self._late = [held for held in self._late if held[0] > self.clock()]
        for _, scope, body, cause in due:
            exchange = self._open(scope, body)
            exchange.outcome, exchange.cause = "no answer", cause
            await self._serve(exchange, scope, _nowhere)

    async def _serve(self, exchange: Exchange, scope: Scope, send: Send) -> None:
        """Give a request to the routes."""
        if self._routes is None:
            routes = [*self.routes(), *page_routes(self)]
            self._routes = Starlette(routes=routes, exception_handlers={Refused: _refused})
        token = _current.set(exchange)
        try:
            await self._routes(scope, _body_of(exchange.body), _with_status(send, exchange))
        finally:
            _current.reset(token)
        self._attempted(exchange)

    def _attempted(self, exchange: Exchange) -> None:
        """Journal a request of the API that changed nothing."""
        if exchange.api and not exchange.did:
            outcome = exchange.outcome or ("" if (exchange.status or 500) < 400 else str(exchange.status))
            entry = self._entry(exchange, operation=exchange.operation, ref="", applied=False)
            self.journal.append(replace(entry, outcome=outcome))
            exchange.did = True

    def _entry(self, exchange: Exchange, *, operation: str, ref: str, applied: bool) -> Entry:
        return Entry(
            id=len(self.journal) + 1,
            at=exchange.at,
            actor=exchange.actor.id,
            operation=operation,
            ref=ref,
            request=exchange.api,
            write=not exchange.api or exchange.method not in READS,
            applied=applied,
            cause=exchange.cause,
        )


class _Server(uvicorn.Server):
    """Without uvicorn's handling of signals: those are for the program that this runs in."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def credentials(request: Request) -> tuple[str, str, str]:
    """Scheme in lower case, user ("" for a bearer) and secret of an Authorization header; all empty without one."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return scheme.lower(), "", rest.strip()
    try:
        user, _, secret = base64.b64decode(rest, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", "", ""
    return "basic", user, secret


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101  Starlette calls this for no other
    return error.response


async def _body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _body_of(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _nowhere(message: Message) -> None:
    """Where the answers go that nobody gets."""


def _with_headers(send: Send, headers: Mapping[str, str]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            added = [(key.lower().encode(), value.encode()) for key, value in headers.items()]
            message["headers"] = [*message.get("headers", []), *added]
        await send(message)

    return sending


def _with_status(send: Send, exchange: Exchange) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
        await send(message)

    return sending
