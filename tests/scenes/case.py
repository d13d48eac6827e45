"""One ticket of a scene and its issue: what people do there, and what agents and engineers then see."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from syncd.core.deeds import Purpose
from syncd.core.milestones import Milestone
from syncd.core.model import Person, Value
from syncd.engine import deeds, tokens
from syncd.sdk.connector import Backlink
from syncd.sdk.testing.journal import Entry
from syncd.sdk.testing.vendor import MemoryVendor
from syncd.store import links, milestones
from syncd.store.records import Link
from tests.scenes.stage import PUBLIC_URL, STEP, Stage
from tests.scenes.wanted import Evidence, Wanted

Shown = tuple[tuple[str, ...], tuple[str, ...]]
"""Lines that agents saw, and lines that engineers saw."""
CUSTOMER = "kim"
COPY = re.compile(r"\*\*.+\*\* wrote in \[")
"""How a comment begins that one side wrote and syncd carried over."""


@dataclass(frozen=True, slots=True)
class Noted:
    """What the store knows of a ticket, and the facts of all `beside` it."""

    link: Link
    history: list[Milestone]
    beside: list[Milestone]


@dataclass(slots=True)
class Case:
    """One ticket.

    Attributes:
        shown: what was seen of each thing that the scene is about; one for all cases of a play, as is
        read: how many of our writes were looked at, by ticket.
    """

    stage: Stage
    ref: str
    shown: dict[Wanted, Shown]
    read: dict[str, int]
    _known: list[Milestone] = field(default_factory=list)
    _severity: tuple[str, str] = ("", "")

    # -- what people do

    async def customer(self, text: str) -> None:
        await self.stage.does(lambda: self.stage.desk.say(self.ref, text, public=True, by=CUSTOMER))

    async def agent(self, text: str, *, public: bool = False, by: str = "ana") -> None:
        await self.stage.does(lambda: self.stage.desk.say(self.ref, text, public=public, by=by))

    async def edits(self, *, by: str = "ana", **fields: Value) -> None:
        """An agent changes the ticket."""
        await self.stage.does(lambda: self.stage.desk.edit(self.ref, by=by, **fields))

    async def engineer(self, text: str, *, by: str = "cia") -> None:
        issue = (await self.link()).refs.engineering or ""
        await self.stage.does(lambda: self.stage.tracker.say(issue, text, by=by))

    async def changes(self, *, by: str = "cia", **fields: Value) -> None:
        """An engineer changes the issue."""
        issue = (await self.link()).refs.engineering or ""
        await self.stage.does(lambda: self.stage.tracker.edit(issue, by=by, **fields))

    async def signs(self, purpose: Purpose, detail: str = "", *, who: str = "") -> None:
        """Somebody is sent a signed link, and presses its button a minute later."""
        address = await tokens.link_for(self.stage.site, await self.link(), purpose, who=who)
        await self.stage.until(self.stage.clock() + STEP)
        await self.stage.look()
        done = await deeds.do(self.stage.site, address.removeprefix(f"{PUBLIC_URL}/s/"), detail)
        assert done is not None
        assert done.obstacle is None, done.obstacle
        await self.stage.look()

    async def passes(self, **span: float) -> None:
        await self.stage.passes(timedelta(**span))

    # -- what there is to see

    async def link(self) -> Link:
        return await self.stage.world.link(self.ref)

    async def sees(self, *things: Wanted, agents: Sequence[str], engineers: Sequence[str]) -> None:
        """All that syncd wrote since the last look: comments by their first lines, copies apart, and what it changed.

        A line that ends in "…" is the beginning of one.

        Args:
            things: what is shown here; the facts behind it must be new as well.
        """
        noted = await self.stage.world.store.read(self._noted)
        seen = self._new_lines(noted.link)
        expected = tuple(agents), tuple(engineers)
        assert _abridged(seen, expected) == expected, f"{self.ref}: they saw {seen}, not {expected}"
        evidence = self._evidence(noted, *seen)
        for thing in things:
            assert thing.proof(evidence), f"nothing here proves `{thing}`: {evidence.new}"
            assert thing not in self.shown, f"`{thing}` was shown before"
            self.shown[thing] = seen

    async def reads(self, *, agents: str = "", engineers: str = "") -> None:
        """What stands somewhere in a comment that syncd wrote there, below its first line."""
        issue = (await self.link()).refs.engineering
        for vendor, ref, part in ((self.stage.desk, self.ref, agents), (self.stage.tracker, issue or "", engineers)):
            if part:
                ours = [one.body.text for one in vendor.ticket(ref).comments if one.author.id == "syncd"]
                assert any(part in text for text in ours), ours

    async def is_read(self) -> None:
        """Nothing was written that no look has told of."""
        assert self._new_lines(await self.link()) == ((), ()), "nobody looked at this"

    def _new_lines(self, link: Link) -> Shown:
        issue = link.refs.engineering
        return self._lines(self.stage.desk, self.ref), self._lines(self.stage.tracker, issue) if issue else ()

    def _lines(self, vendor: MemoryVendor, ref: str) -> tuple[str, ...]:
        written = [entry for entry in vendor.writes if entry.ref == ref]
        new = written[self.read.get(ref, 0) :]
        self.read[ref] = len(written)
        return tuple(line for entry in new for line in lines_of(vendor, entry))

    def _noted(self, c: Connection) -> Noted:
        (mine,) = links.by_ref(c, "desk", self.ref)
        others = [link.id for link in links.list_links(c) if link.id != mine.id]
        return Noted(mine, milestones.of(c, mine.id), [fact for id in others for fact in milestones.of(c, id)])

    def _evidence(self, noted: Noted, agents: tuple[str, ...], engineers: tuple[str, ...]) -> Evidence:
        new, self._known = noted.history[len(self._known) :], noted.history
        before, self._severity = self._severity, (noted.link.severity, noted.link.severity_rule)
        return Evidence(
            mapping=self.stage.rules,
            link=noted.link,
            regraded=before != self._severity,
            new=tuple(new),
            history=tuple(noted.history),
            beside=tuple(noted.beside),
            agents=agents,
            engineers=engineers,
        )


def lines_of(vendor: MemoryVendor, entry: Entry) -> list[str]:
    """What people there see of one write of ours."""
    match entry.operation:
        case "create":
            return [f"(made in {entry.body['container']}{_for(entry.after.get('assignee'))})"]
        case "comment":
            return _comment(vendor, entry)
        case "link back":
            back: Any = entry.after.get("backlink")
            return [f"(linked to {back.label})"] if isinstance(back, Backlink) and vendor.name == "desk" else []
        case _:
            return [f"({name}: {_said(value)})" for name, value in entry.after.items() if name != "number"]


def _comment(vendor: MemoryVendor, entry: Entry) -> list[str]:
    text, public = str(entry.after["text"]), entry.after["visibility"] == "public"
    if COPY.match(text) or (public and vendor.name == "tracker"):
        return []
    first = text.partition("\n")[0]
    return [f"to the customer: {first}" if public else first]


def _for(assignee: object) -> str:
    return f", for {assignee.name}" if isinstance(assignee, Person) else ""


def _said(value: object) -> str:
    return value.name if isinstance(value, Person) else "nothing" if value is None else str(value)


def _abridged(seen: Shown, expected: Shown) -> tuple[tuple[str, ...], ...]:
    """The lines that were seen, each cut where the expected one is."""
    return tuple(_cut(lines, wanted) for lines, wanted in zip(seen, expected, strict=True))


def _cut(lines: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[str, ...]:
    ends = [len(one) - 1 if one.endswith("…") else None for one in wanted]
    ends += [None] * (len(lines) - len(ends))
    return tuple(line if end is None else f"{line[:end]}…" for line, end in zip(lines, ends[: len(lines)], strict=True))
