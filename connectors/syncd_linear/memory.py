"""What one process remembers of Linear to spare requests. All of it can be asked again, none of it decides anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from syncd.core.model import Fields
from syncd.sdk.recent import Recent
from syncd_linear.reading import SILENT
from syncd_linear.wire import IssueJson, milliseconds


@dataclass(frozen=True, slots=True)
class Seen:
    """An issue as last read, as far as a write needs it."""

    id: str
    revision: str
    team: str
    created: datetime
    state_type: str
    labels: Mapping[str, str]  # name -> id
    synced_with: tuple[str, ...]
    fields: Fields

    @classmethod
    def of(cls, issue: IssueJson, fields: Fields) -> Seen:
        return cls(
            id=issue.id,
            revision=str(milliseconds(issue.updated_at)),
            team=issue.team.id,
            created=issue.created_at,
            state_type=issue.state.type,
            labels={each.name: each.id for each in issue.labels.nodes},
            synced_with=tuple(each.service for each in issue.synced_with or ()),
            fields=fields,
        )

    @property
    def is_young(self) -> bool:
        """At this revision the issue was so young that a change after it may have left no trace in its history."""
        return int(self.revision) < milliseconds(self.created + SILENT)


@dataclass(slots=True)
class Memory:
    issues: Recent[str, Seen] = field(default_factory=lambda: Recent[str, Seen](512))
    keys: Recent[str, str] = field(default_factory=lambda: Recent[str, str](32768))  # own comment's id -> our key
    sizes: Recent[str, int] = field(default_factory=lambda: Recent[str, int](4096))  # address of a sent file -> bytes
