"""Two connectors as a third party would ship them, found by the entry points beside this file; they speak to nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from pydantic import Field, SecretStr

from syncd.core.model import Fields, Kind, Snapshot
from syncd.sdk.connector import (
    Account,
    Capability,
    ConnectionConfig,
    Connector,
    Draft,
    FieldInfo,
    Message,
    Page,
    Posted,
    Written,
)


class AcmeConfig(ConnectionConfig):
    email: str = Field(description="The account that the token belongs to.", examples=["bot@acme.example"])
    token: SecretStr = Field(description="An API token.")
    page_size: int = Field(default=100, ge=1, le=1000, description="Tickets on a page.")


class PartedConfig(AcmeConfig):
    part_key = "projects"

    projects: tuple[str, ...] = Field(default=(), description="The projects to look at; all where empty.")


class _Silent(Connector):
    """Everything but what the class says about itself."""

    Config = AcmeConfig

    async def check(self) -> Account:
        raise NotImplementedError

    def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        raise NotImplementedError

    async def fetch(self, ref: str, **_more: Any) -> Snapshot:
        raise NotImplementedError

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        raise NotImplementedError

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        raise NotImplementedError

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        raise NotImplementedError


class Desk(_Silent):
    """A helpdesk."""

    name = "desk"
    capabilities = frozenset({Capability.WEBHOOKS, Capability.INTERNAL_COMMENTS, Capability.FIND})
    place_keys = frozenset({"queue"})
    container = "queue"
    fields = (
        FieldInfo("subject", Kind.TEXT, required=True),
        FieldInfo("description", Kind.RICH_TEXT, writable=False),
        FieldInfo("priority", Kind.CHOICE, ("urgent", "high", "normal", "low")),
        FieldInfo("status", Kind.CHOICE, ("new", "open", "hold", "solved")),
        FieldInfo("tags", Kind.LABELS),
        FieldInfo("assignee", Kind.PERSON),
        FieldInfo("due", Kind.DATE),
        FieldInfo("score", Kind.NUMBER),
    )


class Tracker(_Silent):
    """An issue tracker."""

    name = "tracker"
    capabilities = frozenset({Capability.GUARDED})
    place_keys = frozenset({"project", "issue_type"})
    fields = (
        FieldInfo("summary", Kind.TEXT, required=True),
        FieldInfo("description", Kind.RICH_TEXT),
        FieldInfo("priority", Kind.CHOICE),
        FieldInfo("status", Kind.CHOICE),
        FieldInfo("labels", Kind.LABELS),
        FieldInfo("assignee", Kind.PERSON),
        FieldInfo("duedate", Kind.DATE),
        FieldInfo("points", Kind.NUMBER),
    )


class Suite(Tracker):
    """Helpdesk and tracker in one; a connection may keep to some projects of it."""

    name = "suite"
    Config = PartedConfig


class Hollow(Connector):
    """Lacks every method."""

    name = "hollow"
