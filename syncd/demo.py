"""The demo: two simulated vendors on loopback, a real daemon between them, and people who use both.

Nothing here looks into the daemon: a person acts on one vendor's side, and the delay is measured until the other
vendor shows it. What is lost, doubled or leaked is counted in the vendors' own state.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
import secrets
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from syncd import daemon as daemons
from syncd import registry, settings
from syncd.engine import views
from syncd.sdk.testing.outbox import Subscription
from syncd.sdk.testing.page import Answer, Said, Sheet, Upload
from syncd.sdk.testing.simulator import Limit, Simulator

PATIENCE = 60.0  # seconds until a change that has not arrived is called lost: on a starved machine one took 36
LOOK = 0.002  # seconds between looks
LOOK_IN_RUSH = 0.02  # with twenty people looking at once
RUSH = 20  # tickets of the rush at the end
PER_MINUTE = 2500  # requests that the helpdesk allows, as the largest of Zendesk's plans does
POLICY = Path(__file__).with_name("demo_escalation.yaml")
MAIL = {"kind": "email", "host": "127.0.0.1", "port": 2525, "security": "none", "from": "syncd@acme.example"}
"""A channel for the policy to name; the demo's own story tells nobody anything."""
CANARY = "canary"  # in every internal word; no customer may ever see it

Say = Callable[[str, float | None], None]
"""Told of each step: what happened, and after how many milliseconds; None for what has no other side."""
VENDORS = {"acme-zendesk": "zendesk", "acme-jira": "jira"}
"""Connection -> its connector."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the demo found; times are milliseconds from the click to the other side."""

    converged: bool
    links: int
    lost: int
    doubled: int
    leaked: int
    p50_ms: float
    p99_ms: float

    @property
    def good(self) -> bool:
        return self.converged and not (self.lost or self.doubled or self.leaked)


@dataclass(slots=True)
class Stage:
    """Both vendors and the daemon, running."""

    support: Simulator
    engineering: Simulator
    daemon: daemons.Daemon
    home: Path
    running: asyncio.Task[None]
    delays: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def page(self) -> str:
        return self.daemon.listening

    async def ended(self) -> None:
        """Wait until somebody stops the daemon (Ctrl-C)."""
        await self.running


@asynccontextmanager
async def stage(home: Path, *, port: int = 0) -> AsyncIterator[Stage]:
    """Start both vendors and the daemon; config, mapping and store are below `home`, as an admin would have them."""
    async with AsyncExitStack() as stack:
        vendors = {name: registry.simulator(kind)() for name, kind in VENDORS.items()}
        support, engineering = vendors.values()
        support.limit = Limit(PER_MINUTE)
        for vendor in vendors.values():
            await stack.enter_async_context(vendor.serve())
        config = write_config(home, vendors, port=port)
        loaded, mappings = await asyncio.to_thread(settings.load, config)
        daemon = await daemons.build(loaded, mappings, path=config)
        running = asyncio.create_task(daemon.run())
        stack.push_async_callback(_stop, daemon, running)
        await _started(daemon, running)
        for name, vendor in vendors.items():
            secret = (home / "secrets" / f"{name}-webhook").read_text(encoding="utf-8").strip()
            vendor.outbox.subscriptions.append(Subscription(f"hook-{name}", f"{daemon.listening}/hooks/{name}", secret))
            await stack.enter_async_context(vendor.outbox.delivering())
        yield Stage(support, engineering, daemon, home, running)


