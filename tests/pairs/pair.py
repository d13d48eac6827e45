"""The engine between any two vendors' simulators, with a mapping made of the words that the promises know of each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Protocol

from syncd.core.lens import ChoiceLens, Lens, PersonLens, PlainLens, WordsLens
from syncd.core.mapping import AnyOf, CommentRule, Condition, EscalationRule, FieldRule, Mapping
from syncd.core.model import Kind, Pair, Person, Side, Snapshot, Visibility
from syncd.engine.poll import poll_once
from syncd.engine.queue.embedded import EmbeddedQueue
from syncd.engine.receive import receive
from syncd.engine.site import Site
from syncd.engine.worker import Workers
from syncd.sdk.connector import Capability, Connector
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.world import Words, World
from syncd.store import audit, links, parked
from syncd.store.store import Store

NAMES = Pair("desk", "tracker")
DEVELOPER = "dev@shop.example"


class VendorWorld(World, Protocol):
    """A simulated vendor and how to connect to it."""

    clock: Clock

    def connector(self) -> Connector: ...


def mapping(words: Pair[Words], developer: Pair[Person | None]) -> Mapping:
    """Title, and every field that both have: a choice of two words, labels, a day, a person. All comments cross."""
    fields: list[FieldRule] = [_rule("title", Kind.TEXT, Pair(*(PlainLens(w.title, Kind.TEXT) for w in words.both())))]
    choices = words.map(lambda w: w.choice)
    when: tuple[Condition, ...] = (Condition("title", (AnyOf(frozenset({"Export fails"})),)),)
    if choices.support and choices.engineering:
        lenses: Pair[Lens] = Pair(*(_choice(choice) for choice in (choices.support, choices.engineering)))
        fields.append(FieldRule("priority", Kind.CHOICE, lenses, order=("high", "low")))
        when = (Condition("priority", (AnyOf(frozenset({"high"})),)),)
    if words.support.labels and words.engineering.labels:
        fields.append(
            _rule("labels", Kind.LABELS, Pair(WordsLens(words.support.labels), WordsLens(words.engineering.labels)))
        )
    if developer.support and developer.engineering:
        known = Pair(*(_person(words[side].person or "", developer[side]) for side in Side))
        fields.append(_rule("assignee", Kind.PERSON, known))
    return Mapping(
        name="pair",
        connections=NAMES,
        escalate=(EscalationRule("urgent", when, words.engineering.place),),
        fields=tuple(fields),
        comments=(
            CommentRule("support_public", Side.SUPPORT, Visibility.PUBLIC, visibility=Visibility.INTERNAL),
            CommentRule("support_internal", Side.SUPPORT, Visibility.INTERNAL, visibility=Visibility.INTERNAL),
            CommentRule("engineering", Side.ENGINEERING, None, visibility=Visibility.INTERNAL),
        ),
        digest="pair",
    )


def _choice(choice: tuple[str, str, str]) -> Lens:
    name, low, high = choice
    return ChoiceLens(name, {high: "high", low: "low"})


def _person(field: str, developer: Person | None) -> Lens:
    """Both vendors' person is one, named by id: some vendors hide addresses."""
    return PersonLens(field, ids={DEVELOPER: developer.id if developer else ""})


def _rule(name: str, kind: Kind, lenses: Pair[Any]) -> FieldRule:
    return FieldRule(name, kind, lenses)


