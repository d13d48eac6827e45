"""Lives and deaths of a daemon between two vendors that outlive it."""

from __future__ import annotations

import asyncio
import copy
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from syncd.core.model import Side
from syncd.sdk.connector import Webhook
from syncd.sdk.testing import character
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.memory import MemoryConnector, MemoryVendor
from tests.crash.child import SETTLED, Order
from tests.crash.wire import Gone, Wire, carried_out, told
from tests.engine.chaos.judge import Case, Shown, private_words

T = TypeVar("T")


class Murdered(BaseException):
    """The vendor has killed its caller."""


class Vendor(MemoryVendor):
    """Kills the daemon at its nth write: before it is carried out (H7) or after (H8)."""

    killing: Killing

    def request(self, actor: str, operation: str, ref: str, act: Callable[[], T], **more: Any) -> T:
        if not more.get("write"):
            return super().request(actor, operation, ref, act, **more)
        self.killing.before()
        answer = super().request(actor, operation, ref, act, **more)
        self.killing.after()
        return answer


@dataclass(slots=True)
class Killing:
    """Which write, counted over both vendors, is the daemon's last, and its place in it."""

    point: str = ""  # "H7", "H8"
    nth: int = 0
    writes: int = 0
    pid: int = 0

    def before(self) -> None:
        self.writes += 1
        self._strike("H7")

    def after(self) -> None:
        self._strike("H8")

    def _strike(self, point: str) -> None:
        if (self.point, self.nth) == (point, self.writes):
            os.kill(self.pid, signal.SIGKILL)
            raise Murdered


@dataclass(slots=True)
class Vendors:
    """Both vendors with what they remember; a copy of it is another world."""

    support: Vendor
    engineering: Vendor
    clock: Clock
    killing: Killing = field(default_factory=Killing)
    hooks: list[tuple[int, str, Webhook]] = field(default_factory=list)
    sent: int = 0

    @classmethod
    def new(cls, support: str, engineering: str) -> Vendors:
        clock = Clock()
        made = cls(
            Vendor("desk", character=getattr(character, support), clock=clock),
            Vendor("tracker", character=getattr(character, engineering), clock=clock),
            clock,
        )
        made.join()
        return made

    def join(self) -> None:
        self.support.killing = self.engineering.killing = self.killing

    def copied(self) -> Vendors:
        return copy.deepcopy(self)

    def waiting(self) -> list[tuple[int, str, Webhook]]:
        """Webhooks without an answer so far, which are sent until they have one."""
        for vendor in (self.support, self.engineering):
            for webhook in vendor.take_webhooks():
                self.sent += 1
                self.hooks.append((self.sent, vendor.name, webhook))
        return self.hooks


@dataclass(frozen=True, slots=True)
class Life:
    """How a daemon's life ended. `shown` is None where it was killed."""

    shown: Shown | None
    idle: bool = False
    passed: Mapping[str, int] = field(default_factory=dict)
    writes: int = 0


