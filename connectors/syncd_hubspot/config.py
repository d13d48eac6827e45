"""The block of a HubSpot account in the configuration."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, SecretStr

from syncd.sdk.client import Header, SignIn, Tokens
from syncd.sdk.connector import ConnectionConfig
from syncd.sdk.oauth import OAuthByPerson

PROPERTY = r"^[a-z][a-z0-9_]{0,99}$"


class HubspotConfig(ConnectionConfig):
    """A HubSpot account: the access token of a private app of syncd's own.

    HubSpot has no call that tells who a token belongs to, so app and account are named here.
    """

    credentials: ClassVar = (("token",), ("oauth",))

    url: str = Field(default="https://api.hubapi.com", description="Where the API answers; the same for all accounts.")
    token: SecretStr | None = Field(
        default=None, description="The access token of the private app that syncd works as."
    )
    oauth: OAuthByPerson | None = Field(
        default=None, description="Instead of a token: an app that the account installed."
    )
    app_id: str = Field(
        pattern=r"^[1-9][0-9]{0,17}$", description="The app's number; what it wrote is known by this as our own."
    )
    portal_id: str = Field(pattern=r"^[1-9][0-9]{0,17}$", description="The account's number (Hub ID).")
    app_url: str = Field(
        default="https://app.hubspot.com",
        description="Where people open tickets (https://app-eu1.hubspot.com in Europe).",
    )
    key_property: str = Field(
        default="syncd_key",
        pattern=PROPERTY,
        description="Name of a hidden property with unique values, on tickets and on notes, that carries syncd's key.",
    )
    link_property: str | None = Field(
        default=None,
        pattern=PROPERTY,
        description="Name of a text property of tickets that shows the engineering issue.",
    )
    webhook_url: str | None = Field(
        default=None,
        pattern=r"^https://[^\s%?#]+$",
        description="The address that HubSpot calls, as it stands in the app: HubSpot signs it with each webhook.",
    )
    folder: str = Field(
        default="/syncd", pattern=r"^/[^\s]{1,200}$", description="The folder for private files that syncd sends along."
    )
    download_hosts: frozenset[str] = Field(
        default=frozenset(), description="Hosts that files may come from although they are in this network."
    )

    def sign_in(self) -> SignIn:
        return Tokens(self.oauth, f"{self.url.rstrip('/')}/oauth/v1/token") if self.oauth else Header(self.token)