class Between:
    """Both vendors on one clock, a store, and the daemon's parts."""

    def __init__(
        self, store: Store, worlds: Pair[VendorWorld], connectors: Pair[Connector], developer: Pair[Person | None]
    ) -> None:
        self.store, self.worlds, self.connectors, self.developer = store, worlds, connectors, developer
        self.clock = worlds.support.clock
        self.words = worlds.map(lambda world: world.words)
        for side in Side:
            self.connectors[side].connection = NAMES[side]
        self.rules = mapping(self.words, developer)
        self.site = Site(
            store=store,
            queue=EmbeddedQueue(store, now=self.clock, term=timedelta(hours=1)),
            connectors={NAMES[side]: self.connectors[side] for side in Side},
            mappings={"pair": self.rules},
            secret=b"secret of the tests",
            now=self.clock,
        )
        self.workers = Workers(self.site)
        self.refs: Pair[str] = Pair("", "")

    def can(self, *capabilities: Capability) -> bool:
        return all(set(capabilities) <= self.connectors[side].capabilities for side in Side)

    def maps(self, name: str) -> bool:
        return self.rules.rule(name) is not None

    # -- the daemon

    async def start(self) -> None:
        await self._poll()

    async def sync(self) -> None:
        """Some minutes of a daemon's life, with webhooks and polls, until nothing is due."""
        for _ in range(4):
            await self._react()
            for world in self.worlds.both():
                await world.settle()
            self.clock.advance(100)
            await self._poll()
        await self._react()

    async def _poll(self) -> None:
        for connector in self.connectors.both():
            await poll_once(self.site, connector)

    async def _react(self) -> None:
        for _ in range(20):
            for side in Side:
                for webhook in await self.worlds[side].webhooks():
                    if Capability.WEBHOOKS in self.connectors[side].capabilities:
                        await receive(self.site, NAMES[side], webhook)
            if not await self.workers.once():
                return
            self.clock.advance(3)
        raise AssertionError("does not come to rest")

    # -- what stands there

    async def escalated(self) -> None:
        """The one ticket and its issue are known from here on."""
        await self.sync()
        found = await self.store.read(links.list_links)
        (link,) = [link for link in found if link.refs.engineering]
        self.refs = Pair(link.refs.support or "", link.refs.engineering or "")

    async def read(self, side: Side) -> Snapshot:
        return await self.connectors[side].fetch(self.refs[side])

    async def value(self, side: Side, name: str) -> object:
        """What a side says of a field, in the mapping's words."""
        rule = self.rules.rule(name)
        assert rule
        lens = rule.lenses[side]
        return lens.get((await self.read(side)).fields.get(lens.field))

    async def edit(self, side: Side, name: str, meaning: Any) -> None:
        """A person changes a field at the vendor."""
        rule = self.rules.rule(name)
        assert rule
        value = rule.lenses[side].put(meaning)
        if isinstance(value, Person):
            value = self.developer[side]
        await self.edit_own(side, rule.lenses[side].field, value)

    async def edit_own(self, side: Side, name: str, value: Any) -> None:
        await self.worlds[side].edit(self.refs[side], {name: value})

    async def heard(self, side: Side, word: str) -> list[Visibility]:
        """How visible each comment with this word is on a side."""
        thread = (await self.read(side)).thread
        assert thread
        return [comment.visibility for comment in thread.comments if word in comment.body.text]

    async def problems(self) -> list[str]:
        return [f"{item.item}: {item.reason}" for item in await self.store.read(parked.list_parked)]

    async def writes(self) -> int:
        """How many writes were announced so far."""
        rows = await self.store.read(lambda c: audit.page(c, limit=10_000))
        return sum(row.entry.kind.endswith(".attempt") for row in rows)


async def _developer(connector: Connector, words: Words) -> Person | None:
    """Who is assigned in the test, as this vendor knows them."""
    await connector.check()
    return await connector.person(words.email) if words.person and words.email else None


Make = Callable[[], VendorWorld]


@asynccontextmanager
async def between(url: str, support: Make, engineering: Make) -> AsyncIterator[Between]:
    worlds: Pair[VendorWorld] = Pair(support(), engineering())
    worlds.engineering.clock.__dict__ = worlds.support.clock.__dict__  # two clocks that always say the same
    store = await Store.open(url, now=worlds.support.clock)
    try:
        connectors = worlds.map(lambda world: world.connector())
        developer = Pair(*[await _developer(connectors[side], worlds[side].words) for side in Side])
        made = Between(store, worlds, connectors, developer)
        await made.start()
        yield made
        for connector in made.connectors.both():
            await connector.aclose()
    finally:
        await store.aclose()
