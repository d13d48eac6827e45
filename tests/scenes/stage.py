"""Where a scene is played: two vendors in memory, a store, a clock, and a daemon that may be new at each step."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TypeVar

from syncd.core.mapping import Mapping
from syncd.core.model import Kind
from syncd.engine import clocks
from syncd.engine.lookups import Lookups
from syncd.engine.site import Site
from syncd.mapping.build import build
from syncd.mapping.load import read
from syncd.mapping.policy import read_policy
from syncd.sdk.connector import FieldInfo
from syncd.sdk.testing.character import BLIND, HELPFUL
from syncd.sdk.testing.clock import START, Clock
from syncd.sdk.testing.vendor import MemoryVendor
from syncd.store import links
from syncd.store.store import Store
from tests.engine.world import World

T = TypeVar("T")

STEP = timedelta(minutes=1)
"""So much time passes before anybody does anything: nobody is faster than the daemon."""
FOREVER = timedelta(days=9999)
PUBLIC_URL = "https://syncd.example"

MAPPING = """
name: desk-tracker
support: desk
engineering: tracker
escalate:
  - {name: bad, when: {severity: [sev1, sev2]}, create: {container: CORE}}
fields:
  title: {support: title, engineering: title}
  description: {support: description, engineering: description}
  status:
    aggregate: all
    support: {field: status, values: {new: todo, open: doing, pending: doing, solved: done}}
    engineering: {field: status, values: {new: todo, open: doing, pending: doing, solved: done}}
comments:
  support_public: {to: engineering}
  support_internal: {to: engineering}
  engineering: {to: support, visibility: internal}
  engineering_for_customer:
    when: {starts_with: /customer}
    to: support
    visibility: public
    allow_private_to_public: an engineer says so by the word
"""
DESK = replace(
    HELPFUL,
    fields=(
        *HELPFUL.fields,
        *(FieldInfo(name, Kind.TEXT) for name in ("kind", "service", "tier", "steps")),
        FieldInfo("users", Kind.NUMBER),
        FieldInfo("csat", Kind.NUMBER),
    ),
)
TRACKER = replace(BLIND, lag=timedelta(0))  # a daemon that was away finds at its first look what happened meanwhile
AGENTS = {"ana": "ana@acme.example", "ben": "ben@acme.example"}
CUSTOMERS = {"kim": "kim@shop.example", "lee": "lee@shop.example", "mia": "mia@other.example"}
ENGINEERS = {name: f"{name}@acme.example" for name in ("ben", "cia", "dan", "eva")}


@cache
def rules(folder: Path, policy: str) -> Mapping:
    """The mapping of all scenes with an `escalation.yaml` as an admin writes it; nothing may be wrong with either."""
    file, other = folder / "escalation.yaml", folder / "mapping.yaml"
    file.write_text(policy, encoding="utf-8")
    other.write_text(MAPPING, encoding="utf-8")
    draft = read_policy(read(file))
    made = build(read(other), None, draft, graded=True)
    complaints = [str(one) for one in (*draft.complaints, *made.complaints) if not one.notice]
    assert made.mapping is not None, complaints
    assert not complaints, complaints
    return made.mapping


class Stage:
    """What a story is played on. What people do there is in `case`.

    Args:
        restarts: the daemon is stopped after each thing that anybody does, and after each passing of time; what the
            vendors told meanwhile is lost, and a new daemon with nothing but the store goes on.
        reopens: then the store is closed and opened as well, which takes half as long again.
        folder: of `escalation.yaml`, and of the tables beside it.
    """

    def __init__(
        self,
        url: str,
        folder: Path,
        policy: str,
        *,
        start: datetime = START,
        restarts: bool,
        reopens: bool = False,
    ) -> None:
        self.url = url
        self.folder = folder
        self.restarts = restarts
        self.reopens = reopens
        self.clock = Clock(start)
        self.desk = MemoryVendor("desk", character=DESK, clock=self.clock)
        self.tracker = MemoryVendor("tracker", character=TRACKER, clock=self.clock)
        self.rules = rules(folder, policy)
        self.trusted: tuple[str, ...] = ()
        self.world: World
        for vendor, people in ((self.desk, AGENTS | CUSTOMERS), (self.tracker, ENGINEERS)):
            for name, email in people.items():
                vendor.person(name, email=email)

    @property
    def site(self) -> Site:
        return self.world.site

    # -- the daemon

    async def start(self, store: Store) -> None:
        """A daemon that knows nothing but the store."""
        self.world = World(store, self.rules, self.desk, self.tracker)
        self.site.public_url = PUBLIC_URL
        self.site.trusted = self.trusted
        self.site.lookups = Lookups(store, self.clock, self.trusted)
        await self.world.start()
        await clocks.wind_up(self.site)

    async def restart(self) -> None:
        """Another daemon; what was told to nobody is lost."""
        for vendor in (self.desk, self.tracker):
            vendor.take_webhooks()
        store = self.world.store
        if self.reopens:
            await store.aclose()
            store = await Store.open(self.url, now=self.clock)
        await self.start(store)

    async def reread(self, policy: str, *, trusted: tuple[str, ...] = ()) -> None:
        """The daemon is started anew with another `escalation.yaml`, and may ask these origins."""
        self.rules, self.trusted = rules(self.folder, policy), trusted
        await self.restart()

    async def look(self) -> None:
        """The daemon, which hears of all by webhooks, or the next one, which has to ask, does what there is to do."""
        if self.restarts:
            await self.restart()
        await clocks.ring(self.site)
        for _ in range(20):
            await self.world.deliver()
            if not await self.world.workers.once():
                return
        raise AssertionError("does not come to rest")

    # -- time

    async def passes(self, span: timedelta) -> None:
        """Time passes, and whatever rings on the way is looked at when it rings."""
        if not await self.until(self.clock() + span):
            await self.look()

    async def until(self, end: datetime) -> bool:
        """Whether the daemon looked at that very moment."""
        looked = False
        for _ in range(50):
            at = await self._rings()
            if at is None or at > end:
                self.clock.now = end
                return looked
            self.clock.now = max(at, self.clock.now)
            await self.look()
            looked = at == end
        raise AssertionError("it rings all the time")

    async def _rings(self) -> datetime | None:
        waiting = await self.world.store.read(lambda c: links.ringing(c, self.clock() + FOREVER, 1))
        return waiting[0].rings_at if waiting else None

    async def does(self, act: Callable[[], T]) -> T:
        """Somebody does something at a vendor, and the daemon finds out."""
        await self.until(self.clock() + STEP)
        done = act()
        await self.look()
        return done


@asynccontextmanager
async def stage(
    url: str, folder: Path, policy: str, *, start: datetime = START, restarts: bool = False, reopens: bool = False
) -> AsyncIterator[Stage]:
    made = Stage(url, folder, policy, start=start, restarts=restarts, reopens=reopens)
    await made.start(await Store.open(url, now=made.clock))
    try:
        yield made
    finally:
        await made.world.store.aclose()
