"""The web application over a real store and two vendors in memory, asked as a vendor, a stranger or a browser would."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
from starlette.applications import Starlette

from syncd.engine.callers import Told
from syncd.engine.poll import poll_once
from syncd.engine.pulse import Pulse, here
from syncd.sdk.connector import Quota, Webhook
from syncd.store import deliveries
from syncd.store.records import DeliveryState, RawDelivery
from syncd.web.app import create
from syncd.web.metrics import Metrics
from tests.engine.world import World, world

LOCAL = "http://127.0.0.1:8080"


class Served:
    """A world and what is served of it. The daemon's pulse is steady: it runs since the start of the test."""

    def __init__(self, world: World, *, password: str | None = None) -> None:
        self.world = world
        self.metrics = Metrics()
        self.told: dict[str, list[Quota]] = {}  # connection -> what its vendor says is left
        self.ends: dict[str, datetime] = {}  # connection -> when its sign-in ends
        self.hooks: dict[str, Told] = {}  # connection -> what the daemon found of its webhooks
        self.started: datetime = world.clock()
        self.app: Starlette = create(world.site, metrics=self.metrics, pulse=self.pulse, password=password)

    def pulse(self) -> Pulse:
        quotas = {name: tuple(told) for name, told in self.told.items()}
        return here(self.started, self.world.clock(), quotas=quotas, expires=self.ends, hooks=self.hooks)

    def client(self, *, url: str = LOCAL, peer: str = "127.0.0.1", **more: Any) -> httpx.AsyncClient:
        """A browser or a vendor at this address that asks for this one."""
        transport = httpx.ASGITransport(app=self.app, client=(peer, 40000))
        return httpx.AsyncClient(transport=transport, base_url=url, **more)

    async def get(self, path: str, **more: Any) -> httpx.Response:
        async with self.client() as client:
            return await client.get(path, **more)

    async def post(self, webhook: Webhook, *, to: str = "desk", **headers: str) -> httpx.Response:
        """Deliver one webhook, as its vendor does."""
        sent = {**webhook.headers, "content-type": "application/json", **headers}
        async with self.client(url="https://syncd.example", peer="203.0.113.7") as client:
            return await client.post(f"/hooks/{to}", content=webhook.body, headers=sent)

    def signed(self, body: bytes | dict[str, Any]) -> Webhook:
        """What the helpdesk would send with this body."""
        return self.world.support.sign(body if isinstance(body, bytes) else json.dumps(body).encode())

    def opened(self, **fields: Any) -> Webhook:
        """The webhook of a ticket that a customer has just opened."""
        self.world.support.open(title="Export fails", priority="low", **fields)
        (webhook,) = self.world.support.take_webhooks()
        return webhook

    async def kept(self, state: DeliveryState | None = None) -> list[RawDelivery]:
        return await self.world.store.read(lambda c: deliveries.list_deliveries(c, state=state, limit=10_000))

    async def poll(self) -> None:
        """Read both sides, without working on what is found."""
        for connector in self.world.connectors.values():
            await poll_once(self.world.site, connector)

    def late(self) -> None:
        """Let the time pass after which health must have noticed."""
        self.world.clock.advance(timedelta(minutes=6).total_seconds())


@asynccontextmanager
async def served(url: str, *, password: str | None = None) -> AsyncIterator[Served]:
    async with world(url) as made:
        yield Served(made, password=password)
