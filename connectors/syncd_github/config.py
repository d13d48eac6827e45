"""The block of a GitHub connection in `config/syncd.yaml`, and the names of GitHub's own fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar

from pydantic import Field, SecretStr, field_validator

from syncd.core.model import Kind
from syncd.sdk.connector import ConnectionConfig, FieldInfo

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
STATUSES = ("open", "reopened", "completed", "not_planned", "duplicate")
"""`state` and `state_reason` in one word: the first two are open, the others closed."""
OPEN = frozenset({"open", "reopened"})

OWN_FIELDS = (
    FieldInfo("title", Kind.TEXT, required=True),
    FieldInfo("description", Kind.RICH_TEXT),
    FieldInfo("status", Kind.CHOICE, STATUSES),
    FieldInfo("labels", Kind.LABELS),
    FieldInfo("assignee", Kind.PERSON),
    FieldInfo("assignees", Kind.LABELS),
    FieldInfo("milestone", Kind.CHOICE),
    FieldInfo("type", Kind.CHOICE),
    FieldInfo("author", Kind.PERSON, writable=False),
    FieldInfo("created_at", Kind.DATE, writable=False),
    FieldInfo("closed_at", Kind.DATE, writable=False),
)
LABEL_FIELDS = {"priority": "priority: ", "severity": "severity: "}


def fields_of(label_fields: Mapping[str, str]) -> tuple[FieldInfo, ...]:
    """GitHub's own fields, and those that labels carry."""
    return (*OWN_FIELDS, *(FieldInfo(name, Kind.CHOICE) for name in label_fields))


class GitHubConfig(ConnectionConfig):
    """Where GitHub is, as whom we act there, and in which repositories."""

    credentials: ClassVar = (("token",), ("app_id", "installation_id", "private_key"))

    url: str = Field(
        default="https://api.github.com", description="The API; of an Enterprise Server: https://HOST/api/v3."
    )
    repositories: tuple[str, ...] = Field(min_length=1, description="Which repositories, as `owner/name`; no others.")
    token: SecretStr | None = Field(default=None, description="A fine-grained token; or the three keys of an App.")
    app_id: str | None = Field(default=None, description="GitHub App: its id, or its client id.")
    installation_id: int | None = Field(default=None, description="GitHub App: the number of its installation.")
    private_key: SecretStr | None = Field(default=None, description="GitHub App: its private key, PEM.")
    label_fields: Mapping[str, str] = Field(
        default_factory=lambda: dict(LABEL_FIELDS),
        description="Fields that labels carry: `priority` is what follows `priority: ` in a label.",
    )
    allow_public: bool = Field(
        default=False,
        description="Write titles, descriptions and addresses of tickets into repositories that strangers can read.",
    )
    link_via: str = Field(
        default="body", pattern="^(body|none)$", description="How an issue shows its ticket: a line in its body, none."
    )
    overlap: timedelta = Field(default=timedelta(seconds=60), description="How far each poll looks back.")
    write_pause: timedelta = Field(
        default=timedelta(seconds=1.05), description="Between two writes; GitHub asks for a second at least."
    )
    visibility_age: timedelta = Field(
        default=timedelta(seconds=60), description="How long a repository is believed to be as public as it was."
    )

    @field_validator("repositories")
    @classmethod
    def _are_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if bad := [name for name in names if not NAME.fullmatch(name)]:
            raise ValueError(f"a repository is called `owner/name`, not `{bad[0]}`")
        return names

    @field_validator("label_fields")
    @classmethod
    def _hide_no_field(cls, fields: Mapping[str, str]) -> Mapping[str, str]:
        own = {info.name for info in OWN_FIELDS}
        if taken := sorted(own & fields.keys()):
            raise ValueError(f"`{taken[0]}` is a field of GitHub's own")
        if any(not prefix.strip() for prefix in fields.values()):
            raise ValueError("the beginning of a label must not be empty")
        return fields
