"""The block of a Gitea connection in `config/syncd.yaml`, and the fields that a mapping may name."""

from __future__ import annotations

from typing import ClassVar, Final

from pydantic import Field, SecretStr

from syncd.core.model import Kind
from syncd.sdk.connector import ConnectionConfig, FieldInfo

STATUSES: Final = ("open", "closed")

FIELDS: Final = (
    FieldInfo("title", Kind.TEXT, required=True),
    FieldInfo("description", Kind.RICH_TEXT),
    FieldInfo("status", Kind.CHOICE, STATUSES),
    FieldInfo("labels", Kind.LABELS, writable=False),
    FieldInfo("author", Kind.PERSON, writable=False),
)


class GiteaConfig(ConnectionConfig):
    """Where Gitea is, as whom we act there, and which repository's issues are looked at."""

    credentials: ClassVar = (("token",),)

    token: SecretStr = Field(
        description="An access token with the scopes `write:issue`, `read:repository`, `read:user`."
    )
    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$", description="The repository, a private one: acme/app.")
