"""The block of a GitLab connection in `config/syncd.yaml`, and the names of GitLab's own fields."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Final, Literal, Self

from pydantic import Field, SecretStr, model_validator

from syncd.core.model import Kind
from syncd.sdk.client import Header, SignIn, Tokens
from syncd.sdk.connector import ConnectionConfig, FieldInfo
from syncd.sdk.oauth import OAuthByPerson

API: Final = "/api/v4"
ISSUE_TYPES: Final = ("issue", "incident", "test_case", "requirement", "task", "ticket")

FIELDS: Final = (
    FieldInfo("title", Kind.TEXT, required=True),
    FieldInfo("description", Kind.RICH_TEXT),
    FieldInfo("status", Kind.CHOICE, ("opened", "closed")),
    FieldInfo("labels", Kind.LABELS),
    FieldInfo("assignee", Kind.PERSON),
    FieldInfo("milestone", Kind.CHOICE),
    FieldInfo("due_date", Kind.DATE),
    FieldInfo("weight", Kind.NUMBER),
    FieldInfo("confidential", Kind.CHOICE, ("true", "false")),
    FieldInfo("issue_type", Kind.CHOICE, ISSUE_TYPES),
    FieldInfo("severity", Kind.CHOICE, writable=False),
    FieldInfo("author", Kind.PERSON, writable=False),
    FieldInfo("project", Kind.CHOICE, writable=False),
)
WRITABLE: Final = frozenset(field.name for field in FIELDS if field.writable)


class GitlabConfig(ConnectionConfig):
    """Where GitLab is, as whom we act there, and which projects are looked at."""

    credentials: ClassVar = (("token",), ("oauth",))

    token: SecretStr | None = Field(
        default=None, description="An access token with the scope `api`: of a project, a group or a user."
    )
    oauth: OAuthByPerson | None = Field(
        default=None, description="Instead of a token: an application that a user let in."
    )
    projects: tuple[str, ...] = Field(min_length=1, description="Paths or numbers of the projects: [acme/app].")
    group: str | None = Field(
        default=None, description="A group that holds all these projects: then one request asks for all their changes."
    )
    scopes: tuple[str, ...] = Field(
        default=(), description="Scoped labels that are fields of their own: [priority] for priority::high."
    )
    signing_token: SecretStr | None = Field(
        default=None, description="The webhook's signing token (whsec_...), where this GitLab signs webhooks."
    )
    files_with_internal_notes: bool = Field(
        default=False,
        description="Whether files may go with an internal note in a project that others than its members can see.",
    )
    link_via: Literal["note", "none"] = Field(
        default="note", description="How an issue shows its ticket: by an internal note, or not at all."
    )
    overlap: timedelta = Field(default=timedelta(seconds=30), description="How far each poll looks back at least.")

    @model_validator(mode="after")
    def _scopes_are_no_fields(self) -> Self:
        own = {field.name for field in FIELDS}
        if clash := sorted(own & set(self.scopes)):
            raise ValueError(f"`scopes` names a field that every issue has: {clash[0]}")
        return self

    @property
    def expects_webhooks(self) -> bool:
        return super().expects_webhooks or self.signing_token is not None

    @property
    def site(self) -> str:
        """The address without the path of the API."""
        return self.url.rstrip("/").removesuffix(API)

    def sign_in(self) -> SignIn:
        return Tokens(self.oauth, f"{self.site}/oauth/token") if self.oauth else Header(self.token)
