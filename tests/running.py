"""An installation in a folder: config, mapping, two vendors in memory that are found as installed connectors are."""

from __future__ import annotations

import importlib
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from syncd.daemon import Daemon, build
from syncd.sdk.testing.memory import MemoryVendor
from syncd.settings import load
from syncd.store import migrate

INSTALLED = Path(__file__).parent / "cli" / "installed"

CONFIG = """version: 1
store: sqlite:///var/syncd.db
listen: 127.0.0.1:0
connections:
  desk: {connector: memdesk, url: "https://desk.example", webhook_secret: "${HOOK}"}
  tracker: {connector: memtracker, url: "https://tracker.example"}
mappings: mappings
"""

MAPPING = """name: desk-tracker
support: desk
engineering: tracker
escalate:
  - name: outage
    when: {priority: p1}
    create: {container: CORE}
  - name: asked for by an agent
    when: {labels: {any: [escalate]}}
    create: {container: TRIAGE}
fields:
  title: {owner: support, support: title, engineering: title}
  description: {support: description, engineering: description}
  priority:
    owner: support
    aggregate: highest
    support: {field: priority, values: {urgent: p1, high: p2, normal: p3, low: p4}}
    engineering: {field: priority, values: {urgent: p1, high: p2, normal: p3, low: p4}}
  status:
    owner: ask
    support: {field: status, values: {new: todo, open: doing, pending: doing, solved: done}}
    engineering: {field: status, values: {new: todo, open: doing, pending: doing, solved: done}}
  labels: {support: labels, engineering: labels}
comments:
  support_public: {to: engineering, visibility: internal}
  support_internal: {to: engineering}
  engineering: {to: support, visibility: internal}
"""


class Installation:
    """What a test does: at the vendors as a person, in the folder as an admin."""

    def __init__(self, folder: Path, vendors: dict[str, MemoryVendor]) -> None:
        self.folder = folder
        self.vendors = vendors
        self.config = folder / "config" / "syncd.yaml"
        self.mapping = folder / "mappings" / "desk-tracker.yaml"

    @property
    def desk(self) -> MemoryVendor:
        return self.vendors["desk.example"]

    @property
    def tracker(self) -> MemoryVendor:
        return self.vendors["tracker.example"]

    def edit(self, old: str, new: str) -> None:
        """Change the mapping as an admin does."""
        text = self.mapping.read_text()
        assert old in text
        self.mapping.write_text(text.replace(old, new))

    def before_the_first_start(self) -> None:
        """As it is when nothing was ever run: without a store."""
        shutil.rmtree(self.folder / "var")

    @asynccontextmanager
    async def daemon(self, **how: Any) -> AsyncIterator[Daemon]:
        """A daemon of this installation that does nothing by itself yet."""
        settings, mappings = load(self.config)
        made = await build(settings, mappings, path=self.config, **how)
        try:
            yield made
        finally:
            await made.aclose()

    async def once(self) -> int:
        """Everything that there is to do, as `syncd once` does it."""
        async with self.daemon() as daemon:
            return await daemon.once()

    async def linked(self, **fields: Any) -> tuple[str, str]:
        """An urgent ticket and its issue."""
        await self.once()
        ref = self.desk.open(title="Export fails", priority="urgent", **fields)
        before = set(self.tracker.tickets)
        await self.once()
        (issue,) = set(self.tracker.tickets) - before
        return ref, issue


@cache
def empty_store() -> bytes:
    """A store that is migrated and empty, so that not every installation has to migrate its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "syncd.db"
        migrate.upgrade(f"sqlite:///{file}")
        return file.read_bytes()


@contextmanager
def installation(folder: Path, monkeypatch: Any) -> Iterator[Installation]:
    monkeypatch.syspath_prepend(str(INSTALLED))
    monkeypatch.setenv("HOOK", "memory-webhook-secret")
    monkeypatch.setenv("SYNCD_CONFIG", str(folder / "config" / "syncd.yaml"))
    monkeypatch.chdir(folder)
    for name, text in (("config/syncd.yaml", CONFIG), ("mappings/desk-tracker.yaml", MAPPING)):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    (folder / "var").mkdir(mode=0o700)
    (folder / "var" / "syncd.db").touch(mode=0o600)
    (folder / "var" / "syncd.db").write_bytes(empty_store())
    module = importlib.import_module("memory_vendors")
    module.VENDORS.clear()
    for host, kind in (("desk.example", module.Desk), ("tracker.example", module.Tracker)):
        module.VENDORS[host] = MemoryVendor(host.partition(".")[0], character=kind.character_of_vendor)
    module.VENDORS["tracker.example"].containers["TRIAGE"] = ("Task",)
    try:
        yield Installation(folder, module.VENDORS)
    finally:
        sys.modules.pop("memory_vendors", None)
