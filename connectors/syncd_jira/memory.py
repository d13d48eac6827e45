"""What one process remembers of Jira to spare requests. All of it can be asked again, none of it decides anything."""

from __future__ import annotations

from dataclasses import dataclass, field

from syncd.sdk.recent import Recent
from syncd_jira.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Seen:
    """An issue as last read, as far as a write needs it."""

    revision: str
    container: str
    issue_type: str
    status: str
    labels: frozenset[str]
    desk: bool = False  # in a service project, where customers read comments


@dataclass(slots=True)
class Memory:
    """Issues and comment keys lately seen, screens and workflows learnt."""

    issues: Recent[str, Seen] = field(default_factory=lambda: Recent(4096))
    keys: Recent[str, str | None] = field(default_factory=lambda: Recent(32768))  # own comment's id -> our key
    probe: str = ""  # an issue that search has known for long
    types: dict[str, dict[str, str]] = field(default_factory=dict)  # project -> issue type -> id
    screens: dict[tuple[str, str], dict[str, bool]] = field(default_factory=dict)  # project, type -> field -> required
    workflows: dict[tuple[str, str], Workflow] = field(default_factory=dict)  # project, type
