"""The engine between any two vendors' simulators, with a mapping made of the words that the promises know of each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Protocol

from syncd.core.model import Attachment, Comment, Pair, Person, Side, Snapshot, Visibility
from syncd.engine import operate
from syncd.engine.poll import poll_once
from syncd.engine.queue.embedded import EmbeddedQueue
from syncd.engine.receive import receive
from syncd.engine.site import Site
from syncd.engine.worker import Workers
from syncd.sdk.connector import Capability, Connector
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.world import Deed, Words, World
from syncd.store import audit, conflicts, links, parked
from syncd.store.records import Link
from syncd.store.store import Store
from tests.pairs.words import NAMES, mapping

SUPPORT, ENGINEERING = Side.SUPPORT, Side.ENGINEERING


class VendorWorld(World, Protocol):
    """A simulated vendor and how to connect to it."""

    clock: Clock

    def connector(self) -> Connector: ...


class Between:
    """Both vendors on one clock, a store, and the daemon's parts.

    Attributes:
        refs: the ticket and the issue that the steps are about just now.
        played: the steps that were played; `left_out` those that were not, and for want of what.
    """

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
        self.seen: dict[tuple[Side, str], Snapshot] = {}
        self.played: list[str] = []
        self.left_out: dict[str, str] = {}

    # -- what this pair can play

    def plays(self, step: str, **has: object) -> bool:
        """Whether it can play a step; noted either way."""
        lacking = [what for what, there in has.items() if not there]
        if lacking:
            self.left_out[step] = f"no {', '.join(lacking)}"
        else:
            self.played.append(step)
        return not lacking

    def able(self, side: Side, *capabilities: Capability) -> bool:
        """Whether a side has one of these."""
        return bool(self.connectors[side].capabilities & set(capabilities))

    def people(self, side: Side, deed: Deed) -> bool:
        return deed in self.words[side].deeds

    def maps(self, name: str) -> bool:
        return self.rules.rule(name) is not None

    # -- the daemon

    async def start(self) -> None:
        await self._poll()

    async def sync(self) -> None:
        """Some minutes of a daemon's life, with webhooks and polls, until a poll brings nothing more to do."""
        self.seen.clear()
        await self._react()
        for _ in range(8):
            for world in self.worlds.both():
                await world.settle()
            self.clock.advance(100)
            await self._poll()
            if not await self._react():
                return
        raise AssertionError("does not come to rest")

    async def _poll(self) -> None:
        for connector in self.connectors.both():
            await poll_once(self.site, connector)

    async def _react(self) -> int:
        """Take in webhooks and run what is due; how many links ran."""
        ran = 0
        for _ in range(20):
            for side in Side:
                for webhook in await self.worlds[side].webhooks():
                    if Capability.WEBHOOKS in self.connectors[side].capabilities:
                        await receive(self.site, NAMES[side], webhook)
            if not (now := await self.workers.once()):
                return ran
            ran += now
            self.clock.advance(3)
        raise AssertionError("does not come to rest")

    # -- what people do

    async def open(self, title: str, *, urgent: bool) -> str:
        """A ticket of a customer, which becomes an issue where it is urgent."""
        words = self.words.support
        given: dict[str, Any] = {**words.required, words.title: title}
        if self.maps("priority") and words.choice:
            given[words.choice[0]] = words.choice[2 if urgent else 1]
        if self.maps("status") and words.done:
            given[words.done[0]] = words.done[1]
        return await self.worlds.support.open(given)

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

    async def say(self, side: Side, text: str, *, public: bool) -> None:
        await self.worlds[side].say(self.refs[side], text, public=public)

    async def join(self, ticket: str) -> None:
        """Hang one more ticket on the issue, as `syncd link` does."""
        await operate.link(self.site, self.rules, ticket, self.refs.engineering)

    async def decide(self, winner: Side) -> list[str]:
        """Settle every open conflict, as `syncd resolve` does; the fields that waited."""
        found = await self.store.read(conflicts.list_open)
        for row in found:
            await operate.resolve(self.site, row.id, winner)
        return [row.field for row in found]

    # -- what stands there

    async def escalated(self, title: str) -> Pair[str]:
        """Open an urgent ticket; it and the issue that it became."""
        ticket = await self.open(title, urgent=True)
        await self.sync()
        link = await self.link(ticket)
        assert link.refs.engineering, f"{title} became no issue"
        return Pair(ticket, link.refs.engineering)

    async def link(self, ticket: str = "") -> Link:
        """The link of a ticket, else of the one that the steps are about."""
        found = await self.store.read(lambda c: links.by_ref(c, NAMES.support, ticket or self.refs.support))
        (link,) = [link for link in found if link.refs.support == (ticket or self.refs.support)]
        return link

    async def read(self, side: Side) -> Snapshot:
        """A side as it was after the last `sync`."""
        ref = self.refs[side]
        if (side, ref) not in self.seen:
            self.seen[side, ref] = await self.connectors[side].fetch(ref)
        return self.seen[side, ref]

    async def value(self, side: Side, name: str) -> object:
        """What a side says of a field, in the mapping's words."""
        return (await self.says(side, name))[name]

    async def says(self, side: Side, *names: str) -> dict[str, object]:
        """What a side says of these fields, else of every one that is mapped."""
        fields = (await self.read(side)).fields
        lenses = {rule.name: rule.lenses[side] for rule in self.rules.fields if not names or rule.name in names}
        return {name: lens.get(fields.get(lens.field)) for name, lens in lenses.items()}

    async def thread(self, side: Side) -> tuple[Comment, ...]:
        thread = (await self.read(side)).thread
        assert thread
        return thread.comments

    async def heard(self, side: Side, word: str) -> list[Visibility]:
        """How visible each comment with this word is on a side."""
        return [comment.visibility for comment in await self.thread(side) if word in comment.body.text]

    async def files(self, side: Side, name: str) -> list[tuple[Attachment, bytes]]:
        """The files of this name on a side, with their bytes."""
        thread = (await self.read(side)).thread
        assert thread
        every = [*thread.attachments, *(file for comment in thread.comments for file in comment.attachments)]
        found = [file for file in every if file.name == name]
        return [(file, b"".join([part async for part in self.connectors[side].download(file)])) for file in found]

    async def shown(self, ticket: str = "") -> str:
        """All that a customer reads of the ticket."""
        return "\n".join((await self.worlds.support.look(ticket or self.refs.support)).public)

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
