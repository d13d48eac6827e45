"""The engine between simulated Zendesk and simulated Jira; all traffic is checked against their descriptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from syncd import settings
from syncd.core.mapping import Mapping
from syncd.core.model import Fields
from syncd.engine.poll import poll_once
from syncd.engine.queue.embedded import EmbeddedQueue
from syncd.engine.receive import receive
from syncd.engine.site import Site
from syncd.engine.worker import Workers
from syncd.sdk.connector import Call, Connector
from syncd.sdk.testing.clock import Clock
from syncd.store import links
from syncd.store.store import Store
from tests.connectors.jira.world import JiraWorld
from tests.connectors.zendesk.world import ZendeskWorld

ROOT = Path(__file__).resolve().parents[2]
POLLS = ("/incremental/", "/search")


class Vendors:
    """Both worlds on one clock, a store, and the counter of requests."""

    def __init__(self, store: Store, rules: Mapping, zendesk: ZendeskWorld, jira: JiraWorld) -> None:
        self.zendesk, self.jira = zendesk, jira
        self.clock: Clock = zendesk.clock
        self.calls: list[Call] = []
        self.connectors: dict[str, Connector] = {"acme-zendesk": zendesk.connector(), "acme-jira": jira.connector()}
        for name, connector in self.connectors.items():
            connector.connection = name
        self.store = store
        self.site = Site(
            store=store,
            queue=EmbeddedQueue(store, now=self.clock, term=timedelta(hours=1)),
            connectors=self.connectors,
            mappings={rules.name: rules},
            secret=b"secret of the tests",
            now=self.clock,
        )
        self.workers = Workers(self.site)

    @property
    def requests(self) -> Counter[str]:
        """Requests for tickets so far, by vendor; polls are counted apart."""
        counted: Counter[str] = Counter()
        for name, world in (("zendesk", self.zendesk), ("jira", self.jira)):
            counted[name] = sum(not any(poll in call for poll in POLLS) for call in world.simulator.calls())
        return counted

    @property
    def polls(self) -> Counter[str]:
        return Counter(
            {
                name: sum(any(poll in call for poll in POLLS) for call in world.simulator.calls())
                for name, world in (("zendesk", self.zendesk), ("jira", self.jira))
            }
        )

    async def start(self) -> None:
        for connector in self.connectors.values():
            await connector.check()
        await self.poll()

    async def poll(self) -> None:
        for connector in self.connectors.values():
            await poll_once(self.site, connector)

    async def deliver(self, *, twice: bool = False) -> None:
        """Hand over the webhooks that wait, once or, as vendors do, again."""
        for name, world in (("acme-zendesk", self.zendesk), ("acme-jira", self.jira)):
            for webhook in await world.webhooks():
                await receive(self.site, name, webhook)
                if twice:
                    await receive(self.site, name, webhook)

    async def react(self) -> Counter[str]:
        """Deliver and run until nothing comes any more; what it cost, polls aside."""
        before = self.requests
        for _ in range(10):
            await self.deliver()
            if not await self.workers.once():
                break
        return self.requests - before

    async def settle(self) -> None:
        """A few minutes later, after polls that repeat what the webhooks told."""
        for _ in range(3):
            self.clock.advance(100)
            await self.poll()
            await self.react()

    async def linked(self, **fields: object) -> tuple[str, str]:
        values: Fields = {"subject": "Export fails", "priority": "urgent", **fields}  # type: ignore[dict-item]
        ref = await self.zendesk.open(values)
        await self.react()
        (link,) = await self.store.read(lambda c: links.by_ref(c, "acme-zendesk", ref))
        assert link.refs.engineering, link
        await self.settle()
        return ref, link.refs.engineering


@asynccontextmanager
async def vendors(url: str, home: Path, *, deployment: str = "cloud") -> AsyncIterator[Vendors]:
    zendesk, jira = ZendeskWorld(), JiraWorld(deployment)
    jira.clock = jira.simulator.clock = jira.simulator.site.clock = zendesk.clock
    rules = await _rules(home, zendesk, jira)
    store = await Store.open(url, now=zendesk.clock)
    try:
        made = Vendors(store, rules, zendesk, jira)
        await made.start()
        yield made
    finally:
        await store.aclose()


async def _rules(home: Path, zendesk: ZendeskWorld, jira: JiraWorld) -> Mapping:
    """The mapping that ships, as the real loader reads it."""
    config = home / "syncd.yaml"
    for name in ("token", "hook"):
        (home / name).touch(mode=0o600)
        (home / name).write_text("a-secret-of-the-tests", encoding="utf-8")
    config.write_text(
        f"""
version: 1
store: sqlite:///{home}/unused.db
mappings: [{ROOT}/mappings/zendesk-jira.yaml]
connections:
  acme-zendesk: {{connector: zendesk, url: {zendesk.simulator.url}, email: a@acme.example, token: 'file:{home}/token'}}
  acme-jira: {{connector: jira, url: "https://acme.example", email: a@acme.example, token: 'file:{home}/token'}}
""",
        encoding="utf-8",
    )
    _, mappings = settings.load(config)
    return mappings[0]
