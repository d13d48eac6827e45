"""Tokens are renewed in time and once, kept before they are used, and a refusal is said and not repeated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from syncd.sdk.errors import BadAnswer, RateLimited, Unauthorized, Unavailable
from syncd.sdk.http import Client
from syncd.sdk.oauth import MemoryVault, OAuth, OAuthConfig, Vault
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.tokens import TokenEndpoint

SECRETS = ("the-secret", "first-refresh")


class Lasting(MemoryVault):
    lasting = True


class Vendor:
    """A vendor that answers who asks with a good token, and counts."""

    def __init__(self, *, refresh: str = "first-refresh") -> None:
        self.clock = Clock()
        self.tokens = TokenEndpoint("app", "the-secret", clock=self.clock, refresh=refresh)
        self.answered = 0
        self.odd: Response | None = None
        app = Starlette(
            routes=[
                Route("/oauth/token", self._give, methods=["POST"]),
                Route("/me", self._me, methods=["GET", "POST"]),
            ]
        )
        self.transport = httpx.ASGITransport(app)
        self.clients: list[Client] = []

    def client(self, vault: Vault, *, refresh: str | None = "first-refresh", **config: Any) -> Client:
        """A new process."""
        return self.client_and_auth(vault, refresh=refresh, **config)[1]

    def client_and_auth(
        self, vault: Vault | None = None, *, refresh: str | None = "first-refresh", **config: Any
    ) -> tuple[OAuth, Client]:
        secret = SecretStr(refresh) if refresh else None
        block = OAuthConfig(
            **{"client_id": "app", "client_secret": SecretStr("the-secret"), "refresh_token": secret, **config}
        )
        auth = OAuth(
            block,
            token_url="https://v.example/oauth/token",
            connection="acme",
            vault=vault or Lasting(),
            now=self.clock,
        )
        self.clients.append(
            Client(
                "https://v.example",
                connection="acme",
                timeout=timedelta(seconds=5),
                auth=auth,
                transport=self.transport,
            )
        )
        return auth, self.clients[-1]

    async def _give(self, request: Request) -> Response:
        await asyncio.sleep(0.001)  # as long as others need to ask too
        return self.odd or await self.tokens.give(request)

    async def _me(self, request: Request) -> Response:
        if not self.tokens.knows(request.headers.get("authorization", "").removeprefix("Bearer ")):
            return JSONResponse({"error": "no"}, 401)
        self.answered += 1
        return JSONResponse({"me": "syncd"})


@pytest_asyncio.fixture
async def vendor() -> AsyncIterator[Vendor]:
    made = Vendor()
    yield made
    for client in made.clients:
        await client.aclose()


async def test_one_token_serves_until_shortly_before_its_end(vendor: Vendor) -> None:
    client = vendor.client(Lasting())
    for _ in range(3):
        assert await client.json("GET", "/me") == {"me": "syncd"}
    vendor.clock.advance(vendor.tokens.life.total_seconds() - 301)
    await client.json("GET", "/me")
    assert vendor.tokens.given == 1
    vendor.clock.advance(2)
    await client.json("POST", "/me")
    assert (vendor.tokens.given, vendor.answered) == (2, 5)


async def test_a_short_token_is_used_for_half_its_life(vendor: Vendor) -> None:
    vendor.tokens.life = timedelta(minutes=2)
    client = vendor.client(Lasting())
    await client.json("GET", "/me")
    vendor.clock.advance(59)
    await client.json("GET", "/me")
    assert vendor.tokens.given == 1
    vendor.clock.advance(2)
    await client.json("GET", "/me")
    assert vendor.tokens.given == 2


async def test_an_application_signs_in_as_itself_without_a_refresh_token() -> None:
    vendor = Vendor(refresh="")
    client = vendor.client(Lasting(), refresh=None)
    assert await client.json("GET", "/me") == {"me": "syncd"}
    await client.aclose()


async def test_many_at_once_renew_once(vendor: Vendor) -> None:
    client = vendor.client(Lasting())
    await asyncio.gather(*(client.json("GET", "/me") for _ in range(10)))
    assert (vendor.tokens.given, vendor.answered) == (1, 10)


async def test_a_new_process_goes_on_with_what_was_kept(vendor: Vendor) -> None:
    vault = Lasting()
    await vendor.client(vault).json("GET", "/me")
    await vendor.client(vault).json("GET", "/me")
    assert vendor.tokens.given == 1
    vendor.clock.advance(vendor.tokens.life.total_seconds())
    await vendor.client(vault).json("GET", "/me")
    assert vendor.tokens.given == 2, "with the second refresh token, for the first is used up"


async def test_two_processes_share_what_one_of_them_renewed(vendor: Vendor) -> None:
    vault = Lasting()
    daemon, command = vendor.client(vault), vendor.client(vault)
    await daemon.json("GET", "/me")
    await command.json("GET", "/me")
    vendor.clock.advance(vendor.tokens.life.total_seconds())
    await daemon.json("GET", "/me")
    await command.json("GET", "/me")
    assert vendor.tokens.given == 2


async def test_a_refresh_token_is_not_used_up_where_the_next_would_be_lost(vendor: Vendor) -> None:
    """A command that looks once, without the store, cost the daemon its sign-in."""
    with pytest.raises(Unauthorized, match="no store is there yet"):
        await vendor.client(MemoryVault()).json("GET", "/me")
    assert vendor.tokens.given == 0
    await vendor.client(Lasting()).json("GET", "/me")


class Broken(Lasting):
    async def save(self, text: str) -> None:
        raise OSError("disk full")


async def test_nothing_is_used_that_was_not_kept(vendor: Vendor) -> None:
    with pytest.raises(OSError, match="disk full"):
        await vendor.client(Broken()).json("GET", "/me")
    assert vendor.answered == 0


async def test_a_new_refresh_token_in_the_config_replaces_what_was_kept(vendor: Vendor) -> None:
    vault = Lasting()
    await vendor.client(vault).json("GET", "/me")
    again = TokenEndpoint("app", "the-secret", clock=vendor.clock, refresh="let in again")
    vendor.tokens = again
    await vendor.client(vault, refresh="let in again").json("GET", "/me")
    assert again.given == 1


async def test_a_token_taken_back_is_asked_for_once_more_and_then_refused(vendor: Vendor) -> None:
    client = vendor.client(Lasting())
    await client.json("GET", "/me")
    vendor.tokens.revoke_all()
    with pytest.raises(Unauthorized):
        await client.json("POST", "/me")
    assert vendor.tokens.given == 1, "the request that was refused is not repeated"
    assert await client.json("GET", "/me") == {"me": "syncd"}
    assert vendor.tokens.given == 2


async def test_a_used_up_refresh_token_is_told_with_its_remedy(vendor: Vendor) -> None:
    await vendor.client(Lasting()).json("GET", "/me")
    with pytest.raises(Unauthorized, match="let the application in again, and put the new one") as refused:
        await vendor.client(Lasting()).json("GET", "/me")
    assert not any(secret in str(refused.value) for secret in SECRETS)


async def test_an_end_that_no_renewal_moves_is_told(vendor: Vendor) -> None:
    end = vendor.tokens.refresh_ends = vendor.clock() + timedelta(days=20)
    auth, client = vendor.client_and_auth()
    for _ in range(3):
        await client.json("GET", "/me")
        vendor.clock.advance(vendor.tokens.life.total_seconds())
    assert auth.ends is not None
    assert abs(auth.ends - end) < timedelta(seconds=2)


async def test_an_end_that_each_renewal_moves_is_none(vendor: Vendor) -> None:
    """The daemon renews it for ever; a warning each day would teach people to look away."""
    vendor.tokens.refresh_life = timedelta(days=5)
    auth, client = vendor.client_and_auth()
    for _ in range(3):
        await client.json("GET", "/me")
        assert auth.ends is None
        vendor.clock.advance(vendor.tokens.life.total_seconds())


async def test_many_at_once_are_refused_by_one_request(vendor: Vendor) -> None:
    await vendor.client(Lasting()).json("GET", "/me")
    client, asked = vendor.client(Lasting()), vendor.tokens.asked
    tries = [client.json("GET", "/me") for _ in range(10)]
    refused = await asyncio.gather(*tries, return_exceptions=True)
    assert all(isinstance(each, Unauthorized) for each in refused)
    assert vendor.tokens.asked == asked + 1
    with pytest.raises(Unauthorized):
        await client.json("GET", "/me")
    assert vendor.tokens.asked == asked + 2, "a person who retries is not told what was said before"


async def test_two_processes_with_one_refresh_token_at_once_both_get_in(vendor: Vendor) -> None:
    """The vendor takes the token of one, and the other one finds what that one got."""
    vault = Lasting()
    clients = [vendor.client(vault) for _ in range(2)]
    assert await asyncio.gather(*(client.json("GET", "/me") for client in clients)) == [{"me": "syncd"}] * 2
    assert (vendor.tokens.given, vendor.tokens.asked) == (1, 2)


async def test_a_wrong_secret_is_told(vendor: Vendor) -> None:
    with pytest.raises(Unauthorized, match="does not know this application"):
        await vendor.client(Lasting(), client_secret=SecretStr("wrong")).json("GET", "/me")


@pytest.mark.parametrize(("status", "error"), [(503, Unavailable), (429, RateLimited)])
async def test_an_outage_of_the_token_place_is_no_refusal(vendor: Vendor, status: int, error: type[Exception]) -> None:
    vendor.tokens.failing = status
    client = vendor.client(Lasting())
    with pytest.raises(error) as told:
        await client.json("POST", "/me")
    assert not getattr(told.value, "sent", False), "the write itself was never sent"
    assert getattr(told.value, "retry_after", 7) == 7
    vendor.tokens.failing = None
    assert await client.json("POST", "/me") == {"me": "syncd"}


@pytest.mark.parametrize("body", [b"<html>sign in</html>", b"[]", b"{}", b'{"access_token": 7}'])
async def test_a_strange_answer_is_told_without_its_words(vendor: Vendor, body: bytes) -> None:
    vendor.odd = Response(body, 200)
    with pytest.raises(BadAnswer, match="has none") as told:
        await vendor.client(Lasting()).json("GET", "/me")
    assert "sign in" not in str(told.value)


def test_no_secret_is_shown_by_the_config() -> None:
    block = OAuthConfig(
        client_id="app", client_secret=SecretStr("the-secret"), refresh_token=SecretStr("first-refresh")
    )
    assert not any(secret in f"{block!r} {block}" for secret in SECRETS)
