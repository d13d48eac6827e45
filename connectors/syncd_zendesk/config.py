"""The block of a Zendesk account in the configuration."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, SecretStr

from syncd.sdk.client import Basic, Header, SignIn, Tokens
from syncd.sdk.connector import ConnectionConfig
from syncd.sdk.oauth import OAuthConfig


class ZendeskConfig(ConnectionConfig):
    """A Zendesk account: an agent's address with an API token, or an OAuth token. Polling needs an administrator."""

    credentials: ClassVar = (("email", "token"), ("oauth_token",), ("oauth",))

    email: str | None = Field(default=None, description="Whose API token it is.")
    token: SecretStr | None = Field(default=None, description="An API token of the account.")
    oauth_token: SecretStr | None = Field(default=None, description="Instead of email and token.")
    oauth: OAuthConfig | None = Field(default=None, description="Instead of a token: an OAuth client of the account.")
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

    def sign_in(self) -> SignIn:
        if self.oauth:
            return Tokens(self.oauth, f"{self.url.rstrip('/')}/oauth/tokens", json=True)
        return Header(self.oauth_token) if self.oauth_token else Basic(f"{self.email}/token", self.token)
