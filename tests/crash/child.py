"""The daemon that is killed: `python -m tests.crash.child` imports everything once, then forks for each order it reads.

An order is a line of JSON on standard input; the answer is how the fork ended: 0, or minus the signal that killed it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd import crash
from syncd.core.intake import Client
from syncd.engine import duplicates, opening
from syncd.engine.poll import poll_once
from syncd.engine.queue.embedded import EmbeddedQueue
from syncd.engine.receive import receive
from syncd.engine.site import Site
from syncd.engine.worker import Workers
from syncd.sdk.testing import character
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.memory import MemoryVendor
from syncd.store import leases
from syncd.store.store import Store
from tests.crash.wire import FarConnector, Wire
from tests.engine.chaos.bugs import noticed
from tests.engine.chaos.judge import show
from tests.engine.world import mapping

SETTLED = timedelta(minutes=11)  # longer than recovery waits, a lease lasts, or a failed run backs off


SOUGHT = timedelta(minutes=30)  # after an issue was made, it is sought once more


CLIENT = Client(
    "voice-agent",
    "desk-tracker",
    b"a secret of twenty-four characters",
    place={"container": "HELP"},
    fields=("priority",),
)
"""Who opens cases; without a request of it nothing is different."""


@dataclass(frozen=True, slots=True)
class Order:
    """One life of the daemon.

    Attributes:
        socket: where its vendors listen.
        support, engineering: the names of their characters.
        crash_at: "H6:2", or empty to live on.
        to_rest: let as much time pass as recovery and back-off need, until nothing is left to do.
    """

    socket: str
    store: str
    support: str
    engineering: str
    now: str
    crash_at: str = ""
    to_rest: bool = False


def main() -> None:
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            sys.stdout = sys.stderr
            asyncio.run(live(Order(**json.loads(line))))
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


async def live(order: Order) -> None:
    """Take in what happened and do what is due, as the daemon's parts do; then say how everything stands."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    passed: Counter[str] = Counter()
    kill = crash.killer(order.crash_at) if order.crash_at else None

    def strike(name: str) -> None:
        passed[name] += 1
        if kill:
            kill(name)

    with noticed() as bugs, crash.watched(strike):
        wire = Wire.to(order.socket)
        wire.ask("hello", os.getpid())
        clock = Clock(datetime.fromisoformat(order.now))
        store = await Store.open(order.store, daemon=True, now=clock)
        site = _site(order, wire, store, clock)
        await _work(site, wire, clock)
        if order.to_rest:
            await _rest(site, wire, clock)
        shown = await store.read(show)
        due = await store.read(leases.next_due)
        await store.aclose()
        assert not bugs, bugs[0]
        wire.ask("end", shown, due is None, dict(passed), clock())


def _site(order: Order, wire: Wire, store: Store, clock: Clock) -> Site:
    kinds = {"desk": order.support, "tracker": order.engineering}
    vendors = [MemoryVendor(name, character=getattr(character, kind), clock=clock) for name, kind in kinds.items()]
    rules = mapping()
    return Site(
        store=store,
        queue=EmbeddedQueue(store, now=clock, term=timedelta(minutes=10)),
        connectors={vendor.name: FarConnector(wire, vendor) for vendor in vendors},
        mappings={rules.name: rules},
        secret=b"secret of the tests",
        now=clock,
        clients={CLIENT.name: CLIENT},
    )


async def _work(site: Site, wire: Wire, clock: Clock) -> None:
    workers = Workers(site)
    await duplicates.seek(site, back=SOUGHT)
    for connector in site.connectors.values():
        await connector.check()
    for _ in range(20):
        for number, name, webhook in wire.ask("webhooks", clock()):
            await receive(site, name, webhook)
            wire.ask("answered", number)  # 202: the vendor does not send it again
        for connector in site.connectors.values():
            await poll_once(site, connector)
        if not await opening.work(site) + await workers.once():
            return
        clock.advance(2)
    raise AssertionError("does not come to rest")


async def _rest(site: Site, wire: Wire, clock: Clock) -> None:
    for _ in range(8):
        sent = wire.ask("writes")
        clock.advance(SETTLED)
        await _work(site, wire, clock)
        if wire.ask("writes") == sent and await site.store.read(leases.next_due) is None:
            return
    raise AssertionError("does not come to rest")


if __name__ == "__main__":
    main()
