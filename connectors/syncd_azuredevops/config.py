"""The block of an Azure DevOps connection in `config/syncd.yaml`."""

from __future__ import annotations

from datetime import UTC, timedelta, tzinfo
from typing import Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator

from syncd.sdk.client import Basic, SignIn
from syncd.sdk.connector import ConnectionConfig

CLOUD: Final = "dev.azure.com"
CLOUD_IDENTITIES: Final = "vssps.dev.azure.com"


class AzureDevOpsConfig(ConnectionConfig):
    """Where the organisation is, as whom we act there, and which projects are looked at."""

    url: str = Field(description="The organisation: https://dev.azure.com/ORGANISATION, or a server's collection.")
    token: SecretStr = Field(description="A personal access token; its scopes are on the connector's page.")
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
        """The token is the password; the user may be anybody."""
        return Basic("", self.token)


def _zone(name: str) -> tzinfo:
    """UTC is known where no time zones are installed."""
    return UTC if name == "UTC" else ZoneInfo(name)
