"""Where the scenario is played: between two vendors in memory, or between the simulators of Zendesk and Jira.

A stage is what people do at both vendors, and a daemon between them; each thing happens at the instant that the clock
shows, and what the daemon makes of it, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol

from syncd.core.lens import ChoiceLens, Lens
from syncd.core.model import Kind, Pair, Person
from syncd.engine.poll import poll_once
from syncd.engine.queue.embedded import EmbeddedQueue
from syncd.engine.receive import receive
from syncd.engine.site import Site
from syncd.engine.worker import Workers
from syncd.sdk.connector import Connector, FieldInfo
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.memory import HELPFUL, MemoryVendor
from syncd.store import links
from syncd.store.records import Link
from syncd.store.store import Store
from syncd_jira.simulator import ANA, BEN
from syncd_zendesk.state import TicketField
from tests.connectors.jira.world import JiraWorld
from tests.connectors.zendesk.world import ZendeskWorld
from tests.engine.world import STATUS, World

OWN_FIELDS = ("tier", "service", "team", "category", "wanted", "steps")


@dataclass(frozen=True, slots=True)
class Names:
    """What the mapping calls things at the two vendors."""

    title: Pair[str]
    labels: str
    status: Pair[Lens]
    place: Mapping[str, str]


class Stage(Protocol):
    names: Names

    async def begin(self, store: Store, rules: Any) -> None:
        """Start a daemon; again after a restart, on the same store."""

    @property
    def site(self) -> Site: ...

    async def sync(self) -> None:
        """Whatever there is to do now."""

    async def open(self, title: str, fields: Mapping[str, str]) -> str: ...

    async def edit(self, ref: str, **fields: Any) -> None:
        """The fields of a ticket, by their names here; `labels` are all of them."""

    async def say(self, ref: str, text: str, *, public: bool) -> None:
        """As an agent."""

    async def merge(self, ref: str, into: str) -> None: ...

    async def assign(self, issue: str, who: str | None) -> None: ...

    async def talk(self, issue: str, text: str) -> None: ...

    async def finish(self, issue: str, *, done: bool) -> None: ...


async def link_of(site: Site, ref: str) -> Link:
    (found,) = await site.store.read(lambda c: links.by_ref(c, "desk", ref))
    return found


class InMemory:
    """Two vendors in memory, both as helpful as can be."""

    DESK = replace(HELPFUL, fields=(*HELPFUL.fields, *(FieldInfo(name, Kind.TEXT) for name in OWN_FIELDS)))
    names = Names(
        title=Pair("title", "title"),
        labels="labels",
        status=Pair(ChoiceLens("status", STATUS), ChoiceLens("status", STATUS)),
        place={"container": "CORE"},
    )

    def __init__(self, clock: Clock) -> None:
        self.desk = MemoryVendor("desk", character=self.DESK, clock=clock)
        self.tracker = MemoryVendor("tracker", character=HELPFUL, clock=clock)

    async def begin(self, store: Store, rules: Any) -> None:
        self.world = World(store, rules, self.desk, self.tracker)
        await self.world.start()

    @property
    def site(self) -> Site:
        return self.world.site

    async def sync(self) -> None:
        await self.world.sync()

    async def open(self, title: str, fields: Mapping[str, str]) -> str:
        return self.desk.open(title=title, status="open", **fields)

    async def edit(self, ref: str, **fields: Any) -> None:
        self.desk.edit(ref, by="ben", **fields)

    async def say(self, ref: str, text: str, *, public: bool) -> None:
        self.desk.say(ref, text, public=public, by="ben")

    async def merge(self, ref: str, into: str) -> None:
        self.desk.merge(ref, into=into, by="ben")

    async def assign(self, issue: str, who: str | None) -> None:
        self.tracker.edit(issue, assignee=who, by="ben")

    async def talk(self, issue: str, text: str) -> None:
        self.tracker.say(issue, text, by="ben")

    async def finish(self, issue: str, *, done: bool) -> None:
        self.tracker.edit(issue, status="solved" if done else "open", by="ben")


class Simulated:
    """Zendesk, and Jira Cloud with its workflow; every request and answer is checked against their descriptions."""

    names = Names(
        title=Pair("subject", "summary"),
        labels="tags",
        status=Pair(
            ChoiceLens("status", STATUS),
            # no ticket is new when it is escalated; an issue that begins as "To Do" needs no step of its own then
            ChoiceLens("status", {"To Do": "doing", "In Progress": "doing", "Done": "done"}),
        ),
        place={"project": "CORE", "issue_type": "Bug"},
    )

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.zendesk, self.jira = ZendeskWorld(), JiraWorld()
        for world in (self.zendesk, self.jira):
            world.clock = world.simulator.clock = clock
        self.jira.simulator.site.clock = clock
        own = {number: TicketField(number, name, "text") for number, name in enumerate(OWN_FIELDS, 370001)}
        self.zendesk.simulator.desk.fields.update(own)

    async def begin(self, store: Store, rules: Any) -> None:
        self.connectors: dict[str, Connector] = {"desk": self.zendesk.connector(), "tracker": self.jira.connector()}
        for name, connector in self.connectors.items():
            connector.connection = name
            await connector.check()
        self._site = Site(
            store=store,
            queue=EmbeddedQueue(store, now=self.clock, term=timedelta(minutes=10)),
            connectors=self.connectors,
            mappings={rules.name: rules},
            secret=b"secret of the tests",
            now=self.clock,
        )
        self.workers = Workers(self._site)
        for connector in self.connectors.values():
            await poll_once(self._site, connector)

    @property
    def site(self) -> Site:
        return self._site

    async def sync(self) -> None:
        for _ in range(20):
            for name, world in (("desk", self.zendesk), ("tracker", self.jira)):
                for webhook in await world.webhooks():
                    await receive(self._site, name, webhook)
            if not await self.workers.once():
                return
        raise AssertionError("does not come to rest")

    async def open(self, title: str, fields: Mapping[str, str]) -> str:
        return await self.zendesk.open({"subject": title, "status": "open", **fields})

    async def edit(self, ref: str, **fields: Any) -> None:
        given = {self.names.labels if name == "labels" else name: value for name, value in fields.items()}
        await self.zendesk.edit(ref, given)

    async def say(self, ref: str, text: str, *, public: bool) -> None:
        await self.zendesk.say(ref, text, public=public)

    async def merge(self, ref: str, into: str) -> None:
        await self.zendesk.merge(ref, into)

    async def assign(self, issue: str, who: str | None) -> None:
        people = {"ana": Person(ANA.id), "ben": Person(BEN.id)}
        await self.jira.edit(issue, {"assignee": people[who] if who else None})

    async def talk(self, issue: str, text: str) -> None:
        await self.jira.say(issue, text, public=False)

    async def finish(self, issue: str, *, done: bool) -> None:
        await self.jira.edit(issue, {"status": "Done" if done else "In Progress"})
