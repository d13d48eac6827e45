"""The block of an Azure DevOps connection in `config/syncd.yaml`."""

from __future__ import annotations

from datetime import UTC, timedelta, tzinfo
from typing import ClassVar, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator

from syncd.sdk.client import Basic, SignIn, Tokens
from syncd.sdk.connector import ConnectionConfig
from syncd.sdk.oauth import OAuthConfig

CLOUD: Final = "dev.azure.com"
CLOUD_IDENTITIES: Final = "vssps.dev.azure.com"
ENTRA: Final = "https://login.microsoftonline.com"
BOARDS: Final = "499b84ac-1321-427f-aa17-267ca6975798/.default"
"""Azure DevOps as a resource of Entra ID, with all that the application was given there."""


class EntraConfig(OAuthConfig):
    """The `oauth` block: an application signs in as itself, so there is no refresh token."""

    refresh_token: None = Field(default=None, description="Not used: an application signs in as itself.")
    tenant: str = Field(
        pattern=r"^[\w.-]+$", description="The directory (tenant) that the application is registered in."
    )
    scope: str | None = Field(default=BOARDS, description="Azure DevOps, unless Microsoft names it otherwise.")

    @property
    def url(self) -> str:
        return f"{ENTRA}/{self.tenant}/oauth2/v2.0/token"


class AzureDevOpsConfig(ConnectionConfig):
    """Where the organisation is, as whom we act there, and which projects are looked at."""

    credentials: ClassVar = (("token",), ("oauth",))

    url: str = Field(description="The organisation: https://dev.azure.com/ORGANISATION, or a server's collection.")
    token: SecretStr | None = Field(
        default=None, description="A personal access token; its scopes are on the connector's page."
    )
    oauth: EntraConfig | None = Field(
        default=None, description="Instead of a token: an application of Microsoft Entra ID."
    )
    projects: tuple[str, ...] = Field(min_length=1, description="Names of the projects; no other is read or written.")
    key_field: str = Field(
        default="Custom.SyncdKey",
        pattern=r"^[A-Za-z][\w-]*(\.[\w-]+)+$",
        description="The reference name of a text field on no form: by it syncd finds the work items that it made.",
    )
    time_zone: str = Field(default="UTC", description="In which a date without a time is a day: Europe/Berlin.")
    allow_public: bool = Field(
        default=False, description="Whether a ticket's own words may be written into a project that strangers can read."
    )
    link_via: Literal["hyperlink", "none"] = Field(
        default="hyperlink", description="How a work item shows its ticket: by a hyperlink, or not at all."
    )
    visibility_age: timedelta = Field(
        default=timedelta(seconds=60), description="How long a project is believed to be as public as it was."
    )
    overlap: timedelta = Field(default=timedelta(seconds=30), description="How far each poll looks back at least.")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            _zone(name)
        except (KeyError, OSError, ValueError):
            raise ValueError("not the name of a time zone, such as Europe/Berlin") from None
        return name

    @property
    def zone(self) -> tzinfo:
        return _zone(self.time_zone)

    @property
    def site(self) -> str:
        """The address of the organisation."""
        return self.url.rstrip("/")

    @property
    def identities(self) -> str:
        """Where people are asked for: a host of its own in the cloud (the identities description names it)."""
        parts = urlsplit(self.site)
        host = CLOUD_IDENTITIES if parts.netloc == CLOUD else parts.netloc
        return parts._replace(netloc=host).geturl()

    def sign_in(self) -> SignIn:
        """A personal token is the password; the user may be anybody."""
        return Tokens(self.oauth, self.oauth.url) if self.oauth else Basic("", self.token)


def _zone(name: str) -> tzinfo:
    """UTC is known where no time zones are installed."""
    return UTC if name == "UTC" else ZoneInfo(name)
