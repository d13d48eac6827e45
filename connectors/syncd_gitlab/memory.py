"""What one process remembers of GitLab to spare requests. All of it can be asked again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from syncd_gitlab.wire import IssueJson, ProjectJson

K = TypeVar("K")
V = TypeVar("V")

PROJECT_AGE = 600.0
"""Seconds for which a project is taken to be as visible, and our role in it as good, as it was."""


class Latest(dict[K, V]):
    """A dictionary of at most `most` entries that forgets what was put in first."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def keep(self, key: K, value: V) -> None:
        self.pop(key, None)
        self[key] = value
        while len(self) > self._most:
            del self[next(iter(self))]


@dataclass(slots=True)
class Made:
    """Issues of one project that our account made: how far the list was read, and the key of each."""

    newest: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    keys: dict[str, str] = field(default_factory=dict)  # ref -> key


@dataclass(slots=True)
class Memory:
    """Issues lately seen, and what was asked about projects and files.

    Attributes:
        issues: by ref, as the last answer showed them.
        whole: ref -> revision at which fields and comments were last read together.
        sizes: secret of an upload -> bytes; None for one that is gone. Uploads never change.
        projects: number -> the project, and the `monotonic` time until which that is good.
        labels: number of a project -> its labels.
    """

    issues: Latest[str, IssueJson] = field(default_factory=lambda: Latest(4096))
    whole: Latest[str, str] = field(default_factory=lambda: Latest(4096))
    sizes: Latest[str, int | None] = field(default_factory=lambda: Latest(16384))
    projects: dict[int, tuple[ProjectJson, float]] = field(default_factory=dict)
    labels: dict[int, frozenset[str]] = field(default_factory=dict)
    made: dict[int, Made] = field(default_factory=dict)
