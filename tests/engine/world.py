"""A pair of vendors in memory with a real store and the real engine between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from syncd.core.conditions import AnyOf, Condition
from syncd.core.lens import ChoiceLens, PersonLens, PlainLens, WordsLens
from syncd.core.mapping import Aggregate, CommentRule, EscalationRule, FieldRule, Mapping, Owner
from syncd.core.model import Kind, Pair, Side, Visibility
from syncd.engine.poll import poll_once
from syncd.engine.queue.embedded import EmbeddedQueue
from syncd.engine.receive import receive
from syncd.engine.site import Site
from syncd.engine.worker import Workers
from syncd.sdk.testing.memory import BLIND, HELPFUL, Character, Clock, MemoryConnector, MemoryVendor
from syncd.store import audit, conflicts, links, parked
from syncd.store.records import AuditRow, ConflictRow, Link, ParkedItem
from syncd.store.store import Store

PRIORITY = {"urgent": "p1", "high": "p2", "normal": "p3", "low": "p4"}
STATUS = {"new": "todo", "open": "doing", "pending": "doing", "solved": "done"}


def mapping(**changes: object) -> Mapping:
    """All kinds of fields, comments of both kinds both ways, every urgent ticket an issue."""
    fields: dict[str, object] = {
        "name": "desk-tracker",
        "connections": Pair("desk", "tracker"),
        "fields": (
            plain("title", Kind.TEXT),
            plain("description", Kind.RICH_TEXT),
            FieldRule(
                "priority",
                Kind.CHOICE,
                Pair(ChoiceLens("priority", PRIORITY), ChoiceLens("priority", PRIORITY)),
                aggregate=Aggregate.HIGHEST,
                order=("p1", "p2", "p3", "p4"),
            ),
            FieldRule(
                "status",
                Kind.CHOICE,
                Pair(ChoiceLens("status", STATUS), ChoiceLens("status", STATUS)),
                aggregate=Aggregate.ALL,
                order=("todo", "doing", "done"),
            ),
            FieldRule("assignee", Kind.PERSON, Pair(PersonLens("assignee"), PersonLens("assignee"))),
            FieldRule("labels", Kind.LABELS, Pair(WordsLens("labels"), WordsLens("labels")), aggregate=Aggregate.UNION),
            plain("estimate", Kind.NUMBER, owner=Owner.ENGINEERING),
        ),
        "escalate": (
            EscalationRule("urgent", (Condition("priority", (AnyOf(frozenset({"p1"})),)),), {"container": "CORE"}),
        ),
        "comments": (
            CommentRule(
                "engineering_for_customer",
                Side.ENGINEERING,
                None,
                Visibility.PUBLIC,
                starts_with="/customer",
                discloses=True,
            ),
            CommentRule("support_public", Side.SUPPORT, Visibility.PUBLIC, Visibility.PUBLIC),
            CommentRule("support_internal", Side.SUPPORT, Visibility.INTERNAL, Visibility.INTERNAL),
            CommentRule("engineering", Side.ENGINEERING, None, Visibility.INTERNAL),
        ),
        "digest": "1",
    }
    return Mapping(**{**fields, **changes})  # type: ignore[arg-type]


def plain(name: str, kind: Kind, owner: Owner = Owner.SUPPORT) -> FieldRule:
    return FieldRule(name, kind, Pair(PlainLens(name, kind), PlainLens(name, kind)), owner=owner)


class World:
    """What a test does and sees."""

    def __init__(self, store: Store, rules: Mapping, support: MemoryVendor, engineering: MemoryVendor) -> None:
        self.store = store
        self.clock: Clock = support.clock
        self.support = support
        self.engineering = engineering
        self.connectors = {
            "desk": MemoryConnector(vendor=support, connection="desk"),
            "tracker": MemoryConnector(vendor=engineering, connection="tracker"),
        }
        self.queue = EmbeddedQueue(store, now=self.clock, term=timedelta(minutes=10))
        self.site = Site(
            store=store,
            queue=self.queue,
            connectors=self.connectors,
            mappings={rules.name: rules},
            secret=b"secret of the tests",
            now=self.clock,
        )
        self.workers = Workers(self.site)

    async def start(self) -> None:
        for connector in self.connectors.values():
            await connector.check()
            await poll_once(self.site, connector)

    async def sync(self, *, hooks: bool = True) -> int:
        """Take in everything that happened, and run until nothing is due at this moment; the number of runs."""
        runs = 0
        for _ in range(20):
            if hooks:
                await self.deliver()
            for connector in self.connectors.values():
                await poll_once(self.site, connector)
            ran = await self.workers.once()
            runs += ran
            if not ran:
                return runs
            self.clock.advance(2)
        raise AssertionError("does not come to rest")

    async def deliver(self) -> None:
        for name, vendor in (("desk", self.support), ("tracker", self.engineering)):
            for webhook in vendor.take_webhooks():
                await receive(self.site, name, webhook)

    async def linked(self, **fields: object) -> tuple[str, str]:
        """An urgent ticket and its issue."""
        ref = self.support.open(title="Export fails", priority="urgent", **fields)  # type: ignore[arg-type]
        await self.sync()
        return ref, (await self.link(ref)).refs.engineering or ""

    async def link(self, ref: str) -> Link:
        (found,) = await self.store.read(lambda c: links.by_ref(c, "desk", ref))
        return found

    async def parked(self) -> list[ParkedItem]:
        return await self.store.read(parked.list_parked)

    async def conflicts(self) -> list[ConflictRow]:
        found = await self.store.read(links.list_links)
        rows: list[ConflictRow] = []
        for link in found:
            rows += await self.store.read(lambda c, link=link: conflicts.of(c, link.id, open_only=False))  # type: ignore[misc]
        return rows

    async def audit(self) -> list[AuditRow]:
        return await self.store.read(lambda c: audit.page(c, limit=1000))

    def issue(self, ref: str, name: str) -> object:
        return self.engineering.ticket(ref).fields[name]

    def ticket(self, ref: str, name: str) -> object:
        return self.support.ticket(ref).fields[name]


@asynccontextmanager
async def world(
    url: str,
    *,
    rules: Mapping | None = None,
    support: Character = HELPFUL,
    engineering: Character = BLIND,
) -> AsyncIterator[World]:
    clock = Clock()
    store = await Store.open(url, now=clock)
    try:
        made = World(
            store,
            rules or mapping(),
            MemoryVendor("desk", character=support, clock=clock),
            MemoryVendor("tracker", character=engineering, clock=clock),
        )
        await made.start()
        yield made
    finally:
        await store.aclose()
