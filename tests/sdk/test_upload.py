"""A file goes to the address that a vendor named for it, as it streams and without our credentials."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import httpx
import pytest

from syncd.sdk.errors import Forbidden, Rejected, Unavailable
from syncd.sdk.http import Client

VENDOR, STORAGE = "https://api.vendor.example", "https://storage.example/bucket/1?signature=x"


def client(answer: Callable[[httpx.Request], httpx.Response], *hosts: str) -> Client:
    return Client(
        VENDOR,
        connection="acme",
        timeout=timedelta(seconds=5),
        headers={"authorization": "secret"},
        transport=httpx.MockTransport(answer),
        download_hosts=frozenset(hosts),
    )


async def pieces() -> AsyncIterator[bytes]:
    yield b"one"
    yield b"two"


@pytest.mark.parametrize("url", [STORAGE, f"{VENDOR}/files/1"])
async def test_it_arrives_whole_with_its_size_and_no_credential(url: str) -> None:
    seen: list[httpx.Request] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        await request.aread()
        seen.append(request)
        return httpx.Response(200)

    acme = client(answer, "storage.example")  # type: ignore[arg-type]
    await acme.put(url, pieces(), size=6, headers={"x-goog-acl": "private"})
    await acme.aclose()
    [request] = seen
    assert (request.method, str(request.url), request.content) == ("PUT", url, b"onetwo")
    assert request.headers["content-length"] == "6"
    assert "transfer-encoding" not in request.headers
    assert request.headers["x-goog-acl"] == "private"
    assert "authorization" not in request.headers


@pytest.mark.parametrize("url", ["https://127.0.0.1/x", "http://storage.example/x", "https://[::1]/x"])
async def test_nothing_goes_to_a_private_or_open_address(url: str) -> None:
    acme = client(lambda request: pytest.fail("it was sent"))
    with pytest.raises(Rejected):
        await acme.put(url, pieces(), size=6, headers={})
    await acme.aclose()


async def test_a_refusal_and_a_broken_line_are_told() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("reset", request=request)

    refusing = client(lambda request: httpx.Response(403), "storage.example")
    with pytest.raises(Forbidden):
        await refusing.put(STORAGE, pieces(), size=6, headers={})
    breaking = client(broken, "storage.example")
    with pytest.raises(Unavailable):
        await breaking.put(STORAGE, pieces(), size=6, headers={})
    await refusing.aclose()
    await breaking.aclose()
