"""One vendor client: time-outs, retries of reads, limits, size caps, egress, and status -> error.

The only home of httpx and tenacity. A POST, PUT or DELETE is sent once and never repeated here: whether a write
without an answer happened is for the engine to find out (reliability.md, 5.1 and F17).
"""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import json as jsonlib
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from syncd.sdk.budget import Budget, Limits, ReadQuotas, no_quotas
from syncd.sdk.connector import Call, Observer, Quota
from syncd.sdk.errors import (
    BadAnswer,
    ConnectorError,
    Forbidden,
    NotFound,
    Rejected,
    Stale,
    Unauthorized,
    Unavailable,
)

JSON_LIMIT = 32 * 1024 * 1024  # bytes, decoded
PIECE = 64 * 1024  # bytes: so much of a file is in memory at once
CONNECT_TIMEOUT = 5.0  # seconds
READS = frozenset({"GET", "HEAD", "OPTIONS"})

Explain = Callable[[httpx.Response], ConnectorError | None]
"""A vendor's own reading of a refusal; None leaves it to the status."""


@functools.lru_cache(maxsize=2)
def _trusted(file: str | None, folder: str | None) -> ssl.SSLContext:
    """Whom all clients trust, as httpx reads it from these two of the environment.

    Read once: the certificates of the world take 20 ms, more than all else that a client is made of.
    """
    return httpx.create_ssl_context()


