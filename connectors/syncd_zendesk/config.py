"""The block of a Zendesk account in the configuration."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, SecretStr, model_validator

from syncd.sdk.connector import ConnectionConfig


class ZendeskConfig(ConnectionConfig):
    """A Zendesk account: an agent's address with an API token, or an OAuth token. Polling needs an administrator."""

    email: str | None = Field(default=None, description="Whose API token it is.")
    token: SecretStr | None = Field(default=None, description="An API token of the account.")
    oauth_token: SecretStr | None = Field(default=None, description="Instead of email and token.")
    link_field: int | None = Field(
        default=None, description="Id of the ticket field that shows the engineering issue; without it a tag does."
    )
    custom_statuses: bool = Field(default=False, description="Say `status` by custom status, not by category.")
    fields_by: Literal["title", "id"] = Field(
        default="title", description="How mappings call custom fields: `Severity` or `custom:360001`."
    )
    max_file: int = Field(default=50 * 1024 * 1024, description="The account's limit for a file, in bytes.")
    download_hosts: frozenset[str] = Field(
        default=frozenset(), description="Hosts that files may come from although they are in this network."
    )

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        basic = self.email is not None and self.token is not None
        if basic == (self.oauth_token is not None) or (self.email is None) != (self.token is None):
            raise ValueError("give `email` and `token`, or `oauth_token`")
        return self

    def credentials(self) -> dict[str, Any]:
        """What the client sends with each request."""
        if self.oauth_token is not None:
            return {"headers": {"authorization": f"Bearer {self.oauth_token.get_secret_value()}"}}
        return {"auth": (f"{self.email}/token", self.token.get_secret_value() if self.token else "")}