async def _started(daemon: daemons.Daemon, running: asyncio.Task[None]) -> None:
    """Wait until it serves and has reached both vendors; its own error comes out here."""
    ready = asyncio.create_task(daemon.ready.wait())
    await asyncio.wait({ready, running}, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        await running
    async with asyncio.timeout(PATIENCE):
        while len(daemon.accounts) < len(daemon.site.connectors):  # noqa: ASYNC110  a demo may look
            await asyncio.sleep(LOOK)


async def _stop(daemon: daemons.Daemon, running: asyncio.Task[None]) -> None:
    daemon.stop()
    await running


def write_config(home: Path, vendors: dict[str, Simulator], *, port: int = 0) -> Path:
    """A config with its secrets in files, and the mapping that ships with syncd."""
    (home / "secrets").mkdir(parents=True, exist_ok=True)
    (home / "mappings").mkdir(exist_ok=True)
    connections = {name: _connection(home, name, vendor) for name, vendor in vendors.items()}
    config = {
        "version": 1,
        "store": f"sqlite:///{home}/syncd.db",
        "listen": f"127.0.0.1:{port}",
        "connections": connections,
        "mappings": str(home / "mappings"),
        "channels": {"oncall-mail": {**MAIL, "to": ["oncall@acme.example"]}},
        "log": {"level": "warning"},
    }
    path = home / "syncd.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    (home / "escalation.yaml").write_text(POLICY.read_text(encoding="utf-8"), encoding="utf-8")
    (home / "mappings" / "zendesk-jira.yaml").write_text(shipped("zendesk-jira.yaml"), encoding="utf-8")
    return path


def _connection(home: Path, name: str, vendor: Simulator) -> dict[str, object]:
    block = dict(vendor.connection(webhook_secret=secrets.token_urlsafe(32)))
    for key in ("token", "webhook_secret"):
        file = home / "secrets" / f"{name}-{key.removesuffix('_secret')}"
        file.touch(mode=0o600)
        file.write_text(str(block[key]), encoding="utf-8")
        block[key] = f"file:{file}"
    return {**block, "poll": "10s"}


def shipped(name: str) -> str:
    """A mapping that ships with syncd: of the checkout, else of the installation."""
    here = Path(__file__).resolve().parent.parent / "mappings" / name
    path = here if here.exists() else Path(sys.prefix) / "share" / "syncd" / "mappings" / name
    return path.read_text(encoding="utf-8")


# --- what people do and see ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at one vendor, who clicks on its page."""

    vendor: Simulator

    def opens(self, title: str, text: str) -> str:
        with self.vendor.acting(self.vendor.person):
            return self.vendor.open(title, Answer(text, public=True))

    def sets(self, ref: str, **values: str) -> None:
        with self.vendor.acting(self.vendor.person):
            self.vendor.set_fields(ref, values)

    def says(self, ref: str, text: str, *, public: bool = False, files: tuple[Upload, ...] = ()) -> None:
        with self.vendor.acting(self.vendor.person):
            self.vendor.say(ref, Answer(text, public, files))

    def sees(self, ref: str) -> Sheet:
        sheet = self.vendor.sheet(ref)
        if sheet is None:
            raise LookupError(f"there is no {ref}")
        return sheet

    def value(self, ref: str, name: str) -> str:
        return next(entry.value for entry in self.sees(ref).inputs if entry.name == name)

    def heard(self, ref: str, text: str) -> list[Said]:
        return [said for said in self.sees(ref).said if text in _text(said.html)]

    def found(self, title: str) -> str | None:
        return next((row.ref for row in self.vendor.rows() if row.title == title), None)

    def files(self, ref: str) -> dict[str, bytes]:
        sheet = self.sees(ref)
        shown = [*sheet.files, *(file for said in sheet.said for file in said.files)]
        kept = {file.name: self.vendor.file(ref, file.id) for file in shown}
        return {name: upload.content for name, upload in kept.items() if upload}


def _text(html: str) -> str:
    return re.sub(r"<[^>]*>", "", html)


class Story:
    """The steps of the demo; each deed is followed until the other side shows it."""

    def __init__(self, on: Stage, say: Say) -> None:
        self.stage = on
        self.say = say
        self.ana, self.ben = Person(on.support), Person(on.engineering)

    async def arrives(self, what: str, look: Callable[[], object], *, rush: bool = False) -> bool:
        """Measure until `look` is true; what does not come in time is lost."""
        began = time.monotonic()
        while not look():
            if time.monotonic() - began > PATIENCE:
                self.stage.lost.append(what)
                self.say(f"LOST: {what}", None)
                return False
            await asyncio.sleep(LOOK_IN_RUSH if rush else LOOK)
        took = (time.monotonic() - began) * 1000
        self.stage.delays.append(took)
        if not rush:
            self.say(what, took)
        return True

    async def tell(self) -> None:
        """One ticket, from the first mail to the fix."""
        ana, ben = self.ana, self.ben
        ticket = ana.opens("Export fails", "The export fails since this morning.")
        self.say("A customer writes: “Export fails”", None)
        ana.sets(ticket, priority="urgent")
        if not await self.arrives("Ana sets priority urgent → an issue appears", lambda: ben.found("Export fails")):
            return
        issue = ben.found("Export fails") or ""
        await self.arrives("… with priority Highest", lambda: ben.value(issue, "priority") == "Highest")
        ben.sets(issue, status="In Progress")
        await self.arrives(
            "Ben starts: In Progress → the ticket is open", lambda: ana.value(ticket, "status") == "open"
        )
        ana.sets(ticket, subject="Export fails on Mondays")
        await self.arrives("Ana renames it → the summary follows", lambda: ben.found("Export fails on Mondays"))
        ben.sets(issue, priority="High")
        await self.arrives("Ben lowers priority to High → high", lambda: ana.value(ticket, "priority") == "high")
        await self._talk(ticket, issue)
        await self._files(ticket, issue)
        ben.sets(issue, status="Done")
        await self.arrives("Ben is done → the ticket is solved", lambda: ana.value(ticket, "status") == "solved")

    async def _talk(self, ticket: str, issue: str) -> None:
        ana, ben = self.ana, self.ben
        ana.says(ticket, "We are looking into it.", public=True)
        await self.arrives("Ana answers the customer → on the issue", lambda: ben.heard(issue, "looking into it"))
        ana.says(ticket, f"They pay a lot ({CANARY})")
        await self.arrives("Ana notes internally → on the issue", lambda: ben.heard(issue, "They pay a lot"))
        ben.says(issue, f"The index is broken ({CANARY})")
        await self.arrives("Ben comments → an internal note", lambda: ana.heard(ticket, "The index is broken"))
        ben.says(issue, "/customer It is fixed in 2.4.")
        await self.arrives(
            "Ben writes /customer … → a public answer",
            lambda: [said for said in ana.heard(ticket, "fixed in 2.4") if said.public],
        )

    async def _files(self, ticket: str, issue: str) -> None:
        log, patch = Upload("export.log", "text/plain", b"line\n" * 500), Upload("fix.txt", "text/plain", b"+ index\n")
        self.ana.says(ticket, "The log.", public=True, files=(log,))
        await self.arrives("Ana adds a file → on the issue", lambda: self.ben.files(issue).get(log.name) == log.content)
        self.ben.says(issue, "A patch.", files=(patch,))
        await self.arrives(
            "Ben adds a file → on the ticket", lambda: self.ana.files(ticket).get(patch.name) == patch.content
        )

    async def rush(self) -> None:
        """Twenty tickets at once, each changed on both sides."""
        self.say(f"{RUSH} tickets at once, each escalated and changed on both sides …", None)
        await asyncio.gather(*(self._one_of_many(number) for number in range(RUSH)))

    async def _one_of_many(self, number: int) -> None:
        title = f"Rush {number}"
        ticket = self.ana.opens(title, f"Request {number}.")
        self.ana.sets(ticket, priority="urgent")
        if not await self.arrives(title, lambda: self.ben.found(title), rush=True):
            return
        issue = self.ben.found(title) or ""
        self.ben.says(issue, f"Looking at {number} ({CANARY})")
        await self.arrives(f"{title}: comment", lambda: self.ana.heard(ticket, f"Looking at {number}"), rush=True)
        self.ana.sets(ticket, priority="high")
        await self.arrives(f"{title}: priority", lambda: self.ben.value(issue, "priority") == "High", rush=True)
        self.ben.sets(issue, status="In Progress")
        await self.arrives(f"{title}: status", lambda: self.ana.value(ticket, "status") == "open", rush=True)


# --- the verdict -----------------------------------------------------------------------------------------------------


async def judge(on: Stage) -> Verdict:
    """Wait until nothing is due, then count in the vendors' own state."""
    began = time.monotonic()
    status = await views.status(on.daemon.site)
    while status.counts.behind and time.monotonic() - began < PATIENCE:
        await asyncio.sleep(0.05)
        status = await views.status(on.daemon.site)
    return Verdict(
        converged=status.counts.linked == status.counts.converged and not on.lost,
        links=status.counts.linked,
        lost=len(on.lost),
        doubled=_doubled(on.support) + _doubled(on.engineering),
        leaked=_leaked(on.support),
        p50_ms=_rank(on.delays, 0.50),
        p99_ms=_rank(on.delays, 0.99),
    )


def _doubled(vendor: Simulator) -> int:
    """Tickets with one title, messages with one text, and files with one name, beyond the first of each."""
    titles = Counter(row.title for row in vendor.rows())
    extra = sum(titles.values()) - len(titles)
    for row in vendor.rows():
        sheet = vendor.sheet(row.ref)
        if sheet is not None:
            said = Counter(_text(message.html).strip() for message in sheet.said)
            files = Counter(file.name for file in (*sheet.files, *(f for message in sheet.said for f in message.files)))
            extra += sum(said.values()) - len(said) + sum(files.values()) - len(files)
    return extra


def _leaked(vendor: Simulator) -> int:
    """Messages that a customer can read and that hold an internal word."""
    sheets = [sheet for row in vendor.rows() if (sheet := vendor.sheet(row.ref))]
    return sum(said.public and CANARY in said.html for sheet in sheets for said in sheet.said)


def _rank(values: list[float], share: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 1) if ordered else 0.0


def as_json(verdict: Verdict) -> str:
    return json.dumps({name: getattr(verdict, name) for name in verdict.__dataclass_fields__})


def clear(home: Path) -> None:
    """A store of an earlier demo would know tickets that the new vendors never had."""
    for file in home.glob("syncd.db*"):
        file.unlink()
