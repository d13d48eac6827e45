"""GitLab's JSON as checked values, and the names of an issue: its ref and its revision. Pure.

Sources: GitLab's own description (REST v4) and its pages doc/api/{issues,notes,resource_label_events}.md. The
description calls many numbers strings; both are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from syncd.core.model import Person
from syncd.sdk.errors import BadAnswer, NotFound

M = TypeVar("M", bound="Json")
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
Moment = Annotated[datetime, BeforeValidator(lambda value: value if isinstance(value, str) else None)]

MEMBERS_READ_INTERNAL_NOTES = 20
"""The access level of a Reporter. With less, GitLab takes an internal note, and makes it a public one."""


class Json(BaseModel):
    """What is used of an object; whatever else GitLab sends is left out."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class UserJson(Json):
    id: int
    username: str = ""
    name: Text = ""
    state: str | None = None
    public_email: str | None = None
    email: str | None = None
    bot: bool | None = None

    def person(self) -> Person:
        return Person(str(self.id), self.name or self.username, self.email or self.public_email or None)


class MilestoneJson(Json):
    id: int
    title: str


class ReferencesJson(Json):
    full: str = ""


class IssueJson(Json):
    id: int
    iid: int
    project_id: int
    title: Text
    description: Text = ""
    state: str
    created_at: Moment
    updated_at: Moment
    labels: list[str] = Field(default_factory=list)
    milestone: MilestoneJson | None = None
    assignees: list[UserJson] = Field(default_factory=list)
    author: UserJson | None = None
    issue_type: str | None = None
    due_date: date | None = None
    confidential: bool = True  # not said: nobody but members may see it
    weight: int | None = None
    severity: str | None = None
    web_url: Text = ""
    references: ReferencesJson = ReferencesJson()
    moved_to_id: int | None = None
    user_notes_count: int = 0

    @property
    def ref(self) -> str:
        return str(Place(self.project_id, self.iid))

    @property
    def revision(self) -> str:
        """When it was touched, and how many comments it had then.

        A comment moves `updated_at` only when that is over a minute old (GitLab's ThrottledTouch), so the time
        alone would hide comments.
        """
        return f"{stamp(self.updated_at)}/{self.user_notes_count}"

    @property
    def container(self) -> str:
        """The path of its project; its number where GitLab does not tell."""
        return self.references.full.rpartition("#")[0] or str(self.project_id)


class NoteJson(Json):
    id: int
    body: Text
    author: UserJson
    created_at: Moment
    updated_at: Moment
    system: bool
    internal: bool | None = None
    confidential: bool | None = None

    @property
    def public(self) -> bool:
        """Only what GitLab says to be public is; before 15.0 it said so by `confidential` alone."""
        said = self.confidential if self.internal is None else self.internal
        return said is False and not self.confidential

    @property
    def token(self) -> str:
        return f"note:{self.id}@{stamp(self.updated_at)}"


class AccessJson(Json):
    access_level: int = 0


class PermissionsJson(Json):
    project_access: AccessJson | None = None
    group_access: AccessJson | None = None


class ProjectJson(Json):
    id: int
    path_with_namespace: str
    visibility: str | None = None
    issues_access_level: str | None = None
    archived: bool = False
    permissions: PermissionsJson | None = None

    @property
    def access(self) -> int:
        """Our level of access; 0 where GitLab shows none."""
        said = self.permissions or PermissionsJson()
        return max(each.access_level if each else 0 for each in (said.project_access, said.group_access))

    @property
    def open_to_others(self) -> bool:
        """Whether people who are no members can read its issues. In doubt they can."""
        return self.visibility != "private" and self.issues_access_level not in ("private", "disabled")


class HookJson(Json):
    id: int
    url: str
    issues_events: bool = False
    confidential_issues_events: bool = False
    note_events: bool = False
    confidential_note_events: bool = False
    alert_status: str | None = None


class UploadJson(Json):
    url: str
    markdown: str = ""


class LabelJson(Json):
    name: str


class LabelEventJson(Json):
    id: int
    user: UserJson | None = None
    created_at: Moment
    label: LabelJson | None = None  # null when the label is gone
    action: str


class StateEventJson(Json):
    id: int
    user: UserJson | None = None
    created_at: Moment
    state: str


class MilestoneEventJson(Json):
    id: int
    user: UserJson | None = None
    created_at: Moment
    milestone: MilestoneJson | None = None
    action: str


class VersionJson(Json):
    version: str


class TokenJson(Json):
    expires_at: date | None = None  # it ends as that day begins, by UTC


def read(model: type[M], data: Any, *, where: str) -> M:
    """One object of an answer. BadAnswer names the path in it and what was expected, never the value."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join(map(str, first["loc"])) or "the answer"
        raise BadAnswer(f"gitlab: {where}: {path}: {first['msg']}") from None


def read_list(model: type[M], data: Any, *, where: str) -> list[M]:
    if not isinstance(data, list):
        raise BadAnswer(f"gitlab: {where}: a list was expected")
    return [read(model, each, where=where) for each in data]


# --- names -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """Where an issue stands: both numbers never change, and no other issue ever gets them.

    The global id would be shorter, but only administrators may ask for an issue by it.
    """

    project: int
    iid: int

    def __str__(self) -> str:
        return f"{self.project}-{self.iid}"

    @classmethod
    def of(cls, ref: str) -> Place:
        found = re.fullmatch(r"([1-9]\d{0,17})-([1-9]\d{0,17})", ref, re.ASCII)
        if not found:
            raise NotFound("gitlab: not a ref of an issue")
        return cls(int(found[1]), int(found[2]))


def stamp(moment: datetime) -> str:
    """One of GitLab's times, in milliseconds of UTC: such stamps sort as text."""
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return zoned.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shows(revision: str, token: str) -> bool:
    """Whether a read that answered `revision` surely shows what a hint of this token tells."""
    if not token:
        return False
    told = token.rpartition("@")[2].partition("/")[0]
    return token == revision or told < revision.partition("/")[0]


def newest_first(notes: Iterable[NoteJson]) -> list[NoteJson]:
    return sorted(notes, key=lambda note: (note.updated_at, note.id), reverse=True)
