"""What a simulated vendor tells by webhook, and how it is delivered: once, twice, late, shuffled or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime

import httpx

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Simulators speak to loopback without TLS; loading the certificates of the world at each delivery takes 60 ms."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Somebody who wants to be told. `events` are the vendor's names; empty means all."""

    id: str
    url: str
    secret: str = field(default="", repr=False)
    events: frozenset[str] = frozenset()

    def wants(self, kind: str) -> bool:
        return not self.events or kind in self.events


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `body` is the vendor's JSON, the same for every subscription and attempt."""

    id: str
    kind: str
    body: bytes
    at: datetime


@dataclass(slots=True)
class Outgoing:
    """An event on its way to one subscription."""

    event: Event
    subscription: Subscription
    attempts: int = 0
    answers: list[int | None] = field(default_factory=list)  # statuses; None where none came


MakeRequest = Callable[[Event, Subscription], tuple[dict[str, str], bytes]]


class Outbox:
    """Webhooks to be sent. Nothing goes out by itself until `deliver` or inside `delivering`.

    Args:
        request: headers (with the signature) and body of one attempt.
        again: the vendor's rule for a retry: (status or None, attempts so far).
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        request: MakeRequest,
        again: Callable[[int | None, int], bool],
        timeout: float = 10.0,
    ) -> None:
        self.subscriptions: list[Subscription] = []
        self.waiting: list[Outgoing] = []
        self.sent: list[Outgoing] = []
        self._clock = clock
        self._request = request
        self._again = again
        self._timeout = timeout
        self._ids = 0
        self._wake = asyncio.Event()

    def put(self, kind: str, body: bytes, *, id: str = "", named: bool = False) -> None:
        """Tell everybody who wants this kind; with `named` only those who name it."""
        self._ids += 1
        event = Event(id=id or f"event-{self._ids}", kind=kind, body=body, at=self._clock())
        for subscription in self.subscriptions:
            if subscription.wants(kind) and (not named or kind in subscription.events):
                self.waiting.append(Outgoing(event, subscription))
        self._wake.set()

    def lose(self) -> int:
        """Forget what waits; how much it was. Polling must make up for it."""
        lost, self.waiting = len(self.waiting), []
        return lost

    async def deliver(
        self,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        copies: int = 1,
        arrange: Callable[[list[Outgoing]], object] | None = None,
    ) -> list[int | None]:
        """Send what waits, with the vendor's retries; the last status of each.

        Args:
            copies: how often each is sent although the first was accepted.
            arrange: puts the list into another order in place (`list.reverse`, `Random(7).shuffle`).
        """
        batch, self.waiting = [each for each in self.waiting for _ in range(copies)], []
        if arrange:
            arrange(batch)
        async with httpx.AsyncClient(transport=transport, timeout=self._timeout, verify=_NO_TLS) as client:
            return [await self._send(client, outgoing) for outgoing in batch]

    @contextlib.asynccontextmanager
    async def delivering(self, *, transport: httpx.AsyncBaseTransport | None = None) -> AsyncIterator[None]:
        """Send everything at once while inside, as a vendor on a good day."""
        sending = asyncio.create_task(self._deliver_always(transport))
        try:
            yield
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending

    async def _deliver_always(self, transport: httpx.AsyncBaseTransport | None) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self.deliver(transport=transport)

    async def _send(self, client: httpx.AsyncClient, outgoing: Outgoing) -> int | None:
        while True:
            headers, body = self._request(outgoing.event, outgoing.subscription)
            try:
                answer = await client.post(outgoing.subscription.url, headers=headers, content=body)
                status: int | None = answer.status_code
            except httpx.TransportError:
                status = None
            outgoing.attempts += 1
            outgoing.answers.append(status)
            if not self._again(status, outgoing.attempts):
                self.sent.append(outgoing)
                return status
