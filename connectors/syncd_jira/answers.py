"""The small answers of Jira: pages, names, rights. Issues with their comments and files are in `wire`."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from syncd_jira.wire import HistoryIn, IssueIn


class Created(BaseModel):
    id: str
    key: str


class Rows(BaseModel):
    """One page of a search."""

    issues: list[IssueIn] = []
    nextPageToken: str | None = None  # noqa: N815  Jira's word
    total: int | None = None


class ChangelogPage(BaseModel):
    values: list[HistoryIn]
    isLast: bool = False  # noqa: N815


class ServiceDeskIn(BaseModel):
    """A project of Jira Service Management."""

    projectKey: str  # noqa: N815  Jira's word


class ServiceDesks(BaseModel):
    values: list[ServiceDeskIn]
    isLastPage: bool = True  # noqa: N815


class ServerInfo(BaseModel):
    serverTime: datetime  # noqa: N815


class NamedIn(BaseModel):
    """A priority, a status, an issue type."""

    name: str
    id: str | int = ""


class ProjectIn(BaseModel):
    key: str
    issueTypes: list[NamedIn] = []  # noqa: N815


class ProjectPage(BaseModel):
    values: list[ProjectIn]
    isLast: bool = True  # noqa: N815


class PermissionIn(BaseModel):
    havePermission: bool  # noqa: N815


class Permissions(BaseModel):
    permissions: dict[str, PermissionIn]


class ScreenIn(BaseModel):
    """One field of a create screen."""

    fieldId: str  # noqa: N815
    required: bool
    hasDefaultValue: bool = False  # noqa: N815
