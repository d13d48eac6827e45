"""GitHub's JSON as far as it is used, checked where it comes in. Pure; what it means is in `fields` and `snapshot`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from syncd.core.model import Person
from syncd.sdk.errors import BadAnswer

M = TypeVar("M", bound="Json")
GHOST = "ghost"  # whom GitHub shows in the place of a deleted account


class Json(BaseModel):
    """What is used of an object; whatever else GitHub sends is left out."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class UserJson(Json):
    id: int
    login: str
    name: str | None = None
    email: str | None = None

    def person(self) -> Person:
        """By login, which is what GitHub takes; it may be renamed, the number behind it may not."""
        return Person(self.login, self.name or self.login, self.email)


class LabelJson(Json):
    name: str


class MilestoneJson(Json):
    number: int = 0  # not in the events of an issue
    title: str


class TypeJson(Json):
    name: str


class IssueJson(Json):
    """An issue of a list, an answer or a webhook."""

    id: int
    number: int
    title: str
    body: str | None = None
    state: Literal["open", "closed"]
    state_reason: str | None = None
    user: UserJson | None = None
    labels: tuple[LabelJson | str, ...] = ()
    assignees: tuple[UserJson, ...] = ()
    milestone: MilestoneJson | None = None
    type: TypeJson | None = None
    comments: int = 0
    locked: bool = False
    created_at: AwareDatetime
    updated_at: AwareDatetime
    closed_at: AwareDatetime | None = None
    html_url: str
    repository_url: str
    pull_request: Mapping[str, Any] | None = None

    @property
    def label_names(self) -> tuple[str, ...]:
        return tuple(each if isinstance(each, str) else each.name for each in self.labels)

    @property
    def repository(self) -> str:
        """owner/name, from the end of its address."""
        return "/".join(self.repository_url.rsplit("/", 2)[-2:])


class CommentJson(Json):
    id: int
    body: str = ""
    user: UserJson | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    issue_url: str
    html_url: str

    @property
    def issue_number(self) -> int:
        """BadAnswer where the address of its issue does not end in a number."""
        last = self.issue_url.rpartition("/")[2]
        if not last.isdecimal():
            raise BadAnswer("github: comment.issue_url: the number of an issue was expected at its end")
        return int(last)

    @property
    def on_pull_request(self) -> bool:
        return "/pull/" in self.html_url


class EventJson(Json):
    """One entry of an issue's events."""

    id: int
    event: str
    actor: UserJson | None = None
    created_at: AwareDatetime
    rename: Mapping[str, str] | None = None
    label: LabelJson | None = None
    assignee: UserJson | None = None
    milestone: MilestoneJson | None = None
    state_reason: str | None = None
    issue_type: TypeJson | None = None
    prev_issue_type: TypeJson | None = None


class RepositoryJson(Json):
    id: int
    full_name: str
    private: bool
    visibility: str = ""
    archived: bool = False
    has_issues: bool = True
    permissions: Mapping[str, bool] | None = None


class HookConfigJson(Json):
    url: str = ""
    content_type: str = "form"
    insecure_ssl: str | int = "0"


class HookJson(Json):
    id: int
    active: bool
    events: tuple[str, ...]
    config: HookConfigJson


class AppJson(Json):
    id: int
    slug: str
    name: str


class FoundUsersJson(Json):
    items: tuple[UserJson, ...] = ()


def body_of(response: httpx.Response) -> Any:
    """The JSON of an answer. BadAnswer where it is none: a page of a proxy, a maintenance notice."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        raise BadAnswer(f"github: the answer to {response.request.method} is no JSON") from None


def read(shape: type[M], data: Any, *, where: str) -> M:
    """One object of an answer. BadAnswer names the path in it and what was expected, never the value."""
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join(map(str, first["loc"])) or "the answer"
        raise BadAnswer(f"github: {where}: {path}: {first['msg']}") from None


def read_list(shape: type[M], data: Any, *, where: str) -> list[M]:
    if not isinstance(data, list):
        raise BadAnswer(f"github: {where}: a list was expected, got {type(data).__name__}")
    return [read(shape, each, where=f"{where}.{place}") for place, each in enumerate(data)]
