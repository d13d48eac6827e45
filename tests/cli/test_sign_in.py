"""A connection that signs in with a refresh token: tried by commands with the store, paused once when it is refused."""

from __future__ import annotations

import asyncio
import importlib
from datetime import UTC, datetime

import pytest

from syncd.sdk.connector import Hook
from syncd.sdk.testing.tokens import CLIENT_ID, CLIENT_SECRET, TokenEndpoint
from tests.cli.test_operating import Terminal, place, syncd
from tests.running import Installation

__all__ = ["place", "syncd"]

FIRST, SECOND = "first-refresh-token", "second-refresh-token"
OAUTH = f"{{client_id: {CLIENT_ID}, client_secret: '${{CLIENT_SECRET}}', refresh_token: '${{REFRESH}}'}}"


def let_in(refresh: str, monkeypatch: pytest.MonkeyPatch) -> TokenEndpoint:
    """A person lets the application in at the vendor, and puts the refresh token where the config points."""
    door = TokenEndpoint(clock=lambda: datetime.now(UTC), refresh=refresh, itself=False)
    importlib.import_module("memory_vendors").DOORS.append(door)
    monkeypatch.setenv("REFRESH", refresh)
    return door


@pytest.fixture
def door(place: Installation, monkeypatch: pytest.MonkeyPatch) -> TokenEndpoint:
    plain = '{connector: memdesk, url: "https://desk.example", webhook_secret: "${HOOK}"}'
    text = place.config.read_text()
    assert plain in text
    place.config.write_text(text.replace(plain, plain[:-1].replace("memdesk", "memguarded") + f", oauth: {OAUTH}}}"))
    monkeypatch.setenv("CLIENT_SECRET", CLIENT_SECRET)
    return let_in(FIRST, monkeypatch)


def test_a_check_before_the_first_run_keeps_what_the_daemon_needs(
    place: Installation, syncd: Terminal, door: TokenEndpoint
) -> None:
    for _ in range(2):
        assert "online: desk as Syncd, tracker as Syncd" in syncd("check", "--online")
    syncd("once")
    assert door.given == 1, "the refresh token is good once; the check's own tokens serve the daemon"
    assert FIRST.encode() not in (place.folder / "var/syncd.db").read_bytes()


def test_webhooks_are_looked_up_with_what_the_daemon_keeps(
    place: Installation, syncd: Terminal, door: TokenEndpoint
) -> None:
    place.config.write_text(f"{place.config.read_text()}public_url: https://syncd.example/\n")
    place.desk.hooks["1"] = Hook("1", "https://syncd.example/hooks/desk")
    syncd("once")
    assert "it calls https://syncd.example/hooks/desk" in syncd("webhooks", "desk")
    syncd("webhooks", "desk", "--remove", "1", "--yes")
    assert not place.desk.hooks
    assert door.given == 1


def test_no_store_is_made_for_a_connection_without_a_refresh_token(place: Installation, syncd: Terminal) -> None:
    place.before_the_first_start()
    syncd("check", "--online")
    assert not (place.folder / "var").exists()


def test_a_plan_before_the_first_run_uses_no_refresh_token_up(
    place: Installation, syncd: Terminal, door: TokenEndpoint
) -> None:
    place.before_the_first_start()
    place.desk.open(title="Export fails", priority="urgent")
    syncd("plan", "desk-1", exit=0)
    assert door.asked == 0


def test_a_refused_refresh_token_pauses_once_and_asks_no_more(
    place: Installation, syncd: Terminal, door: TokenEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.revoke_all()
    asyncio.run(_spend(door))
    syncd("once", exit=3)
    for _ in range(2):
        syncd("once", exit=5)
    assert door.asked == 2, "one by the stranger who used it up, one by syncd; no storm"
    said = syncd("status", exit=5)
    assert "let the application in again" in said
    assert "`connections.desk.oauth`" in said
    assert "syncd retry --connection desk" in said
    again = let_in(SECOND, monkeypatch)
    syncd("once", exit=5)
    assert again.asked == 0, "a person says when"
    syncd("retry", "--connection", "desk")
    syncd("once")
    assert (again.given, again.asked) == (1, 1)


async def _spend(door: TokenEndpoint) -> None:
    """Somebody else uses the refresh token up."""
    import httpx
    from starlette.applications import Starlette

    asked = {"grant_type": "refresh_token", "refresh_token": FIRST}
    body = {**asked, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=[door.route("/token")]))) as client:
        assert (await client.post("https://door.example/token", data=body)).status_code == 200
