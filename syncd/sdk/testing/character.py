"""How a vendor in memory behaves: what it can do, what it does to text, what it refuses and how it says so."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

from syncd.core.model import Kind
from syncd.sdk.connector import Capability, FieldInfo

Rewrite: TypeAlias = Callable[[str], str]


def crlf(text: str) -> str:
    """Line ends as Redmine keeps them."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def trim(text: str) -> str:
    return text.strip()


def collapse(text: str) -> str:
    """Several spaces become one, as in Zendesk's HTML."""
    return re.sub(r"[ \t]+", " ", text)


def cut(length: int) -> Rewrite:
    """Keep so many characters, as Request Tracker does with subjects."""
    return lambda text: text[:length]


class Hints(enum.Enum):
    """What the vendor's hints of a change tell."""

    TOKENS = "tokens"  # each change has a name, and the answer to a write tells it
    ECHOES = "echoes"  # each change says who did it and what; the writer foretells that
    BARE = "bare"  # only that the ticket changed, and a stamp


PRIORITIES = ("low", "normal", "high", "urgent")
STATUSES = ("new", "open", "pending", "solved")

FIELDS = (
    FieldInfo("title", Kind.TEXT, required=True),
    FieldInfo("description", Kind.RICH_TEXT),
    FieldInfo("priority", Kind.CHOICE, PRIORITIES),
    FieldInfo("status", Kind.CHOICE, STATUSES),
    FieldInfo("assignee", Kind.PERSON),
    FieldInfo("labels", Kind.LABELS),
    FieldInfo("products", Kind.MULTI_CHOICE, ("app", "site", "api")),
    FieldInfo("estimate", Kind.NUMBER),
    FieldInfo("due", Kind.DATE),
    FieldInfo("severity", Kind.CHOICE, ("S1", "S2", "S3")),
    FieldInfo("number", Kind.TEXT, writable=False),
)

ABILITIES = frozenset(Capability) - {Capability.ONLY_INTERNAL_COMMENTS}
"""What a vendor may be able to do; that one is a limit."""
GUARDED_VENDOR = ABILITIES - {Capability.HISTORY, Capability.TICKET_FILES}
BLIND_VENDOR = frozenset(
    {
        Capability.HISTORY,
        Capability.FIND,
        Capability.CLOSE,
        Capability.INTERNAL_COMMENTS,
        Capability.EDIT_COMMENTS,
        Capability.DELETE_COMMENTS,
        Capability.TICKET_FILES,
        Capability.PEOPLE,
        Capability.LINK_BACK,
        Capability.DESCRIBE,
        Capability.WEBHOOKS,
    }
)


@dataclass(frozen=True, slots=True)
class Character:
    """A vendor's ways. The default is as helpful as Zendesk; `BLIND` is as bare as Redmine, `TRACKER` between.

    Attributes:
        capabilities: GUARDED answers a write with revision, fields and tokens, without it with nothing.
        defaults: what a new ticket has where its maker says nothing.
        final: the status of a ticket that is done with.
        text: what becomes of one-line texts on arrival; `rich` of formatted ones and of comments.
        workflow: which status may follow which; empty for any. A connector goes several steps where it must.
        silent: what is refused is left out without a word, and the rest is done.
        whole_seconds: stamps and revisions count whole seconds.
        lag: how long, at most, a change stays invisible to lists and searches (to each change its own share of it).
        key_lifetime: how long a key is remembered, for REPEATABLE_CREATE.
        touched_by_comments: a comment makes a new revision.
        shows_deleted: a deleted ticket can be read and says so; otherwise it is not found.
        hook_life: how long a registered webhook is called, unless it is registered again; None: for ever.
        moved_by_merge: reading a merged ticket raises Moved; otherwise it is locked and names the other.
    """

    capabilities: frozenset[Capability] = GUARDED_VENDOR
    fields: tuple[FieldInfo, ...] = FIELDS
    defaults: Mapping[str, str] = field(default_factory=lambda: {"status": "new", "priority": "normal"})
    final: str = "solved"
    hints: Hints = Hints.TOKENS
    text: tuple[Rewrite, ...] = ()
    rich: tuple[Rewrite, ...] = ()
    workflow: Mapping[str, frozenset[str]] = field(default_factory=dict)
    silent: bool = False
    whole_seconds: bool = False
    lag: timedelta = timedelta(0)
    key_lifetime: timedelta = timedelta(hours=2)
    touched_by_comments: bool = True
    shows_deleted: bool = False
    hook_life: timedelta | None = None
    moved_by_merge: bool = False
    page_size: int = 100

    @property
    def guarded(self) -> bool:
        return Capability.GUARDED in self.capabilities

    @property
    def transitions(self) -> bool:
        """Whether a status is reached by steps that are requests of their own."""
        return bool(self.workflow) and not self.silent

    def info(self, name: str) -> FieldInfo | None:
        return next((info for info in self.fields if info.name == name), None)

    def path(self, old: str, new: str) -> tuple[str, ...] | None:
        """The shortest way from one status to another, without the first; None where there is none."""
        ways: list[tuple[str, ...]] = [(old,)]
        seen = {old}
        for way in ways:
            if way[-1] == new:
                return way[1:]
            for step in sorted(self.workflow.get(way[-1], frozenset()) - seen):
                seen.add(step)
                ways.append((*way, step))
        return None


HELPFUL = Character()

BLIND = Character(
    capabilities=BLIND_VENDOR,
    hints=Hints.BARE,
    text=(trim, cut(60)),
    rich=(crlf, trim),
    workflow={
        "new": frozenset({"open"}),
        "open": frozenset({"pending", "solved"}),
        "pending": frozenset({"open", "solved"}),
        "solved": frozenset({"open"}),
    },
    silent=True,
    whole_seconds=True,
    lag=timedelta(seconds=30),
)

TRACKER = Character(
    capabilities=ABILITIES - {Capability.GUARDED, Capability.REPEATABLE_CREATE, Capability.FILES},
    hints=Hints.ECHOES,
    text=(trim, collapse),
    workflow={
        "new": frozenset({"open"}),
        "open": frozenset({"pending", "solved"}),
        "pending": frozenset({"open"}),
        "solved": frozenset({"open"}),
    },
    lag=timedelta(seconds=10),
)