class Client:
    """Requests to one vendor with one credential.

    Args:
        base_url: scheme, host and path prefix; credentials go to this origin and nowhere else.
        explain: turns a refusal into a better error than the status alone gives ("field `priority`: ...").
        quotas: reads the vendor's limit headers.
        limits: what is known of them, where others with the same credential know it too.
        download_hosts: other hosts from which files may be fetched, without credentials.
    """

    def __init__(
        self,
        base_url: str,
        *,
        connection: str,
        timeout: timedelta,
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | tuple[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        observer: Observer | None = None,
        explain: Explain | None = None,
        quotas: ReadQuotas | None = None,
        limits: Limits | None = None,
        download_hosts: frozenset[str] = frozenset(),
    ) -> None:
        self.connection = connection
        self.timeout = timeout.total_seconds()
        self.budget = Budget(connection, read=quotas or no_quotas, limits=limits or Limits())
        self._observer = observer
        self._explain = explain
        self._download_hosts = download_hosts
        longest = httpx.Timeout(self.timeout, connect=min(CONNECT_TIMEOUT, self.timeout))
        trusted = _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        shared: dict[str, Any] = {
            "timeout": longest,
            "follow_redirects": False,
            "transport": transport,
            "verify": trusted,
        }
        self._http = httpx.AsyncClient(base_url=base_url, headers=headers, auth=auth, **shared)
        self._plain = httpx.AsyncClient(**shared)  # no credentials: for files that live elsewhere

    async def aclose(self) -> None:
        await self._http.aclose()
        await self._plain.aclose()

    def quotas(self) -> tuple[Quota, ...]:
        return tuple(self.budget.quotas.values())

    # -- requests

    async def json(self, method: str, path: str, **kwargs: Any) -> Any:
        """Send a request and decode its JSON answer; an empty body is None. Arguments as `request`."""
        response = await self.request(method, path, **kwargs)
        if not response.content:
            return None
        return self._decode(response)

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | list[tuple[str, Any]] | None = None,
        json: Any = None,
        content: bytes | AsyncIterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: frozenset[int] = frozenset(),
    ) -> httpx.Response:
        """Send a request; the whole of it, retries of reads included, ends within about three time-outs.

        Args:
            accept: statuses that are answers here, not errors (304, 404, 412).

        Raises:
            ConnectorError: by what the caller should do; `Unavailable.sent` tells whether a write may have happened.
        """

        async def once() -> httpx.Response:
            return await self._once(
                method,
                path,
                accept=accept,
                params=params,
                json=json,
                content=content,
                headers=headers,
            )

        if method not in READS:
            return await once()
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, Unavailable)),
            stop=stop_after_attempt(3),
            wait=wait_random_exponential(multiplier=0.1, max=2),
            reraise=True,
        ):
            with attempt:
                return await once()
        raise AssertionError("tenacity either returns or raises")

    @asynccontextmanager
    async def stream(self, url: str, *, params: Mapping[str, Any] | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes of a file. Another origin than the vendor's gets no credentials and must be public or listed.

        Follows one redirect (vendors send files from a storage host).
        """
        target = self._http.build_request("GET", url).url  # below the path of `base_url`, as requests are
        for _ in range(2):
            own = _origin(target) == _origin(self._http.base_url)
            if not own:
                await self.check_egress(target)
            client = self._http if own else self._plain
            self.budget.spend()
            try:
                async with asyncio.timeout(self.timeout * 10), client.stream("GET", target, params=params) as response:
                    if response.is_redirect:
                        target, params = target.join(response.headers["location"]), None
                        continue
                    if response.is_error:
                        await response.aread()
                        self._raise_for(response, frozenset())
                    yield response.aiter_bytes(PIECE)
                    return
            except (TimeoutError, httpx.TransportError) as error:
                raise Unavailable(f"{self.connection}: the download broke off ({type(error).__name__})") from error
        raise BadAnswer(f"{self.connection}: a file redirects twice")

    async def put(self, url: str, content: AsyncIterator[bytes], *, size: int, headers: Mapping[str, str]) -> None:
        """Send a file to the address that the vendor named for it, as it streams; never repeated here.

        No credential goes there, whatever the host is; another origin than the vendor's must be public or listed.

        Args:
            size: bytes of `content`; storage hosts want to know it beforehand.
            headers: what the vendor says must go with it.
        """
        target = self._http.build_request("PUT", url).url
        if _origin(target) != _origin(self._http.base_url):
            await self.check_egress(target)
        given = {**headers, "content-length": str(size)}
        try:
            async with asyncio.timeout(self.timeout * 10):
                response = await self._plain.put(target, content=content, headers=given)
        except (TimeoutError, httpx.TransportError) as error:
            raise Unavailable(f"{self.connection}: the upload broke off ({type(error).__name__})") from error
        if not response.is_success:
            raise self._by_status(response.status_code, response)

    # -- inside

    async def _once(self, method: str, path: str, *, accept: frozenset[int], **kwargs: Any) -> httpx.Response:
        self.budget.spend()
        started, status = time.monotonic(), None
        try:
            async with asyncio.timeout(self.timeout):
                response = await self._read(method, path, **kwargs)
            status = response.status_code
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unavailable(f"{self.connection}: cannot connect ({type(error).__name__})", sent=False) from error
        except (TimeoutError, httpx.TransportError) as error:
            raise Unavailable(f"{self.connection}: no answer to {method} ({type(error).__name__})") from error
        finally:
            if self._observer:
                self._observer(Call(self.connection, method, path, status, time.monotonic() - started))
        self.budget.learn(response.headers)
        self._raise_for(response, accept)
        return response

    async def _read(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """The answer with its body, no longer than the cap after decompression."""
        async with self._http.stream(method, path, **kwargs) as response:
            chunks, size = [], 0
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                if size > JSON_LIMIT:
                    raise BadAnswer(f"{self.connection}: the answer to {method} is over {JSON_LIMIT} bytes")
                chunks.append(chunk)
        answer = httpx.Response(response.status_code, content=b"".join(chunks), request=response.request)
        answer.headers = httpx.Headers([(k, v) for k, v in response.headers.multi_items() if k not in _BODY_HEADERS])
        return answer

    def _decode(self, response: httpx.Response) -> Any:
        try:
            return jsonlib.loads(response.content)
        except (ValueError, RecursionError) as error:
            if b"<html" in response.content[:1000].lower():
                host = self._http.base_url.host
                raise Unauthorized(f"expected JSON from {host}, got HTML (a log-in page?)") from error
            raise BadAnswer(f"{self.connection}: the answer to {response.request.method} is no JSON") from error

    def _raise_for(self, response: httpx.Response, accept: frozenset[int]) -> None:
        status = response.status_code
        if status < 300 or status in accept:
            return
        if self._explain and (explained := self._explain(response)):
            raise explained
        raise self._by_status(status, response)

    def _by_status(self, status: int, response: httpx.Response) -> ConnectorError:
        said = f"{self.connection}: {response.request.method} answered {status}"
        match status:
            case 429:
                return self.budget.refused(response.headers)
            case 401:
                return Unauthorized(f"{self.connection}: the credential is refused (401)")
            case 403:
                return Forbidden(said)
            case 404 | 410:
                return NotFound(said)
            case 409 | 412:
                return Stale(said)
            case _ if status in (408, 425) or status >= 500:
                return Unavailable(said)
            case _:
                return Rejected(said)

    async def check_egress(self, url: httpx.URL | str, what: str = "a file") -> None:
        """Refuse what lies on a host that could be this machine's own network (reliability.md, T6)."""
        url = httpx.URL(url)
        if url.host in self._download_hosts:
            return
        if url.scheme != "https":
            raise Rejected(f"{self.connection}: {what} on another host must come by https")
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(url.host, url.port or 443, type=socket.SOCK_STREAM)
        except OSError as error:
            raise Unavailable(f"{self.connection}: the host of {what} is unknown", sent=False) from error
        for *_, address in found:
            ip = ipaddress.ip_address(address[0])
            if not (getattr(ip, "ipv4_mapped", None) or ip).is_global:
                raise Rejected(f"{self.connection}: {what} lies at a private address; not fetched")


_BODY_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
