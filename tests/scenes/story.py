"""What a scene is: a story, its policy, and what it shows, how it is played, and what is kept of that."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from syncd.core.model import Comment, Public, Value
from syncd.sdk.testing.clock import START
from syncd.sdk.testing.vendor import MemoryVendor
from syncd.store import links, milestones
from tests.scenes.case import CUSTOMER, Case, Shown
from tests.scenes.stage import Stage, stage
from tests.scenes.wanted import Wanted

SIGNED = re.compile(r"/s/[a-z2-7]+|(?<=^signed:)(\d+)\.[0-9a-f]+")
"""The random part of a signed link, and of the fact that its deed was done."""


@dataclass(slots=True)
class Play:
    """What a story is given."""

    stage: Stage
    shown: dict[Wanted, Shown] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)

    async def opens(self, title: str = "Export fails", *, by: str = CUSTOMER, **fields: Value) -> Case:
        """A customer opens a ticket."""
        (case,) = await self.open_at_once(title, by=by, **fields)
        return case

    async def open_at_once(self, *titles: str, by: str = CUSTOMER, **fields: Value) -> list[Case]:
        """Several in the same second."""
        refs = await self.stage.does(lambda: [self.stage.desk.open(fields, title=title, by=by) for title in titles])
        made = [Case(self.stage, ref, self.shown, self.read) for ref in refs]
        self.cases += made
        return made

    async def passes(self, **span: float) -> None:
        await self.stage.passes(timedelta(**span))


Story = Callable[[Play], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Scene:
    """A story with the policy under which it is played.

    Attributes:
        files: what stands beside `escalation.yaml`, by name.
    """

    name: str
    tell: Story
    shows: frozenset[Wanted]
    policy: str
    start: datetime = START
    files: Mapping[str, str] = field(default_factory=dict)


def shows(
    *things: Wanted, policy: str, start: datetime = START, files: Mapping[str, str] | None = None
) -> Callable[[Story], Scene]:
    """Make a scene of a story; the play fails where the story shows other things than these."""

    def made(story: Story) -> Scene:
        name = getattr(story, "__name__", "story").replace("_", " ")
        return Scene(name, story, frozenset(things), policy, start, files or {})

    return made


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a scene.

    Attributes:
        shown: what agents and engineers saw of each thing.
        left: everything that stands at both vendors and in the store, to be compared with another time.
    """

    shown: Mapping[Wanted, Shown]
    left: Mapping[str, object]


async def played(scene: Scene, url: str, folder: Path, *, restarts: bool, reopens: bool = False) -> Played:
    """Play a scene.

    Args:
        restarts: with another daemon at each step.
        reopens: which opens the store itself.
    """
    for name, text in scene.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    async with stage(url, folder, scene.policy, start=scene.start, restarts=restarts, reopens=reopens) as made:
        play = Play(made)
        await scene.tell(play)
        for case in play.cases:
            await case.is_read()
        assert play.shown.keys() == scene.shows, "it shows other things than it says"
        _nothing_leaked(made.desk, made.tracker)
        return Played(play.shown, await _left(made))


def _nothing_leaked(desk: MemoryVendor, tracker: MemoryVendor) -> None:
    """What syncd says in public was said before: by an engineer with the word for it, or in public on a ticket."""
    to_customers = {f"/customer {text}" for text in _public(desk, ours=True)}
    assert to_customers <= {one.body.text for ticket in tracker.tickets.values() for one in ticket.comments}
    assert _public(tracker, ours=True) <= _public(desk, ours=False)


def _public(vendor: MemoryVendor, *, ours: bool) -> set[str]:
    comments = [one for ticket in vendor.tickets.values() for one in ticket.comments]
    return {one.body.text for one in comments if isinstance(one.body, Public) and (one.author.id == "syncd") is ours}


async def _left(made: Stage) -> Mapping[str, object]:
    store = made.world.store
    found: dict[str, object] = {}
    for vendor in (made.desk, made.tracker):
        for ref, ticket in vendor.tickets.items():
            said = [_said(one) for one in ticket.comments]
            found[ref] = (dict(ticket.fields), ticket.life, sorted(ticket.backlinks), said)
    for link in await store.read(links.list_links):
        facts = await store.read(lambda c, link=link: milestones.of(c, link.id))  # type: ignore[misc]
        told = [(fact.what, fact.at, fact.who, fact.detail, SIGNED.sub(r"\1", fact.source)) for fact in facts]
        found[f"link {link.id}"] = (link.refs, link.state, link.severity, link.severity_rule, told)
    return found


def _said(comment: Comment) -> tuple[object, ...]:
    return comment.author.id, comment.created, SIGNED.sub("/s/", comment.body.text), comment.visibility