class Lab:
    """The process that forks daemons, and the socket on which they find their vendors."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "vendors")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(1)
        self.listener.settimeout(60)
        self.loop = asyncio.new_event_loop()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        self.lives = 0

    def close(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()
        self.listener.close()
        self.loop.close()

    def live(self, vendors: Vendors, store: str, crash_at: str = "", *, to_rest: bool = False) -> Life:
        """One life of the daemon on this store, killed at a point inside it ("H6:1") or at a vendor ("H8:2")."""
        point, _, nth = crash_at.partition(":")
        vendors.killing.point, vendors.killing.nth = (point, int(nth)) if point in ("H7", "H8") else ("", 0)
        vendors.killing.writes = 0
        inside = "" if vendors.killing.point else crash_at
        desk, tracker = [_name(vendor.character) for vendor in (vendors.support, vendors.engineering)]
        self._order(
            Order(self.path, store, desk, tracker, now=vendors.clock().isoformat(), crash_at=inside, to_rest=to_rest)
        )
        self.lives += 1
        connection, _ = self.listener.accept()
        wire = Wire(connection)
        try:
            life = self._serve(vendors, wire)
        except (Gone, Murdered):
            life = Life(None, writes=vendors.killing.writes)
        finally:
            wire.close()
        code = self._ended()
        expected = 0 if life.shown is not None else -signal.SIGKILL
        assert code == expected, f"the daemon ended with {code}, not {expected}"
        return life

    def _order(self, order: Order) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(asdict(order)) + "\n")
        self.process.stdin.flush()

    def _ended(self) -> int:
        assert self.process.stdout
        return int(self.process.stdout.readline())

    def _serve(self, vendors: Vendors, wire: Wire) -> Life:
        connectors = {vendor.name: MemoryConnector(vendor=vendor) for vendor in (vendors.support, vendors.engineering)}
        while True:
            match wire.receive():
                case ("hello", int(pid)):
                    vendors.killing.pid = pid
                    wire.send((None, None))
                case ("call", str(name), datetime() as now, str(method), args, named):
                    vendors.clock.now = max(vendors.clock.now, now)
                    wire.send(self._answer(connectors[name], method, args, named))
                case ("webhooks", datetime() as now):
                    vendors.clock.now = max(vendors.clock.now, now)
                    wire.send((None, list(vendors.waiting())))
                case ("writes",):
                    wire.send((None, vendors.killing.writes))
                case ("answered", int(number)):
                    vendors.hooks = [hook for hook in vendors.hooks if hook[0] != number]
                    wire.send((None, None))
                case ("end", Shown() as shown, bool(idle), dict(passed), datetime() as now):
                    vendors.clock.now = max(vendors.clock.now, now)
                    wire.send((None, None))
                    return Life(shown, idle, passed, vendors.killing.writes)
                case other:
                    raise AssertionError(other)

    def _answer(self, connector: MemoryConnector, method: str, args: Any, named: Any) -> object:
        try:
            return None, self.loop.run_until_complete(carried_out(connector, method, args, named))
        except Exception as error:
            return told(error), None


@contextmanager
def lab(folder: Path) -> Iterator[Lab]:
    made = Lab(folder)
    try:
        yield made
    finally:
        made.close()


def _name(kind: character.Character) -> str:
    return next(name for name in ("HELPFUL", "TRACKER", "BLIND") if getattr(character, name) == kind)


def to_rest(room: Lab, vendors: Vendors, store: str) -> Shown:
    """A life without an accident, until nothing is left to do, and what it shows then."""
    vendors.clock.advance(SETTLED)
    life = room.live(vendors, store, to_rest=True)
    assert life.shown is not None
    return life.shown


def stands(vendors: Vendors, shown: Shown) -> dict[str, object]:
    """Everything that must be the same with and without an accident: no times, no numbers that only count attempts."""
    return {
        **{vendor.name: _tickets(vendor) for vendor in (vendors.support, vendors.engineering)},
        "states": shown.states,
        "listed": sorted((line.ref, line.item, line.reason) for line in shown.listed),
        "kept": sorted((line.ref, line.field, repr(line.value)) for line in shown.kept),
        "open": shown.open_intents,
    }


def _tickets(vendor: MemoryVendor) -> dict[str, object]:
    return {
        ticket.ref: {
            "fields": ticket.fields,
            "container": ticket.container,
            "life": ticket.life,
            "key": ticket.key,
            "comments": [
                (said.author.id, said.body, [_file(vendor, file.id, file.name) for file in said.attachments])
                for said in ticket.comments
            ],
            "files": [_file(vendor, file.id, file.name) for file in ticket.files],
            "backlinks": sorted(ticket.backlinks),
        }
        for ticket in vendor.tickets.values()
    }


def _file(vendor: MemoryVendor, file_id: str, name: str) -> tuple[str, bytes]:
    return name, vendor.bytes[file_id]


def case(vendors: Vendors, shown: Shown) -> Case:
    """The same, as the oracle wants to see it."""
    private = private_words(vendors.support, Side.SUPPORT) | private_words(vendors.engineering, Side.ENGINEERING)
    return Case(vendors.support, vendors.engineering, shown, private=private, crashes=1)


def copy_sqlite(source: Path, target: Path) -> None:
    """A store whose last daemon has closed it, with everything that lies beside the file."""
    for file in source.parent.iterdir():
        if file.name.startswith(source.name) and not file.name.endswith(".lock"):
            shutil.copy(file, target.with_name(file.name.replace(source.name, target.name)))
