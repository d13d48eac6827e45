"""How many requests a change costs between the real Request Tracker and the real Redmine; counted and printed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from syncd import registry, settings
from syncd.engine.poll import poll_once
from syncd.engine.queue.embedded import EmbeddedQueue
from syncd.engine.site import Site
from syncd.engine.worker import Workers
from syncd.sdk.connector import Call, Connector
from syncd.store.store import Store
from tests.e2e.daemon import Daemon
from tests.e2e.people import Desk, Tracker
from tests.e2e.servers import Server

pytestmark = pytest.mark.e2e

POLLS = {("rt", "/transactions"), ("redmine", "/issues.json")}
SECOND = 2.2  # seconds after which Redmine's stamps of whole seconds cannot hide a change any more


class Counted:
    """The engine in this process, without webhooks: each turn polls both sides once and runs what is due."""

    def __init__(self, site: Site, calls: list[Call], desk: Desk, tracker: Tracker) -> None:
        self.site, self.calls, self.desk, self.tracker = site, calls, desk, tracker
        self.workers = Workers(site)

    async def turn(self) -> Counter[str]:
        """What one turn costs, the polls aside."""
        before = len(self.calls)
        for connector in self.site.connectors.values():
            await poll_once(self.site, connector)
        await self.workers.once()
        made = self.calls[before:]
        return Counter(call.connection for call in made if (call.connection, call.path) not in POLLS)

    async def settle(self) -> None:
        for _ in range(3):
            await asyncio.sleep(SECOND)
            await self.turn()

    async def cost(self) -> Counter[str]:
        """A change with all that follows from it: its way across, and its echoes in later polls."""
        total = await self.turn()
        for _ in range(2):
            await asyncio.sleep(SECOND)
            total += await self.turn()
        return total


@pytest.fixture
async def counted(
    rt: Server, redmine: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Counted]:
    made = Daemon(tmp_path, rt.env, redmine.env)
    for name in ("RT_TOKEN", "RT_HOOK_SECRET", "REDMINE_KEY"):
        monkeypatch.setenv(name, made.env[name])
    config, mappings = await asyncio.to_thread(settings.load, made.config)
    calls: list[Call] = []
    connectors: dict[str, Connector] = {}
    for name, block in config.connections.items():
        connectors[name] = registry.installed().get(block.connector)(block, connection=name, observer=calls.append)
        await connectors[name].check()
    store = await Store.open(f"sqlite:///{tmp_path}/counted.db")
    site = Site(store, EmbeddedQueue(store), connectors, {rules.name: rules for rules in mappings}, b"k" * 32)
    desk, tracker = Desk(rt.env), Tracker(redmine.env)
    try:
        yield Counted(site, calls, desk, tracker)
    finally:
        desk.close()
        tracker.close()
        for connector in connectors.values():
            await connector.aclose()
        await store.aclose()


async def test_a_change_costs_two_requests_under_a_guard_and_three_without(counted: Counted) -> None:
    await counted.turn()
    ticket = await asyncio.to_thread(counted.desk.create, "Counted", Priority=100)
    await counted.settle()
    issue = counted.tracker.find("Counted")
    assert issue is not None
    idle = await counted.turn()
    print(f"idle: {dict(idle)}")
    assert not idle

    await asyncio.sleep(SECOND)
    counted.tracker.edit(issue, priority_id=counted.tracker.priority("Normal"))
    await asyncio.sleep(SECOND)  # a poll finds it when its second is over
    cost = await counted.cost()
    print(f"priority, Redmine -> RT: {dict(cost)}")
    assert counted.desk.read(ticket)["Priority"] == "50"
    assert cost.total() <= 2

    counted.desk.edit(ticket, Priority=0)
    cost = await counted.cost()
    print(f"priority, RT -> Redmine: {dict(cost)}")
    assert counted.tracker.read(issue)["priority"]["name"] == "Low"
    assert cost.total() <= 3

    counted.desk.edit(ticket, Status="stalled")
    cost = await counted.cost()
    print(f"status, RT -> Redmine: {dict(cost)}")
    assert counted.tracker.read(issue)["status"]["name"] == "Feedback"
    assert cost.total() <= 4
