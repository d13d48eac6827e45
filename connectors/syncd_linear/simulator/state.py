"""What a simulated Linear workspace keeps. What may be done with it is in `workspace`, how it is said in `shapes`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from syncd.sdk.text.markdown import parse, render


@dataclass(frozen=True, slots=True)
class User:
    id: str
    name: str
    email: str
    admin: bool = False
    app: bool = False
    active: bool = True
    guest: bool = False


@dataclass(frozen=True, slots=True)
class State:
    id: str
    name: str
    type: str
    position: float


@dataclass(slots=True)
class Team:
    id: str
    key: str
    name: str
    states: tuple[State, ...]
    private: bool = False
    retired: datetime | None = None
    numbers: int = 0

    def first(self, *types: str) -> State:
        return next(state for type in types for state in self.states if state.type == type)

    def state(self, id: str) -> State | None:
        return next((state for state in self.states if state.id == id), None)


@dataclass(frozen=True, slots=True)
class Label:
    id: str
    name: str
    team: str | None = None  # None: of the workspace
    is_group: bool = False


@dataclass(slots=True)
class StoredComment:
    id: str
    body: str
    author: User
    created: datetime
    updated: datetime


@dataclass(slots=True)
class Link:
    """An attachment, which is a link to somewhere else."""

    id: str
    url: str
    title: str
    subtitle: str
    updated: datetime


@dataclass(slots=True)
class Entry:
    """One entry of an issue's history: attribute -> (before, after)."""

    id: str
    actor: User
    created: datetime
    changes: dict[str, tuple[Any, Any]]


@dataclass(slots=True)
class Issue:
    id: str
    team: Team
    number: int
    title: str
    state: State
    creator: User
    created: datetime
    updated: datetime
    description: str | None = None
    priority: int = 0
    estimate: int | None = None
    due: date | None = None
    assignee: User | None = None
    labels: tuple[Label, ...] = ()
    archived: datetime | None = None
    trashed: bool | None = None
    former: list[str] = field(default_factory=list)  # identifiers that it had in other teams
    comments: list[StoredComment] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    duplicate_of: Issue | None = None
    synced_with: tuple[str, ...] = ()  # services that Linear itself syncs it with

    @property
    def identifier(self) -> str:
        return f"{self.team.key}-{self.number}"


@dataclass(slots=True)
class StoredFile:
    path: str
    name: str
    media_type: str
    size: int
    content: bytes | None = None  # None until it was put there


@dataclass(slots=True)
class StoredHook:
    id: str
    url: str
    resources: tuple[str, ...]
    secret: str
    enabled: bool = True
    label: str | None = None
    all_public_teams: bool = True


_MARKERS = re.compile(r"^(?:\s*(?:>|[-*](?= |$)|\d+[.)](?= |$)))+")
_OTHER_BULLETS = str.maketrans("-*", "*-")
_OPENING = re.compile(r"^(?:[\s>]|[-*](?= )|\d+[.)](?= ))*(`{3,})")


def as_linear_writes(markdown: str) -> str:
    """Markdown as it comes back: made anew from a document, with other bullets, rules and line ends than were sent."""
    lines, fence = [], ""
    for line in render(parse(markdown, keep_lines=True)).split("\n"):
        if fence:
            fence = "" if line.strip("> ").startswith(fence) else fence
            lines.append(line)
            continue
        found = _OPENING.match(line)
        fence = found[1] if found else ""
        lines.append(_MARKERS.sub(_with_other_bullets, line if found else _soft(line)))
    return "\n".join(lines)


def _with_other_bullets(markers: re.Match[str]) -> str:
    return markers[0].translate(_OTHER_BULLETS)


def _soft(line: str) -> str:
    """Without the sign of a hard line end, and with the other sign of a rule."""
    if line.strip("> ") == "___":
        return line.replace("___", "***") if line == "___" else line
    return line[:-1] if (len(line) - len(line.rstrip("\\"))) % 2 else line
