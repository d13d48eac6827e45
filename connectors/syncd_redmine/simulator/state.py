"""What the simulated Redmine keeps: projects, issues, journals and files, by the names of Redmine's columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from syncd.sdk.testing.simulator import Account
from syncd_redmine.simulator import seed
from syncd_redmine.simulator.seed import CUSTOM_FIELDS, CustomField, Role

COLUMNS = (
    "tracker_id",
    "project_id",
    "subject",
    "description",
    "due_date",
    "category_id",
    "status_id",
    "assigned_to_id",
    "priority_id",
    "fixed_version_id",
    "author_id",
    "start_date",
    "done_ratio",
    "estimated_hours",
    "is_private",
)
"""In the order of Redmine's table, in which a journal lists what changed."""


@dataclass(slots=True)
class Project:
    """`members`: user -> (number of the membership, role)."""

    id: int
    identifier: str
    name: str
    description: str = ""
    is_public: bool = False
    trackers: tuple[int, ...] = (seed.BUG, seed.FEATURE)
    categories: dict[int, str] = field(default_factory=dict)
    versions: dict[int, str] = field(default_factory=dict)
    members: dict[int, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Detail:
    """One change within a journal: of an attribute ("attr"), a custom field ("cf") or a file ("attachment")."""

    property: str
    name: str
    old: str | None
    new: str | None


@dataclass(slots=True)
class Journal:
    id: int
    user: Account
    notes: str | None
    created: datetime
    private: bool = False
    details: list[Detail] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.details and not (self.notes or "").strip()


@dataclass(slots=True)
class StoredFile:
    """An upload; without an issue nobody but its author sees it, and its token is good."""

    id: int
    name: str
    media_type: str
    content: bytes
    author: Account
    created: datetime
    issue: int | None = None
    description: str | None = None

    @property
    def token(self) -> str:
        return f"{self.id}.{sha256(self.content).hexdigest()}"


@dataclass(slots=True)
class Issue:
    """`values` by `COLUMNS`; `custom` by number, None where nothing was ever written."""

    id: int
    author: Account
    created: datetime
    updated: datetime
    values: dict[str, Any]
    custom: dict[int, str | None] = field(default_factory=dict)
    closed: datetime | None = None
    journals: list[Journal] = field(default_factory=list)
    watchers: list[int] = field(default_factory=list)

    @property
    def ref(self) -> str:
        return str(self.id)

    @property
    def is_closed(self) -> bool:
        return seed.STATUSES[self.values["status_id"]].is_closed

    @property
    def fields(self) -> list[CustomField]:
        """The custom fields that its tracker has."""
        return [each for each in CUSTOM_FIELDS.values() if self.values["tracker_id"] in each.trackers]


class State:
    """All of it. Each table counts its own numbers, from 1."""

    def __init__(self, *, accounts: Callable[[], list[Account]]) -> None:
        self.accounts = accounts
        self.roles: dict[int, Role] = seed.roles()
        self.projects: dict[int, Project] = {}
        self.issues: dict[int, Issue] = {}
        self.files: dict[int, StoredFile] = {}
        self._numbers: Counter[str] = Counter()

    def number(self, table: str) -> int:
        self._numbers[table] += 1
        return self._numbers[table]

    def add_project(self, identifier: str, name: str, *, members: Mapping[str, int], **more: Any) -> Project:
        """`members`: user -> role."""
        project = Project(self.number("projects"), identifier, name, **more)
        project.members = {int(user): (self.number("members"), role) for user, role in members.items()}
        self.projects[project.id] = project
        return project

    def account(self, number: object) -> Account | None:
        return next((each for each in self.accounts() if each.id == str(number)), None)

    def project(self, name: str) -> Project | None:
        """By its number or its identifier."""
        return next((each for each in self.projects.values() if name in (str(each.id), each.identifier)), None)

    def files_of(self, issue: Issue) -> list[StoredFile]:
        return [each for each in self.files.values() if each.issue == issue.id]

    def journal(self, number: int) -> tuple[Issue, Journal] | None:
        found = ((issue, each) for issue in self.issues.values() for each in issue.journals if each.id == number)
        return next(found, None)


def stored(value: object) -> str | None:
    """A value as a journal keeps it (app/models/journal_detail.rb, normalize)."""
    match value:
        case None:
            return None
        case bool():
            return "1" if value else "0"
        case date():
            return value.isoformat()
        case _:
            return str(value)
