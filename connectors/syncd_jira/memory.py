"""What one process remembers of Jira to spare requests. All of it can be asked again, none of it decides anything."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from syncd_jira.workflow import Workflow

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A dictionary that forgets what was least recently put or found."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[K, V] = OrderedDict()

    def __setitem__(self, key: K, value: V) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def get(self, key: K) -> V | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def __contains__(self, key: K) -> bool:
        return key in self._kept

    def __len__(self) -> int:
        return len(self._kept)


@dataclass(frozen=True, slots=True)
class Seen:
    """An issue as last read, as far as a write needs it."""

    revision: str
    container: str
    issue_type: str
    status: str
    labels: frozenset[str]


@dataclass(slots=True)
class Memory:
    """Issues and comment keys lately seen, screens and workflows learnt."""

    issues: Recent[str, Seen] = field(default_factory=lambda: Recent(4096))
    keys: Recent[str, str | None] = field(default_factory=lambda: Recent(32768))  # own comment's id -> our key
    probe: str = ""  # an issue that search has known for long
    types: dict[str, dict[str, str]] = field(default_factory=dict)  # project -> issue type -> id
    screens: dict[tuple[str, str], dict[str, bool]] = field(default_factory=dict)  # project, type -> field -> required
    workflows: dict[tuple[str, str], Workflow] = field(default_factory=dict)  # project, type
