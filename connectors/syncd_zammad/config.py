"""The block of a Zammad account in the configuration."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, SecretStr, model_validator

from syncd.sdk.connector import ConnectionConfig

DataType = Literal["input", "textarea", "select", "multiselect", "boolean", "integer", "date", "datetime"]


class ZammadConfig(ConnectionConfig):
    """A Zammad account: an agent's access token, or an OAuth token."""

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

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        if (self.token is None) == (self.oauth_token is None):
            raise ValueError("give `token` or `oauth_token`")
        return self

    def credentials(self) -> dict[str, Any]:
        """What the client sends with each request (intro.rst, Authentication)."""
        if self.oauth_token is not None:
            return {"headers": {"authorization": f"Bearer {self.oauth_token.get_secret_value()}"}}
        token = self.token.get_secret_value() if self.token else ""
        return {"headers": {"authorization": f"Token token={token}"}}
