"""The block of a Zammad account in the configuration."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, SecretStr

from syncd.sdk.client import Header, SignIn
from syncd.sdk.connector import ConnectionConfig

DataType = Literal["input", "textarea", "select", "multiselect", "boolean", "integer", "date", "datetime"]


class ZammadConfig(ConnectionConfig):
    """A Zammad account: an agent's access token, or an OAuth token."""

    credentials: ClassVar = (("token",), ("oauth_token",))

    token: SecretStr | None = Field(default=None, description="An access token of the agent (Profile, Token Access).")
    oauth_token: SecretStr | None = Field(default=None, description="Instead of `token`.")
    link_field: str | None = Field(
        default=None, description="Name of the ticket attribute that shows the engineering issue; else a tag does."
    )
    closed_state: str = Field(default="closed", description="The state that closes a ticket.")
    attributes: dict[str, DataType] = Field(
        default_factory=dict,
        description="Custom ticket attributes and their types, for a token without the right `admin.object`.",
    )
    max_files: int = Field(
        default=30 * 1024 * 1024, description="The most that the files of one comment may have together, in bytes."
    )

    def sign_in(self) -> SignIn:
        """As intro.rst has it, Authentication."""
        return Header(self.oauth_token) if self.oauth_token else Header(self.token, "Token token={}")
