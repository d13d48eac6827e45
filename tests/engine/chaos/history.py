"""One history: two vendors, people who work there, faults on the way, and a daemon that dies and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection

from syncd import crash
from syncd.core.mapping import Mapping
from syncd.core.model import Side, Value
from syncd.engine import duplicates, intake, operate
from syncd.engine.poll import poll_once
from syncd.engine.receive import receive
from syncd.errors import SyncdError
from syncd.sdk.connector import Webhook
from syncd.sdk.errors import ConnectorError
from syncd.sdk.testing.character import Character
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.evidence import Kept, canary
from syncd.sdk.testing.vendor import MemoryVendor
from syncd.store import leases, links
from tests.engine.chaos.bugs import noticed
from tests.engine.chaos.judge import Case, private_words, show
from tests.engine.chaos.quick import Killed, QuickStore
from tests.engine.world import World, mapping

T = TypeVar("T")
QUIET_ROUNDS = 40
MAPPED = ("title", "description", "priority", "status", "labels", "estimate", "assignee")


class History:
    """What a test does to it, and how it ends."""

    def __init__(self, support: Character, engineering: Character, rules: Mapping | None = None) -> None:
        self.clock = Clock()
        self.store = QuickStore(self.clock)
        self.rules = rules or mapping()
        self.vendors = {
            Side.SUPPORT: MemoryVendor("desk", character=support, clock=self.clock),
            Side.ENGINEERING: MemoryVendor("tracker", character=engineering, clock=self.clock),
        }
        for vendor in self.vendors.values():
            vendor.person("eve", email="eve@shop.example")
            vendor.person("joe", email="joe@shop.example")
        self.loop = asyncio.new_event_loop()
        self.delivered: list[tuple[str, Webhook]] = []
        self.followed: set[str] = set()
        self.joined: set[str] = set()
        self.crashes = 0
        self.bugs: list[str] = []
        self.words = 0
        self.repeated: list[Kept] = []  # what a person only said after the other side had said it
        self.at: tuple[str, int] | None = None  # where the daemon dies next
        self.world = self._daemon()
        self.do(self.world.start())

    def close(self) -> None:
        self.loop.close()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    # -- the daemon

    def _daemon(self) -> World:
        self.store.dead = False
        return World(self.store, self.rules, self.vendors[Side.SUPPORT], self.vendors[Side.ENGINEERING])

    def live(self, *, hooks: bool = True, polls: bool = True, at_once: bool = False) -> int:
        """Let the daemon take in what it hears of and do what is due; it dies where it was told to. `at_once` takes no
        time, so that its runs share their second with each other and with what people did."""
        self.clock.advance(0.0 if at_once else 0.4)
        try:
            with noticed() as bugs, crash.watched(self._struck):
                self.bugs = bugs
                return self.do(self._turns(hooks=hooks, polls=polls, takes=0.0 if at_once else 1.3))
        except Killed:
            self._buried()
            return 1
        finally:
            assert not self.bugs, self.bugs[0]

    def _struck(self, passed: str) -> None:
        if self.at is None or self.at[0] != passed:
            return
        self.at = (passed, self.at[1] - 1)
        if self.at[1] <= 0:
            self.at = None
            self.store.dead = True
            raise Killed

    def _buried(self) -> None:
        """What the dead process had in memory goes with it."""
        self.crashes += 1
        self.store.dead = True
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        self.do(_gathered(left))
        self.world = self._daemon()

    async def _turns(self, *, hooks: bool, polls: bool, takes: float) -> int:
        runs = 0
        await duplicates.seek(self.world.site, back=duplicates.LOOKS[0])
        for _ in range(20):
            if hooks:
                await self._hear()
            if polls:
                await self._poll()
            ran = await self.world.workers.once()
            runs += ran
            if not ran:
                return runs
            self.clock.advance(takes)
        return runs

    async def _hear(self) -> None:
        for name, vendor in (("desk", self.vendors[Side.SUPPORT]), ("tracker", self.vendors[Side.ENGINEERING])):
            for webhook in vendor.take_webhooks():
                self.delivered.append((name, webhook))
                await receive(self.world.site, name, webhook)

    async def _poll(self) -> None:
        for connector in self.world.connectors.values():
            try:
                await poll_once(self.world.site, connector)
            except ConnectorError:
                continue  # the next poll asks again

    # -- people

    def word(self) -> str:
        self.words += 1
        return canary(self.words)

    def refs(self, side: Side) -> list[str]:
        return list(self.vendors[side].tickets)

    def said(self, name: str) -> list[Value]:
        """What the first ticket of each side says in a field."""
        return [vendor.ticket(next(iter(vendor.tickets))).fields[name] for vendor in self.vendors.values()]

    def merge(self, side: Side, ref: str, *, into: str) -> None:
        """A person merges two tickets; the threads of both stay where they are, as in a vendor that only points."""
        self.vendors[side].merge(ref, into=into)
        self.followed.update(self.refs(Side.SUPPORT))

    def join(self, issue: str) -> None:
        """A person links one more ticket to an issue; it says the same, for a link takes what differs for agreed."""
        said = self.vendors[Side.ENGINEERING].ticket(issue).fields
        same = {name: said[name] for name in MAPPED if said[name] is not None}
        ticket = self.vendors[Side.SUPPORT].open(same)
        self.joined.add(ticket)
        self.repeated += [Kept(ticket, name, value) for name, value in same.items()]
        try:
            self.do(operate.link(self.world.site, self.rules, ticket, issue, history=True))
        except (ConnectorError, SyncdError):
            return  # linked otherwise already, or it cannot be read now

    # -- the end

    def settle(self) -> None:
        """No more faults; as much time as recovery and back-off need; then nothing is left to do."""
        self.at = None
        for vendor in self.vendors.values():
            vendor.plan.calm()
        for _ in range(QUIET_ROUNDS):
            self.clock.advance(timedelta(minutes=11))
            if not self.live() and self.do(self.store.read(_nothing_due)) and not self.do(self._sought()):
                return
        raise AssertionError("does not come to rest")

    async def _sought(self) -> int:
        """An hour later: whether issues are to be looked for that were made by then."""
        self.clock.advance(duplicates.LOOKS[0])
        return await duplicates.seek(self.world.site, back=duplicates.LOOKS[0])

    def look_again(self) -> int:
        """Read every pair once more in full, and hear everything again; the number of runs."""

        def look(c: Connection) -> None:
            for link in links.list_links(c, limit=1000):
                intake.look(self.world.site, c, link)

        for name, webhook in self.delivered:
            self.do(receive(self.world.site, name, webhook))
        self.do(self.store.write(look))
        return self.live()

    def case(self) -> Case:
        support, engineering = self.vendors[Side.SUPPORT], self.vendors[Side.ENGINEERING]
        return Case(
            support,
            engineering,
            self.do(self.store.read(show)),
            private=private_words(support, Side.SUPPORT) | private_words(engineering, Side.ENGINEERING),
            in_scope={
                ref for ref, ticket in support.tickets.items()
                if ticket.fields["priority"] == "urgent" and ticket.life.value == "active"
            },
            followed=self.followed,
            joined=frozenset(self.joined),
            repeated=tuple(self.repeated),
            crashes=self.crashes,
        )  # fmt: skip

    def verdict(self) -> list[str]:
        """What is wrong after everything came to rest, with a look at everything once more."""
        self.settle()
        found = self.case().findings()
        before = {side: len(vendor.journal) for side, vendor in self.vendors.items()}
        self.look_again()
        self.settle()
        for side, vendor in self.vendors.items():
            found += [
                f"I2: {entry.operation} {entry.ref} {dict(entry.body)} though nothing was left to do"
                for entry in vendor.journal[before[side] :]
                if entry.request and entry.write
            ]
        return found


async def _gathered(tasks: set[asyncio.Task[Any]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


def _nothing_due(c: Connection) -> bool:
    return leases.next_due(c) is None
