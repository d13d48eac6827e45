"""What the simulated organisation keeps: work items with comments, files and links, and the order of revisions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from syncd.sdk.testing.simulator import Account
from syncd_azuredevops.simulator.scheme import ItemType, StoredProject


@dataclass(slots=True)
class StoredUpload:
    id: str
    name: str
    content: bytes


@dataclass(slots=True)
class StoredRelation:
    """`upload` for an attached file."""

    id: int
    rel: str
    url: str
    at: datetime
    comment: str = ""
    upload: StoredUpload | None = None


@dataclass(slots=True)
class StoredComment:
    id: int
    author: Account
    text: str
    created: datetime
    modified: datetime
    modified_by: Account
    format: str = "html"
    version: int = 1
    deleted: bool = False


@dataclass(slots=True)
class StoredItem:
    """`fields` holds the values as JSON has them, but people as accounts."""

    id: int
    project: StoredProject
    type: ItemType
    author: Account
    created: datetime
    rev: int = 0
    changed: datetime | None = None
    changed_by: Account | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    relations: list[StoredRelation] = field(default_factory=list)
    comments: list[StoredComment] = field(default_factory=list)
    commented: StoredComment | None = None  # by the latest revision
    deleted: datetime | None = None
    deleted_by: Account | None = None

    @property
    def ref(self) -> str:
        return str(self.id)

    @property
    def shown(self) -> list[StoredComment]:
        return [each for each in self.comments if not each.deleted]


@dataclass(frozen=True, slots=True)
class Revision:
    """What the reporting API tells; `place` is where it stands in the order of the organisation."""

    place: int
    item: StoredItem
    rev: int
    project: str
    at: datetime
    deleted: bool
