"""The way to a vendor over HTTP, with the faults of a plan: between a connector and a simulator, or a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import assert_never

import httpx

from syncd.sdk.testing import faults
from syncd.sdk.testing.faults import FaultPlan


def now() -> datetime:
    return datetime.now(UTC)


class FaultyTransport(httpx.AsyncBaseTransport):
    """Passes each request on to `inner` unless the plan says otherwise; an operation is "PUT /api/v2/tickets/1".

    Args:
        clock: by which a late request becomes due; it is carried out before the next one, or by `settle`.
    """

    def __init__(
        self, inner: httpx.AsyncBaseTransport, plan: FaultPlan, *, clock: Callable[[], datetime] = now
    ) -> None:
        self.inner = inner
        self.plan = plan
        self.clock = clock
        self._late: list[tuple[datetime, httpx.Request]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:  # noqa: PLR0912  one case a fault
        await self.settle()
        await request.aread()  # a request that goes out twice, or late, needs its whole body
        struck = self.plan.take(f"{request.method} {request.url.path}")
        match struck:
            case None:
                return await self.inner.handle_async_request(request)
            case faults.Unreachable():
                raise httpx.ConnectError("connection refused", request=request)
            case faults.LostBefore():
                raise httpx.ReadTimeout("no answer in time", request=request)
            case faults.LostAfter():
                await self._unheard(request)
                raise httpx.ReadTimeout("no answer in time", request=request)
            case faults.Late(after):
                self._late.append((self.clock() + after, request))
                raise httpx.ReadTimeout("no answer in time", request=request)
            case faults.Status(code, retry_after):
                headers = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}
                return httpx.Response(code, headers=headers, json={"error": "a fault"}, request=request)
            case faults.Twice():
                answer = await self._answered(request)
                await self._unheard(request)
                return answer
            case faults.Meanwhile(happens):
                happens()
                return await self.inner.handle_async_request(request)
            case faults.Delay(seconds):
                await asyncio.sleep(seconds)
                return await self.inner.handle_async_request(request)
            case faults.Trickle(pause, size):
                return spoiled(await self._answered(request), lambda body: trickling(body, pause, size))
            case faults.Cut(at):
                return spoiled(await self._answered(request), lambda body: cut_off(body, at, request))
            case faults.Garbled():
                answer = await self._answered(request)
                return httpx.Response(answer.status_code, text="<p>All is well.</p>", request=request)
            case faults.Short() | faults.Reorder():
                raise ValueError(f"only a vendor can do this to a list: {struck}")
            case _:
                assert_never(struck)

    async def settle(self) -> None:
        """Carry out the late requests whose time has come."""
        due = [request for at, request in self._late if at <= self.clock()]
        self._late = [(at, request) for at, request in self._late if at > self.clock()]
        for request in due:
            await self._unheard(request)

    async def aclose(self) -> None:
        await self.inner.aclose()

    async def _answered(self, request: httpx.Request) -> httpx.Response:
        """The whole answer, before anything becomes of it."""
        answer = await self.inner.handle_async_request(request)
        await answer.aread()
        return answer

    async def _unheard(self, request: httpx.Request) -> None:
        answer = await self._answered(request)
        await answer.aclose()


class Spoiled(httpx.AsyncByteStream):
    """The body of an answer on a bad line."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self.pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self.pieces:
            yield piece


def spoiled(answer: httpx.Response, spoil: Callable[[bytes], AsyncIterator[bytes]]) -> httpx.Response:
    """The same answer, its body as `spoil` lets it come; the length that it announces stays."""
    headers = [(name, value) for name, value in answer.headers.multi_items() if name != "content-encoding"]
    return httpx.Response(answer.status_code, headers=headers, stream=Spoiled(spoil(answer.content)))


async def trickling(body: bytes, pause: float, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        await asyncio.sleep(pause)
        yield body[start : start + size]


async def cut_off(body: bytes, at: int, request: httpx.Request) -> AsyncIterator[bytes]:
    yield body[:at]
    raise httpx.RemoteProtocolError("the connection broke off", request=request)
